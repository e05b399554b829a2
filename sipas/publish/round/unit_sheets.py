"""Sheet "Phiếu chi tiết": one page for each unit, every criterion with its points, source, status and evidence."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from itertools import count
from typing import Final

from sipas.publish.round.ranking import class_name, rulebook_line
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveyresults import Record
from sipas.publish.round.unit_scores import criterion_look
from sipas.publish.wording import Wording
from sipas.publish.xlsx.paper import column_points, printable, row_points
from sipas.publish.xlsx.sheet import FIRST_PRINTED_ROW, Page, Sheet, Span, Value
from sipas.publish.xlsx.table import Cell, Field, table_head, table_row
from sipas.rulebook import Criterion, Rulebook
from sipas.words import has_word

_ROWS_ABOVE: Final = 7
_ROWS_BELOW: Final = 3
_LEAST_SCALE: Final = 0.55
_LAST_COL: Final = 6
_ROOM: Final = 0.97


def block_cells(results: RoundResults, rulebook: Rulebook) -> dict[str, str]:
    """Cell in which each unit's block starts: unit_id -> "A2"."""
    length = _block_length(rulebook)
    return {
        result["unit_id"]: f"A{FIRST_PRINTED_ROW + place * length + 1}"
        for place, result in enumerate(results.in_register_order(rulebook))
    }


def draw_units(sheet: Sheet, results: RoundResults, rulebook: Rulebook) -> None:
    """Write a block for each of `rulebook`'s units, in register order, each starting a page."""
    fields = _fields(sheet.say, rulebook)
    sheet.widths([field.width for field in fields])
    row, starts, heights = FIRST_PRINTED_ROW, [], []
    for result in results.in_register_order(rulebook):
        starts.append(row)
        heights.append(_draw_block(sheet, row, results, rulebook, result))
        row += _block_length(rulebook)
    width = sum(column_points(field.width) for field in fields)
    sheet.set_up(
        Page(
            last_row=max(row - 1, FIRST_PRINTED_ROW),
            last_col=_LAST_COL,
            scale=_scale(width, heights),
            row_breaks=tuple(starts[1:]),
        )
    )


def _block_length(rulebook: Rulebook) -> int:
    return _ROWS_ABOVE + len(rulebook.criteria) + _ROWS_BELOW


def _scale(width: float, heights: list[float]) -> int:
    """Percent at which the tallest block fits one page across and as few pages down as can be read."""
    page_width, page_height = printable(landscape=False)
    by_width = min(1.0, page_width / width)
    tallest = max(heights, default=1.0)
    for n_pages in count(1):
        scale = min(by_width, n_pages * page_height / tallest)
        if scale >= min(_LEAST_SCALE, by_width):
            return int(100 * scale * _ROOM)
    raise AssertionError("count() does not end")


def _fields(say: Wording, rulebook: Rulebook) -> list[Field]:
    return [
        Field(say.text("workbook_units.code"), 7, "code"),
        Field(say.text("workbook_units.criterion"), 52, "text"),
        Field(say.word("printed_number", "max_points"), 9, "right", rulebook.rounding.leaf),
        Field(say.word("printed_number", "points"), 9, "right", rulebook.rounding.leaf),
        Field(say.text("workbook.score_source"), 15, "text small"),
        Field(say.text("workbook_units.status"), 12, "text small"),
        Field(say.text("workbook_units.note"), 42, "text small"),
    ]


def _draw_block(sheet: Sheet, row: int, results: RoundResults, rulebook: Rulebook, result: Record) -> float:
    """Write a unit's block from `row`; return its height in points."""
    subtitle = f"{rulebook_line(rulebook)}\n{results.place}"
    sheet.merge(Span(row, 0, row, _LAST_COL), results.unit_name(result["unit_id"]), "bold huge wrap center")
    sheet.merge(Span(row + 1, 0, row + 1, _LAST_COL), subtitle, "italic wrap center")
    sheet.merge(Span(row + 2, 0, row + 2, _LAST_COL), sheet.running.warning, "alert")
    tops = [28.0, row_points([(subtitle, sheet.width_of(0, _LAST_COL))]), 18.0 if sheet.running.warning else 4.0]
    for offset, points in enumerate(tops):
        sheet.height(row + offset, points)
    _draw_summary(sheet, row + 3, rulebook, result, len(results.in_register_order(rulebook)))
    sheet.height(row + 5, 8)
    fields = _fields(sheet.say, rulebook)
    line = table_head(sheet, row + 6, fields)
    height = sum(tops) + 18 + 26 + 8 + 36
    for criterion in rulebook.in_tree_order():
        scored = results.scored(rulebook, result["unit_id"], criterion.code)
        height += _draw_criterion(sheet, line, rulebook, criterion, scored)
        line += 1
    total: list[Value | Cell] = [
        "",
        sheet.say.text("workbook_units.total"),
        result["applicable_max"],
        result["points"],
        "",
        "",
        _extra_words(sheet.say, result),
    ]
    table_row(sheet, line, fields, total, "total")
    sheet.merge(
        Span(line + 1, 0, line + 1, _LAST_COL),
        sheet.say.text("workbook_units.footnote"),
        "italic small wrap left quiet",
    )
    sheet.height(line + 1, 28)
    return height + 17 + 28 + 15


