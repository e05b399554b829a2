"""The recipe of the weights as round.toml writes it: `[[weights.steps]]`, declared by the steps of the library."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Annotated, Literal, TypeGuard

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import InitErrorDetails

from errors import Fault, WeightError
from sampling.design import LonelyRule
from sampling.weighting import (
    STEP_NAME,
    Calibration,
    DesignStep,
    InClasses,
    Nonresponse,
    Propensity,
    Rescale,
    Trim,
    UnknownEligibility,
    WeightStep,
    check_recipe,
    step_name,
)
from sipas.datafiles import Model

STRATUM = "stratum"  # names no column of the frame: the strata of the draw
_LIBRARY_ONLY = ("order", "missing_category", "negative")


def _as_written(step: WeightStep) -> WeightStep:
    """A step with a proper name, and without the options that only the library has."""
    wrong = [
        InitErrorDetails(type="extra_forbidden", loc=(step.kind, name), input=getattr(step, name))
        for name in _LIBRARY_ONLY
        if getattr(step, name, None)
    ]
    if step.name and not re.fullmatch(STEP_NAME, step.name):
        place, ctx = (step.kind, "name"), {"pattern": STEP_NAME}
        wrong.append(InitErrorDetails(type="string_pattern_mismatch", loc=place, input=step.name, ctx=ctx))
    if wrong:
        raise ValidationError.from_exception_data("step", wrong)
    return step


StepPart = Annotated[
    DesignStep | UnknownEligibility | Nonresponse | Propensity | Trim | Calibration | Rescale,
    Field(discriminator="kind"),
    AfterValidator(_as_written),
]


class WeightsPart(Model):
    """Recipe of the weights, its steps in order, and what the errors do with a stratum of one answering PSU: `collapse`
    joins it to the next stratum in the order of the register (the one before for the last), then `adjust`."""

    steps: Annotated[tuple[StepPart, ...], Field(min_length=1)]
    lonely_psu: Literal["collapse"] | LonelyRule = "collapse"

    @property
    def calibrations(self) -> tuple[Calibration, ...]:
        """Steps that meet totals, in order."""
        return tuple(step for step in self.steps if isinstance(step, Calibration))

    @property
    def margins(self) -> tuple[str, ...]:
        """Margins of all calibrations, each once."""
        return tuple(dict.fromkeys(name for step in self.calibrations for name in step.margins))

    def columns(self) -> tuple[str, ...]:
        """Columns of the frame that the recipe reads, each once; a calibration meets no strata."""
        named = ((step, name) for step in self.steps for name in step.columns)
        return tuple(dict.fromkeys(name for step, name in named if name != STRATUM or isinstance(step, Calibration)))

    def recipe(self, strata: Sequence[str] = ()) -> tuple[WeightStep, ...]:
        """The steps; strata: in the order in which they join. Raises WeightError of `check_recipe`."""
        return check_recipe([replace(step, order=tuple(strata)) if _by_strata(step) else step for step in self.steps])


def recipe_faults(part: WeightsPart, possible: Sequence[str]) -> Iterator[Fault]:
    """Steps that make no sense together, and columns that the frame does not have."""
    try:
        part.recipe()
    except WeightError as error:
        yield Fault(
            error.rule, "round.toml", column="weights.steps", got=error.where or error.got, expected=error.expected
        )
    yield from _crossing_faults(part)
    for name in part.columns():
        if name not in possible:
            expected = " | ".join(possible)
            yield Fault("rounds.margin", "round.toml", column="weights.steps", got=name, expected=expected)


def _crossing_faults(part: WeightsPart) -> Iterator[Fault]:
    """Response classes that cross strata leave the weight of a stratum to chance, which the errors do not know
    (docs/methods.md, section 12), unless a later calibration brings every stratum or unit back to its count."""
    for place, step in enumerate(part.steps):
        crosses = isinstance(step, InClasses | Propensity) and not _by_strata(step)
        later = [step for step in part.steps[place + 1 :] if isinstance(step, Calibration)]
        settled = any({*step.margins, step.partition} & {"unit_id", STRATUM} for step in later)
        if crosses and not settled:
            got = step_name(step)
            yield Fault("rounds.crossing_classes", "round.toml", column="weights.steps", got=got, expected="unit_id")


def _by_strata(step: WeightStep) -> TypeGuard[UnknownEligibility | Nonresponse]:
    return isinstance(step, InClasses) and step.classes == STRATUM
