"""Reading a rulebook back from its workbook: cells by sheet become content; every fault names its cell.

Nothing is mended by guessing: a code that is no longer text, a day, a formula is a fault, since `1.10` that Excel made
`1.1` looks like any other code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from errors import Fault, FaultsFound, shape_of
from sipas.cells.text import folded
from sipas.datafiles import Row
from sipas.files.cells import column_letters
from sipas.files.grid import BLANK, GridRow
from sipas.rulebook.cells import cell_fault, plain_number
from sipas.rulebook.check import HEADER_FILE
from sipas.rulebook.content import Content, header_of
from sipas.rulebook.load import COLUMNS, assemble
from sipas.rulebook.vocabulary import (
    HEADER_TABLES,
    SETTING_HEADERS,
    SHEETS,
    TEXT_HEADERS,
    TEXTS_SHEET,
    Field,
    code_of,
    fields_of,
    label_of,
    setting_kind,
    setting_label,
)

Sheets = Mapping[str, Sequence[GridRow]]
_DAY_SETTINGS: Final = ("issued",)
_KEY, _VALUE = SETTING_HEADERS[0], SETTING_HEADERS[2]


def is_form(sheets: Sheets) -> bool:
    """Whether a workbook has the sheets of a rulebook form (some may have been lost), not an office's own table."""
    return sum(name in sheets for name in SHEETS.values()) >= 3


def read_form(sheets: Sheets, file: str) -> Content:
    """Content of a filled form. Raises FaultsFound `rulebook.form` with every fault of every sheet.

    Checked as `load_rulebook` checks a folder, so what is returned can be scored. When cells are damaged, checks
    across rows are left out: they would only repeat the damage in other words.
    """
    form = _Form(file)
    settings = _settings(form, sheets)
    tables = {part: _table(form, part, sheets) for part in (*HEADER_TABLES, *COLUMNS)}
    remarks, others = _texts(form, sheets)
    content = Content(
        settings, {part: [dict(row.cells) for row in rows] for part, rows in tables.items()}, remarks, others
    )
    is_whole = not form.faults
    read_faults: list[Fault] = []
    assemble(header_of(content), {part: tables[part] for part in COLUMNS}, read_faults, is_whole=is_whole)
    read_faults = [fault for fault in read_faults if is_whole or (fault.rule == "data.field" and fault.row)]
    form.faults += [form.placed(fault) for fault in read_faults]
    if form.faults:
        raise FaultsFound("rulebook.form", _one_a_cell(form.faults), where=file)
    return content


def _one_a_cell(faults: Sequence[Fault]) -> list[Fault]:
    """The first fault of each cell: damage before what follows from it."""
    seen: dict[tuple[str, int, str], Fault] = {}
    return [
        fault
        for fault in faults
        if not fault.row or seen.setdefault((fault.sheet, fault.row, fault.column), fault).rule == fault.rule
    ]


@dataclass
class _Form:
    """What was found so far: faults, columns by part, row of each setting, rows of the parts in HEADER_TABLES."""

    file: str
    faults: list[Fault] = field(default_factory=list)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    setting_rows: dict[str, int] = field(default_factory=dict)
    value_column: str = ""
    header_rows: dict[str, list[int]] = field(default_factory=dict)

    def placed(self, fault: Fault) -> Fault:
        """A fault of a file and line as one of this workbook's sheet, row and column."""
        if fault.file == HEADER_FILE:
            return self._placed_setting(fault)
        columns = self.columns.get(fault.file, {})
        names = [columns.get(name, name) for name in fault.column.split(", ")]
        column_by_name = {column.name: column for column in fields_of(fault.file)}
        shown = _in_words(fault, column_by_name.get(fault.column))
        return replace(shown, file=self.file, sheet=SHEETS[fault.file], column=", ".join(names))

    def _placed_setting(self, fault: Fault) -> Fault:
        key, *rest = fault.column.split(".")
        if key in HEADER_TABLES:
            at, name = int(rest[0]) if rest else 0, rest[1] if len(rest) > 1 else ""
            rows = self.header_rows.get(key, [])
            row = rows[at] if at < len(rows) else 0
            column = self.columns.get(key, {}).get(name, name)
            return replace(_in_words(fault, None), file=self.file, sheet=SHEETS[key], row=row, column=column)
        path = ".".join([key, *(str(int(part) + 1) if part.isdecimal() else part for part in rest)])
        row_path = next((row for row in self.setting_rows if row == path or row.startswith(f"{path}.")), path)
        choices = Field(row_path, row_path, choices=setting_kind(row_path)[1])
        shown = _in_words(fault, choices)
        label = f"{setting_label(row_path)[0]}{self.value_column}"
        row = self.setting_rows.get(row_path, 0)
        return replace(shown, file=self.file, sheet=SHEETS[HEADER_FILE], row=row, column=label)


