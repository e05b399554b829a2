"""A table ready to be checked: columns with roles, rows of units, numbers; and what a finding is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from errors import Fault
from sampling.numbers import BoolArray, IntArray
from sipas.audit.numbers import Numbers, written
from sipas.audit.spec import TableSpec
from sipas.audit.vocabulary import Vocabulary, plain


@dataclass(frozen=True, eq=False)
class Grid:
    """Cells of one sheet or table as read, text; `numbers`: the row of each as a person sees it in the file;
    `typed`: cells that a spreadsheet holds as numbers, whose decimal mark is a point."""

    file: str
    sheet: str
    numbers: IntArray
    cells: np.ndarray
    typed: BoolArray


@dataclass(frozen=True)
class Column:
    """A column: 0-based position, whole header, role ("" when unassigned), maximum in millionths when stated."""

    position: int
    header: str
    role: str
    maximum: int | None = None


@dataclass(frozen=True)
class Finding:
    """One thing wrong in one cell. `row`: as in the file, 0 for the whole table; `position`: 0-based column, -1 for
    the whole row; `got` and `expected` in the writing of the table."""

    rule: str
    row: int
    position: int
    column: str
    unit: str
    got: str
    expected: str

    def fault(self, file: str, sheet: str) -> Fault:
        """The finding as a fault, for messages."""
        return Fault(self.rule, file, sheet, self.row, self.column, self.got, self.expected, {"unit": self.unit})


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of units with their columns. `cells`: text of the rows of units; `rows`: their numbers in the file;
    `group`: number of the ranking block of each row; `units`: names, "" without such a column; `numbers`: by position;
    `sums`: summary rows (file row, cells); `head_row`: where the header ends; `mark`: decimal mark."""

    grid: Grid
    spec: TableSpec
    words: Vocabulary
    columns: tuple[Column, ...]
    rows: IntArray
    cells: np.ndarray
    group: IntArray
    units: np.ndarray
    numbers: Mapping[int, Numbers]
    mark: str
    head_row: int
    sums: tuple[tuple[int, np.ndarray], ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)

    def all(self, role: str) -> list[Column]:
        """Columns of a role, in their order."""
        return [column for column in self.columns if column.role == role]

    def one(self, role: str) -> Column | None:
        """The column of a role that occurs once; the first of several."""
        return next(iter(self.all(role)), None)

    def values(self, role: str) -> Numbers | None:
        """Numbers of the column of a role."""
        column = self.one(role)
        return self.numbers[column.position] if column else None

    def named(self, header: str) -> Column | None:
        """Column of a header, compared as `plain` text."""

        return next((column for column in self.columns if plain(column.header) == plain(header)), None)

    def finding(self, rule: str, at: int, column: Column, expected: str, got: str | None = None) -> Finding:
        """A finding in a row (0-based among the units) and column; `got` as printed unless given."""
        shown = str(self.cells[at, column.position]) if got is None else got
        return Finding(rule, int(self.rows[at]), column.position, column.header, str(self.units[at]), shown, expected)

    def findings(self, rule: str, bad: BoolArray, column: Column, expected: Any, decimals: int = 2) -> list[Finding]:
        """A finding for each row of `bad`; `expected`: millionths by row, or one text."""
        return [
            self.finding(
                rule,
                int(at),
                column,
                expected if isinstance(expected, str) else written(expected[at], decimals, self.mark),
            )
            for at in np.flatnonzero(bad)
        ]
