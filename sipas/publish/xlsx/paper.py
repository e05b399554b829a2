"""A4 arithmetic: how wide a column prints, how many lines a text takes, where pages break.

Lengths are points (1/72 inch). Widths of columns are in digits of the default font (ECMA-376 part 1, 18.3.1.13): a
digit of Times New Roman is half its size wide, and each column has 5 pixels of padding. Programs round this up or down
by a few percent, so what must fit a page is given that much room.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from sipas.publish.xlsx.styles import FONT_SIZE

MARGIN_SIDE_IN: Final = 0.45
MARGIN_TOP_IN: Final = 0.75
MARGIN_BOTTOM_IN: Final = 0.65
_A4_IN: Final = (8.27, 11.69)
_POINTS_IN: Final = 72.0
_LETTERS_A_DIGIT: Final = 1.13
_LINE_SPACING: Final = 1.28


def printable(*, landscape: bool) -> tuple[float, float]:
    """Width and height in points that an A4 page leaves inside the margins."""
    width, height = reversed(_A4_IN) if landscape else _A4_IN
    return (
        (width - 2 * MARGIN_SIDE_IN) * _POINTS_IN,
        (height - MARGIN_TOP_IN - MARGIN_BOTTOM_IN) * _POINTS_IN,
    )


def column_points(width: float) -> float:
    """Printed width of a column of `width` digits."""
    return width * FONT_SIZE / 2 + 3.75


def n_lines(text: str, width: float, *, size: int = FONT_SIZE) -> int:
    """Lines that `text` takes in a column of `width` digits, at least 1."""
    letters = max(1, int(width * _LETTERS_A_DIGIT * FONT_SIZE / size))
    return sum(max(1, len(textwrap.wrap(line, letters))) for line in text.split("\n"))


def row_points(cells: Iterable[tuple[str, float]], *, size: int = FONT_SIZE) -> float:
    """Height of a row that shows each (text, column width) whole."""
    lines = max((n_lines(text, width, size=size) for text, width in cells), default=1)
    return round(lines * size * _LINE_SPACING + 4, 1)


def upright_lines(text: str, height: float, *, size: int) -> int:
    """Lines that `text` takes when it is turned by 90 degrees in a row of `height` points."""
    letters = max(1, int(height / (size * 0.53)))
    return max(1, len(textwrap.wrap(text, letters)))


def page_columns(sections: Sequence[Sequence[float]], *, first: float, width: float) -> list[int]:
    """Columns before which a page starts, so that sections stay whole where they fit.

    sections: printed widths of the columns of each section; first: width of the columns repeated on every page;
    width: what a page holds. Column numbers count from the first column of the first section; a section wider
    than a page is broken where the page is full.
    """
    breaks: list[int] = []
    column, used = 0, first
    for section in sections:
        if used > first and used + sum(section) > width:
            breaks.append(column)
            used = first
        for points in section:
            if used > first and used + points > width:
                breaks.append(column)
                used = first
            used += points
            column += 1
    return breaks
