"""What the audit knows of headers, rows and classes before it sees a table (data/audit)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final, Literal

from errors import Fault, FaultsFound
from sipas.cells.text import folded
from sipas.datafiles import Model, read_models

ROLES: Final = frozenset(
    [
        "unit",
        "group",
        "part",
        "total",
        "max",
        "excluded",
        "applicable",
        "index_pct",
        "rank",
        "class",
        "of",
        "ignore",
        "source",
        "known_error",
        "order",
        "code",
        "parent",
        "count",
        "bonus",
        "penalty",
        "last_year",
        "change",
    ]
)
_MAXIMUM = re.compile(
    r"(?:\(?\s*(?:tối đa|max|điểm chuẩn|/)\s*:?\s*(?:là\s+)?([0-9]+(?:[.,][0-9]{1,2})?)\s*(?:điểm|đ)?\s*\)?)"
    r"|(?:\(\s*([0-9]+(?:[.,][0-9]{1,2})?)\s*(?:điểm|đ|%)?\s*\))"
    r"|(?:[\s-]([0-9]+(?:[.,][0-9]{1,2})?)\s*(?:điểm|đ)$)"
)
_BRACKETS = re.compile(r"\([^()]*\)")
_TONES = ("\u0300", "\u0301", "\u0303", "\u0309", "\u0323")

Match = Literal["exact", "starts", "contains"]


class HeaderWord(Model):
    """A header and the role of its column."""

    match: Match
    header: str
    role: str


class RowWord(Model):
    """First words of a row, or of a cell, and what they mean."""

    match: Match
    text: str
    kind: Literal["summary", "maximum", "signature", "blank"]


class ClassWord(Model):
    """A class name and its place from the best, on one scale of names."""

    scale: str
    place: int
    name: str


@dataclass(frozen=True)
class Vocabulary:
    """Headers, row words and class scales (name -> place, best 1)."""

    headers: tuple[HeaderWord, ...]
    rows: tuple[RowWord, ...]
    scales: tuple[Mapping[str, int], ...]

    def role(self, header: str) -> str:
        """Role of a header, "" when unknown. A known header with a stated maximum, or any, is `part`."""
        text = plain(header)
        bare = " ".join(_BRACKETS.sub(" ", text).split())
        best = max(
            (word for word in self.headers if _fits(word.match, word.header, text, bare)),
            key=lambda word: (len(word.header), word.match == "exact"),
            default=None,
        )
        if best is not None:
            return best.role
        return "part" if bare and stated_maximum(header) else ""

    def kind(self, text: str) -> str:
        """Kind of a row by its first words: summary, maximum, signature, blank, or ""."""
        return _row_kind(self.rows, plain(text))


def load_vocabulary(folder: Path) -> Vocabulary:
    """Vocabulary of data/audit. Raises FaultsFound `audit.vocabulary` with every fault of the three files."""
    faults: list[Fault] = []
    headers = read_models(folder / "headers.csv", HeaderWord, faults)
    rows = read_models(folder / "rows.csv", RowWord, faults)
    classes = read_models(folder / "classes.csv", ClassWord, faults)
    faults += [
        Fault("audit.role", "headers.csv", row=line, got=word.role, expected=", ".join(sorted(ROLES)))
        for line, word in headers
        if word.role not in ROLES
    ]
    if faults:
        raise FaultsFound("audit.vocabulary", faults, where=folder.name)
    scales: dict[str, dict[str, int]] = {}
    for _, word in classes:
        scales.setdefault(word.scale, {})[plain(word.name)] = word.place
    return Vocabulary(tuple(word for _, word in headers), tuple(word for _, word in rows), tuple(scales.values()))


def plain(text: str) -> str:
    """Text of a table as it is compared; files from programs write `_` for a blank."""
    return folded(text, blanks="_")


def same_name(text: str) -> str:
    """A unit's name as it is compared: `plain`, and old and new places of tone marks alike ("Hoà", "Hòa")."""
    words = unicodedata.normalize("NFD", plain(text)).replace("–", "-").split()
    return " ".join(_tone_last(word) for word in words)


def stated_maximum(header: str) -> str:
    """The maximum a header states: "Thẩm định (tối đa 65 điểm)" -> "65", "Survey /35" -> "35"; "" for none."""
    match = _MAXIMUM.search(plain(header))
    return next((part for part in match.groups() if part), "").replace(",", ".") if match else ""


def _tone_last(word: str) -> str:
    tones = "".join(mark for mark in word if mark in _TONES)
    return "".join(mark for mark in word if mark not in _TONES) + tones


def _fits(match: Match, wording: str, text: str, bare: str) -> bool:
    if match == "exact":
        return wording in (text, bare)
    return text.startswith(wording) if match == "starts" else wording in text


@lru_cache(maxsize=20_000)
def _row_kind(words: tuple[RowWord, ...], text: str) -> str:
    return next((word.kind for word in words if _fits(word.match, word.text, text, text.rstrip(":*. "))), "")
