"""Sheet "Theo tiêu chí": the official value of every item for the province and every unit."""

from __future__ import annotations

from sipas.publish.round.survey_scores import hidden_legend, shown_values
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.xlsx.matrix import Column, Matrix, Row, draw_matrix
from sipas.publish.xlsx.sheet import Sheet, Titles
from sipas.words.numbers import capitalised


def draw_items(sheet: Sheet, survey: SurveySheets) -> None:
    """Write the matrix of units by items of the survey's index; few answers are hidden."""
    say, head, items = survey.say, survey.round.head, survey.index.of_level("item")
    rows = [Row(survey.round.unit_name(head.province_id), shown_values(survey, head.province_id, items), is_total=True)]
    for unit_group, name in survey.round.groups.items():
        units = survey.asked_units(unit_group)
        if units:
            rows.append(Row(capitalised(name)))
        rows += [Row(unit.name_vi, shown_values(survey, unit.unit_id, items)) for unit in units]
    value = say.word("item_value", survey.results.item_value)
    title = say.text("workbook_survey.items_title", index=survey.index_title, year=head.year, value=value)
    draw_matrix(
        sheet,
        Matrix(
            titles=Titles(
                title,
                (say.text("workbook_survey.official_values", place=survey.round.place), survey.title),
                (hidden_legend(say), say.text("workbook_survey.no_answers")),
            ),
            columns=_columns(survey),
            rows=tuple(rows),
        ),
    )


def _columns(survey: SurveySheets) -> tuple[Column, ...]:
    columns = []
    for node in survey.index.of_level("item"):
        above, name = survey.index.tree.node(node.parent), survey.say.name(node)
        section = f"{above.code}. {survey.say.name(above)}"
        columns.append(Column(section, section_short=above.code, code=node.node_code, name=name, decimals=2))
    return tuple(columns)
