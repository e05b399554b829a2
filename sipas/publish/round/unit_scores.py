"""Sheet "Phiếu điểm": units by areas and criteria, survey leaves shaded and traceable."""

from __future__ import annotations

from sipas.publish.labels import label
from sipas.publish.round.ranking import rulebook_line, summary_values
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.xlsx.matrix import Column, Matrix, Row, draw_matrix
from sipas.publish.xlsx.sheet import Sheet, Titles
from sipas.publish.xlsx.table import Cell
from sipas.rulebook import Criterion, Rulebook

_SUMMARY = "Tổng hợp"
LEGEND = (
    "Ô nền vàng: điểm lấy từ điều tra; rê chuột vào ô để xem địa chỉ truy vết số liệu.",
    "KAD: không áp dụng, không tính vào điểm tối đa của đơn vị. KPS: không phát sinh, không tính điểm. "
    "Số in nghiêng: không phát sinh, chấm theo quy định của bộ tiêu chí.",
)


def trace_address(round_id: str, unit_id: str, rulebook_id: str, code: str) -> str:
    """Address of a number: round/unit/rulebook/criterion."""
    return f"{round_id}/{unit_id}/{rulebook_id}/{code}"


def draw_scores(sheet: Sheet, results: RoundResults, rulebook: Rulebook) -> None:
    """Write the score matrix of `rulebook`'s units, in register order."""
    head, has_extra = results.head, results.has_extra(rulebook)
    group, criteria = results.group_name(rulebook), rulebook.in_tree_order()
    draw_matrix(
        sheet,
        Matrix(
            titles=Titles(
                f"Bảng điểm theo lĩnh vực và tiêu chí năm {head.year}",
                (f"Nhóm xếp hạng: {group} – {head.province_vi} – {rulebook_line(rulebook)}",),
                LEGEND,
            ),
            columns=(
                *(_column(rulebook, criterion) for criterion in criteria),
                *_summary(rulebook, has_extra=has_extra),
            ),
            rows=tuple(
                Row(
                    results.unit_name(result["unit_id"]),
                    (
                        *(_cell(results, rulebook, result["unit_id"], criterion) for criterion in criteria),
                        *summary_values(result, has_extra=has_extra),
                        result["rank"],
                    ),
                )
                for result in results.in_register_order(rulebook)
            ),
            top_label="Điểm tối đa",
        ),
    )


def _column(rulebook: Rulebook, criterion: Criterion) -> Column:
    root = rulebook.tree.path(criterion.code)[0]
    return Column(
        section=f"{root.code}. {root.name_vi}",
        section_short=f"Lĩnh vực {root.code}" if root.level == "area" else root.code,
        code=criterion.code,
        name=criterion.name_vi,
        style=criterion_look(rulebook, criterion),
        top=criterion.max_points,
        decimals=rulebook.rounding.leaf,
    )


def criterion_look(rulebook: Rulebook, criterion: Criterion) -> str:
    """How the cells of a criterion look: a root, a parent below one, a survey leaf, any other leaf."""
    if not criterion.parent:
        return "area"
    if not rulebook.tree.is_leaf(criterion.code):
        return "parent bold"
    return "survey" if criterion.is_survey else ""


def _summary(rulebook: Rulebook, *, has_extra: bool) -> list[Column]:
    parts = ["Điểm tiêu chí", "Điểm thưởng", "Điểm trừ"] if has_extra else []
    names = [*parts, "Tổng điểm", "Điểm tối đa áp dụng"]
    return [
        *(Column(_SUMMARY, _SUMMARY, "", name, "sum", decimals=rulebook.rounding.total) for name in names),
        Column(_SUMMARY, _SUMMARY, "", "Chỉ số (%)", "sum", decimals=rulebook.rounding.index),
        Column(_SUMMARY, _SUMMARY, "", "Thứ hạng", "sum center", decimals=0),
    ]


def _cell(results: RoundResults, rulebook: Rulebook, unit_id: str, criterion: Criterion) -> Cell:
    scored = results.scored(rulebook, unit_id, criterion.code)
    note = ""
    if criterion.is_survey and rulebook.tree.is_leaf(criterion.code):
        note = f"Địa chỉ truy vết:\n{trace_address(results.head.id, unit_id, rulebook.id, criterion.code)}"
    if scored["leaf_status"] == "not_applicable" or scored["points"] is None:
        return Cell(label("leaf_status_short", scored["leaf_status"]) or None, "center italic quiet", note)
    return Cell(scored["points"], "italic" if scored["leaf_status"] == "no_cases" else "", note)
