"""What a run says on Prefect's page: Vietnamese, the file, what to do; never a cell, a name or an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Final

from sampling.errors import Fault, FaultsFound, SurveyError
from sipas.files.charset import CODE_PAGES
from sipas.messages import Messages, load_messages
from sipas.store.methodology import packaged_data

_FAULTS_SHOWN = 5  # a state is read on one screen; the whole list is what the command shows
HIDDEN = "…"
# What a file of returns lacks is one answer of the office: which code page its letters are in.
QUESTIONS: Final[Mapping[str, str]] = {
    "files.not_utf8": "flows.ask_code_page",
    "files.sav_code_page": "flows.ask_code_page",
    "files.mojibake": "flows.ask_code_page",
}
_OLD_PAGES: Final = ", ".join(one for one in CODE_PAGES if one not in ("utf-8", "ascii", "latin-1"))
# Before the first returns, or the last entry of the appraisers, a result cannot be made: no failure of an evening.
DATA_TO_COME: Final[Mapping[str, str]] = {
    "jobs.no_answers": "flows.waits_for_returns",
    "parindex.missing_inputs": "flows.waits_for_entries",
}


@cache
def messages() -> Messages:
    """Texts of the program."""
    return load_messages(packaged_data() / "messages")


def text_of(error: SurveyError) -> str:
    """The text of an error and what to do. Faults give their rows only: a fault of a row may quote its cell."""
    lines = [messages().render(error)]
    if isinstance(error, FaultsFound):
        lines += [messages().render_fault(_without_cells(one)).split("\n")[0] for one in error.faults[:_FAULTS_SHOWN]]
        if len(error.faults) > _FAULTS_SHOWN:
            lines.append(f"... và {len(error.faults) - _FAULTS_SHOWN} lỗi khác.")
    return "\n".join(lines)


def question_of(error: SurveyError) -> SurveyError | None:
    """What is asked of the office when an answer of its own lets this file in; None when the file has to be mended."""
    rule = QUESTIONS.get(error.rule)
    return SurveyError(rule, where=error.where, expected=_OLD_PAGES) if rule else None


def data_to_come(error: SurveyError) -> SurveyError | None:
    """What has to come before this result can be made; None when that is not what the error is about."""
    rule = DATA_TO_COME.get(error.rule)
    return SurveyError(rule, got=error.got) if rule else None


def _without_cells(fault: Fault) -> Fault:
    """The fault with every quoted value hidden. A header of a file from outside may be a cell too, so no column."""
    column = "" if fault.file else fault.column
    return replace(fault, column=column, got=HIDDEN, values=dict.fromkeys(fault.values, HIDDEN))
