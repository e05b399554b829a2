"""The plan: how many cases each stratum gets, and what margin that buys."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from sampling.allocation import allocate
from sampling.frame import stratum_ids
from sampling.size import margin_of_error
from sampling.tables import ALLOCATION
from sipas.jobs.pinned import pinned
from sipas.jobs.results import output_of, table_of
from sipas.rounds import PlanPart
from sipas.store.steps import run_step
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class PlanReport:
    """Per stratum: N, n, reserve, expected answers and the margin they buy; whether the plan is new."""

    table: pd.DataFrame
    is_new: bool


def make_plan(ws: Workspace, round_id: str) -> PlanReport:
    """Allocate the round's total to the strata of its frame.

    Raises StoreError `jobs.step_first`, `store.round_state`, DesignError `allocation.*`.
    """
    parts = pinned(ws, round_id)
    rules = parts.survey_round.plan

    def make() -> dict[str, pa.Table | bytes]:
        with ws.ledger.read() as connection:
            ws.rounds.require(connection, round_id, "new", "committed")
        frame = table_of(ws, round_id, "frame", "frame")
        sizes = stratum_ids(frame, rules.stratum_parts).value_counts().sort_index()
        strata = pd.DataFrame({"stratum_id": sizes.index.astype("str"), "pop_size": sizes.to_numpy()})
        table = allocate(
            strata, rules.total, rules.method, min_size=rules.min_per_stratum, reserve_share=rules.reserve_share
        )
        return {"allocation": ALLOCATION.arrow(table)}

    inputs = {"frame": output_of(ws, round_id, "frame", "frame"), **parts.inputs("round")}
    result = run_step(ws, round_id=round_id, step="plan", params={}, inputs=inputs, make=make)
    allocation = ws.snapshots.read_frame(result.outputs["allocation"])
    return PlanReport(with_margins(allocation, rules), result.is_new)


def with_margins(allocation: pd.DataFrame, rules: PlanPart) -> pd.DataFrame:
    """Allocation with `expected_n` = n x expected response, and the margin (share, 95 %) those answers give."""
    expected = (allocation["sample_size"] * rules.expected_response).round().clip(lower=1)
    margin = [margin_of_error(n, pop) for n, pop in zip(expected, allocation["pop_size"], strict=True)]
    return allocation.assign(expected_n=expected.astype("int64"), margin=margin)
