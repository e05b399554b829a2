"""Words of codes: data/words.csv is the only place where a code has any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from errors import DataError
from errors.files import read_table
from errors.templates import Language, data_folder

COLUMNS: Final = ("kind", "code", "vi", "vi_short", "en")


@dataclass(frozen=True)
class _Words:
    """Words of one kind by language and code, in file order; `short` holds only the codes that have a short word."""

    full: dict[Language, dict[str, str]] = field(default_factory=lambda: {"vi": {}, "en": {}})
    short: dict[str, str] = field(default_factory=dict)


def word(kind: str, code: str, lang: Language = "vi") -> str:
    """The word for `code`; "" for no code. Raises DataError `words.no_word` with kind, code and the codes known."""
    if not code:
        return ""
    known = words_of(kind, lang)
    if code not in known:
        raise DataError("words.no_word", where=kind, got=code, expected=", ".join(known))
    return known[code]


def short(kind: str, code: str, lang: Language = "vi") -> str:
    """The short Vietnamese word for a narrow column or a list to choose from, else what `word` gives."""
    found = _kinds()[kind].short.get(code, "") if lang == "vi" and kind in _kinds() else ""
    return found or word(kind, code, lang)


def words_of(kind: str, lang: Language = "vi") -> Mapping[str, str]:
    """Code -> word of a kind, in file order. Raises DataError `words.no_word` for an unknown kind."""
    found = _kinds().get(kind)
    if found is None:
        raise DataError("words.no_word", where=kind, expected=", ".join(_kinds()))
    return found.full[lang]


def has_word(kind: str, code: str) -> bool:
    """Whether a code of a kind has words."""
    return kind in _kinds() and code in _kinds()[kind].full["vi"]


def kinds() -> tuple[str, ...]:
    """Kinds of codes that have words, in file order."""
    return tuple(_kinds())


@cache
def _kinds() -> Mapping[str, _Words]:
    found: dict[str, _Words] = {}
    for row in read_table(data_folder() / "words.csv", COLUMNS):
        of_kind = found.setdefault(row["kind"], _Words())
        of_kind.full["vi"][row["code"]] = row["vi"]
        of_kind.full["en"][row["code"]] = row["en"]
        if row["vi_short"]:
            of_kind.short[row["code"]] = row["vi_short"]
    return found
