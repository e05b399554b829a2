"""Words for a person beside the codes: instruments, steps, and the command that does what a message asks for."""

from __future__ import annotations

from collections.abc import Mapping

from sipas.jobs.stepruns.pinned import pinned
from sipas.store.workspace import Workspace


def short_names(ws: Workspace, round_id: str) -> dict[str, str]:
    """Short title of every instrument of a round, by its id; the id itself for one of several without a title."""
    rules = pinned(ws, round_id).survey_round.instruments
    return {
        instrument.id: instrument.short_vi
        or instrument.title_vi
        or (instrument.id if len(rules) > 1 else instrument.title)
        for instrument in rules
    }


def with_name(code: str, names: Mapping[str, str]) -> str:
    """A code and its name; the code alone where there is none."""
    return f"{code} {names[code]}" if code in names else code


def command_line(words: str, file: str = "", **options: str) -> str:
    """A command as it is typed: the options that have a value, quoted where they need it (`workspace` goes first)."""
    place = options.pop("workspace", "")
    given = [f"--{name.replace('_', '-')} {_quoted(value)}" for name, value in options.items() if value]
    return " ".join(
        ["sipas", *([f"-w {_quoted(place)}"] if place else []), words, *([f'"{file}"'] if file else []), *given]
    )


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value
