"""What a person sees: tables, numbers as Vietnamese readers write them, errors that say what to do."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from errors import Fault, FaultsFound, StoreError, SurveyError
from errors.messages import Language, Messages, load_messages
from sipas.publish.labels import format_number, label
from sipas.store.files.methodology import packaged_data
from sipas.trace import Cell, Quantity, Term

console = Console(highlight=False, soft_wrap=False)
_FAULTS_SHOWN = 200  # all faults of a usual file; a wrong column of a large one must not bury the first line


def texts() -> Messages:
    """Messages of the program."""
    return load_messages(packaged_data() / "messages")


def say(line: str) -> None:
    """One line on the screen, without markup."""
    console.print(line, markup=False, soft_wrap=True)


def number(value: object, decimals: int = 0) -> str:
    """A number with decimal comma and dots for thousands; "" for none."""
    if value is None or value != value:
        return ""
    return format_number(value, decimals)  # type: ignore[arg-type]


def shown(cell: Cell) -> str:
    """A cell of a trace as a person reads it."""
    if isinstance(cell, Term):
        return cell.words or label(cell.kind, cell.code)
    if isinstance(cell, Quantity):
        return "-" if cell.value is None else format_number(cell.value, cell.decimals)
    return cell


def show_table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()
) -> None:
    """A table as wide as its content; columns at the positions `numbers` are set flush right."""
    table = Table(title=title, title_justify="left", header_style="bold", title_style="bold")
    for position, column in enumerate(columns):
        is_number = position in numbers  # a number broken over two lines would be read as two
        table.add_column(column, justify="right" if is_number else "left", overflow="fold", no_wrap=is_number)
    for row in rows:
        table.add_row(*map(str, row))
    console.print(table)


def show_counts(title: str, counts: Mapping[str, object]) -> None:
    """Two columns: what, how many."""
    rows = [(name, number(value) if isinstance(value, int) else str(value)) for name, value in counts.items()]
    show_table(title, ("Nội dung", "Số lượng"), rows, numbers=(1,))


def show_json(value: Any) -> None:
    """Plain JSON on stdout, for machines."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n")


def show_faults(faults: Sequence[Fault], *, error: bool = False) -> None:
    """The first faults one by one, each with what to do; how many more there are."""
    out = Console(stderr=True, highlight=False) if error else console
    known = texts()
    for fault in faults[:_FAULTS_SHOWN]:
        out.print("- " + known.render_fault(fault).replace("\n", "\n  "), markup=False, soft_wrap=True)
    if len(faults) > _FAULTS_SHOWN:
        out.print(f"... và {len(faults) - _FAULTS_SHOWN} lỗi khác.", markup=False, soft_wrap=True)


def show_error(error: SurveyError, env: Mapping[str, str]) -> None:
    """A user's error on stderr, in Vietnamese (SIPAS_LANG=en for English)."""
    lang: Language = "en" if env.get("SIPAS_LANG") == "en" else "vi"
    try:
        known = texts()
    except StoreError as unreadable:
        sys.stderr.write(f"{error}\n{unreadable}\n")
        return
    out = Console(stderr=True, highlight=False)
    out.print(("LỖI: " if lang == "vi" else "ERROR: ") + known.render(error, lang), markup=False, soft_wrap=True)
    if isinstance(error, FaultsFound):
        show_faults(error.faults, error=True)