def _draw_summary(sheet: Sheet, row: int, rulebook: Rulebook, result: Record, n_ranked: int) -> None:
    say = sheet.say
    rank_class = class_name(say, result["class_code"], result["class_name_vi"])
    boxes: list[tuple[int, int, str, Value, int]] = [
        (0, 1, say.word("printed_number", "total_shown"), result["total_shown"], rulebook.rounding.total),
        (2, 3, say.text("workbook.applicable_max"), result["applicable_max"], rulebook.rounding.total),
        (4, 4, say.word("printed_number", "index_shown"), result["index_shown"], rulebook.rounding.index),
        (5, 5, say.word("printed_number", "rank"), f"{result['rank']}/{n_ranked}", 0),
        (6, 6, say.word("printed_number", "class_name_vi"), rank_class, 0),
    ]
    for first, last, title, value, decimals in boxes:
        sheet.merge(Span(row, first, row, last), title, "cell head")
        sheet.merge(Span(row + 1, first, row + 1, last), value, "cell bold large center", decimals=decimals)
    sheet.height(row, 18)
    sheet.height(row + 1, 26)


def _draw_criterion(sheet: Sheet, row: int, rulebook: Rulebook, criterion: Criterion, scored: Record) -> float:
    say, name = sheet.say, sheet.say.name(criterion)
    is_parent = not rulebook.tree.is_leaf(criterion.code)
    is_counted = scored["leaf_status"] != "not_applicable"
    status = "" if is_parent else say.word("leaf_status", scored["leaf_status"])
    note = _note(say, criterion, scored)
    points = scored["points"] if is_counted else None
    top = scored["max_points"] if is_parent and is_counted else criterion.max_points if points is not None else None
    indent = f"indent{min(len(rulebook.tree.path(criterion.code)) - 1, 2)}" if criterion.parent else ""
    source = "" if is_parent else say.word("score_source", criterion.score_source)
    values: list[Value | Cell] = [criterion.code, Cell(name, indent), top, points, source, status, note]
    fields = _fields(say, rulebook)
    table_row(sheet, row, fields, values, criterion_look(rulebook, criterion))
    # Bold letters are wider: reckoned at the plain width, the last line of a long name would be cut off.
    name_width = (fields[1].width - 4) * (0.85 if is_parent or not criterion.parent else 1.0)
    height = max(17.0, row_points([(name, name_width)]), row_points([(note, fields[6].width)], size=9))
    sheet.height(row, height)
    return height


def _note(say: Wording, criterion: Criterion, scored: Record) -> str:
    """What was scored, the documents, and why a score was changed."""
    parts = [_value_words(say, criterion, scored["value_text"])] if scored["value_text"] else []
    if scored["std_error"] is not None and criterion.is_survey:
        parts.append(say.text("workbook_units.std_error", points=say.number(scored["std_error"], 2)))
    if scored["evidence_id"]:
        parts.append(scored["evidence_id"])
    if scored["override_reason"]:
        reason = scored["override_reason"]
        if has_word("override_reason", reason):
            reason = say.word("override_reason", reason)
        parts.append(say.text("workbook_units.override", reason=reason))
    return "; ".join(parts)


def _value_words(say: Wording, criterion: Criterion, value_text: str) -> str:
    """The scored value as the reader writes it; a choice code or counts as they are."""
    if criterion.form == "choice":
        return say.text("workbook_units.level", code=value_text)
    try:
        value = say.plain(Decimal(value_text))
    except InvalidOperation:
        return say.text("workbook_units.result", value=value_text)
    key = "workbook_units.survey_value" if criterion.is_survey else "workbook_units.result"
    return say.text(key, value=value)


def _extra_words(say: Wording, result: Record) -> str:
    if not (result["bonus"] or result["penalty"]):
        return ""
    return say.text("workbook_units.extra", bonus=say.plain(result["bonus"]), penalty=say.plain(result["penalty"]))
