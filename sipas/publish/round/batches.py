"""Sheet "Tệp đã nhận": what became of every row of every received file."""

from __future__ import annotations

from typing import Final

from sipas.publish.round.surveyresults import Fieldwork, rows
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.publish.xlsx.table import Field, open_table, table_row

_STATES: Final = ("accepted", "late", "duplicate", "set_aside")
_RARE_STATES: Final = ("superseded", "withdrawn", "waiting")


def draw_batches(sheet: Sheet, survey: SurveySheets, fieldwork: Fieldwork) -> None:
    """Write the received files: rows = sum of the states. A rare state has a column only where some row is in it."""
    say = survey.say
    table = fieldwork.returns.batches.sort_values(["received_on", "batch_id"])
    states = [*_STATES, *(state for state in _RARE_STATES if table[f"n_{state}"].any())]
    words = [say.word("row_state", state) for state in states]
    fields = [*_fields(say), *(Field(word, 11, "right", 0) for word in words)]
    legend = say.text("workbook_fieldwork.batches_legend", states=" + ".join(words).lower())
    titles = Titles(survey.titled("workbook_fieldwork.batches_title"), (survey.round.place,), (legend,))
    repeated = open_table(sheet, fields, titles)
    row = repeated[1] + 1
    columns = ["n_rows", *(f"n_{state}" for state in states)]
    for order, batch in enumerate(rows(table), start=1):
        about = [batch["batch_id"], batch["file_name"], say.day(batch["received_on"])]
        row = table_row(sheet, row, fields, [order, *about, *(batch[column] for column in columns)])
    sums = [int(table[column].sum()) for column in columns]
    row = table_row(sheet, row, fields, ["", "", say.text("workbook.total"), "", *sums], "total")
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated))


def _fields(say: Wording) -> list[Field]:
    return [
        Field(say.text("sheet.order"), 5, "center", 0),
        Field(say.text("workbook_fieldwork.batch"), 14, "code"),
        Field(say.text("workbook_fieldwork.file"), 46, "text"),
        Field(say.text("workbook_fieldwork.received_on"), 12, "center"),
        Field(say.text("workbook_fieldwork.n_rows"), 11, "right", 0),
    ]
