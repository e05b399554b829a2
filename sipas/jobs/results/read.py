"""One result of a round for whoever reads along: notebooks, tests, a statistician at the prompt."""

from __future__ import annotations

import pandas as pd

from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.workspace import Workspace


def table_of(ws: Workspace, round_id: str, step: str, name: str, instrument_id: str = "") -> pd.DataFrame:
    """One output table of the current result of a step. StoreError `jobs.step_first`, `jobs.step_stale`."""
    return Workbench(ws, round_id, instrument_id).table(step, name)
