"""Documents as they are typed: their files and commands in the order in which they stand."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A line that begins with a path in backticks names the file that the next block holds.
_PART = re.compile(r"(?:^`(?P<file>[^`\n]+\.\w+)`[^\n]*\n)?^```\w*\n(?P<block>.*?)^```$", re.M | re.S)
_ROW = re.compile(r"^\|(.+)\|$", re.M)


@dataclass(frozen=True)
class NamedFile:
    """A file that a document shows whole."""

    name: str
    content: str


@dataclass(frozen=True)
class Command:
    """A command that a document asks to type, without `sipas`."""

    words: tuple[str, ...]


def typed(document: str) -> Iterator[NamedFile | Command]:
    """Files and commands of a document, in order; blocks that are neither are passed over."""
    text = (ROOT / document).read_text(encoding="utf-8")
    for part in _PART.finditer(text):
        if part["file"]:
            yield NamedFile(part["file"], part["block"])
            continue
        for line in part["block"].splitlines():
            if line.startswith("sipas "):
                yield Command(tuple(shlex.split(line, comments=True)[1:]))


def table_of(document: str, header: str) -> list[list[str]]:
    """Cells of the table of a document whose first header is `header`, its header row first."""
    text = (ROOT / document).read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in row.split("|")] for row in _ROW.findall(text[text.index(f"| {header} |") :])]
    end = next((place for place, row in enumerate(rows) if len(row) != len(rows[0])), len(rows))
    return [row for row in rows[:end] if not set("".join(row)) <= set("-")]
