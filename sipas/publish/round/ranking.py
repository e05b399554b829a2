"""Sheet "Kết quả": ranks of one group of units, and how many units each class holds."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveyresults import Record
from sipas.publish.wording import Wording
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles
from sipas.publish.xlsx.table import Field, notes, open_table, table_row
from sipas.rulebook import Rulebook

_NAME_COL: Final = 1


def draw_ranking(
    sheet: Sheet, results: RoundResults, rulebook: Rulebook, targets: Mapping[str, tuple[str, str]]
) -> None:
    """Write the ranking of `rulebook`'s units. targets: unit_id -> (sheet, cell) of the unit's own page."""
    ranking, has_extra, head = results.ranking(rulebook), results.has_extra(rulebook), results.head
    say, fields = results.say, _fields(results.say, rulebook, has_extra=has_extra)
    last_col = len(fields) - 1
    group_line = say.text("workbook_ranking.group", group=results.group_name(rulebook), province=head.province_vi)
    title = say.text("workbook_ranking.title", year=head.year)
    titles = Titles(title, (group_line, rulebook_line(rulebook)))
    repeated = open_table(sheet, fields, titles)
    row = repeated[1] + 1
    for result in ranking:
        name = results.unit_name(result["unit_id"])
        rank_class = class_name(say, result["class_code"], result["class_name_vi"])
        values = [result["rank"], name, *summary_values(result, has_extra=has_extra), rank_class]
        table_row(sheet, row, fields, values)
        sheet.link(row, _NAME_COL, targets[result["unit_id"]], name, "cell text")
        row += 1
    row = _draw_classes(sheet, row + 1, rulebook, ranking)
    row = notes(sheet, row + 1, last_col, _explanations(say, has_extra=has_extra))
    sheet.set_up(Page(last_row=row - 1, last_col=last_col, repeat_rows=repeated))


def rulebook_line(rulebook: Rulebook) -> str:
    """Title of the rulebook and the decision it was issued by."""
    return f"{rulebook.title_vi} ({rulebook.decision})"


def summary_values(result: Record, *, has_extra: bool) -> list[Decimal]:
    """Points of a unit as they stand beside its index: bonus and penalty where the rulebook's units have any."""
    parts = ["points", "bonus", "penalty"] if has_extra else []
    return [result[name] for name in (*parts, "total_shown", "applicable_max", "index_shown")]


def class_name(say: Wording, code: str, name_vi: str) -> str:
    """Name of a class; an English reader is told the usual ones in English."""
    return say.english("rank_class", code, name_vi)


def class_range(say: Wording, rulebook: Rulebook, position: int) -> str:
    """Bounds of a class in words; classes stand from best to worst, lower bounds inclusive."""
    low = rulebook.classes[position].from_pct
    high = rulebook.classes[position - 1].from_pct if position else None
    if high is None:
        return say.text("workbook_ranking.class_best", low=say.plain(low))
    if low <= 0:
        return say.text("workbook_ranking.class_last", high=say.plain(high))
    return say.text("workbook_ranking.class_between", low=say.plain(low), high=say.plain(high))


def point_names(say: Wording, *, has_extra: bool) -> list[str]:
    """Headings of criteria, bonus and penalty points; none where no unit has a bonus or penalty."""
    parts = ("workbook.points", "workbook.bonus", "workbook.penalty") if has_extra else ()
    return [say.text(part) for part in parts]


def _fields(say: Wording, rulebook: Rulebook, *, has_extra: bool) -> list[Field]:
    total = rulebook.rounding.total
    return [
        Field(say.word("printed_number", "rank"), 8, "center", 0),
        Field(say.text("sheet.unit"), 42, "text"),
        *(Field(title, 10, "right", total) for title in point_names(say, has_extra=has_extra)),
        Field(say.word("printed_number", "total_shown"), 11, "right", total),
        Field(say.text("workbook.applicable_max"), 12, "right", total),
        Field(say.word("printed_number", "index_shown"), 11, "right bold", rulebook.rounding.index),
        Field(say.word("printed_number", "class_name_vi"), 15, "center"),
    ]


def _draw_classes(sheet: Sheet, row: int, rulebook: Rulebook, ranking: list[Record]) -> int:
    sheet.merge(Span(row, 0, row, 3), sheet.say.text("workbook_ranking.classes"), "bold left")
    sheet.height(row, 20)
    sheet.merge(Span(row + 1, 0, row + 1, 1), sheet.say.word("printed_number", "class_name_vi"), "cell head")
    sheet.put(row + 1, 2, sheet.say.text("workbook_ranking.n_units"), "cell head")
    sheet.put(row + 1, 3, sheet.say.text("workbook_ranking.share"), "cell head")
    sheet.height(row + 1, 20)
    row += 2
    for position, rank_class in enumerate(rulebook.classes):
        count = sum(result["class_code"] == rank_class.class_code for result in ranking)
        name = class_name(sheet.say, rank_class.class_code, rank_class.name_vi)
        words = f"{name} ({class_range(sheet.say, rulebook, position)})"
        sheet.merge(Span(row, 0, row, 1), words, "cell text")
        _count_cells(sheet, row, count, len(ranking), "cell")
        row += 1
    sheet.merge(Span(row, 0, row, 1), sheet.say.text("workbook_ranking.sum"), "cell total left")
    _count_cells(sheet, row, len(ranking), len(ranking), "cell total")
    return _draw_spread(sheet, row + 1, rulebook, ranking)


def _count_cells(sheet: Sheet, row: int, count: int, total: int, style: str) -> None:
    sheet.put(row, 2, count, f"{style} right")
    sheet.put(row, 3, Decimal(100 * count) / total if total else None, f"{style} right")
    sheet.height(row, 17)


def _draw_spread(sheet: Sheet, row: int, rulebook: Rulebook, ranking: list[Record]) -> int:
    values = [result["index_shown"] for result in ranking]
    if not values:
        return row
    mean = sum(values, Decimal(0)) / len(values)
    lines = (
        ("workbook_ranking.highest", max(values)),
        ("workbook_ranking.mean", mean),
        ("workbook_ranking.lowest", min(values)),
    )
    row += 1
    for key, value in lines:
        sheet.merge(Span(row, 0, row, 1), sheet.say.text(key), "cell text")
        sheet.put(row, 2, value, "cell right", decimals=rulebook.rounding.index)
        sheet.height(row, 17)
        row += 1
    return row


def _explanations(say: Wording, *, has_extra: bool) -> list[str]:
    keys = ["workbook_ranking.index_is", *(["workbook_ranking.total_is"] if has_extra else [])]
    return [say.text(key) for key in keys]
