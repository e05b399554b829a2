"""How many cases each stratum gets (docs/methods.md, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd

from sampling.errors import DesignError
from sampling.numbers import FloatArray, IntArray, ceil_exact, exact
from sampling.tables import ALLOCATION

Method = Literal["proportional", "equal", "sqrt", "fixed"]


def allocate(
    strata: pd.DataFrame,
    total: int,
    method: Method,
    *,
    min_size: int = 0,
    reserve_share: float = 0.0,
    fixed: Mapping[str, int] | None = None,
) -> pd.DataFrame:
    """Allocation of `total` cases to strata: n_h = clip(lambda a_h, L_h, U_h), lambda so that the sum is `total`.

    strata: columns stratum_id, pop_size (N_h). a_h: proportional N_h, equal 1, sqrt N_h^(1/2), fixed the number given
    for the stratum. L_h = min(min_size, N_h), U_h = N_h. Integers: floor, then +1 by largest fraction where
    n_h < U_h, ties to larger a_h, then stratum_id. Reserve: ceil(reserve_share n_h), at most N_h - n_h.
    Returns the Allocation table. Raises DesignError `allocation.method`, `allocation.strata`,
    `allocation.infeasible`, `allocation.fixed`.
    """
    ordered = strata.sort_values("stratum_id", ignore_index=True)
    pop = ordered["pop_size"].to_numpy(dtype=np.int64)
    if ordered.empty or (pop < 1).any() or ordered["stratum_id"].duplicated().any():
        raise DesignError("allocation.strata", got=int((pop < 1).sum()), expected="N_h >= 1, ids once")
    size = _measure(ordered, method, fixed)
    lower, upper = np.minimum(min_size, pop), pop
    if not lower.sum() <= total <= upper.sum():
        raise DesignError(
            "allocation.infeasible", got=total, expected=f"{lower.sum()} <= n <= {upper.sum()}", minimum=min_size
        )
    sizes = _round(_spread(size, lower, upper, total), size, upper, total)
    share = exact(reserve_share)
    reserve = np.array([ceil_exact(share * int(n)) for n in sizes], dtype=np.int64)
    return ALLOCATION.check(
        pd.DataFrame(
            {
                "stratum_id": ordered["stratum_id"],
                "pop_size": pop,
                "sample_size": sizes,
                "reserve_size": np.minimum(reserve, pop - sizes),
                "method": method,
            }
        )
    )


def _measure(ordered: pd.DataFrame, method: Method, fixed: Mapping[str, int] | None) -> FloatArray:
    pop = ordered["pop_size"].to_numpy(dtype=np.float64)
    if (method == "fixed") != (fixed is not None):
        raise DesignError("allocation.fixed", got=method, expected="fixed numbers exactly with method fixed")
    if method == "proportional":
        return pop
    if method == "equal":
        return np.ones_like(pop)
    if method == "sqrt":
        return np.asarray(np.sqrt(pop))
    if method == "fixed" and fixed is not None:
        absent = [one for one in ordered["stratum_id"] if one not in fixed]
        if absent:
            raise DesignError("allocation.fixed", where=absent[0], got="", expected="a number for every stratum")
        return np.array([fixed[one] for one in ordered["stratum_id"]], dtype=np.float64)
    raise DesignError("allocation.method", got=method, expected="proportional | equal | sqrt | fixed")


def _spread(size: FloatArray, lower: IntArray, upper: IntArray, total: int) -> FloatArray:
    """clip(lambda a, L, U) with sum = total: g(lambda) is piecewise linear, so the right piece is solved exactly."""
    edges = np.unique(np.concatenate([lower / size, upper / size]))
    sums = np.array([np.clip(edge * size, lower, upper).sum() for edge in edges])
    above = int(np.searchsorted(sums, total))
    if above >= len(edges):
        return upper.astype(np.float64)
    if sums[above] == total or above == 0:
        return np.asarray(np.clip(edges[above] * size, lower, upper), dtype=np.float64)
    share = (total - sums[above - 1]) / (sums[above] - sums[above - 1])
    scale = edges[above - 1] + share * (edges[above] - edges[above - 1])
    return np.asarray(np.clip(scale * size, lower, upper), dtype=np.float64)


def _round(sizes: FloatArray, measure: FloatArray, upper: IntArray, total: int) -> IntArray:
    """Integers by largest fraction. Fractions are compared at nine places, so float noise breaks no tie."""
    sizes = np.round(sizes, 9)
    whole = np.floor(sizes).astype(np.int64)
    order = np.lexsort((np.arange(len(sizes)), -measure, -np.round(sizes - whole, 9)))
    order = order[whole[order] < upper[order]]
    whole[order[: total - int(whole.sum())]] += 1
    return whole
