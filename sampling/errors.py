"""Errors that a survey office can act on: a rule code, a place, what was found, what was expected.

The text a person reads is made from the rule code by `sipas.messages`; here are only the facts. `got` never
carries a raw cell of an untrusted file: a cell may hold a phone number. Use `shape_of` for that.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

_NO_VALUES: Mapping[str, str] = {}


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
        """Place in words: file, sheet, row, column, leaving out what is not known."""
        parts = [self.file, self.sheet, f"dòng {self.row}" if self.row else "", self.column]
        return ", ".join(part for part in parts if part)


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
        facts = {"where": where, "got": self.got, "expected": self.expected, **self.values}
        super().__init__(f"{rule}: " + "; ".join(f"{k}={v}" for k, v in facts.items() if v))


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
