"""Sheet "Quyền số": how unequal the weights are after every step."""

from __future__ import annotations

from typing import Final

from sipas.publish.labels import label
from sipas.publish.round.surveyresults import Fieldwork
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.publish.xlsx.table import Field, open_table, table_row

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
_COLUMNS: Final = ("n", "sum", "min", "max", "cv", "kish_deff", "kish_n")
_LEGEND: Final = (
    "Quyền số cuối cùng là tích của các hệ số. Hệ số biến thiên = độ lệch chuẩn / trung bình. "
    "Hệ số thiết kế theo Kish = 1 + bình phương hệ số biến thiên. Cỡ mẫu hiệu quả = n / hệ số thiết kế theo Kish."
)


def draw_weights(sheet: Sheet, survey: SurveySheets, fieldwork: Fieldwork) -> None:
    """Write the report of the weights: the whole survey after every step, then the final weights of every unit."""
    scope = f"{survey.all_units}: quyền số sau từng bước. Từng đơn vị: quyền số cuối cùng."
    repeated = open_table(
        sheet, _FIELDS, Titles(survey.titled("Báo cáo quyền số"), (survey.round.place,), (_LEGEND, scope))
    )
    row = repeated[1] + 1
    order = {unit_id: place for place, unit_id in enumerate(["", *survey.round.unit_names])}
    shown = [line for line in fieldwork.weights if not line["unit_id"] or line["weight_step"] == "final"]
    for line in sorted(shown, key=lambda line: (order[line["unit_id"]], line["step_no"])):
        scope = survey.round.unit_name(line["unit_id"]) if line["unit_id"] else survey.all_units
        step = label("weight_step", line["weight_step"]) + (f" ({line['step_name']})" if line["step_name"] else "")
        values = [scope, step, *(line[name] for name in _COLUMNS)]
        row = table_row(sheet, row, _FIELDS, values, "" if line["unit_id"] else "parent bold")
    sheet.set_up(Page(last_row=row - 1, last_col=len(_FIELDS) - 1, landscape=True, repeat_rows=repeated))
