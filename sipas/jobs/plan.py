"""The plan: how many cases each stratum gets, and what margin that buys."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sampling.allocation import allocate
from sampling.frame import stratum_ids
from sampling.size import margin_of_error
from sampling.tables import ALLOCATION
from sipas.jobs.desk import Desk, Made
from sipas.raters import rater_allocation
from sipas.rounds import PlanPart
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class PlanReport:
    """Per stratum: N, n, reserve, expected answers and the margin they buy; whether the plan is new."""

    table: pd.DataFrame
    is_new: bool


def make_plan(ws: Workspace, round_id: str) -> PlanReport:
    """Allocate the round's total to the strata of its frame; closed lists of raters are put in order whole.

    Raises StoreError `jobs.step_first`, `jobs.step_stale`, DesignError `allocation.*`.
    """
    desk = Desk(ws, round_id)
    rules = desk.parts.survey_round.plan

    def make() -> Made:
        frame = desk.table("frame", "frame")
        if desk.parts.survey_round.quotas:
            return {"allocation": ALLOCATION.arrow(rater_allocation(frame))}
        sizes = stratum_ids(frame, rules.stratum_parts).value_counts().sort_index()
        strata = pd.DataFrame({"stratum_id": sizes.index.astype("str"), "pop_size": sizes.to_numpy()})
        table = allocate(
            strata, rules.total, rules.method, min_size=rules.min_per_stratum, reserve_share=rules.reserve_share
        )
        return {"allocation": ALLOCATION.arrow(table)}

    result = desk.result("plan") if desk.is_drawn else desk.run("plan", make)
    allocation = ws.snapshots.read_frame(result.outputs["allocation"])
    return PlanReport(with_margins(allocation, rules), result.is_new)


def with_margins(allocation: pd.DataFrame, rules: PlanPart) -> pd.DataFrame:
    """Allocation with `expected_n` = n x expected response, and the margin (share, 95 %) those answers give."""
    expected = (allocation["sample_size"] * rules.expected_response).round().clip(lower=1)
    margin = [margin_of_error(n, pop) for n, pop in zip(expected, allocation["pop_size"], strict=True)]
    return allocation.assign(expected_n=expected.astype("int64"), margin=margin)
