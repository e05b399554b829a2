"""The empty table of an instrument without respondents: a workbook that the import of its values reads as filled in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from sipas.indices import IndexNode
from sipas.publish.field.template import draw_guide, running_head
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.publish.xlsx.table import Field, table_head, table_row
from sipas.valuetable import ERROR_HEADER, NAME_HEADER, UNIT_HEADER, node_header
from sipas.words import text

VALUES_SHEET: Final = text("values.sheet")
GUIDE_SHEET: Final = text("values.guide_sheet")
_TITLE: Final = text("values.title")


@dataclass(frozen=True)
class ValuesTemplate:
    """What the table of an instrument shows. units: id and name, the province last; nodes: its columns; needed: codes
    that a rulebook needs."""

    public_id: str
    title_vi: str
    index_vi: str
    source_vi: str
    units: tuple[tuple[str, str], ...]
    nodes: tuple[IndexNode, ...]
    needed: frozenset[str]
    province_id: str
    is_made_up: bool = False


def values_template(template: ValuesTemplate) -> bytes:
    """The .xlsx: a row for every unit, a column for every node, and how to fill it in. Equal content, equal bytes."""
    buffer = BytesIO()
    book = text_workbook(buffer, title=_TITLE, subject=template.public_id)
    running = running_head(template.title_vi, template.public_id, is_made_up=template.is_made_up)
    styles = Styles(book)
    sheets = {name: Sheet(book.add_worksheet(name), styles, running) for name in (VALUES_SHEET, GUIDE_SHEET)}
    _draw_values(sheets[VALUES_SHEET], template)
    draw_guide(sheets[GUIDE_SHEET], text("values.guide_title"), template.title_vi, _rules(template))
    sheets[VALUES_SHEET].show_first()
    book.close()
    return buffer.getvalue()


def _draw_values(sheet: Sheet, template: ValuesTemplate) -> None:
    fields = [Field(UNIT_HEADER, 14, "text"), Field(NAME_HEADER, 36, "text")]
    fields += [Field(node_header(node), 18, "text") for node in template.nodes]
    sheet.text_columns([field.width for field in fields])
    lines = (template.title_vi, f"{template.index_vi} (%)", text("values.source", source=template.source_vi))
    row = sheet.titles(Titles(_TITLE, lines), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    head = row - 1
    sheet.freeze(row, 2)
    for unit_id, name in template.units:
        row = table_row(sheet, row, fields, [unit_id, name, *[""] * len(template.nodes)])
    sheet.set_up(Page(row - 1, len(fields) - 1, landscape=True, repeat_rows=(head, head)))


def _rules(template: ValuesTemplate) -> Sequence[str]:
    example = template.nodes[0].node_code
    needed = ", ".join(node.node_code for node in template.nodes if node.node_code in template.needed)
    error = f"{ERROR_HEADER} {example}"
    return text(
        "values.rules", sheet=VALUES_SHEET, needed=needed, province=template.province_id, error=error
    ).splitlines()
