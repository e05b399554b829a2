"""Strata as every allocation reads them: counts, bounds, measured columns; and the Allocation table made of sizes."""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral
from typing import Final

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import check_number, check_table
from sampling.numbers import BoolArray, FloatArray, IntArray, ceil_exact, exact
from sampling.tables import ALLOCATION

_TOO_MANY: Final = 2.0**63  # no whole number of 64 bits


@dataclass(frozen=True, eq=False)
class Strata:
    """Strata in order of their id: N_h, L_h and U_h as integers of shape (strata,), with the table they came from."""

    table: pd.DataFrame
    pop: IntArray
    lower: IntArray
    upper: IntArray

    def numbers(self, name: str, *, positive: bool = False) -> FloatArray:
        """A column as finite numbers, shape (strata,): >= 0, or > 0 where `positive`.

        Raises DesignError `allocation.column` naming the column, or the first stratum whose value cannot be used.
        """
        expected = "> 0" if positive else ">= 0"
        if name not in self.table.columns:
            raise DesignError("allocation.column", where=name, expected=expected)
        values = self.table[name].to_numpy(dtype=np.float64, na_value=np.nan)
        bad = ~np.isfinite(values) | (values < 0) | (positive & (values == 0))
        if bad.any():
            first = int(bad.argmax())
            raise DesignError(
                "allocation.column", where=f"{name}, {self.id_of(first)}", got=values[first], expected=expected
            )
        return values

    def id_of(self, position: int) -> str:
        """stratum_id of a position."""
        return str(self.table["stratum_id"].iloc[position])

    def check_total(self, total: int, reachable: IntArray) -> None:
        """DesignError `allocation.infeasible` unless sum L_h <= total <= the sum of `reachable`."""
        least, most = int(self.lower.sum()), int(reachable.sum())
        if not least <= total <= most:
            raise DesignError("allocation.infeasible", got=total, expected=f"{least} <= n <= {most}")

    def allocation(self, sizes: IntArray, reserve_share: float, method: str) -> pd.DataFrame:
        """The Allocation table; reserve = ceil(reserve_share n_h) on exact rationals, at most N_h - n_h."""
        check_number("reserve_share", reserve_share)
        if not 0 <= reserve_share < np.inf:
            raise DesignError("allocation.reserve", got=reserve_share, expected=">= 0")
        share = exact(reserve_share)
        reserve = np.array([ceil_exact(share * int(n)) for n in sizes], dtype=np.int64)
        return ALLOCATION.check(
            pd.DataFrame(
                {
                    "stratum_id": self.table["stratum_id"],
                    "pop_size": self.pop,
                    "sample_size": sizes,
                    "reserve_size": np.minimum(reserve, self.pop - sizes),
                    "method": method,
                }
            )
        )


def read_strata(strata: pd.DataFrame, min_size: int) -> Strata:
    """Strata of a table with stratum_id, pop_size and, where given, min_size and max_size (forms, per stratum).

    L_h = min(N_h, the larger of `min_size` and the column), U_h = min(N_h, max_size).
    A stratum_id that is a whole number becomes its text, as in every table. Raises DesignError `allocation.strata`
    (none, repeated, N_h < 1), `allocation.bounds` (L_h > U_h), `allocation.whole` (a count that is no whole number).
    """
    check_table("strata", strata, ("stratum_id", "pop_size"))
    ids = [str(value) if isinstance(value, Integral) else value for value in strata["stratum_id"]]
    strata = strata.assign(stratum_id=ids)
    ordered = strata.sort_values("stratum_id", ignore_index=True)
    pop = _whole(ordered, "pop_size", 0)
    if ordered.empty or (pop < 1).any() or ordered["stratum_id"].duplicated().any():
        raise DesignError("allocation.strata", got=int((pop < 1).sum()), expected=">= 1")
    lower = np.minimum(np.maximum(_whole(ordered, "min_size", 0), min_size), pop)
    upper = np.minimum(_whole(ordered, "max_size", int(pop.max())), pop)
    crossed: BoolArray = (lower > upper) | (upper < 0) | (lower < 0)
    if crossed.any():
        first = int(crossed.argmax())
        where = str(ordered["stratum_id"].iloc[first])
        raise DesignError("allocation.bounds", where=where, got=int(lower[first]), expected=int(upper[first]))
    return Strata(ordered, pop, lower, upper)


def _whole(ordered: pd.DataFrame, name: str, otherwise: int) -> IntArray:
    if name not in ordered.columns:
        return np.full(len(ordered), otherwise, dtype=np.int64)
    counts = pd.to_numeric(ordered[name], errors="coerce")
    values = counts.to_numpy(dtype=np.float64, na_value=np.nan)
    is_given = ordered[name].notna().to_numpy()
    bad = is_given & ~((np.abs(values) < _TOO_MANY) & (values == np.round(values)))
    if bad.any():
        where = f"{name}, {ordered['stratum_id'][bad].iloc[0]}"
        raise DesignError("allocation.whole", where=where, got=int(bad.sum()))
    return counts.fillna(otherwise).to_numpy(dtype=np.int64)
