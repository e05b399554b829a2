"""Rescaled bootstrap multipliers over all stages (Preston 2009, Survey Methodology 35:2, formula of section 3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sampling.design import Level, Stage
from sampling.numbers import FloatArray, IntArray

_KEY_BITS = np.uint64(24)
_KEY_SIZE = 1 << 40


@dataclass(frozen=True, eq=False)
class HalfOfStages:
    """b = 1 + sum_s prod_{t < s} (sqrt(n_t/n*_t) delta_t) lambda_s ((n_s/n*_s) delta_s - 1), by last-stage unit.

    At every stage n* = floor(n/2) units of each group are taken without replacement (delta = 1); lambda_s = sqrt(n* u
    (1 - f)/(n - n*)), u the product of f above. A single unit and the units of a census stay: delta = 1, lambda = 0.
    b may be below 0 where f > 8/9. start: makes the generator afresh, so that every pass gives the same numbers.
    """

    stages: Sequence[Stage]
    levels: Sequence[Level]
    start: Callable[[], np.random.PCG64]
    replicates: int

    def chunks(self, at_once: int) -> Iterator[FloatArray]:
        """Tables (U, r) of multipliers of last-stage units."""
        stream = self.start()
        for start in range(0, self.replicates, at_once):
            tables = [self._one(stream) for _ in range(min(at_once, self.replicates - start))]
            yield np.stack(tables, axis=1)

    def _one(self, stream: np.random.PCG64) -> FloatArray:
        """Multipliers of one replicate, (U,)."""
        carried, b = np.ones(len(self.levels[0].n)), np.ones(len(self.levels[0].n))
        for stage, level in zip(self.stages, self.levels, strict=True):
            n = level.n
            varies = (n > 1) & (level.rest > 0)
            half = np.where(varies, n // 2, n)
            taken = _taken(stream, level, half)
            rate = np.sqrt(np.where(varies, half * level.rest / np.maximum(n - half, 1), 0.0))
            group, share = level.unit_group, (n / np.maximum(half, 1))[level.unit_group]
            b = b[stage.parent] + carried[stage.parent] * rate[group] * (share * taken - 1)
            carried = carried[stage.parent] * np.sqrt(share) * taken
        return b


def _taken(stream: np.random.PCG64, level: Level, half: IntArray) -> FloatArray:
    """1 for the `half` units of every group with the smallest random keys, (U,)."""
    units = len(level.unit_group)
    key = (stream.random_raw(units) >> _KEY_BITS).astype(np.int64)
    order = np.argsort(level.unit_group * _KEY_SIZE + key, kind="stable")
    group = level.unit_group[order]
    place = np.arange(units) - (np.cumsum(level.n) - level.n)[group]
    taken = np.zeros(units)
    taken[order] = place < half[group]
    return taken
