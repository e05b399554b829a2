"""The `[plan]` of a round file: method, numbers, targets; which settings a method needs and which it does not use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from errors import Fault
from sipas.datafiles import Model
from sipas.framekinds import FrameKind
from sipas.units import Unit

Name = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0, le=1)]
EVERYWHERE: Final = "*"


def _everywhere(value: Any) -> Any:
    """One number for all units stands in the file without a table."""
    return {EVERYWHERE: value} if isinstance(value, int | float) else value


Inner = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
# By unit_id, kind of unit, unit_group or "*" (all); the narrowest one that fits a unit counts.
ByUnit = BeforeValidator(_everywhere)
Responses = Annotated[dict[str, Annotated[float, Field(gt=0, le=1)]], ByUnit]
Shares = Annotated[dict[str, Inner], ByUnit]
Costs = Annotated[dict[str, Positive], ByUnit]
Numbers = Annotated[dict[str, Annotated[int, Field(ge=1)]], ByUnit]

PlanMethod = Literal["proportional", "equal", "sqrt", "power", "neyman", "cost_optimal", "fixed", "precision", "quotas"]
_OPTIONAL: Final = ("total", "min_per_stratum", "exponent", "assumed_share", "fixed", "targets")
_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "proportional": ("total", "min_per_stratum"),
    "equal": ("total", "min_per_stratum"),
    "sqrt": ("total", "min_per_stratum"),
    "power": ("total", "min_per_stratum", "assumed_share"),
    "neyman": ("total", "min_per_stratum", "assumed_share"),
    "cost_optimal": ("total", "min_per_stratum", "assumed_share", "cost"),
    "fixed": ("fixed",),
    "precision": ("targets", "min_per_stratum"),
    "quotas": (),  # people on closed lists: rater_quotas.csv says who is asked about whom
}
_BY_UNIT: Final = ("expected_response", "assumed_share", "cost", "fixed")


class TargetPart(Model):
    """A precision target for a yes/no result of share `assumed_share`, so S^2 = p (1-p) N/(N-1).

    In every domain of `level` (of `unit_group` only, when named): margin (95 %) or cv, both shares (0.05 = 5 points,
    5 %); deff multiplies the variance.
    """

    level: Literal["province", "group", "unit"]
    variable: Name
    margin: Inner | None = None
    cv: Inner | None = None
    assumed_share: Shares
    deff: Positive = 1.0
    unit_group: str = ""

    @property
    def limit(self) -> float:
        """The one of margin and cv that is given."""
        return self.margin if self.margin is not None else self.cv or 0.0


class PlanPart(Model):
    """frame_kind: what a row of the office's list is; target person: one row per person and unit, the latest event;
    spare_round: an earlier round, or round/instrument, whose drawn persons are marked `asked` (stratum part
    `asked_before`); split_rule: what to do with a dossier of a unit that was split when the file names no unit of
    today. deff: for the margins shown; cost: of a form handed out."""

    frame_kind: FrameKind = "transaction"
    target: Literal["transaction", "person"]
    spare_round: str = ""
    stratum_parts: Annotated[tuple[str, ...], Field(min_length=1)]
    method: PlanMethod
    total: Annotated[int, Field(ge=1)] | None = None
    min_per_stratum: Annotated[int, Field(ge=0)] | None = None
    reserve_share: Share
    split_rule: Literal["by_share", "fail"]
    expected_response: Responses = Field(default_factory=lambda: {EVERYWHERE: 1.0})
    deff: Positive = 1.0
    cost: Costs | None = None
    exponent: Share | None = None
    assumed_share: Shares | None = None
    fixed: Numbers | None = None
    targets: tuple[TargetPart, ...] | None = None

    def by_unit(self) -> dict[str, Mapping[str, float]]:
        """Settings given by unit, kind or group, under the name a person finds them by."""
        values = {name: getattr(self, name) for name in _BY_UNIT if getattr(self, name) is not None}
        shares = {f"targets.{k}.assumed_share": target.assumed_share for k, target in enumerate(self.targets or (), 1)}
        return {**values, **shares}


def setting_faults(plan: PlanPart) -> Iterator[Fault]:
    """Settings the method needs and lacks, or has and does not use; targets that say nothing; tables without units."""
    given = {name for name in (*_OPTIONAL, "cost") if getattr(plan, name) not in (None, (), {})}
    needed = _NEEDED[plan.method]
    usable = {*needed, "cost"} | ({"exponent"} if plan.method == "power" else set())
    for name in needed:
        if name not in given:
            yield Fault("rounds.plan_missing", "round.toml", column=f"plan.{name}", expected=plan.method)
    for name in sorted(given - usable):
        expected = ", ".join(method for method, names in _NEEDED.items() if name in names) or "power"
        yield Fault("rounds.plan_unused", "round.toml", column=f"plan.{name}", got=plan.method, expected=expected)
    for place, target in enumerate(plan.targets or (), 1):
        if (target.margin is None) == (target.cv is None):
            yield Fault("rounds.plan_target", "round.toml", column=f"plan.targets.{place}", got=target.variable)
    if "unit_id" not in plan.stratum_parts:
        yield from _unitless_faults(plan)


def _unitless_faults(plan: PlanPart) -> Iterator[Fault]:
    """Without units among the strata nothing can be told apart by unit."""
    for name, table in plan.by_unit().items():
        if set(table) != {EVERYWHERE}:
            yield Fault("rounds.plan_units", "round.toml", column=f"plan.{name}", expected="unit_id")
    for place, target in enumerate(plan.targets or (), 1):
        if target.level != "province" or target.unit_group:
            yield Fault("rounds.plan_units", "round.toml", column=f"plan.targets.{place}.level", expected="unit_id")


def unit_faults(plan: PlanPart, units: Sequence[Unit]) -> Iterator[Fault]:
    """Keys that name no unit, kind or group of the round, and units a table leaves out (one fault a group)."""
    groups = {unit.unit_group for unit in units}
    names = {EVERYWHERE, *groups, *(unit.kind for unit in units), *(unit.unit_id for unit in units)}
    for name, table in plan.by_unit().items():
        for key in sorted(set(table) - names):
            yield Fault(
                "rounds.plan_key", "round.toml", column=f"plan.{name}", got=key, expected=", ".join(sorted(groups))
            )
        left = [unit for unit in units if not {EVERYWHERE, unit.unit_id, unit.kind, unit.unit_group} & set(table)]
        if left and "unit_id" in plan.stratum_parts and not _is_partial(plan, name, {unit.unit_group for unit in left}):
            named = ", ".join(unit.unit_id for unit in left[:5])
            yield Fault(
                "rounds.plan_uncovered", "round.toml", column=f"plan.{name}", got=named, expected=str(len(left))
            )
    for place, target in enumerate(plan.targets or (), 1):
        if target.unit_group and target.unit_group not in groups:
            column, expected = f"plan.targets.{place}.unit_group", ", ".join(sorted(groups))
            yield Fault("rounds.plan_key", "round.toml", column=column, got=target.unit_group, expected=expected)


def _is_partial(plan: PlanPart, name: str, left: set[str]) -> bool:
    """A target for one group needs shares of that group only."""
    if not name.startswith("targets."):
        return False
    group = (plan.targets or ())[int(name.split(".")[1]) - 1].unit_group
    return bool(group) and group not in left
