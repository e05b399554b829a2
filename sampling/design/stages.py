"""Stages of a design: the units of every stage, the groups they were drawn in, and what each group adds to V.

V is a sum over stages; in a group g of n responding units with totals t_i (docs/methods.md, section 5)
    V_g = factor_g sum_i q_i (t_i - tbar_g)^2,  factor_g = u_g (1 - f_g) n/(n - 1),  q_i = 1
where f_g = n/N_g and u_g is the product of f (of pi after a PPS stage) over the units above; drawn with unequal
probabilities: f_g = 0 in the factor, q_i = 1 - pi_i over the units with pi_i < 1 (R: pps = "brewer").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from errors import DesignError
from sampling.numbers import BoolArray, FloatArray, IntArray

_CONSERVATIVE_BELOW = 3


@dataclass(frozen=True, eq=False)
class Stage:
    """Units of one stage as the rows show them, numbered by (parent, label).

    parent: (U,) unit of the stage above, at the first stage the stratum; labels: (U,) as in the data, None where every
    row is a unit; pop_size: (U,) units in the parent's population; prob: (U,) inclusion probability inside the parent.
    At most one of the last two is given.
    """

    parent: IntArray
    labels: np.ndarray | None
    pop_size: FloatArray | None
    prob: FloatArray | None


@dataclass(frozen=True, eq=False)
class Level:
    """What a stage adds to V. U units, G groups: the parents, then one group for every unit drawn with certainty.

    unit_group (U,); n (G,) responding units; factor (G,), 0 for one unit; rest (G,) = u (1 - f), what a lonely unit's
    square counts; share (U,) = q or None; is_open (G,): f < 1 and fully observed above, i.e. counts for df;
    is_lonely (G,): one unit, f < 1, V not known; is_conservative (G,): PPS with fewer than three units.
    """

    unit_group: IntArray
    n: IntArray
    factor: FloatArray
    rest: FloatArray
    share: FloatArray | None
    is_open: BoolArray
    is_lonely: BoolArray
    is_conservative: BoolArray


def levels(stages: Sequence[Stage], stratum_labels: np.ndarray) -> tuple[Level, ...]:
    """Levels of a design. Raises DesignError `design.pop_size` (not one number in a group, or below its sample)."""
    upper, taken_in_full = np.ones(len(stratum_labels)), np.ones(len(stratum_labels), dtype=bool)
    stage_levels = []
    for number, stage in enumerate(stages, start=1):
        names = [str(label) for label in stratum_labels] if number == 1 else None
        level, fraction = _level(stage, upper, taken_in_full, (number, names))
        stage_levels.append(level)
        upper, taken_in_full = upper[stage.parent] * fraction, taken_in_full[stage.parent] & (fraction == 1)
    return tuple(stage_levels)


def _level(
    stage: Stage, upper: FloatArray, taken_in_full: BoolArray, place: tuple[int, list[str] | None]
) -> tuple[Level, FloatArray]:
    """The level and the fraction (f or pi) of every unit, by which the next stage is multiplied."""
    groups = len(upper)
    if stage.prob is not None:
        return _unequal(stage, upper, taken_in_full)
    n = np.bincount(stage.parent, minlength=groups)
    size = _population(stage, n, place)
    fraction = np.where(np.isinf(size), 0.0, n / size)
    rest = upper * (1 - fraction)
    factor = np.where(n > 1, rest * n / np.maximum(n - 1, 1), 0.0)
    level = Level(
        unit_group=stage.parent,
        n=n,
        factor=factor,
        rest=rest,
        share=None,
        is_open=(fraction < 1) & taken_in_full,
        is_lonely=(n == 1) & (rest > 0),
        is_conservative=np.zeros(groups, dtype=bool),
    )
    return level, fraction[stage.parent]


def _population(stage: Stage, n: IntArray, place: tuple[int, list[str] | None]) -> FloatArray:
    """N of every group; infinite where none is given."""
    if stage.pop_size is None:
        return np.full(len(n), np.inf)
    low, high = np.full(len(n), np.inf), np.full(len(n), -np.inf)
    np.minimum.at(low, stage.parent, stage.pop_size)
    np.maximum.at(high, stage.parent, stage.pop_size)
    wrong = (n > 0) & ((low != high) | ~(low >= n))
    if wrong.any():
        first, (number, names) = int(wrong.argmax()), place
        raise DesignError(
            "design.pop_size",
            where=names[first] if names else f"pop_size[{number}]",
            got=f"{low[first]:g} .. {high[first]:g}",
            expected=f">= {n[first]}",
        )
    return low


def _unequal(stage: Stage, upper: FloatArray, taken_in_full: BoolArray) -> tuple[Level, FloatArray]:
    """A stage drawn with unequal probabilities; a certain unit stands in a group of its own, which adds nothing."""
    prob = np.ones(0) if stage.prob is None else stage.prob
    certain = np.flatnonzero(prob == 1)
    groups = len(upper) + len(certain)
    unit_group = stage.parent.copy()
    unit_group[certain] = np.arange(len(upper), groups)
    n = np.bincount(unit_group, minlength=groups)
    is_own = np.arange(groups) >= len(upper)
    # Each deviation carries its own 1 - pi (share), so the group has no 1 - f: it would count twice.
    rest = np.append(upper, np.zeros(len(certain)))
    few = (n < _CONSERVATIVE_BELOW) & ~is_own & (n > 0)
    level = Level(
        unit_group=unit_group,
        n=n,
        factor=np.where(n > 1, rest * n / np.maximum(n - 1, 1), 0.0),
        rest=rest,
        share=np.where(few[unit_group], 1.0, 1 - prob),
        is_open=~is_own & np.append(taken_in_full, np.zeros(len(certain), dtype=bool)),
        is_lonely=(n == 1) & (rest > 0),
        is_conservative=few,
    )
    return level, prob
