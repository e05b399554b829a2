"""A total spread over strata in proportion to a measure, between bounds, in whole numbers."""

from __future__ import annotations

from fractions import Fraction
from math import lcm

import numpy as np

from sampling.numbers import FloatArray, IntArray

_PLACES = 10**9  # fractions are compared at nine places, so the noise of a float measure breaks no tie
_TINY = 1e-300


def spread(measure: FloatArray, lower: IntArray, upper: IntArray, total: int) -> IntArray:
    """n_h = clip(lambda a_h, L_h, U_h) with lambda such that the sum is `total`, then whole numbers.

    measure: a_h >= 0, finite, shape (strata,), in order of stratum_id; a stratum of measure 0 keeps L_h. The caller
    made sure that sum L <= total <= sum of U where a_h > 0 and of L elsewhere. Integers: floor, then +1 by largest
    fraction where n_h < U_h, ties to the larger a_h, then to the earlier stratum. O(strata log strata), exact sum.
    """
    sizes, fraction = _shares(measure, lower, upper, total)
    alike = np.round(measure / max(float(measure.max()), _TINY), 12)
    order = np.lexsort((np.arange(len(sizes)), -alike, -fraction))
    order = order[(sizes < upper)[order] & (measure > 0)[order]]
    sizes[order[: total - int(sizes.sum())]] += 1
    return sizes


def within(groups: IntArray, sizes: IntArray, numbers: IntArray) -> IntArray:
    """Numbers given per group, split over its strata in proportion to N_h; shape (strata,).

    groups: group of each stratum as 0..G-1; sizes: N_h; numbers: shape (G,), at most the group's sum of N_h. Floor,
    then +1 by largest fraction, ties to the larger N_h, then to the earlier stratum; no bound can be crossed.
    """
    pop = np.bincount(groups, weights=sizes).astype(np.int64)
    counts, rest = np.divmod(numbers[groups] * sizes, pop[groups])
    missing = numbers - np.bincount(groups, weights=counts, minlength=len(numbers)).astype(np.int64)
    order = np.lexsort((np.arange(len(sizes)), -sizes, -rest, groups))
    first = np.searchsorted(groups[order], np.arange(len(numbers)))
    place = np.arange(len(sizes)) - first[groups[order]]
    counts[order[place < missing[groups[order]]]] += 1
    return counts.astype(np.int64)


def _shares(measure: FloatArray, lower: IntArray, upper: IntArray, total: int) -> tuple[IntArray, IntArray]:
    """Whole part and fraction (in units of 1e-9) of clip(lambda a, L, U), computed on integers: any size is exact."""
    free, sizes = _free(measure, lower, upper, total)
    fraction = np.zeros(len(measure), dtype=np.int64)
    if not free.any():
        return sizes, fraction
    ratios = [Fraction(ratio) for ratio in measure[free].tolist()]
    scale = lcm(*(ratio.denominator for ratio in ratios))
    parts = [ratio.numerator * (scale // ratio.denominator) for ratio in ratios]
    everything, rest = sum(parts), total - int(sizes[~free].sum())
    shares = [divmod((2 * rest * part * _PLACES + everything) // (2 * everything), _PLACES) for part in parts]
    sizes[free] = np.clip([share[0] for share in shares], lower[free], upper[free])
    fraction[free] = [share[1] for share in shares]
    return sizes, fraction


def _free(measure: FloatArray, lower: IntArray, upper: IntArray, total: int) -> tuple[np.ndarray, IntArray]:
    """Strata between their bounds at the lambda that gives `total`, and the bound that holds each of the others.

    The sum over strata is piecewise linear in lambda: its value at every edge L/a, U/a comes from running sums.
    """
    moves = (measure > 0) & (lower < upper)
    held = lower.copy()
    if not moves.any():
        return moves, held
    a, low, high = measure[moves], lower[moves].astype(np.float64), upper[moves].astype(np.float64)
    starts, ends = low / a, high / a
    edges = np.unique(np.concatenate([starts, ends]))
    by_start, by_end = np.argsort(starts), np.argsort(ends)
    begun = np.searchsorted(starts[by_start], edges, side="left")
    over = np.searchsorted(ends[by_end], edges, side="right")
    slope = _running(a[by_start])[begun] - _running(a[by_end])[over]
    sums = low.sum() - _running(low[by_start])[begun] + _running(high[by_end])[over] + edges * slope
    wanted = total - int(lower[~moves].sum())
    above = min(int(np.searchsorted(sums, wanted)), len(edges) - 1)
    before = edges[max(above - 1, 0)]
    at_low, at_high = starts >= edges[above], ends <= before
    if above == 0:
        at_low[:] = True
    held[np.flatnonzero(moves)[at_high]] = upper[moves][at_high]
    moves[np.flatnonzero(moves)[at_low | at_high]] = False
    return moves, held


def _running(values: FloatArray) -> FloatArray:
    return np.concatenate([[0.0], np.cumsum(values)])
