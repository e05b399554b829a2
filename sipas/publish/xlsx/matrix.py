"""A matrix of units by criteria or items: upright column names, sections, and pages cut between sections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from sipas.publish.xlsx.paper import column_points, n_lines, page_columns, printable, row_points, upright_lines
from sipas.publish.xlsx.sheet import FIRST_PRINTED_ROW, Page, Sheet, Span, Titles, Value
from sipas.publish.xlsx.table import Cell

_NAME_HEIGHT: Final = 136.0
_NAME_SIZE: Final = 9
_SECTION_LINES: Final = 2
_ORDER_WIDTH: Final = 4.5
_LABEL_WIDTH: Final = 30.0
_LEAST_WIDTH: Final = 6.3
_ROOM: Final = 0.98
_SCALES: Final = range(80, 59, -1)
_SCREEN_ZOOM: Final = 85


@dataclass(frozen=True)
class Column:
    """A column: the section it stands under (in full, and in short where that is too long), its code and name, its
    look, and the figure below its name."""

    section: str
    section_short: str
    code: str
    name: str
    style: str = ""
    top: Value = ""
    decimals: int | None = None

    @property
    def width(self) -> float:
        """Wide enough for the lines of the upright name."""
        lines = upright_lines(self.name, _NAME_HEIGHT - 8, size=_NAME_SIZE)
        return max(_LEAST_WIDTH, (lines * _NAME_SIZE * 1.25 / 0.75 - 2) / 7)


@dataclass(frozen=True)
class Row:
    """A row of values, numbered from 1 in its group unless it is a total; without values it opens a group."""

    label: str
    values: tuple[Value | Cell, ...] = ()
    is_total: bool = False


@dataclass(frozen=True)
class Matrix:
    """What is drawn. `top_label` names the row of figures under the column names ("" = no such row)."""

    titles: Titles
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    top_label: str = ""


def draw_matrix(sheet: Sheet, matrix: Matrix) -> None:
    """Write the matrix and set its pages up; every printed page has the titles and the units' names."""
    sheet.widths([_ORDER_WIDTH, _LABEL_WIDTH, *(column.width for column in matrix.columns)])
    scale, breaks = _pages(matrix.columns)
    starts = [column + 2 for column in breaks]
    last_col = len(matrix.columns) + 1
    head = sheet.titles(matrix.titles, *_title_spans(starts, last_col))
    row = _draw_head(sheet, head, matrix, breaks)
    sheet.freeze(row, 2)
    sheet.zoom(_SCREEN_ZOOM)
    last_head, order = row - 1, 0
    for line in matrix.rows:
        order = order + 1 if line.values and not line.is_total else 0
        _draw_row(sheet, row, matrix, line, order)
        row += 1
    sheet.set_up(
        Page(
            last_row=row - 1,
            last_col=last_col,
            landscape=bool(breaks) or _width(matrix.columns) > printable(landscape=False)[0] * _ROOM,
            repeat_rows=(FIRST_PRINTED_ROW if breaks else head, last_head),
            repeat_cols=2,
            scale=scale,
            col_breaks=tuple(starts),
        )
    )


def _title_spans(starts: Sequence[int], last_col: int) -> list[tuple[int, int]]:
    """Columns of the titles: all of a single page; else those of each page that are not repeated on the others."""
    if not starts:
        return [(0, last_col)]
    firsts = [2, *starts]
    return list(zip(firsts, [*(start - 1 for start in starts), last_col], strict=True))


def _draw_head(sheet: Sheet, row: int, matrix: Matrix, breaks: Sequence[int]) -> int:
    last = row + (3 if matrix.top_label else 2)
    names = last - 1 if matrix.top_label else last
    sheet.merge(Span(row, 0, last, 0), sheet.say.text("sheet.order"), "cell head")
    sheet.merge(Span(row, 1, names, 1), sheet.say.text("sheet.unit"), "cell head")
    if matrix.top_label:
        sheet.put(last, 1, matrix.top_label, "cell head italic")
    col = 2
    for section, block in _headings(matrix.columns, breaks):
        fits = n_lines(section, sum(column.width for column in block), size=_NAME_SIZE) <= _SECTION_LINES
        heading = section if fits else block[0].section_short
        sheet.merge(Span(row, col, row, col + len(block) - 1), heading, "cell head small")
        for place, column in enumerate(block, start=col):
            sheet.put(row + 1, place, column.code, f"cell code bold small {column.style}")
            sheet.put(row + 2, place, column.name, f"cell upright small {column.style}")
            if matrix.top_label:
                sheet.put(last, place, column.top, f"cell center italic small {column.style}", decimals=column.decimals)
        col += len(block)
    sheet.height(row, 30)
    sheet.height(row + 1, 16)
    sheet.height(row + 2, _NAME_HEIGHT)
    return last + 1


def _draw_row(sheet: Sheet, row: int, matrix: Matrix, line: Row, order: int) -> None:
    look = "total" if line.is_total else ""
    if not line.values:
        sheet.merge(Span(row, 0, row, 1), line.label, "cell area left")
        for col in range(2, len(matrix.columns) + 2):
            sheet.put(row, col, "", "cell area left")
        sheet.height(row, 18)
        return
    sheet.put(row, 0, order or "", f"cell center {look}".strip())
    sheet.put(row, 1, line.label, f"cell text {look}".strip())
    for col, (column, given) in enumerate(zip(matrix.columns, line.values, strict=True), start=2):
        cell = given if isinstance(given, Cell) else Cell(given)
        style = f"cell center {column.style} {look} {cell.style}"
        sheet.put(row, col, cell.value, " ".join(style.split()), decimals=column.decimals)
        if cell.note:
            sheet.note(row, col, cell.note)
    sheet.height(row, max(17.0, row_points([(line.label, _LABEL_WIDTH)])))


def _headings(columns: Sequence[Column], breaks: Sequence[int]) -> list[tuple[str, list[Column]]]:
    """Sections with their columns; one that goes over a page break has a heading on each page."""
    found: list[tuple[str, list[Column]]] = []
    for place, column in enumerate(columns):
        if not found or found[-1][0] != column.section or place in breaks:
            found.append((column.section, []))
        found[-1][1].append(column)
    return found


def _sections(columns: Iterable[Column]) -> list[list[float]]:
    blocks = groupby(columns, key=lambda column: column.section)
    return [[column_points(column.width) for column in members] for _, members in blocks]


def _first_width() -> float:
    return column_points(_ORDER_WIDTH) + column_points(_LABEL_WIDTH)


def _width(columns: Iterable[Column]) -> float:
    """Printed width of the whole matrix."""
    return _first_width() + sum(column_points(column.width) for column in columns)


def _pages(columns: Sequence[Column]) -> tuple[int, list[int]]:
    """Scale in percent (0: all on one page) and the columns that start a page: as few pages as can be read, then
    as large as those allow."""
    first = _first_width()
    width = printable(landscape=True)[0] * _ROOM
    sections = _sections(columns)
    choices = [(scale, page_columns(sections, first=first, width=100 * width / scale)) for scale in _SCALES]
    scale, breaks = min(choices, key=lambda choice: (len(choice[1]), -choice[0]))
    return (scale, breaks) if breaks else (0, [])
