"""One step of a recipe on issued cases: its factor and what it settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.numbers import FloatArray, IntArray
from sampling.weighting.auxiliary import Auxiliary, auxiliary
from sampling.weighting.calibration import Calibrated, Rules, calibrate_to, finish
from sampling.weighting.classes import JoinRule, class_codes
from sampling.weighting.distances import distance
from sampling.weighting.feasibility import check_margins
from sampling.weighting.nonresponse import by_status, eligibility_factor, follow_up_factor, response_factor
from sampling.weighting.propensity import propensity_classes
from sampling.weighting.raking import rake_to
from sampling.weighting.solve import Problem
from sampling.weighting.steps import (
    Calibration,
    FollowUp,
    Nonresponse,
    Propensity,
    Trim,
    UnknownEligibility,
    step_name,
)
from sampling.weighting.trim import caps, redistribute

ClassStep = FollowUp | UnknownEligibility | Nonresponse | Propensity | Trim
_NO_JOIN = JoinRule(min_respondents=0, max_factor=np.inf)


@dataclass(frozen=True, eq=False)
class Adjusted:
    """factor of every case, shape (n,); class of every case after joining and the names; joins; cap of every case."""

    factor: FloatArray
    classes: tuple[str, ...] = ()
    class_code: IntArray | None = None
    joined: tuple[tuple[str, str], ...] = ()
    cap: FloatArray | None = None


def factor_of(
    cases: pd.DataFrame,
    step: ClassStep,
    status: np.ndarray,
    weight: FloatArray,
    settled: tuple[IntArray, tuple[str, ...]] | None = None,
) -> Adjusted:
    """The factor of a step before calibration. weight: product of the factors so far, shape (n,); settled: classes of
    the full sample, after joining, that a replicate keeps (codes, names)."""
    for name in step.columns:
        if name not in cases.columns:
            expected = ", ".join(map(str, cases.columns))
            raise WeightError("weights.column", where=step_name(step), got=name, expected=expected)
    if isinstance(step, Trim):
        return _trimmed(cases, step, status, weight)
    if isinstance(step, FollowUp):
        return _followed_up(cases, step, status)
    code, names = _classes(cases, step, status, weight) if settled is None else settled
    rule = step if settled is None else _NO_JOIN
    if isinstance(step, UnknownEligibility):
        by_class = eligibility_factor(code, weight, status, len(names), rule)
        factor = by_status(status, unknown=0.0, others=by_class.factor[code])
    else:
        by_class = response_factor(code, weight, status, len(names), rule)
        factor = by_status(status, respondent=by_class.factor[code], ineligible=1.0)
    joined = tuple((names[a], names[b]) for a, b in by_class.joined)
    return Adjusted(factor, names, by_class.target[code], joined)


def calibrated(x: Auxiliary, step: Calibration, before: FloatArray, cap: FloatArray | None) -> Calibrated:
    """The calibration of respondents with x of `step_auxiliary`. before, cap: weights and their caps, shape (n,)."""
    rules = Rules(step.negative, step.penalties)
    if step.kind != "calibrate" and cap is None:
        return rake_to(x, before, Rules(max_iterations=500))
    ratio = None if cap is None else np.divide(cap, before, out=np.ones_like(cap), where=before > 0)
    if step.kind == "poststratify" and ratio is not None and cap is not None:
        check_margins(x, before, np.ones(len(x.columns), dtype=bool))
        problem = Problem(x, before, distance("raking", None, len(before), ratio), np.zeros(len(x.columns)))
        weight = redistribute(before, x.entries[0].code, x.target, cap)
        return finish(problem, np.divide(weight, before, out=np.ones_like(weight), where=before > 0), 1, rules)
    method = step.method if step.kind == "calibrate" else "raking"
    return calibrate_to(x, before, (method, step.bounds, ratio), rules)


def step_auxiliary(rows: pd.DataFrame, step: Calibration, totals: pd.DataFrame) -> Auxiliary:
    """x of a calibration step: the totals of its margins, of its partition when it has one, else of the whole.

    Raises WeightError `weights.no_totals` for a margin without totals; others of `auxiliary`.
    """
    step_totals = totals[totals["margin"].isin(step.margins) & ((totals["partition"] != "") == bool(step.partition))]
    absent = [name for name in step.margins if name not in set(step_totals["margin"])]
    if absent:
        raise WeightError("weights.no_totals", where=step_name(step), got=", ".join(absent))
    return auxiliary(rows, step_totals, step.partition or None, step.missing_category or None)


def _classes(
    cases: pd.DataFrame, step: UnknownEligibility | Nonresponse | Propensity, status: np.ndarray, weight: FloatArray
) -> tuple[IntArray, tuple[str, ...]]:
    if not isinstance(step, Propensity):
        values = cases[step.classes]
        order: Sequence[str] = step.order or sorted(values.dropna().unique())
        return class_codes(values, order), tuple(order)
    fitted = np.isin(status, ("respondent", "nonrespondent")) & (weight > 0)
    if not (fitted & (status == "respondent")).any():
        raise WeightError("weights.no_respondents", got=0, expected=">= 1")
    fitted_cases = cases[fitted]
    code = np.zeros(len(cases), dtype=np.int64)
    code[fitted] = propensity_classes(
        fitted_cases, weight[fitted], status[fitted] == "respondent", step.covariates, step.groups
    )
    return code, tuple(f"p{number + 1}" for number in range(step.groups))


def _followed_up(cases: pd.DataFrame, step: FollowUp, status: np.ndarray) -> Adjusted:
    values = cases[step.classes]
    names = sorted(values.dropna().unique())
    code = class_codes(values, names)
    return Adjusted(follow_up_factor(cases[step.phase_column], code, status, names))


def _trimmed(cases: pd.DataFrame, step: Trim, status: np.ndarray, weight: FloatArray) -> Adjusted:
    """Caps come from the respondents; others have none."""
    responded = (status == "respondent") & (weight > 0)
    group = cases[step.by][responded] if step.by else None
    cap = np.full(len(cases), np.inf)
    cap[responded] = caps(weight[responded], step.rule, step.value, group)
    factor = np.ones(len(cases))
    factor[responded] = np.minimum(1.0, cap[responded] / weight[responded])
    return Adjusted(factor, cap=cap)
