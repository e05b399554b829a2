"""Which sheets the workbook has, in which order, under which names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final

from sipas.publish.labels import label
from sipas.publish.round.batches import draw_batches
from sipas.publish.round.margins import draw_margins
from sipas.publish.round.method import draw_method
from sipas.publish.round.method_lines import COMMON
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

CONTENTS: Final = "Mục lục"
# Heading of the rankings where a round holds several surveys.
RANKING: Final = "Xếp hạng"
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
    names = SheetNames(CONTENTS)
    surveys = survey_sheets(results)
    ranking, common = (RANKING, COMMON) if len(surveys) > 1 else ("", "")
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
    return name[:longest].rstrip(" ,'")


def _group_plans(results: RoundResults, names: SheetNames) -> list[SheetPlan]:
    groups = [(rulebook, results.group_name(rulebook)) for rulebook in results.rulebooks]
    ranked = [names.take("Kết quả", group) for _, group in groups]
    scored = [names.take("Phiếu điểm", group) for _, group in groups]
    detailed = [names.take("Phiếu chi tiết", group) for _, group in groups]
    plans = []
    for (rulebook, group), name, pages in zip(groups, ranked, detailed, strict=True):
        targets = {unit_id: (pages, cell) for unit_id, cell in block_cells(results, rulebook).items()}
        draw = partial(draw_ranking, results=results, rulebook=rulebook, targets=targets)
        plans.append(SheetPlan(name, f"Thứ hạng, điểm, chỉ số và xếp loại của các {group}", draw))
    for (rulebook, group), name in zip(groups, scored, strict=True):
        about = f"Điểm từng lĩnh vực, tiêu chí của các {group}"
        plans.append(SheetPlan(name, about, partial(draw_scores, results=results, rulebook=rulebook)))
    for (rulebook, group), name in zip(groups, detailed, strict=True):
        about = f"Mỗi đơn vị một trang A4: điểm, nguồn chấm, trạng thái, minh chứng ({group})"
        plans.append(SheetPlan(name, about, partial(draw_units, results=results, rulebook=rulebook)))
    return plans


def _survey_plans(survey: SurveySheets, names: SheetNames) -> list[SheetPlan]:
    """Sheets of one survey, those of its index first."""
    title, fieldwork = survey.index.title_vi, survey.results.fieldwork
    values = ", ".join(["giá trị", "sai số", *level_names(survey.index)])
    sheets: list[tuple[str, str, Callable[[Sheet], None]]] = [
        ("Điểm điều tra", f"{title}: {values} theo đơn vị", partial(draw_survey, survey=survey))
    ]
    if survey.has_items:
        of_items = label("item_value", survey.results.item_value)
        about = f"{title}: {of_items} từng tiêu chí theo đơn vị"
        sheets.append(("Theo tiêu chí", about, partial(draw_items, survey=survey)))
    if fieldwork is not None:
        for name, about, draw in _OF_FIELDWORK:
            if draw is not draw_margins or len(fieldwork.margins):
                sheets.append((name, about, partial(draw, survey=survey, fieldwork=fieldwork)))
    return [SheetPlan(names.take(name, survey.tag), about, draw, survey.heading) for name, about, draw in sheets]


_OF_FIELDWORK: Final = (
    ("Tình hình phiếu", "Số phiếu phát ra, thu về, hợp lệ, không hợp lệ theo lý do", draw_returns),
    ("Tệp đã nhận", "Từng tệp phiếu đã nhận và kết quả tiếp nhận từng dòng", draw_batches),
    ("Quyền số", "Mức chênh lệch của quyền số và cỡ mẫu hiệu quả", draw_weights),
    ("Tổng biên", "Tổng quyền số theo biên trước và sau hiệu chỉnh", draw_margins),
)


def _method_plan(results: RoundResults, names: SheetNames) -> SheetPlan:
    about = "Định nghĩa, cách tính, căn cứ, chọn mẫu, mã kiểm chứng của đầu vào"
    return SheetPlan(names.take("Phương pháp"), about, partial(draw_method, results=results))
