"""What the tables that units fill in have in common: the running head, and the sheet that says how to fill them in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Running, Sheet, Titles
from sipas.words import text, word

_WIDTH: Final = 120
_RUNNING_LENGTH: Final = 80


def running_head(title_vi: str, id: str, *, is_made_up: bool) -> Running:
    """Title and id on every page, and that the round is made up."""
    return Running(
        head_left=title_vi[:_RUNNING_LENGTH],
        head_right=text("frames.made_up") if is_made_up else "",
        foot_left=id,
        warning=word("notice", "made_up") if is_made_up else "",
    )


def draw_guide(sheet: Sheet, title: str, title_vi: str, lines: Iterable[str]) -> None:
    """One cell a line: a line with two cells could be taken for a header of the table."""
    sheet.text_columns([_WIDTH])
    row = sheet.titles(Titles(title, (title_vi,)), (0, 0))
    for line in lines:
        sheet.put(row, 0, line, "text")
        sheet.height(row, row_points([(line, _WIDTH)]))
        row += 1
    sheet.set_up(Page(row - 1, 0, landscape=True))
