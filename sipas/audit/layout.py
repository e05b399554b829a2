"""Where a table stands in a sheet: title rows, a header of one to three rows, rows of units, summaries, signatures."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import numpy as np

from errors import DataError, Fault, FaultsFound
from sipas.audit.numbers import decimal_mark, millionths, parse_column
from sipas.audit.spec import TableSpec, split_role
from sipas.audit.table import Column, Grid, Table
from sipas.audit.vocabulary import Vocabulary, plain, same_name, stated_maximum

NUMERIC: Final = frozenset(
    [
        "part",
        "total",
        "max",
        "excluded",
        "applicable",
        "index_pct",
        "rank",
        "of",
        "bonus",
        "penalty",
        "last_year",
        "change",
        "count",
    ]
)
_WHOLE = frozenset({"rank", "of", "count"})
_SINGLE = frozenset(
    [
        "unit",
        "total",
        "max",
        "excluded",
        "applicable",
        "rank",
        "class",
        "of",
        "order",
        "code",
        "parent",
        "bonus",
        "penalty",
        "last_year",
        "change",
    ]
)
_DEPTH, _HEAD_ROWS = 60, 3
_NUMBERING = re.compile(r"\(?(?:[0-9]{1,2}|[a-zđ])\)?(?:\s*=.*)?")
_DIGIT = re.compile(r"[0-9]")


@dataclass(frozen=True)
class Head:
    """Rows [start, stop) of the grid are the header; columns with the roles found."""

    start: int
    stop: int
    columns: tuple[Column, ...]

    @property
    def n_roles(self) -> int:
        """How many columns have a role that can be checked."""
        return sum(column.role in NUMERIC or column.role in ("unit", "code") for column in self.columns)


def choose_grid(grids: Sequence[Grid], spec: TableSpec, words: Vocabulary, sheet: str, file: str) -> tuple[Grid, Head]:
    """The sheet or table with a header: the named one, else the one with the most roles.

    Raises DataError `audit.no_sheet`, `audit.no_table`, `audit.several_tables`.
    """
    wanted = [grid for grid in grids if not sheet or plain(grid.sheet) == plain(sheet)]
    if not wanted:
        raise DataError("audit.no_sheet", where=file, got=sheet, expected=", ".join(grid.sheet for grid in grids))
    heads = [(grid, head) for grid in wanted if (head := find_head(grid, spec, words))]
    if not heads:
        raise DataError("audit.no_table", where=file)
    most = max(head.n_roles for _, head in heads)
    best = [(grid, head) for grid, head in heads if head.n_roles == most]
    if len(best) > 1:
        raise DataError("audit.several_tables", where=file, got=", ".join(grid.sheet for grid, _ in best))
    return best[0]


def find_head(grid: Grid, spec: TableSpec, words: Vocabulary) -> Head | None:
    """The first row with at least two cells and two roles (one, where TABLE.toml says which), with the rows that belong
    to it; None without one. FaultsFound `audit.table_toml` when a declared column is not there."""
    for start in range(min(_DEPTH, len(grid.cells))):
        top = [str(cell).strip() for cell in grid.cells[start]]
        if sum(map(bool, top)) < 2 or top[0].startswith("#"):
            continue
        stop = _head_end(grid, start)
        columns = _columns(_joined(grid, start, stop), spec, words)
        head = Head(start, stop, columns)
        if head.n_roles >= (1 if spec.columns else 2):
            _check_declared(spec, columns, grid)
            return Head(start, _after_numbering(grid, stop), columns)
    return None


def lay_out(grid: Grid, head: Head, spec: TableSpec, words: Vocabulary) -> Table:
    """The rows of units below a header, their groups and numbers; all other rows are named and left out."""
    body = grid.cells[head.stop :]
    numbers = grid.numbers[head.stop :]
    kinds = _row_kinds(body, head.columns, words, has_tree=bool(spec.tree.code))
    columns = _with_maxima(head.columns, body[kinds == "maximum"])
    is_unit = kinds == "unit"
    if not is_unit.any():
        raise DataError("audit.no_rows", where=grid.file)
    typed = grid.typed[head.stop :][is_unit]
    cells = _percents(body[is_unit], typed, columns)
    mark = decimal_mark([str(c) for col in columns if col.role in NUMERIC for c in cells[:, col.position]])

    def is_blank(text: str) -> bool:
        return words.kind(text) == "blank"

    parsed = {
        column.position: parse_column(
            cells[:, column.position],
            mark,
            is_blank,
            whole_numbers=column.role in _WHOLE,
            typed=typed[:, column.position],
        )
        for column in columns
        if column.role in NUMERIC
    }
    unit = next((column for role in ("unit", "code") for column in columns if column.role == role), None)
    units = cells[:, unit.position] if unit else np.full(len(cells), "", object)
    return Table(
        grid,
        spec,
        words,
        columns,
        numbers[is_unit],
        cells,
        _groups(body, kinds, columns)[is_unit],
        units,
        parsed,
        mark,
        int(grid.numbers[head.stop - 1]),
        tuple((int(numbers[at]), body[at]) for at in np.flatnonzero(kinds == "summary")),
        {kind: int((kinds == kind).sum()) for kind in ("summary", "section", "maximum", "other")},
    )


def _percents(cells: np.ndarray, typed: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Index columns that a spreadsheet holds as shares (0.8197 shown as 81,97 %) as percents."""
    result = cells.copy()
    for column in columns:
        at = typed[:, column.position] & np.array([bool(cell) for cell in cells[:, column.position]])
        if column.role not in ("index_pct", "last_year") or not at.any():
            continue
        shares = [Decimal(str(cell)) for cell in cells[at, column.position]]
        if all(0 <= share <= 1 for share in shares) and any(shares):
            result[at, column.position] = [format((share * 100).normalize(), "f") for share in shares]
    return result


