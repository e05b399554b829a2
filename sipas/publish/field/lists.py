"""Lists for fieldwork as workbooks on A4: whom to ask, who signed, who was paid, where the post goes.

They hold personal data and say so on every page. Same rows, same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

import pandas as pd

from sipas.publish.field.listforms import FORMS, PAYMENT, POSTAL, ListForm
from sipas.publish.field.postlabels import draw_labels
from sipas.publish.xlsx.official import Office, draw_office, draw_signatures, high_enough
from sipas.publish.xlsx.sheet import Page, Running, Sheet, Span, Titles, Value
from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.publish.xlsx.table import Field, table_head, table_row
from sipas.words import text, word
from sipas.words.numbers import format_count
from sipas.words.numberwords import money_in_words

PERSONAL: Final = text("lists.personal_warning")
LIST_COLUMNS: Final = ("case_id", "name", "phone", "address", "interviewer", "rated")
_RUNNING_LENGTH: Final = 90


@dataclass(frozen=True)
class ListFacts:
    """What stands above a list. focal_points: cán bộ đầu mối of the unit, one text each; is_group: the list is of a
    rater group, not of a unit; rated_units: id and name of all rated units, for lists that show them by person."""

    round_id: str
    round_title: str
    office: Office
    unit_id: str
    unit_vi: str
    focal_points: tuple[str, ...] = ()
    is_made_up: bool = False
    is_group: bool = False
    rated_units: tuple[tuple[str, str], ...] = ()


def list_workbook(kind: str, facts: ListFacts, rows: pd.DataFrame, *, payment_per_form: int = 0) -> bytes:
    """The .xlsx of one list: `rows` (LIST_COLUMNS, text, "" where nothing is known) in the order given.

    kind: field | raters | signature | payment | postal; payment_per_form in đồng. The postal list has a second sheet
    of address labels, `facts.rated_units` one of their names. Raises DataError `publish.text_too_long`,
    `publish.sheet_full`.
    """
    buffer = BytesIO()
    form = FORMS[kind]
    book = text_workbook(buffer, title=form.title, subject=facts.round_id)
    styles, running = Styles(book), _running(form, facts)
    _draw(
        Sheet(book.add_worksheet(text("lists.list_sheet")), styles, running),
        form,
        facts,
        _cells(rows, payment_per_form),
    )
    if kind == POSTAL:
        draw_labels(Sheet(book.add_worksheet(text("lists.labels_sheet")), styles, running), rows)
    if facts.rated_units:
        _draw_units(Sheet(book.add_worksheet(text("lists.rated")), styles, running), facts.rated_units)
    book.close()
    return buffer.getvalue()


def _cells(rows: pd.DataFrame, payment_per_form: int) -> pd.DataFrame:
    cells = rows.assign(one=1, amount=payment_per_form)
    cells["#"] = range(1, len(rows) + 1)
    cells[""] = ""
    return cells


def _running(form: ListForm, facts: ListFacts) -> Running:
    return Running(
        head_left=f"{form.title} – {facts.unit_vi} ({facts.unit_id})"[:_RUNNING_LENGTH],
        head_right=text("lists.personal"),
        foot_left=f"{facts.round_id} – {facts.office.name_vi}"[:_RUNNING_LENGTH],
        warning=PERSONAL,
    )


def _draw(sheet: Sheet, form: ListForm, facts: ListFacts, cells: pd.DataFrame) -> None:
    fields = form.fields
    sheet.widths([field.width for field in fields])
    last_col = len(fields) - 1
    row = draw_office(sheet, facts.office, last_col)
    row = sheet.titles(_titles(form, facts, len(cells)), (0, last_col), first_row=row)
    head = row
    row = table_head(sheet, row, fields)
    sheet.freeze(row, 0)
    for values in cells[list(form.columns)].itertuples(index=False, name=None):
        table_row(sheet, row, fields, _plain(values))
        texts = [(str(value), field.width) for value, field in zip(values, fields, strict=True)]
        sheet.height(row, high_enough(texts, form.row_points))
        row += 1
    if form is FORMS[PAYMENT]:
        row = _draw_total(sheet, row, form, int(cells["amount"].sum()))
    row = draw_signatures(sheet, row, form.signers, last_col)
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, landscape=True, repeat_rows=(head, head)))


def _draw_units(sheet: Sheet, units: Sequence[tuple[str, str]]) -> None:
    names = (word("entry_field", "unit_id"), 16), (word("entry_field", "unit_name"), 90)
    fields = (Field("STT", 5, "center", 0), *(Field(name, width, "text") for name, width in names))
    sheet.widths([field.width for field in fields])
    row = table_head(sheet, 0, fields)
    sheet.freeze(row, 0)
    for order, (unit_id, name) in enumerate(units, start=1):
        table_row(sheet, row, fields, [order, unit_id, name])
        row += 1
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=(0, 0)))


def _plain(values: Sequence[object]) -> list[Value]:
    return [value if isinstance(value, str) else int(str(value)) for value in values]


def _titles(form: ListForm, facts: ListFacts, n_cases: int) -> Titles:
    of_what = "lists.of_group" if facts.is_group else "lists.of_unit"
    subtitles = (
        facts.round_title,
        text(of_what, name=facts.unit_vi, code=facts.unit_id, n=format_count(n_cases)),
        text("lists.focal_points", people="; ".join(facts.focal_points)),
    )
    made_up = (word("notice", "made_up"),) if facts.is_made_up else ()
    return Titles(form.title, (*subtitles, *made_up), (form.about,))


def _draw_total(sheet: Sheet, row: int, form: ListForm, total: int) -> int:
    amount = form.columns.index("amount")
    last_col = len(form.fields) - 1
    sheet.merge(Span(row, 0, row, amount - 1), text("lists.total"), "cell total center")
    sheet.put(row, amount, total, "cell total right", decimals=0)
    sheet.merge(Span(row, amount + 1, row, last_col), "", "cell total")
    words = text("lists.amount_in_words", amount=money_in_words(total))
    sheet.height(row, 22)
    sheet.merge(Span(row + 1, 0, row + 1, last_col), words, "italic wrap left")
    sheet.height(row + 1, high_enough([(words, sheet.width_of(0, last_col))], 22))
    return row + 2
