"""Where the table starts in a file, and what its columns are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sipas.files.cells import clean_text, column_letters, normal_header

HEADER_DEPTH = 50  # rows looked at for a header: letterhead, title, dates and notes stand above it
_OWN_COLUMNS = ("_sheet", "_row")


@dataclass(frozen=True)
class Header:
    """A header row.

    position: 0-based among the rows looked at. names: unique column names. known: which columns the caller knows
    (all titled ones when he named none). repeated: 0-based columns whose known header already stood further left.
    """

    position: int
    names: tuple[str, ...]
    known: tuple[bool, ...]
    repeated: tuple[int, ...]

    @property
    def n_known(self) -> int:
        """Number of known columns."""
        return sum(self.known)

    @property
    def row(self) -> int:
        """Row number as a person counts, from 1."""
        return self.position + 1


def find_header(rows: Sequence[Sequence[str]], known_headers: Collection[str]) -> Header | None:
    """First row with at least two cells and, if `known_headers` (normalised) is given, one of them.

    Rows that start with `#` are remarks. None when there is no such row among the first `HEADER_DEPTH`.
    """
    for position, row in enumerate(rows[:HEADER_DEPTH]):
        cells = [" ".join(clean_text(cell).split()) for cell in row]
        if sum(map(bool, cells)) < 2 or cells[0].startswith("#"):
            continue
        normal = [normal_header(cell) for cell in cells]
        known = [bool(key) and (key in known_headers or not known_headers) for key in normal]
        if any(known):
            repeated = [at for at, key in enumerate(normal) if known[at] and key in normal[:at]]
            return Header(position, _unique(cells), tuple(known), tuple(repeated))
    return None


def _unique(cells: Sequence[str]) -> tuple[str, ...]:
    """Names without blanks or repeats: the column's letters are the name, or are added to it."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        letters = column_letters(number)
        name = cell or f"_{letters}"
        names.append(f"{name} ({letters})" if name in names or name in _OWN_COLUMNS else name)
    return tuple(names)
