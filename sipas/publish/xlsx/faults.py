"""A list of faults as a workbook for the people who must mend them."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

from errors import Fault
from errors.messages import Messages
from sipas.publish.xlsx.styles import text_workbook
from sipas.words import Language, text

_HEADERS = ("file", "sheet", "row", "column", "fault", "action", "got", "expected")
_WIDTHS = (26, 14, 8, 14, 52, 52, 14, 22)


def faults_workbook(faults: Sequence[Fault], messages: Messages, lang: Language = "vi") -> bytes:
    """One row a fault, in the order given; all cells text but the row number; equal faults give equal bytes."""
    buffer = BytesIO()
    book = text_workbook(buffer, title=text("faults.title", lang), has_font=False)
    sheet = book.add_worksheet(text("faults.fault", lang))
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF4", "text_wrap": True, "valign": "top"})
    body = book.add_format({"text_wrap": True, "valign": "top", "num_format": "@"})
    for column, (name, width) in enumerate(zip(_HEADERS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, text(f"faults.{name}", lang), head)
    for line, fault in enumerate(faults, start=1):
        words = messages.fault_words(fault, lang)
        place = (fault.file, fault.sheet, "", fault.column)
        cells = (*place, words.text, words.action, words.got, words.expected)
        for column, cell in enumerate(cells):
            sheet.write_string(line, column, cell, body)
        if fault.row:
            sheet.write_number(line, 2, fault.row)
    sheet.freeze_panes(1, 0)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    book.close()
    return buffer.getvalue()
