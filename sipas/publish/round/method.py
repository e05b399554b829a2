"""Sheet "Phương pháp": definitions, rules and articles, ranks, draw, hashes: what makes a number checkable."""

from __future__ import annotations

from collections.abc import Mapping

from sipas.publish.round.disclosure import MIN_FORMS
from sipas.publish.round.method_lines import LAST_COL, WIDTHS, Line, fact_sections, grid, heading, section
from sipas.publish.round.method_survey import draw_block, draw_index, draw_lines
from sipas.publish.round.ranking import class_name, class_range
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveysheets import survey_sheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Titles
from sipas.rulebook import Criterion, Rulebook


def draw_method(sheet: Sheet, results: RoundResults) -> None:
    """Write the method sheet section by section."""
    say = results.say
    sheet.widths(WIDTHS)
    title = say.text("workbook_method.title", year=results.head.year)
    row = sheet.titles(Titles(title, (results.place,)), (0, LAST_COL))
    surveys, facts = survey_sheets(results), results.facts
    alone = surveys[0] if len(surveys) == 1 else None
    if alone:
        row = draw_index(sheet, row, alone)
    elif surveys:
        for survey in surveys:
            row = draw_block(sheet, row, survey)
        row = heading(sheet, row, say.text("workbook.common")) - 1
    row = section(sheet, row + 1, say.text("workbook_method.errors_and_release"), _error_lines(say))
    for rulebook in results.rulebooks:
        title = f"{rulebook.title_vi} – {results.group_name(rulebook)}"
        row = section(sheet, row + 1, title, _rulebook_lines(results, rulebook))
        row = grid(sheet, row, _rulebook_head(say), _survey_criteria(results, rulebook))
    if alone:
        row = draw_lines(sheet, row + 1, alone)
        facts = (*alone.results.facts, *facts)
    row = fact_sections(sheet, row, facts)
    row = section(sheet, row + 1, say.text("workbook_method.inputs"), results.input_hashes, mono=True)
    row = section(sheet, row + 1, say.text("workbook_method.results"), _result_lines(results), mono=True)
    sheet.set_up(Page(last_row=row - 1, last_col=LAST_COL))


def _error_lines(say: Wording) -> list[Line]:
    return [
        (say.text("workbook_method.errors_mean"), say.text("workbook_method.errors_mean_words")),
        (say.text("workbook_method.reference"), say.text("workbook_method.reference_words")),
        (say.text("workbook_method.hidden"), say.text("workbook_method.hidden_words", least=MIN_FORMS)),
    ]


def _rulebook_head(say: Wording) -> list[str]:
    return [
        say.text("workbook.score_source"),
        say.text("workbook_units.code"),
        say.text("workbook_method.survey_criterion"),
        say.word("printed_number", "max_points"),
        say.text("workbook_method.rule"),
        say.text("workbook_method.basis"),
    ]


def _rulebook_lines(results: RoundResults, rulebook: Rulebook) -> list[Line]:
    say, rounding, total = results.say, rulebook.rounding, rulebook.rounding.total
    mode, places = say.word("rounding", rounding.mode), {"leaf": rounding.leaf, "total": total, "index": rounding.index}
    lines = [
        ("workbook_method.unit_group", results.group_name(rulebook)),
        ("workbook_method.rulebook_id", rulebook.id),
        ("workbook_method.decision", rulebook.decision),
        ("workbook_method.issued_on", say.day(rulebook.issued)),
        ("workbook_method.source", rulebook.source),
        ("workbook_method.max_points", say.number(rulebook.max_points, total)),
        ("workbook_method.denominator", say.word("denominator", rulebook.denominator)),
        (
            "workbook_method.rounding",
            say.text("workbook_method.places", mode=mode, **places),
        ),
        ("workbook_method.rank_on", say.word("rank_on", rulebook.rank_on)),
        ("workbook_method.ties", say.word("ties", rulebook.ties)),
        ("workbook_method.absent_survey", say.word("absent_survey", rulebook.absent_survey)),
        ("workbook_method.no_cases", say.word("no_cases", rulebook.no_cases)),
        ("workbook_method.bonus_cap", say.number(rulebook.bonus_cap, total)),
        ("workbook_method.penalty_cap", say.number(rulebook.penalty_cap, total)),
        ("workbook_method.classes_by_index", _class_words(say, rulebook)),
        ("workbook_method.unconfirmed", "; ".join(_setting_words(say, name) for name in rulebook.unconfirmed)),
        ("workbook_method.unscored", "; ".join(f"{row.code} {row.name_vi}: {row.reason}" for row in rulebook.unscored)),
        ("workbook_method.remark", say.text("workbook_method.made_up") if rulebook.made_up else ""),
    ]
    return [(say.text(key), value) for key, value in lines if value]


def _class_words(say: Wording, rulebook: Rulebook) -> str:
    names = [class_name(say, rank_class.class_code, rank_class.name_vi) for rank_class in rulebook.classes]
    return "; ".join(f"{name}: {class_range(say, rulebook, position)}" for position, name in enumerate(names))


def _setting_words(say: Wording, name: str) -> str:
    """An unconfirmed setting in words: a field of the rulebook, or `criteria.<code>.<column>`."""
    if not name.startswith("criteria."):
        return say.word("setting", name)
    code, _, column = name.removeprefix("criteria.").rpartition(".")
    return say.text("workbook_method.setting_of", setting=say.word("setting", column), code=code)


def _survey_criteria(results: RoundResults, rulebook: Rulebook) -> list[list[str | int | float | None]]:
    titles = {survey.index.id: results.index_title(survey.index) for survey in results.surveys}
    return [
        [
            results.say.word("score_source", criterion.score_source),
            criterion.code,
            results.say.name(criterion),
            float(criterion.max_points),
            _rule_words(results.say, criterion, titles),
            criterion.article,
        ]
        for criterion in rulebook.in_tree_order()
        if criterion.is_survey and rulebook.tree.is_leaf(criterion.code)
    ]


def _rule_words(say: Wording, criterion: Criterion, titles: Mapping[str, str]) -> str:
    link, words = criterion.link, say.word("rule", criterion.form)
    for name, value in (("low", criterion.low), ("high", criterion.high)):
        if value is not None:
            shown = say.text("workbook.percent", value=say.plain(value)) if link else say.plain(value)
            words += f", {say.word('setting', name)} {shown}"
    if link is None:
        return words
    index = titles[link.index_id] if len(titles) > 1 else ""
    return say.text("workbook_method.linked", rule=words, node=link.node_code, index=index)


def _result_lines(results: RoundResults) -> list[Line]:
    return [
        (results.say.text("workbook_method.round_id"), results.head.id),
        (results.say.text("workbook_method.result_hash"), results.result_hash),
        (results.say.text("workbook_method.software"), results.software_version),
    ]
