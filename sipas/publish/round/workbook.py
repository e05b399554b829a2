"""The workbook of a round: plans the sheets, draws them, gives the bytes."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from sipas.publish.round.check import check_results
from sipas.publish.round.contents import draw_contents
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.sheets import sheet_plans
from sipas.publish.xlsx.sheet import Running, Sheet
from sipas.publish.xlsx.styles import Styles, text_workbook

_HASH_SHOWN: Final = 12
_RUNNING_LENGTH: Final = 80


def round_workbook(results: RoundResults) -> bytes:
    """The .xlsx of a round: the same results, in any row order, give the same bytes.

    Raises FaultsFound `publish.results` for results that do not hold together, DataError `words.no_word` for a code
    without words, `publish.text_too_long`, `publish.sheet_full`.
    """
    check_results(results)
    buffer, head, say = BytesIO(), results.head, results.say
    title = say.text("workbook.title", province=head.province_vi, year=head.year)
    workbook = text_workbook(buffer, title=title, subject=head.id)
    styles, running = Styles(workbook), _running(results)
    plans, contents = sheet_plans(results), say.text("workbook.contents")
    draw_contents(Sheet(workbook.add_worksheet(contents), styles, running, say), results, plans)
    for plan in plans:
        sheet = Sheet(workbook.add_worksheet(plan.name), styles, running, say)
        sheet.link(0, 0, (contents, "A1"), say.text("workbook.back"), "link small")
        plan.draw(sheet)
    workbook.close()
    return buffer.getvalue()


def _running(results: RoundResults) -> Running:
    head, say = results.head, results.say
    marks = [say.text("workbook.translated")] if results.original else []
    marks += [say.text("workbook.made_up")] if results.is_made_up else []
    result_hash = results.result_hash[:_HASH_SHOWN]
    return Running(
        head_left=say.text("workbook.head", province=head.province_vi[:_RUNNING_LENGTH], year=head.year),
        head_right=" – ".join(marks) or say.word("release", "draft"),
        foot_left=say.text("workbook.foot", id=head.id[:_RUNNING_LENGTH], hash=result_hash),
        warning=say.word("notice", "made_up") if results.is_made_up else "",
    )
