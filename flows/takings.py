"""What became of the files of one evening: taken in, in already, waiting for an answer, refused; in one clear line."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from errors import SurveyError
from flows.runs import NOTHING_NEW, REFUSED, WAITS_FOR_ANSWER, WAITS_FOR_DATA, tell
from flows.speech import text
from flows.words import text_of

TAKEN: Final = text("flows.taken")
KNOWN: Final = text("flows.known")


@dataclass(frozen=True)
class Taking:
    """One file: what became of it (one of the four names above, REFUSED for a failed one) and why, in words."""

    file: str
    became: str
    text: str


def taking(file: str, state: State[Any]) -> Taking:
    """What became of a file, from the state in which its task ended."""
    return Taking(file, state.name or "" if state.is_completed() else REFUSED, state.message or "")


def asked(file: str, question: SurveyError) -> Taking:
    """A file that waits for an answer before anything can read it."""
    message = text_of(question)
    tell(message, logging.WARNING)
    return Taking(file, WAITS_FOR_ANSWER, message)


def taken(message: str, *, is_new: bool) -> State[Any]:
    """End of the task of a file that is in."""
    tell(message)
    return Completed(name=TAKEN if is_new else KNOWN, message=message)


def counted(takings: Iterable[Taking]) -> dict[str, object]:
    """Table for the page: every file and what became of it."""
    return {outcome.file: f"{outcome.became}: {outcome.text}".replace("\n", " ") for outcome in takings}


def ended(takings: Sequence[Taking], place: str) -> State[dict[str, str]]:
    """End of the flow: green unless every file was refused; nothing new is a green end too.

    place: the folder, as a person knows it.
    """
    line = _line(takings, place)
    tell(line)
    data = {outcome.file: outcome.became for outcome in takings}
    message = "\n".join(
        [line, *(f"- {outcome.text}" for outcome in takings if outcome.became in (REFUSED, WAITS_FOR_ANSWER))]
    )
    if takings and all(outcome.became == REFUSED for outcome in takings):
        return Failed(message=message, data=data)
    return Completed(name=_name(takings), message=message, data=data)


def joined(came: Sequence[State[Any]], result: State[Any], line: str) -> State[Any]:
    """End of a flow that took files and then made something of all that is in: failed only when making failed.

    Named after the first that holds: a refused file, a file that waits, nothing new, data still to come. Its data is
    `line`, what was made in words, or None where it could not be made yet.
    """
    is_made = is_whole(result)
    message = "\n".join(
        part for part in [*(state.message for state in came), line if is_made else result.message] if part
    )
    tell(message)
    if not result.is_completed():
        return Failed(message=message)
    names = {REFUSED if state.is_failed() else state.name for state in (came if is_made else [*came, result])}
    name = next((kind for kind in (REFUSED, WAITS_FOR_ANSWER) if kind in names), "")
    name = name or (NOTHING_NEW if names <= {NOTHING_NEW, WAITS_FOR_DATA} and NOTHING_NEW in names else "")
    return Completed(
        name=name or ("Completed" if is_made else WAITS_FOR_DATA), message=message, data=line if is_made else None
    )


def lacking(estimated: Sequence[tuple[str, State[Any]]]) -> State[Any]:
    """End of the estimates of several instruments, with their short titles, where not all are made: each that is not
    with what it says, those that are, and that the ranks wait. Failed when one of them broke."""
    missing = [(name, state) for name, state in estimated if not is_whole(state)]
    ready = [name for name, state in estimated if is_whole(state)]
    lines = [
        _titled(name, state.message or "") if len(estimated) > 1 else state.message or "" for name, state in missing
    ]
    if ready:
        awaited = ", ".join(name for name, _ in missing)
        lines.append(text("flows.ranks_wait", made=", ".join(ready), awaited=awaited))
    is_broken = any(not state.is_completed() for _, state in missing)
    message = "\n".join(lines)
    return Failed(message=message) if is_broken else Completed(name=WAITS_FOR_DATA, message=message)


def _titled(name: str, message: str) -> str:
    return message if message.startswith(name) else f"{name}: {message}"


def is_whole(state: State[Any]) -> bool:
    """False when a step broke or could make nothing yet: what comes after it cannot be made."""
    return state.is_completed() and state.name != WAITS_FOR_DATA and state.result() is not None


def _name(takings: Sequence[Taking]) -> str:
    became = {outcome.became for outcome in takings}
    if became <= {KNOWN}:
        return NOTHING_NEW
    return next((kind for kind in (REFUSED, WAITS_FOR_ANSWER) if kind in became), "Completed")


def _line(takings: Sequence[Taking], place: str) -> str:
    """How many new files there are, refused ones, such as wait, and such as were received before; with their names."""

    def of(became: str) -> list[str]:
        return [outcome.file for outcome in takings if outcome.became == became]

    new, refused, waiting, n_known = of(TAKEN), of(REFUSED), of(WAITS_FOR_ANSWER), len(of(KNOWN))
    said = [
        text("flows.files_new", n=len(new), files=", ".join(new)) if new else text("flows.files_none_new"),
        *([text("flows.files_refused", n=len(refused), files=", ".join(refused))] if refused else []),
        *([text("flows.files_waiting", n=len(waiting), files=", ".join(waiting))] if waiting else []),
        *([text("flows.files_known", n=n_known)] if n_known else []),
    ]
    return text("flows.folder", place=place, said="; ".join(said))
