"""Errors that a survey office can act on: a rule code, a place, what was found, what was expected.

`str(error)` is the rule code and its English sentence; the program shows the reader's language by `errors.messages`.
Facts are numbers, codes and names, or English phrases of data/messages/phrases.csv. `got` never carries a raw cell of
an untrusted file: a cell may hold a phone number. Use `shape_of` for that.
"""

from __future__ import annotations

import copyreg
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from errors.texts import english, place_of

_SHOWN_FAULTS = 5


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong in one place. `row` counts as the person sees it (first line of a file = 1)."""

    rule: str
    file: str = ""
    sheet: str = ""
    row: int = 0
    column: str = ""
    got: str = ""
    expected: str = ""
    values: Mapping[str, str] = field(default_factory=dict, compare=False)

    @property
    def where(self) -> str:
        """Place in English: file, sheet, row, column, leaving out what is not known."""
        return place_of(self.file, self.sheet, self.row, self.column, "en")

    @property
    def facts(self) -> dict[str, str]:
        """What fills the text of the rule, without the place."""
        return {**self.values, "got": self.got, "expected": self.expected}

    def __str__(self) -> str:
        return _in_english(self.rule, self.where, self.facts)


class SurveyError(Exception):
    """A job that cannot go on. `rule` names the text; `where`, `got`, `expected` and `values` fill it."""

    def __init__(
        self, rule: str, *, where: str = "", got: object = "", expected: object = "", **values: object
    ) -> None:
        self.rule = rule
        self.where = where
        self.got = str(got)
        self.expected = str(expected)
        self.values = {name: str(value) for name, value in values.items()}
        super().__init__(rule)

    @property
    def facts(self) -> dict[str, str]:
        """What fills the text of the rule, without the place."""
        return {**self.values, "got": self.got, "expected": self.expected}

    def __str__(self) -> str:
        return _in_english(self.rule, self.where, self.facts)

    def __reduce__(self) -> tuple[Any, ...]:
        return copyreg.__newobj__, (type(self), self.rule), self.__dict__  # type: ignore[attr-defined]


class FrameError(SurveyError):
    """The sampling frame or its plan cannot be used."""


class DesignError(SurveyError):
    """The sampling design, an allocation or a draw is impossible or does not verify."""


class WeightError(SurveyError):
    """Weights cannot be made: margins, classes or convergence."""


class DataError(SurveyError):
    """A table or file from outside cannot be used."""


class RulebookError(SurveyError):
    """Methodology files contradict themselves or an input they need is absent."""


class StoreError(SurveyError):
    """Workspace, ledger, snapshots or outputs."""


class FaultsFound(SurveyError):
    """All faults of one file or folder at once."""

    def __init__(self, rule: str, faults: Iterable[Fault], *, where: str = "", **values: object) -> None:
        self.faults = tuple(sorted(faults))
        super().__init__(rule, where=where, got=len(self.faults), **values)

    def __str__(self) -> str:
        lines = [super().__str__(), *map(str, self.faults[:_SHOWN_FAULTS])]
        more = len(self.faults) - _SHOWN_FAULTS
        return "\n".join([*lines, f"... and {more} more"] if more > 0 else lines)


def _in_english(rule: str, where: str, facts: Mapping[str, str]) -> str:
    """Rule code and sentence; rule code and facts where the texts are not at hand."""
    all_facts = {"where": where, **facts}
    return f"{rule}: " + (english(rule, where, facts) or "; ".join(f"{k}={v}" for k, v in all_facts.items() if v))


def shape_of(cell: str) -> str:
    """Say what a cell looks like without showing it: up to 3 characters as they are, else its shape.

    `"6"` -> `"6"`; `"0912345678"` -> `"10 digits"`; anything else -> `"12 characters"`.
    """
    text = str(cell)
    if len(text) <= 3:
        return text
    if re.fullmatch(r"[0-9]+", text):
        return f"{len(text)} digits"
    return f"{len(text)} characters"
