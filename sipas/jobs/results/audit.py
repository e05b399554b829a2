"""Audit of one table file: read, lay out, check, and show; no workspace needed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from errors.messages import Language, Messages
from sipas.audit import Audit, Grid, Table, audit, load_spec, load_vocabulary, open_table
from sipas.files import GridRow, read_sheets
from sipas.publish.xlsx.annotated import Mark, annotated_workbook

_NUMBER_KINDS = ("n", "f")
_ERROR_KIND, _ERROR = "e", "#"


def audit_file(
    path: Path, vocabulary: Path, *, sheet: str = "", last_year: Path | None = None, code_page: str = ""
) -> Audit:
    """Audit the table of a CSV, xlsx or docx, with its TABLE.toml when there is one; `vocabulary`: data/audit.

    last_year: last year's table, any of these formats. Raises the errors of `sipas.files`, `sipas.audit`.
    """
    last = open_file(last_year, vocabulary, code_page=code_page) if last_year else None
    return audit(open_file(path, vocabulary, sheet=sheet, code_page=code_page), last)


def open_file(path: Path, vocabulary: Path, *, sheet: str = "", code_page: str = "") -> Table:
    """The table of a file laid out: units, columns with their roles, numbers. Errors as `audit_file`."""
    sheets = read_sheets(path, code_page=code_page)
    grids = [_grid(path.name, name, rows) for name, rows in sheets.items()]
    return open_table(grids, load_spec(path), load_vocabulary(vocabulary), sheet=sheet, file=path.name)


def marks_of(result: Audit, messages: Messages, lang: Language = "vi") -> list[Mark]:
    """The findings in words."""
    marks = []
    for finding in result.findings:
        expected = messages.fact(finding.rule, finding.expected, lang)
        marks.append(
            Mark(
                finding.row,
                finding.position,
                finding.column,
                finding.unit,
                messages.text(finding.rule, lang),
                finding.got,
                expected,
            )
        )
    return marks


def annotated(result: Audit, marks: list[Mark], lang: Language = "vi") -> bytes:
    """The workbook of the audited table with the cells marked; lang: of its headings."""
    grid = result.table.grid
    return annotated_workbook(grid.file, grid.cells, [int(row) for row in grid.numbers], marks, lang)


def _grid(file: str, sheet: str, rows: tuple[GridRow, ...]) -> Grid:
    """Rows as arrays; an error value of a spreadsheet, which reads as a blank, stays visible."""
    width = max(len(row.cells) for row in rows)
    kinds = np.array([list(row.kinds.ljust(width)[:width]) for row in rows])
    cells = np.array([[*row.cells, *[""] * (width - len(row.cells))] for row in rows], object)
    cells[kinds == _ERROR_KIND] = _ERROR
    typed = np.isin(kinds, _NUMBER_KINDS) & np.array([[_is_number(cell) for cell in row] for row in cells], bool)
    return Grid(file, sheet, np.array([row.row for row in rows], np.int64), cells, typed)


def _is_number(cell: str) -> bool:
    return cell.removeprefix("-").replace(".", "", 1).isdigit()
