"""A sampling design: rows with weights, strata, PSUs, populations and the calibration steps behind the weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from sampling.errors import DesignError
from sampling.numbers import FloatArray, IntArray

LonelyRule = Literal["fail", "adjust", "average", "certainty", "remove"]
LONELY_RULES: tuple[LonelyRule, ...] = ("fail", "adjust", "average", "certainty", "remove")


@dataclass(frozen=True, eq=False)
class CalibrationStep:
    """One calibration as it was done: x, shape (n, p), and the weights just before it, shape (n,), over respondents."""

    name: str
    x: sparse.csr_matrix
    weight_before: FloatArray


@dataclass(frozen=True, eq=False)
class Design:
    """Single-stage stratified design over responding cases (docs/methods.md, section 5).

    data: one row per responding case x rated unit; weight: column of final weights > 0; stratum, psu: columns, PSUs
    nested in strata (none: one stratum, every row its own PSU); pop_size: column with N_h, the PSUs of the stratum in
    the population (none: no finite correction); calibration: the steps that made the weights, in order.
    n_h counts PSUs present in `data`, i.e. with a responding case; f_h = n_h / N_h.
    Raises DesignError `design.column`, `design.weight`, `design.missing`, `design.pop_size`,
    `design.calibration_missing`, `design.calibration_rows`, `design.lonely_rule`.
    """

    data: pd.DataFrame
    weight: str
    stratum: str | None = None
    psu: str | None = None
    pop_size: str | None = None
    calibration: tuple[CalibrationStep, ...] = ()
    lonely_psu: LonelyRule = "fail"
    weights: FloatArray = field(init=False, repr=False)
    row_psu: IntArray = field(init=False, repr=False)
    psu_stratum: IntArray = field(init=False, repr=False)
    stratum_labels: tuple[str, ...] = field(init=False, repr=False)
    n_psu: IntArray = field(init=False, repr=False)
    pop_psu: FloatArray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        named = [name for name in (self.weight, self.stratum, self.psu, self.pop_size) if name is not None]
        _check_columns(self.data, named)
        if self.lonely_psu not in LONELY_RULES:
            raise DesignError("design.lonely_rule", got=self.lonely_psu, expected=" | ".join(LONELY_RULES))
        weights = self.data[self.weight].to_numpy(dtype=np.float64)
        bad = ~(np.isfinite(weights) & (weights > 0))
        if bad.any():
            raise DesignError("design.weight", got=int(bad.sum()), expected=0, first_row=int(bad.argmax()) + 1)
        labels, row_stratum = _codes(self.data, self.stratum)
        row_psu, psu_stratum = _nested(self.data, self.psu, row_stratum)
        n_psu = np.bincount(psu_stratum, minlength=len(labels))
        values = {
            "weights": weights,
            "row_psu": row_psu,
            "psu_stratum": psu_stratum,
            "stratum_labels": labels,
            "n_psu": n_psu,
            "pop_psu": _population(self.data, self.pop_size, row_stratum, labels, n_psu),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check_calibration()

    @property
    def sampling_fraction(self) -> FloatArray:
        """f_h = n_h / N_h per stratum; 0 where no population is given."""
        return np.where(np.isinf(self.pop_psu), 0.0, self.n_psu / self.pop_psu)

    def _check_calibration(self) -> None:
        factor = self.data.get("calibration_factor")
        if self.weight == "final_weight" and factor is not None and not self.calibration and (factor != 1).any():
            raise DesignError("design.calibration_missing", got=self.weight, expected="calibration=steps")
        for step in self.calibration:
            if step.x.shape[0] != len(self.data) or len(step.weight_before) != len(self.data):
                raise DesignError(
                    "design.calibration_rows", where=step.name, got=step.x.shape[0], expected=len(self.data)
                )


def _check_columns(data: pd.DataFrame, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in data.columns]
    if absent or data.empty:
        raise DesignError("design.column", got=", ".join(absent) or "no rows", expected=", ".join(names))
    for name in names:
        if data[name].isna().any():
            raise DesignError("design.missing", where=name, got=int(data[name].isna().sum()), expected=0)


def _codes(data: pd.DataFrame, column: str | None) -> tuple[tuple[str, ...], IntArray]:
    if column is None:
        return ("all",), np.zeros(len(data), dtype=np.int64)
    codes, labels = pd.factorize(data[column], sort=True)
    return tuple(map(str, labels)), codes.astype(np.int64)


def _nested(data: pd.DataFrame, psu: str | None, row_stratum: IntArray) -> tuple[IntArray, IntArray]:
    """PSU code of every row, numbered by (stratum, psu), and the stratum of every PSU."""
    inner = np.arange(len(data)) if psu is None else pd.factorize(data[psu], sort=True)[0]
    pair = row_stratum * (int(inner.max()) + 1) + inner
    pairs, row_psu = np.unique(pair, return_inverse=True)
    return row_psu.astype(np.int64), (pairs // (int(inner.max()) + 1)).astype(np.int64)


def _population(
    data: pd.DataFrame, column: str | None, row_stratum: IntArray, labels: Sequence[str], n_psu: IntArray
) -> FloatArray:
    if column is None:
        return np.full(len(labels), np.inf)
    size = data[column].to_numpy(dtype=np.float64)
    low, high = np.full(len(labels), np.inf), np.full(len(labels), -np.inf)
    np.minimum.at(low, row_stratum, size)
    np.maximum.at(high, row_stratum, size)
    wrong = (low != high) | (low < n_psu)
    if wrong.any():
        first = int(wrong.argmax())
        raise DesignError(
            "design.pop_size",
            where=labels[first],
            got=f"{low[first]:g} .. {high[first]:g}",
            expected=f">= {n_psu[first]}",
        )
    return low
