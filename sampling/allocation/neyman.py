"""Neyman allocation in whole numbers, exactly (Wright 2012, The American Statistician 66:4, p. 217-224)."""

from __future__ import annotations

import heapq
from fractions import Fraction

import numpy as np

from sampling.numbers import FloatArray, IntArray, exact

_MARGIN = 1e-9  # beside the threshold, units are compared as exact fractions


def neyman(pop: IntArray, std_dev: FloatArray, lower: IntArray, upper: IntArray, total: int) -> IntArray:
    """From n_h = L_h >= 1 the next unit always goes to the largest N_h S_h / sqrt(n_h (n_h + 1)) with n_h < U_h.

    Ties go to the larger N_h S_h, then to the earlier stratum (rows in order of stratum_id). No whole-number allocation
    within the bounds has a smaller sum of N_h^2 S_h^2 / n_h. A bisected threshold hands out nearly everything at
    once; the rest, about one unit a stratum at most, goes through a heap. sum L <= total <= sum U is the
    caller's promise.
    """
    spreads = pop * std_dev
    sizes = _above(spreads, lower, upper, _threshold(spreads, lower, upper, total) * (1 + _MARGIN))
    # The written numbers as fractions: 0.1 x 30 and 0.3 x 10 are one and the same priority.
    squares = [(int(n) * exact(float(s))) ** 2 for n, s in zip(pop, std_dev, strict=True)]
    heap = [_entry(squares[h], int(n), h) for h, n in enumerate(sizes) if n < upper[h]]
    heapq.heapify(heap)
    for _ in range(total - int(sizes.sum())):
        h = heap[0][2]
        sizes[h] += 1
        if sizes[h] < upper[h]:
            heapq.heapreplace(heap, _entry(squares[h], int(sizes[h]), h))
        else:
            heapq.heappop(heap)
    return sizes


def _entry(square: Fraction, n: int, h: int) -> tuple[Fraction, Fraction, int]:
    """Priority squared, the measure squared (for ties), the stratum; smallest first in a heap."""
    return (-square / (n * (n + 1)), -square, h)


def _above(spreads: FloatArray, lower: IntArray, upper: IntArray, threshold: float) -> IntArray:
    """Sizes when every unit whose priority is at least `threshold` is handed out: n (n + 1) <= (N S / t)^2."""
    reach = np.minimum(spreads / threshold, 1e9) if threshold > 0 else np.where(spreads > 0, 1e9, 0.0)
    last = np.floor((np.sqrt(1 + 4 * reach * reach) - 1) / 2).astype(np.int64)
    return np.clip(np.where(last >= lower, last + 1, lower), lower, upper)


def _threshold(spreads: FloatArray, lower: IntArray, upper: IntArray, total: int) -> float:
    """The smallest threshold, within float precision, at which no more than `total` units are handed out."""
    low, high = 0.0, float(spreads.max()) or 1.0
    if _above(spreads, lower, upper, low).sum() <= total:
        return low
    while True:
        middle = (low + high) / 2
        if not low < middle < high or high - low < _MARGIN * high / 100:
            return high
        if _above(spreads, lower, upper, middle).sum() <= total:
            high = middle
        else:
            low = middle
