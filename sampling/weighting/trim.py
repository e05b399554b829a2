"""Caps on weights: evaluated once before calibration, kept by the calibrations that follow."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.numbers import BoolArray, FloatArray, IntArray

CapRule = Literal["absolute", "times_median", "times_mean", "quantile"]


def caps(weight: FloatArray, rule: CapRule, value: float, group: pd.Series | None = None) -> FloatArray:
    """Greatest weight allowed to every row, shape (n,): one number, or one of each group.

    absolute: value; times_median, times_mean: value times that of the weights; quantile: their quantile `value` (0..1,
    the least weight with a share >= value at or below it). Raises WeightError `weights.cap`, `weights.missing`.
    """
    if not (np.isfinite(value) and value > 0) or (rule == "quantile" and value > 1):
        raise WeightError("weights.cap", where=rule, got=value, expected="> 0")
    if group is not None and group.isna().any():
        raise WeightError("weights.missing", where=str(group.name), got=int(group.isna().sum()), expected=0)
    if rule == "absolute":
        return np.full(len(weight), float(value))
    group_of = pd.Series(np.zeros(len(weight))) if group is None else group.reset_index(drop=True)
    groups = pd.Series(weight).groupby(group_of)
    if rule == "quantile":
        return groups.transform(lambda weights: np.quantile(weights, value, method="inverted_cdf")).to_numpy(
            dtype=np.float64
        )
    return value * groups.transform("median" if rule == "times_median" else "mean").to_numpy(dtype=np.float64)


def redistribute(weight: FloatArray, cell: IntArray, goal: FloatArray, cap: FloatArray) -> FloatArray:
    """Weights min(cap, c_cell d) with the sum of every cell equal to its goal: what the cap takes from one row goes to
    the others of its cell in proportion. Shapes (n,), (n,), (C,), (n,). A goal above the sum of caps leaves every row
    of the cell at its cap: the caller sees the margin missed."""
    capped: BoolArray = np.zeros(len(weight), dtype=bool)
    while True:
        held = np.bincount(cell, np.where(capped, cap, 0.0), len(goal))
        free = np.bincount(cell, np.where(capped, 0.0, weight), len(goal))
        scale = np.divide(goal - held, free, out=np.zeros(len(goal)), where=free > 0)
        now = np.where(capped, cap, weight * scale[cell])
        over = ~capped & (now > cap)
        if not over.any():
            return now
        capped |= over
