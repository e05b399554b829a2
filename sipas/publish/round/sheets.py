"""Which sheets the workbook has, in which order, under which names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from itertools import count
from typing import Final

from sipas.publish.labels import label
from sipas.publish.round.items import draw_items
from sipas.publish.round.method import draw_method
from sipas.publish.round.method_page import COMMON
from sipas.publish.round.results import draw_results
from sipas.publish.round.returns import draw_batches, draw_returns
from sipas.publish.round.scores import draw_scores
from sipas.publish.round.survey import draw_survey, level_names
from sipas.publish.round.surveyview import SurveyView, survey_views
from sipas.publish.round.unit_pages import block_cells, draw_units
from sipas.publish.round.view import PackView
from sipas.publish.round.weights import draw_margins, draw_weights
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


def sheet_plans(view: PackView) -> list[SheetPlan]:
    """All sheets after the list of sheets, in order."""
    names = SheetNames(CONTENTS)
    surveys = survey_views(view)
    ranking, common = (RANKING, COMMON) if len(surveys) > 1 else ("", "")
    plans = [replace(plan, part=ranking) for plan in _group_plans(view, names)]
    for survey in surveys:
        plans += _survey_plans(survey, names)
    return [*plans, replace(_method_plan(view, names), part=common)]


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
    """`words about`, with the last words of `about` left out until the whole has at most `longest` characters."""
    whole = f"{words} {about}".strip()
    while len(whole) > longest and about:
        about = about.rpartition(",")[0] if "," in about else about.rpartition(" ")[0]
        whole = f"{words} {about}".strip()
    return whole[:longest].rstrip(" ,'")


def _group_plans(view: PackView, names: SheetNames) -> list[SheetPlan]:
    books = [(book, view.pack.groups[book.unit_group]) for book in view.pack.rulebooks]
    ranked = [names.take("Kết quả", group) for _, group in books]
    scored = [names.take("Phiếu điểm", group) for _, group in books]
    detailed = [names.take("Phiếu chi tiết", group) for _, group in books]
    plans = []
    for (book, group), name, pages in zip(books, ranked, detailed, strict=True):
        targets = {unit_id: (pages, cell) for unit_id, cell in block_cells(view, book).items()}
        draw = partial(draw_results, view=view, book=book, targets=targets)
        plans.append(SheetPlan(name, f"Thứ hạng, điểm, chỉ số và xếp loại của các {group}", draw))
    for (book, group), name in zip(books, scored, strict=True):
        about = f"Điểm từng lĩnh vực, tiêu chí của các {group}"
        plans.append(SheetPlan(name, about, partial(draw_scores, view=view, book=book)))
    for (book, group), name in zip(books, detailed, strict=True):
        about = f"Mỗi đơn vị một trang A4: điểm, nguồn chấm, trạng thái, minh chứng ({group})"
        plans.append(SheetPlan(name, about, partial(draw_units, view=view, book=book)))
    return plans


def _survey_plans(survey: SurveyView, names: SheetNames) -> list[SheetPlan]:
    """Sheets of one survey, those of its index first."""
    frames, title = survey.survey, survey.index.title_vi
    values = ", ".join(["giá trị", "sai số", *level_names(survey.index)])
    plans = [("Điểm điều tra", f"{title}: {values} theo đơn vị", draw_survey)]
    if survey.has_items:
        of_items = label("item_value", survey.index.item_value)
        plans.append(("Theo tiêu chí", f"{title}: {of_items} từng tiêu chí theo đơn vị", draw_items))
    if frames.has_forms:
        plans += [
            ("Tình hình phiếu", "Số phiếu phát ra, thu về, hợp lệ, không hợp lệ theo lý do", draw_returns),
            ("Tệp đã nhận", "Từng tệp phiếu đã nhận và kết quả tiếp nhận từng dòng", draw_batches),
        ]
    if len(frames.weights):
        plans.append(("Quyền số", "Mức chênh lệch của quyền số và cỡ mẫu hiệu quả", draw_weights))
    if len(frames.margins):
        plans.append(("Tổng biên", "Tổng quyền số theo biên trước và sau hiệu chỉnh", draw_margins))
    return [
        SheetPlan(names.take(name, survey.tag), about, partial(draw, survey=survey), survey.heading)
        for name, about, draw in plans
    ]


def _method_plan(view: PackView, names: SheetNames) -> SheetPlan:
    about = "Định nghĩa, cách tính, căn cứ, chọn mẫu, mã kiểm chứng của đầu vào"
    return SheetPlan(names.take("Phương pháp"), about, partial(draw_method, view=view))
