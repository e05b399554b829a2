"""Rows that stand twice: the same unit, or the same points copied to another unit."""

from __future__ import annotations

import numpy as np

from sipas.audit.table import Column, Finding, Table
from sipas.audit.vocabulary import same_name

_CHANCE = 0.02
_LEAST_PARTS = 2


def repeat_findings(table: Table) -> list[Finding]:
    """A unit named twice in its block; all parts and the total of a row equal to those of an earlier row, where chance
    would hardly do that (expected number of such pairs below 0.02, by the spread of each column)."""
    return _units(table) + _copies(table)


def _units(table: Table) -> list[Finding]:
    column = table.one("unit")
    if column is None:
        return []
    keys = [f"{group}\x1f{same_name(str(unit))}" for group, unit in zip(table.group, table.units, strict=True)]
    return _later(table, np.array(keys), column, "audit.duplicate_unit", np.ones(len(keys), bool))


def _copies(table: Table) -> list[Finding]:
    parts, total = table.all("part"), table.one("total")
    column = total or (parts[0] if parts else None)
    if column is None or len(parts) < _LEAST_PARTS:
        return []
    values = np.column_stack([table.numbers[part.position].value for part in parts])
    has_all = np.logical_and.reduce([table.numbers[part.position].given for part in parts])
    full = np.array([part.maximum if part.maximum is not None else -1 for part in parts])
    plain_rows = ((values == full) | (values == 0)).all(axis=1)
    pairs = len(values) * (len(values) - 1) / 2
    for at in range(len(parts)):
        _, counts = np.unique(values[:, at], return_counts=True)
        pairs *= float(((counts / len(values)) ** 2).sum())
    if pairs >= _CHANCE:
        return []
    keys = np.unique(values, axis=0, return_inverse=True)[1].ravel().astype(str)
    return _later(table, keys, column, "audit.duplicate_row", has_all & ~plain_rows)


def _later(table: Table, keys: np.ndarray, column: Column, rule: str, usable: np.ndarray) -> list[Finding]:
    """A finding for every row whose key stood in an earlier usable row; `expected` names that row."""
    at = np.flatnonzero(usable)
    _, first, inverse = np.unique(keys[at], return_index=True, return_inverse=True)
    repeated = at[first[inverse] != np.arange(len(at))]
    earlier = dict(zip(at.tolist(), at[first[inverse]].tolist(), strict=True))
    return [table.finding(rule, int(row), column, f"row {table.rows[earlier[int(row)]]}") for row in repeated]
