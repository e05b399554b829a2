"""Lines for a person: on a terminal wrapped at words, what is copied in one piece, a command to type next on a line of
its own."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from typing import Final

import click
from rich.cells import cell_len

from flows.cli.tables import wrapped
from flows.speech import for_machine

_UNBROKEN: Final = "\ue000"  # a private character, as wide as the blank it stands for
_QUOTED: Final = r'"[^"]*"'
# A command that a sentence names: its names, then options with their values, files and words to fill in (MÃ_ĐỢT, ...).
_COMMAND: Final = re.compile(
    rf"sipas(?: -w (?:{_QUOTED}|\S+))?(?: [a-z]+(?:-[a-z]+)*){{0,2}}"
    rf"(?: (?:--[a-z-]+(?: (?:{_QUOTED}|\.\.\.|[^\s,;:()“”\"]*[^\s,;:()“”\".]))?|{_QUOTED}"
    r"|[a-z0-9-]+/[\w./-]*\w|[0-9A-ZÀ-ỸĐ_]+(?![\w.])|\.\.\.))*"
)
_STEP: Final = 2


def held(text: object) -> str:
    """The same in one piece: its blanks are none at which a line may be broken."""
    return str(text).replace(" ", _UNBROKEN)


def terminal_width(*, error: bool = False) -> int | None:
    """Columns of the terminal on stdout, or stderr; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if (sys.stderr if error else sys.stdout).isatty() else None


def tell(lines: str, *, error: bool = False) -> None:
    """Lines for the screen; nothing beside the JSON that a machine reads on stdout."""
    if for_machine() and not error:
        return
    width = terminal_width(error=error)
    for line in lines.split("\n"):
        for piece in _pieces(line):
            indent = " " * (len(piece) - len(piece.lstrip(" ")))
            fits = width is None or cell_len(piece) <= width
            shown = [piece] if fits else [indent + words for words in wrapped(piece, (width or 0) - len(indent))]
            for words in shown:
                click.echo(words.replace(_UNBROKEN, " "), err=error)


def _pieces(line: str) -> Iterator[str]:
    """The line, its commands held together; one that ends it, after a colon, is a line of its own."""
    whole = _COMMAND.sub(lambda found: held(found[0]), line)
    before, colon, command = whole.rpartition(": ")
    if not colon or not command.startswith(f"sipas{_UNBROKEN}") or " " in command:
        yield whole
        return
    indent = len(line) - len(line.lstrip(" "))
    yield f"{before}:"
    yield " " * (indent + _STEP) + command
