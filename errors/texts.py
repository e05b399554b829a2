"""Words of errors by rule code: the texts of data/messages, in sentences with place, text and action."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from typing import Final

from errors.templates import Language, data_folder, fill, room_of

COLUMNS: Final = ("rule", "text_vi", "action_vi", "text_en", "action_en")
_ACTION: Final[Mapping[Language, str]] = {"vi": "Cần làm: ", "en": "What to do: "}
_ROW: Final[Mapping[Language, str]] = {"vi": "dòng", "en": "row"}


def with_reason(facts: dict[str, str], texts: Mapping[str, tuple[str, str]], lang: Language) -> dict[str, str]:
    """The facts; `reason`, the rule code of another error with the same facts, as the text of that rule."""
    reason = facts.get("reason", "")
    return facts | {"reason": fill(texts[reason][0], facts, lang)} if reason in texts else facts


def sentence(words: tuple[str, str], place: str, facts: Mapping[str, str], lang: Language) -> str:
    """Place, what is wrong, then what to do on its own line; `words` are text and action of a rule."""
    text, action = (fill(template, facts, lang) for template in words)
    body = f"{place}: {text}" if place else text
    return f"{body}\n  {_ACTION[lang]}{action}" if action else body


def place_of(file: str, sheet: str, row: int, column: str, lang: Language) -> str:
    """File, sheet, row and column, leaving out what is not known: `forms.xlsx, Sheet1, row 218, II.B3`."""
    parts = (file, sheet, f"{_ROW[lang]} {row}" if row else "", column)
    return ", ".join(part for part in parts if part)


def english(rule: str, place: str, facts: Mapping[str, str]) -> str:
    """The English sentence of a rule, "" where its text cannot be read."""
    words = _english_texts(room_of(rule)).get(rule)
    reasons = _english_texts(room_of(facts.get("reason", rule)))
    return sentence(words, place, with_reason({**facts, "where": place}, reasons, "en"), "en") if words else ""


@cache
def _english_texts(room: str) -> Mapping[str, tuple[str, str]]:
    """Texts and actions of one room; none when the file is absent or damaged: an error must always print."""
    try:
        with (data_folder() / "messages" / f"{room}.csv").open(encoding="utf-8", newline="") as file:
            return {row["rule"]: (row["text_en"], row["action_en"]) for row in csv.DictReader(file)}
    except (OSError, UnicodeDecodeError, csv.Error, KeyError):
        return {}
