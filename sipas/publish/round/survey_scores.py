"""Sheet "Điểm điều tra": the index of every unit with its error, its contents and factors, other variants beside it."""

from __future__ import annotations

from collections.abc import Iterable

from sipas.indices import IndexDefinition, IndexNode, Variant
from sipas.publish.labels import label, labels
from sipas.publish.round.disclosure import MIN_FORMS, State, forms_of, hidden_nodes, required_nodes
from sipas.publish.round.surveyresults import Record
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.xlsx.sheet import Page, Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell, Field, open_table, section_row, table_row

_CONTENT = "Nội dung (%)"
_FACTOR = "Yếu tố (%)"
_OFFICIAL = "Chỉ số chính thức (%)"
_BESIDE = "Giá trị để tham khảo (%)"


def hidden_cell(state: State) -> Cell:
    """What stands in the place of a hidden value."""
    return Cell(f"<{MIN_FORMS}" if state == "small" else "*", "center quiet")


def hidden_legend() -> str:
    """Explains hidden cells."""
    return (
        f"<{MIN_FORMS}: không hiển thị vì có dưới {MIN_FORMS} phiếu trả lời hợp lệ. "
        "*: không hiển thị để không suy ra được ô nói trên."
    )


def shown_values(survey: SurveySheets, unit_id: str, nodes: Iterable[IndexNode]) -> tuple[Value | Cell, ...]:
    """Official values of a unit at some nodes, as far as they may be shown."""
    hidden, values = _hidden_of_unit(survey, unit_id), list[Value | Cell]()
    for node in nodes:
        score, state = survey.results.score(unit_id, node.node_code), hidden.get(node.node_code)
        values.append(hidden_cell(state) if score is not None and state else _part(score, "value_pct"))
    return tuple(values)


def _part(score: Record | None, name: str) -> Value:
    return None if score is None else score[name]


def _hidden_of_unit(survey: SurveySheets, unit_id: str) -> dict[str, State]:
    """Hidden nodes of a unit in the official variant; nothing is hidden for the province, nor of values that another
    agency gave."""
    if unit_id == survey.round.head.province_id or survey.results.source_vi:
        return {}
    index = survey.index
    scores = {node.node_code: survey.results.score(unit_id, node.node_code) for node in index.nodes}
    forms = forms_of(index, {code: score["n"] for code, score in scores.items() if score is not None})
    return hidden_nodes(index, forms, required_nodes(survey.round.rulebooks, index))


def level_names(index: IndexDefinition) -> list[str]:
    """Words for the levels between the index and its items that it has."""
    return [name for level, name in (("content", "nội dung"), ("factor", "yếu tố")) if index.of_level(level)]


def group_title(name: str) -> str:
    """Name of a group of units as a heading."""
    return name[:1].upper() + name[1:]


def draw_survey(sheet: Sheet, survey: SurveySheets) -> None:
    """Write the sub-scores of the survey's index for the province and every unit."""
    head, index = survey.round.head, survey.index
    fields = _fields(index, _variants_beside(survey))
    levels = " và ".join(level_names(index))
    titles = Titles(
        f"{index.title_vi} năm {head.year}: " + (f"giá trị theo {levels}" if levels else "giá trị và sai số"),
        (survey.round.place, survey.title, survey.definition_vi),
        _legend(survey),
    )
    repeated = open_table(sheet, fields, titles)
    row = table_row(sheet, repeated[1] + 1, fields, _values(survey, head.province_id, order=None), "total")
    for unit_group, name in head.units.groups.items():
        units = survey.asked_units(unit_group)
        if units:
            row = section_row(sheet, row, fields, group_title(name))
        for order, unit in enumerate(units, start=1):
            row = table_row(sheet, row, fields, _values(survey, unit.unit_id, order=order))
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated, repeat_cols=2))


def _variants_beside(survey: SurveySheets) -> list[Variant]:
    return [variant for variant in survey.results.variants if not variant.official]


def _fields(index: IndexDefinition, beside: list[Variant]) -> list[Field]:
    official = [
        Field(title, width, style, 2, _OFFICIAL)
        for title, width, style in (
            ("Giá trị", 8.5, "right bold"),
            ("Sai số chuẩn", 8, "right"),
            ("KTC 95 %: từ", 8, "right"),
            ("KTC 95 %: đến", 8, "right"),
        )
    ]
    others: list[Field] = []
    for variant in beside:
        others.append(Field(variant.label_vi, 11, "right", 2, _BESIDE))
        if variant.filter != "all":
            others.append(Field("Số trả lời của nhóm này", 9, "right", 0, _BESIDE))
    return [
        Field("STT", 5, "center", 0),
        Field("Đơn vị", 30, "text"),
        Field("Số trả lời (n)", 8, "right", 0),
        *official,
        *(_node_field(node, _CONTENT, 12.5) for node in index.of_level("content")),
        *(_node_field(node, _FACTOR, 10.5) for node in index.of_level("factor")),
        *others,
        Field("Ghi chú", 15, "text small"),
    ]


def _node_field(node: IndexNode, group: str, width: float) -> Field:
    return Field(f"{node.node_code}. {node.name_vi}", width, "right", 2, group)


def _values(survey: SurveySheets, unit_id: str, *, order: int | None) -> list[Value | Cell]:
    index, results = survey.index, survey.results
    score = results.score(unit_id, index.overall.node_code)
    values: list[Value | Cell] = ["" if order is None else order, survey.round.unit_name(unit_id)]
    values.append(None if results.source_vi else _part(score, "n"))
    values += [_part(score, name) for name in ("value_pct", "std_error", "ci_low", "ci_high")]
    values += shown_values(survey, unit_id, (*index.of_level("content"), *index.of_level("factor")))
    for variant in _variants_beside(survey):
        values += _beside(survey, unit_id, variant)
    return [*values, _remark(survey, score)]


def _beside(survey: SurveySheets, unit_id: str, variant: Variant) -> list[Value | Cell]:
    """A variant over everybody stands as it is; one over a part of the respondents is a breakdown."""
    score = survey.results.score(unit_id, survey.index.overall.node_code, variant.name)
    if variant.filter == "all":
        return [_part(score, "value_pct")]
    if score is None:
        return [None, None]
    is_hidden = score["n"] < MIN_FORMS and unit_id != survey.round.head.province_id
    return [hidden_cell("small") if is_hidden else score["value_pct"], score["n"]]


def _remark(survey: SurveySheets, score: Record | None) -> str:
    source_vi = survey.results.source_vi
    if score is None:
        return "" if source_vi else label("flag", "no_answer")
    codes = ["small_n"] if score["n"] < survey.index.min_n and not source_vi else []
    codes += [code for code in (score["flag"], score["reason"]) if code]
    return labels("flag", ";".join(codes))


def _legend(survey: SurveySheets) -> tuple[str, ...]:
    if survey.results.source_vi:
        return (
            f"Nguồn số liệu: {survey.results.source_vi}. Không rõ số trả lời (n). Giá trị không kèm sai số chuẩn được "
            "coi là không có sai số; khoảng tin cậy không được tính.",
        )
    return (
        "KTC 95 %: khoảng tin cậy 95 %. Sai số chuẩn và khoảng tin cậy chỉ phản ánh phần điều tra. "
        "n: số trả lời hợp lệ của tiêu chí có ít trả lời nhất.",
        f"n nhỏ: n dưới {survey.index.min_n}, giá trị dao động nhiều, cần thận trọng khi so sánh.",
        f"{hidden_legend()} Giá trị dùng để chấm điểm luôn được công bố.",
    )
