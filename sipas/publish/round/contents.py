"""Sheet "Mục lục": what the workbook is, its key figures and its sheets."""

from __future__ import annotations

from collections.abc import Sequence

from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.sheets import SheetPlan
from sipas.publish.round.surveysheets import SurveySheets, survey_sheets
from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles, Value

_WIDTHS = (5.0, 36.0, 18.0, 36.0)
_LAST_COL = len(_WIDTHS) - 1
_LOUD = "bold small wrap left"

Figure = tuple[str, Value, str]


def draw_contents(sheet: Sheet, results: RoundResults, plans: Sequence[SheetPlan]) -> None:
    """Write title, warnings, key figures and the list of sheets with links."""
    head = results.head
    sheet.widths(_WIDTHS)
    title = results.say.text("workbook_contents.title", year=head.year)
    row = sheet.titles(Titles(title, (head.province_vi, head.title_vi)), (0, _LAST_COL))
    row = _draw_figures(sheet, row, results)
    row = _draw_list(sheet, row + 1, plans)
    for line, style in _closing(results):
        sheet.merge(Span(row + 1, 0, row + 1, _LAST_COL), line, style)
        sheet.height(row + 1, row_points([(line, sum(_WIDTHS))], size=9))
        row += 1
    sheet.set_up(Page(last_row=row, last_col=_LAST_COL, is_single=True))
    sheet.show_first()


def _draw_figures(sheet: Sheet, row: int, results: RoundResults) -> int:
    say = sheet.say
    sheet.merge(Span(row, 0, row, _LAST_COL), say.text("workbook_contents.figures"), "bold left")
    sheet.height(row, 20)
    row += 1
    surveys = survey_sheets(results)
    for survey in surveys:
        row = _draw_part(sheet, row, survey.heading, _survey_figures(survey))
    ranked = [
        (
            say.text("workbook_contents.n_rated", group=results.group_name(book)),
            len(results.in_register_order(book)),
            "",
        )
        for book in results.rulebooks
    ]
    return _draw_part(sheet, row, say.text("workbook.ranking") if len(surveys) > 1 and ranked else "", ranked)


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
    say, fieldwork = survey.say, survey.results.fieldwork
    if fieldwork is None:
        return [_index_figure(survey)]
    total = fieldwork.sum_forms(survey.round.unit_names)
    outstanding = say.text("workbook_contents.outstanding", n=say.number(total["n_outstanding"], 0))
    rejected = say.text("workbook_contents.rejected", n=say.number(total["n_rejected"], 0))
    return [
        (say.text("workbook_contents.issued"), total["n_issued"], ""),
        (say.text("workbook_contents.returned"), total["n_returned"], outstanding),
        (say.text("workbook_contents.valid"), total["n_valid"], rejected),
        _index_figure(survey),
    ]


def _index_figure(survey: SurveySheets) -> Figure:
    say, source = survey.say, survey.results.source_vi
    score = survey.results.score(survey.round.head.province_id, survey.index.overall.node_code)
    name = say.text("workbook_contents.index", index=survey.index_title)
    if score is None:
        no_value = say.text("workbook_contents.no_value") if source else say.word("flag", "no_answer")
        return name, None, no_value
    if source:
        return name, score["value_pct"], say.text("workbook_contents.source", source=source)
    return name, score["value_pct"], say.text("workbook_contents.n", n=say.number(score["n"], 0))


def _draw_list(sheet: Sheet, row: int, plans: Sequence[SheetPlan]) -> int:
    sheet.merge(Span(row, 0, row, _LAST_COL), sheet.say.text("workbook_contents.sheets"), "bold left")
    sheet.height(row, 20)
    row += 1
    sheet.put(row, 0, sheet.say.text("sheet.order"), "cell head")
    sheet.put(row, 1, sheet.say.text("workbook_contents.sheet"), "cell head")
    sheet.merge(Span(row, 2, row, _LAST_COL), sheet.say.text("workbook_contents.about"), "cell head")
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


def _closing(results: RoundResults) -> list[tuple[str, str]]:
    """Last lines and their styles."""
    say = results.say
    reopened = [
        f"{say.text('workbook_method.group_reopened')}: {fact.name}, {fact.value}"
        for fact in results.facts
        if fact.group == "reopened"
    ]
    facts = (
        say.text("workbook_contents.state", state=say.word("release", "draft")),
        *reopened,
        say.text("workbook_contents.result", hash=results.result_hash),
        say.text("workbook_contents.software", version=results.software_version),
    )
    lines = [(line, _LOUD if line in reopened else "italic small wrap left quiet") for line in facts]
    original = results.original
    if original is None:
        return lines
    key = "workbook_contents.original" if original.release_no else "workbook_contents.original_draft"
    words = say.text(key, hash=original.sha256, release_no=original.release_no)
    return [(words, _LOUD), *lines]
