"""Merging: appraised and survey points become unit sheets, totals, indices, ranks and classes of every rulebook."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from sipas.appraisal import CRITERION_INPUTS
from sipas.jobs.pinned import Pinned, pinned
from sipas.jobs.results import output_of, table_of
from sipas.parindex import UNIT_SHEET, par_index, unit_sheet
from sipas.ranking import RANKED, rank
from sipas.rulebook import Rulebook
from sipas.store.steps import run_step
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class MergeReport:
    """Results of all rulebooks of the round with ranks and classes; whether anything is new."""

    results: pd.DataFrame
    is_new: bool


def merge(ws: Workspace, round_id: str) -> MergeReport:
    """Score all units of the round under its rulebooks.

    Raises StoreError `jobs.step_first`; FaultsFound `parindex.missing_inputs` naming every unit and criterion without
    an entry, and what `unit_sheet`, `par_index` and `rank` raise. Nothing is kept unless every rulebook is whole.
    """
    parts = pinned(ws, round_id)
    entries = {book.id: ws.appraisals.read(round_id, book.id) for book in parts.rulebooks}
    kept = {
        f"appraisals/{book_id}": ws.snapshots.put("appraisals", round_id, CRITERION_INPUTS.arrow(inputs)).sha256
        for book_id, inputs in entries.items()
    }
    inputs = {
        "index_scores": output_of(ws, round_id, "score", "index_scores"),
        "survey_se": output_of(ws, round_id, "score", "survey_se"),
        **kept,
        **parts.inputs("round", "units", "index", "rulebook"),
    }

    def make() -> dict[str, pa.Table | bytes]:
        scores = table_of(ws, round_id, "score", "index_scores")
        errors = table_of(ws, round_id, "score", "survey_se")
        made = [_merged(book, parts, entries[book.id], (scores, errors)) for book in parts.rulebooks]
        return {
            "unit_sheets": UNIT_SHEET.arrow(pd.concat([sheet for sheet, _ in made], ignore_index=True)),
            "results": RANKED.arrow(pd.concat([result for _, result in made], ignore_index=True)),
        }

    result = run_step(ws, round_id=round_id, step="merge", params={}, inputs=inputs, make=make)
    return MergeReport(ws.snapshots.read_frame(result.outputs["results"]), result.is_new)


def _merged(
    book: Rulebook, parts: Pinned, inputs: pd.DataFrame, survey: tuple[pd.DataFrame, pd.DataFrame]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores, errors = survey
    units = [unit for unit in parts.rated_units() if unit.unit_group == book.unit_group]
    official = {parts.index.id: parts.index.official.name}
    sheet = unit_sheet(book, units, inputs, scores, official_variants=official)
    result = par_index(sheet, book, survey_se=errors[errors["rulebook_id"] == book.id])
    return sheet, rank(result, book)
