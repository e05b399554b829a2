"""Raking and post-stratification to categorical margins by iterative proportional fitting (Deming, Stephan 1940)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.design import CalibrationStep
from sampling.numbers import FloatArray, IntArray
from sampling.weighting.auxiliary import Auxiliary, auxiliary, crossings
from sampling.weighting.calibration import Calibrated, Rules, positive_weights, proved, refit_of
from sampling.weighting.distances import distance
from sampling.weighting.feasibility import check_margins
from sampling.weighting.solve import Problem, solve

_GOAL = 1e-11  # where the fitting stops; the margins are then proved to 1e-9


def rake(
    data: pd.DataFrame,
    weight: str,
    control_totals: pd.DataFrame,
    *,
    name: str = "raking",
    max_iterations: int = 500,
    partition: str | None = None,
) -> Calibrated:
    """Iterative proportional fitting of `weight` to categorical margins.

    data: respondents with `weight` and one column per margin; control_totals: the ControlTotals table; partition: the
    column whose values have their own totals. Met when |sum w x - T| <= 1e-9 max(|T|, sum w |x|) for every category.
    One margin: post-stratification. Same weights as `calibrate(..., method="raking")`.
    Raises what `calibrate` raises, and WeightError `weights.category` for a margin of numbers.
    """
    before = positive_weights(data, weight)
    x = auxiliary(data, control_totals, partition)
    return rake_to(x, before, Rules(name=name, max_iterations=max_iterations, partition=partition))


def poststratify(
    data: pd.DataFrame, weight: str, control_totals: pd.DataFrame, *, partition: str | None = None
) -> Calibrated:
    """Weights to the totals of one margin: w_k = d_k N_c / sum_{c} d. Arguments, result and errors as `rake`.

    Raises WeightError `weights.one_margin` when the totals name more than one margin.
    """
    margins = control_totals["margin"].unique()
    if len(margins) != 1:
        raise WeightError("weights.one_margin", got=len(margins), expected=1)
    return rake(data, weight, control_totals, name="poststratification", partition=partition)


def rake_to(x: Auxiliary, before: FloatArray, rules: Rules) -> Calibrated:
    """`rake` of prepared x; weights of 0 (rows a replicate left out) keep 0."""
    numeric = ~x.columns["is_count"].to_numpy(dtype=bool)
    if numeric.any():
        raise WeightError("weights.category", where=x.labels(numeric))
    cells, cell = crossings(x)
    weight = before if cell is None else np.bincount(cell, before, len(cells.block)).astype(np.float64)
    exact = np.ones(len(x.columns), dtype=bool)
    check_margins(cells, weight, exact)
    factor, iterations, near = _fit([one.code for one in cells.entries], weight, x.target, rules.max_iterations)
    problem = Problem(cells, weight, distance("raking", None, len(weight)), np.zeros(len(exact)))
    if not near:  # margins that hang together by a thread are fitted slowly: Newton's steps give the same weights
        factor, more = solve(problem)
        iterations += more
    margins = proved(problem, factor, iterations, rules)
    whole = Problem(x, before, distance("raking", None, len(before)), problem.slack)
    step = CalibrationStep(rules.name, x.matrix(), before, refit_of(whole))
    return Calibrated(factor if cell is None else factor[cell], step, iterations, margins)


def _fit(
    codes: Sequence[IntArray], weight: FloatArray, goal: FloatArray, max_iterations: int
) -> tuple[FloatArray, int, bool]:
    """Factors, rounds, and whether the margins were met: a margin is scaled, the others follow."""
    factor = np.ones(len(weight))
    for iteration in range(1, max_iterations + 1):
        worst = 0.0
        for code in codes:
            sums = np.bincount(code, weight * factor, len(goal))
            ratio = np.divide(goal, sums, out=np.ones_like(goal), where=sums > 0)
            worst = max(worst, float(np.abs(ratio - 1).max()))
            factor *= ratio[code]
        if worst < _GOAL or len(codes) == 1:
            return factor, iteration, True
    return factor, max_iterations, False
