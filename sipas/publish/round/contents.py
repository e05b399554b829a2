"""Sheet "Mục lục": what the workbook is, its key figures and its sheets."""

from __future__ import annotations

from collections.abc import Sequence

from sipas.publish.labels import format_number, label
from sipas.publish.round.methodfacts import REOPENED
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.sheets import RANKING, SheetPlan
from sipas.publish.round.surveysheets import SurveySheets, survey_sheets
from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles, Value

_WIDTHS = (5.0, 36.0, 18.0, 36.0)
_LAST_COL = len(_WIDTHS) - 1

Figure = tuple[str, Value, str]


def draw_contents(sheet: Sheet, results: RoundResults, plans: Sequence[SheetPlan]) -> None:
    """Write title, warnings, key figures and the list of sheets with links."""
    head = results.head
    sheet.widths(_WIDTHS)
    row = sheet.titles(
        Titles(f"Kết quả đánh giá cải cách hành chính năm {head.year}", (head.province_vi, head.title_vi)),
        (0, _LAST_COL),
    )
    row = _draw_figures(sheet, row, results)
    row = _draw_list(sheet, row + 1, plans)
    for line in _closing(results):
        style = "bold small wrap left" if line.startswith(REOPENED) else "italic small wrap left quiet"
        sheet.merge(Span(row + 1, 0, row + 1, _LAST_COL), line, style)
        sheet.height(row + 1, row_points([(line, sum(_WIDTHS))], size=9))
        row += 1
    sheet.set_up(Page(last_row=row, last_col=_LAST_COL, is_single=True))
    sheet.show_first()


def _draw_figures(sheet: Sheet, row: int, results: RoundResults) -> int:
    sheet.merge(Span(row, 0, row, _LAST_COL), "SỐ LIỆU CHÍNH", "bold left")
    sheet.height(row, 20)
    row += 1
    surveys = survey_sheets(results)
    for survey in surveys:
        row = _draw_part(sheet, row, survey.heading, _survey_figures(survey))
    ranked = [
        (f"Số đơn vị được đánh giá: {results.group_name(rulebook)}", len(results.in_register_order(rulebook)), "")
        for rulebook in results.rulebooks
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


def _survey_figures(survey: SurveySheets) -> list[Figure]:
    fieldwork = survey.results.fieldwork
    if fieldwork is None:
        return [_index_figure(survey)]
    total = fieldwork.sum_forms(survey.round.unit_names)
    return [
        ("Số phiếu phát ra", total["n_issued"], ""),
        ("Số phiếu thu về", total["n_returned"], f"chưa thu về {format_number(total['n_outstanding'], 0)} phiếu"),
        ("Số phiếu hợp lệ", total["n_valid"], f"không hợp lệ {format_number(total['n_rejected'], 0)} phiếu"),
        _index_figure(survey),
    ]


def _index_figure(survey: SurveySheets) -> Figure:
    source_vi = survey.results.source_vi
    score = survey.results.score(survey.round.head.province_id, survey.index.overall.node_code)
    name = f"{survey.index.title_vi} toàn tỉnh (%)"
    if score is None:
        return name, None, "không có giá trị chung của tỉnh" if source_vi else label("flag", "no_answer")
    n = f"n = {format_number(score['n'], 0)}; sai số xem trang điểm điều tra"
    return name, score["value_pct"], f"nguồn: {source_vi}" if source_vi else n


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


def _closing(results: RoundResults) -> list[str]:
    reopened = [fact for fact in results.facts if fact.group_vi == REOPENED]
    return [
        f"Tình trạng: {label('release', 'draft')}",
        *(f"{REOPENED}: {fact.name_vi}, {fact.value}" for fact in reopened),
        f"Mã kết quả (SHA-256): {results.result_hash}",
        f"Phiên bản phần mềm: {results.software_version}",
    ]
