"""All checks of one table, in the order in which one slip explains another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sampling.numbers import BoolArray
from sipas.audit.change import change_findings
from sipas.audit.classes import class_findings
from sipas.audit.layout import choose_grid, lay_out
from sipas.audit.percent import maximum_findings, percent_findings
from sipas.audit.points import cell_findings, range_findings, sum_findings
from sipas.audit.ranks import metrics, rank_findings
from sipas.audit.repeats import repeat_findings
from sipas.audit.spec import TableSpec
from sipas.audit.table import Column, Finding, Grid, Table
from sipas.audit.trees import tree_findings
from sipas.audit.vocabulary import Vocabulary


@dataclass(frozen=True, eq=False)
class Audit:
    """findings, by row and column; conventions: column header -> how it rounds (only where it was checked);
    unknown_units: units last year's table does not name; relation: how parts make the total."""

    table: Table
    findings: tuple[Finding, ...]
    conventions: dict[str, str]
    relation: str
    unknown_units: tuple[str, ...] = ()

    @property
    def unassigned(self) -> list[Column]:
        """Columns with a header but no role."""
        return [column for column in self.table.columns if column.header and not column.role]


def open_table(grids: Sequence[Grid], spec: TableSpec, words: Vocabulary, *, sheet: str = "", file: str = "") -> Table:
    """The table among the sheets of a file. Raises DataError `audit.no_sheet`, `audit.no_table`,
    `audit.several_tables`, `audit.no_rows`; FaultsFound `audit.table_toml`."""
    grid, head = choose_grid(grids, spec, words, sheet, file)
    return lay_out(grid, head, spec, words)


def audit(table: Table, last: Table | None = None) -> Audit:
    """Check a table; `last`: last year's. A row whose total or index is already found wrong is not held against the
    ranks and classes of others."""
    tree, tree_bad = tree_findings(table)
    sums = sum_findings(table)
    percents = percent_findings(table, sums)
    doubtful = sums.bad | percents.bad | _unreadable(table) | _any(tree_bad, len(table.rows))
    candidates = metrics(table, doubtful)
    changes, unknown = change_findings(table, last)
    findings = [
        *cell_findings(table),
        *range_findings(table),
        *maximum_findings(table),
        *tree,
        *sums.findings,
        *percents.findings,
        *rank_findings(table, candidates),
        *class_findings(table, candidates, percents),
        *repeat_findings(table),
        *changes,
    ]
    conventions: dict[str, str] = {}
    for role, judged in (("total", sums.judged), ("index_pct", percents.judged)):
        column = table.one(role)
        if judged is not None and column is not None:
            conventions[column.header] = "unprinted" if judged.is_loose else judged.mode
    ordered = tuple(sorted(findings, key=lambda finding: (finding.row, finding.position, finding.rule)))
    return Audit(table, ordered, conventions, sums.relation, tuple(unknown))


def _unreadable(table: Table) -> BoolArray:
    """Rows with a number that could not be read, or one out of its range, among points and index."""
    bad = np.zeros(len(table.rows), bool)
    for role in ("part", "total", "index_pct"):
        for column in table.all(role):
            numbers = table.numbers[column.position]
            bad |= numbers.broken | numbers.ambiguous | (numbers.value < 0)
    return bad


def _any(by_column: dict[int, BoolArray], n: int) -> BoolArray:
    return np.asarray(np.logical_or.reduce([np.zeros(n, bool), *by_column.values()]))
