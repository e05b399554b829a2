"""Sheet "Phiếu điểm": units by areas and criteria, survey leaves shaded and traceable."""

from __future__ import annotations

from sipas.publish.labels import label
from sipas.publish.round.pack import CriterionFacts, RulebookFacts
from sipas.publish.round.results import book_line
from sipas.publish.round.view import PackView, Result
from sipas.publish.xlsx.matrix import Column, Matrix, Row, draw_matrix
from sipas.publish.xlsx.sheet import Sheet, Titles
from sipas.publish.xlsx.table import Cell

_SUMMARY = "Tổng hợp"
LEGEND = (
    "Ô nền vàng: điểm lấy từ điều tra; rê chuột vào ô để xem địa chỉ truy vết số liệu.",
    "KAD: không áp dụng, không tính vào điểm tối đa của đơn vị. KPS: không phát sinh, không tính điểm. "
    "Số in nghiêng: không phát sinh, chấm theo quy định của bộ tiêu chí.",
)


def trace_address(round_id: str, unit_id: str, rulebook_id: str, code: str) -> str:
    """Address of a number: round/unit/rulebook/criterion."""
    return f"{round_id}/{unit_id}/{rulebook_id}/{code}"


def draw_scores(sheet: Sheet, view: PackView, book: RulebookFacts) -> None:
    """Write the score matrix of `book`'s units, in register order."""
    facts = view.pack.facts
    results = view.results_in_order(book)
    group = view.pack.groups[book.unit_group]
    has_extra = any(one.bonus or one.penalty for one in results)
    draw_matrix(
        sheet,
        Matrix(
            titles=Titles(
                f"Bảng điểm theo lĩnh vực và tiêu chí năm {facts.year}",
                (f"Nhóm xếp hạng: {group} – {facts.province_vi} – {book_line(book)}",),
                LEGEND,
            ),
            columns=(*_criteria(book), *_summary(book, has_extra=has_extra)),
            rows=tuple(_row(view, book, result, has_extra=has_extra) for result in results),
            top_label="Điểm tối đa",
        ),
    )


def _criteria(book: RulebookFacts) -> list[Column]:
    columns = []
    for one in book.criteria:
        root = book.section_of(one.code)
        columns.append(
            Column(
                section=f"{root.code}. {root.name_vi}",
                section_short=f"Lĩnh vực {root.code}" if root.level == "area" else root.code,
                code=one.code,
                name=one.name_vi,
                style=_look(book, one),
                top=one.max_points,
                decimals=book.leaf_decimals,
            )
        )
    return columns


def _look(book: RulebookFacts, one: CriterionFacts) -> str:
    if not one.parent:
        return "area"
    if one.code in book.parents:
        return "parent bold"
    return "survey" if one.is_survey else ""


def _summary(book: RulebookFacts, *, has_extra: bool) -> list[Column]:
    total, short = book.total_decimals, _SUMMARY
    parts = ["Điểm tiêu chí", "Điểm thưởng", "Điểm trừ"] if has_extra else []
    names = [*parts, "Tổng điểm", "Điểm tối đa áp dụng"]
    return [
        *(Column(_SUMMARY, short, "", name, "sum", decimals=total) for name in names),
        Column(_SUMMARY, short, "", "Chỉ số (%)", "sum", decimals=book.index_decimals),
        Column(_SUMMARY, short, "", "Thứ hạng", "sum center", decimals=0),
    ]


def _row(view: PackView, book: RulebookFacts, result: Result, *, has_extra: bool) -> Row:
    cells = tuple(_cell(view, book, result.unit_id, one) for one in book.criteria)
    parts = (result.points, result.bonus, result.penalty) if has_extra else ()
    summary = (*parts, result.total_shown, result.applicable_max, result.index_shown, result.rank)
    return Row(view.unit_name(result.unit_id), (*cells, *summary))


def _cell(view: PackView, book: RulebookFacts, unit_id: str, one: CriterionFacts) -> Cell:
    scored = view.scored(book, unit_id, one.code)
    note = ""
    if one.is_survey and one.code not in book.parents:
        address = trace_address(view.pack.facts.round_id, unit_id, book.rulebook_id, one.code)
        note = f"Địa chỉ truy vết:\n{address}"
    if scored.leaf_status == "not_applicable" or scored.points is None:
        return Cell(label("leaf_status_short", scored.leaf_status) or None, "center italic quiet", note)
    return Cell(scored.points, "italic" if scored.leaf_status == "no_cases" else "", note)
