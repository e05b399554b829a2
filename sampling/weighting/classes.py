"""Factors by class, with small classes joined to their neighbour in the declared order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pandas as pd
from annotated_types import Ge

from errors import WeightError
from sampling.numbers import BoolArray, FloatArray, IntArray


@dataclass(frozen=True, kw_only=True)
class JoinRule:
    """A class of fewer than `min_respondents` that carry the weight, or a factor above `max_factor`, joins the next."""

    min_respondents: Annotated[int, Ge(1)] = 20
    max_factor: Annotated[float, Ge(1)] = 3.0


@dataclass(frozen=True, eq=False)
class ClassFactor:
    """factor by class after joining, shape (C,); target: the class each one ends in; joined: the joins, in order."""

    factor: FloatArray
    target: IntArray
    joined: tuple[tuple[int, int], ...]


def class_codes(values: pd.Series, order: Sequence[str]) -> IntArray:
    """Position of every case's class in the declared order.

    Raises WeightError `weights.missing` for a case without a class, `weights.class` for one that is not declared.
    """
    if values.isna().any():
        raise WeightError("weights.missing", where=str(values.name), got=int(values.isna().sum()), expected=0)
    codes = pd.Index(order).get_indexer(pd.Index(values)).astype(np.int64)
    if (codes < 0).any():
        raise WeightError("weights.class", got=str(values.iloc[int((codes < 0).argmax())]))
    return codes


def class_factor(
    code: IntArray, weight: FloatArray, groups: tuple[BoolArray, BoolArray], size: int, rule: JoinRule
) -> ClassFactor:
    """sum of weight over the first group / over the second, by class; groups: shape (n,) each, the second in the first.

    A class without cases of the first group takes no part. The last class joins the one before it.
    Raises WeightError `weights.no_respondents` when the second group is empty altogether.
    """
    return joined_factor(code, weight, groups, rule, np.ones(size, dtype=bool))


def joined_factor(
    code: IntArray,
    weight: FloatArray,
    groups: tuple[BoolArray, BoolArray],
    rule: JoinRule,
    looking: BoolArray,
) -> ClassFactor:
    """`class_factor` where only the classes `looking`, shape (C,), look for a neighbour; any class may be joined."""
    size = len(looking)
    sums = [np.bincount(code, weight * group, size).astype(np.float64) for group in groups]
    counts = [np.bincount(code, group, size).astype(np.float64) for group in groups]
    target, joined = _join(counts, sums, rule, looking)
    factor = np.ones(size)
    totals = [np.bincount(target, group_sums, size) for group_sums in sums]
    np.divide(totals[0], totals[1], out=factor, where=totals[1] > 0)
    return ClassFactor(factor[target], target, tuple(joined))


def _join(
    counts: list[FloatArray], sums: list[FloatArray], rule: JoinRule, looking: BoolArray
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Where each class ends up. Small tables only: sums per class are added, rows are not touched again."""
    (whole_count, count), (total, part), seeks = (
        [group_counts.copy() for group_counts in counts],
        [group_sums.copy() for group_sums in sums],
        looking.copy(),
    )
    target = np.arange(len(count), dtype=np.int64)
    alive = [int(code) for code in np.flatnonzero(whole_count > 0)]
    joined: list[tuple[int, int]] = []
    while True:
        small = [
            code
            for code in alive
            if seeks[code]
            and (count[code] < rule.min_respondents or total[code] > rule.max_factor * max(part[code], 1e-300))
        ]
        if not small or len(alive) == 1:
            break
        source = small[0]
        place = alive.index(source)
        into = alive[place + 1] if place + 1 < len(alive) else alive[place - 1]
        for sums_of in (count, whole_count, total, part, seeks):
            sums_of[into] += sums_of[source]
        target[target == source] = into
        alive.remove(source)
        joined.append((source, into))
    if alive and count[alive].sum() == 0:
        raise WeightError("weights.no_respondents", got=0, expected=">= 1")
    return target, joined
