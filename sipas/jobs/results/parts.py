"""Merging parts: a table of block points becomes totals, ranks and classes under a rulebook. No round needed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from errors import DataError, Fault, FaultsFound
from sipas.appraisal import CRITERION_INPUTS
from sipas.audit import Table
from sipas.jobs.results.audit import open_file
from sipas.parindex import par_index, unit_sheet
from sipas.ranking import rank
from sipas.rulebook import Rulebook
from sipas.units import Unit

_MILLION = Decimal(1_000_000)
_ANY_DAY = "1900-01-01"
_NO_SURVEY = pd.DataFrame(
    columns=["unit_id", "index_id", "node_code", "variant", "value_pct", "std_error", "definition_id"]
).astype({"value_pct": "float64", "std_error": "float64"})


@dataclass(frozen=True)
class PartsReport:
    """Ranked results with the names of the table; which column went into which leaf, in order."""

    results: pd.DataFrame
    columns: tuple[tuple[str, str], ...]


def merge_parts(path: Path, rulebook: Rulebook, vocabulary: Path, *, group: str = "") -> PartsReport:
    """Totals, indices, ranks and classes of the units of a table from its part columns.

    The part columns (TABLE.toml beside the table, else the header vocabulary) go into the leaves of the rulebook that
    count, left to right: there must be as many. group: only the rows of this group, by its name in the group column.
    Raises what reading raises; DataError `parts.columns`, `parts.group`; FaultsFound `parts.cells` (a cell that is no
    number, a unit twice), and what `unit_sheet`, `par_index` and `rank` raise.
    """
    table = open_file(path, vocabulary)
    leaves = [leaf for leaf in rulebook.leaves() if not leaf.is_extra]
    parts = table.all("part")
    if len(parts) != len(leaves) or table.one("unit") is None:
        got = ", ".join(column.header for column in parts)
        raise DataError("parts.columns", where=path.name, got=got, expected=", ".join(leaf.name_vi for leaf in leaves))
    rows = _rows_of(table, path, group)
    _check(table, path, rows)
    names = {f"U{number:04d}": str(table.units[row]) for number, row in enumerate(rows, start=1)}
    units = [
        Unit(unit_id=unit_id, name_vi=name, kind="so", unit_group=rulebook.unit_group, valid_from=_ANY_DAY)
        for unit_id, name in names.items()
    ]
    blank = {column.name: None for column in CRITERION_INPUTS.columns} | {"appraisal_stage": "first"}
    entries = [
        {**blank, "unit_id": unit_id, "criterion_code": leaf.code, "value": str(_points(table, part.position, row))}
        for unit_id, row in zip(names, rows, strict=True)
        for leaf, part in zip(leaves, parts, strict=True)
    ]
    inputs = CRITERION_INPUTS.check(pd.DataFrame(entries, columns=list(blank)))
    results = rank(par_index(unit_sheet(rulebook, units, inputs, _NO_SURVEY), rulebook), rulebook)
    used = tuple((part.header, f"{leaf.code} {leaf.name_vi}") for part, leaf in zip(parts, leaves, strict=True))
    return PartsReport(results.assign(name_vi=results["unit_id"].map(names)), used)


def _rows_of(table: Table, path: Path, group: str) -> list[int]:
    column = table.one("group")
    if not group:
        return list(range(len(table.rows)))
    cell_texts = [] if column is None else [str(cell).strip() for cell in table.cells[:, column.position]]
    rows = [row for row, name in enumerate(cell_texts) if name.casefold() == group.casefold()]
    if not rows:
        raise DataError("parts.group", where=path.name, got=group, expected=", ".join(sorted(set(cell_texts))))
    return rows


def _check(table: Table, path: Path, rows: list[int]) -> None:
    """Every cell a number, every unit once: what is missing is not zero."""
    faults = [
        Fault("parts.not_number", path.name, row=int(table.rows[row]), column=part.header)
        for part in table.all("part")
        for row in rows
        if not table.numbers[part.position].given[row]
    ]
    names, counts = np.unique([str(table.units[row]) for row in rows], return_counts=True)
    faults += [Fault("parts.unit_twice", path.name, got=str(name)) for name in names[counts > 1]]
    if faults:
        raise FaultsFound("parts.cells", faults, where=path.name)


def _points(table: Table, position: int, row: int) -> Decimal:
    return (Decimal(int(table.numbers[position].value[row])) / _MILLION).normalize() + Decimal(0)
