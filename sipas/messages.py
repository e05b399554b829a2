"""Texts for people, by rule code: what is wrong and what to do, Vietnamese first (data/messages.csv)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sampling.errors import Fault, StoreError, SurveyError
from sipas.datafiles import read_rows

Language = Literal["vi", "en"]
COLUMNS = ("rule", "text_vi", "action_vi", "text_en", "action_en")
_FIELD = re.compile(r"\{(\w+)\}")
_ACTION = {"vi": "Cần làm: ", "en": "What to do: "}
_ROW = {"vi": "dòng", "en": "row"}


@dataclass(frozen=True)
class Messages:
    """All texts: (text, action) by language and rule code."""

    texts: Mapping[str, Mapping[str, tuple[str, str]]]

    def render(self, error: SurveyError, lang: Language = "vi") -> str:
        """Place, what is wrong, then what to do on its own line. Faults of a FaultsFound are rendered one by one."""
        facts = {**error.values, "where": error.where, "got": shown(error.got, lang), "expected": error.expected}
        return self._compose(error.rule, error.where, facts, lang)

    def render_fault(self, fault: Fault, lang: Language = "vi") -> str:
        """One fault in one paragraph."""
        place = ", ".join(
            part
            for part in (fault.file, fault.sheet, f"{_ROW[lang]} {fault.row}" if fault.row else "", fault.column)
            if part
        )
        facts = {**fault.values, "where": place, "got": shown(fault.got, lang), "expected": fault.expected}
        return self._compose(fault.rule, place, facts, lang)

    def text(self, rule: str, lang: Language = "vi") -> str:
        """The bare text of a rule, for a table of faults; the code itself when it is unknown."""
        return self.texts[lang].get(rule, (rule, ""))[0]

    def _compose(self, rule: str, place: str, facts: Mapping[str, str], lang: Language) -> str:
        text, action = self.texts[lang].get(rule, (rule, ""))
        body = f"{place}: {_fill(text, facts)}" if place else _fill(text, facts)
        return f"{body}\n  {_ACTION[lang]}{_fill(action, facts)}" if action else body


def shown(got: str, lang: Language) -> str:
    """The shape of a cell ("8 characters") in the reader's language."""
    if lang == "en":
        return got
    return got.replace(" characters", " ký tự").replace(" digits", " chữ số")


def _fill(template: str, facts: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda match: facts.get(match[1], ""), template)


def load_messages(path: Path) -> Messages:
    """Texts of messages.csv. Raises StoreError `messages.unreadable` when the file itself is at fault."""
    faults: list[Fault] = []
    rows = read_rows(path, COLUMNS, faults)
    if faults:
        raise StoreError("messages.unreadable", where=path.name, got=faults[0].rule)
    return Messages(
        {lang: {row["rule"]: (row[f"text_{lang}"], row[f"action_{lang}"]) for row in rows} for lang in ("vi", "en")}
    )
