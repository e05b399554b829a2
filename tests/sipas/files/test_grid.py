"""A workbook as it lies there: every visible sheet, each cell as text with the kind Excel holds."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

from errors import DataError
from sipas.files import read_grid


def test_cells_and_kinds_of_every_visible_sheet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first = book.active
    first.title = "Một"
    first["A1"], first["C1"] = "1.10", 1.1
    first["A3"], first["B3"], first["D3"] = datetime.date(2026, 2, 3), True, "=1+1"
    second = book.create_sheet("Hai")
    second["B2"] = "hai\ndòng"
    book.create_sheet("Trống")
    hidden = book.create_sheet("Ẩn")
    hidden["A1"], hidden.sheet_state = "x", "hidden"
    path = tmp_path / "bảng.xlsx"
    book.save(path)
    grid = read_grid(path)
    assert list(grid) == ["Một", "Hai"]
    assert [(row.row, row.cells[:3], row.kinds) for row in grid["Một"]] == [
        (1, ("1.10", "", "1.1"), "t n "),
        (3, ("2026-02-03", "TRUE", ""), "db f"),
    ]
    [row] = grid["Hai"]
    assert (row.row, row.cell(1), row.cell(9), row.kind(1), row.kind(9)) == (2, "hai dòng", "", "t", " ")


def test_only_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        read_grid(path)
    assert caught.value.rule == "files.not_a_workbook"


def test_an_empty_workbook(tmp_path: Path) -> None:
    path = tmp_path / "x.xlsx"
    openpyxl.Workbook().save(path)
    with pytest.raises(DataError) as caught:
        read_grid(path)
    assert caught.value.rule == "files.no_rows"
