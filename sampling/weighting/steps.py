"""A recipe of weights as data: declared steps in order, one factor each (docs/methods.md, section 4).

What a step is and takes is said here alone; a round file is read by the same declaration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from annotated_types import Ge, Gt, MinLen

from errors import WeightError
from sampling.weighting.classes import JoinRule
from sampling.weighting.distances import CalibrationMethod
from sampling.weighting.trim import CapRule

ColumnName = Annotated[str, MinLen(1)]
Positive = Annotated[float, Gt(0)]
STEP_NAME = r"[a-z][a-z0-9_]*"


class Step:
    """name, of every step and its column: its kind when not given; needed where a kind comes twice."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the cases that the step reads beside weight and status."""
        return ()


@dataclass(frozen=True)
class DesignStep(Step):
    """d = 1/pi, the first step: the column `design_weight`."""

    name: str = ""
    kind: Literal["design"] = "design"


@dataclass(frozen=True)
class FollowUp(Step):
    """Subsample of nonrespondents, by the columns `phase_column` (settled, drawn, not_drawn) and `classes`."""

    classes: ColumnName
    phase_column: ColumnName = "follow_up"
    name: str = ""
    kind: Literal["follow_up"] = "follow_up"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.classes, self.phase_column)


@dataclass(frozen=True)
class InClasses(JoinRule, Step):
    """A factor inside the classes of a column; order: all classes as they join (none: the classes found, sorted)."""

    classes: ColumnName
    order: tuple[str, ...] = ()
    name: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.classes,)


@dataclass(frozen=True)
class UnknownEligibility(InClasses):
    """a1 inside classes."""

    kind: Literal["unknown_eligibility"] = "unknown_eligibility"


@dataclass(frozen=True)
class Nonresponse(InClasses):
    """a2 inside classes."""

    kind: Literal["nonresponse"] = "nonresponse"


@dataclass(frozen=True)
class Propensity(JoinRule, Step):
    """a2 inside classes cut from response propensities."""

    covariates: Annotated[tuple[ColumnName, ...], MinLen(1)]
    groups: Annotated[int, Ge(2)] = 5
    name: str = ""
    kind: Literal["propensity"] = "propensity"

    @property
    def columns(self) -> tuple[str, ...]:
        return self.covariates


@dataclass(frozen=True)
class Trim(Step):
    """Cap on the weights before calibration; the calibrations that follow keep it. by: column of groups, "" overall."""

    rule: CapRule
    value: Positive
    by: str = ""
    name: str = ""
    kind: Literal["trim"] = "trim"

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.by,) if self.by else ()


@dataclass(frozen=True)
class Calibration(Step):
    """Post-stratification (one margin), raking or calibration of respondents to the margins, within partitions.

    penalties: margins that may be missed, with the cost of a miss."""

    kind: Literal["poststratify", "rake", "calibrate"]
    margins: Annotated[tuple[ColumnName, ...], MinLen(1)]
    name: str = ""
    method: CalibrationMethod = "raking"
    bounds: tuple[float, float] | None = None
    partition: str = ""
    missing_category: str = ""
    negative: bool = False
    penalties: Mapping[str, Positive] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.margins, self.partition) if self.partition else self.margins


@dataclass(frozen=True)
class Rescale(Step):
    """All final weights times one number, so that they add to `to` or, to = "respondents", to their number."""

    to: Literal["respondents"] | Positive
    name: str = ""
    kind: Literal["rescale"] = "rescale"


WeightStep = DesignStep | FollowUp | UnknownEligibility | Nonresponse | Propensity | Trim | Calibration | Rescale
CALIBRATIONS = ("poststratify", "rake", "calibrate")
_RANK = {"design": 0, "follow_up": 1, "unknown_eligibility": 2, "nonresponse": 3, "propensity": 3, "trim": 4}
_RANK |= {**dict.fromkeys(CALIBRATIONS, 5), "rescale": 6}


def check_recipe(recipe: Sequence[WeightStep]) -> tuple[WeightStep, ...]:
    """The recipe, proved: design first, then follow-up, unknown eligibility, nonresponse, trim, calibrations, rescale.

    Every step but a calibration at most once; names different; a trim is followed by a calibration that can keep a cap
    (not logit), since a cap alone would lose what it cuts off. Raises WeightError `weights.order`, `weights.step_name`,
    `weights.trim_alone`, `weights.one_margin`, `weights.no_margins`, `weights.step_options`.
    """
    kinds = [step.kind for step in recipe]
    ranks = [_RANK[kind] for kind in kinds]
    for place, (kind, rank) in enumerate(zip(kinds, ranks, strict=True)):
        earlier = ranks[:place]
        if (place == 0) != (kind == "design") or any(one > rank or (one == rank != 5) for one in earlier):
            raise WeightError("weights.order", where=step_name(recipe[place]), got=" > ".join(kinds))
    if not recipe:
        raise WeightError("weights.order")
    names = [step_name(step) for step in recipe]
    for name in names:
        if names.count(name) > 1 or not re.fullmatch(STEP_NAME, name):
            raise WeightError("weights.step_name", got=name, expected="a-z, 0-9, _")
    for step in recipe:
        if isinstance(step, Calibration):
            _check_calibration(step)
    following = [step for step in recipe if isinstance(step, Calibration)]
    capless = not following or any(step.kind == "calibrate" and step.method == "logit" for step in following)
    if "trim" in kinds and capless:
        raise WeightError("weights.trim_alone", got=" > ".join(kinds))
    return tuple(recipe)


def step_name(step: WeightStep) -> str:
    """Name of a step: its own, or its kind."""
    return step.name or step.kind


def _check_calibration(step: Calibration) -> None:
    if not step.margins or len(set(step.margins)) < len(step.margins):
        raise WeightError("weights.no_margins", where=step_name(step), got=", ".join(step.margins))
    if step.kind != "calibrate" and (step.method != "raking" or step.bounds or step.penalties or step.negative):
        raise WeightError("weights.step_options", where=step_name(step), got=step.kind, expected="calibrate")
    if step.kind == "poststratify" and len(step.margins) != 1:
        raise WeightError("weights.one_margin", got=len(step.margins), expected=1)
