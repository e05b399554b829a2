"""Reading filled forms: every cell checked against the rulebook, every fault with its row and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from errors import DataError, Fault, shape_of
from sampling.numbers import BoolArray
from sipas.appraisal.form import CONTEXT_FIELDS, HEADERS, STAGE_LABELS, STATUS_LABELS
from sipas.appraisal.tables import CRITERION_INPUTS, ENTRY_STATUSES, STAGES, VALUE_FIELDS
from sipas.cells.numbers import number_text, parse_number
from sipas.cells.text import clean_text, folded
from sipas.rulebook import Criterion, Rulebook, parse_counts
from sipas.scoring import INPUT_FIELDS, LeafColumns, Numbers, input_faults
from sipas.units import Unit

Rows = npt.NDArray[np.intp]

_REQUIRED: Final = ("unit_id", "criterion_code", "appraisal_stage")
_ENTERED: Final = (*VALUE_FIELDS, "leaf_status", "evidence_id", "reason")
_NUMBERS: Final = ("value", "numerator", "denominator")
_REASONED_STAGES: Final = ("second", "appeal")


def parse_inputs(
    rows: pd.DataFrame, rulebook: Rulebook, units: Sequence[Unit], file: str
) -> tuple[pd.DataFrame, list[Fault]]:
    """CRITERION_INPUTS of the sound rows, and every fault of the others with row and column.

    rows: text, headers of HEADERS or field names, as `read_table` gives them (`_sheet`, `_row`; without `_row` the
    first row is line 2). Rows in which nothing was entered are passed over: an absent entry is found when the sheet is
    made. A changed score (second stage, appeal) needs a reason. `got` shows the shape of longer cells only.
    """
    faults: list[Fault] = []
    cells = _cells(rows, file, faults)
    if cells is None:
        return CRITERION_INPUTS.empty(), faults
    cells = cells[(cells[list(_ENTERED)] != "").any(axis=1)]
    columns = {str(name): cells[name].to_numpy(dtype=object) for name in cells}
    review = _Review(file, columns, np.zeros(len(cells), dtype=bool), faults)
    _check_places(review, rulebook, units)
    numbers = {name: _numbers(review, name) for name in _NUMBERS}
    rows_of = pd.Series(columns["criterion_code"], dtype=object).groupby(columns["criterion_code"]).indices
    for leaf in rulebook.leaves():
        if leaf.code in rows_of:
            _check_leaf(review, np.asarray(rows_of[leaf.code]), leaf, rulebook=rulebook, numbers=numbers)
    return _sound_rows(review), sorted(faults, key=lambda fault: (fault.sheet, fault.row, fault))


def _sound_rows(review: _Review) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(review.cells[name], dtype="str") for name in CRITERION_INPUTS.names()})
    frame = frame[~review.is_bad]
    optional = [column.name for column in CRITERION_INPUTS.columns if column.nullable and column.name != "leaf_status"]
    return CRITERION_INPUTS.check(
        frame.assign(**{name: frame[name].where(frame[name] != "", None) for name in optional})
    )


@dataclass
class _Review:
    """Cells by field (object arrays of text, "" = blank; `_sheet`, `_row`), rows found bad and faults so far."""

    file: str
    cells: dict[str, Numbers]
    is_bad: BoolArray
    faults: list[Fault]

    def note(self, rule: str, column: str, at: Rows, *, expected: str = "") -> None:
        """A fault for every row position in `at`."""
        if not len(at):
            return
        self.is_bad[at] = True
        cells = self.cells
        for sheet, row, cell in zip(cells["_sheet"][at], cells["_row"][at], cells[column][at], strict=True):
            self.faults.append(Fault(rule, self.file, sheet, int(row), HEADERS[column], shape_of(cell), expected))


def _cells(rows: pd.DataFrame, file: str, faults: list[Fault]) -> pd.DataFrame | None:
    """Columns by field, cleaned; None when a needed column is absent or a header is unknown or repeated."""
    field_of = {folded(header): name for name, header in HEADERS.items()} | {name: name for name in HEADERS}
    header_by_field: dict[str, str] = {}
    before = len(faults)
    for header in map(str, rows.columns):
        name = field_of.get(folded(header))
        if header in ("_sheet", "_row") or not header.strip():
            continue
        if name is None:
            faults.append(Fault("appraisal.unknown_column", file, column=header, expected=", ".join(HEADERS.values())))
        elif name in header_by_field:
            faults.append(Fault("appraisal.repeated_column", file, column=header))
        else:
            header_by_field[name] = header
    for name in _REQUIRED:
        if name not in header_by_field:
            faults.append(Fault("appraisal.no_column", file, column=HEADERS[name], expected=HEADERS[name]))
    if len(faults) > before:
        return None
    fields = [name for name in HEADERS if name not in CONTEXT_FIELDS]
    blank = pd.Series([""] * len(rows), index=rows.index, dtype="str")
    cells = pd.DataFrame(
        {name: _clean(rows[header_by_field[name]]) if name in header_by_field else blank for name in fields}
    )
    cells["_sheet"] = rows["_sheet"].fillna("") if "_sheet" in rows else ""
    cells["_row"] = rows["_row"].astype("int64") if "_row" in rows else np.arange(2, len(rows) + 2)
    return cells.reset_index(drop=True)


def _clean(column: pd.Series) -> pd.Series:
    cells = column.fillna("").to_numpy(dtype=object)
    clean = _recoded(cells, lambda cell: clean_text(str(cell)).strip())
    return pd.Series(clean, index=column.index, dtype="str")


def _recoded(cells: Numbers, change: Callable[[str], object]) -> Numbers:
    """`change` applied to every cell, computed once for each distinct text."""
    changed = {cell: change(cell) for cell in set(cells)}
    recoded = np.empty(len(cells), dtype=object)
    recoded[:] = [changed[cell] for cell in cells]
    return recoded


def _at(mask: pd.Series) -> Rows:
    """Positions of the true rows."""
    return np.flatnonzero(mask.to_numpy(dtype=bool))


def _check_places(review: _Review, rulebook: Rulebook, units: Sequence[Unit]) -> None:
    """Unit, criterion, stage, status and reason of every row; Vietnamese labels become codes."""
    for column, labels in (("appraisal_stage", STAGE_LABELS), ("leaf_status", STATUS_LABELS)):
        review.cells[column] = _recoded(review.cells[column], _coder(labels))
    cells = pd.DataFrame({name: pd.Series(review.cells[name], dtype="str") for name in (*_REQUIRED, *_ENTERED)})
    group = cells["unit_id"].map({unit.unit_id: unit.unit_group for unit in units})
    review.note("appraisal.unknown_unit", "unit_id", _at(group.isna()))
    other = _at(group.notna() & (group != rulebook.unit_group))
    review.note("appraisal.wrong_group", "unit_id", other, expected=rulebook.unit_group)
    code = cells["criterion_code"]
    review.note("appraisal.unknown_criterion", "criterion_code", _at(~code.isin(list(rulebook.by_code))))
    parents = [criterion.code for criterion in rulebook.criteria if criterion.rule == "sum"]
    review.note("appraisal.not_a_leaf", "criterion_code", _at(code.isin(parents)))
    unknown = _at(~cells["appraisal_stage"].isin(STAGES))
    review.note("appraisal.unknown_stage", "appraisal_stage", unknown, expected=" | ".join(STAGE_LABELS.values()))
    unknown = _at(~cells["leaf_status"].isin(ENTRY_STATUSES))
    review.note("appraisal.unknown_status", "leaf_status", unknown, expected=" | ".join(STATUS_LABELS.values()))
    review.note("appraisal.repeated_entry", "criterion_code", _at(cells.duplicated(list(_REQUIRED))))
    changed = cells["appraisal_stage"].isin(_REASONED_STAGES) & (cells["reason"] == "")
    review.note("appraisal.no_reason", "reason", _at(changed))


def _coder(labels: Mapping[str, str]) -> Callable[[str], str]:
    """Codes for labels (any case, any blanks); other texts stay as they are."""
    code_of = {folded(label): code for code, label in labels.items()}
    return lambda cell: code_of.get(folded(cell), cell)


def _numbers(review: _Review, column: str) -> Numbers:
    """Decimals of one column (None where blank or bad); the text of each becomes its one canonical form."""
    number_of: dict[str, Decimal | None] = {"": None}
    rule_of: dict[str, str] = {}
    cells = review.cells[column]
    for cell in set(cells) - {""}:
        try:
            number_of[cell] = parse_number(cell)
        except DataError as error:
            number_of[cell], rule_of[cell] = None, error.rule
    broken = _recoded(cells, lambda cell: rule_of.get(cell, ""))
    for rule in sorted(set(rule_of.values())):
        review.note(rule, column, np.flatnonzero(broken == rule), expected="12,5")
    numbers = _recoded(cells, number_of.__getitem__)
    text_of = {cell: number_text(number) for cell, number in number_of.items() if number is not None}
    review.cells[column] = _recoded(cells, lambda cell: text_of.get(cell, cell))
    return numbers


def _check_leaf(
    review: _Review, at: Rows, leaf: Criterion, *, rulebook: Rulebook, numbers: Mapping[str, Numbers]
) -> None:
    """Rows of one leaf: the fields of its rule and no others, a status or a value, and values that can be scored."""
    status = review.cells["leaf_status"][at]
    has_status = status != ""
    fields = INPUT_FIELDS.get(leaf.rule, ())
    allowed = ", ".join(HEADERS[name] for name in fields) or "(blank)"
    for column in VALUE_FIELDS:
        is_filled = review.cells[column][at] != ""
        if column not in fields:
            review.note("appraisal.unexpected_field", column, at[is_filled], expected=allowed)
            continue
        review.note("appraisal.missing_field", column, at[~has_status & ~is_filled])
        review.note("appraisal.status_and_value", column, at[has_status & is_filled])
    if leaf.link is not None:
        review.note("appraisal.linked_leaf", "criterion_code", at[~has_status])
    if rulebook.no_cases_of(leaf) == "fail":
        review.note("appraisal.no_cases", "leaf_status", at[status == "no_cases"])
    ready = ~has_status
    for column in fields:
        parsed = numbers.get(column, review.cells[column])[at]
        ready &= np.array([cell is not None and cell != "" for cell in parsed], dtype=bool)
    if fields and ready.any():
        _check_values(review, at[ready], leaf, numbers=numbers)


def _check_values(review: _Review, at: Rows, leaf: Criterion, *, numbers: Mapping[str, Numbers]) -> None:
    """Faults that scoring would raise, found row by row here; level names become codes."""
    columns: dict[str, Numbers] = {name: numbers[name][at] for name in INPUT_FIELDS[leaf.rule] if name in numbers}
    if leaf.rule == "choice":
        columns["choice_code"] = _level_codes(review, at, leaf)
    if leaf.rule == "option_weights":
        at, columns["option_counts"] = _counts(review, at)
    for fault, mask in input_faults(leaf, LeafColumns(**columns)):
        review.note(fault.rule, fault.column, at[mask], expected=fault.expected)


def _level_codes(review: _Review, at: Rows, leaf: Criterion) -> Numbers:
    """Codes of levels; a level may also be entered by its name where only one bears it."""
    names = Counter(folded(level.name_vi) for level in leaf.levels)
    single = {level.level_code: level.name_vi for level in leaf.levels if names[folded(level.name_vi)] == 1}
    by_name = _recoded(review.cells["choice_code"][at], _coder(single))
    codes = _recoded(by_name, _coder({level.level_code: level.level_code for level in leaf.levels}))
    review.cells["choice_code"][at] = codes
    return codes


def _counts(review: _Review, at: Rows) -> tuple[Rows, Numbers]:
    """Rows whose counts can be read, and their counts by answer."""
    counts = _recoded(review.cells["option_counts"][at], _counts_or_none)
    readable = np.array([count is not None for count in counts], dtype=bool)
    review.note("appraisal.counts", "option_counts", at[~readable], expected="A=12;B=3")
    return at[readable], counts[readable]


def _counts_or_none(text: str) -> dict[str, int] | None:
    try:
        return parse_counts(text)
    except ValueError:
        return None
