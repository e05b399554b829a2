"""Unknown eligibility, nonresponse in classes, and the follow-up subsample of nonrespondents (docs/methods.md, 4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.disposition import check_status
from sampling.numbers import FloatArray, IntArray
from sampling.weighting.classes import ClassFactor, JoinRule, class_codes, class_factor, joined_factor

SETTLED, DRAWN, NOT_DRAWN = FOLLOW_UP = ("settled", "drawn", "not_drawn")


@dataclass(frozen=True, eq=False)
class NonresponseAdjustment:
    """Factors of issued cases, shape (n,), the class each used after joining, and the joins made, in order."""

    eligibility_factor: FloatArray
    nonresponse_factor: FloatArray
    response_class: pd.Series
    joined: tuple[tuple[str, str], ...]


def adjust_nonresponse(
    cases: pd.DataFrame,
    classes: Sequence[str],
    *,
    class_column: str = "response_class",
    min_respondents: int = 20,
    max_factor: float = 3.0,
) -> NonresponseAdjustment:
    """Factors for unknown eligibility and nonresponse inside the same response classes.

    a1_c = sum_{issued in c} d / sum_{known in c} d (unknown get 0); a2_c = sum_{R+NR in c} d a1 / sum_{R in c} d a1
    (nonrespondents 0, ineligibles keep d a1). cases: design_weight, case_status and `class_column` of every issued
    case. classes: all classes in the declared order; one with fewer than `min_respondents` respondents or
    a2 > `max_factor` joins the next in that order (the last joins the one before), and the join is reported.
    Raises WeightError `disposition.status`, `weights.missing`, `weights.class`, `weights.no_respondents`.
    """
    status = check_status(cases["case_status"]).to_numpy()
    code = class_codes(cases[class_column], classes)
    weight = cases["design_weight"].to_numpy(dtype=np.float64)
    done = response_factor(code, weight, status, len(classes), JoinRule(min_respondents, max_factor))
    joined_code = done.target[code]
    a1 = eligibility_factor(joined_code, weight, status, len(classes), JoinRule(1, np.inf))
    names = pd.Series(np.asarray(classes, dtype=object)[joined_code], index=cases.index, dtype="str")
    joined = tuple((classes[a], classes[b]) for a, b in done.joined)
    return NonresponseAdjustment(
        by_status(status, unknown=0.0, others=a1.factor[joined_code]),
        by_status(status, respondent=done.factor[code], ineligible=1.0),
        names,
        joined,
    )


def eligibility_factor(
    code: IntArray, weight: FloatArray, status: np.ndarray, size: int, rule: JoinRule
) -> ClassFactor:
    """a1_c = sum_{all in c} d / sum_{known in c} d by class; only classes with unknown cases look for a neighbour."""
    everyone = weight > 0
    unknown = (status == "unknown") & everyone
    looking = np.bincount(code, unknown, size) > 0
    return joined_factor(code, weight, (everyone, everyone & ~unknown), rule, looking)


def response_factor(code: IntArray, weight: FloatArray, status: np.ndarray, size: int, rule: JoinRule) -> ClassFactor:
    """a2_c = sum_{R+NR in c} w / sum_{R in c} w by class. weight: d a1, shape (n,)."""
    carried = weight > 0
    respondent = (status == "respondent") & carried
    return class_factor(code, weight, (respondent | ((status == "nonrespondent") & carried), respondent), size, rule)


def by_status(status: np.ndarray, others: FloatArray | float = 0.0, **factors: FloatArray | float) -> FloatArray:
    """The factor of every case by its status; a status not named gets `others`."""
    found = np.broadcast_to(np.asarray(others, dtype=np.float64), status.shape).copy()
    for name, factor in factors.items():
        here = status == name
        found[here] = np.broadcast_to(np.asarray(factor, dtype=np.float64), status.shape)[here]
    return found


def follow_up_factor(phase: pd.Series, code: IntArray, status: np.ndarray, labels: Sequence[str]) -> FloatArray:
    """d2/d of a follow-up subsample: (nonrespondents in c)/(drawn in c) for drawn cases, 0 for those not drawn.

    phase: settled (answered or out of scope before the follow-up; keeps its weight), drawn, not_drawn; code: class of
    every case, shape (n,), labels: names of the classes. Raises WeightError `weights.follow_up` for another word,
    `weights.follow_up_answer` when a case that was not drawn answered, `weights.follow_up_empty` for a class with
    nonrespondents and nobody drawn.
    """
    words = phase.to_numpy(dtype=object)
    known = np.isin(words, FOLLOW_UP)
    if not known.all():
        raise WeightError("weights.follow_up", got=int((~known).sum()), expected=" | ".join(FOLLOW_UP))
    outside = (words == NOT_DRAWN) & (status == "respondent")
    if outside.any():
        raise WeightError("weights.follow_up_answer", got=int(outside.sum()), expected=0)
    drawn = np.bincount(code, words == DRAWN, len(labels))
    asked = drawn + np.bincount(code, words == NOT_DRAWN, len(labels))
    nobody = (asked > 0) & (drawn == 0)
    if nobody.any():
        names = ", ".join(labels[int(one)] for one in np.flatnonzero(nobody))
        raise WeightError("weights.follow_up_empty", where=names, got=0, expected=">= 1")
    ratio = np.divide(asked, drawn, out=np.ones(len(labels)), where=drawn > 0)
    return np.where(words == SETTLED, 1.0, np.where(words == DRAWN, ratio[code], 0.0))
