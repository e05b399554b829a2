"""What a run says on Prefect's page: Vietnamese, the file, what to do; never a cell, a name or an answer."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Final

from errors import Fault, FaultsFound, StoreError, SurveyError
from errors.messages import Messages, load_messages
from errors.templates import data_folder
from flows.speech import language, text
from sipas.files.charset import CODE_PAGES

_FAULTS_SHOWN = 5  # a state is read on one screen; the whole list is what the command shows
HIDDEN = "…"
# What a file of returns lacks is one answer of the office: which code page its letters are in.
_LACKS_CODE_PAGE: Final = ("files.not_utf8", "files.sav_code_page", "files.mojibake")
_OLD_PAGES: Final = ", ".join(page for page in CODE_PAGES if page not in ("utf-8", "ascii", "latin-1"))
# An answer of the office is awaited.
QUESTIONS: Final = ("flows.ask_code_page",)
# Before the first returns, or the last entry of the appraisers, a result cannot be made: no failure of an evening.
DATA_TO_COME: Final = ("flows.waits_for_returns", "flows.waits_for_entries")


@cache
def messages() -> Messages:
    """Texts of the program."""
    return load_messages(data_folder() / "messages")


def text_of(error: SurveyError) -> str:
    """The text of an error and what to do. Faults give their rows only: a fault of a row may quote its cell."""
    lines = [messages().render(error, language())]
    if isinstance(error, FaultsFound):
        lines += [
            messages().render_fault(_without_cells(fault), language()).split("\n")[0]
            for fault in error.faults[:_FAULTS_SHOWN]
        ]
        if len(error.faults) > _FAULTS_SHOWN:
            lines.append(text("flows.more_faults", n=len(error.faults) - _FAULTS_SHOWN))
    return "\n".join(lines)


def or_question(error: SurveyError, command: str, place: str = "") -> SurveyError:
    """What is asked of the office when an answer of its own lets a file of returns in; else the error itself.

    command: what receives the file, as it is typed; place: where it is typed, "" for where the person is.
    """
    if error.rule not in _LACKS_CODE_PAGE:
        return error
    return StoreError("flows.ask_code_page", where=error.where, got=command, expected=_OLD_PAGES, place=place)


def _without_cells(fault: Fault) -> Fault:
    """The fault with every quoted value hidden. A header of a file from outside may be a cell too, so no column."""
    column = "" if fault.file else fault.column
    return replace(fault, column=column, got=HIDDEN, values=dict.fromkeys(fault.values, HIDDEN))
