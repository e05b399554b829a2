"""One criterion for all units at once: the arrays a sheet is made of, and how a leaf's arrays are filled.

Arrays have one element per unit, in the order of the units. A leaf is filled in three steps: entries that state a
status, entries or index values that can be scored, and what the rulebook says about an absent survey. Whatever is
still open then is a missing input, never a zero.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from errors import DataError, Fault, shape_of
from sampling.numbers import FloatArray
from sipas.rulebook import Criterion, Rulebook, parse_counts
from sipas.scoring import (
    INPUT_FIELDS,
    LeafColumns,
    LeafScore,
    Numbers,
    input_faults,
    leaf_points,
    points_per_pct,
    survey_decimal,
    unscored,
)

Rows = npt.NDArray[np.intp]

_ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Column:
    """Arrays of one criterion, shape (units,): points None where it does not count, leaf_status "" while open."""

    points: Numbers
    max_points: Numbers
    leaf_status: Numbers
    value_text: Numbers
    std_error: FloatArray
    override_reason: Numbers

    @classmethod
    def empty(cls, size: int, max_points: Decimal) -> Column:
        """Arrays of a criterion about which nothing is known yet."""
        nothing = np.full(size, None, dtype=object)
        return cls(
            points=nothing.copy(),
            max_points=np.full(size, max_points, dtype=object),
            leaf_status=np.full(size, "", dtype=object),
            value_text=nothing.copy(),
            std_error=np.full(size, np.nan),
            override_reason=nothing.copy(),
        )

    def put(self, at: Rows, score: LeafScore) -> None:
        """One score for all units of `at`."""
        self.points[at] = score.points
        self.max_points[at] = score.max_points
        self.leaf_status[at] = score.leaf_status

    def open_rows(self) -> Rows:
        """Units that have neither points nor a status."""
        return np.flatnonzero(self.leaf_status == "")


@dataclass(frozen=True)
class Entries:
    """Entries of one leaf: positions of their units and the texts of their fields ("" = blank)."""

    at: Rows
    cells: Mapping[str, Numbers]


@dataclass(frozen=True)
class Values:
    """Values of one index node: positions of their units, per cent, standard error (NaN when not known)."""

    at: Rows
    value_pct: FloatArray
    std_error: FloatArray


@dataclass
class Sheet:
    """A sheet in the making: the rulebook, the units and the faults found so far."""

    rulebook: Rulebook
    unit_ids: Sequence[str]
    unit_names: Sequence[str]
    faults: list[Fault] = field(default_factory=list)

    def note(self, rule: str, leaf: Criterion, at: Rows, *, got: str = "", expected: str = "") -> None:
        """A fault for every unit of `at`, with the names of unit and criterion."""
        for position in at:
            values = {"unit": self.unit_names[position], "criterion": leaf.name_vi}
            self.faults.append(
                Fault(rule, self.rulebook.id, self.unit_ids[position], 0, leaf.code, got, expected, values)
            )


@dataclass(frozen=True)
class _Work:
    """A leaf being filled: the sheet that takes its faults, and its arrays."""

    sheet: Sheet
    leaf: Criterion
    column: Column

    def note(self, rule: str, at: Rows, *, got: str = "", expected: str = "") -> None:
        """A fault for every unit of `at`."""
        self.sheet.note(rule, self.leaf, at, got=got, expected=expected)


def leaf_column(sheet: Sheet, leaf: Criterion, entries: Entries, *, values: Values, carried: Values) -> Column:
    """Arrays of one leaf; faults of its units go to `sheet`. `values` and `carried` are empty for entered leaves."""
    work = _Work(sheet, leaf, Column.empty(len(sheet.unit_ids), leaf.max_points))
    column = work.column
    column.override_reason[entries.at] = [reason or None for reason in entries.cells["reason"]]
    _put_statuses(work, entries)
    if leaf.link is None:
        _score_entries(work, entries)
    else:
        _score_values(work, values)
    if leaf.is_survey:
        _absent_survey(work, carried)
    elif len(absent := column.open_rows()):
        work.note("parindex.missing_input", absent)
    return column


def sum_column(children: Sequence[Column], size: int) -> Column:
    """A criterion with children: exact sums of their points and maxima; it does not apply where no child does."""
    column = Column.empty(size, _ZERO)
    points = np.full(size, _ZERO, dtype=object)
    counts = np.zeros(size, dtype=bool)
    for child in children:
        counted = np.array([value is not None for value in child.points], dtype=bool)
        points[counted] = points[counted] + child.points[counted]
        counts |= counted
        column.max_points[:] = column.max_points + child.max_points
    column.points[counts] = points[counts]
    column.leaf_status[:] = np.where(counts, "scored", "not_applicable")
    return column


def _put_statuses(work: _Work, entries: Entries) -> None:
    for status in sorted(set(entries.cells["leaf_status"]) - {""}):
        at = entries.at[entries.cells["leaf_status"] == status]
        try:
            work.column.put(at, unscored(work.leaf, work.sheet.rulebook, status))
        except DataError as error:
            work.note(error.rule, at, got=error.got, expected=error.expected)
            work.column.leaf_status[at] = status


def _score_entries(work: _Work, entries: Entries) -> None:
    """Entries without a status whose fields are all there; the others stay open."""
    fields = INPUT_FIELDS[work.leaf.form]
    ready = entries.cells["leaf_status"] == ""
    for name in fields:
        ready = ready & (entries.cells[name] != "")
    cells = {name: entries.cells[name][ready] for name in fields}
    given = LeafColumns(**{name: _parsed(name, texts, work.leaf) for name, texts in cells.items()})
    texts = cells[fields[0]] if len(fields) == 1 else cells["numerator"] + "/" + cells["denominator"]
    _score(work, entries.at[ready], given, texts=texts)


def _score_values(work: _Work, values: Values) -> Rows:
    """Linked values of units that are still open; returns those units."""
    is_open = work.column.leaf_status[values.at] == ""
    at: Rows = values.at[is_open]
    exact = _array([survey_decimal(value) for value in values.value_pct[is_open].tolist()])
    _score(work, at, LeafColumns(value=exact), texts=_array([format(value, "f") for value in exact]))
    slope = points_per_pct(work.leaf)
    if slope is not None:
        work.column.std_error[at] = slope * values.std_error[is_open]
    return at


def _score(work: _Work, at: Rows, given: LeafColumns, *, texts: Numbers) -> None:
    """Points of the units of `at`, or the faults of their inputs."""
    if not len(at):
        return
    work.column.leaf_status[at] = "scored"
    work.column.value_text[at] = texts
    faults = input_faults(work.leaf, given)
    for fault, mask in faults:
        for position, text in zip(at[mask], texts[mask], strict=True):
            work.note(fault.rule, np.array([position]), got=shape_of(text), expected=fault.expected)
    if not faults:
        work.column.points[at] = leaf_points(work.leaf, work.sheet.rulebook, given)


def _absent_survey(work: _Work, carried: Values) -> None:
    """Survey leaves without a value: as the rulebook says, and written on the sheet."""
    at = work.column.open_rows()
    rulebook = work.sheet.rulebook
    if not len(at):
        return
    if rulebook.absent_survey == "rescale":
        work.column.put(at, unscored(work.leaf, rulebook, "not_applicable"))
        work.column.override_reason[at] = "absent_survey_rescale"
    elif rulebook.absent_survey == "carry":
        work.column.override_reason[_score_values(work, carried)] = "absent_survey_carry"
        work.note("parindex.nothing_to_carry", work.column.open_rows())
    else:
        work.note("parindex.missing_survey", at)


def _array(values: Sequence[Any]) -> Numbers:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def _parsed(name: str, texts: Numbers, leaf: Criterion) -> Numbers:
    """Texts of one field as what its rule computes with; inputs that went through the form always parse."""
    if name == "choice_code":
        return texts
    parse: Callable[[str], object] = parse_counts if name == "option_counts" else Decimal
    try:
        parsed = {text: parse(text) for text in set(texts)}
    except (ValueError, InvalidOperation):
        raise DataError("parindex.unreadable", where=leaf.code, got=name) from None
    return _array([parsed[text] for text in texts])
