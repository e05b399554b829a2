"""The workbook of a round: plans the sheets, draws them, gives the bytes."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from sipas.publish.labels import MADE_UP, label
from sipas.publish.round.check import check_results
from sipas.publish.round.contents import draw_contents
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.sheets import CONTENTS, sheet_plans
from sipas.publish.xlsx.sheet import Running, Sheet
from sipas.publish.xlsx.styles import Styles, text_workbook

_HASH_SHOWN: Final = 12
_RUNNING_LENGTH: Final = 80


def round_workbook(results: RoundResults) -> bytes:
    """The .xlsx of a round: the same results, in any row order, give the same bytes.

    Raises FaultsFound `publish.results` for results that do not hold together, DataError `publish.no_label` for a code
    without Vietnamese words, `publish.text_too_long`, `publish.sheet_full`.
    """
    check_results(results)
    buffer, head = BytesIO(), results.head
    title = f"Kết quả đợt đánh giá {head.province_vi} năm {head.year}"
    workbook = text_workbook(buffer, title=title, subject=head.id)
    styles, running = Styles(workbook), _running(results)
    plans = sheet_plans(results)
    draw_contents(Sheet(workbook.add_worksheet(CONTENTS), styles, running), results, plans)
    for plan in plans:
        sheet = Sheet(workbook.add_worksheet(plan.name), styles, running)
        sheet.link(0, 0, (CONTENTS, "A1"), "← Về mục lục", "link small")
        plan.draw(sheet)
    workbook.close()
    return buffer.getvalue()


def _running(results: RoundResults) -> Running:
    head = results.head
    return Running(
        head_left=f"{head.province_vi[:_RUNNING_LENGTH]} – Chỉ số CCHC và mức độ hài lòng năm {head.year}",
        head_right="SỐ LIỆU GIẢ LẬP" if results.is_made_up else label("release", "draft"),
        foot_left=f"{head.id[:_RUNNING_LENGTH]} – mã kết quả {results.result_hash[:_HASH_SHOWN]}",
        warning=MADE_UP if results.is_made_up else "",
    )
