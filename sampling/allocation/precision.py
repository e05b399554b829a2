"""The cheapest allocation that meets precision targets in several domains (docs/methods.md, section 2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.allocation.dual import Dual, Problem, in_whole_numbers, solve
from sampling.allocation.strata import Strata, read_strata
from sampling.allocation.targets import Constraints, Target, check_reachable, constraints
from sampling.allocation.whole import whole_sizes
from sampling.arguments import whole_number
from sampling.numbers import FloatArray

POINT = 0.01  # shadow prices are per 0.01 of a margin or CV


@dataclass(frozen=True, eq=False)
class PrecisionPlan:
    """The Allocation table (forms to issue), its cost, and how good it can be at best.

    dual_bound: no sizes that meet the targets cost less, whole numbers or not; gap_share: cost / dual_bound - 1.
    whole_bound: no whole numbers cost less: the same bound after a target on one stratum alone was rounded up there.
    constraints: level, domain, variable, measure, limit, reached (with the whole numbers), price: what one point
    (0.01) more of margin or CV in this row would save, in units of cost, at the continuous optimum; 0 where it does
    not bind.
    """

    allocation: pd.DataFrame
    constraints: pd.DataFrame
    cost: float
    dual_bound: float
    whole_bound: float

    @property
    def gap_share(self) -> float:
        """Cost over the dual bound, minus 1."""
        return self.cost / self.dual_bound - 1


def allocate_for_precision(
    strata: pd.DataFrame, targets: Sequence[Target], *, min_size: int = 2, reserve_share: float = 0.0
) -> PrecisionPlan:
    """Least sum c_h n_h with z SE <= margin, or SE / mean <= cv, for every target in every domain of its level.

    strata: stratum_id, pop_size; `std_dev_<variable>` and `mean_<variable>` as targets need; columns of domains;
    where given unit_cost (c_h, 1), response (r_h in (0, 1], 1), min_size, max_size. n_h are forms issued, n_h r_h the
    answers: Var = deff sum W_h^2 S_h^2 (1/(n_h r_h) - 1/N_h), so nonresponse is a further random phase and a census
    with nonresponse keeps an error. L_h = min(max(min_size, 1), N_h): at least 2 for an error to be estimated.
    Bethel 1989, Survey Methodology 15:1, p. 47-57; Chromy 1987, ASA Survey Research Methods, p. 194-199.
    Raises FaultsFound `allocation.unreachable` (not even n_h = U_h reaches a target), DesignError `allocation.*`.

    >>> import pandas as pd
    >>> from sampling import Target
    >>> strata = pd.DataFrame({"stratum_id": ["a", "b"], "pop_size": [900, 300], "std_dev_y": [0.5, 0.4]})
    >>> plan = allocate_for_precision(strata, [Target("y", limit=0.05)])
    >>> plan.allocation["sample_size"].tolist(), round(float(plan.constraints["reached"].iloc[0]), 4)
    ([212, 57], 0.0499)
    """
    checked = read_strata(strata, max(whole_number("min_size", min_size), 1))
    response = _response(checked)
    rows = constraints(checked, targets, response)
    check_reachable(checked, rows)
    problem = Problem(_costs(checked), checked.lower.astype(np.float64), checked.upper.astype(np.float64), rows.matrix)
    dual = solve(problem)
    tight = in_whole_numbers(problem)
    integer_dual = solve(tight) if (tight.lower > problem.lower).any() else dual
    sizes = whole_sizes(tight, integer_dual)
    return PrecisionPlan(
        allocation=checked.allocation(sizes, reserve_share, "precision"),
        constraints=rows.rows.assign(reached=rows.reached(sizes.astype(np.float64)), price=_prices(rows, dual)),
        cost=float(problem.cost @ sizes),
        dual_bound=dual.bound,
        whole_bound=integer_dual.bound,
    )


def _costs(strata: Strata) -> FloatArray:
    if "unit_cost" not in strata.table.columns:
        return np.ones(len(strata.pop))
    return strata.numbers("unit_cost", positive=True)


def _response(strata: Strata) -> FloatArray:
    if "response" not in strata.table.columns:
        return np.ones(len(strata.pop))
    response = strata.numbers("response", positive=True)
    if (response > 1).any():
        first = int((response > 1).argmax())
        raise DesignError(
            "allocation.column", where=f"response, {strata.id_of(first)}", got=response[first], expected="<= 1"
        )
    return response


def _prices(rows: Constraints, dual: Dual) -> FloatArray:
    """Cost saved per point: m / b per unit of variance, and d variance / d limit = 2 limit / scale^2."""
    limit = rows.rows["limit"].to_numpy(dtype=np.float64)
    return np.asarray(dual.multipliers / rows.bound * 2 * limit / rows.scale**2 * POINT)
