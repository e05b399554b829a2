"""Sheet "Tình hình phiếu": what became of every form, unit by unit."""

from __future__ import annotations

from typing import Final

from sipas.publish.labels import label
from sipas.publish.round.survey_scores import group_title
from sipas.publish.round.surveyresults import FORM_COUNTS, Fieldwork
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.xlsx.sheet import Page, Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell, Field, open_table, section_row, table_row

_REJECTED: Final = "Không hợp lệ (phiếu)"
_LEGEND: Final = (
    "Phát ra = thu về + chưa thu về; thu về = hợp lệ + không hợp lệ. Mỗi phiếu không hợp lệ có đúng một lý do; "
    "phiếu quá hạn được giữ lại và tính là một lý do."
)


def draw_returns(sheet: Sheet, survey: SurveySheets, fieldwork: Fieldwork) -> None:
    """Write the forms of every unit with group sums and a total."""
    fields = _fields(fieldwork)
    titles = Titles(survey.titled("Tình hình phát, thu phiếu"), (survey.round.place,), (_LEGEND,))
    repeated = open_table(sheet, fields, titles)
    row = _draw_units(sheet, repeated[1] + 1, survey, fieldwork, fields)
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated))


def _fields(fieldwork: Fieldwork) -> list[Field]:
    return [
        Field("STT", 5, "center", 0),
        Field("Đơn vị", 34, "text"),
        Field("Phát ra", 10, "right", 0),
        Field("Thu về", 10, "right", 0),
        Field("Chưa thu về", 10, "right", 0),
        Field("Hợp lệ", 10, "right", 0),
        Field("Tổng số", 9, "right", 0, _REJECTED),
        *(Field(label("reason", reason), 13, "right", 0, _REJECTED) for reason in fieldwork.reasons),
        Field("Tỷ lệ thu về (%)", 10, "right", 2),
        Field("Tỷ lệ hợp lệ trên phát ra (%)", 12, "right", 2),
    ]


def _draw_units(sheet: Sheet, row: int, survey: SurveySheets, fieldwork: Fieldwork, fields: list[Field]) -> int:
    groups = survey.round.head.units.groups
    with_forms = [unit for unit in survey.round.units if unit.unit_id in fieldwork.forms.index]
    for unit_group, name in groups.items():
        members = {unit.unit_id: unit.name_vi for unit in with_forms if unit.unit_group == unit_group}
        if not members:
            continue
        row = section_row(sheet, row, fields, group_title(name))
        row = _draw_members(sheet, row, fieldwork, fields, members)
        row = table_row(sheet, row, fields, _values("", f"Cộng {name}", fieldwork, [*members]), "parent bold")
    unranked = {unit.unit_id: unit.name_vi for unit in with_forms if unit.unit_group not in groups}
    if unranked:
        row = section_row(sheet, row, fields, "Đơn vị không xếp hạng")
        row = _draw_members(sheet, row, fieldwork, fields, unranked)
    total = _values("", "Tổng cộng", fieldwork, [unit.unit_id for unit in with_forms])
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
