"""Sections of an explanation, and the text in which they are kept for good.

The text of a section is JSON that anybody can read without this program: {"title", "lines": [[label, cell], ...],
"columns": [...], "rows": [[cell, ...], ...]}. A cell is a text; [number, decimals] for a number and how many decimals
a reader wants of it (null: none); ["8.71", 2] for an exact decimal; {"kind": "code"} for a code that has words.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and how many decimals a reader wants of it; None is shown as a dash."""

    value: Decimal | float | int | None
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A code that has Vietnamese words: `kind` says in which list; `words` where they were kept with the code."""

    kind: str
    code: str
    words: str = field(default="", compare=False)


Cell = str | Quantity | Term


@dataclass(frozen=True)
class Section:
    """A titled list of (label, value) lines, with a small table below where one is due."""

    title: str
    lines: tuple[tuple[str, Cell], ...]
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[Cell, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data: title, lines, table rows as mappings; numbers as numbers, terms as codes."""
        rows = [dict(zip(self.columns, map(_plain, row), strict=True)) for row in self.rows]
        return {"title": self.title, "lines": {name: _plain(cell) for name, cell in self.lines}, "rows": rows}

    def text(self) -> str:
        """The section as JSON from which `read_section` makes the same section again."""
        lines = [(label, _kept(cell)) for label, cell in self.lines]
        rows = [[_kept(cell) for cell in row] for row in self.rows]
        return _ENCODE({"title": self.title, "lines": lines, "columns": self.columns, "rows": rows})

    def terms(self) -> list[Term]:
        """Every code in it that has words."""
        rows = (*((cell,) for _, cell in self.lines), *self.rows)
        return [cell for row in rows for cell in row if isinstance(cell, Term)]


_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def number_of(value: float, decimals: int) -> Quantity:
    """A number that may be absent (NaN)."""
    return Quantity(None if math.isnan(value) else value, decimals)


def read_section(text: str, words: Callable[[str, str], str]) -> Section:
    """The section that `Section.text` was called on; words: of a kind and a code, "" where none were kept."""
    given = json.loads(text)

    def cell_of(kept: Any) -> Cell:
        cell = _cell(kept)
        return replace(cell, words=words(cell.kind, cell.code)) if isinstance(cell, Term) else cell

    return Section(
        title=given["title"],
        lines=tuple((label, cell_of(cell)) for label, cell in given["lines"]),
        columns=tuple(given["columns"]),
        rows=tuple(tuple(cell_of(cell) for cell in row) for row in given["rows"]),
    )


def _plain(cell: Cell) -> str | float | int | None:
    if isinstance(cell, Term):
        return cell.code
    if isinstance(cell, Quantity):
        return str(cell.value) if isinstance(cell.value, Decimal) else cell.value
    return cell


def _kept(cell: Cell) -> str | dict[str, str] | tuple[str | float | int | None, int]:
    if isinstance(cell, Quantity):
        return (str(cell.value) if isinstance(cell.value, Decimal) else cell.value, cell.decimals)
    return {cell.kind: cell.code} if isinstance(cell, Term) else cell


def _cell(kept: Any) -> Cell:
    if isinstance(kept, dict):
        ((kind, code),) = kept.items()
        return Term(kind, code)
    if isinstance(kept, list):
        value, decimals = kept
        return Quantity(Decimal(value) if isinstance(value, str) else value, decimals)
    return str(kept)
