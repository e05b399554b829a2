"""Raking and post-stratification to categorical margins by iterative proportional fitting (Deming, Stephan 1940)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from errors import WeightError
from sampling.numbers import FloatArray, IntArray
from sampling.weighting.auxiliary import Auxiliary, crossings
from sampling.weighting.calibration import Calibrated, Rules, proved, refit_of
from sampling.weighting.distances import distance
from sampling.weighting.feasibility import check_margins
from sampling.weighting.solve import Problem, solve

_GOAL = 1e-11  # where the fitting stops; the margins are then proved to 1e-9


def rake_to(x: Auxiliary, before: FloatArray, rules: Rules) -> Calibrated:
    """Weights fitted to one margin after the other until all are met; weights of 0 (rows a replicate left out) keep 0.

    Raises what `calibrate_to` raises, and WeightError `weights.category` for a margin of numbers.
    """
    numeric = ~x.columns["is_count"].to_numpy(dtype=bool)
    if numeric.any():
        raise WeightError("weights.category", where=x.labels(numeric))
    cells, cell = crossings(x)
    weight = before if cell is None else np.bincount(cell, before, len(cells.block)).astype(np.float64)
    exact = np.ones(len(x.columns), dtype=bool)
    check_margins(cells, weight, exact)
    factor, iterations, near = _fit([entry.code for entry in cells.entries], weight, x.target, rules.max_iterations)
    problem = Problem(cells, weight, distance("raking", None, len(weight)), np.zeros(len(exact)))
    if not near:  # margins that hang together by a thread are fitted slowly: Newton's steps give the same weights
        factor, more = solve(problem)
        iterations += more
    margins = proved(problem, factor, iterations, rules)
    row_problem = Problem(x, before, distance("raking", None, len(before)), problem.slack)
    every = factor if cell is None else factor[cell]
    return Calibrated(every, before, x.matrix(), refit_of(row_problem), iterations, margins)


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
