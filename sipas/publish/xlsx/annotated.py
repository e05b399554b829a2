"""The audited table as a workbook: cells as read, those with a finding marked, and a list of findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import numpy as np
from xlsxwriter.worksheet import Worksheet

from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.words import Language, text

_HEADERS: Final = ("row", "column", "unit", "fault", "printed", "expected")
_WIDTHS: Final = (8, 26, 30, 60, 16, 20)
_WIDEST, _NARROWEST = 40, 8


@dataclass(frozen=True)
class Mark:
    """A cell to be marked: row as in the file (0: the whole table), 0-based column, texts in words of the reader."""

    row: int
    position: int
    column: str
    unit: str
    text: str
    got: str
    expected: str


def annotated_workbook(
    title: str, cells: np.ndarray, rows: Sequence[int], marks: Sequence[Mark], lang: Language = "vi"
) -> bytes:
    """A sheet of the table with the cells at their own rows, marked ones in red with a note; a list with
    one line a mark. Cells are text as printed, so that no zero or comma changes. Equal input gives equal bytes."""
    buffer = BytesIO()
    book = text_workbook(buffer, title=title, has_font=False)
    styles = Styles(book)
    by_cell: dict[tuple[int, int], list[Mark]] = {}
    for mark in marks:
        by_cell.setdefault((mark.row, mark.position), []).append(mark)
    _table_sheet(book.add_worksheet(text("faults.table_sheet", lang)), styles, cells, rows, by_cell)
    _list_sheet(book.add_worksheet(text("faults.audit_sheet", lang)), styles, title, marks, lang)
    book.close()
    return buffer.getvalue()


def _table_sheet(
    sheet: Worksheet,
    styles: Styles,
    cells: np.ndarray,
    rows: Sequence[int],
    marks: Mapping[tuple[int, int], Sequence[Mark]],
) -> None:
    for at in range(cells.shape[1]):
        longest = max((len(str(cell)) for cell in cells[:, at]), default=0)
        sheet.set_column(at, at, min(max(longest + 2, _NARROWEST), _WIDEST))
    for row, line in zip(rows, cells, strict=True):
        for at, cell in enumerate(line):
            found = marks.get((int(row), at))
            sheet.write_string(int(row) - 1, at, str(cell), styles.of("text mark cell" if found else "text"))
            if found:
                sheet.write_comment(int(row) - 1, at, "\n".join(_note(mark) for mark in found), {"author": "sipas"})
    sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{max(map(int, rows), default=1)}"})
    _page(sheet)


def _list_sheet(sheet: Worksheet, styles: Styles, title: str, marks: Sequence[Mark], lang: Language) -> None:
    sheet.write_string(0, 0, title, styles.of("bold large"))
    for at, (name, width) in enumerate(zip(_HEADERS, _WIDTHS, strict=True)):
        sheet.set_column(at, at, width)
        sheet.write_string(1, at, text(f"faults.{name}", lang), styles.of("cell head"))
    for line, mark in enumerate(marks, start=2):
        if mark.row:
            sheet.write_number(line, 0, mark.row, styles.of("cell center"))
        else:
            sheet.write_string(line, 0, text("faults.whole_table", lang), styles.of("cell center"))
        for at, cell in enumerate((mark.column, mark.unit, mark.text, mark.got, mark.expected), start=1):
            sheet.write_string(line, at, cell, styles.of("cell text"))
    if not marks:
        sheet.write_string(2, 0, text("faults.none_found", lang), styles.of("italic"))
    sheet.freeze_panes(2, 0)
    sheet.repeat_rows(1)
    _page(sheet)


def _page(sheet: Worksheet) -> None:
    """A4 across, as wide as the page."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _note(mark: Mark) -> str:
    return f"{mark.text}: {mark.got} → {mark.expected}" if mark.expected else f"{mark.text}: {mark.got}"
