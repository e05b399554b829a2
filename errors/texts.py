"""Words of errors by rule code: the texts of data/messages, and how facts are put into them.

A text names facts in braces. A part in square brackets that holds a fact is optional: `[ (got {got})]` is left out when
the fact is empty, and `[after {got}|at the end]` then reads "at the end". Every other fact has to be given where the
error is raised.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

Language = Literal["vi", "en"]
COLUMNS: Final = ("rule", "text_vi", "action_vi", "text_en", "action_en")
_FIELD: Final = re.compile(r"\{(\w+)\}")
_OPTIONAL: Final = re.compile(r"\[([^\[\]]*\{\w+\}[^\[\]]*)\]")
_ACTION: Final[Mapping[Language, str]] = {"vi": "Cần làm: ", "en": "What to do: "}
_ROW: Final[Mapping[Language, str]] = {"vi": "dòng", "en": "row"}
_UNKNOWN: Final[Mapping[Language, str]] = {"vi": "(không rõ)", "en": "(not known)"}


def fill(template: str, facts: Mapping[str, str], lang: Language) -> str:
    """The template with its facts; optional parts without theirs are left out.

    A needed fact that was not given is a fault of the program: the sentence then says that it is not known.
    """

    def chosen(part: re.Match[str]) -> str:
        words, _, otherwise = part[1].partition("|")
        return words if all(facts.get(name) for name in _FIELD.findall(words)) else otherwise

    return _FIELD.sub(lambda field: facts.get(field[1]) or _UNKNOWN[lang], _OPTIONAL.sub(chosen, template))


def with_reason(facts: dict[str, str], texts: Mapping[str, tuple[str, str]], lang: Language) -> dict[str, str]:
    """The facts; `reason`, the rule code of another error with the same facts, as the text of that rule."""
    reason = facts.get("reason", "")
    return facts | {"reason": fill(texts[reason][0], facts, lang)} if reason in texts else facts


def needed_facts(template: str) -> frozenset[str]:
    """Names of the facts that a template cannot do without: those outside its optional parts."""
    return frozenset(_FIELD.findall(_OPTIONAL.sub("", template)))


def sentence(words: tuple[str, str], place: str, facts: Mapping[str, str], lang: Language) -> str:
    """Place, what is wrong, then what to do on its own line; `words` are text and action of a rule."""
    text, action = (fill(template, facts, lang) for template in words)
    body = f"{place}: {text}" if place else text
    return f"{body}\n  {_ACTION[lang]}{action}" if action else body


def place_of(file: str, sheet: str, row: int, column: str, lang: Language) -> str:
    """File, sheet, row and column, leaving out what is not known: `forms.xlsx, Sheet1, row 218, II.B3`."""
    parts = (file, sheet, f"{_ROW[lang]} {row}" if row else "", column)
    return ", ".join(part for part in parts if part)


def room_of(rule: str) -> str:
    """First part of a rule code: its texts are in the file of that name."""
    return rule.partition(".")[0]


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


def data_folder() -> Path:
    """data/ beside this package in a checkout, sipas/data where the packages are installed."""
    root = Path(__file__).resolve().parents[1]
    installed = root / "sipas" / "data"
    return installed if installed.is_dir() else root / "data"
