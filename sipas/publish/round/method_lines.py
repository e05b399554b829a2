"""Parts of the method sheet: headings, lines of name and value, small tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from sipas.publish.round.surveyresults import GROUPS, MethodFact
from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Sheet, Span

WIDTHS: Final = (37.0, 9.0, 33.0, 10.0, 28.0, 22.0)
LAST_COL: Final = len(WIDTHS) - 1

Line = tuple[str, str]


def heading(sheet: Sheet, row: int, title: str) -> int:
    """A line that opens a part of the sheet."""
    sheet.merge(Span(row, 0, row, LAST_COL), title, "bold large wrap left bottom")
    sheet.height(row, row_points([(title, sum(WIDTHS) * 0.9)], size=13) + 10)
    return row + 1


def section(sheet: Sheet, row: int, title: str, lines: Sequence[Line], *, mono: bool = False) -> int:
    """A heading and lines of name and value; nothing where there are no lines."""
    if not lines:
        return row
    sheet.merge(Span(row, 0, row, LAST_COL), title, "cell head left")
    sheet.height(row, row_points([(title, sum(WIDTHS) * 0.9)]) + 4)
    width = sum(WIDTHS[1:])
    for name, value in lines:
        row += 1
        sheet.put(row, 0, name, "cell text")
        sheet.merge(Span(row, 1, row, LAST_COL), value, "cell text mono" if mono else "cell text")
        sheet.height(row, max(17.0, row_points([(name, WIDTHS[0]), (value, width)])))
    return row + 1


def grid(sheet: Sheet, row: int, head: Sequence[str], lines: Sequence[Sequence[str | int | float | None]]) -> int:
    """A small table over all columns of the sheet."""
    if not lines:
        return row
    for offset, cells in enumerate((head, *lines)):
        for col, value in enumerate(cells):
            kind = "text" if isinstance(value, str) else "right"
            sheet.put(row + offset, col, value, "cell area center wrap small" if not offset else f"cell {kind} small")
        texts = [(str(value), WIDTHS[col]) for col, value in enumerate(cells) if isinstance(value, str)]
        sheet.height(row + offset, max(17.0, row_points(texts, size=9)))
    return row + len(lines) + 1


def fact_sections(sheet: Sheet, row: int, facts: Iterable[MethodFact]) -> int:
    """Further lines, a section for each heading."""
    by_group: dict[str, list[Line]] = {}
    for fact in facts:
        by_group.setdefault(fact.group, []).append((fact.name, fact.value))
    for group in sorted(by_group, key=GROUPS.index):
        row = section(sheet, row + 1, sheet.say.text(f"workbook_method.group_{group}"), by_group[group])
    return row
