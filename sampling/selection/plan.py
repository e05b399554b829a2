"""What one stage of a draw is told: the method, the sizes of its strata, and the columns it reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from errors import DesignError
from sampling.numbers import IntArray
from sampling.selection.seeds import check_start, derived_seed, word_of
from sampling.tables import ALLOCATION

METHODS: Final = ("srs", "pps", "pareto", "sequential_poisson")
APPROXIMATE: Final = ("pareto", "sequential_poisson")  # inclusion probabilities hold in the limit only


@dataclass(frozen=True)
class StagePlan:
    """One stage. method: srs | pps | pareto | sequential_poisson; allocation: the Allocation table of its strata.

    size: column of positive sizes (all methods but srs); forced: column of 0/1, units drawn with certainty; start: 16
    hex digits, the C_r of a round in a coordinated programme (order by (U_k - C_r) mod 2^64), needed by pareto and
    sequential_poisson, refused with pps.
    """

    method: str
    allocation: pd.DataFrame
    size: str | None = None
    forced: str | None = None
    start: str | None = None

    @property
    def is_approximate(self) -> bool:
        """Whether inclusion probabilities are approximate (order sampling)."""
        return self.method in APPROXIMATE

    def check(self) -> None:
        """Raises DesignError `draw.method`, `draw.start`, `draw.size_column`."""
        if self.method not in METHODS:
            raise DesignError("draw.method", got=self.method, expected=" | ".join(METHODS))
        if self.start is not None:
            check_start(self.start)
        if self.is_approximate != (self.start is not None) and self.method != "srs":
            raise DesignError("draw.start_method", where=self.method, got=self.start or "-")
        if (self.method == "srs") != (self.size is None):
            raise DesignError("draw.size_column", where=self.method, got=self.size or "-")


@dataclass(frozen=True)
class Strata:
    """Sizes by stratum, rows by stratum_id: population, planned sample, reserve; arrays of one length H."""

    ids: tuple[str, ...]
    pop: IntArray
    main: IntArray
    reserve: IntArray

    @property
    def take(self) -> IntArray:
        """n + r: how many units are drawn."""
        return self.main + self.reserve

    def starts(self, seed: str) -> NDArray[Any]:
        """U of every stratum from purpose `start:<stratum_id>`: Python integers below 2^64, shape (H,)."""
        words = [word_of(derived_seed(seed, f"start:{stratum_id}")) for stratum_id in self.ids]
        return np.array(words, dtype=object)


def strata_of(allocation: pd.DataFrame) -> Strata:
    """The Allocation table as arrays.

    Raises DesignError `draw.numbers` (a negative number, an empty stratum), `draw.size` (more asked than there are),
    DataError of the table.
    """
    rows = ALLOCATION.check(allocation)
    if rows.empty:
        raise DesignError("draw.numbers", got=0, expected=">= 1")
    low = (rows["pop_size"] < 1) | (rows["sample_size"] < 0) | (rows["reserve_size"] < 0)
    if low.any():
        raise DesignError("draw.numbers", where=str(rows.loc[low, "stratum_id"].iloc[0]), got=int(low.sum()))
    asked = rows["sample_size"] + rows["reserve_size"]
    many = asked > rows["pop_size"]
    if many.any():
        first = rows[many].iloc[0]
        raise DesignError("draw.size", where=first["stratum_id"], got=asked[many].iloc[0], expected=first["pop_size"])
    columns = [rows[name].to_numpy(dtype=np.int64) for name in ("pop_size", "sample_size", "reserve_size")]
    return Strata(tuple(rows["stratum_id"]), *columns)
