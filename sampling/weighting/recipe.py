"""A recipe applied to issued cases, and again to the weights of a replicate (docs/methods.md, sections 4 and 6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.design import CalibrationStep, row_ids
from sampling.disposition import check_status
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.weighting.adjust import calibrated, factor_of, step_auxiliary
from sampling.weighting.auxiliary import Auxiliary
from sampling.weighting.calibration import Calibrated
from sampling.weighting.classes import JoinRule
from sampling.weighting.feasibility import check_population
from sampling.weighting.steps import Calibration, DesignStep, Rescale, WeightStep, check_recipe, step_name

Replay = Literal["calibration", "all"]


@dataclass(frozen=True, eq=False)
class StepResult:
    """What a step did. factor: of every issued case, shape (n,); respondents: their rows.

    class_code: class of every case after joining, names in `classes`; joined: classes that joined another; cap:
    greatest weight of every case; calibrated, x: of the respondents, in their row order.
    """

    step: WeightStep
    factor: FloatArray
    classes: tuple[str, ...] = ()
    class_code: IntArray | None = None
    joined: tuple[tuple[str, str], ...] = ()
    cap: FloatArray | None = None
    calibrated: Calibrated | None = None
    x: Auxiliary | None = None

    @property
    def name(self) -> str:
        """Name of the step, also of its column."""
        return step_name(self.step)


@dataclass(frozen=True, eq=False)
class RecipeResult:
    """Weights of issued cases: one factor column a step, final = product. respondents: rows that keep a weight, (n,).
    row_id: ids of all issued cases, (n,).

    Nonrespondents have final weight 0; ineligible cases leave at the first calibration (or at the end).
    """

    steps: tuple[StepResult, ...]
    respondents: BoolArray
    final: FloatArray
    row_id: pd.Index

    def factors(self) -> pd.DataFrame:
        """One column a step, in order, named by the step, of all issued cases."""
        return pd.DataFrame({one.name: one.factor for one in self.steps})

    def calibration(self) -> tuple[CalibrationStep, ...]:
        """The calibrations of the respondents, for a Design."""
        answered = self.row_id[self.respondents]
        return tuple(one.calibrated.step(one.name, answered) for one in self.steps if one.calibrated is not None)

    def margins(self) -> pd.DataFrame:
        """Margins before and after every calibration: step, margin, category, partition, target, before, after."""
        found = [one.calibrated.margins.assign(step=one.name) for one in self.steps if one.calibrated is not None]
        names = ["step", "margin", "category", "partition", "target", "before", "after", "is_exact"]
        return pd.concat(found, ignore_index=True)[names] if found else pd.DataFrame(columns=names)

    def joined(self) -> tuple[tuple[str, str, str], ...]:
        """Classes joined: step, class, the class it joined."""
        return tuple((one.name, source, into) for one in self.steps for source, into in one.joined)

    def of_respondents(self, name: str) -> FloatArray:
        """Product of the factors up to and including step `name`, of the respondents in their row order."""
        names = [one.name for one in self.steps]
        until = self.steps[: names.index(name) + 1]
        return reduce(np.multiply, (one.factor[self.respondents] for one in until))


def apply_recipe(
    cases: pd.DataFrame,
    recipe: Sequence[WeightStep],
    totals: pd.DataFrame,
    *,
    id: Sequence[str] = (),
    multipliers: FloatArray | None = None,
    full: RecipeResult | None = None,
    replay: Replay = "calibration",
) -> RecipeResult:
    """Weights of issued cases by the steps of `recipe`.

    cases: one row per issued case with design_weight > 0, case_status (respondent, nonrespondent, ineligible, unknown)
    and the columns that the steps name; a margin may be missing for those who did not respond. totals: the
    ControlTotals of all calibrations; a step uses the margins it names, of its partition or of the whole. id: columns
    that tell the cases apart, for a Design made of the result; without them the calibrations know rows by number.
    multipliers: b >= 0 of a replicate, shape (n,): the weights before calibration are those of `full` (made when not
    given) times b, calibrated again to the same totals; nonresponse factors stay, or with replay "all" follow the
    replicate inside the classes of `full`; propensities and caps (as cap/d) are never made again.
    Raises WeightError of the steps, `weights.order` and others of `check_recipe`, `weights.design`, `weights.column`,
    `weights.below_sample` (a population smaller than the sample in it), `weights.multipliers`.
    """
    steps = check_recipe(recipe)
    if multipliers is None:
        return _run(cases, steps, totals, id)
    full = _run(cases, steps, totals, id) if full is None else full
    _check_multipliers(multipliers, len(cases))
    return _replay(cases, full, multipliers, replay)


def _run(cases: pd.DataFrame, steps: tuple[WeightStep, ...], totals: pd.DataFrame, id: Sequence[str]) -> RecipeResult:
    row_id = row_ids(cases, id) if id else pd.RangeIndex(len(cases))
    status = check_status(cases["case_status"]).to_numpy()
    weight = _design_weight(cases)
    done = [StepResult(steps[0], weight)]
    respondents = (status == "respondent") & (weight > 0)
    cap: FloatArray | None = None
    for step in steps[1:]:
        made = StepResult(step, np.ones(len(cases)))
        if isinstance(step, Calibration):
            x = _margins_of(cases, step, totals, respondents)
            made = _calibration(x, step, weight, respondents, cap)
        elif isinstance(step, Rescale):
            made = StepResult(step, _rescaled(step, weight, respondents))
        elif not isinstance(step, DesignStep):
            adjusted = factor_of(cases, step, status, weight)
            made = StepResult(step, **vars(adjusted))
            cap = adjusted.cap if adjusted.cap is not None else cap
        done.append(made)
        weight = weight * made.factor
    return RecipeResult(tuple(done), respondents, np.where(respondents, weight, 0.0), row_id)


def _replay(cases: pd.DataFrame, full: RecipeResult, multipliers: FloatArray, replay: Replay) -> RecipeResult:
    status = cases["case_status"].to_numpy()
    weight = full.steps[0].factor * multipliers
    done = [StepResult(full.steps[0].step, weight)]
    before = full.steps[0].factor
    cap: FloatArray | None = None
    for known in full.steps[1:]:
        step, made = known.step, known
        if isinstance(step, Calibration) and known.x is not None:
            made = _calibration(known.x, step, weight, full.respondents, cap)
        elif isinstance(step, Rescale):
            made = StepResult(step, _rescaled(step, weight, full.respondents))
        elif replay == "all" and known.class_code is not None and isinstance(step, JoinRule):
            factor = factor_of(cases, step, status, weight, (known.class_code, known.classes)).factor
            made = StepResult(step, factor)
        if (
            known.cap is not None
        ):  # the bound cap/d stays that of the full sample: a case drawn twice may weigh two caps
            moved = np.divide(weight, before, out=np.ones_like(weight), where=before > 0)
            cap = np.where(full.respondents, known.cap, 0.0) * moved
        done.append(made)
        weight, before = weight * made.factor, before * known.factor
    final = np.where(full.respondents, weight, 0.0)
    return RecipeResult(tuple(done), full.respondents, final, full.row_id)


def _calibration(
    x: Auxiliary, step: Calibration, weight: FloatArray, respondents: BoolArray, cap: FloatArray | None
) -> StepResult:
    """The calibration of the respondents; everyone else leaves with factor 0."""
    made = calibrated(x, step, weight[respondents], None if cap is None else cap[respondents])
    factor = np.zeros(len(weight))
    factor[respondents] = made.factor
    return StepResult(step, factor, calibrated=made, x=x)


def _margins_of(cases: pd.DataFrame, step: Calibration, totals: pd.DataFrame, respondents: BoolArray) -> Auxiliary:
    """x of the respondents, whose population cannot be smaller than they are."""
    if not respondents.any():
        raise WeightError("weights.no_respondents", got=0, expected=">= 1")
    x = step_auxiliary(cases[respondents], step, totals)
    check_population(x, np.ones(len(x.block)))
    return x


def _rescaled(step: Rescale, weight: FloatArray, respondents: BoolArray) -> FloatArray:
    goal = float(respondents.sum()) if step.to == "respondents" else step.to
    return np.full(len(weight), goal / float(weight[respondents].sum()))


def _design_weight(cases: pd.DataFrame) -> FloatArray:
    weight = cases["design_weight"].to_numpy(dtype=np.float64, na_value=np.nan)
    bad = ~(np.isfinite(weight) & (weight > 0))
    if bad.any():
        raise WeightError("weights.weight", where="design_weight", got=int(bad.sum()), first_row=int(bad.argmax()) + 1)
    return weight


def _check_multipliers(multipliers: FloatArray, n: int) -> None:
    if multipliers.shape != (n,) or not (np.isfinite(multipliers) & (multipliers >= 0)).all():
        raise WeightError("weights.multipliers", got=str(multipliers.shape), expected=f"({n},), >= 0")
