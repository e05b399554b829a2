"""How many cases each stratum gets when the total is given (docs/methods.md, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.allocation.neyman import neyman
from sampling.allocation.spread import spread
from sampling.allocation.strata import Strata, read_strata
from sampling.arguments import by_text, whole_number
from sampling.numbers import FloatArray, IntArray

AllocationMethod = Literal["proportional", "equal", "sqrt", "power", "neyman", "cost_optimal", "fixed"]
_DEFAULT_POWER: Final = 0.5


def allocate(
    strata: pd.DataFrame,
    total: int | None,
    method: AllocationMethod,
    *,
    min_size: int = 0,
    reserve_share: float = 0.0,
    fixed: Mapping[str, int] | None = None,
    power: float | None = None,
) -> pd.DataFrame:
    """Allocation of `total` cases: n_h = clip(lambda a_h, L_h, U_h), lambda so that the sum is `total`; whole numbers.

    method: proportional a_h = N_h; equal 1; or one of those below. strata: stratum_id, pop_size (N_h) and, by method:
    sqrt N_h^(1/2); power (Bankier 1988) CV_h X_h^q with `cv` or `std_dev` and `mean`, X_h `size_total` (N_h when
    absent), q `power` (.5); neyman (Wright 2012, exact, L_h >= 1) `std_dev`; cost_optimal N_h S_h / sqrt(c_h) with
    `std_dev` and `unit_cost`; fixed the number given by stratum, as it is (within the bounds) when total is None.
    Optional columns min_size, max_size: L_h = min(min_h, N_h), U_h <= N_h. Integers: floor, +1 by largest fraction
    where n_h < U_h, ties to larger a_h, then stratum_id. Reserve: ceil(reserve_share n_h), at most N_h - n_h. Returns
    the Allocation table: stratum_id, pop_size, sample_size, reserve_size, method; rows by stratum_id.
    Raises DesignError `allocation.method`, `allocation.strata`, `allocation.bounds`, `allocation.column`,
    `allocation.infeasible`, `allocation.fixed`, `allocation.total`, `allocation.power`, `allocation.whole`, and
    `arguments.*` for an argument of another kind (a total of 60.5).

    >>> import pandas as pd
    >>> strata = pd.DataFrame({"stratum_id": ["a", "b"], "pop_size": [100, 300]})
    >>> table = allocate(strata, 40, "proportional", reserve_share=0.1)
    >>> table[["stratum_id", "sample_size", "reserve_size"]].values.tolist()
    [['a', 10, 1], ['b', 30, 3]]
    """
    _check_options(method, total, fixed, power)
    least = whole_number("min_size", min_size)
    checked = read_strata(strata, max(least, 1) if method == "neyman" else least)
    if total is not None:
        total = whole_number("total", total)
    if total is None:
        sizes = np.clip(_given(checked, fixed), checked.lower, checked.upper)
    elif method == "neyman":
        checked.check_total(total, checked.upper)
        sizes = neyman(checked.pop, checked.numbers("std_dev"), checked.lower, checked.upper, total)
    else:
        measure = _given(checked, fixed).astype(np.float64) if method == "fixed" else _measure(checked, method, power)
        checked.check_total(total, np.where(measure > 0, checked.upper, checked.lower))
        sizes = spread(measure, checked.lower, checked.upper, total)
    return checked.allocation(sizes, reserve_share, method)


def _check_options(
    method: AllocationMethod, total: int | None, fixed: Mapping[str, int] | None, power: float | None
) -> None:
    if method not in _MEASURES and method not in ("neyman", "fixed"):
        raise DesignError("allocation.method", got=method, expected=" | ".join((*_MEASURES, "neyman", "fixed")))
    if (method == "fixed") != (fixed is not None):
        raise DesignError("allocation.fixed", got=method, expected="fixed")
    if total is None and method != "fixed":
        raise DesignError("allocation.total", expected=method)
    if power is not None and (method != "power" or not 0 <= power <= 1):
        raise DesignError("allocation.power", got=power, expected="0 <= q <= 1")


def _given(strata: Strata, fixed: Mapping[str, int] | None) -> IntArray:
    given = by_text("fixed", {} if fixed is None else fixed)
    numbers = {stratum_id: whole_number(f"fixed, {stratum_id}", number) for stratum_id, number in given.items()}
    ids = strata.table["stratum_id"]
    wrong = [stratum_id for stratum_id in ids if stratum_id not in numbers or numbers[stratum_id] < 0]
    if wrong:
        raise DesignError(
            "allocation.fixed",
            where=wrong[0],
            got=numbers.get(wrong[0], ""),
            expected=">= 0",
        )
    return np.array([numbers[stratum_id] for stratum_id in ids], dtype=np.int64)


def _measure(strata: Strata, method: AllocationMethod, power: float | None) -> FloatArray:
    """a_h of a method, shape (strata,); only ratios matter."""
    pop = strata.pop.astype(np.float64)
    if method == "proportional":
        return pop
    if method == "equal":
        return np.ones_like(pop)
    if method == "sqrt":
        return np.asarray(np.sqrt(pop))
    if method == "cost_optimal":
        return np.asarray(pop * strata.numbers("std_dev") / np.sqrt(strata.numbers("unit_cost", positive=True)))
    size = strata.numbers("size_total") if "size_total" in strata.table.columns else pop
    return np.asarray(_cv(strata) * size ** (_DEFAULT_POWER if power is None else power))


def _cv(strata: Strata) -> FloatArray:
    if "cv" in strata.table.columns:
        return strata.numbers("cv")
    return np.asarray(strata.numbers("std_dev") / strata.numbers("mean", positive=True))


_MEASURES: Final = ("proportional", "equal", "sqrt", "power", "cost_optimal")
