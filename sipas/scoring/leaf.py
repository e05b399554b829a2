"""Points of a leaf: rounding, the statuses that stand instead of points, one leaf or a column of leaves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal
from typing import Final

import numpy as np

from errors import DataError
from sipas.rulebook import Criterion, Rulebook
from sipas.scoring.inputs import input_faults
from sipas.scoring.rules import (
    EXACT,
    EXACT_CONTEXT,
    INPUT_FIELDS,
    LeafColumns,
    Numbers,
    ends_of,
    unrounded_points,
)

_CONTEXTS: Final = {
    mode: Context(prec=EXACT_CONTEXT.prec, rounding=rounding)
    for mode, rounding in (("half_up", ROUND_HALF_UP), ("half_even", ROUND_HALF_EVEN), ("truncate", ROUND_DOWN))
}
_ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True)
class LeafInput:
    """What was stated for one leaf of one unit; `leaf_status` "" means it is to be scored from the other fields."""

    choice_code: str = ""
    value: Decimal | None = None
    numerator: Decimal | None = None
    denominator: Decimal | None = None
    option_counts: Mapping[str, int] = field(default_factory=dict)
    leaf_status: str = ""


@dataclass(frozen=True)
class LeafScore:
    """Points of a leaf; None where the leaf does not count. `max_points` is what it adds to the unit's maximum."""

    points: Decimal | None
    max_points: Decimal
    leaf_status: str


def survey_decimal(value_pct: float) -> Decimal:
    """The one place where a survey value (per cent, float) becomes an exact decimal: ten places, as printed.

    Raises DataError `scoring.survey_value` for NaN and infinities.
    """
    if not math.isfinite(value_pct):
        raise DataError("scoring.survey_value", got=value_pct)
    return Decimal(f"{value_pct:.10f}") + _ZERO


def round_points(number: Decimal, mode: str, decimals: int) -> Decimal:
    """`number` with `decimals` places; half_up rounds halves away from zero, truncate cuts towards zero."""
    quantize, unit = _quantizer(mode, decimals)
    return quantize(number, unit) + _ZERO


def _quantizer(mode: str, decimals: int) -> tuple[Callable[[Decimal, Decimal], Decimal], Decimal]:
    return _CONTEXTS[mode].quantize, Decimal(1).scaleb(-decimals)


def leaf_points(leaf: Criterion, rulebook: Rulebook, given: LeafColumns) -> Numbers:
    """Exact points of one leaf for many units, rounded as the rulebook says; `input_faults` must have found nothing."""
    quantize, unit = _quantizer(rulebook.rounding.mode, rulebook.rounding.leaf)
    points = unrounded_points(leaf, given, EXACT)
    points[:] = [quantize(value, unit) + _ZERO for value in points]  # adding zero turns -0 into 0
    return EXACT.clip(points, _written(leaf.max_points, rulebook))


def _written(points: Decimal, rulebook: Rulebook) -> Decimal:
    """Points with the decimals of a leaf, never more than they are."""
    return round_points(points, "truncate", rulebook.rounding.leaf)


def points_per_pct(leaf: Criterion) -> float | None:
    """Slope of the points in the linked value, for standard errors: points = slope x value between the clips.

    linear m/high; linear_between m/|high - low|; None for bands (their error comes from replicates) and other rules.
    """
    if leaf.link is None or leaf.form == "band":
        return None
    span = abs(ends_of(leaf)[1] - ends_of(leaf)[0]) if leaf.form == "linear_between" else leaf.high or _HUNDRED
    return float(leaf.max_points / span)


def is_inside(leaf: Criterion, value: Decimal) -> bool:
    """True where a small change of the scored value changes the points: between the ends of a linear rule."""
    low, high = ends_of(leaf) if leaf.form == "linear_between" else (_ZERO, leaf.high or _HUNDRED)
    return min(low, high) <= value <= max(low, high)


def unscored(leaf: Criterion, rulebook: Rulebook, leaf_status: str) -> LeafScore:
    """Score of a leaf that has a status instead of inputs: `not_applicable`, or `no_cases` as the rulebook settles it.

    Left out of the points; left out of the unit's maximum only where the denominator is `applicable`.
    DataError `scoring.no_cases` where the rulebook allows no such status, `scoring.status` for any other status.
    """
    policy = rulebook.no_cases_of(leaf) if leaf_status == "no_cases" else "exclude"
    if leaf_status not in ("not_applicable", "no_cases"):
        raise DataError("scoring.status", where=leaf.code, got=leaf_status, expected="not_applicable | no_cases")
    if policy == "fail":
        raise DataError("scoring.no_cases", where=leaf.code, got=leaf_status)
    if policy == "exclude":
        left_out = _ZERO if rulebook.denominator == "applicable" else leaf.max_points
        return LeafScore(None, left_out, leaf_status)
    earned = leaf.max_points if policy == "full" else _ZERO
    return LeafScore(_written(earned, rulebook), leaf.max_points, leaf_status)


def score_leaf(criterion: Criterion, rulebook: Rulebook, given: LeafInput) -> LeafScore:
    """Points of one leaf from one input, exact, rounded as the rulebook says, never above the maximum.

    Raises DataError with the rule of `input_faults` or `unscored`, or `scoring.missing_input`; `where` is the code.
    """
    if given.leaf_status:
        return unscored(criterion, rulebook, given.leaf_status)
    cells = {name: getattr(given, name) for name in INPUT_FIELDS.get(criterion.form, ())}
    if not cells or any(cell is None or cell in ("", {}) for cell in cells.values()):
        raise DataError("scoring.missing_input", where=criterion.code, expected=", ".join(cells))
    columns = LeafColumns(**{name: _single(cell) for name, cell in cells.items()})
    for fault, _ in input_faults(criterion, columns):
        raise DataError(fault.rule, where=f"{criterion.code} {fault.column}", got=fault.got, expected=fault.expected)
    return LeafScore(leaf_points(criterion, rulebook, columns)[0], criterion.max_points, "scored")


def _single(cell: object) -> Numbers:
    column = np.empty(1, dtype=object)
    column[0] = cell
    return column
