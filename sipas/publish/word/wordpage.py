"""Official Word papers: page, fonts and parts of Nghị định 30/2020/NĐ-CP (annex I), and bytes that never differ."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any, Final

from docx import Document
from docx.document import Document as Paper
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph

from sipas.publish.xlsx.official import MOTTO, NATION, Office
from sipas.publish.xlsx.styles import FONT

MONO: Final = "Courier New"
TEXT_WIDTH_MM: Final = 160
CENTER, LEFT, JUSTIFY = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.JUSTIFY
RIGHT: Final = WD_ALIGN_PARAGRAPH.RIGHT
_CREATED: Final = datetime(2000, 1, 1)
_ZIPPED: Final = (1980, 1, 1, 0, 0, 0)


def new_paper(title: str, subject: str) -> Paper:
    """An empty A4 paper: margins 20, 20, 30, 20 mm (top, bottom, left, right), Times New Roman 13, page numbers in
    the middle above from the second page on."""
    paper = Document()
    section = paper.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin = section.bottom_margin = section.right_margin = Mm(20)
    section.left_margin = Mm(30)
    section.header_distance = Mm(10)
    section.different_first_page_header_footer = True
    style = paper.styles["Normal"]
    style.font.name, style.font.size = FONT, Pt(13)
    style.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    style.paragraph_format.space_after = Pt(0)
    _page_number(section.header.paragraphs[0])
    facts = paper.core_properties
    facts.title, facts.subject, facts.author, facts.last_modified_by, facts.comments = title, subject, "", "", ""
    facts.created = facts.modified = _CREATED
    return paper


def paper_bytes(paper: Paper) -> bytes:
    """The .docx; the same paper gives the same bytes: the times inside the archive are fixed."""
    written, fixed = BytesIO(), BytesIO()
    paper.save(written)
    with zipfile.ZipFile(written) as source, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            plain = zipfile.ZipInfo(member.filename, _ZIPPED)
            plain.compress_type = zipfile.ZIP_DEFLATED
            target.writestr(plain, source.read(member.filename))
    return fixed.getvalue()


def write(place: Paragraph, text: str, look: str = "", *, size: float = 0.0, align: Any = None) -> Paragraph:
    """Add text to a paragraph. look: any of "bold", "italic", "mono" (figures that are compared letter by letter)."""
    run = place.add_run(text)
    run.bold, run.italic = "bold" in look, "italic" in look
    if "mono" in look:
        run.font.name = MONO
    if size:
        run.font.size = Pt(size)
    if align is not None:
        place.alignment = align
    return place


def body(paper: Paper, text: str, look: str = "") -> Paragraph:
    """A justified paragraph of the text, its first line indented."""
    place = write(paper.add_paragraph(), text, look, align=JUSTIFY)
    place.paragraph_format.first_line_indent = Mm(10)
    place.paragraph_format.space_before = Pt(4)
    return place


def to_fill_in(paper: Paper, *questions: str) -> Paragraph:
    """A line with a dotted blank after each of the questions, the last blank up to the margin."""
    place = write(paper.add_paragraph(), "\t".join([*questions, ""]), align=LEFT)
    form = place.paragraph_format
    form.first_line_indent, form.space_before = Mm(10), Pt(4)
    for number in range(1, len(questions) + 1):
        stop = Mm(TEXT_WIDTH_MM if number == len(questions) else TEXT_WIDTH_MM * (number + 0.2) / len(questions))
        form.tab_stops.add_tab_stop(stop, WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
    return place


def heading(paper: Paper, text: str) -> Paragraph:
    """A numbered heading that stays with what follows."""
    place = body(paper, text, "bold")
    place.paragraph_format.keep_with_next = True
    return place


def rule(cell: _Cell, indent_mm: float) -> None:
    """A thin line below what stands in a cell, `indent_mm` shorter on either side."""
    place = cell.add_paragraph()
    form = place.paragraph_format
    form.left_indent = form.right_indent = Mm(indent_mm)
    form.line_spacing = Pt(3)
    border = OxmlElement("w:pBdr")
    border.append(_element("w:bottom", {"val": "single", "sz": "6", "space": "0", "color": "000000"}))
    place._p.get_or_add_pPr().append(border)


def national_head(paper: Paper, office: Office, number: str) -> None:
    """Office and number on the left, national title, place and date on the right."""
    table = plain_table(paper, [60, 100])
    left, right = added_row(table).cells
    if office.above_vi:
        write(left.paragraphs[0], office.above_vi.upper(), size=12, align=CENTER)
    name = left.add_paragraph() if office.above_vi else left.paragraphs[0]
    write(name, office.name_vi.upper(), "bold", size=12, align=CENTER)
    rule(left, 18)
    write(right.paragraphs[0], NATION, "bold", size=12, align=CENTER)
    write(right.add_paragraph(), MOTTO, "bold", size=13, align=CENTER)
    rule(right, 24)
    left, right = added_row(table).cells
    write(left.paragraphs[0], number, align=CENTER)
    write(right.paragraphs[0], office.place_and_date, "italic", align=CENTER)
    for cell in (left, right):
        cell.paragraphs[0].paragraph_format.space_before = Pt(4)


def plain_table(paper: Paper, widths_mm: Sequence[float]) -> Table:
    """A table without lines and without rows."""
    return _fitted(paper.add_table(0, len(widths_mm)), widths_mm)


def lined_table(paper: Paper, widths_mm: Sequence[float], header: Sequence[str] = ()) -> Table:
    """A table with lines; its header row, if any, comes again on every page."""
    table = plain_table(paper, widths_mm)
    table.style = "Table Grid"
    if header:
        row = added_row(table)
        for cell, text in zip(row.cells, header, strict=True):
            write(cell.paragraphs[0], text, "bold", size=12, align=CENTER)
        _row_flag(row, "w:tblHeader")
    return table


def added_row(table: Table) -> _Row:
    """A new last row."""
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]
    return row


def keep_rows_whole(table: Table) -> None:
    """No row of the table is broken over two pages."""
    for row in table.rows:
        _row_flag(row, "w:cantSplit")


def keep_together(table: Table) -> None:
    """The table stands on one page, if a page can hold it."""
    for row in table.rows[:-1]:
        for cell in row.cells:
            for place in cell.paragraphs:
                place.paragraph_format.keep_with_next = True


def _fitted(table: Table, widths_mm: Sequence[float]) -> Table:
    """Fixed widths; rows added later take them over."""
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
    return table


def _row_flag(row: _Row, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))


def _page_number(place: Paragraph) -> None:
    place.alignment = CENTER
    for kind, text in (("begin", ""), ("", "PAGE"), ("end", "")):
        run = place.add_run()
        if kind:
            run._r.append(_element("w:fldChar", {"fldCharType": kind}))
        else:
            code = OxmlElement("w:instrText")
            code.text = text
            run._r.append(code)


def _element(name: str, attributes: dict[str, str]) -> Any:
    made = OxmlElement(name)
    for key, value in attributes.items():
        made.set(qn(f"w:{key}"), value)
    return made
