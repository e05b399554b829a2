"""Which sheets the workbook has, in which order, under which names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final

from sipas.publish.round.batches import draw_batches
from sipas.publish.round.margins import draw_margins
from sipas.publish.round.method import draw_method
from sipas.publish.round.ranking import draw_ranking
from sipas.publish.round.returns import draw_returns
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.survey_items import draw_items
from sipas.publish.round.survey_scores import draw_survey, level_names
from sipas.publish.round.surveysheets import SurveySheets, survey_sheets
from sipas.publish.round.unit_scores import draw_scores
from sipas.publish.round.unit_sheets import block_cells, draw_units
from sipas.publish.round.weights import draw_weights
from sipas.publish.xlsx.sheet import Sheet

_LONGEST: Final = 31


@dataclass(frozen=True)
class SheetPlan:
    """A sheet: its name, one line on what it shows, how it is drawn, and the heading it is listed under ("": none)."""

    name: str
    about: str
    draw: Callable[[Sheet], None]
    part: str = ""


def sheet_plans(results: RoundResults) -> list[SheetPlan]:
    """All sheets after the list of sheets, in order."""
    say, surveys = results.say, survey_sheets(results)
    names = SheetNames(say.text("workbook.contents"))
    ranking, common = (say.text("workbook.ranking"), say.text("workbook.common")) if len(surveys) > 1 else ("", "")
    plans = [replace(plan, part=ranking) for plan in _group_plans(results, names)]
    for survey in surveys:
        plans += _survey_plans(survey, names)
    return [*plans, replace(_method_plan(results, names), part=common)]


class SheetNames:
    """Names that Excel accepts: at most 31 characters, none of []:*?/\\, each once whatever its case."""

    def __init__(self, *taken: str) -> None:
        self._taken = {name.casefold() for name in taken}

    def take(self, words: str, about: str = "") -> str:
        """A free name made of `words` and as much of `about` as there is room for, cut at a comma or blank."""
        start = _allowed(words)
        for number in count(1):
            suffix = f" ({number})" if number > 1 else ""
            name = _cut(start, _allowed(about), _LONGEST - len(suffix)) + suffix
            if name.casefold() not in self._taken:
                self._taken.add(name.casefold())
                return name
        raise AssertionError("count() does not end")


def _allowed(text: str) -> str:
    return re.sub(r"[\[\]:*?/\\]+", "-", " ".join(text.split())).strip("'")


def _cut(words: str, about: str, longest: int) -> str:
    """`words about`, with the last words of `about` left out until it has at most `longest` characters."""
    name = f"{words} {about}".strip()
    while len(name) > longest and about:
        about = about.rpartition(",")[0] if "," in about else about.rpartition(" ")[0]
        name = f"{words} {about}".strip()
    return name[:longest].rstrip(" ,–'")


def _group_plans(results: RoundResults, names: SheetNames) -> list[SheetPlan]:
    groups = [(rulebook, results.group_name(rulebook)) for rulebook in results.rulebooks]
    say, plans = results.say, []
    ranked = [names.take(say.text("workbook_sheets.ranking"), group) for _, group in groups]
    scored = [names.take(say.text("workbook_sheets.scores"), group) for _, group in groups]
    detailed = [names.take(say.text("workbook_sheets.units"), group) for _, group in groups]
    for (rulebook, group), name, pages in zip(groups, ranked, detailed, strict=True):
        targets = {unit_id: (pages, cell) for unit_id, cell in block_cells(results, rulebook).items()}
        draw = partial(draw_ranking, results=results, rulebook=rulebook, targets=targets)
        plans.append(SheetPlan(name, say.text("workbook_sheets.ranking_about", group=group), draw))
    for (rulebook, group), name in zip(groups, scored, strict=True):
        about = say.text("workbook_sheets.scores_about", group=group)
        plans.append(SheetPlan(name, about, partial(draw_scores, results=results, rulebook=rulebook)))
    for (rulebook, group), name in zip(groups, detailed, strict=True):
        about = say.text("workbook_sheets.units_about", group=group)
        plans.append(SheetPlan(name, about, partial(draw_units, results=results, rulebook=rulebook)))
    return plans


def _survey_plans(survey: SurveySheets, names: SheetNames) -> list[SheetPlan]:
    """Sheets of one survey, those of its index first."""
    say, title, fieldwork = survey.say, survey.index_title, survey.results.fieldwork
    values = ", ".join([say.text("workbook_sheets.value"), say.text("workbook_sheets.error"), *level_names(survey)])
    about = say.text("workbook_sheets.survey_about", index=title, values=values)
    sheets: list[tuple[str, str, Callable[[Sheet], None]]] = [
        (say.text("workbook_sheets.survey"), about, partial(draw_survey, survey=survey))
    ]
    if survey.has_items:
        value = say.word("item_value", survey.results.item_value)
        about = say.text("workbook_sheets.items_about", index=title, value=value)
        sheets.append((say.text("workbook_sheets.items"), about, partial(draw_items, survey=survey)))
    if fieldwork is not None:
        for name, about, draw in _OF_FIELDWORK:
            if draw is not draw_margins or len(fieldwork.margins):
                drawn = partial(draw, survey=survey, fieldwork=fieldwork)
                sheets.append((say.text(name), say.text(about), drawn))
    return [SheetPlan(names.take(name, survey.tag), about, draw, survey.heading) for name, about, draw in sheets]


_OF_FIELDWORK: Final = (
    ("workbook_sheets.returns", "workbook_sheets.returns_about", draw_returns),
    ("workbook_sheets.batches", "workbook_sheets.batches_about", draw_batches),
    ("workbook_sheets.weights", "workbook_sheets.weights_about", draw_weights),
    ("workbook_sheets.margins", "workbook_sheets.margins_about", draw_margins),
)


def _method_plan(results: RoundResults, names: SheetNames) -> SheetPlan:
    name, about = results.say.text("workbook_sheets.method"), results.say.text("workbook_sheets.method_about")
    return SheetPlan(names.take(name), about, partial(draw_method, results=results))
