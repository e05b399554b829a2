"""Precision targets by domain, as linear constraints on 1/n_h."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.special import ndtri

from errors import DesignError, Fault, FaultsFound
from sampling.allocation.strata import Strata
from sampling.arguments import check_choice, check_kind, check_list
from sampling.numbers import FloatArray

WHOLE = ""
Measure = Literal["margin", "cv"]


@dataclass(frozen=True)
class Target:
    """At most `limit` for the mean of a variable, in every domain of a level.

    level: a column of the strata that names the domain ("" in it: in no domain); "" itself: all strata together.
    measure: `margin` = z SE in units of the variable, z from `confidence`; `cv` = SE / mean, as a share.
    The strata have `std_dev_<variable>` (S_h) and for a cv `mean_<variable>`. deff multiplies the variance.

    >>> Target("waiting", limit=0.05, level="district", measure="cv")
    Target(variable='waiting', limit=0.05, level='district', measure='cv', deff=1.0, confidence=0.95)
    """

    variable: str
    limit: float
    level: str = WHOLE
    measure: Measure = "margin"
    deff: float = 1.0
    confidence: float = 0.95


@dataclass(frozen=True, eq=False)
class Constraints:
    """Rows (level, domain, variable): sum_h a_h / n_h <= b with a_h = deff W_h^2 S_h^2 / r_h.

    matrix: shape (constraints, strata), a / b, so that the right side is 1. b = V + sum_h deff W_h^2 S_h^2 / N_h, V the
    variance allowed. rows: level, domain, variable, measure, limit. bound: b; fixed_part: b - V; scale: what turns a
    standard error into the measure.
    """

    matrix: csr_array
    rows: pd.DataFrame
    bound: FloatArray
    fixed_part: FloatArray
    scale: FloatArray

    def reached(self, sizes: FloatArray) -> FloatArray:
        """Margin or CV of every row under sizes of shape (strata,), in the units of its limit."""
        used = (self.matrix @ (1 / sizes)) * self.bound
        return np.asarray(self.scale * np.sqrt(np.maximum(used - self.fixed_part, 0.0)))


def constraints(strata: Strata, targets: Sequence[Target], response: FloatArray) -> Constraints:
    """All rows of all targets. response: r_h in (0, 1], so that V_h = (1/(n_h r_h) - 1/N_h) S_h^2 for n_h issued.

    Raises DesignError `allocation.target` (none, or a limit, deff or confidence out of range), `allocation.column`,
    `arguments.*`.
    """
    targets = check_list("targets", targets, '[Target("x", limit=0.05)]')
    if not targets:
        raise DesignError("allocation.target", expected="at least one target")
    blocks = [_block(strata, target, response) for target in targets]
    return Constraints(
        matrix=_stack([(entries, len(rows)) for entries, rows, *_ in blocks], len(strata.pop)),
        rows=pd.concat([rows for _, rows, *_ in blocks], ignore_index=True),
        bound=np.concatenate([bound for *_, bound, _, _ in blocks]),
        fixed_part=np.concatenate([part for *_, part, _ in blocks]),
        scale=np.concatenate([scale for *_, scale in blocks]),
    )


def check_reachable(strata: Strata, rows: Constraints) -> None:
    """FaultsFound `allocation.unreachable`: every row that not even n_h = U_h meets, with what that reaches."""
    most = strata.upper.astype(np.float64)
    too_far = np.flatnonzero(rows.matrix @ (1 / most) > 1 + 1e-12)
    if len(too_far):
        named = rows.rows.assign(reached=rows.reached(most)).iloc[too_far]
        raise FaultsFound("allocation.unreachable", [_out_of_reach(row) for row in named.to_dict("records")])


def _out_of_reach(row: Mapping[Hashable, Any]) -> Fault:
    """values: level, domain, variable, measure, and reached and limit in full, for whoever words it otherwise."""
    facts = {str(name): str(value) for name, value in row.items()}
    place = " ".join(filter(None, (facts["level"], facts["domain"], facts["variable"])))
    got, expected = f"{row['reached']:.4g}", f"{row['limit']:.4g}"
    return Fault("allocation.unreachable_target", column=place, got=got, expected=expected, values=facts)


_Entries = tuple[np.ndarray, np.ndarray, FloatArray]
_Block = tuple[_Entries, pd.DataFrame, FloatArray, FloatArray, FloatArray]


def _block(strata: Strata, target: Target, response: FloatArray) -> _Block:
    """Rows of one target: entries (row, stratum, a/b) and what `Constraints` keeps of each row."""
    _check(target)
    domain, places = _domains(strata, target.level)
    names, row = np.unique(domain, return_inverse=True)
    pop = strata.pop[places].astype(np.float64)
    share = pop / np.bincount(row, weights=pop)[row]
    variance = target.deff * (share * strata.numbers(f"std_dev_{target.variable}")[places]) ** 2
    scale: FloatArray = np.full(len(names), float(ndtri((1 + target.confidence) / 2)))
    if target.measure == "cv":
        mean = strata.numbers(f"mean_{target.variable}", positive=True)[places]
        scale = 1 / np.bincount(row, weights=share * mean)
    fixed_part = np.bincount(row, weights=variance / pop).astype(np.float64)
    bound = (target.limit / scale) ** 2 + fixed_part
    rows = pd.DataFrame(
        {
            "level": target.level,
            "domain": names,
            "variable": target.variable,
            "measure": target.measure,
            "limit": target.limit,
        }
    )
    return (row, places, variance / response[places] / bound[row]), rows, bound, fixed_part, scale


def _check(target: Target) -> None:
    check_kind("targets", target, Target)
    check_choice("measure", target.measure, get_args(Measure))
    if not target.limit > 0 or not target.deff > 0 or not 0 < target.confidence < 1:
        got = f"{target.variable}: {target.limit}, deff {target.deff}, confidence {target.confidence}"
        raise DesignError("allocation.target", got=got, expected="limit > 0, deff > 0, 0 < confidence < 1")


def _domains(strata: Strata, level: str) -> tuple[np.ndarray, np.ndarray]:
    """Domain of every stratum that lies in one at this level, and the positions of those strata."""
    if level == WHOLE:
        return np.full(len(strata.pop), ""), np.arange(len(strata.pop))
    if level not in strata.table.columns:
        raise DesignError("allocation.level", where=level, expected=", ".join(map(str, strata.table.columns)))
    domain = strata.table[level].fillna("").astype("str").to_numpy(dtype=object)
    places = np.flatnonzero(domain != "")
    if not len(places):
        raise DesignError("allocation.level", where=level, expected=", ".join(map(str, strata.table.columns)))
    return domain[places], places


def _stack(blocks: Sequence[tuple[_Entries, int]], n_strata: int) -> csr_array:
    offsets = np.cumsum([0, *(n_rows for _, n_rows in blocks)])
    row = np.concatenate([entries[0] + start for (entries, _), start in zip(blocks, offsets, strict=False)])
    stratum = np.concatenate([entries[1] for entries, _ in blocks])
    values = np.concatenate([entries[2] for entries, _ in blocks])
    return csr_array((values, (row, stratum)), shape=(int(offsets[-1]), n_strata))
