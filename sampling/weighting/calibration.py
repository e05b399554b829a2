"""Calibration of weights to known totals (Deville, Sarndal 1992; Deville, Sarndal, Sautory 1993)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import sparse

from errors import WeightError
from sampling.design import CalibrationStep, Refit, margin_labels
from sampling.numbers import FloatArray
from sampling.weighting.auxiliary import Auxiliary, crossings
from sampling.weighting.distances import distance
from sampling.weighting.feasibility import check_margins, explain
from sampling.weighting.solve import TOLERANCE, Problem, misses, solve


@dataclass(frozen=True)
class Rules:
    """How a calibration is held to its totals. negative: linear weights below 0 are accepted; penalties: cost c > 0 by
    margin that need not be met (`calibrate`)."""

    negative: bool = False
    penalties: Mapping[str, float] = field(default_factory=dict)
    max_iterations: int = 100


@dataclass(frozen=True, eq=False)
class Calibrated:
    """A calibration of n rows: weight_before and factor w/d, (n,); x, (n, p), of the exact margins; refit, iterations;
    margins: margin, category, partition, target, before, after, is_exact (False: penalised, its miss was accepted)."""

    factor: FloatArray
    weight_before: FloatArray
    x: sparse.csr_matrix
    refit: Refit | None
    iterations: int
    margins: pd.DataFrame

    def step(self, name: str, row_id: pd.Index) -> CalibrationStep:
        """The calibration as a design records it. row_id: ids of the rows, (n,)."""
        before = self.weight_before
        return CalibrationStep(name, row_id, before, before * self.factor, self.x, self.margins, self.refit)


_VANISHING = 1e-8  # raking never gives 0, but margins that leave nothing for some rows drive them there
_RULES = Rules()


def calibrate_to(
    x: Auxiliary,
    before: FloatArray,
    how: tuple[str, tuple[float, float] | None, FloatArray | None],
    rules: Rules = _RULES,
) -> Calibrated:
    """Weights nearest to `before` with sum w x = T (docs/methods.md, section 4); weights of 0 (rows a replicate left
    out) keep 0. how: method, bounds, cap/d.

    Raises WeightError of `distance` and `check_margins`; `weights.penalty`, `weights.contradiction`,
    `weights.out_of_reach`, `weights.not_converged`, `weights.negative`, `weights.vanishing`.
    """
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
    margins = proved(problem, factor, iterations, rules)
    x = problem.x.matrix(problem.slack == 0)
    return Calibrated(factor, problem.weight, x, refit_of(problem), iterations, margins)


def refit_of(problem: Problem) -> Refit | None:
    """What a replicate needs; None with penalised margins, whose totals the weights only approach."""
    if (problem.slack > 0).any():
        return None
    how, labels = problem.distance, margin_labels(problem.x.columns)
    return Refit(how.method, problem.x.target, labels, how.lower, how.upper)


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


def _slack(x: Auxiliary, before: FloatArray, penalties: Mapping[str, float]) -> FloatArray:
    """1/C of every column: T^2/(c N) for penalised margins, 0 for those to be met."""
    unknown = sorted(set(penalties) - set(x.columns["margin"]))
    if unknown or any(not cost > 0 for cost in penalties.values()):
        where = ", ".join(unknown or sorted(penalties))
        raise WeightError("weights.penalty", where=where, expected="> 0")
    cost = x.columns["margin"].map(dict(penalties)).to_numpy(dtype=np.float64)
    scale = np.maximum(np.abs(x.target), x.sizes(before))
    return np.where(np.isnan(cost), 0.0, scale * scale / (cost * before.sum()))
