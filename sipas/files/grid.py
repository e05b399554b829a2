"""A workbook as it lies there: every cell of every visible sheet, with the kind of value Excel holds in it.

For files in which the kind itself tells of damage (a code that became a number or a day) or whose header has several
rows. A formula's stored value is given and marked; the caller decides whether it may stand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from errors import DataError
from sipas.files.cells import cell_text, column_letters
from sipas.files.headers import Header
from sipas.files.sheetgate import SheetFacts
from sipas.files.source import Chunk, Sheet, Source

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

BLANK: Final = " "
TEXT: Final = "t"
NUMBER: Final = "n"
DAY: Final = "d"
LOGICAL: Final = "b"
FORMULA: Final = "f"
ERROR: Final = "e"
KINDS_COLUMN: Final = "_kinds"
NAME_COLUMN: Final = "_name"


@dataclass(frozen=True)
class GridRow:
    """A row: its number as a person sees it, cells from column A on as text, and one kind letter per cell."""

    row: int
    cells: tuple[str, ...]
    kinds: str

    def cell(self, at: int) -> str:
        """Text of the 0-based column, stripped, on one line; "" beyond the last cell."""
        return " ".join(self.cells[at].split("\n")).strip() if at < len(self.cells) else ""

    def kind(self, at: int) -> str:
        """Kind letter of the 0-based column."""
        return self.kinds[at] if at < len(self.kinds) else BLANK


def read_xlsx_grid(source: Source) -> Sheet:
    """All visible sheets as one table: columns A, B, ..., `_kinds`, `_name` (the sheet). Runs in the child process.

    Raises DataError `files.cannot_read`, `files.no_rows`.
    """
    from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

    try:
        workbook = CalamineWorkbook.from_path(str(source.path))
        sheets = [
            workbook.get_sheet_by_name(meta.name)
            for meta in workbook.sheets_metadata
            if meta.typ == SheetTypeEnum.WorkSheet and meta.visible == SheetVisibleEnum.Visible
            if meta.name in source.report.sheets
        ]
    except CalamineError as error:
        raise DataError("files.cannot_read", where=source.name) from error
    facts = {sheet.name: source.report.sheets[sheet.name] for sheet in sheets}
    width = max((fact.last_column for fact in facts.values()), default=0)
    if not width:
        raise DataError("files.no_rows", where=source.name)
    names = (*(column_letters(at + 1) for at in range(width)), KINDS_COLUMN, NAME_COLUMN)
    header = Header(-1, names, (False,) * len(names), ())
    return Sheet("", header, _chunks(sheets, facts, width))


def grid_of(table: pa.Table) -> Mapping[str, tuple[GridRow, ...]]:
    """Rows by sheet, in the order of the workbook, from the table of `read_xlsx_grid`. Blank rows are left out."""
    letters = [name for name in table.column_names if not name.startswith("_")]
    columns = [table.column(name).to_pylist() for name in (*letters, KINDS_COLUMN, NAME_COLUMN, "_row")]
    rows_by_sheet: dict[str, list[GridRow]] = {}
    for *cells, kinds, name, row in zip(*columns, strict=True):
        rows_by_sheet.setdefault(name, []).append(GridRow(row, tuple(cells), kinds.ljust(len(letters))))
    return {name: tuple(rows) for name, rows in rows_by_sheet.items()}


def _chunks(sheets: Sequence[CalamineSheet], facts: Mapping[str, SheetFacts], width: int) -> Iterator[Chunk]:
    for sheet in sheets:
        rows = [[*row[:width], *[""] * (width - len(row))] for row in sheet.to_python(skip_empty_area=False)]
        if not rows:
            continue
        special = dict.fromkeys(facts[sheet.name].places(facts[sheet.name].formulas), FORMULA)
        special |= dict.fromkeys(facts[sheet.name].places(facts[sheet.name].errors), ERROR)
        kinds = [_kinds(row, number, special) for number, row in enumerate(rows, start=1)]
        texts = [pa.array([cell_text(cell) for cell in column], pa.string()) for column in zip(*rows, strict=True)]
        # A blank row has no kinds and no name, so that it counts as blank.
        names = [sheet.name if kind else "" for kind in kinds]
        columns = [*texts, pa.array(kinds, pa.string()), pa.array(names, pa.string())]
        yield Chunk(columns, np.arange(1, len(rows) + 1))


def _kinds(row: Sequence[object], number: int, special: Mapping[tuple[int, int], str]) -> str:
    letters = (special.get((number, at)) or _kind(cell) for at, cell in enumerate(row, start=1))
    return "".join(letters).rstrip()


def _kind(cell: object) -> str:
    if cell is None or cell == "":
        return BLANK
    if isinstance(cell, str):
        return TEXT
    if isinstance(cell, bool):
        return LOGICAL
    return NUMBER if isinstance(cell, int | float) else DAY
