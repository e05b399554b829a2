"""Appraised inputs: files of entries by criterion, checked as a whole, kept stage by stage in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from errors import FaultsFound
from sipas.appraisal.form import HEADERS
from sipas.appraisal.parse import parse_inputs
from sipas.files import read_table
from sipas.jobs.stepruns.pinned import pinned
from sipas.rulebook import Rulebook
from sipas.store.workspace import Workspace
from sipas.units import Unit

_OPEN = ("new", "committed", "drawn", "open")  # a round that was reopened takes returns only


@dataclass(frozen=True)
class AppraisalReport:
    """Entries of one file: how many were read, how many are new."""

    file_name: str
    rulebook_id: str
    n_read: int
    n_new: int


def import_appraisals(ws: Workspace, round_id: str, path: Path, rulebook_id: str = "") -> AppraisalReport:
    """Take in one file of entries for one rulebook of the round. Nothing is taken when the file has any fault.

    rulebook_id "" finds the rulebook by the units of the file. The same entries again add nothing; an entry that
    differs from the one kept for its unit, criterion and stage is a fault (correct it by proposal and approval).
    Raises what `read_table` raises, FaultsFound `appraisal.file`, `store.entry_differs`;
    StoreError `store.round_state` (closed, or reopened for returns only).
    """
    parts = pinned(ws, round_id)
    kept = ws.field.received.keep(path, is_personal=True)
    with ws.field.received.opened(kept.sha256) as stored:
        rows = read_table(stored, known_headers=list(HEADERS.values()), shown_as=path.name).to_pandas()
    units = parts.rated_units()
    rulebook = parts.rulebook_of(rulebook_id) if rulebook_id else _rulebook_for(rows, parts.rulebooks, units)
    inputs, faults = parse_inputs(rows, rulebook, units, path.name)
    if faults:
        raise FaultsFound("appraisal.file", faults, where=path.name)
    with ws.ledger.write() as connection:
        n_new = ws.appraisals.add(connection, round_id, rulebook.id, inputs)
        if n_new:
            ws.rounds.require_round(connection, round_id, *_OPEN)
    return AppraisalReport(path.name, rulebook.id, len(inputs), n_new)


def _rulebook_for(rows: pd.DataFrame, books: Sequence[Rulebook], units: Sequence[Unit]) -> Rulebook:
    """The rulebook whose group most units of the file belong to; the first one when no unit is known."""
    groups = {unit.unit_id: unit.unit_group for unit in units}
    column = HEADERS["unit_id"] if HEADERS["unit_id"] in rows.columns else "unit_id"
    counts = rows[column].map(groups).value_counts() if column in rows.columns else pd.Series(dtype="int64")
    return max(books, key=lambda rulebook: int(counts.get(rulebook.unit_group, 0)))
