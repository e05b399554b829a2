"""Where the table starts in a file, and what its columns are called."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sipas.cells.text import clean_text, folded
from sipas.files.cells import column_letters

HEADER_DEPTH = 50  # rows looked at for a header: letterhead, title, dates and notes stand above it
_OWN_COLUMNS = ("_sheet", "_row")


@dataclass(frozen=True)
class Header:
    """A header row.

    position: 0-based among the rows looked at, the lower row of a header of two. names: unique column names. known:
    which columns the caller knows (all titled ones when he named none). repeated: 0-based columns whose known header
    already stood further left. depth: rows the header takes.
    """

    position: int
    names: tuple[str, ...]
    known: tuple[bool, ...]
    repeated: tuple[int, ...]
    depth: int = 1

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

    Rows that start with `#` are remarks. A second header row below (merged cells above and beside) is taken along when
    it names known columns that the first row does not, see `_two_rows`. None when there is no header among the first
    `HEADER_DEPTH` rows.
    """
    for position, row in enumerate(rows[:HEADER_DEPTH]):
        cells = _tidy(row)
        if sum(map(bool, cells)) < 2 or cells[0].startswith("#"):
            continue
        is_known = _known(cells, known_headers)
        if any(is_known):
            lower = _tidy(rows[position + 1]) if position + 1 < len(rows) else []
            both = _two_rows(cells, lower, is_known, known_headers) if known_headers else None
            if both:
                return _header(position + 1, both, _known(both, known_headers), depth=2)
            return _header(position, cells, is_known, depth=1)
    return None


def _header(position: int, cells: Sequence[str], is_known: Sequence[bool], *, depth: int) -> Header:
    normal = [folded(cell) for cell in cells]
    repeated = [at for at, key in enumerate(normal) if is_known[at] and key in normal[:at]]
    return Header(position, _unique(cells), tuple(is_known), tuple(repeated), depth)


def _tidy(row: Sequence[str]) -> list[str]:
    return [" ".join(clean_text(cell).split()) for cell in row]


def _known(cells: Sequence[str], known_headers: Collection[str]) -> list[bool]:
    keys = [folded(cell) for cell in cells]
    return [bool(key) and (key in known_headers or not known_headers) for key in keys]


def _two_rows(
    upper: Sequence[str], lower: Sequence[str], known_columns: Sequence[bool], known_headers: Collection[str]
) -> list[str] | None:
    """Names of a header of two rows, None when the lower row is none.

    It is one when it is blank under every known column (they are merged downwards; a row of data is not blank there)
    and gives at least one more known column: as "upper - lower" with the upper cell that is merged over it, or by its
    own text.
    """
    if len(lower) != len(upper) or any(cell for cell, is_known in zip(lower, known_columns, strict=True) if is_known):
        return None
    names, group, has_more = [], "", False
    for top, sub in zip(upper, lower, strict=True):
        group = top or group
        joined = f"{group} - {sub}" if group and sub else sub or top
        is_joined, is_own = (bool(sub) and folded(header) in known_headers for header in (joined, sub))
        has_more = has_more or is_joined or is_own
        names.append(sub if is_own and not is_joined else joined)
    return names if has_more else None


def _unique(cells: Sequence[str]) -> tuple[str, ...]:
    """Names without blanks or repeats: the column's letters are the name, or are added to it."""
    names: list[str] = []
    for number, cell in enumerate(cells, start=1):
        letters = column_letters(number)
        name = cell or f"_{letters}"
        names.append(f"{name} ({letters})" if name in names or name in _OWN_COLUMNS else name)
    return tuple(names)
