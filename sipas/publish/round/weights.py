"""Sheet "Quyền số": how unequal the weights are after every step."""

from __future__ import annotations

from typing import Final

from sipas.publish.round.surveyresults import Fieldwork
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.publish.xlsx.table import Field, open_table, table_row

_COLUMNS: Final = ("n", "sum", "min", "max", "cv", "kish_deff", "kish_n")


def draw_weights(sheet: Sheet, survey: SurveySheets, fieldwork: Fieldwork) -> None:
    """Write the report of the weights: the whole survey after every step, then the final weights of every unit."""
    say, fields = survey.say, _fields(survey.say)
    legend = say.text("workbook_fieldwork.weights_legend")
    scope = say.text("workbook_fieldwork.weights_scope", all=survey.all_units)
    titles = Titles(survey.titled("workbook_fieldwork.weights_title"), (survey.round.place,), (legend, scope))
    repeated = open_table(sheet, fields, titles)
    row = repeated[1] + 1
    order = {unit_id: place for place, unit_id in enumerate(["", *survey.round.unit_names])}
    shown = [line for line in fieldwork.weights if not line["unit_id"] or line["weight_step"] == "final"]
    for line in sorted(shown, key=lambda line: (order[line["unit_id"]], line["step_no"])):
        scope = survey.round.unit_name(line["unit_id"]) if line["unit_id"] else survey.all_units
        step = say.word("weight_step", line["weight_step"]) + (f" ({line['step_name']})" if line["step_name"] else "")
        values = [scope, step, *(line[name] for name in _COLUMNS)]
        row = table_row(sheet, row, fields, values, "" if line["unit_id"] else "parent bold")
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated))


def _fields(say: Wording) -> list[Field]:
    return [
        Field(say.text("workbook_fieldwork.scope"), 32, "text"),
        Field(say.text("workbook_fieldwork.step"), 34, "text"),
        Field("n", 9, "right", 0),
        Field(say.text("workbook_fieldwork.sum"), 13, "right", 2),
        Field(say.text("workbook_fieldwork.min"), 11, "right", 4),
        Field(say.text("workbook_fieldwork.max"), 11, "right", 4),
        Field(say.text("workbook_fieldwork.cv"), 10, "right", 4),
        Field(say.text("workbook_fieldwork.kish_deff"), 11, "right", 4),
        Field(say.text("workbook_fieldwork.kish_n"), 11, "right", 1),
    ]
