"""Sheet "Mục lục": what the workbook is, its key figures and its sheets."""

from __future__ import annotations

from collections.abc import Sequence

from sipas.publish.labels import format_number, label
from sipas.publish.round.pack import REOPENED, IndexFacts, RoundFacts
from sipas.publish.round.sheets import RANKING, SheetPlan
from sipas.publish.round.surveyview import SurveyView, survey_views
from sipas.publish.round.view import PackView
from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles, Value

_WIDTHS = (5.0, 36.0, 18.0, 36.0)
_LAST_COL = len(_WIDTHS) - 1

Figure = tuple[str, Value, str]


def draw_contents(sheet: Sheet, view: PackView, plans: Sequence[SheetPlan]) -> None:
    """Write title, warnings, key figures and the list of sheets with links."""
    facts = view.pack.facts
    sheet.widths(_WIDTHS)
    row = sheet.titles(
        Titles(f"Kết quả đánh giá cải cách hành chính năm {facts.year}", (facts.province_vi, facts.campaign_vi)),
        (0, _LAST_COL),
    )
    row = _draw_figures(sheet, row, view)
    row = _draw_list(sheet, row + 1, plans)
    for line in _closing(view):
        style = "bold small wrap left" if line.startswith(REOPENED) else "italic small wrap left quiet"
        sheet.merge(Span(row + 1, 0, row + 1, _LAST_COL), line, style)
        sheet.height(row + 1, row_points([(line, sum(_WIDTHS))], size=9))
        row += 1
    sheet.set_up(Page(last_row=row, last_col=_LAST_COL, is_single=True))
    sheet.show_first()


def _draw_figures(sheet: Sheet, row: int, view: PackView) -> int:
    sheet.merge(Span(row, 0, row, _LAST_COL), "SỐ LIỆU CHÍNH", "bold left")
    sheet.height(row, 20)
    row += 1
    surveys = survey_views(view)
    for survey in surveys:
        row = _draw_part(sheet, row, survey.heading, _survey_figures(survey))
    ranked = [
        (f"Số đơn vị được đánh giá: {view.pack.groups[book.unit_group]}", len(view.ranking(book)), "")
        for book in view.pack.rulebooks
    ]
    return _draw_part(sheet, row, RANKING if len(surveys) > 1 and ranked else "", ranked)


def _draw_part(sheet: Sheet, row: int, title: str, figures: Sequence[Figure]) -> int:
    """Figures under a title, if they need one; return the next row."""
    if title:
        row = _draw_heading(sheet, row, title)
    for name, value, remark in figures:
        sheet.merge(Span(row, 0, row, 1), name, "cell text")
        sheet.put(row, 2, value, "cell right bold")
        sheet.put(row, 3, remark, "cell text small")
        sheet.height(row, max(18.0, row_points([(name, 41)]), row_points([(remark, 36)], size=9)))
        row += 1
    return row


def _draw_heading(sheet: Sheet, row: int, title: str) -> int:
    sheet.merge(Span(row, 0, row, _LAST_COL), title, "cell area left wrap")
    sheet.height(row, max(18.0, row_points([(title, sum(_WIDTHS) * 0.9)])))
    return row + 1


def _survey_figures(survey: SurveyView) -> list[Figure]:
    index = _index_figure(survey.view, survey.index)
    if not survey.survey.has_forms:
        return [index]
    total = survey.sum_counts(list(survey.view.units))
    return [
        ("Số phiếu phát ra", total.n_issued, ""),
        ("Số phiếu thu về", total.n_returned, f"chưa thu về {format_number(total.n_outstanding, 0)} phiếu"),
        ("Số phiếu hợp lệ", total.n_valid, f"không hợp lệ {format_number(sum(total.rejected), 0)} phiếu"),
        index,
    ]


def _index_figure(view: PackView, index: IndexFacts) -> Figure:
    score = view.score(index, view.pack.facts.province_unit_id, index.overall.node_code, index.official)
    name = f"{index.title_vi} toàn tỉnh (%)"
    if score is None:
        return name, None, "không có giá trị chung của tỉnh" if index.source_vi else label("flag", "no_answer")
    if index.source_vi:
        return name, score.value_pct, f"nguồn: {index.source_vi}"
    return name, score.value_pct, f"n = {format_number(score.n, 0)}; sai số xem trang điểm điều tra"


def _draw_list(sheet: Sheet, row: int, plans: Sequence[SheetPlan]) -> int:
    sheet.merge(Span(row, 0, row, _LAST_COL), "DANH SÁCH TRANG TÍNH", "bold left")
    sheet.height(row, 20)
    row += 1
    sheet.put(row, 0, "STT", "cell head")
    sheet.put(row, 1, "Trang tính", "cell head")
    sheet.merge(Span(row, 2, row, _LAST_COL), "Nội dung", "cell head")
    sheet.height(row, 18)
    row, part = row + 1, ""
    for order, plan in enumerate(plans, start=1):
        if plan.part != part:
            row, part = _draw_heading(sheet, row, plan.part), plan.part
        sheet.put(row, 0, order, "cell center")
        sheet.link(row, 1, (plan.name, "A1"), plan.name, "cell text link")
        sheet.merge(Span(row, 2, row, _LAST_COL), plan.about, "cell text")
        sheet.height(row, max(18.0, row_points([(plan.about, _WIDTHS[2] + _WIDTHS[3])])))
        row += 1
    return row


def release_words(facts: RoundFacts) -> str:
    """Draft, or the number of the release."""
    words = label("release", facts.release)
    return f"{words} số {facts.release_no}" if facts.release == "released" else words


def _closing(view: PackView) -> list[str]:
    facts = view.pack.facts
    reopened = [fact for fact in view.pack.method_facts if fact.group_vi == REOPENED]
    lines = [
        f"Tình trạng: {release_words(facts)}",
        *(f"{REOPENED}: {fact.name_vi}, {fact.value}" for fact in reopened),
        f"Mã kết quả (SHA-256): {facts.result_hash}",
    ]
    if facts.log_head:
        lines.append(f"Đầu nhật ký: {facts.log_head}")
    lines.append(f"Phiên bản phần mềm: {facts.software_version}")
    return lines