def _head_end(grid: Grid, start: int) -> int:
    """A row below belongs to the header when it has words, no number, and none under the cells that close a column
    above (merged downwards)."""
    stop = start + 1
    open_columns = _open_columns(grid.cells[start])
    while stop < min(start + _HEAD_ROWS, len(grid.cells)):
        row = [str(cell).strip() for cell in grid.cells[stop]]
        filled = [at for at, cell in enumerate(row) if cell]
        if not filled or not set(filled) <= open_columns or any(_is_value(row[at]) for at in filled):
            break
        stop += 1
    return stop


def _open_columns(row: np.ndarray) -> set[int]:
    """Columns under a cell that spans several: it and the blanks at its right, and blanks at all."""
    filled = [bool(str(cell).strip()) for cell in row]
    return {at for at, has in enumerate(filled) if not has or (at + 1 < len(filled) and not filled[at + 1])}


def _is_value(cell: str) -> bool:
    return bool(re.fullmatch(r"[-+]?[0-9]+(?:[.,][0-9]+)*\s*%?", cell))


def _joined(grid: Grid, start: int, stop: int) -> list[str]:
    """Headers over all head rows; a cell of an upper row also stands for the blanks at its right that have a cell
    below."""
    width = grid.cells.shape[1]
    parts: list[list[str]] = [[] for _ in range(width)]
    for row in range(start, stop):
        last = ""
        for at in range(width):
            cell = " ".join(str(grid.cells[row, at]).split())
            if cell:
                last = cell
            has_below = any(str(grid.cells[below, at]).strip() for below in range(row + 1, stop))
            shown = cell or (last if has_below else "")
            if shown and shown not in parts[at]:
                parts[at].append(shown)
    return [" / ".join(part) for part in parts]


def _columns(headers: Sequence[str], spec: TableSpec, words: Vocabulary) -> tuple[Column, ...]:
    declared = {plain(header): role for header, role in spec.columns.items()}
    tree = spec.tree
    tree_roles = {
        plain(tree.code): "code",
        plain(tree.parent): "parent",
        **{plain(count): "count" for count in tree.counts},
    }
    tree_roles.pop("", None)
    taken: set[str] = set()
    columns = []
    for position, header in enumerate(headers):
        role, maximum = _role(header, declared, words)
        if role in ("", "ignore", "unit"):
            role = tree_roles.get(plain(header), role)
        if role in _SINGLE and role in taken:
            role = ""
        taken.add(role)
        columns.append(Column(position, header, role, millionths(maximum) if maximum and role == "part" else None))
    return tuple(columns)


