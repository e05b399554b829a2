"""Sheet "Điểm điều tra": the index of every unit with its error, its contents and factors, other variants beside it."""

from __future__ import annotations

from sipas.publish.labels import LABELS, label, labels
from sipas.publish.round.disclosure import Breakdown, breakdown, forms_of
from sipas.publish.round.pack import IndexFacts, NodeFacts, VariantFacts
from sipas.publish.round.surveyview import SurveyView
from sipas.publish.round.view import PackView, Score
from sipas.publish.xlsx.sheet import Page, Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell, Field, section_row, table_head, table_row

_CONTENT = "Nội dung (%)"
_FACTOR = "Yếu tố (%)"
_OFFICIAL = "Chỉ số chính thức (%)"
_BESIDE = "Giá trị để tham khảo (%)"


def hidden_cell(state: str, min_answers: int) -> Cell:
    """What stands in the place of a hidden value."""
    return Cell(f"<{min_answers}" if state == "small" else "*", "center quiet")


def hidden_legend(min_answers: int) -> str:
    """Explains hidden cells."""
    return (
        f"<{min_answers}: không hiển thị vì có dưới {min_answers} phiếu trả lời hợp lệ. "
        "*: không hiển thị để không suy ra được ô nói trên."
    )


def unit_breakdown(view: PackView, index: IndexFacts, unit_id: str) -> Breakdown:
    """Hidden nodes of a unit in the official variant; nothing is hidden for the province, nor of values that another
    agency gave."""
    if unit_id == view.pack.facts.province_unit_id or index.source_vi:
        return Breakdown({})
    scores = {node.node_code: view.score(index, unit_id, node.node_code, index.official) for node in index.nodes}
    return breakdown(
        index,
        forms_of(index, {code: score.n for code, score in scores.items() if score is not None}),
        required=frozenset(
            node.node_code for node in index.nodes if view.pack.is_required(index.index_id, node.node_code)
        ),
        min_forms=view.pack.min_breakdown,
    )


def variant_name(variant: VariantFacts) -> str:
    """Name of a variant; one without a name is told by its weights and respondents."""
    name = variant.name_vi or LABELS["variant"].get(variant.variant, "")
    return name or f"{label('index_weights', variant.weights)}, {label('respondents', variant.respondents).lower()}"


def level_names(index: IndexFacts) -> list[str]:
    """Words for the levels between the index and its items that it has."""
    return [name for level, name in (("content", "nội dung"), ("factor", "yếu tố")) if index.of_level(level)]


def draw_survey(sheet: Sheet, survey: SurveyView) -> None:
    """Write the sub-scores of the survey's index for the province and every unit."""
    view, index = survey.view, survey.index
    facts = view.pack.facts
    beside = [variant for variant in index.variants if not variant.is_official]
    fields = _fields(index, beside)
    sheet.widths([field.width for field in fields])
    last_col = len(fields) - 1
    levels = " và ".join(level_names(index))
    head = sheet.titles(
        Titles(
            f"{index.title_vi} năm {facts.year}: " + (f"giá trị theo {levels}" if levels else "giá trị và sai số"),
            (f"{facts.province_vi} – {facts.campaign_vi}", survey.title, index.definition_vi),
            _legend(view, index),
        ),
        (0, last_col),
    )
    row = table_head(sheet, head, fields)
    last_head = row - 1
    sheet.freeze(row, 2)
    row = table_row(sheet, row, fields, _values(view, index, facts.province_unit_id, order=None), "total")
    for unit_group, name in view.pack.groups.items():
        units = survey.asked_units(unit_group)
        if units:
            row = section_row(sheet, row, fields, name[:1].upper() + name[1:])
        for order, unit in enumerate(units, start=1):
            row = table_row(sheet, row, fields, _values(view, index, unit.unit_id, order=order))
    sheet.set_up(
        Page(last_row=row - 1, last_col=last_col, landscape=True, repeat_rows=(head, last_head), repeat_cols=2)
    )


def _fields(index: IndexFacts, beside: list[VariantFacts]) -> list[Field]:
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
        others.append(Field(variant_name(variant), 11, "right", 2, _BESIDE))
        if variant.respondents != "all":
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


def _node_field(node: NodeFacts, group: str, width: float) -> Field:
    return Field(f"{node.node_code}. {node.name_vi}", width, "right", 2, group)


def _values(view: PackView, index: IndexFacts, unit_id: str, *, order: int | None) -> list[Value | Cell]:
    score = view.score(index, unit_id, index.overall.node_code, index.official)
    hidden = unit_breakdown(view, index, unit_id)
    values: list[Value | Cell] = ["" if order is None else order, view.unit_name(unit_id)]
    n = score.n if score and not index.source_vi else None
    values += [n, score.value_pct, score.std_error, score.ci_low, score.ci_high] if score else [None] * 5
    for level in ("content", "factor"):
        for node in index.of_level(level):
            values.append(_node_value(view, index, unit_id, node, hidden))
    for variant in index.variants:
        if not variant.is_official:
            values += _beside(view, index, unit_id, variant)
    return [*values, _remark(index, score)]


def _node_value(view: PackView, index: IndexFacts, unit_id: str, node: NodeFacts, hidden: Breakdown) -> Value | Cell:
    score = view.score(index, unit_id, node.node_code, index.official)
    if score is None:
        return None
    state = hidden.state(node.node_code)
    return score.value_pct if state == "shown" else hidden_cell(state, view.pack.min_breakdown)


def _beside(view: PackView, index: IndexFacts, unit_id: str, variant: VariantFacts) -> list[Value | Cell]:
    """A variant over everybody stands as it is; one over a part of the respondents is a breakdown."""
    score = view.score(index, unit_id, index.overall.node_code, variant.variant)
    if variant.respondents == "all":
        return [score.value_pct if score else None]
    if score is None:
        return [None, None]
    few = score.n < view.pack.min_breakdown and unit_id != view.pack.facts.province_unit_id
    return [hidden_cell("small", view.pack.min_breakdown) if few else score.value_pct, score.n]


def _remark(index: IndexFacts, score: Score | None) -> str:
    if score is None:
        return "" if index.source_vi else label("flag", "no_answer")
    codes = ["small_n"] if score.n < index.min_n else []
    codes += [code for code in (score.flag, score.reason) if code]
    return labels("flag", ";".join(codes))


def _legend(view: PackView, index: IndexFacts) -> tuple[str, ...]:
    if index.source_vi:
        return (
            f"Nguồn số liệu: {index.source_vi}. Không rõ số trả lời (n). Giá trị không kèm sai số chuẩn được coi là "
            "không có sai số; khoảng tin cậy không được tính.",
        )
    return (
        "KTC 95 %: khoảng tin cậy 95 %. Sai số chuẩn và khoảng tin cậy chỉ phản ánh phần điều tra. "
        "n: số trả lời hợp lệ của tiêu chí có ít trả lời nhất.",
        f"n nhỏ: n dưới {index.min_n}, giá trị dao động nhiều, cần thận trọng khi so sánh.",
        f"{hidden_legend(view.pack.min_breakdown)} Giá trị dùng để chấm điểm luôn được công bố.",
    )
