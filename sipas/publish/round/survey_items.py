"""Sheet "Theo tiêu chí": the official value of every item for the province and every unit."""

from __future__ import annotations

from sipas.indices import IndexDefinition
from sipas.publish.labels import label
from sipas.publish.round.survey_scores import group_title, hidden_legend, shown_values
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.xlsx.matrix import Column, Matrix, Row, draw_matrix
from sipas.publish.xlsx.sheet import Sheet, Titles


def draw_items(sheet: Sheet, survey: SurveySheets) -> None:
    """Write the matrix of units by items of the survey's index; few answers are hidden."""
    head, index = survey.round.head, survey.index
    items = index.of_level("item")
    rows = [Row("Toàn tỉnh", shown_values(survey, head.province_id, items), is_total=True)]
    for unit_group, name in head.units.groups.items():
        units = survey.asked_units(unit_group)
        if units:
            rows.append(Row(group_title(name)))
        rows += [Row(unit.name_vi, shown_values(survey, unit.unit_id, items)) for unit in units]
    value = label("item_value", survey.results.item_value)
    draw_matrix(
        sheet,
        Matrix(
            titles=Titles(
                f"{index.title_vi} năm {head.year}: {value} theo từng tiêu chí (%)",
                (f"{survey.round.place} – giá trị chính thức", survey.title),
                (hidden_legend(), "Dấu –: không có phiếu trả lời tiêu chí này."),
            ),
            columns=_columns(index),
            rows=tuple(rows),
        ),
    )


def _columns(index: IndexDefinition) -> tuple[Column, ...]:
    columns = []
    for node in index.of_level("item"):
        above = index.tree.node(node.parent)
        section = f"{above.code}. {above.name_vi}"
        columns.append(Column(section, section_short=above.code, code=node.node_code, name=node.name_vi, decimals=2))
    return tuple(columns)
