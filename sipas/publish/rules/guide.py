"""First sheet of a rulebook's workbook: what each sheet holds and how to edit without harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles
from sipas.publish.xlsx.table import Field, section_row, table_head, table_row
from sipas.rulebook.vocabulary import SHEETS, TEXTS_SHEET, label_of
from sipas.words import text, word, words_of

GUIDE: Final = text("rulebook.guide")
_COLUMNS: Final = (("name", 26), ("content", 44), ("needs", 36))
_SCORING_COLUMNS: Final = (("scoring", 26), ("meaning", 44), ("needs_more", 36))


def draw_guide(sheet: Sheet, settings: Mapping[str, str]) -> None:
    """Title, rules for editing, sheets with links, rules of scoring with what each needs."""
    fields = [Field(text(f"rulebook.guide_{name}"), width, "text") for name, width in _COLUMNS]
    sheet.widths([field.width for field in fields])
    titles = Titles(GUIDE, tuple(settings.get(key, "") for key in ("title_vi", "decision", "id")))
    row = sheet.titles(titles, (0, 2))
    row = section_row(sheet, row, fields, text("rulebook.guide_editing"))
    for number, rule in enumerate(text("rulebook.guide_rules").splitlines(), start=1):
        row = _paragraph(sheet, row, f"{number}. {rule}", fields)
    row = section_row(sheet, row + 1, fields, text("rulebook.guide_sheets"))
    for part, name in SHEETS.items():
        row = table_row(sheet, row, fields, (name, word("rulebook_part_holds", part), ""))
        sheet.link(row - 1, 0, (name, "A1"), name, "cell text link")
    row = table_row(sheet, row, fields, (TEXTS_SHEET, text("rulebook.guide_texts"), ""))
    sheet.link(row - 1, 0, (TEXTS_SHEET, "A1"), TEXTS_SHEET, "cell text link")
    row = section_row(sheet, row + 1, fields, text("rulebook.guide_scoring"))
    row = table_head(sheet, row, [Field(text(f"rulebook.guide_{name}"), width) for name, width in _SCORING_COLUMNS])
    for code, meaning in words_of("rule_meaning").items():
        row = table_row(sheet, row, fields, (label_of("rule", code), meaning, word("rule_needs", code)))
    sheet.set_up(Page(row - 1, 2))
    sheet.show_first()


def _paragraph(sheet: Sheet, row: int, line: str, fields: Sequence[Field]) -> int:

    sheet.merge(Span(row, 0, row, len(fields) - 1), line, "text")
    sheet.height(row, row_points([(line, sheet.width_of(0, len(fields) - 1))]))
    return row + 1
