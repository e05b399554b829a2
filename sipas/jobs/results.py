"""Reading the current result of an earlier step; the message when it is not there yet names the command to run."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from sampling.errors import StoreError
from sipas.store.steps import current_run
from sipas.store.workspace import Workspace

_COMMANDS = {
    "frame": "sipas frame import",
    "plan": "sipas plan",
    "draw": "sipas draw",
    "weight": "sipas weight",
    "score": "sipas score",
    "merge": "sipas merge",
    "workbook": "sipas export",
}


def output_of(ws: Workspace, round_id: str, step: str, name: str) -> str:
    """SHA-256 of one output of the current run of a step. Raises StoreError `jobs.step_first`."""
    run = current_run(ws, round_id, step)
    if run is None:
        raise StoreError("jobs.step_first", where=round_id, got=step, expected=_COMMANDS[step])
    return run.outputs[name]


def table_of(ws: Workspace, round_id: str, step: str, name: str) -> pd.DataFrame:
    """One output table of the current run of a step."""
    return ws.snapshots.read_frame(output_of(ws, round_id, step, name))


def facts_of(ws: Workspace, round_id: str, step: str, name: str) -> dict[str, Any]:
    """One JSON output of the current run of a step."""
    facts: dict[str, Any] = json.loads(ws.snapshots.read_bytes(output_of(ws, round_id, step, name)))
    return facts
