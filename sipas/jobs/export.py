"""Machine-readable tables of the round: CSV, UTF-8 with LF, apart from the workbook made for people."""

from __future__ import annotations

import io
from pathlib import Path

from sipas.jobs.results import table_of
from sipas.store.workspace import Workspace

_TABLES = (("merge", "results"), ("merge", "unit_sheets"), ("score", "index_scores"), ("weight", "weighted_cases"))


def export_csv(ws: Workspace, round_id: str) -> list[Path]:
    """Write outputs/<round>/csv/<table>.csv for results, unit sheets, index scores and weights; returns the paths.

    Raises StoreError `jobs.step_first`.
    """
    paths = []
    for step, name in _TABLES:
        text = io.StringIO()
        table_of(ws, round_id, step, name).to_csv(text, index=False, lineterminator="\n")
        paths.append(ws.outputs.write_bytes(f"{round_id}/csv/{name}.csv", text.getvalue().encode("utf-8")))
    return paths
