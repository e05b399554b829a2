"""The continuous allocation of least cost under precision targets, through its dual (Bethel 1989, Chromy 1987).

Primal: least c'x with A (1/x) <= 1, L <= x <= U. For multipliers m >= 0 the best x is
clip(sqrt((A'm)_h / c_h), L_h, U_h), and q(m) = c'x + m'(A(1/x) - 1) is a lower bound of every
allocation that meets the targets, whole numbers included.
q is concave with gradient A(1/x) - 1, so any ascent will do; what comes out is proved by q, not by the way there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_array

from sampling.allocation.descent import minimise
from sampling.numbers import FloatArray, IntArray

_NEARING = 60
_NOISE = 1e-12
_STEPS = 2_000
_EASE = 1e-13


@dataclass(frozen=True, eq=False)
class Problem:
    """Costs c_h > 0 and bounds 0 < L_h <= U_h of shape (strata,), matrix A of shape (constraints, strata)."""

    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    matrix: csr_array

    def sizes(self, multipliers: FloatArray) -> FloatArray:
        """The best x for these multipliers."""
        weight = self.matrix.T @ multipliers
        return np.asarray(np.clip(np.sqrt(weight / self.cost), self.lower, self.upper))

    def bound(self, multipliers: FloatArray) -> float:
        """q(m), a lower bound of the cost."""
        sizes = self.sizes(multipliers)
        return float(self.cost @ sizes + multipliers @ (self.matrix @ (1 / sizes) - 1))


@dataclass(frozen=True, eq=False)
class Dual:
    """Multipliers of shape (constraints,) in cost per unit of the right side, their x, and the bound q."""

    multipliers: FloatArray
    sizes: FloatArray
    bound: float


def solve(problem: Problem) -> Dual:
    """Maximise q. A row with one stratum is a lower bound of its size; only rows that join strata need a search."""
    entries = np.diff(problem.matrix.indptr)
    alone, joint = np.flatnonzero(entries == 1), np.flatnonzero(entries > 1)
    smaller = replace(problem, lower=_least(problem, alone), matrix=problem.matrix[joint])
    multipliers = np.zeros(problem.matrix.shape[0])
    if len(joint):
        multipliers[joint] = _ascend(smaller)
    multipliers[alone] = _alone(problem, alone, smaller.sizes(multipliers[joint]), multipliers)
    return Dual(multipliers, problem.sizes(multipliers), problem.bound(multipliers))


def in_whole_numbers(problem: Problem) -> Problem:
    """The same problem for whole numbers: rows with one stratum raise its L_h to the next whole number."""
    least = _least(problem, np.flatnonzero(np.diff(problem.matrix.indptr) == 1))
    return replace(problem, lower=np.minimum(np.ceil(least * (1 - _NOISE)), problem.upper))


def _least(problem: Problem, alone: IntArray) -> FloatArray:
    """L_h raised to what the rows with one stratum ask for."""
    least = problem.lower.copy()
    rows = problem.matrix[alone]
    np.maximum.at(least, rows.indices, rows.data)
    return np.minimum(least, problem.upper)


def _alone(problem: Problem, alone: IntArray, sizes: FloatArray, multipliers: FloatArray) -> FloatArray:
    """Multipliers of the rows with one stratum: the strictest row that holds x_h has c x^2 = (A'm)_h, the others 0."""
    rows = problem.matrix[alone]
    at, value = rows.indices, rows.data
    missing = (problem.cost * sizes**2 - problem.matrix.T @ multipliers)[at]
    holds = (sizes[at] <= value) & (value > problem.lower[at]) & (missing > 0)
    _, first = np.unique(np.where(holds, at, -1), return_index=True)
    first = first[holds[first]]
    result = np.zeros(len(alone))
    result[first] = missing[first] / value[first]
    return result


def _ascend(problem: Problem) -> FloatArray:
    """Chromy's iteration m <- m (A(1/x))^2 brings the multipliers near, L-BFGS to the maximum.

    Both work in units of what each row would cost if it were the only one: then all multipliers are about 0 to 1.
    """
    matrix = problem.matrix
    turned = csr_array(matrix.T)
    unit = (matrix.sqrt() @ np.sqrt(problem.cost)) ** 2
    total = float(unit.max())

    def negative(scaled: FloatArray) -> tuple[float, FloatArray]:
        multipliers = scaled * unit
        sizes = np.clip(np.sqrt((turned @ multipliers) / problem.cost), problem.lower, problem.upper)
        slope = matrix @ (1 / sizes) - 1
        return -(float(problem.cost @ sizes) + float(multipliers @ slope)) / total, -slope * unit / total

    start = np.full(matrix.shape[0], 0.5)
    for _ in range(_NEARING):
        slope = -negative(start)[1] * total / unit
        start *= np.clip(1 + slope, 1e-3, 1e3) ** 2
    return np.asarray(minimise(negative, start, ease=_EASE, steps=_STEPS) * unit)
