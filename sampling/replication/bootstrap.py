"""Rescaled bootstrap of first-stage units (Rao, Wu, Yue 1992), of all stages where they count (Preston 2009)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from errors import DesignError
from sampling.arguments import check_kind, whole_number
from sampling.design import Design
from sampling.numbers import FloatArray
from sampling.replication.model import (
    FirstStage,
    Replay,
    Replication,
    by_names,
    check_lonely,
    first_stage,
    is_multistage,
    named_units,
)
from sampling.replication.multistage import HalfOfStages
from sampling.selection import derived_seed

_HIGH = np.uint64(32)


@dataclass(frozen=True, eq=False)
class DrawnAgain:
    """b = 1 - L + L n/(n - 1) m*, m* the counts of n - 1 draws with replacement of the n units of a group.

    A draw is floor(U n / 2^32), U the upper 32 bits of the next number of PCG64: groups in the order of their names,
    replicate after replicate.
    """

    stage: FirstStage
    seed: str
    replicates: int

    def chunks(self, at_once: int) -> Iterator[FloatArray]:
        """Tables (U, r) of multipliers."""
        n, units = self.stage.n, len(self.stage.group)
        order = np.argsort(self.stage.group, kind="stable")
        varies = self.stage.rest > 0
        draws = np.where(varies, n - 1, 0)
        among = np.repeat(n, draws).astype(np.uint64)
        first = np.repeat(np.cumsum(n) - n, draws)
        factor = np.sqrt(self.stage.rest)[self.stage.group[order]]
        slope = (factor * (n / np.maximum(n - 1, 1))[self.stage.group[order]])[:, None]
        stream = generator(self.seed)
        for start in range(0, self.replicates, at_once):
            count = min(at_once, self.replicates - start)
            raw = stream.random_raw(count * len(among)).reshape(count, len(among))
            raw >>= _HIGH
            raw *= among
            raw >>= _HIGH
            place = raw.view(np.int64)
            place += first
            place += (np.arange(count) * units)[:, None]
            times = np.bincount(place.ravel(), minlength=count * units).reshape(count, units)
            b = np.empty((units, count))
            b[order] = slope * times.T + (1 - factor)[:, None]
            yield b


def generator(seed: str) -> np.random.PCG64:
    """PCG64 seeded with the number that the seed for `bootstrap` is in base 16. Raises DesignError `draw.seed`."""
    return np.random.PCG64(int(derived_seed(seed, "bootstrap"), 16))


def bootstrap(design: Design, replicates: int, seed: str, *, replay: Replay = "calibration") -> Replication:
    """Rao-Wu-Yue bootstrap of PSUs with L = sqrt(1 - f_h); V = sum_r (theta_r - theta)^2 / B.

    replicates: B, some hundreds; seed: 64 characters 0-9a-f. Draws go by the names of strata and PSUs in the order of
    texts (10 before 2), so that any order of rows, and numbers for texts, give the same replicates: the design's `psu`;
    where every row is a PSU, its `id` (element sample, ids = ~1 in R survey).
    Two or more stages and any f_h > 0.1: multipliers of Preston at every stage. Strata drawn with unequal probabilities
    are drawn again as if with replacement (L = 1, conservative), certain units keep b = 1.
    replay: what a replicate does again: the calibrations, or `all`: also the sums of weights of the response classes
    (column response_class). Give the result to `replicate`.
    Raises DesignError `draw.seed`, `replication.replicates`, `replication.psu` (neither psu nor id: units without names
    have no order, and an adjustment that numbered the rows gave them none), `design.id`, `design.id_repeated`,
    `replication.lonely`, `replication.nothing`, `replication.pps` (unequal probabilities in a multistage design where
    the lower stages count).

    >>> import pandas as pd
    >>> from sampling import replicate
    >>> data = pd.DataFrame({"psu": list("aabbcc"), "w": 1.0, "y": [1, 2, 3, 4, 5, 6]})
    >>> replicates = bootstrap(Design(data, weight="w", psu="psu"), 200, seed="5eed" * 16)
    >>> replicate(replicates, ["y"]).table()["estimate"].tolist()
    [3.5]
    """
    check_kind("design", design, Design)
    derived_seed(seed, "bootstrap")
    replicates = whole_number("replicates", replicates)
    if replicates < 1:
        raise DesignError("replication.replicates", got=replicates, expected=">= 1")
    every = is_multistage(design)
    design = named_units(design) if every or len(design.stages) == 1 else by_names(design)
    rscales = np.ones(replicates)
    if every:
        check_lonely(design)
        if any(stage.prob is not None for stage in design.stages):
            raise DesignError("replication.pps", got=len(design.stages), expected='fpc="none"')
        multipliers = HalfOfStages(design.stages, design.levels, partial(generator, seed), replicates)
        return Replication(
            design, "multistage bootstrap", multipliers, design.row_unit, 1 / replicates, rscales, replay
        )
    stage = first_stage(design)
    if not (stage.rest > 0).any():
        raise DesignError("replication.nothing", got=0, expected=">= 1")
    drawn = DrawnAgain(stage, seed, replicates)
    is_conservative = design.levels[0].share is not None
    return Replication(design, "bootstrap", drawn, stage.row_unit, 1 / replicates, rscales, replay, is_conservative)
