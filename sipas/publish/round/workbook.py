"""The workbook of a round: plans the sheets, draws them, gives the bytes."""

from __future__ import annotations

from io import BytesIO
from typing import Final

from sipas.publish.labels import MADE_UP, TRAINING
from sipas.publish.round.check import checked
from sipas.publish.round.contents import draw_contents, release_words
from sipas.publish.round.pack import RoundFacts, RoundPack
from sipas.publish.round.sheets import CONTENTS, sheet_plans
from sipas.publish.round.view import PackView
from sipas.publish.xlsx.sheet import Running, Sheet
from sipas.publish.xlsx.styles import Styles, text_workbook

_HASH_SHOWN: Final = 12
_RUNNING_LENGTH: Final = 80


def round_workbook(pack: RoundPack) -> bytes:
    """The .xlsx of `pack`: the same pack, in any row order, gives the same bytes.

    Raises FaultsFound `publish.pack` and DataError of `table.*` for a pack that does not hold together, DataError
    `publish.no_label` for a code without Vietnamese words, `publish.text_too_long`, `publish.sheet_full`.
    """
    view = PackView(checked(pack))
    buffer = BytesIO()
    facts = pack.facts
    title = f"Kết quả đợt đánh giá {facts.province_vi} năm {facts.year}"
    book = text_workbook(buffer, title=title, subject=facts.round_id)
    styles, running = Styles(book), _running(facts)
    plans = sheet_plans(view)
    draw_contents(Sheet(book.add_worksheet(CONTENTS), styles, running), view, plans)
    for plan in plans:
        sheet = Sheet(book.add_worksheet(plan.name), styles, running)
        sheet.link(0, 0, (CONTENTS, "A1"), "← Về mục lục", "link small")
        plan.draw(sheet)
    book.close()
    return buffer.getvalue()


def _running(facts: RoundFacts) -> Running:
    warnings = [text for text, wanted in ((MADE_UP, facts.is_made_up), (TRAINING, facts.is_training)) if wanted]
    return Running(
        head_left=f"{facts.province_vi[:_RUNNING_LENGTH]} – Chỉ số CCHC và mức độ hài lòng năm {facts.year}",
        head_right="SỐ LIỆU GIẢ LẬP" if facts.is_made_up else release_words(facts),
        foot_left=f"{facts.round_id[:_RUNNING_LENGTH]} – mã kết quả {facts.result_hash[:_HASH_SHOWN]}",
        warning="; ".join(warnings),
    )
