"""What a person sees: sentences, tables, numbers as readers of the language write them, errors that say what to do.

On a terminal what is long is wrapped at words; what is copied (a hash, a path, a command) stays in one piece. Through
a pipe everything stands in full. Where a machine reads, stdout is kept for the facts: words of a result are left out.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

import click

from errors import Fault, FaultsFound, StoreError, SurveyError
from errors.messages import Messages, load_messages
from errors.templates import data_folder, fill, needed_facts
from flows.cli import lines, tables
from flows.cli.machine import error_facts, show_json
from flows.speech import for_machine, language, text, word
from sipas.trace import Cell, Moment, Quantity, Term
from sipas.words.numbers import format_day, format_number, format_time

__all__ = [
    "ask",
    "day",
    "moment",
    "number",
    "rough",
    "say",
    "show_counts",
    "show_error",
    "show_facts",
    "show_faults",
    "show_lines",
    "show_table",
    "shown",
    "tell_error",
    "working",
]
_FEW: Final = 3  # faults shown of each kind, when all are in a file
_MANY: Final = 200  # faults shown of each kind, when they are nowhere else


@cache
def texts() -> Messages:
    """Messages of the program."""
    return load_messages(data_folder() / "messages")


def say(key: str, **facts: object) -> None:
    """A text of data/texts on the screen; paths and a command among its facts stay in one piece."""
    whole = {name for name, fact in facts.items() if isinstance(fact, Path) or name == "command"}
    lines.tell(text(key, **{name: lines.held(fact) if name in whole else fact for name, fact in facts.items()}))


def ask(key: str, *, is_secret: bool = False) -> str:
    """What a person types when asked for it, on stderr; a secret is not shown."""
    return str(click.prompt(text(key), hide_input=is_secret, err=True))


def number(value: object, decimals: int = 0) -> str:
    """A number as readers of the language write it; "" for none."""
    if value is None or value != value:
        return ""
    return format_number(value, decimals, language())  # type: ignore[arg-type]


def day(iso: str) -> str:
    """A day as readers of the language write it."""
    return format_day(iso, language())


def moment(iso: str) -> str:
    """A moment on the clock of Viet Nam, as readers of the language write it; "" for none."""
    return format_time(iso, language()) if iso else ""


def rough(value: float) -> str:
    """A number to three digits, however small it is."""
    shortened = f"{value:.3g}"
    return shortened if language() == "en" else shortened.replace(".", ",")


def shown(cell: Cell) -> str:
    """A cell of a trace as a person reads it."""
    if isinstance(cell, Term):
        return cell.words or word(cell.kind, cell.code)
    if isinstance(cell, Quantity):
        return "-" if cell.value is None else number(cell.value, cell.decimals)
    return moment(cell.iso) if isinstance(cell, Moment) else cell


def show_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: Collection[int] = ()
) -> None:
    """A table; columns at the positions `numbers` are never wrapped and set flush right."""
    table, width = tables.made(title, columns, rows, numbers), lines.terminal_width()
    show_lines(tables.plain(table) if width is None else tables.laid_out(table, width), is_titled=bool(title))


def show_counts(title: str, counts: Mapping[str, object]) -> None:
    """Two columns: what, how many."""
    rows = [(name, number(value) if isinstance(value, int) else value) for name, value in counts.items()]
    show_table(title, (text("cli.what"), text("cli.how_many")), rows, numbers=(1,))


def show_facts(title: str, facts: Iterable[tuple[str, object]]) -> None:
    """What is known, a line each; a value without a blank, or a path, stays in one piece."""
    known = [(label, str(value), isinstance(value, Path) or " " not in str(value)) for label, value in facts]
    show_lines(tables.facts(title, known, lines.terminal_width()), is_titled=bool(title))


def show_lines(shown_lines: Iterable[str], *, is_titled: bool = False) -> None:
    """Lines as they are, a title in bold."""
    if for_machine():
        return
    if is_titled:
        click.echo()
    for at, line in enumerate(shown_lines):
        click.echo(click.style(line, bold=True) if is_titled and not at else line)


@contextmanager
def working(key: str, **facts: object) -> Iterator[None]:
    """Say on stderr what is being done: a line that goes when it is done on a terminal, one that stays elsewhere."""
    line = text(key, **facts)
    on_terminal = sys.stderr.isatty()
    click.echo(line, nl=not on_terminal, err=True)
    try:
        yield
    finally:
        if on_terminal:
            click.echo("\r\x1b[2K", nl=False, err=True)


def show_faults(faults: Sequence[Fault], file: object = None, *, error: bool = False) -> None:
    """How many faults of each kind there are, then some of each; all of them are in `file` where there is one."""
    ordered = sorted(faults, key=lambda fault: fault.rule)
    kinds = Counter(fault.rule for fault in ordered)
    most = _FEW if file else _MANY
    if len(kinds) > 1 or any(n > most for n in kinds.values()):
        lines.tell(text("cli.fault_kinds", n=number(len(ordered)), kinds=len(kinds)), error=error)
        width = max(len(number(n)) for n in kinds.values())
        for rule, n in kinds.most_common():
            lines.tell(f"  {number(n):>{width}}  {_kind(rule)}", error=error)
    for rule, of_rule in groupby(ordered, key=lambda fault: fault.rule):
        for fault in [*of_rule][:most]:
            lines.tell("- " + texts().render_fault(fault, language()).replace("\n", "\n  "), error=error)
        if kinds[rule] > most:
            lines.tell("  " + text("cli.faults_more", n=number(kinds[rule] - most)), error=error)
    if file:
        lines.tell(text("cli.faults_file", file=lines.held(file)), error=error)


def show_error(error: SurveyError) -> None:
    """What ends a call: a user's error on stderr, and as JSON on stdout where a machine reads that."""
    try:
        messages = texts()
    except StoreError as unreadable:
        sys.stderr.write(f"{error}\n{unreadable}\n")
        return
    if for_machine():
        show_json(error_facts(error, messages))
    tell_error(error)


def tell_error(error: SurveyError) -> None:
    """A user's error on stderr: what, where, what to do, and the faults of a file."""
    line = text("cli_help.error", text=texts().render(error, language()))
    for place in [value for value in (error.where, *error.values.values()) if "/" in value or "\\" in value]:
        line = line.replace(place, lines.held(place))
    lines.tell(line, error=True)
    if isinstance(error, FaultsFound):
        show_faults(error.faults, error.values.get("fault_file"), error=True)


def _kind(rule: str) -> str:
    """What all faults of a rule have in common: its text without what differs."""
    template = texts().texts[language()].get(rule, (rule, ""))[0]
    return fill(template, dict.fromkeys(needed_facts(template), "…"), language())