def _in_words(fault: Fault, column: Field | None) -> Fault:
    """Cells are shown by their shape only; a closed list is shown in the words of the form."""
    if fault.rule != "data.field":
        return fault
    choices = column.choices if column is not None else ()
    expected = (
        " | ".join(label_of(column.name, choice) or "(blank)" for choice in choices) if column and choices else ""
    )
    return replace(fault, got=shape_of(fault.got), expected=expected or fault.expected)


def _table(form: _Form, part: str, sheets: Sheets) -> list[Row]:
    """Rows of one sheet with the codes of closed lists and plain numbers; `line` is the row of the sheet."""
    fields = fields_of(part)
    placed_rows = _columns(form, sheets, SHEETS[part], [column.header for column in fields])
    if placed_rows is None:
        return []
    rows, at_of = placed_rows
    form.columns[part] = {
        column.name: f"{column.header} ({column_letters(at_of[column.header] + 1)})" for column in fields
    }
    read = []
    for row in rows:
        cells = {column.name: _cell(form, row, at_of[column.header], column, SHEETS[part]) for column in fields}
        if any(cells.values()):
            read.append(Row(row.row, cells))
    form.header_rows[part] = [row.line for row in read]
    return read


def _cell(form: _Form, row: GridRow, at: int, column: Field, sheet: str) -> str:
    fault = cell_fault(row, at, column.kind, place=(form.file, sheet, column.header))
    if fault is not None:
        form.faults.append(fault)
    text = row.cell(at)
    if column.kind == "number":
        return plain_number(text)
    return code_of(column.name, text, column.choices) if text else ""


def _settings(form: _Form, sheets: Sheets) -> dict[str, str]:
    sheet = SHEETS[HEADER_FILE]
    placed_rows = _columns(form, sheets, sheet, SETTING_HEADERS)
    if placed_rows is None:
        return {}
    rows, at_of = placed_rows
    settings: dict[str, str] = {}
    form.value_column = f" ({column_letters(at_of[_VALUE] + 1)})"
    for row in rows:
        key = row.cell(at_of[_KEY])
        kind, choices = setting_kind(key)
        if not kind or key in settings:
            rule = "rulebook.setting_repeated" if key in settings else "rulebook.unknown_setting"
            form.faults.append(Fault(rule, form.file, sheet, row.row, _KEY, shape_of(key)))
            continue
        column = Field(key, setting_label(key)[0], "day" if key in _DAY_SETTINGS else kind, choices)
        settings[key] = _cell(form, row, at_of[_VALUE], column, sheet)
        form.setting_rows[key] = row.row
    return settings


def _texts(form: _Form, sheets: Sheets) -> tuple[dict[str, list[str]], dict[str, str]]:
    """`#` lines at the head of the rulebook's own files, and the other texts whole."""
    if TEXTS_SHEET not in sheets:
        return {}, {}
    placed_rows = _columns(form, sheets, TEXTS_SHEET, TEXT_HEADERS)
    if placed_rows is None:
        return {}, {}
    rows, at_of = placed_rows
    file_at, _, text_at = (at_of[header] for header in TEXT_HEADERS)
    lines: dict[str, list[str]] = {}
    for row in rows:
        # Blanks at the start of a line are content of a text.
        lines.setdefault(row.cell(file_at), []).append(row.cells[text_at])
    content_files = {HEADER_FILE, *COLUMNS}
    remarks = {
        name: [_remark(line.rstrip()) for line in text_lines]
        for name, text_lines in lines.items()
        if name in content_files
    }
    others = {
        name: "".join(f"{line}\n" for line in text_lines)
        for name, text_lines in lines.items()
        if name not in content_files
    }
    return remarks, others


def _remark(line: str) -> str:
    return line if line.startswith("#") else f"# {line}"


def _columns(
    form: _Form, sheets: Sheets, sheet: str, headers: Sequence[str]
) -> tuple[Sequence[GridRow], dict[str, int]] | None:
    """Rows below the header row and the 0-based column of every header; None with faults when some are not there."""
    if sheet not in sheets:
        form.faults.append(Fault("rulebook.no_sheet", form.file, sheet, expected=sheet))
        return None
    wanted = {folded(header): header for header in headers}
    rows = sheets[sheet]
    best = max(range(len(rows)), key=lambda at: sum(folded(cell) in wanted for cell in rows[at].cells))
    at_of: dict[str, int] = {}
    for at, cell in enumerate(rows[best].cells):
        header = wanted.get(folded(cell))
        if header is not None and header not in at_of:
            at_of[header] = at
        elif any(row.kind(at) != BLANK for row in rows[best:]):
            column = f"({column_letters(at + 1)})"
            form.faults.append(Fault("rulebook.form_stray", form.file, sheet, rows[best].row, column))
    missing = [header for header in headers if header not in at_of]
    for header in missing:
        form.faults.append(Fault("rulebook.no_form_column", form.file, sheet, rows[best].row, header, expected=header))
    return None if missing else (rows[best + 1 :], at_of)
