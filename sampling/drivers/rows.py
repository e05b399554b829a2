"""Answers as numbers, with clear refusals: what is missing, constant, or too little."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from errors import DesignError
from sampling.arguments import check_kind, column_names
from sampling.design import Design
from sampling.exact import join, split
from sampling.numbers import BoolArray, FloatArray

MissingRule = Literal["fail", "drop"]
_FLAT = 1e-12


@dataclass(frozen=True, eq=False)
class Answers:
    """Rows of a design in their order: values (n, v), 0 in rows not used; used (n,); weights (n,), 0 where not used."""

    names: tuple[str, ...]
    values: FloatArray
    used: BoolArray
    weights: FloatArray

    @property
    def total(self) -> float:
        """sum w."""
        return float(weighted_sums(self.weights, np.ones((len(self.weights), 1)))[0])

    def mean(self) -> FloatArray:
        """Weighted means, (v,)."""
        return np.asarray(weighted_sums(self.weights, self.values) / self.total)

    def covariance(self) -> FloatArray:
        """Weighted covariances sum w (a - abar)(b - bbar) / sum w, (v, v); order-free sums."""
        gap = np.where(self.used[:, None], self.values - self.mean(), 0.0)
        rows = [weighted_sums(self.weights * column, gap) for column in gap.T]
        return np.asarray(np.stack(rows) / self.total)


def weighted_sums(weights: FloatArray, values: FloatArray) -> FloatArray:
    """sum w y of every column, (v,), the same for every order of rows."""
    parts = split(weights[:, None] * values)
    return join({grid: part.sum(axis=0) for grid, part in parts.items()}, (values.shape[1],))


def answers(design: Design, names: Sequence[str], missing: MissingRule, least: int) -> Answers:
    """The columns `names` of a design's rows.

    missing: `fail`, or `drop`: rows lacking any of the columns count as outside the domain, the design keeps them.
    least: rows needed. Raises DesignError `drivers.missing_rule`, `drivers.variable` (absent, repeated, not numeric,
    not finite), `drivers.missing`, `drivers.too_few`, `drivers.constant`.
    """
    check_kind("design", design, Design)
    names = column_names("variables", names)
    if missing not in ("fail", "drop"):
        raise DesignError("drivers.missing_rule", got=missing, expected="fail | drop")
    data, columns = design.data, set(map(str, design.data.columns))
    bad = [name for name in names if name not in columns or data[name].dtype.kind not in "biuf"]
    bad += [name for name in dict.fromkeys(names) if list(names).count(name) > 1]
    if bad:
        raise DesignError("drivers.variable", where=", ".join(bad), got=len(bad), expected="numeric columns")
    values = np.stack([data[name].to_numpy(dtype=np.float64, na_value=np.nan) for name in names], axis=1)
    absent = np.isnan(values)
    if np.isinf(values).any():
        raise DesignError("drivers.variable", where=", ".join(names), got="inf", expected="finite numbers")
    if absent.any() and missing == "fail":
        where = [f"{name} ({count})" for name, count in zip(names, absent.sum(axis=0), strict=True) if count]
        raise DesignError("drivers.missing", where=", ".join(where), got=int(absent.any(axis=1).sum()), expected=0)
    used = ~absent.any(axis=1)
    if used.sum() < least:
        raise DesignError("drivers.too_few", where=", ".join(names), got=int(used.sum()), expected=least)
    clean = np.where(used[:, None], values, 0.0)
    spread = np.ptp(values[used], axis=0) <= _FLAT * np.abs(values[used]).max(axis=0)
    if spread.any():
        flat = [name for name, is_flat in zip(names, spread, strict=True) if is_flat]
        raise DesignError("drivers.constant", where=", ".join(flat), got=len(flat), expected=0)
    return Answers(tuple(names), clean, used, np.where(used, design.weights, 0.0))


def correlations(covariance: FloatArray) -> FloatArray:
    """Correlations of covariances, (v, v)."""
    scale = np.sqrt(np.diag(covariance))
    correlation = covariance / scale[:, None] / scale[None, :]
    np.fill_diagonal(correlation, 1.0)
    return np.asarray((correlation + correlation.T) / 2)
