"""Sheet "Điểm điều tra": the index of every unit with its error, its contents and factors, other variants beside it."""

from __future__ import annotations

from collections.abc import Iterable

from sipas.indices import IndexNode, Variant
from sipas.publish.round.disclosure import MIN_FORMS, State, forms_of, hidden_nodes, required_nodes
from sipas.publish.round.surveyresults import Record
from sipas.publish.round.surveysheets import SurveySheets
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Titles, Value
from sipas.publish.xlsx.table import Cell, Field, open_table, section_row, table_row
from sipas.words.numbers import capitalised


def hidden_cell(state: State) -> Cell:
    """What stands in the place of a hidden value."""
    return Cell(f"<{MIN_FORMS}" if state == "small" else "*", "center quiet")


def hidden_legend(say: Wording) -> str:
    """Explains hidden cells."""
    return say.text("workbook_survey.hidden", least=MIN_FORMS)


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


def level_names(survey: SurveySheets) -> list[str]:
    """Words for the levels between the index and its items that it has."""
    levels = {"content": "workbook_survey.contents", "factor": "workbook_survey.factors"}
    return [survey.say.text(key) for level, key in levels.items() if survey.index.of_level(level)]


def draw_survey(sheet: Sheet, survey: SurveySheets) -> None:
    """Write the sub-scores of the survey's index for the province and every unit."""
    say, head, fields = survey.say, survey.round.head, _fields(survey)
    levels = f" {say.text('workbook.and')} ".join(level_names(survey))
    title = say.text("workbook_survey.title", index=survey.index_title, year=head.year, levels=levels)
    titles = Titles(title, (survey.round.place, survey.title, survey.definition), _legend(survey))
    repeated = open_table(sheet, fields, titles)
    row = table_row(sheet, repeated[1] + 1, fields, _values(survey, head.province_id, order=None), "total")
    for unit_group, name in survey.round.groups.items():
        units = survey.asked_units(unit_group)
        if units:
            row = section_row(sheet, row, fields, capitalised(name))
        for order, unit in enumerate(units, start=1):
            row = table_row(sheet, row, fields, _values(survey, unit.unit_id, order=order))
    sheet.set_up(Page(last_row=row - 1, last_col=len(fields) - 1, landscape=True, repeat_rows=repeated, repeat_cols=2))


def _variants_beside(survey: SurveySheets) -> list[Variant]:
    return [variant for variant in survey.results.variants if not variant.official]


def _fields(survey: SurveySheets) -> list[Field]:
    say, index = survey.say, survey.index
    official, beside = say.text("workbook_survey.official"), say.text("workbook_survey.beside")
    content, factor = say.text("workbook_survey.content"), say.text("workbook_survey.factor")
    others: list[Field] = []
    for variant in _variants_beside(survey):
        others.append(Field(say.english("variant", variant.name, variant.label_vi), 11, "right", 2, beside))
        if variant.filter != "all":
            others.append(Field(say.text("workbook_survey.n_of_group"), 9, "right", 0, beside))
    return [
        Field(say.text("sheet.order"), 5, "center", 0),
        Field(say.text("sheet.unit"), 30, "text"),
        Field(say.text("workbook_survey.n"), 8, "right", 0),
        Field(say.text("workbook_survey.value"), 8.5, "right bold", 2, official),
        Field(say.word("printed_number", "std_error"), 8, "right", 2, official),
        Field(say.text("workbook_survey.ci_low"), 8, "right", 2, official),
        Field(say.text("workbook_survey.ci_high"), 8, "right", 2, official),
        *(_node_field(say, node, content, 12.5) for node in index.of_level("content")),
        *(_node_field(say, node, factor, 10.5) for node in index.of_level("factor")),
        *others,
        Field(say.text("workbook_survey.remark"), 15, "text small"),
    ]


def _node_field(say: Wording, node: IndexNode, group: str, width: float) -> Field:
    title = f"{node.node_code}. {say.name(node)}"
    longest = max(map(len, title.split()))  # a word longer than the column would be broken
    return Field(title, max(width, longest + 1.0), "right", 2, group)


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
        return "" if source_vi else survey.say.word("flag", "no_answer")
    codes = ["small_n"] if score["n"] < survey.index.min_n and not source_vi else []
    codes += [code for several in (score["flag"], score["reason"]) for code in several.split(";")]
    words = [survey.say.word("flag", code.strip()) for code in codes]
    return "; ".join(dict.fromkeys(filter(None, words)))


def _legend(survey: SurveySheets) -> tuple[str, ...]:
    say, source = survey.say, survey.results.source_vi
    if source:
        return (say.text("workbook_survey.legend_given", source=source),)
    small = say.text("workbook_survey.legend_small", least=survey.index.min_n)
    hidden = say.text("workbook_survey.legend_hidden", hidden=hidden_legend(say))
    return (say.text("workbook_survey.legend"), small, hidden)
