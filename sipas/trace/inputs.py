"""What explanations are made from: the plain tables of a round, and nothing that knows where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sampling.numbers import IntArray
from sipas.indices import IndexDefinition, SurveyData
from sipas.rulebook import Rulebook
from sipas.units import Unit


@dataclass(frozen=True, eq=False)
class FormTables:
    """The forms behind the values of one instrument.

    data: weighted respondents with item values 0..1. outcomes: a row per issued case: case_id, unit_id (of today, ""
    where there is none), outcome, reason. batches: received files in the order they came: batch_id, file_name, sha256.
    case_batches: case_id, batch_id of every received row. manifest: of the draw.
    """

    data: SurveyData
    outcomes: pd.DataFrame
    batches: pd.DataFrame
    case_batches: pd.DataFrame
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Origin:
    """Where values of another agency come from: whose figures they are, the file they came in, its SHA-256."""

    source_vi: str
    file_name: str
    sha256: str


@dataclass(frozen=True, eq=False)
class InstrumentTables:
    """One instrument of a round. scores: its IndexScores; hashes: SHA-256 of what they were made from, of `frame`,
    `sample`, `weighted_cases`, `values_file`, `index_scores`; forms: None where the values came from another agency,
    which `origin` names."""

    index: IndexDefinition
    scores: pd.DataFrame
    hashes: Mapping[str, str]
    forms: FormTables | None
    origin: Origin | None = None


@dataclass(frozen=True, eq=False)
class TraceInputs:
    """Everything the explanations of a round need.

    units: the rated units of today. unit_sheets, results: UNIT_SHEET and RANKED of all rulebooks; entries: by rulebook
    id, as far as they had been appraised when the sheets were made; pins: SHA-256 of the pinned methodology by kind/id.
    An index id occurs once among the instruments, so a linked criterion finds its instrument by it.
    """

    round_id: str
    year: int
    province_id: str
    units: tuple[Unit, ...]
    rulebooks: tuple[Rulebook, ...]
    unit_sheets: pd.DataFrame
    results: pd.DataFrame
    entries: Mapping[str, pd.DataFrame]
    pins: Mapping[str, str]
    instruments: tuple[InstrumentTables, ...]

    def book_ids(self) -> list[str]:
        """Ids that an address may name: of the indices, then of the rulebooks."""
        return [*(instrument.index.id for instrument in self.instruments), *(book.id for book in self.rulebooks)]


class ByUnit:
    """A table whose rows of one unit are found without looking at the others."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._columns = {str(name): _plain(table[name]) for name in table.columns}
        self._rows = positions(table["unit_id"])

    def units(self) -> set[str]:
        """Units that have a row."""
        return set(self._rows)

    def records(self, unit_id: str) -> list[dict[str, Any]]:
        """The rows of a unit as plain data by column name, in the order of the table."""
        if unit_id not in self._rows:
            return []
        rows, names = self._rows[unit_id], tuple(self._columns)
        cells = [column[rows].tolist() for column in self._columns.values()]
        return [dict(zip(names, row, strict=True)) for row in zip(*cells, strict=True)]


def positions(names: pd.Series) -> dict[str, IntArray]:
    """Rows by what stands in a text column."""
    return {str(name): np.asarray(rows) for name, rows in names.groupby(names, sort=False).indices.items()}


def _plain(column: pd.Series) -> np.ndarray:
    return column.to_numpy(dtype=object) if isinstance(column.dtype, pd.StringDtype) else column.to_numpy()
