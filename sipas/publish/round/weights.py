"""Sheet "Quyền số": how unequal the weights are, and the margins before and after calibration."""

from __future__ import annotations

from typing import Final

from sipas.publish.labels import label
from sipas.publish.round.surveyview import SurveyView
from sipas.publish.round.view import rows
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.publish.xlsx.table import Field, section_row, table_head, table_row

_FIELDS: Final = (
    Field("Phạm vi", 32, "text"),
    Field("Bước", 34, "text"),
    Field("n", 9, "right", 0),
    Field("Tổng", 13, "right", 2),
    Field("Nhỏ nhất", 11, "right", 4),
    Field("Lớn nhất", 11, "right", 4),
    Field("Hệ số biến thiên", 10, "right", 4),
    Field("Hệ số thiết kế theo Kish", 11, "right", 4),
    Field("Cỡ mẫu hiệu quả", 11, "right", 1),
)
_MARGIN_FIELDS: Final = (
    Field("Biên", 30, "text"),
    Field("Nhóm", 40, "text"),
    Field("Tổng số kiểm soát", 15, "right", 2),
    Field("Trước hiệu chỉnh", 15, "right", 2),
    Field("Sau hiệu chỉnh", 15, "right", 2),
    Field("Chênh lệch sau hiệu chỉnh", 14, "right", 4),
)
_MARGIN_LEGEND: Final = (
    "Mỗi dòng là tổng quyền số của người trả lời thuộc nhóm. Sau hiệu chỉnh, tổng phải bằng tổng số kiểm soát."
)
_LEGEND: Final = (
    "Quyền số cuối cùng là tích của các hệ số. Hệ số biến thiên = độ lệch chuẩn / trung bình. "
    "Hệ số thiết kế theo Kish = 1 + bình phương hệ số biến thiên. Cỡ mẫu hiệu quả = n / hệ số thiết kế theo Kish."
)


def draw_weights(sheet: Sheet, survey: SurveyView) -> None:
    """Write the report of the weights: the whole survey after every step, then the final weights of every unit."""
    facts = survey.view.pack.facts
    sheet.widths([field.width for field in _FIELDS])
    last_col = len(_FIELDS) - 1
    head = sheet.titles(
        Titles(
            survey.titled(f"Báo cáo quyền số năm {facts.year}"),
            (f"{facts.province_vi} – {facts.campaign_vi}",),
            (_LEGEND, f"{survey.whole}: quyền số sau từng bước. Từng đơn vị: quyền số cuối cùng."),
        ),
        (0, last_col),
    )
    row = table_head(sheet, head, _FIELDS)
    last_head = row - 1
    sheet.freeze(row, 2)
    order = {unit_id: place for place, unit_id in enumerate(["", facts.province_unit_id, *survey.view.units])}
    shown = [one for one in rows(survey.survey.weights) if not one["unit_id"] or one["weight_step"] == "final"]
    for one in sorted(shown, key=lambda one: (order[one["unit_id"]], one["step_no"])):
        step = label("weight_step", one["weight_step"]) + (f" ({one['step_name']})" if one["step_name"] else "")
        values = [survey.scope_name(one["unit_id"]), step, one["n"]]
        values += [one[name] for name in ("weight_sum", "weight_min", "weight_max", "cv", "kish_deff", "kish_n")]
        row = table_row(sheet, row, _FIELDS, values, "" if one["unit_id"] else "parent bold")
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, landscape=True, repeat_rows=(head, last_head)))


def draw_margins(sheet: Sheet, survey: SurveyView) -> None:
    """Write the sums of weights by margin, before and after calibration, beside their control totals."""
    facts = survey.view.pack.facts
    fields = _MARGIN_FIELDS
    sheet.widths([field.width for field in fields])
    last_col = len(fields) - 1
    head = sheet.titles(
        Titles(
            survey.titled(f"Tổng biên trước và sau hiệu chỉnh năm {facts.year}"),
            (f"{facts.province_vi} – {facts.campaign_vi}",),
            (_MARGIN_LEGEND,),
        ),
        (0, last_col),
    )
    row = table_head(sheet, head, fields)
    sheet.freeze(row, 2)
    partition = ""
    for one in sorted(rows(survey.survey.margins), key=lambda one: one["partition"]):
        if one["partition"] != partition:
            partition = one["partition"]
            row = section_row(sheet, row, fields, survey.view.partition_name(partition))
        gap = None if one["after"] is None or one["target"] is None else one["after"] - one["target"]
        values = [one["margin_vi"], one["category_vi"], one["target"], one["before"], one["after"], gap]
        row = table_row(sheet, row, fields, values)
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, landscape=True, repeat_rows=(head, head)))
