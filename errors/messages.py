"""Texts for people, by rule code: what is wrong and what to do, Vietnamese first (data/messages/<room>.csv)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from errors import Fault, SurveyError
from errors.files import read_table
from errors.templates import Language, fill, room_of
from errors.texts import COLUMNS, place_of, sentence, with_reason

__all__ = ["FaultWords", "Language", "Messages", "Phrases", "load_messages"]
PHRASES: Final = "phrases.csv"
NEXT_STEPS: Final = "next_steps.csv"  # what to do in the program, where the text of a rule is for users of the library
_NEXT_COLUMNS: Final = ("rule", "action_vi", "action_en")
_PHRASE_COLUMNS: Final = ("room", "phrase_en", "phrase_vi")
_UNREADABLE: Final = "messages.unreadable"
_PARTS: Final = re.compile(r"( \| | -> )")
_SLOT: Final = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Phrases:
    """Facts in words ("10 digits") that errors carry in English, with their Vietnamese, by room ("" = every room)."""

    known: tuple[tuple[str, re.Pattern[str], str], ...]

    @classmethod
    def of(cls, rows: Iterable[tuple[str, str, str]]) -> Phrases:
        """`rows`: room, English, Vietnamese; a slot in braces stands for any text and has the same name in both."""
        ordered = sorted(rows, key=lambda row: (not row[0], row[1].count("{")))  # the narrowest first
        return cls(tuple((room, _pattern(english), vietnamese) for room, english, vietnamese in ordered))

    def vietnamese(self, room: str, fact: str) -> str:
        """The fact, or each part of it (`a | b`, `a -> b`), in Vietnamese; numbers and codes as they are."""
        phrase = self._found(room, fact)
        return phrase or "".join(self._found(room, part) or part for part in _PARTS.split(fact))

    def _found(self, room: str, fact: str) -> str:
        for where, pattern, words in self.known:
            if where in ("", room) and (match := pattern.fullmatch(fact)):
                return words.format(**match.groupdict())
        return ""


def _pattern(phrase: str) -> re.Pattern[str]:
    pieces = _SLOT.split(phrase)
    slots = [f"(?P<{name[1:-1]}>.+?)" for name in _SLOT.findall(phrase)]
    return re.compile(
        "".join(re.escape(piece) + slot for piece, slot in zip(pieces, [*slots, ""], strict=True)), re.DOTALL
    )


@dataclass(frozen=True)
class FaultWords:
    """An error or a fault in the cells of a table."""

    text: str
    action: str
    got: str
    expected: str


@dataclass(frozen=True)
class Messages:
    """All texts: (text, action) by language and rule code."""

    texts: Mapping[str, Mapping[str, tuple[str, str]]]
    phrases: Phrases

    def render(self, error: SurveyError, lang: Language = "vi") -> str:
        """Place, what is wrong, then what to do on its own line. Faults of a FaultsFound are rendered one by one."""
        return sentence(self._words(error.rule, lang), error.where, self._facts(error, error.where, lang), lang)

    def render_fault(self, fault: Fault, lang: Language = "vi") -> str:
        """One fault in one paragraph."""
        place = place_of(fault.file, fault.sheet, fault.row, fault.column, lang)
        return sentence(self._words(fault.rule, lang), place, self._facts(fault, place, lang), lang)

    def fault_words(self, fault: Fault, lang: Language = "vi") -> FaultWords:
        """One fault for a table that has columns for its place, for what was found and for what should stand there."""
        return self._in_cells(fault, place_of(fault.file, fault.sheet, fault.row, fault.column, lang), lang)

    def error_words(self, error: SurveyError, lang: Language = "vi") -> FaultWords:
        """An error in the same cells; its place stands in none of them."""
        return self._in_cells(error, error.where, lang)

    def fact(self, rule: str, fact: str, lang: Language = "vi") -> str:
        """A fact of a rule in the reader's language: the shape of a cell, "8 characters", reads "8 ký tự"."""
        return self.phrases.vietnamese(room_of(rule), fact) if lang == "vi" else fact

    def text(self, rule: str, lang: Language = "vi") -> str:
        """The text of a rule without facts, for a table that shows them; the code itself when it is unknown."""
        return fill(self._words(rule, lang)[0], {}, lang)

    def _in_cells(self, source: SurveyError | Fault, place: str, lang: Language) -> FaultWords:
        facts = self._facts(source, place, lang)
        text, action = (fill(words, facts, lang) for words in self._words(source.rule, lang))
        return FaultWords(text, action, facts["got"], facts["expected"])

    def _words(self, rule: str, lang: Language) -> tuple[str, str]:
        return self.texts[lang].get(rule, (rule, ""))

    def _facts(self, source: SurveyError | Fault, place: str, lang: Language) -> dict[str, str]:
        """All facts in the reader's language; `reason`, the rule of another error, becomes its text."""
        rule = source.values.get("reason", source.rule)
        facts = {name: self.fact(rule, fact, lang) for name, fact in source.facts.items()} | {"where": place}
        return with_reason(facts, self.texts[lang], lang)


def load_messages(folder: Path) -> Messages:
    """Texts of a folder of messages. Raises StoreError `messages.unreadable` when a file itself is at fault."""
    paths = [path for path in sorted(folder.glob("*.csv")) if path.name not in (PHRASES, NEXT_STEPS)]
    rows = [row for path in paths for row in read_table(path, COLUMNS, _UNREADABLE)]
    steps = {row["rule"]: row for row in read_table(folder / NEXT_STEPS, _NEXT_COLUMNS, _UNREADABLE)}
    rows = [{**row, **steps.get(row["rule"], {})} for row in rows]
    phrase_rows = read_table(folder / PHRASES, _PHRASE_COLUMNS, _UNREADABLE)
    phrases = [(row["room"], row["phrase_en"], row["phrase_vi"]) for row in phrase_rows]
    return Messages(
        {lang: {row["rule"]: (row[f"text_{lang}"], row[f"action_{lang}"]) for row in rows} for lang in ("vi", "en")},
        Phrases.of(phrases),
    )
