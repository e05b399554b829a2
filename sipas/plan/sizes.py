"""From the plan of a round and its frame to forms per stratum; what the forms buy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from errors import DesignError, Fault, FaultsFound
from sampling.allocation import PrecisionPlan, Target, allocate, allocate_for_precision, within
from sampling.frame import stratum_ids
from sampling.size import margin_of_error, std_dev_of_share, stratified_margin
from sipas.plan.settings import EVERYWHERE, PlanPart, TargetPart
from sipas.units import Unit

LEVELS: Mapping[str, str] = {"province": "toàn tỉnh", "group": "nhóm", "unit": "đơn vị"}


@dataclass(frozen=True, eq=False)
class PlanPrecision:
    """What an allocation buys. table: the Allocation with expected_n, margin (share, 95 %, p = .5, deff and response of
    the plan; nan for a stratum without forms) and cost (nan without `[plan.cost]`), rows by stratum."""

    table: pd.DataFrame
    margin: float
    cost: float


def strata_of(frame: pd.DataFrame, parts: Sequence[str], units: Sequence[Unit]) -> pd.DataFrame:
    """Strata of a frame: stratum_id, pop_size, and unit_id, kind, unit_group where units are part of the strata."""
    ids = stratum_ids(frame, parts)
    sizes = ids.value_counts().sort_index()
    strata = pd.DataFrame({"stratum_id": sizes.index.astype("str"), "pop_size": sizes.to_numpy()})
    if "unit_id" not in parts:
        return strata
    unit = frame["unit_id"].groupby(ids).first().reindex(strata["stratum_id"]).reset_index(drop=True)
    kinds = {unit.unit_id: unit.kind for unit in units}
    groups = {unit.unit_id: unit.unit_group for unit in units}
    return strata.assign(unit_id=unit, kind=unit.map(kinds), unit_group=unit.map(groups))


def allocate_plan(strata: pd.DataFrame, plan: PlanPart) -> tuple[pd.DataFrame, PrecisionPlan | None]:
    """The Allocation table of a plan; for the method precision also what its targets cost.

    strata: as `strata_of` makes them; the method quotas allocates nothing. Raises DesignError `allocation.*`,
    FaultsFound `allocation.unreachable`.
    """
    if plan.method == "precision":
        allocation = _for_targets(strata, plan)
        return allocation.allocation, allocation
    if plan.method == "quotas":
        raise DesignError("allocation.method", got=plan.method, expected="rater_quotas.csv")
    fixed = None
    if plan.method == "fixed":
        numbers = _fixed(strata, plan)
        fixed = dict(zip(strata["stratum_id"], numbers.tolist(), strict=True))
    table = allocate(
        _measured(strata, plan),
        plan.total,
        plan.method,
        min_size=plan.min_per_stratum or 0,
        reserve_share=plan.reserve_share,
        fixed=fixed,
        power=plan.exponent,
    )
    return table, None


def with_fixed_number(plan: PlanPart, per_unit: int) -> PlanPart:
    """The same plan with one number of forms for every unit."""
    changes = {"method": "fixed", "fixed": {EVERYWHERE: per_unit}, "total": None, "min_per_stratum": None}
    return plan.model_copy(update={**changes, "exponent": None, "targets": None})


def plan_precision(allocation: pd.DataFrame, strata: pd.DataFrame, plan: PlanPart) -> PlanPrecision:
    """Expected answers, margins and cost of an allocation. Answers are n x response; margins use them unrounded."""
    ordered = strata.set_index("stratum_id").loc[allocation["stratum_id"]].reset_index()
    answers = allocation["sample_size"] * by_stratum(plan.expected_response, ordered)
    margin = [
        margin_of_error(n, pop, deff=plan.deff) if n > 0 else np.nan
        for n, pop in zip(answers, allocation["pop_size"], strict=True)
    ]
    unit_cost = np.full(len(ordered), np.nan) if plan.cost is None else by_stratum(plan.cost, ordered)
    cost = allocation["sample_size"] * unit_cost
    table = allocation.assign(expected_n=answers.round().astype("int64"), margin=margin, cost=cost)
    return PlanPrecision(
        table, stratified_margin(allocation["pop_size"].tolist(), margin), float(cost.sum(skipna=False))
    )


def by_stratum(table: Mapping[str, float], strata: pd.DataFrame) -> pd.Series:
    """The number of each stratum: of its unit, else of its kind, else of its group, else of all."""
    numbers = pd.Series(np.nan, index=strata.index)
    for column in ("unit_id", "kind", "unit_group"):
        if column in strata.columns:
            numbers = numbers.fillna(strata[column].map(dict(table)).astype("float64"))
    return numbers.fillna(table.get(EVERYWHERE, np.nan))


def _fixed(strata: pd.DataFrame, plan: PlanPart) -> pd.Series:
    """Numbers per unit (per stratum where strata hold no units), split over the strata of the unit by N_h."""
    numbers = by_stratum(plan.fixed or {}, strata)
    owner = strata["unit_id"] if "unit_id" in strata.columns else strata["stratum_id"]
    code = pd.factorize(owner)[0]
    pop = strata["pop_size"].to_numpy(dtype=np.int64)
    totals = np.bincount(code, weights=pop)
    per_unit = numbers.groupby(code).first().to_numpy()
    split = within(code, pop, np.minimum(per_unit, totals).astype(np.int64))
    return pd.Series(split, index=strata.index)


def _measured(strata: pd.DataFrame, plan: PlanPart) -> pd.DataFrame:
    """Strata with S_h, CV_h and cost from the assumed shares, where the plan has them."""
    if plan.assumed_share is not None:
        share = by_stratum(plan.assumed_share, strata)
        std_dev = _std_dev(strata, share)
        strata = strata.assign(std_dev=std_dev, cv=std_dev / share)
    return strata if plan.cost is None else strata.assign(unit_cost=by_stratum(plan.cost, strata))


def _std_dev(strata: pd.DataFrame, share: pd.Series) -> list[float]:
    pairs = zip(strata["pop_size"], share, strict=True)
    return [std_dev_of_share(pop, p) if p == p else np.nan for pop, p in pairs]


def _for_targets(strata: pd.DataFrame, plan: PlanPart) -> PrecisionPlan:
    """Targets become columns: domain_<k>, std_dev_<k>, mean_<k> of the k-th one; their names are given back after."""
    parts = plan.targets or ()
    columns: dict[str, Any] = {"response": by_stratum(plan.expected_response, strata)}
    for k, part in enumerate(parts):
        share = by_stratum(part.assumed_share, strata).fillna(0.5)  # strata outside the target's domains
        columns |= {f"domain_{k}": _domain(part, strata), f"std_dev_{k}": _std_dev(strata, share), f"mean_{k}": share}
    if plan.cost is not None:
        columns["unit_cost"] = by_stratum(plan.cost, strata)
    targets = [
        Target(str(k), part.limit, f"domain_{k}", "cv" if part.margin is None else "margin", part.deff)
        for k, part in enumerate(parts)
    ]
    try:
        allocation = allocate_for_precision(
            strata.assign(**columns), targets, min_size=plan.min_per_stratum or 0, reserve_share=plan.reserve_share
        )
    except FaultsFound as error:
        raise FaultsFound(error.rule, [_named(fault, parts) for fault in error.faults], where="round.toml") from None
    place = allocation.constraints["variable"].astype("int64")
    level, variable = ([getattr(parts[k], name) for k in place] for name in ("level", "variable"))
    rows = allocation.constraints.assign(level=level, variable=variable)
    return PrecisionPlan(allocation.allocation, rows, allocation.cost, allocation.dual_bound, allocation.whole_bound)


def _domain(part: TargetPart, strata: pd.DataFrame) -> pd.Series:
    """Domain of each stratum under a target; "" for strata of another group than the one it names."""
    if part.level == "province":
        domain = pd.Series(part.unit_group or LEVELS["province"], index=strata.index)
    else:
        domain = strata["unit_group" if part.level == "group" else "unit_id"]
    return domain.where(strata["unit_group"] == part.unit_group, "") if part.unit_group else domain


def _named(fault: Fault, parts: Sequence[TargetPart]) -> Fault:
    """A fault of a target under the words of the round file."""
    part = parts[int(fault.values["variable"])]
    domain = "" if part.level == "province" else f" {fault.values['domain']}"
    column = f"{part.variable}, {LEVELS[part.level]}{domain}"
    got, expected = (_points(fault.values[name], part) for name in ("reached", "limit"))
    return Fault(fault.rule, fault.file, column=column, got=got, expected=expected)


def _points(value: str, part: TargetPart) -> str:
    """A margin or CV in per cent, rounded up at two places: what is relaxed to it can be met."""
    shown = f"{math.ceil(float(value) * 10_000 - 1e-6) / 100:.2f}".replace(".", ",")
    return f"± {shown} điểm %" if part.cv is None else f"CV {shown} %"
