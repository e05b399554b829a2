"""A recipe of weights as data: declared steps in order, one factor each (docs/methods.md, section 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from errors import WeightError
from sampling.weighting.classes import JoinRule
from sampling.weighting.distances import Method
from sampling.weighting.trim import CapRule

_JOIN = JoinRule()


@dataclass(frozen=True)
class DesignStep:
    """d = 1/pi, the first step: the column `design_weight`."""

    name: str = "design"
    kind: Literal["design"] = "design"


@dataclass(frozen=True)
class FollowUp:
    """Subsample of nonrespondents, by the columns `phase_column` (settled, drawn, not_drawn) and `class_column`."""

    class_column: str
    phase_column: str = "follow_up"
    name: str = "follow_up"
    kind: Literal["follow_up"] = "follow_up"


@dataclass(frozen=True)
class UnknownEligibility:
    """a1 inside classes; order: all classes as they join their neighbours (none: the classes found, sorted)."""

    class_column: str
    order: tuple[str, ...] = ()
    join: JoinRule = _JOIN
    name: str = "unknown_eligibility"
    kind: Literal["unknown_eligibility"] = "unknown_eligibility"


@dataclass(frozen=True)
class Nonresponse:
    """a2 inside classes; order as for unknown eligibility."""

    class_column: str
    order: tuple[str, ...] = ()
    join: JoinRule = _JOIN
    name: str = "nonresponse"
    kind: Literal["nonresponse"] = "nonresponse"


@dataclass(frozen=True)
class Propensity:
    """a2 inside classes cut from response propensities."""

    covariates: tuple[str, ...]
    groups: int = 5
    join: JoinRule = _JOIN
    name: str = "nonresponse"
    kind: Literal["propensity"] = "propensity"


@dataclass(frozen=True)
class Trim:
    """Cap on the weights before calibration; the calibrations that follow keep it. by: column of groups, "" overall."""

    rule: CapRule
    value: float
    by: str = ""
    name: str = "trim"
    kind: Literal["trim"] = "trim"


@dataclass(frozen=True)
class Calibration:
    """Post-stratification (one margin), raking or calibration of respondents to the margins, within partitions."""

    kind: Literal["poststratify", "rake", "calibrate"]
    margins: tuple[str, ...]
    name: str = ""
    method: Method = "raking"
    bounds: tuple[float, float] | None = None
    partition: str = ""
    missing_category: str = ""
    negative: bool = False
    penalties: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rescale:
    """All final weights times one number, so that they add to `to` or, to = "respondents", to their number."""

    to: float | Literal["respondents"]
    name: str = "rescale"
    kind: Literal["rescale"] = "rescale"


WeightStep = DesignStep | FollowUp | UnknownEligibility | Nonresponse | Propensity | Trim | Calibration | Rescale
CLASS_STEPS = (UnknownEligibility, Nonresponse, Propensity)
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
            raise WeightError("weights.order", where=recipe[place].name or kind, got=" > ".join(kinds))
    if not recipe:
        raise WeightError("weights.order")
    names = [step_name(step) for step in recipe]
    for name in names:
        if names.count(name) > 1 or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
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
