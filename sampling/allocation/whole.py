"""From the continuous sizes to whole numbers that meet every constraint, as cheaply as a greedy search finds."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from sampling.allocation.dual import Dual, Problem
from sampling.numbers import BoolArray, FloatArray, IntArray

_EASE = 1e-12  # a constraint is met when A(1/n) <= 1 + this
_REPAIRS = 60


def whole_sizes(problem: Problem, dual: Dual) -> IntArray:
    """Sizes n_h, whole, within the bounds, with A(1/n) <= 1 in every row; n = U meets them all (the caller made sure).

    Ceilings of the repaired continuous sizes; then units are taken away again, first those that cost most for the
    precision they bring, until no single unit can go. Bounds of the problem are whole numbers.
    """
    sizes = np.minimum(np.ceil(_feasible(problem, dual.sizes)), problem.upper)
    return _thinned(problem, sizes, dual.multipliers).astype(np.int64)


def _feasible(problem: Problem, sizes: FloatArray) -> FloatArray:
    """Sizes raised, in proportion inside every row still violated, until all hold; U where that takes too long."""
    turned = csr_array(problem.matrix.T)
    member = turned.copy()
    member.data = np.ones_like(member.data)
    for _ in range(_REPAIRS):
        used = problem.matrix @ (1 / sizes)
        if (used <= 1 + _EASE).all():
            return sizes
        factor = np.maximum(1.0, _row_max(member, used))
        sizes = np.minimum(sizes * factor, problem.upper)
    violated = _row_max(member, problem.matrix @ (1 / sizes)) > 1 + _EASE
    return np.where(violated, problem.upper, sizes)


def _row_max(member: csr_array, values: FloatArray) -> FloatArray:
    """Largest value among the constraints of each stratum; 0 for a stratum in none."""
    result = np.zeros(member.shape[0])
    stratum = np.repeat(np.arange(member.shape[0]), np.diff(member.indptr))
    np.maximum.at(result, stratum, values[member.indices])
    return result


def _thinned(problem: Problem, sizes: FloatArray, price: FloatArray) -> FloatArray:
    """Take units away while a row allows it. A round sorts the candidates by price of precision lost per cost saved and
    takes every one that still fits behind all the candidates before it, so it needs no check one by one."""
    matrix = problem.matrix.tocoo()
    row, stratum, value = matrix.row, matrix.col, matrix.data
    weight = problem.matrix.T @ price
    sizes = sizes.copy()
    while True:
        step = np.where(sizes > problem.lower, 1 / np.maximum(sizes - 1, 0.5) - 1 / sizes, 0.0)
        slack = np.maximum(1 + _EASE - problem.matrix @ (1 / sizes), 0.0)
        need = value * step[stratum]
        going = (step > 0) & ~_any_at(need > slack[row], stratum, len(sizes))
        if not going.any():
            return sizes
        rank = np.empty(len(sizes), dtype=np.int64)
        rank[np.argsort(weight * step / problem.cost, kind="stable")] = np.arange(len(sizes))
        kept = going[stratum]
        late = _too_late(row[kept], rank[stratum[kept]], need[kept], slack)
        going &= ~_any_at(late, stratum[kept], len(sizes))
        sizes[going] -= 1


def _any_at(flags: BoolArray, stratum: IntArray, count: int) -> BoolArray:
    return np.asarray(np.bincount(stratum[flags], minlength=count) > 0)


def _too_late(row: IntArray, rank: IntArray, need: FloatArray, slack: FloatArray) -> BoolArray:
    """True for an entry when the needs of its row up to its rank exceed the slack of the row."""
    order = np.lexsort((rank, row))
    running = np.cumsum(need[order])
    starts = np.searchsorted(row[order], row[order], side="left")
    before = running[starts] - need[order][starts]
    result = np.empty(len(row), dtype=bool)
    result[order] = running - before > slack[row[order]]
    return result
