"""Single cells of a workbook that a person edited: what Excel did to them, and numbers as offices write them."""

from __future__ import annotations

import re
from typing import Final

from errors import Fault, shape_of
from sipas.cells.numbers import reads_two_ways
from sipas.cells.text import HIDDEN
from sipas.files.cells import column_letters
from sipas.files.grid import DAY, ERROR, FORMULA, LOGICAL, NUMBER, TEXT, GridRow

_COMMA: Final = re.compile(r"-?([0-9]+),([0-9]+)")
_DAY: Final = re.compile(r"[0-9]{4}-([0-9]{2})-([0-9]{2}).*")


def cell_fault(row: GridRow, at: int, kind: str, *, place: tuple[str, str, str]) -> Fault | None:
    """What makes a cell unusable in a column of `kind` ("text", "day", "number", "whole", "flag"); None when sound.

    place: file, sheet, header. Rules: `rulebook.code_is_day` (3.2 became 2026-02-03), `rulebook.code_is_number` (1.10
    became 1.1), `rulebook.number_is_day`, `rulebook.cell_formula`, `rulebook.cell_error`, `rulebook.cell_hidden`,
    `rulebook.ambiguous_number` (1,250).
    """
    cell_kind, text = row.kind(at), row.cell(at)
    where = (*place[:2], row.row, f"{place[2]} ({column_letters(at + 1)})")
    if cell_kind == ERROR:
        return Fault("rulebook.cell_error", *where)
    if cell_kind == FORMULA:
        return Fault("rulebook.cell_formula", *where)
    if cell_kind == TEXT and HIDDEN.search(text):
        return Fault("rulebook.cell_hidden", *where)
    is_text = kind in ("text", "day")
    if cell_kind == DAY and kind != "day":
        rule = "rulebook.code_is_day" if is_text else "rulebook.number_is_day"
        return Fault(rule, *where, got=shape_of(text), expected=_before(text, "." if is_text else ","))
    if is_text and cell_kind in (NUMBER, LOGICAL):
        return Fault("rulebook.code_is_number", *where, got=shape_of(text))
    if kind == "number" and cell_kind == TEXT and _is_ambiguous(text):
        return Fault("rulebook.ambiguous_number", *where, got=shape_of(text))
    return None


def plain_number(text: str) -> str:
    """A decimal comma as a point; anything else as it is."""
    return text.replace(",", ".") if _COMMA.fullmatch(text) else text


def _is_ambiguous(text: str) -> bool:
    """1,250 may be one and a quarter or one thousand two hundred and fifty; a point is a decimal mark for certain."""
    match = _COMMA.fullmatch(text)
    return match is not None and reads_two_ways(match[1], match[2])


def _before(text: str, mark: str) -> str:
    """What was probably typed before Excel made a day of it: day and month as Vietnamese Excel reads them."""
    match = _DAY.fullmatch(text)
    return f"{int(match[2])}{mark}{int(match[1])}" if match else ""
