"""Weights, one factor a step; the final weight is their product (docs/methods.md, section 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from sampling.design import CalibrationStep
from sampling.disposition import check_status
from sampling.errors import WeightError
from sampling.numbers import FloatArray, IntArray

_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class NonresponseAdjustment:
    """Factors of issued cases, shape (n,), the class each used after joining, and the joins made, in order."""

    eligibility_factor: FloatArray
    nonresponse_factor: FloatArray
    response_class: pd.Series
    joined: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Raked:
    """Calibration factor per respondent, shape (n,), the recorded step, iterations, and margins before and after."""

    factor: FloatArray
    step: CalibrationStep
    iterations: int
    margins: pd.DataFrame


def adjust_nonresponse(
    cases: pd.DataFrame,
    classes: Sequence[str],
    *,
    class_column: str = "response_class",
    min_respondents: int = 20,
    max_factor: float = 3.0,
) -> NonresponseAdjustment:
    """Factors for unknown eligibility and nonresponse inside response classes.

    a1_c = sum_{issued in c} d / sum_{known in c} d (unknown get 0); a2_c = sum_{R+NR in c} d a1 / sum_{R in c} d a1
    (nonrespondents 0, ineligibles keep d a1). cases: design_weight, case_status and `class_column` of every issued
    case. classes: all classes in the declared order; one with fewer than `min_respondents` respondents or
    a2 > `max_factor` joins the next in that order (the last joins the one before), and the join is reported.
    Raises WeightError `disposition.status`, `weights.class`, `weights.no_respondents`.
    """
    status = check_status(cases["case_status"]).to_numpy()
    order = {name: position for position, name in enumerate(classes)}
    known_class = cases[class_column].isin(order)
    if not known_class.all():
        raise WeightError("weights.class", got=str(cases.loc[~known_class, class_column].iloc[0]), expected="declared")
    code: IntArray = np.asarray(cases[class_column].map(order), dtype=np.int64)
    weight = cases["design_weight"].to_numpy(dtype=np.float64)
    target, joined = _join_classes(code, weight, status, (min_respondents, max_factor, len(classes)))
    code = np.asarray(target[code], dtype=np.int64)
    sums = _class_sums(code, weight, status, len(classes))
    known = status != "unknown"
    a1 = np.where(known, (sums["all"] / np.where(sums["known"] > 0, sums["known"], 1))[code], 0.0)
    a2 = (sums["eligible"] / np.where(sums["respondent"] > 0, sums["respondent"], 1))[code]
    factor = np.where(status == "respondent", a2, np.where(status == "ineligible", 1.0, 0.0))
    names = pd.Series(np.asarray(classes, dtype=object)[code], index=cases.index, dtype="str")
    return NonresponseAdjustment(a1, factor, names, tuple((classes[a], classes[b]) for a, b in joined))


def _class_sums(code: IntArray, weight: FloatArray, status: np.ndarray, size: int) -> dict[str, FloatArray]:
    masks = {
        "all": np.ones(len(code)),
        "known": status != "unknown",
        "eligible": np.isin(status, ("respondent", "nonrespondent")),
        "respondent": status == "respondent",
    }
    return {name: np.bincount(code, weight * mask, size).astype(np.float64) for name, mask in masks.items()}


def _join_classes(
    code: IntArray, weight: FloatArray, status: np.ndarray, rule: tuple[int, float, int]
) -> tuple[IntArray, list[tuple[int, int]]]:
    """Where each class ends up. Small tables only: sums per class are added, rows are not touched again."""
    min_respondents, max_factor, size = rule
    sums = _class_sums(code, weight, status, size)
    count = np.bincount(code, status == "respondent", size)
    eligible, respondent = sums["eligible"].copy(), sums["respondent"].copy()
    target = np.arange(size, dtype=np.int64)
    alive = [int(one) for one in np.flatnonzero(np.bincount(code, minlength=size))]
    joined: list[tuple[int, int]] = []
    while True:
        small = [
            one
            for one in alive
            if count[one] < min_respondents or eligible[one] > max_factor * max(respondent[one], 1e-300)
        ]
        if not small:
            return target, joined
        if len(alive) == 1:
            if count[alive[0]] == 0:
                raise WeightError("weights.no_respondents", got=0, expected=">= 1")
            return target, joined
        source = small[0]
        place = alive.index(source)
        into = alive[place + 1] if place + 1 < len(alive) else alive[place - 1]
        for sums_of in (count, eligible, respondent):
            sums_of[into] += sums_of[source]
        target[target == source] = into
        alive.remove(source)
        joined.append((source, into))


def indicator_matrix(
    data: pd.DataFrame, margins: Mapping[str, Sequence[str]]
) -> tuple[sparse.csr_matrix, list[tuple[str, str]]]:
    """x of categorical margins: shape (n, p), one 1 per margin and row; and the (margin, category) of every column.

    Raises WeightError `weights.margin_category` when a row has a category without a total (missing included).
    """
    columns: list[tuple[str, str]] = []
    blocks = []
    for name, categories in margins.items():
        codes = pd.Index(categories).get_indexer(pd.Index(data[name]))
        if (codes < 0).any():
            raise WeightError(
                "weights.margin_category", where=name, got=int((codes < 0).sum()), expected=", ".join(categories)
            )
        blocks.append(codes + len(columns))
        columns += [(name, str(category)) for category in categories]
    rows = np.tile(np.arange(len(data)), len(blocks))
    ones = np.ones(len(rows))
    return sparse.csr_matrix((ones, (rows, np.concatenate(blocks))), shape=(len(data), len(columns))), columns


def rake(
    data: pd.DataFrame, weight: str, control_totals: pd.DataFrame, *, name: str = "raking", max_iterations: int = 500
) -> Raked:
    """Iterative proportional fitting of `weight` to categorical margins (Deming, Stephan 1940).

    data: respondents with `weight` and one column per margin; control_totals: the ControlTotals table. Met when
    |sum w x - T| <= 1e-9 max(|T|, sum w |x|) for every category. One margin: post-stratification.
    Raises WeightError `weights.margins_disagree` (margins with different sums), `weights.empty_cell` (a total > 0
    nobody answers for), `weights.margin_category`, `weights.not_converged` naming the margins that are not met.
    """
    before = data[weight].to_numpy(dtype=np.float64)
    margins = {str(m): list(rows["category"]) for m, rows in control_totals.groupby("margin", sort=True)}
    x, columns = indicator_matrix(data, margins)
    goal = control_totals.set_index(["margin", "category"])["total"].reindex(columns).to_numpy(dtype=np.float64)
    owner = np.array([list(margins).index(margin) for margin, _ in columns])
    _check_margins(x, before, goal, columns, owner)
    start = np.asarray(x.T @ before)
    codes = x.indices.reshape(len(data), len(margins)) if len(data) else np.empty((0, len(margins)), dtype=np.int64)
    codes = np.sort(codes, axis=1)
    now, iterations, met = before.copy(), 0, False
    while not met and iterations < max_iterations:
        for position in range(len(margins)):
            sums = np.bincount(codes[:, position], now, len(columns))
            now = now * np.divide(goal, sums, out=np.ones_like(goal), where=sums > 0)[codes[:, position]]
        iterations += 1
        reached = np.asarray(x.T @ now)
        met = bool((np.abs(reached - goal) <= _TOLERANCE * np.maximum(np.abs(goal), reached)).all())
    table = pd.DataFrame(columns, columns=["margin", "category"]).assign(target=goal, before=start, after=reached)
    if not met:
        gap = table[np.abs(reached - goal) > _TOLERANCE * np.maximum(np.abs(goal), reached)]
        wrong = ", ".join(sorted(gap["margin"].unique()))
        raise WeightError("weights.not_converged", where=wrong, got=iterations, expected="margins met")
    return Raked(now / before, CalibrationStep(name, x, before), iterations, table)


def poststratify(data: pd.DataFrame, weight: str, control_totals: pd.DataFrame) -> Raked:
    """Weights to the totals of one margin: w_k = d_k N_c / sum_{c} d. Arguments, result and errors as `rake`.

    Raises WeightError `weights.one_margin` when the totals name more than one margin.
    """
    margins = control_totals["margin"].unique()
    if len(margins) != 1:
        raise WeightError("weights.one_margin", got=len(margins), expected=1)
    return rake(data, weight, control_totals, name="poststratification")


def _check_margins(
    x: sparse.csr_matrix, before: FloatArray, goal: FloatArray, columns: list[tuple[str, str]], owner: IntArray
) -> None:
    if not np.isfinite(goal).all() or (goal < 0).any():
        raise WeightError("weights.bad_total", got=int((~(goal >= 0)).sum()), expected="totals >= 0")
    sums = np.bincount(owner, goal)
    if np.ptp(sums) > _TOLERANCE * sums.max():
        raise WeightError("weights.margins_disagree", got=", ".join(f"{one:g}" for one in sums), expected="equal sums")
    empty = (np.asarray(x.T @ before) == 0) & (goal > 0)
    if empty.any():
        names = ", ".join(f"{columns[one][0]} = {columns[one][1]}" for one in np.flatnonzero(empty))
        raise WeightError("weights.empty_cell", where=names, got=0, expected=">= 1 respondent")


def weight_summary(weights: FloatArray) -> dict[str, float]:
    """n, sum, min, quartiles, max, max/min, CV, Kish's 1 + CV^2 and n / (1 + CV^2) of positive weights, shape (n,)."""
    mean = float(weights.mean())
    kish = 1 + float(weights.var()) / (mean * mean)
    quartiles = np.quantile(weights, [0.25, 0.5, 0.75])
    return {
        "n": float(len(weights)),
        "sum": float(weights.sum()),
        "min": float(weights.min()),
        "q25": float(quartiles[0]),
        "median": float(quartiles[1]),
        "q75": float(quartiles[2]),
        "max": float(weights.max()),
        "max_over_min": float(weights.max() / weights.min()),
        "cv": float(np.sqrt(kish - 1)),
        "kish_deff": kish,
        "kish_n": len(weights) / kish,
    }
