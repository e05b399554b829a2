"""Unknown eligibility, nonresponse in classes, and the follow-up subsample of nonrespondents (docs/methods.md, 4)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.numbers import FloatArray, IntArray
from sampling.weighting.classes import ClassFactor, JoinRule, class_factor, joined_factor

SETTLED, DRAWN, NOT_DRAWN = FOLLOW_UP = ("settled", "drawn", "not_drawn")


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
    result = np.broadcast_to(np.asarray(others, dtype=np.float64), status.shape).copy()
    for name, factor in factors.items():
        here = status == name
        result[here] = np.broadcast_to(np.asarray(factor, dtype=np.float64), status.shape)[here]
    return result


def follow_up_factor(phase: pd.Series, code: IntArray, status: np.ndarray, labels: Sequence[str]) -> FloatArray:
    """d2/d of a follow-up subsample: (nonrespondents in c)/(drawn in c) for drawn cases, 0 for those not drawn.

    phase: settled (answered or out of scope before the follow-up; keeps its weight), drawn, not_drawn; code: class of
    every case, shape (n,), labels: names of the classes. Raises WeightError `weights.follow_up` for another word,
    `weights.follow_up_answer` when a case that was not drawn answered, `weights.follow_up_empty` for a class with
    nonrespondents and nobody drawn.
    """
    words = phase.to_numpy(dtype=object)
    is_listed = np.isin(words, FOLLOW_UP)
    if not is_listed.all():
        raise WeightError("weights.follow_up", got=int((~is_listed).sum()), expected=" | ".join(FOLLOW_UP))
    outside = (words == NOT_DRAWN) & (status == "respondent")
    if outside.any():
        raise WeightError("weights.follow_up_answer", got=int(outside.sum()), expected=0)
    drawn = np.bincount(code, words == DRAWN, len(labels))
    asked = drawn + np.bincount(code, words == NOT_DRAWN, len(labels))
    nobody = (asked > 0) & (drawn == 0)
    if nobody.any():
        names = ", ".join(labels[int(place)] for place in np.flatnonzero(nobody))
        raise WeightError("weights.follow_up_empty", where=names, got=0, expected=">= 1")
    ratio = np.divide(asked, drawn, out=np.ones(len(labels)), where=drawn > 0)
    return np.where(words == SETTLED, 1.0, np.where(words == DRAWN, ratio[code], 0.0))
