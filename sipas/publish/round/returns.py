"""Sheet "Tình hình phiếu": what became of every form, unit by unit."""

from __future__ import annotations

from sipas.publish.round.surveyresults import FORM_COUNTS, Fieldwork
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell, Field, open_table, section_row, table_row
from sipas.words.numbers import capitalised


def draw_returns(sheet: Sheet, survey: SurveySheets, fieldwork: Fieldwork) -> None:
    """Write the forms of every unit with group sums and a total."""
    fields = _fields(survey.say, fieldwork)
    legend = survey.say.text("workbook_fieldwork.returns_legend")
    titles = Titles(survey.titled("workbook_fieldwork.returns_title"), (survey.round.place,), (legend,))
    repeated = open_table(sheet, fields, titles)
    row = _draw_units(sheet, repeated[1] + 1, survey, fieldwork, fields)
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated))


def _fields(say: Wording, fieldwork: Fieldwork) -> list[Field]:
    rejected = say.text("workbook_fieldwork.rejected")
    return [
        Field(say.text("sheet.order"), 5, "center", 0),
        Field(say.text("sheet.unit"), 34, "text"),
        Field(say.text("workbook_fieldwork.issued"), 10, "right", 0),
        Field(say.text("workbook_fieldwork.returned"), 10, "right", 0),
        Field(say.text("workbook_fieldwork.outstanding"), 10, "right", 0),
        Field(say.text("workbook_fieldwork.valid"), 10, "right", 0),
        Field(say.text("workbook_fieldwork.all_rejected"), 9, "right", 0, rejected),
        *(Field(say.word("reason", reason), 13, "right", 0, rejected) for reason in fieldwork.reasons),
        Field(say.text("workbook_fieldwork.returned_pct"), 10, "right", 2),
        Field(say.text("workbook_fieldwork.valid_pct"), 12, "right", 2),
    ]


def _draw_units(sheet: Sheet, row: int, survey: SurveySheets, fieldwork: Fieldwork, fields: list[Field]) -> int:
    say, groups = survey.say, survey.round.groups
    with_forms = [unit for unit in survey.round.units if unit.unit_id in fieldwork.forms.index]
    for unit_group, name in groups.items():
        members = {unit.unit_id: unit.name_vi for unit in with_forms if unit.unit_group == unit_group}
        if not members:
            continue
        row = section_row(sheet, row, fields, capitalised(name))
        row = _draw_members(sheet, row, fieldwork, fields, members)
        sums = _values("", say.text("workbook_fieldwork.sum_of", group=name), fieldwork, [*members])
        row = table_row(sheet, row, fields, sums, "parent bold")
    unranked = {unit.unit_id: unit.name_vi for unit in with_forms if unit.unit_group not in groups}
    if unranked:
        row = section_row(sheet, row, fields, say.text("workbook_fieldwork.unranked"))
        row = _draw_members(sheet, row, fieldwork, fields, unranked)
    total = _values("", say.text("workbook.total"), fieldwork, [unit.unit_id for unit in with_forms])
    return table_row(sheet, row, fields, total, "total")


def _draw_members(sheet: Sheet, row: int, fieldwork: Fieldwork, fields: list[Field], members: dict[str, str]) -> int:
    for order, (unit_id, name) in enumerate(members.items(), start=1):
        row = table_row(sheet, row, fields, _values(order, name, fieldwork, [unit_id]))
    return row


def _values(order: Value, name: str, fieldwork: Fieldwork, unit_ids: list[str]) -> list[Value | Cell]:
    forms = fieldwork.sum_forms(unit_ids)
    counts = [forms[column] for column in (*FORM_COUNTS, *fieldwork.reasons)]
    shares = [_percent(forms[column], forms["n_issued"]) for column in ("n_returned", "n_valid")]
    return [order, name, *counts, *shares]


def _percent(part: int, total: int) -> float | None:
    return 100 * part / total if total else None
