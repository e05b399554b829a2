"""The empty list that units fill in: a workbook that the frame import reads as it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from xlsxwriter.utility import xl_col_to_name

from sipas.framekinds import LAYOUTS, UNIT_SEPARATOR, FrameKind
from sipas.frames import EXAMPLE_MARK
from sipas.publish.field.template import draw_guide, running_head
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles
from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.publish.xlsx.table import Cell, Field, table_head, table_row
from sipas.words import text
from sipas.words.numbers import format_day

LIST_SHEET: Final = text("frames.list_sheet")
GUIDE_SHEET: Final = text("frames.guide_sheet")
CODES_SHEET: Final = text("frames.codes_sheet")
_ROOM: Final = 20_000  # rows for which the drop-downs wait
_BLANK_ROWS: Final = 30  # ruled on paper
_NUMBER: Final = "STT"
_WIDTHS: Final[Mapping[str, float]] = {
    "dossier_no": 24,
    "unit_id_at_event": 28,
    "unit_id": 28,
    "name": 24,
    "address": 30,
    "procedure_field": 20,
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "person_no": "012345678901",
    "firm_no": "0100000000",
    "staff_no": "CB0001",
    "name": text("frames.example_name"),
    "phone": "0900000000",
    "address": text("frames.example_address"),
}


@dataclass(frozen=True)
class TemplateColumn:
    """A column of the list: its field, its header, whether it is needed, and the closed list of its cells."""

    field: str
    header: str
    is_needed: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """What the template of a round shows. `date_example`: a day written as the round reads it."""

    round_id: str
    title_vi: str
    kind: FrameKind
    window: tuple[str, str]
    date_example: str
    columns: tuple[TemplateColumn, ...]
    is_made_up: bool = False


def frame_template(template: Template) -> bytes:
    """The .xlsx: the list with one example row, how to fill it in, and the closed lists. Equal content, equal bytes.

    The example row bears `EXAMPLE_MARK` in the column of the id, and the import leaves it out.
    """
    buffer = BytesIO()
    book = text_workbook(buffer, title=text(f"frames.title_{template.kind}"), subject=template.round_id)
    running = running_head(template.title_vi, template.round_id, is_made_up=template.is_made_up)
    styles = Styles(book)
    names = (LIST_SHEET, GUIDE_SHEET, CODES_SHEET)
    sheets = {name: Sheet(book.add_worksheet(name), styles, running) for name in names}
    ranges = _draw_codes(sheets[CODES_SHEET], template)
    _draw_list(sheets[LIST_SHEET], template, ranges)
    lines = (*_rules(template), text("frames.columns"), *_column_lines(template))
    draw_guide(sheets[GUIDE_SHEET], text("frames.guide_title"), template.title_vi, lines)
    sheets[LIST_SHEET].show_first()
    book.close()
    return buffer.getvalue()


def _draw_list(sheet: Sheet, template: Template, ranges: Mapping[str, str]) -> None:
    fields = [Field(_NUMBER, 6, "text center")]
    fields += [Field(column.header, _WIDTHS.get(column.field, 17), "text") for column in template.columns]
    sheet.text_columns([field.width for field in fields])
    start, end = (format_day(day) for day in template.window)
    lines = (template.title_vi, text("frames.window", start=start, end=end) if template.kind == "transaction" else "")
    row = sheet.titles(Titles(text(f"frames.title_{template.kind}"), lines), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    head = row - 1
    sheet.freeze(row, 2)
    example = [Cell("", "italic quiet")]
    example += [Cell(cell, "italic quiet") for cell in _example(template)]
    row = table_row(sheet, row, fields, example)
    for at, column in enumerate(template.columns, start=1):
        if column.field in ranges:
            sheet.choices_from(Span(row, at, row + _ROOM, at), ranges[column.field], column.header)
    for number in range(1, _BLANK_ROWS + 1):
        row = table_row(sheet, row, fields, [str(number), *[""] * len(template.columns)])
    sheet.set_up(Page(row - 1, len(fields) - 1, landscape=True, repeat_rows=(head, head)))


def _example(template: Template) -> list[str]:
    """Cells of the example row; the column of the id says that it is one."""
    texts = {**_EXAMPLES, "event_date": template.date_example}
    cells = [column.choices[0] if column.choices else texts.get(column.field, "") for column in template.columns]
    names = [column.field for column in template.columns]
    cells[names.index(LAYOUTS[template.kind].id_field)] = EXAMPLE_MARK
    return cells


def _rules(template: Template) -> list[str]:
    order = text("frames.day_first" if "/" in template.date_example else "frames.year_first")
    rules = text(
        "frames.rules",
        list=LIST_SHEET,
        codes=CODES_SHEET,
        mark=EXAMPLE_MARK,
        day=template.date_example,
        order=order,
    )
    return rules.splitlines()


def _column_lines(template: Template) -> list[str]:
    lines = []
    for column in template.columns:
        own = template.kind if column.field == "unit_id_at_event" and template.kind in ("firm", "official") else ""
        how = text(f"frames.how_{column.field}{'_' if own else ''}{own}", sign=UNIT_SEPARATOR)
        need = text("frames.needed" if column.is_needed else "frames.optional")
        lines.append(f"- {column.header} ({need}): {how}.")
    return lines


def _draw_codes(sheet: Sheet, template: Template) -> dict[str, str]:
    """Closed lists side by side; the range of each by field. Titles are not headers of the list."""
    columns = [column for column in template.columns if column.choices]
    fields = [Field(f"{CODES_SHEET}: {column.header}", 40, "text") for column in columns]
    fields = fields or [Field(CODES_SHEET, 40, "text")]
    sheet.text_columns([field.width for field in fields])
    row = sheet.titles(Titles(CODES_SHEET, (template.title_vi,)), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    ranges, last = {}, row
    for at, column in enumerate(columns):
        for number, choice in enumerate(column.choices):
            sheet.put(row + number, at, choice, "cell text")
        last = max(last, row + len(column.choices) - 1)
        name = xl_col_to_name(at, col_abs=True)
        ranges[column.field] = f"='{CODES_SHEET}'!{name}${row + 1}:{name}${row + len(column.choices)}"
    sheet.set_up(Page(last, len(fields) - 1, landscape=True))
    return ranges
