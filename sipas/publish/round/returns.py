"""Sheets "Tình hình phiếu" and "Tệp đã nhận": what became of every form and of every row of every received file."""

from __future__ import annotations

from typing import Final

from sipas.publish.labels import format_date, label
from sipas.publish.round.surveyview import Counts, SurveyView
from sipas.publish.round.view import rows
from sipas.publish.xlsx.sheet import Page, Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell, Field, section_row, table_head, table_row

_REJECTED: Final = "Không hợp lệ (phiếu)"
_LEGEND: Final = (
    "Phát ra = thu về + chưa thu về; thu về = hợp lệ + không hợp lệ. Mỗi phiếu không hợp lệ có đúng một lý do; "
    "phiếu quá hạn được giữ lại và tính là một lý do."
)
_BATCH_FIELDS: Final = (
    Field("STT", 5, "center", 0),
    Field("Lô", 14, "code"),
    Field("Tệp", 46, "text"),
    Field("Ngày nhận", 12, "center"),
    Field("Số dòng", 11, "right", 0),
)
_STATES: Final = ("accepted", "late", "duplicate", "set_aside")
_RARE_STATES: Final = ("superseded", "withdrawn", "waiting")


def draw_returns(sheet: Sheet, survey: SurveyView) -> None:
    """Write the forms of every unit with group sums and a total."""
    facts = survey.view.pack.facts
    fields = _fields(survey)
    sheet.widths([field.width for field in fields])
    last_col = len(fields) - 1
    head = sheet.titles(
        Titles(
            survey.titled(f"Tình hình phát, thu phiếu năm {facts.year}"),
            (f"{facts.province_vi} – {facts.campaign_vi}",),
            (_LEGEND,),
        ),
        (0, last_col),
    )
    row = table_head(sheet, head, fields)
    last_head = row - 1
    sheet.freeze(row, 2)
    row = _draw_units(sheet, row, survey, fields)
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, landscape=True, repeat_rows=(head, last_head)))


def _fields(survey: SurveyView) -> list[Field]:
    return [
        Field("STT", 5, "center", 0),
        Field("Đơn vị", 34, "text"),
        Field("Phát ra", 10, "right", 0),
        Field("Thu về", 10, "right", 0),
        Field("Chưa thu về", 10, "right", 0),
        Field("Hợp lệ", 10, "right", 0),
        Field("Tổng số", 9, "right", 0, _REJECTED),
        *(Field(label("reason", reason), 13, "right", 0, _REJECTED) for reason in survey.reasons),
        Field("Tỷ lệ thu về (%)", 10, "right", 2),
        Field("Tỷ lệ hợp lệ trên phát ra (%)", 12, "right", 2),
    ]


def _draw_units(sheet: Sheet, row: int, survey: SurveyView, fields: list[Field]) -> int:
    view, counts = survey.view, survey.counts
    everybody = [unit_id for unit_id in view.units if unit_id in counts]
    for unit_group, name in view.pack.groups.items():
        members = [unit.unit_id for unit in view.units_of(unit_group) if unit.unit_id in counts]
        if not members:
            continue
        row = section_row(sheet, row, fields, name[:1].upper() + name[1:])
        for order, unit_id in enumerate(members, start=1):
            row = table_row(sheet, row, fields, _values(order, view.unit_name(unit_id), counts[unit_id]))
        total = survey.sum_counts(members)
        row = table_row(sheet, row, fields, _values("", f"Cộng {name}", total), "parent bold")
    rest = [unit_id for unit_id in everybody if view.units[unit_id].unit_group not in view.pack.groups]
    if rest:
        row = section_row(sheet, row, fields, "Đơn vị không xếp hạng")
    for order, unit_id in enumerate(rest, start=1):
        row = table_row(sheet, row, fields, _values(order, view.unit_name(unit_id), counts[unit_id]))
    return table_row(sheet, row, fields, _values("", "Tổng cộng", survey.sum_counts(everybody)), "total")


def _values(order: Value, name: str, counts: Counts) -> list[Value | Cell]:
    return [
        order,
        name,
        counts.n_issued,
        counts.n_returned,
        counts.n_outstanding,
        counts.n_valid,
        sum(counts.rejected),
        *counts.rejected,
        _percent(counts.n_returned, counts.n_issued),
        _percent(counts.n_valid, counts.n_issued),
    ]


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None


def draw_batches(sheet: Sheet, survey: SurveyView) -> None:
    """Write the received files: rows = sum of the states. A rare state has a column only where some row is in it."""
    facts, frame = survey.view.pack.facts, survey.survey.batches
    states = [*_STATES, *(state for state in _RARE_STATES if frame[f"n_{state}"].any())]
    words = [label("row_state", state) for state in states]
    fields = [*_BATCH_FIELDS, *(Field(word, 11, "right", 0) for word in words)]
    sheet.widths([field.width for field in fields])
    last_col = len(fields) - 1
    head = sheet.titles(
        Titles(
            survey.titled(f"Các tệp phiếu đã nhận năm {facts.year}"),
            (f"{facts.province_vi} – {facts.campaign_vi}",),
            (f"Số dòng = {' + '.join(words).lower()}.",),
        ),
        (0, last_col),
    )
    row = table_head(sheet, head, fields)
    sheet.freeze(row, 2)
    columns = ["n_rows", *(f"n_{state}" for state in states)]
    batches = sorted(rows(frame), key=lambda batch: (batch["received_on"], batch["batch_id"]))
    for order, batch in enumerate(batches, start=1):
        about = [batch["batch_id"], batch["file_name"], format_date(batch["received_on"])]
        row = table_row(sheet, row, fields, [order, *about, *(batch[column] for column in columns)])
    sums = [sum(batch[column] for batch in batches) for column in columns]
    row = table_row(sheet, row, fields, ["", "", "Tổng cộng", "", *sums], "total")
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, landscape=True, repeat_rows=(head, head)))
