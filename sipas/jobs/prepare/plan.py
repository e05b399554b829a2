"""The plan: how many cases each stratum gets, and what margin that buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from errors import DesignError
from sipas.jobs.stepruns.workbench import Workbench
from sipas.plan import PlanPart, allocate_plan, plan_precision, strata_of, with_fixed_number
from sipas.steps.plan import PLAN, PRECISION
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class TargetReport:
    """Targets of the method precision: the rows (level, domain, variable, measure, limit, reached, price: cost saved by
    one point more), the cost of the plan, and the bounds below which no plan that meets the targets can cost."""

    rows: pd.DataFrame
    cost: float
    dual_bound: float
    whole_bound: float

    @property
    def gap_share(self) -> float:
        """Cost over the dual bound, minus 1."""
        return self.cost / self.dual_bound - 1


@dataclass(frozen=True)
class PlanReport:
    """Per stratum: N, n, reserve, expected answers, the margin they buy and the cost; margin and cost of the whole (nan
    when a stratum has no forms, or no cost is given); whether the plan is new. A preview is neither new nor stored."""

    table: pd.DataFrame
    margin: float
    cost: float
    rules: PlanPart
    targets: TargetReport | None
    is_new: bool
    is_stored: bool = True


def make_plan(ws: Workspace, round_id: str, instrument_id: str = "") -> PlanReport:
    """Allocate forms to the strata of the frame by the plan of the round; lists of raters are put in order whole.

    Raises StoreError `jobs.step_first`, `jobs.step_stale`, DesignError `allocation.*`, FaultsFound
    `allocation.unreachable`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    rules = bench.parts.rules.plan
    result = bench.result("plan") if bench.is_drawn else bench.run(PLAN).run
    precision = plan_precision(ws.files.snapshots.read_frame(result.outputs["allocation"]), _strata(bench), rules)
    targets = _targets(bench.facts("plan", PRECISION)) if PRECISION in result.outputs else None
    return PlanReport(precision.table, precision.margin, precision.cost, rules, targets, result.is_new)


def preview_plan(
    ws: Workspace, round_id: str, instrument_id: str = "", *, total: int | None = None, per_unit: int | None = None
) -> PlanReport:
    """What other numbers would buy: another total, or one number for every unit. Nothing is stored.

    Raises as `make_plan`, and DesignError `plan.no_total` for a plan whose targets decide the total, `plan.quotas` for
    people on closed lists.
    """
    bench = Workbench(ws, round_id, instrument_id)
    rules = bench.parts.rules.plan
    if rules.method == "quotas":
        raise DesignError("plan.quotas", where=round_id)
    if per_unit is not None:
        rules = with_fixed_number(rules, per_unit)
    elif rules.method == "precision":
        raise DesignError("plan.no_total", where="--total", got=total)
    else:
        rules = rules.model_copy(update={"total": total})
    strata = _strata(bench)
    precision = plan_precision(allocate_plan(strata, rules)[0], strata, rules)
    return PlanReport(precision.table, precision.margin, precision.cost, rules, None, is_new=False, is_stored=False)


def _strata(bench: Workbench) -> pd.DataFrame:
    parts = bench.parts
    return strata_of(bench.table("frame", "frame"), parts.rules.plan.stratum_parts, parts.rated_units())


def _targets(facts: dict[str, Any]) -> TargetReport:
    return TargetReport(
        rows=pd.DataFrame(facts["rows"]),
        cost=facts["cost"],
        dual_bound=facts["dual_bound"],
        whole_bound=facts["whole_bound"],
    )
