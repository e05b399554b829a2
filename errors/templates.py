"""Templates of what a person reads, and how facts are put into them.

A text names facts in braces. A part in square brackets that holds a fact is optional: `[ (got {got})]` is left out when
the fact is empty, and `[after {got}|at the end]` then reads "at the end". Every other fact has to be given.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

Language = Literal["vi", "en"]
_FIELD: Final = re.compile(r"\{(\w+)\}")
_OPTIONAL: Final = re.compile(r"\[([^\[\]]*\{\w+\}[^\[\]]*)\]")
_UNKNOWN: Final[Mapping[Language, str]] = {"vi": "(không rõ)", "en": "(not known)"}


def fill(template: str, facts: Mapping[str, str], lang: Language) -> str:
    """The template with its facts; optional parts without theirs are left out.

    A needed fact that was not given is a fault of the program: the sentence then says that it is not known.
    """

    def chosen(part: re.Match[str]) -> str:
        words, _, otherwise = part[1].partition("|")
        return words if all(facts.get(name) for name in _FIELD.findall(words)) else otherwise

    return _FIELD.sub(lambda field: facts.get(field[1]) or _UNKNOWN[lang], _OPTIONAL.sub(chosen, template))


def needed_facts(template: str) -> frozenset[str]:
    """Names of the facts that a template cannot do without: those outside its optional parts."""
    return frozenset(_FIELD.findall(_OPTIONAL.sub("", template)))


def room_of(rule: str) -> str:
    """First part of a rule code or key: its texts are in the file of that name."""
    return rule.partition(".")[0]


def data_folder() -> Path:
    """data/ beside this package in a checkout, sipas/data where the packages are installed."""
    root = Path(__file__).resolve().parents[1]
    installed = root / "sipas" / "data"
    return installed if installed.is_dir() else root / "data"
