"""The frame of an official paper on a worksheet: national title, office, place and date, signatures (Nghị định
30/2020/NĐ-CP, annex I), and rows high enough for names in capitals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import FIRST_PRINTED_ROW, Sheet, Span
from sipas.words import text
from sipas.words.numbers import capitalised

NATION: Final = text("official.nation")
MOTTO: Final = text("official.motto")
SIGN_HERE: Final = text("official.sign_here")
_SIGNATURE_POINTS: Final = 92.0
_TALLEST_ROW: Final = 409.0  # Excel's limit
_CAPITAL_EXTRA: Final = 0.45  # a capital of Times New Roman is about that much wider than a small letter


@dataclass(frozen=True)
class Office:
    """Who issues the paper, under whom, and where: the date is left to be written by hand, the year is known."""

    name_vi: str
    above_vi: str
    place: str
    year: int

    @property
    def place_and_date(self) -> str:
        """`Giả Định, ngày ..... tháng ..... năm 2026`."""
        day = text("official.day", year=str(self.year))
        return f"{self.place}, {day}" if self.place else capitalised(day)


def draw_office(sheet: Sheet, office: Office, last_col: int) -> int:
    """Write office and national title side by side over columns 0..last_col; return the next free row.

    The widths of the columns must be set before.
    """
    middle = _upto(sheet, last_col, 0.5)
    lines = (
        (office.above_vi.upper(), "wrap center", NATION, "bold wrap center"),
        (office.name_vi.upper(), "bold wrap center underline", MOTTO, "bold wrap center underline"),
        ("", "center", office.place_and_date, "italic wrap center"),
    )
    row = FIRST_PRINTED_ROW
    for left, left_style, right, right_style in lines:
        sheet.merge(Span(row, 0, row, middle), left, left_style)
        sheet.merge(Span(row, middle + 1, row, last_col), right, right_style)
        widths = sheet.width_of(0, middle), sheet.width_of(middle + 1, last_col)
        sheet.height(row, row_points([(left, widths[0] * 0.7), (right, widths[1] * 0.7)]))
        row += 1
    sheet.height(row, 6)
    return row + 1


def draw_signatures(sheet: Sheet, row: int, signers: Sequence[str], last_col: int) -> int:
    """Write one block for each who signs, all in one row: a row is never broken over two pages."""
    sheet.height(row, 10)
    inner = [_upto(sheet, last_col, place / len(signers)) + 1 for place in range(1, len(signers))]
    for signer, (first, after) in zip(signers, pairwise([0, *inner, last_col + 1]), strict=True):
        sheet.merge(Span(row + 1, first, row + 1, after - 1), f"{signer.upper()}\n{SIGN_HERE}", "bold wrap center top")
    sheet.height(row + 1, _SIGNATURE_POINTS)
    return row + 2


def high_enough(texts: Sequence[tuple[str, float]], least: float) -> float:
    """Height of a row that shows each (text, column width) whole, at least `least` points.

    Capitals are wider than the small letters that `row_points` counts on.
    """
    fitted = [(text, width / (1 + _CAPITAL_EXTRA * _capitals(text))) for text, width in texts]
    return min(max(least, row_points(fitted)), _TALLEST_ROW)


def _capitals(text: str) -> float:
    """Share of capitals among the characters."""
    return sum(map(str.isupper, text)) / len(text) if text else 0.0


def _upto(sheet: Sheet, last_col: int, share: float) -> int:
    """Last column of the first `share` of the width, at least the first column."""
    wanted = sheet.width_of(0, last_col) * share
    return max((col for col in range(last_col) if sheet.width_of(0, col) <= wanted), default=0)
