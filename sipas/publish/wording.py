"""Words, numbers and days of one paper in the language of its readers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from sipas.words import Language, has_word, short, text, word
from sipas.words.numbers import Number, capitalised, format_day, format_number, format_plain


class Named(Protocol):
    """What may have an English name beside its Vietnamese one."""

    @property
    def name_vi(self) -> str:
        """Vietnamese name."""

    @property
    def name_en(self) -> str:
        """English name, "" where it has none."""


@dataclass(frozen=True)
class Wording:
    """Everything in one language: `say.text("workbook_ranking.title", year=2026)`."""

    lang: Language = "vi"

    def text(self, key: str, **facts: str | int) -> str:
        """A text with its facts; years and orders may come as numbers, whatever is counted comes as `number` says."""
        return text(key, self.lang, **{name: str(fact) for name, fact in facts.items()})

    def word(self, kind: str, code: str) -> str:
        """The word for a code."""
        return word(kind, code, self.lang)

    def short(self, kind: str, code: str) -> str:
        """Its short word for a narrow column."""
        return short(kind, code, self.lang)

    def name(self, named: Named) -> str:
        """The English name for an English reader where there is one."""
        return capitalised(named.name_en) if self.lang == "en" and named.name_en else named.name_vi

    def english(self, kind: str, code: str, otherwise: str) -> str:
        """The English word of a code for an English reader where it has one; else the words that the round gave it."""
        return word(kind, code, "en") if self.lang == "en" and has_word(kind, code) else otherwise

    def number(self, value: Number | None, decimals: int | None = None) -> str:
        """A number with its separators; "" where absent."""
        return format_number(value, decimals, self.lang)

    def plain(self, value: Number) -> str:
        """A number in running text, without idle zeros."""
        return format_plain(value, self.lang)

    def day(self, iso: str) -> str:
        """A day."""
        return format_day(iso, self.lang)
