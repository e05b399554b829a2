"""Minimising a smooth convex function over z >= 0 by projected L-BFGS (Nocedal, Wright 2006, section 7.2).

Written out because scipy's L-BFGS-B calls threaded linear algebra on short vectors, which on a busy machine takes
several times as long as these few sums.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from sampling.numbers import BoolArray, FloatArray

Value = Callable[[FloatArray], tuple[float, FloatArray]]
_KEPT = 10  # pairs of steps and changes of slope that stand for the curvature
_QUIET = 3  # steps without gain after which the minimum is reached
_SHORTEST = 1e-12
_DECREASE = 1e-4


@dataclass(frozen=True, eq=False)
class _Pair:
    step: FloatArray
    change: FloatArray


def minimise(value: Value, start: FloatArray, *, ease: float, steps: int) -> FloatArray:
    """The z >= 0 at which `value` (function, gradient) is least, as far as `steps` go.

    start: shape (n,), >= 0. Ends after three steps in a row that gain less than ease x |value|.
    """
    z, (level, slope) = start, value(start)
    pairs: deque[_Pair] = deque(maxlen=_KEPT)
    quiet = 0
    for _ in range(steps):
        free = (z > 0) | (slope < 0)
        direction = _direction(pairs, slope, free)
        if not float((direction * slope).sum()) < 0:
            pairs.clear()
            direction = np.where(free, -slope, 0.0)
        longest = 1.0 if pairs else min(1.0, 1.0 / max(float(np.abs(direction).max()), _SHORTEST))
        nearer, (lower, change) = _search(value, z, direction, longest, level, slope)
        pair = _Pair(nearer - z, change - slope)
        if (pair.step * pair.change).sum() > 1e-14 * (pair.change * pair.change).sum():
            pairs.append(pair)
        quiet = quiet + 1 if level - lower <= ease * abs(lower) else 0
        z, level, slope = nearer, lower, change
        if quiet == _QUIET:
            break
    return z


def _search(
    value: Value, z: FloatArray, direction: FloatArray, longest: float, level: float, slope: FloatArray
) -> tuple[FloatArray, tuple[float, FloatArray]]:
    """Halve the step until the function falls enough; coordinates stop at 0."""
    length = longest
    while True:
        nearer = np.maximum(z + length * direction, 0.0)
        reached = value(nearer)
        if reached[0] <= level + _DECREASE * float((slope * (nearer - z)).sum()) or length < _SHORTEST:
            return nearer, reached
        length /= 2


def _direction(pairs: Iterable[_Pair], slope: FloatArray, free: BoolArray) -> FloatArray:
    """Minus the inverse curvature times the slope, by the two loops, among the coordinates that are free to move."""
    rest = np.where(free, slope, 0.0)
    used: list[tuple[FloatArray, FloatArray, float, float]] = []
    for pair in reversed(list(pairs)):
        step, change = pair.step * free, pair.change * free
        along = float((step * change).sum())
        if along > 0:
            part = float((step * rest).sum()) / along
            rest = rest - part * change
            used.append((step, change, along, part))
    if used:
        _, change, along, _ = used[0]
        rest = rest * (along / float((change * change).sum()))
    for step, change, along, part in reversed(used):
        rest = rest + (part - float((change * rest).sum()) / along) * step
    return -rest
