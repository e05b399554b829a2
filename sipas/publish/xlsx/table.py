"""Plain tables of a sheet: one or two header rows, sections, rows, totals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Sheet, Span, Titles, Value

_FROZEN_COLS: Final = 2


@dataclass(frozen=True)
class Field:
    """A column: title, width in digits, how its cells look, and the heading it shares with its neighbours."""

    title: str
    width: float
    style: str = "right"
    decimals: int | None = None
    group: str = ""


@dataclass(frozen=True)
class Cell:
    """A value that looks different from its column, or carries a note."""

    value: Value
    style: str = ""
    note: str = ""


def open_table(sheet: Sheet, fields: Sequence[Field], titles: Titles) -> tuple[int, int]:
    """Write widths, titles and header of a sheet that is one table, and keep them and the first columns in view; return
    the rows of the header (first, last), to be repeated on every page."""
    sheet.widths([field.width for field in fields])
    head = sheet.titles(titles, (0, len(fields) - 1))
    row = table_head(sheet, head, fields)
    sheet.freeze(row, _FROZEN_COLS)
    return head, row - 1


def table_head(sheet: Sheet, row: int, fields: Sequence[Field]) -> int:
    """Write the header row, or two where fields share headings; return the next row."""
    if not any(field.group for field in fields):
        for col, field in enumerate(fields):
            sheet.put(row, col, field.title, "cell head")
        sheet.height(row, row_points([(field.title, field.width * 0.92) for field in fields]) + 4)
        return row + 1
    col = 0
    for group, members in groupby(fields, key=lambda field: field.group):
        block = list(members)
        if group:
            sheet.merge(Span(row, col, row, col + len(block) - 1), group, "cell head")
        for place, field in enumerate(block, start=col):
            if group:
                sheet.put(row + 1, place, field.title, "cell head")
            else:
                sheet.merge(Span(row, place, row + 1, place), field.title, "cell head")
        col += len(block)
    grouped = [(field.title, field.width * 0.92) for field in fields if field.group]
    above = _tallest_heading(fields)
    sheet.height(row, above)
    sheet.height(row + 1, max(row_points(grouped) + 4, _tallest_alone(fields) - above))
    return row + 2


def _tallest_heading(fields: Sequence[Field]) -> float:
    """Height of the row of shared headings: one over a single narrow column wraps."""
    widths = [
        (group, sum(field.width for field in members) * 0.92)
        for group, members in groupby(fields, key=lambda field: field.group)
        if group
    ]
    return max(18.0, row_points(widths) + 4)


def _tallest_alone(fields: Sequence[Field]) -> float:
    return row_points([(field.title, field.width * 0.92) for field in fields if not field.group]) + 4


def table_row(sheet: Sheet, row: int, fields: Sequence[Field], values: Sequence[Value | Cell], style: str = "") -> int:
    """Write one row from column 0; `style` is added to every cell; return the next row."""
    texts = []
    for col, (field, given) in enumerate(zip(fields, values, strict=True)):
        cell = given if isinstance(given, Cell) else Cell(given)
        look = " ".join(part for part in ("cell", field.style, style, cell.style) if part)
        sheet.put(row, col, cell.value, look, decimals=field.decimals)
        if cell.note:
            sheet.note(row, col, cell.note)
        if isinstance(cell.value, str):
            texts.append((cell.value, field.width * (0.92 if "bold" in look or "total" in look else 1.0)))
    sheet.height(row, max(17.0, row_points(texts)))
    return row + 1


def section_row(sheet: Sheet, row: int, fields: Sequence[Field], text: str) -> int:
    """Write a line that opens a group of rows; return the next row."""
    sheet.merge(Span(row, 0, row, len(fields) - 1), text, "cell area left")
    sheet.height(row, 18)
    return row + 1


def notes(sheet: Sheet, row: int, last_col: int, lines: Sequence[str]) -> int:
    """Write explanations below a table, one line each, over all its columns; return the next row."""
    width = sheet.width_of(0, last_col)
    for line in lines:
        sheet.merge(Span(row, 0, row, last_col), line, "italic small wrap left quiet")
        sheet.height(row, row_points([(line, width)], size=9))
        row += 1
    return row
