"""The made-up round's workbook, opened as a reader would, and ways to look into it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

import openpyxl
import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sipas.publish.pack import RoundPack
from sipas.publish.workbook import round_workbook


def _open(data: bytes) -> Workbook:
    return openpyxl.load_workbook(io.BytesIO(data))


def _cells(book: Workbook) -> Iterator[Cell]:
    for sheet in book.worksheets:
        for row in sheet.iter_rows():
            yield from (cell for cell in row if cell.value is not None)


def _find(sheet: Worksheet, text: str, *, column: int | None = None) -> Cell:
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == text and column in (None, cell.column):
                return cell
    raise AssertionError(f"{text!r} not on {sheet.title}")


@pytest.fixture(scope="session")
def data(pack: RoundPack) -> bytes:
    return round_workbook(pack)


@pytest.fixture(scope="session")
def book(data: bytes) -> Workbook:
    return _open(data)


@pytest.fixture(scope="session")
def opened() -> Callable[[bytes], Workbook]:
    """Open the bytes of a workbook."""
    return _open


@pytest.fixture(scope="session")
def cells() -> Callable[[Workbook], Iterator[Cell]]:
    """All cells with a value."""
    return _cells


@pytest.fixture(scope="session")
def find() -> Callable[..., Cell]:
    """The first cell of a sheet with exactly this text."""
    return _find
