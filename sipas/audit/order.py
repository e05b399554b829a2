"""The smallest set of entries that stands out of order: what to blame when a sequence should never fall."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from sampling.numbers import BoolArray


def out_of_order(values: np.ndarray) -> BoolArray:
    """True for the entries outside one longest non-decreasing subsequence (patience sorting, n log n).

    A single slip is a single entry here, however far it jumps, while comparing places would blame all it jumped over.
    """
    n = len(values)
    bad = np.zeros(n, bool)
    if n < 2 or not (np.diff(values) < 0).any():
        return bad
    tails: list[int] = []
    at: list[int] = []
    before = np.full(n, -1)
    for position, value in enumerate(values.tolist()):
        place = bisect_right(tails, value)
        before[position] = at[place - 1] if place else -1
        tails[place : place + 1] = [value]
        at[place : place + 1] = [position]
    bad[:] = True
    position = at[-1]
    while position >= 0:
        bad[position] = False
        position = int(before[position])
    return bad
