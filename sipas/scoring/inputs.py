"""What makes an input unfit to be scored: found for whole columns before any points are computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final

import numpy as np

from errors import Fault
from sampling.numbers import BoolArray
from sipas.rulebook import Criterion
from sipas.scoring.rules import EXACT, LeafColumns, Numbers, column_of, inside_band

Found = list[tuple[Fault, BoolArray]]

_ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)
_LIMITS: Final = Context(prec=24, traps=[InvalidOperation, Inexact])  # below 10^12, at most 12 decimals
_FINEST: Final = Decimal("1E-12")


def input_faults(leaf: Criterion, given: LeafColumns) -> Found:
    """What makes inputs of a leaf unfit to be scored: a fault without its place, and the rows it applies to.

    Rules: `scoring.number_size`, `scoring.unknown_choice`, `scoring.outside_bands`, `scoring.percent`,
    `scoring.negative`, `scoring.zero_denominator`, `scoring.unknown_option`, `scoring.no_answers`.
    """
    faults = _FAULTS[leaf.form](leaf, given)
    return [(fault, mask) for fault, mask in faults if mask.any()]


def _sound(values: Numbers | None, column: str) -> tuple[Numbers, tuple[Fault, BoolArray]]:
    """Numbers with those that cannot be computed with exactly replaced by 1, and the fault of these."""
    given = column_of(values)
    bad: BoolArray = np.zeros(len(given), dtype=bool)
    if not _all_sound(given):
        bad[:] = [not _is_sound(number) for number in given]
    fault = Fault("scoring.number_size", column=column, expected="< 10^12")
    sound = given.copy()
    sound[bad] = Decimal(1)
    return sound, (fault, bad)


def _all_sound(given: Numbers) -> bool:
    """`_is_sound` of a whole column; the context traps every loss, so what it lets through is what it was."""
    quantize, finest = _LIMITS.quantize, _FINEST
    try:
        return all(quantize(number, finest) == number for number in given)
    except (InvalidOperation, Inexact):
        return False


def _is_sound(number: Decimal) -> bool:
    """A finite number that fits the limits without being rounded (NaN is unequal to itself)."""
    try:
        return _LIMITS.quantize(number, _FINEST) == number
    except (InvalidOperation, Inexact):
        return False


def _choice_faults(leaf: Criterion, given: LeafColumns) -> Found:
    level_codes = [level.level_code for level in leaf.levels]
    bad = np.array([code not in level_codes for code in column_of(given.choice_code)], dtype=bool)
    return [(Fault("scoring.unknown_choice", column="choice_code", expected=" | ".join(level_codes)), bad)]


def _value_faults(leaf: Criterion, given: LeafColumns) -> Found:
    value, size = _sound(given.value, "value")
    faults = [size]
    if leaf.link is not None or (leaf.form == "linear" and leaf.high is None):
        outside = np.asarray((value < _ZERO) | (value > _HUNDRED), dtype=bool)
        faults.append((Fault("scoring.percent", column="value", expected="0..100"), outside))
    if leaf.form == "band":
        within: BoolArray = np.zeros(len(value), dtype=bool)
        for band in leaf.bands:
            within |= inside_band(EXACT, band, value)
        faults.append((Fault("scoring.outside_bands", column="value"), ~within & ~size[1]))
    return faults


def _ratio_faults(leaf: Criterion, given: LeafColumns) -> Found:
    numerator, size = _sound(given.numerator, "numerator")
    denominator, other_size = _sound(given.denominator, "denominator")
    return [
        size,
        other_size,
        (Fault("scoring.negative", column="numerator", expected=">= 0"), np.asarray(numerator < _ZERO, dtype=bool)),
        (Fault("scoring.negative", column="denominator", expected="> 0"), np.asarray(denominator < _ZERO, dtype=bool)),
        (
            Fault("scoring.zero_denominator", column="denominator", got="0", expected="> 0"),
            np.asarray(denominator == _ZERO, dtype=bool),
        ),
    ]


def _option_faults(leaf: Criterion, given: LeafColumns) -> Found:
    level_codes = {level.level_code for level in leaf.levels}
    answers = column_of(given.option_counts)
    unknown = np.array([not level_codes.issuperset(counted) for counted in answers], dtype=bool)
    negative = np.array([min(counted.values(), default=0) < 0 for counted in answers], dtype=bool)
    empty = np.array([sum(counted.values()) == 0 for counted in answers], dtype=bool)
    expected = " | ".join(level.level_code for level in leaf.levels)
    return [
        (Fault("scoring.unknown_option", column="option_counts", expected=expected), unknown),
        (Fault("scoring.negative", column="option_counts", expected=">= 0"), negative),
        (Fault("scoring.no_answers", column="option_counts", got="0", expected="> 0"), empty & ~negative),
    ]


_FAULTS: Mapping[str, Callable[[Criterion, LeafColumns], Found]] = {
    "choice": _choice_faults,
    "band": _value_faults,
    "ratio": _ratio_faults,
    "linear": _value_faults,
    "linear_between": _value_faults,
    "option_weights": _option_faults,
}
