"""Sections of an explanation, and the text in which they are kept for good.

The text of a section is JSON that anybody can read without this program: {"title", "lines": [[label, cell], ...],
"columns": [...], "rows": [[cell, ...], ...]}. A cell is a text; [number, decimals] for a number and how many decimals
a reader wants of it (null: none); ["8.71", 2] for an exact decimal; {"kind": "code"} for a code that has words;
{"moment": "2026-07-15T18:30:00+07:00"} for a point in time. Title, labels and columns are "kind:code", with a name
after "|" where the word is followed by one; words by kind and code are kept beside the sections. Sections of old
releases hold Vietnamese words instead.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

Words = Callable[[str, str], str]
"""Words of a kind and a code; "" where there are none."""
_MOMENT: Final = "moment"
_LABEL: Final = re.compile(r"([a-z_]+):([A-Za-z0-9_.]+)(?:\|(.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number and how many decimals a reader wants of it; None is shown as a dash."""

    value: Decimal | float | int | None
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Term:
    """A code that has words: `kind` says in which list; `words` for a reader. A name may follow the code after "|"."""

    kind: str
    code: str
    words: str = field(default="", compare=False)

    @property
    def base(self) -> str:
        """The code without the name that follows it."""
        return self.code.partition("|")[0]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, ISO with offset."""

    iso: str


Cell = str | Quantity | Term | Moment


@dataclass(frozen=True)
class Section:
    """A titled list of (label, value) lines, with a small table below where one is due; labels as `label` makes them
    until `in_words`."""

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
        lines = [(name, _kept(cell)) for name, cell in self.lines]
        rows = [[_kept(cell) for cell in row] for row in self.rows]
        return _ENCODE({"title": self.title, "lines": lines, "columns": self.columns, "rows": rows})

    def terms(self) -> list[Term]:
        """Every code in it that has words, those of its labels too."""
        names = (self.title, *(name for name, _ in self.lines), *self.columns)
        labels = [match for name in names if (match := _LABEL.fullmatch(name))]
        rows = (*((cell,) for _, cell in self.lines), *self.rows)
        terms = [cell for row in rows for cell in row if isinstance(cell, Term)]
        return [*(Term(match[1], match[2]) for match in labels), *(Term(term.kind, term.base) for term in terms)]

    def in_words(self, words: Words) -> Section:
        """The same for a reader: title, labels and columns in words, codes with their words; as it is without any."""

        def cell_of(cell: Cell) -> Cell:
            return replace(cell, words=_named(words, cell.kind, cell.code)) if isinstance(cell, Term) else cell

        return Section(
            title=_label_words(self.title, words),
            lines=tuple((_label_words(name, words), cell_of(cell)) for name, cell in self.lines),
            columns=tuple(_label_words(name, words) for name in self.columns),
            rows=tuple(tuple(map(cell_of, row)) for row in self.rows),
        )


_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def number_of(value: float, decimals: int) -> Quantity:
    """A number that may be absent (NaN)."""
    return Quantity(None if math.isnan(value) else value, decimals)


def label(code: str, name: str = "", *, kind: str = "trace") -> str:
    """A title, label or column: a code, with a name behind its word where there is one ("Tệp B001")."""
    return f"{kind}:{code}|{name}" if name else f"{kind}:{code}"


def read_section(text: str) -> Section:
    """The section that `Section.text` was called on."""
    given = json.loads(text)
    return Section(
        title=given["title"],
        lines=tuple((name, _cell(cell)) for name, cell in given["lines"]),
        columns=tuple(given["columns"]),
        rows=tuple(tuple(map(_cell, row)) for row in given["rows"]),
    )


def _label_words(name: str, words: Words) -> str:
    found = _LABEL.fullmatch(name)
    return (found and _named(words, found[1], f"{found[2]}|{found[3]}" if found[3] else found[2])) or name


def _named(words: Words, kind: str, code: str) -> str:
    """The word of a code, with the name that follows it in the code."""
    base, _, name = code.partition("|")
    said = words(kind, base)
    return f"{said} {name}" if said and name else said


def _plain(cell: Cell) -> str | float | int | None:
    if isinstance(cell, Term):
        return cell.code
    if isinstance(cell, Moment):
        return cell.iso
    if isinstance(cell, Quantity):
        return str(cell.value) if isinstance(cell.value, Decimal) else cell.value
    return cell


def _kept(cell: Cell) -> str | dict[str, str] | tuple[str | float | int | None, int]:
    if isinstance(cell, Quantity):
        return (str(cell.value) if isinstance(cell.value, Decimal) else cell.value, cell.decimals)
    if isinstance(cell, Moment):
        return {_MOMENT: cell.iso}
    return {cell.kind: cell.code} if isinstance(cell, Term) else cell


def _cell(kept: Any) -> Cell:
    if isinstance(kept, dict):
        ((kind, code),) = kept.items()
        return Moment(code) if kind == _MOMENT else Term(kind, code)
    if isinstance(kept, list):
        value, decimals = kept
        return Quantity(Decimal(value) if isinstance(value, str) else value, decimals)
    return str(kept)
