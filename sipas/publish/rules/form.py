"""A rulebook as a workbook that scoring staff edit: one sheet a part, every cell text, closed lists as drop-downs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Final

from sipas.publish.rules.guide import GUIDE, draw_guide
from sipas.publish.xlsx.sheet import Page, Running, Sheet, Span, Titles
from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.publish.xlsx.table import Field, table_head, table_row
from sipas.rulebook.check import CASES_FILE, CRITERIA_FILE, HEADER_FILE, LINKS_FILE
from sipas.rulebook.content import Content
from sipas.rulebook.load import BANDS_FILE, LEVELS_FILE
from sipas.rulebook.vocabulary import (
    SETTING_HEADERS,
    SHEETS,
    TEXT_HEADERS,
    TEXTS_SHEET,
    fields_of,
    label_of,
    setting_kind,
    setting_label,
)
from sipas.rulebook.vocabulary import Field as Column
from sipas.words import text, word

_PORTRAIT: Final = 100  # digits of width that a page upright still shows at a readable size
_ROOM: Final = 300  # rows below the last one in which drop-downs wait for new entries
_WIDTH: Final = 12.0
_WIDTHS: Final[Mapping[str, Mapping[str, float]]] = {
    CRITERIA_FILE: {
        "code": 8,
        "parent": 9,
        "level": 10,
        "name_vi": 34,
        "name_en": 17,
        "max_points": 7,
        "score_source": 9,
        "rule": 13,
        "low": 8,
        "high": 8,
        "article": 14,
        "evidence": 21,
        "owner": 11,
        "no_cases": 11,
    },
    CASES_FILE: {"case": 42, "option_counts": 20, "leaf_status": 15, "value": 15},
    LEVELS_FILE: {"name_vi": 48},
    LINKS_FILE: {"transform": 22, "node_code": 18, "variant": 16, "index_id": 16},
    BANDS_FILE: {"code": 16},
    "classes": {"class_code": 22, "name_vi": 46},
    "unscored": {"name_vi": 40, "reason": 40},
}
_LEFT: Final = frozenset({"name_vi", "name_en", "article", "evidence", "owner", "case", "option_counts", "reason"})


def rulebook_workbook(content: Content) -> bytes:
    """The .xlsx of a rulebook; `sipas.rulebook.form.read_form` gives the same content back. Equal content, equal bytes.

    Decimals are shown with a comma where that can be read in one way only.
    """
    buffer = BytesIO()
    book = text_workbook(buffer, title=content.settings.get("title_vi", ""))
    running = _running(content.settings)
    styles = Styles(book)
    names = [GUIDE, *SHEETS.values(), TEXTS_SHEET]
    sheets = {name: Sheet(book.add_worksheet(name), styles, running) for name in names}
    draw_guide(sheets[GUIDE], content.settings)
    for part, name in SHEETS.items():
        sheets[name].link(0, 0, (GUIDE, "A1"), text("rulebook.back_to_guide"), "link small")
        if part == HEADER_FILE:
            _draw_settings(sheets[name], content.settings)
        else:
            _draw_table(sheets[name], part, content.tables.get(part, ()))
    sheets[TEXTS_SHEET].link(0, 0, (GUIDE, "A1"), text("rulebook.back_to_guide"), "link small")
    _draw_texts(sheets[TEXTS_SHEET], content)
    book.close()
    return buffer.getvalue()


def _running(settings: Mapping[str, str]) -> Running:
    is_made_up = settings.get("made_up") == "true"
    return Running(
        head_left=word("input", "rulebook"),
        head_right=text("rulebook.made_up") if is_made_up else "",
        foot_left=settings.get("id", ""),
        warning=word("notice", "made_up") if is_made_up else "",
    )


def _draw_settings(sheet: Sheet, settings: Mapping[str, str]) -> None:
    fields = [
        Field(SETTING_HEADERS[0], 16, "text quiet"),
        Field(SETTING_HEADERS[1], 30, "text"),
        Field(SETTING_HEADERS[2], 44, "text"),
        Field(SETTING_HEADERS[3], 44, "text quiet"),
    ]
    row = _head(sheet, HEADER_FILE, fields)
    first = row - 1
    for key, value in settings.items():
        label, note = setting_label(key)
        kind, choices = setting_kind(key)
        if choices:
            sheet.choices(Span(row, 2, row, 2), [label_of(key, choice) for choice in choices], label)
        shown = label_of(key, value) if choices else _number(value) if kind == "number" else value
        row = table_row(sheet, row, fields, (key, label, shown, note))
    sheet.set_up(Page(row - 1, len(fields) - 1, repeat_rows=(first, first)))


def _draw_table(sheet: Sheet, part: str, rows: Sequence[Mapping[str, str]]) -> None:
    columns = fields_of(part)
    fields = [
        Field(column.header, _WIDTHS[part].get(column.name, _WIDTH), "text" if column.name in _LEFT else "code wrap")
        for column in columns
    ]
    row = _head(sheet, part, fields)
    first = row - 1
    for at, column in enumerate(columns):
        if column.choices:
            words = [label_of(column.name, choice) for choice in column.choices if choice]
            sheet.choices(Span(row, at, row + len(rows) + _ROOM, at), words, column.header)
    for cells in rows:
        shown = [_shown(column, cells.get(column.name, "")) for column in columns]
        row = table_row(sheet, row, fields, shown, _look(part, cells))
    last = len(fields) - 1
    sheet.set_up(
        Page(
            max(row - 1, first + 1),
            last,
            landscape=sum(field.width for field in fields) > _PORTRAIT,
            repeat_rows=(first, first),
        )
    )


def _head(sheet: Sheet, part: str, fields: Sequence[Field]) -> int:
    """Widths, title and header row; the next row."""
    sheet.text_columns([field.width for field in fields])
    row = sheet.titles(Titles(SHEETS[part], (word("rulebook_part_about", part),)), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    sheet.freeze(row, 1)
    return row


def _look(part: str, cells: Mapping[str, str]) -> str:
    if part != CRITERIA_FILE:
        return ""
    return "area" if cells.get("level") == "area" else "parent" if cells.get("rule") == "sum" else ""


def _shown(column: Column, cell: str) -> str:
    if column.kind == "number":
        return _number(cell)
    return label_of(column.name, cell) if column.choices and cell else cell


def _number(cell: str) -> str:
    """Decimal comma; a point stays where three places after a comma would look like thousands."""
    whole, _, places = cell.partition(".")
    return cell if len(places) == 3 and whole.lstrip("-") != "0" else cell.replace(".", ",")


def _draw_texts(sheet: Sheet, content: Content) -> None:
    fields = [
        Field(TEXT_HEADERS[0], 20, "text"),
        Field(TEXT_HEADERS[1], 7, "code"),
        Field(TEXT_HEADERS[2], 110, "text"),
    ]
    sheet.text_columns([field.width for field in fields])
    row = sheet.titles(Titles(TEXTS_SHEET, (text("rulebook.texts_about"),)), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    first = row - 1
    sheet.freeze(row, 0)
    texts = chain(content.remarks.items(), ((name, whole.splitlines()) for name, whole in content.others.items()))
    for name, lines in texts:
        for number, line in enumerate(lines, start=1):
            row = table_row(sheet, row, fields, (name, str(number), line))
    sheet.set_up(Page(max(row - 1, first + 1), len(fields) - 1, landscape=True, repeat_rows=(first, first)))
