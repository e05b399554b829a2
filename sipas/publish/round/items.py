"""Sheet "Theo tiêu chí": the official value of every item for the province and every unit."""

from __future__ import annotations

from sipas.publish.labels import label
from sipas.publish.round.pack import IndexFacts
from sipas.publish.round.survey import hidden_cell, hidden_legend, unit_breakdown
from sipas.publish.round.surveyview import SurveyView
from sipas.publish.round.view import PackView
from sipas.publish.xlsx.matrix import Column, Matrix, Row, draw_matrix
from sipas.publish.xlsx.sheet import Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell


def draw_items(sheet: Sheet, survey: SurveyView) -> None:
    """Write the matrix of units by items of the survey's index; few answers are hidden."""
    view, index = survey.view, survey.index
    facts, value = view.pack.facts, label("item_value", index.item_value)
    rows = [Row("Toàn tỉnh", _values(view, index, facts.province_unit_id), is_total=True)]
    for unit_group, name in view.pack.groups.items():
        units = survey.asked_units(unit_group)
        if units:
            rows.append(Row(name[:1].upper() + name[1:]))
        rows += [Row(unit.name_vi, _values(view, index, unit.unit_id)) for unit in units]
    draw_matrix(
        sheet,
        Matrix(
            titles=Titles(
                f"{index.title_vi} năm {facts.year}: {value} theo từng tiêu chí (%)",
                (f"{facts.province_vi} – {facts.campaign_vi} – giá trị chính thức", survey.title),
                (hidden_legend(view.pack.min_breakdown), "Dấu –: không có phiếu trả lời tiêu chí này."),
            ),
            columns=_columns(index),
            rows=tuple(rows),
        ),
    )


def _columns(index: IndexFacts) -> tuple[Column, ...]:
    by_code = {node.node_code: node for node in index.nodes}
    columns = []
    for node in index.of_level("item"):
        above = by_code[node.parent]
        columns.append(
            Column(
                section=f"{above.node_code}. {above.name_vi}",
                section_short=above.node_code,
                code=node.node_code,
                name=node.name_vi,
                decimals=2,
            )
        )
    return tuple(columns)


def _values(view: PackView, index: IndexFacts, unit_id: str) -> tuple[Value | Cell, ...]:
    hidden = unit_breakdown(view, index, unit_id)
    values: list[Value | Cell] = []
    for node in index.of_level("item"):
        score = view.score(index, unit_id, node.node_code, index.official)
        state = hidden.state(node.node_code)
        if score is None:
            values.append(None)
        else:
            values.append(score.value_pct if state == "shown" else hidden_cell(state, view.pack.min_breakdown))
    return tuple(values)
