"""Step plan: how many cases each stratum of an instrument gets."""

from __future__ import annotations

import json
from typing import Any

from sampling.allocation import PrecisionPlan
from sampling.numbers import canonical_json
from sampling.tables import ALLOCATION
from sipas.plan import allocate_plan, strata_of
from sipas.raters import rater_allocation
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given

PRECISION = "precision.json"


def make_plan(given: Given) -> StepResult:
    """Sizes by stratum; lists of raters are put in order whole. Raises DesignError `allocation.*`, FaultsFound
    `allocation.unreachable`."""
    frame, rules = given.table("frame/frame"), given.rules
    if rules.quotas:
        return StepResult({"allocation": ALLOCATION.arrow(rater_allocation(frame))})
    strata = strata_of(frame, rules.plan.stratum_parts, given.units_at_draw())
    table, precision = allocate_plan(strata, rules.plan)
    outputs: dict[str, Any] = {"allocation": ALLOCATION.arrow(table)}
    if precision is not None:
        outputs[PRECISION] = canonical_json(_facts(precision)).encode("utf-8")
    return StepResult(outputs)


def _facts(plan: PrecisionPlan) -> dict[str, Any]:
    rows: list[dict[str, Any]] = json.loads(plan.constraints.to_json(orient="records", double_precision=15))
    return {"cost": plan.cost, "dual_bound": plan.dual_bound, "whole_bound": plan.whole_bound, "rows": rows}


PLAN = Step(
    "plan",
    "instrument",
    make_plan,
    Reads(outputs=("frame/frame",), pins=("units",), rules=("unit_groups", "plan", "quotas"), head=("units",)),
)
