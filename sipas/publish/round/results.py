"""Sheet "Kết quả": ranks of one group of units, and how many units each class holds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sipas.publish.labels import format_plain
from sipas.publish.round.pack import RulebookFacts
from sipas.publish.round.view import PackView, Result
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles
from sipas.publish.xlsx.table import Field, notes, table_head, table_row

_NAME_COL: Final = 1


def draw_results(sheet: Sheet, view: PackView, book: RulebookFacts, targets: Mapping[str, tuple[str, str]]) -> None:
    """Write the ranking of `book`'s units. targets: unit_id -> (sheet, cell) of the unit's own page."""
    ranking = view.ranking(book)
    has_extra = any(one.bonus or one.penalty for one in ranking)
    fields = _fields(book, has_extra=has_extra)
    sheet.widths([field.width for field in fields])
    last_col = len(fields) - 1
    facts = view.pack.facts
    group = view.pack.groups[book.unit_group]
    head = sheet.titles(
        Titles(
            f"Kết quả chỉ số cải cách hành chính năm {facts.year}",
            (f"Nhóm xếp hạng: {group} – {facts.province_vi}", book_line(book)),
        ),
        (0, last_col),
    )
    row = table_head(sheet, head, fields)
    sheet.freeze(row, 2)
    for result in ranking:
        name = view.unit_name(result.unit_id)
        values = [result.rank, name, *_numbers(result, has_extra=has_extra), result.class_name_vi]
        table_row(sheet, row, fields, values)
        sheet.link(row, _NAME_COL, targets[result.unit_id], name, "cell text")
        row += 1
    row = _draw_classes(sheet, row + 1, book, ranking)
    row = notes(sheet, row + 1, last_col, _explanations(ranking, has_extra=has_extra))
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, repeat_rows=(head, head)))


def book_line(book: RulebookFacts) -> str:
    """Title of the rulebook and the decision it was issued by, if any."""
    return f"{book.title_vi} ({book.decision})" if book.decision else book.title_vi


def class_range(book: RulebookFacts, position: int) -> str:
    """Bounds of a class in words; classes stand from best to worst, lower bounds inclusive."""
    low = book.classes[position].from_pct
    high = book.classes[position - 1].from_pct if position else None
    if high is None:
        return f"từ {format_plain(low)} % trở lên"
    if low <= 0:
        return f"dưới {format_plain(high)} %"
    return f"từ {format_plain(low)} % đến dưới {format_plain(high)} %"


def _fields(book: RulebookFacts, *, has_extra: bool) -> list[Field]:
    total = book.total_decimals
    parts = ("Điểm tiêu chí", "Điểm thưởng", "Điểm trừ") if has_extra else ()
    return [
        Field("Thứ hạng", 8, "center", 0),
        Field("Đơn vị", 42, "text"),
        *(Field(title, 10, "right", total) for title in parts),
        Field("Tổng điểm", 11, "right", total),
        Field("Điểm tối đa áp dụng", 12, "right", total),
        Field("Chỉ số (%)", 11, "right bold", book.index_decimals),
        Field("Xếp loại", 15, "center"),
    ]


def _numbers(result: Result, *, has_extra: bool) -> list[Decimal]:
    parts = [result.points, result.bonus, result.penalty] if has_extra else []
    return [*parts, result.total_shown, result.applicable_max, result.index_shown]


def _draw_classes(sheet: Sheet, row: int, book: RulebookFacts, ranking: list[Result]) -> int:
    sheet.merge(Span(row, 0, row, 3), "TỔNG HỢP XẾP LOẠI", "bold left")
    sheet.height(row, 20)
    sheet.merge(Span(row + 1, 0, row + 1, 1), "Xếp loại", "cell head")
    sheet.put(row + 1, 2, "Số đơn vị", "cell head")
    sheet.put(row + 1, 3, "Tỷ lệ (%)", "cell head")
    sheet.height(row + 1, 20)
    row += 2
    for position, one in enumerate(book.classes):
        count = sum(result.class_name_vi == one.name_vi for result in ranking)
        sheet.merge(Span(row, 0, row, 1), f"{one.name_vi} ({class_range(book, position)})", "cell text")
        _count_cells(sheet, row, count, len(ranking), "cell")
        row += 1
    without = sum(not result.class_name_vi for result in ranking)
    if without:
        sheet.merge(Span(row, 0, row, 1), "Không xếp loại", "cell text")
        _count_cells(sheet, row, without, len(ranking), "cell")
        row += 1
    sheet.merge(Span(row, 0, row, 1), "Cộng", "cell total left")
    _count_cells(sheet, row, len(ranking), len(ranking), "cell total")
    return _draw_spread(sheet, row + 1, book, ranking)


def _count_cells(sheet: Sheet, row: int, count: int, total: int, style: str) -> None:
    sheet.put(row, 2, count, f"{style} right")
    sheet.put(row, 3, Decimal(100 * count) / total if total else None, f"{style} right")
    sheet.height(row, 17)


def _draw_spread(sheet: Sheet, row: int, book: RulebookFacts, ranking: list[Result]) -> int:
    values = [one.index_shown for one in ranking]
    if not values:
        return row
    mean = sum(values, Decimal(0)) / len(values)
    lines = (("cao nhất", max(values)), ("trung bình cộng", mean), ("thấp nhất", min(values)))
    row += 1
    for words, value in lines:
        sheet.merge(Span(row, 0, row, 1), f"Chỉ số {words} của nhóm (%)", "cell text")
        sheet.put(row, 2, value, "cell right", decimals=book.index_decimals)
        sheet.height(row, 17)
        row += 1
    return row


def _explanations(ranking: list[Result], *, has_extra: bool) -> list[str]:
    lines = ["Chỉ số (%) = 100 × tổng điểm / điểm tối đa áp dụng cho đơn vị."]
    if has_extra:
        lines.append("Tổng điểm = điểm tiêu chí + điểm thưởng – điểm trừ.")
    if any(one.rank is None for one in ranking):
        lines.append("Dấu – ở cột thứ hạng: đơn vị được tính chỉ số nhưng không xếp hạng.")
    return lines
