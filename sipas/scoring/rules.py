"""The closed set of leaf rules. Every rule has one body, for exact decimals and for float64 arrays alike.

It runs on object arrays of `Decimal` (points that are published) and on float64 arrays (replicates); a property test
holds both to 1e-9. With m the maximum, v the value, c_o the count of answer o, a_o its weight in per cent:

    choice          points of the level
    band            points of the band that holds v
    ratio           m min(1, numerator / denominator)
    linear          m min(1, max(0, v / high)), high = 100 when blank
    linear_between  m clip((v - low) / (high - low), 0, 1); high < low: less is better
    option_weights  m sum(c_o a_o) / (100 sum(c_o))
    index_link      the transform of the link, v = value of the index node in per cent
    sum             the rounded points of the children, added

Exact points are carried with sixty digits and inputs are held to 24, so a quotient cannot fall on the wrong side of a
half by being cut. A numerator above its denominator is allowed (a plan may be exceeded) and earns the maximum and no
more.
A linked value, and the value of `linear` without `high`, is a per cent and must lie in 0..100. Source: METHODS 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from errors import DataError, RulebookError
from sampling.numbers import BoolArray
from sipas.rulebook import Band, Criterion

Numbers = npt.NDArray[Any]

EXACT_CONTEXT: Final = Context(prec=60)
_ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True)
class Ops:
    """The arithmetic a rule body runs in: how a constant is written and what an array holds."""

    number: Callable[[Decimal], Any]
    dtype: type

    def array(self, values: Iterable[Any]) -> Numbers:
        """Values as a one-dimensional array of this arithmetic."""
        return np.array([self.number(value) for value in values], dtype=self.dtype)

    def clip(self, values: Numbers, top: Decimal) -> Numbers:
        """Values held in 0..top."""
        clipped: Numbers = np.minimum(np.maximum(values, self.number(_ZERO)), self.number(top))
        return clipped


EXACT: Final = Ops(Decimal, object)
FLOAT: Final = Ops(float, np.float64)


@dataclass(frozen=True)
class LeafColumns:
    """Inputs of one leaf for many units, none missing; shape (n,). Only the fields of the leaf's rule are looked at."""

    choice_code: Numbers | None = None
    value: Numbers | None = None
    numerator: Numbers | None = None
    denominator: Numbers | None = None
    option_counts: Numbers | None = None


INPUT_FIELDS: Mapping[str, tuple[str, ...]] = {
    "choice": ("choice_code",),
    "band": ("value",),
    "ratio": ("numerator", "denominator"),
    "linear": ("value",),
    "linear_between": ("value",),
    "option_weights": ("option_counts",),
}
"""Fields that each form of a leaf is scored from."""


def column_of(values: Numbers | None) -> Numbers:
    """A column that the rule needs; DataError `scoring.missing_input` when it was not given."""
    if values is None:
        raise DataError("scoring.missing_input")
    return values


def _choice(ops: Ops, leaf: Criterion, given: LeafColumns) -> Numbers:
    points = {level.level_code: level.points or _ZERO for level in leaf.levels}
    return ops.array(points[code] for code in column_of(given.choice_code))


def inside_band(ops: Ops, band: Band, value: Numbers) -> BoolArray:
    """Which values lie in the band, its ends counted as the rulebook says."""
    inside: BoolArray = np.ones(len(value), dtype=bool)
    if band.start is not None:
        start = ops.number(band.start)
        inside &= np.asarray(value >= start if band.start_inclusive else value > start, dtype=bool)
    if band.end is not None:
        end = ops.number(band.end)
        inside &= np.asarray(value <= end if band.end_inclusive else value < end, dtype=bool)
    return inside


def _band(ops: Ops, leaf: Criterion, given: LeafColumns) -> Numbers:
    value = column_of(given.value)
    points = ops.array([_ZERO] * len(value))
    for band in leaf.bands:
        points = np.where(inside_band(ops, band, value), ops.number(band.points), points)
    return points


def _ratio(ops: Ops, leaf: Criterion, given: LeafColumns) -> Numbers:
    points: Numbers = ops.number(leaf.max_points) * column_of(given.numerator) / column_of(given.denominator)
    return points


def _linear(ops: Ops, leaf: Criterion, given: LeafColumns) -> Numbers:
    high = _HUNDRED if leaf.high is None else leaf.high
    points: Numbers = ops.number(leaf.max_points) * column_of(given.value) / ops.number(high)
    return points


def _linear_between(ops: Ops, leaf: Criterion, given: LeafColumns) -> Numbers:
    low, high = ends_of(leaf)
    above = column_of(given.value) - ops.number(low)
    points: Numbers = ops.number(leaf.max_points) * above / ops.number(high - low)
    return points


def ends_of(leaf: Criterion) -> tuple[Decimal, Decimal]:
    """`low` and `high` of a `linear_between` leaf; RulebookError `scoring.low_high` unless they are two numbers."""
    if leaf.low is None or leaf.high is None or leaf.low == leaf.high:
        raise RulebookError("scoring.low_high", where=leaf.code, got=f"{leaf.low}, {leaf.high}")
    return leaf.low, leaf.high


def _option_weights(ops: Ops, leaf: Criterion, given: LeafColumns) -> Numbers:
    answers = column_of(given.option_counts)
    earned = total = ops.array([_ZERO] * len(answers))
    for level in leaf.levels:
        counts = ops.array(Decimal(counted.get(level.level_code, 0)) for counted in answers)
        earned = earned + counts * ops.number(level.weight_pct or _ZERO)
        total = total + counts
    points: Numbers = ops.number(leaf.max_points) * earned / (ops.number(_HUNDRED) * total)
    return points


_BODIES: Mapping[str, Callable[[Ops, Criterion, LeafColumns], Numbers]] = {
    "choice": _choice,
    "band": _band,
    "ratio": _ratio,
    "linear": _linear,
    "linear_between": _linear_between,
    "option_weights": _option_weights,
}


def unrounded_points(leaf: Criterion, given: LeafColumns, ops: Ops) -> Numbers:
    """Points before rounding, held in 0..maximum; shape (n,), in the arithmetic of `ops`. Inputs are not checked."""
    with localcontext(EXACT_CONTEXT):
        return ops.clip(_BODIES[leaf.form](ops, leaf, given), leaf.max_points)
