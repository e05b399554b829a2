"""Codes and parents from the numbers that offices print before criteria: "I", "1.", "1.1", "a)".

A printed number says its depth only together with the rows above it. Where two readings exist the row is a fault, and
the office writes the code; nothing is chosen silently.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from errors import shape_of

_DOTTED: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3})+")
_WHOLE: Final = re.compile(r"[0-9]{1,3}")
_ROMAN: Final = re.compile(r"(?=[IVX])X{0,3}(IX|IV|V?I{0,3})")
_LETTER: Final = re.compile(r"[A-Za-zĐđ]")
_MARKED: Final = re.compile(
    r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})*|[IVX]{1,6}|[A-Za-zĐđ])(?:[.)/:]{1,2}(?![0-9])\s*|\s+[-–]\s+)(?P<rest>\S.*)"
)
_PREFIXED: Final = re.compile(r"(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})+)[.)]?\s+(?P<rest>\D.*)")
_ROMAN_DIGITS: Final = {"I": 1, "V": 5, "X": 10}
_ALPHABET: Final = "abcdđeghiklmnopqrstuvxy"  # as Vietnamese offices count: no f, j, w, z


@dataclass(frozen=True)
class Numbered:
    """A printed number in its place: code, code of the parent ("" for none), or the rule that it breaks.

    `expected`: for a broken one what should stand there, "" when that is not known.
    """

    code: str
    parent: str
    rule: str = ""
    got: str = ""
    expected: str = ""


@dataclass(frozen=True)
class _Mark:
    """A number by its style: roman, whole, dotted, upper, lower; `parts` are its counts, `text` without dots at the
    end."""

    style: str
    text: str
    parts: tuple[int, ...]


def split_number(text: str) -> tuple[str, str]:
    """Number and name when both stand in one cell ("1.1. Kế hoạch"); ("", text) when there is no number."""
    match = _PREFIXED.fullmatch(text) or _MARKED.fullmatch(text)
    return (match["number"], match["rest"].strip()) if match else ("", text)


def number_codes(printed: Sequence[str]) -> list[Numbered]:
    """Code and parent of each printed number, in the order of the sheet.

    "I" and "1" are codes as they stand; "1.1" belongs to "1", or to "I" when the sheet has no "1" there; "a)" is added
    to the code above ("1.1.a"), and so is a "1" that starts anew under each area ("I.1"). Rules broken:
    `rulebook.number_unknown`, `rulebook.number_order` (also a lost zero: 1.9 and then 1.1), `rulebook.number_parent`.
    """
    marks: list[_Mark | None] = []
    for text in printed:
        before = next((mark for mark in reversed(marks) if mark is not None), None)
        marks.append(_mark(text, before))
    return _Reader(restarts=_restarts(marks)).read(printed, marks)


def _mark(text: str, before: _Mark | None) -> _Mark | None:
    core = re.sub(r"[.)/:]+$", "", text.strip().lstrip("(")).strip()
    if _DOTTED.fullmatch(core):
        return _Mark("dotted", core, tuple(map(int, core.split("."))))
    if _WHOLE.fullmatch(core):
        return _Mark("whole", str(int(core)), (int(core),))
    letter = _letter(core)
    follows = before is not None and letter is not None and before.style == letter.style
    if letter is not None and follows and before is not None and letter.parts[0] == before.parts[0] + 1:
        return letter
    if _ROMAN.fullmatch(core):
        return _Mark("roman", core, (_roman(core),))
    return letter


def _letter(core: str) -> _Mark | None:
    if not _LETTER.fullmatch(core) or core.lower() not in _ALPHABET:
        return None
    return _Mark("upper" if core.isupper() else "lower", core, (_ALPHABET.index(core.lower()) + 1,))


def _roman(text: str) -> int:
    values = [_ROMAN_DIGITS[letter] for letter in text]
    return sum(-value if value < after else value for value, after in pairwise([*values, 0]))


def _restarts(marks: Sequence[_Mark | None]) -> set[str]:
    """Styles whose numbers come more than once in the sheet, so that they are codes only with the code above."""
    seen: set[tuple[str, str]] = set()
    again: set[str] = set()
    for mark in marks:
        if mark is not None and (mark.style, mark.text) in seen and mark.parts[-1] == 1:
            again.add(mark.style)
        if mark is not None:
            seen.add((mark.style, mark.text))
    return again


class _Reader:
    """Walks down the sheet with the open branch: (style, counts, code) from the area to the row above."""

    def __init__(self, restarts: set[str]) -> None:
        self._restarts = restarts
        self._branch: list[tuple[_Mark, str]] = []
        self._last: dict[str, tuple[int, ...]] = {}

    def read(self, printed: Sequence[str], marks: Sequence[_Mark | None]) -> list[Numbered]:
        return [self._one(text, mark) for text, mark in zip(printed, marks, strict=True)]

    def _one(self, text: str, mark: _Mark | None) -> Numbered:
        if mark is None:
            return Numbered("", "", "rulebook.number_unknown", shape_of(text))
        above = self._above(mark)
        if above is None:
            return Numbered("", "", "rulebook.number_parent", mark.text)
        depth, parent = above
        del self._branch[depth:]
        key = f"{parent}|{mark.style}"
        last = self._last.get(key, ())
        code = self._code(mark, parent)
        if last and mark.parts <= last:
            expected = ".".join(map(str, (*last[:-1], last[-1] + 1))) if mark.style in ("dotted", "whole") else ""
            return Numbered("", "", "rulebook.number_order", mark.text, expected)
        self._last[key] = mark.parts
        self._branch.append((mark, code))
        return Numbered(code, parent)

    def _above(self, mark: _Mark) -> tuple[int, str] | None:
        """Depth of the row in the branch and the code of its parent; None when the parent is not there."""
        if mark.style == "dotted":
            return self._above_dotted(mark)
        for depth, (branch_mark, _) in enumerate(self._branch):
            if branch_mark.style == mark.style:
                return depth, self._branch[depth - 1][1] if depth else ""
        return len(self._branch), self._branch[-1][1] if self._branch else ""

    def _above_dotted(self, mark: _Mark) -> tuple[int, str] | None:
        """1.2.3 stands under 1.2; 1.2 under 1, under I when I is the area, or under A."""
        wanted = mark.parts[:-1]
        for depth in range(len(self._branch), 0, -1):
            parent_mark, code = self._branch[depth - 1]
            if parent_mark.style in ("whole", "dotted", "roman", "upper") and parent_mark.parts == wanted:
                return depth, code
        return None

    def _code(self, mark: _Mark, parent: str) -> str:
        """The number as printed; after the code above where it would not be a code alone."""
        if mark.style == "dotted":
            above = self._branch[-1][0].style if self._branch else ""
            is_own = above in ("roman", "upper") or parent == mark.text.rpartition(".")[0]
            return mark.text if is_own else f"{parent}.{mark.parts[-1]}"
        is_added = mark.style == "lower" or mark.style in self._restarts
        return f"{parent}.{mark.text}" if parent and is_added else mark.text
