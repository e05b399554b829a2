"""The recipe of the weights as round.toml writes it: `[[weights.steps]]`, one factor a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import Field

from errors import Fault, WeightError
from sampling.design import LonelyRule
from sampling.weighting import (
    Calibration,
    DesignStep,
    JoinRule,
    Nonresponse,
    Propensity,
    Rescale,
    Trim,
    UnknownEligibility,
    WeightStep,
    check_recipe,
)
from sipas.datafiles import Model

STRATUM = "stratum"  # a class of its own in round.toml: the strata of the draw
ColumnName = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0)]


class _Step(Model):
    """name: of the step and its column, its kind when not given; needed where a kind comes twice."""

    name: Annotated[str, Field(pattern=r"^([a-z][a-z0-9_]*)?$")] = ""

    def columns(self) -> tuple[str, ...]:
        """Columns of the frame that the step reads."""
        return ()


class _ByClass(_Step):
    """classes: `stratum` or a column of the frame; a class with fewer cases or a larger factor joins the next one."""

    min_respondents: Annotated[int, Field(ge=1)] = 20
    max_factor: Annotated[float, Field(ge=1)] = 3.0

    def join(self) -> JoinRule:
        """The rule as the library knows it."""
        return JoinRule(self.min_respondents, self.max_factor)


class DesignPart(_Step):
    """The weights of the draw, 1/pi."""

    kind: Literal["design"]

    def step(self, strata: Sequence[str]) -> WeightStep:
        """The step of the library; strata: in the order in which they join."""
        return DesignStep(self.name or self.kind)


class ClassesPart(_ByClass):
    """Unknown eligibility or nonresponse inside classes."""

    kind: Literal["unknown_eligibility", "nonresponse"]
    classes: ColumnName

    def columns(self) -> tuple[str, ...]:
        """Column of the classes."""
        return () if self.classes == STRATUM else (self.classes,)

    def step(self, strata: Sequence[str]) -> WeightStep:
        """The step of the library."""
        made = UnknownEligibility if self.kind == "unknown_eligibility" else Nonresponse
        is_stratum = self.classes == STRATUM
        column, order = ("stratum_id", tuple(strata)) if is_stratum else (self.classes, ())
        return made(column, order, self.join(), self.name or self.kind)


class PropensityPart(_ByClass):
    """Nonresponse inside classes of like response propensity."""

    kind: Literal["propensity"]
    covariates: Annotated[tuple[ColumnName, ...], Field(min_length=1)]
    groups: Annotated[int, Field(ge=2)] = 5

    def columns(self) -> tuple[str, ...]:
        """Columns of the covariates."""
        return tuple(one for one in self.covariates if one != STRATUM)

    def step(self, strata: Sequence[str]) -> WeightStep:
        """The step of the library."""
        covariates = tuple("stratum_id" if one == STRATUM else one for one in self.covariates)
        return Propensity(covariates, self.groups, self.join(), self.name or self.kind)


class TrimPart(_Step):
    """Cap on the weights before calibration, kept by the calibrations; by: column of groups, "" for the whole round."""

    kind: Literal["trim"]
    rule: Literal["absolute", "times_median", "times_mean", "quantile"]
    value: Positive
    by: str = ""

    def columns(self) -> tuple[str, ...]:
        """Column of the groups."""
        return (self.by,) if self.by not in ("", STRATUM) else ()

    def step(self, strata: Sequence[str]) -> WeightStep:
        """The step of the library."""
        return Trim(self.rule, self.value, "stratum_id" if self.by == STRATUM else self.by, self.name or self.kind)


class CalibrationPart(_Step):
    """Respondents to the counts of the frame by margin, within partitions; penalties: margins that may be missed, with
    the cost of a miss."""

    kind: Literal["poststratify", "rake", "calibrate"]
    margins: Annotated[tuple[ColumnName, ...], Field(min_length=1)]
    partition: str = ""
    method: Literal["linear", "raking", "logit", "truncated"] = "raking"
    bounds: tuple[float, float] | None = None
    penalties: dict[str, Positive] = Field(default_factory=dict)

    def columns(self) -> tuple[str, ...]:
        """Columns of margins and partition."""
        return (*self.margins, *((self.partition,) if self.partition else ()))

    def calibration(self) -> Calibration:
        """The step of the library."""
        options = {"method": self.method, "bounds": self.bounds, "penalties": self.penalties}
        return Calibration(self.kind, self.margins, self.name, partition=self.partition, **options)  # type: ignore[arg-type]

    def step(self, strata: Sequence[str]) -> WeightStep:
        """The step of the library."""
        return self.calibration()


class RescalePart(_Step):
    """Final weights times one number: to the number of respondents, or to the number given."""

    kind: Literal["rescale"]
    to: Literal["respondents"] | Positive

    def step(self, strata: Sequence[str]) -> WeightStep:
        """The step of the library."""
        return Rescale(self.to, self.name or self.kind)


StepPart = Annotated[
    DesignPart | ClassesPart | PropensityPart | TrimPart | CalibrationPart | RescalePart, Field(discriminator="kind")
]


class WeightsPart(Model):
    """Recipe of the weights, its steps in order, and what the errors do with a stratum of one answering PSU: `collapse`
    joins it to the next stratum in the order of the register (the one before for the last), then `adjust`."""

    steps: Annotated[tuple[StepPart, ...], Field(min_length=1)]
    lonely_psu: Literal["collapse"] | LonelyRule = "collapse"

    @property
    def calibrations(self) -> tuple[CalibrationPart, ...]:
        """Steps that meet totals, in order."""
        return tuple(one for one in self.steps if isinstance(one, CalibrationPart))

    @property
    def margins(self) -> tuple[str, ...]:
        """Margins of all calibrations, each once."""
        return tuple(dict.fromkeys(name for one in self.calibrations for name in one.margins))

    def columns(self) -> tuple[str, ...]:
        """Columns of the frame that the recipe reads, each once."""
        return tuple(dict.fromkeys(name for one in self.steps for name in one.columns()))

    def recipe(self, strata: Sequence[str] = ()) -> tuple[WeightStep, ...]:
        """The recipe of the library; strata: in the order in which they join. Raises WeightError of `check_recipe`."""
        return check_recipe([one.step(strata) for one in self.steps])


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
        crosses = isinstance(step, PropensityPart) or (isinstance(step, ClassesPart) and step.classes != STRATUM)
        later = [one for one in part.steps[place + 1 :] if isinstance(one, CalibrationPart)]
        settled = any({*one.margins, one.partition} & {"unit_id", STRATUM} for one in later)
        if crosses and not settled:
            got = step.name or step.kind
            yield Fault("rounds.crossing_classes", "round.toml", column="weights.steps", got=got, expected="unit_id")