def _role(header: str, declared: dict[str, str], words: Vocabulary) -> tuple[str, str]:
    """Role and stated maximum: as declared for the whole header or its lowest part; else by the vocabulary, the
    lowest part first."""
    parts = header.split(" / ")
    if declared:
        role, maximum = split_role(declared.get(plain(header)) or declared.get(plain(parts[-1])) or "")
        return role, maximum
    role = next((role for part in (parts[-1], header) if (role := words.role(part))), "")
    return role, stated_maximum(parts[-1])


def _check_declared(spec: TableSpec, columns: Sequence[Column], grid: Grid) -> None:
    present = {plain(name) for column in columns for name in (column.header, column.header.split(" / ")[-1])}
    missing = [header for header in spec.columns if plain(header) not in present]
    if missing:
        faults = [Fault("audit.no_column", grid.file, column=header) for header in missing]
        raise FaultsFound("audit.table_toml", faults, where="TABLE.toml")


def _after_numbering(grid: Grid, stop: int) -> int:
    """A row "1 | 2 | 3 | 4=2+3" below the header numbers the columns."""
    if stop >= len(grid.cells):
        return stop
    row = [plain(str(cell)) for cell in grid.cells[stop] if str(cell).strip()]
    numbers = [int(match[0]) for cell in row if (match := re.search(r"[0-9]+", cell))]
    in_turn = len(numbers) >= 2 and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    return stop + 1 if len(row) >= 3 and in_turn and all(_NUMBERING.fullmatch(cell) for cell in row) else stop


def _row_kinds(body: np.ndarray, columns: Sequence[Column], words: Vocabulary, *, has_tree: bool) -> np.ndarray:
    """unit, summary, maximum, section (a heading over the rows below), or other. In a declared tree the row "total"
    is a node like others."""
    roles = ("unit", "group", "order") if has_tree else ("unit", "code", "group", "order")
    names = [column.position for column in columns if column.role in roles]
    values = [column.position for column in columns if column.role in NUMERIC]
    has_value = _any_digit(body, values)
    key = next((c.position for role in ("unit", "code", "group") for c in columns if c.role == role), None)
    kinds = np.full(len(body), "other", object)
    named = np.array([bool(str(cell).strip()) for cell in body[:, key]]) if key is not None else has_value
    kinds[named & has_value] = "unit"
    first = [
        next((str(c) for c in (row[p] for p in names) if str(c).strip() and not str(c).isdigit()), "") for row in body
    ]
    word = np.array([words.kind(text) for text in first], object)
    kinds[(word == "summary") & has_value] = "summary"
    kinds[(word == "maximum") & has_value] = "maximum"
    last = int(np.flatnonzero(kinds == "unit").max(initial=-1))
    before = np.arange(len(body)) < last
    heading = ~has_value & before & (word == "") & np.array([bool(text) for text in first])
    counted = _any_digit(body, [column.position for column in columns if column.role == "order"])
    kinds[heading] = "section"
    kinds[heading & named & counted] = "unit"
    return kinds


def _any_digit(body: np.ndarray, positions: Sequence[int]) -> np.ndarray:
    has = np.zeros(len(body), bool)
    for position in positions:
        has |= np.fromiter((bool(_DIGIT.search(str(cell))) for cell in body[:, position]), bool, len(body))
    return has


def _groups(body: np.ndarray, kinds: np.ndarray, columns: Sequence[Column]) -> np.ndarray:
    """Number of the ranking block of each row: the group columns (a blank repeats the cell above), else the headings
    between the rows."""
    positions = [column.position for column in columns if column.role == "group"]
    if not positions:
        return np.cumsum(kinds == "section")
    keys = np.full(len(body), "", object)
    for position in positions:
        cells = np.array([same_name(str(cell)) for cell in body[:, position]], object)
        filled = np.maximum.accumulate(np.where(cells != "", np.arange(len(cells)), 0))
        keys = keys + "\x1f" + cells[filled]
    return np.unique(keys.astype(str), return_inverse=True)[1]


def _with_maxima(columns: Sequence[Column], rows: np.ndarray) -> tuple[Column, ...]:
    """A row of maxima gives parts theirs."""
    if not len(rows):
        return tuple(columns)
    mark = decimal_mark([str(cell) for cell in rows[0]])
    parsed = parse_column(rows[0], mark, lambda _: False)
    return tuple(
        replace(column, maximum=int(parsed.value[column.position]))
        if column.role == "part" and column.maximum is None and parsed.given[column.position]
        else column
        for column in columns
    )
