"""Workbooks of rulebooks, whole or spoiled cell by cell as Excel and people spoil them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from sipas.publish.rules.form import rulebook_workbook
from sipas.rulebook.content import read_content

DATA = Path(__file__).parents[3] / "data" / "rulebooks"
Place = tuple[str, str, str]  # sheet, text of the first cell that starts a row, header


def find(sheet: openpyxl.worksheet.worksheet.Worksheet, start: str, header: str) -> openpyxl.cell.Cell:
    """Cell in the row whose first cell is `start` and the column headed `header`."""
    heads = next(row for row in sheet.iter_rows() if any(cell.value == header for cell in row))
    column = next(cell.column for cell in heads if cell.value == header)
    row = next(cell.row for cell in sheet["A"] if cell.value == start and cell.row > heads[0].row)
    return sheet.cell(row, column)


@pytest.fixture
def spoiled(tmp_path: Path) -> Callable[..., tuple[Path, list[tuple[str, int, str]]]]:
    """Make the workbook of 2026-so with other values in some cells; the file and (sheet, row, letter) of each."""

    def make(*changes: tuple[str, str, str, object]) -> tuple[Path, list[tuple[str, int, str]]]:
        path = tmp_path / "Bộ tiêu chí (sửa).xlsx"
        path.write_bytes(rulebook_workbook(read_content(DATA / "made-up-gia-dinh" / "2026-so")))
        book = openpyxl.load_workbook(path)
        places = []
        for sheet, start, header, value in changes:
            cell = find(book[sheet], start, header)
            cell.number_format = "dd/mm/yyyy" if isinstance(value, datetime.date) else "General"
            cell.value = value
            places.append((sheet, cell.row, cell.column_letter))
        book.save(path)
        return path, places

    return make
