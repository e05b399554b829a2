"""Reading the files of words and texts that came with the program."""

from __future__ import annotations

import csv
from pathlib import Path

from errors import StoreError


def read_table(path: Path, columns: tuple[str, ...], unreadable: str = "words.unreadable") -> list[dict[str, str]]:
    """Rows of a file of words. Raises StoreError `unreadable` when the file itself is at fault."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error):
        raise StoreError(unreadable, where=path.name) from None
    is_whole = all(None not in row and None not in row.values() for row in rows)
    if tuple(reader.fieldnames or ()) != columns or not is_whole:
        raise StoreError(unreadable, where=path.name)
    return rows
