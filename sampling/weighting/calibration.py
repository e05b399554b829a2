"""Calibration of weights to known totals (Deville, Sarndal 1992; Deville, Sarndal, Sautory 1993)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.design import CalibrationStep, Refit
from sampling.numbers import FloatArray
from sampling.weighting.auxiliary import Auxiliary, auxiliary, crossings
from sampling.weighting.distances import distance
from sampling.weighting.feasibility import check_margins, explain
from sampling.weighting.solve import TOLERANCE, Problem, misses, solve


@dataclass(frozen=True)
class Rules:
    """How a calibration is held to its totals.

    partition: column whose values have their own totals; missing_category: category of missing values of categorical
    margins; cap: column of greatest final weights (upper bound cap/d_k); negative: linear weights below 0 are accepted.
    penalties: margins that need not be met, with their cost c > 0: the distance sum d (F - 1)^2/2 and the penalty
    c N/2 ((sum w x - T)/T)^2, N = sum d, are lowered together, so a miss of 1 % costs c times as much as moving all
    weights by 1 % (Beaumont, Bocci 2008).
    """

    name: str = "calibration"
    partition: str | None = None
    missing_category: str | None = None
    cap: str | None = None
    negative: bool = False
    penalties: Mapping[str, float] = field(default_factory=dict)
    max_iterations: int = 100


@dataclass(frozen=True, eq=False)
class Calibrated:
    """Calibration factor w/d per respondent, shape (n,), the recorded step, iterations, and margins before and after.

    margins: margin, category, partition, target, before, after, is_exact (False: penalised, its miss was accepted).
    The recorded x holds the exact margins only: the error of a penalised one is not reduced (conservative).
    """

    factor: FloatArray
    step: CalibrationStep
    iterations: int
    margins: pd.DataFrame


_VANISHING = 1e-8  # raking never gives 0, but margins that leave nothing for some rows drive them there
_RULES = Rules()


def calibrate(
    data: pd.DataFrame,
    weight: str,
    totals: pd.DataFrame,
    method: str = "linear",
    bounds: tuple[float, float] | None = None,
    rules: Rules = _RULES,
) -> Calibrated:
    """Weights w_k = d_k F(x_k'lambda) nearest to d_k with sum w x = T.

    data: respondents with `weight` (d_k > 0) and one column per margin; totals: the ControlTotals table (see
    `auxiliary` for margins of categories, numbers and the constant `*`). method: linear, raking, logit, truncated;
    bounds: (L, U) of w/d, 0 <= L < 1 < U, needed by logit and truncated. Met when |sum w x - T| <= 1e-9 max(|T|, sum
    w |x|) for every margin; columns that depend on others are left out when their totals agree.
    Raises WeightError: of `auxiliary`, `distance` and `check_margins`; `weights.weight`, `weights.penalty`,
    `weights.contradiction`, `weights.out_of_reach`, `weights.not_converged`, `weights.negative`.
    """
    before = positive_weights(data, weight)
    x = auxiliary(data, totals, rules.partition, rules.missing_category)
    ratio = None if rules.cap is None else positive_weights(data, rules.cap) / before
    return calibrate_to(x, before, (method, bounds, ratio), rules)


def calibrate_to(
    x: Auxiliary,
    before: FloatArray,
    how: tuple[str, tuple[float, float] | None, FloatArray | None],
    rules: Rules = _RULES,
) -> Calibrated:
    """`calibrate` of prepared x; weights of 0 (rows a replicate left out) keep 0. how: method, bounds, cap/d."""
    slack = _slack(x, before, rules.penalties)
    check_margins(x, before, slack == 0)
    problem = Problem(x, before, distance(how[0], how[1], len(before), how[2]), slack)
    cells, cell = crossings(x) if how[2] is None else (x, None)
    if cell is None:
        factor, iterations = solve(problem, rules.max_iterations)
        return finish(problem, factor, iterations, rules)
    weight = np.bincount(cell, before, len(cells.block)).astype(np.float64)
    small = Problem(cells, weight, distance(how[0], how[1], len(weight)), slack)
    factor, iterations = solve(small, rules.max_iterations)
    return finish(problem, factor[cell], iterations, rules)


def finish(problem: Problem, factor: FloatArray, iterations: int, rules: Rules) -> Calibrated:
    """Prove that the totals are met and the weights usable, and record the step."""
    table = proved(problem, factor, iterations, rules)
    step = CalibrationStep(rules.name, problem.x.matrix(problem.slack == 0), problem.weight, refit_of(problem))
    return Calibrated(factor, step, iterations, table)


def refit_of(problem: Problem) -> Refit | None:
    """What a replicate needs; None with penalised margins, whose totals the weights only approach."""
    if (problem.slack > 0).any():
        return None
    how, names = problem.distance, problem.x.columns
    labels = [f"{m} = {c}" if c else str(m) for m, c in zip(names["margin"], names["category"], strict=True)]
    labels = [f"{one} [{p}]" if p else one for one, p in zip(labels, names["partition"], strict=True)]
    return Refit(how.method, problem.x.target, tuple(labels), how.lower, how.upper)


def proved(problem: Problem, factor: FloatArray, iterations: int, rules: Rules) -> pd.DataFrame:
    """Margins before and after; an error when one is not met or a weight is negative."""
    x, weight = problem.x, problem.weight * factor
    missed = misses(problem, weight)
    if not (missed <= TOLERANCE).all():
        raise explain(problem, missed, iterations)
    low = int((weight < 0).sum())
    if low and not rules.negative:
        raise WeightError("weights.negative", got=low, expected=">= 0")
    gone = (factor < _VANISHING) & (problem.weight > 0)
    if problem.distance.method == "raking" and gone.any():
        raise WeightError(
            "weights.vanishing", where=x.labels(x.sizes(gone.astype(np.float64)) > 0), got=int(gone.sum())
        )
    return x.columns[["margin", "category", "partition", "target"]].assign(
        before=x.sums(problem.weight), after=x.sums(weight), is_exact=problem.slack == 0
    )


def positive_weights(data: pd.DataFrame, column: str) -> FloatArray:
    """Weights of a column. Raises WeightError `weights.weight` when one is not positive and finite."""
    weight = data[column].to_numpy(dtype=np.float64, na_value=np.nan)
    if not len(weight):
        raise WeightError("weights.no_respondents", got=0, expected=">= 1")
    bad = ~(np.isfinite(weight) & (weight > 0))
    if bad.any():
        raise WeightError("weights.weight", where=column, got=int(bad.sum()), first_row=int(bad.argmax()) + 1)
    return weight


def _slack(x: Auxiliary, before: FloatArray, penalties: Mapping[str, float]) -> FloatArray:
    """1/C of every column: T^2/(c N) for penalised margins, 0 for those to be met."""
    unknown = sorted(set(penalties) - set(x.columns["margin"]))
    if unknown or any(not cost > 0 for cost in penalties.values()):
        where = ", ".join(unknown or sorted(penalties))
        raise WeightError("weights.penalty", where=where, expected="> 0")
    cost = x.columns["margin"].map(dict(penalties)).to_numpy(dtype=np.float64)
    scale = np.maximum(np.abs(x.target), x.sizes(before))
    return np.where(np.isnan(cost), 0.0, scale * scale / (cost * before.sum()))
