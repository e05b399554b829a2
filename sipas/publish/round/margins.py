"""Sheet "Tổng biên": sums of weights by margin, before and after calibration."""

from __future__ import annotations

from sipas.publish.round.surveyresults import Fieldwork, Record, rows
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.publish.xlsx.table import Field, open_table, section_row, table_row


def draw_margins(sheet: Sheet, survey: SurveySheets, fieldwork: Fieldwork) -> None:
    """Write the sums of weights by margin, before and after calibration, beside their control totals."""
    say, fields = survey.say, _fields(survey.say)
    legend = say.text("workbook_fieldwork.margins_legend")
    titles = Titles(survey.titled("workbook_fieldwork.margins_title"), (survey.round.place,), (legend,))
    repeated = open_table(sheet, fields, titles)
    row, partition = repeated[1] + 1, ""
    for line in _lines(survey, fieldwork):
        if line["partition"] != partition:
            partition = str(line["partition"])
            row = section_row(sheet, row, fields, survey.round.unit_names.get(partition, partition))
        is_known = line["after"] is not None and line["target"] is not None
        gap = line["after"] - line["target"] if is_known else None
        sums = [line["target"], line["before"], line["after"], gap]
        row = table_row(sheet, row, fields, [line["margin"], line["category"], *sums])
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated))


def _fields(say: Wording) -> list[Field]:
    return [
        Field(say.text("workbook_fieldwork.margin"), 30, "text"),
        Field(say.text("workbook_fieldwork.category"), 40, "text"),
        Field(say.text("workbook_fieldwork.target"), 15, "right", 2),
        Field(say.text("workbook_fieldwork.before"), 15, "right", 2),
        Field(say.text("workbook_fieldwork.after"), 15, "right", 2),
        Field(say.text("workbook_fieldwork.gap"), 14, "right", 4),
    ]


def _lines(survey: SurveySheets, fieldwork: Fieldwork) -> list[Record]:
    """Margins with the words of their readers; the step is named where several steps have margins."""
    words: dict[tuple[str, str], str] = {(code.field, code.code): code.cell for code in fieldwork.rules.codes}
    words |= {("unit_id", unit_id): name for unit_id, name in survey.round.unit_names.items()}
    kinds = {step.kind: survey.say.word("weight_step", step.kind).lower() for step in fieldwork.rules.weights.steps}
    has_steps = fieldwork.margins["step"].nunique() > 1
    lines = []
    for line in rows(fieldwork.margins):
        step = f" ({kinds.get(line['step'], line['step'])})" if has_steps else ""
        code = str(line["category"])
        category = survey.say.english(line["margin"], code, words.get((line["margin"], code), code))
        lines.append({**line, "margin": survey.say.word("margin", line["margin"]) + step, "category": category})
    return sorted(lines, key=lambda line: (line["partition"], line["margin"], line["category"]))
