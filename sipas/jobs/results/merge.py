"""Merging: appraised and survey points become unit sheets, totals, indices, ranks and classes of every rulebook."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.merge import MERGE
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class MergeReport:
    """Results of all rulebooks of the round with ranks and classes; whether anything is new."""

    results: pd.DataFrame
    is_new: bool


def merge(ws: Workspace, round_id: str) -> MergeReport:
    """Score all units of the round under its rulebooks, from the indices of all its instruments.

    Raises StoreError `jobs.step_first`, `store.round_state` (closed); FaultsFound `parindex.missing_inputs` naming
    every unit and criterion without an entry, and what `unit_sheet`, `par_index` and `rank` raise. Nothing is kept
    unless every rulebook is whole.
    """
    bench = Workbench(ws, round_id)
    result = bench.run(MERGE).run
    return MergeReport(bench.table("merge", "results"), result.is_new)
