"""Confidence intervals by name (docs/methods.md, section 5; Korn, Graubard 1998; Brown, Cai, DasGupta 2001)."""

from __future__ import annotations

from typing import Literal

import numpy as np
from scipy.special import betaincinv, stdtrit

from errors import DesignError
from sampling.numbers import FloatArray

Interval = tuple[FloatArray, FloatArray]
ShareInterval = Literal["wilson", "logit", "t", "wilson_kg", "beta", "korn_graubard"]
SHARE_INTERVALS: tuple[ShareInterval, ...] = ("wilson", "logit", "t", "wilson_kg", "beta", "korn_graubard")


def quantile(df: FloatArray, confidence: float) -> FloatArray:
    """t quantile at (1 + confidence)/2, any shape; NaN where df < 1. Each value of df is worked out once."""
    values, place = np.unique(df, return_inverse=True)
    return np.asarray(stdtrit(np.where(values >= 1, values, np.nan), (1 + confidence) / 2))[place].reshape(np.shape(df))


def t_interval(value: FloatArray, std_error: FloatArray, df: FloatArray, confidence: float) -> Interval:
    """value +- t se; NaN where df < 1, but the value itself where se is 0 (census). Any common shape."""
    half = np.where(std_error == 0, 0.0, quantile(df, confidence) * std_error)
    return value - half, value + half


def wilson_interval(p: FloatArray, n_e: FloatArray, q: FloatArray) -> Interval:
    """Wilson score interval of shares with effective size n_e and quantile q."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = q * q / n_e
        centre = (p + ratio / 2) / (1 + ratio)
        half = np.sqrt(ratio * p * (1 - p) + ratio * ratio / 4) / (1 + ratio)
    return centre - half, centre + half


def clopper_pearson(p: FloatArray, n_e: FloatArray, confidence: float) -> Interval:
    """Exact interval of x = p n_e of n_e; 0 and 1 where all answers are on one side. Shares."""
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        x = p * n_e
        low = np.where(x <= 0, 0.0, betaincinv(x, n_e - x + 1, tail))
        high = np.where(x >= n_e, 1.0, betaincinv(x + 1, n_e - x, 1 - tail))
    return low, high


def logit_interval(
    value: FloatArray, std_error: FloatArray, df: FloatArray, rule: tuple[float, float, float]
) -> Interval:
    """expit(logit s +- t se / ((hi - lo) s (1 - s))) with s = (value - lo)/(hi - lo), back on lo..hi.

    rule: confidence, lo, hi. A value at an end has an empty interval; se = 0 inside gives the value itself.
    """
    confidence, lo, hi = rule
    share = (value - lo) / (hi - lo)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(share / (1 - share))
        half = np.where(std_error == 0, 0.0, quantile(df, confidence)) * std_error / ((hi - lo) * share * (1 - share))
        low, high = 1 / (1 + np.exp(-(centre - half))), 1 / (1 + np.exp(-(centre + half)))
    inside = (share > 0) & (share < 1)
    low, high = np.where(inside, low, np.nan), np.where(inside, high, np.nan)
    return lo + (hi - lo) * low, lo + (hi - lo) * high


def korn_graubard_size(n_e: FloatArray, n: FloatArray, df: FloatArray, confidence: float) -> FloatArray:
    """n_e (t_{n-1} / t_df)^2: the effective size of Korn, Graubard (1998), not capped at n."""
    with np.errstate(invalid="ignore"):
        return np.asarray(n_e * (quantile(n - 1, confidence) / quantile(df, confidence)) ** 2)


def share_interval(
    name: ShareInterval, p: FloatArray, variance: FloatArray, sizes: tuple[FloatArray, FloatArray], confidence: float
) -> Interval:
    """Interval of shares 0 < p < 1 by name, n_e = p(1 - p)/V. sizes: n and df, all of one shape.

    `wilson`: n_e and the t quantile (R survey 4.5); `logit`: delta method (R "xlogit"); `t`: p +- t se; `beta`:
    Clopper-Pearson at n_e (t_{n-1}/t_df)^2 (R "beta"); `wilson_kg`: Wilson at that size with the normal quantile;
    `korn_graubard`: as beta, the size capped at n. Raises DesignError `estimation.interval`.
    """
    n, df = sizes
    if name == "t":
        return t_interval(p, np.sqrt(variance), df, confidence)
    if name == "logit":
        return logit_interval(p, np.sqrt(variance), df, (confidence, 0.0, 1.0))
    n_e = np.divide(p * (1 - p), variance, out=np.full_like(p, np.nan), where=variance > 0)
    if name == "wilson":
        return wilson_interval(p, n_e, quantile(df, confidence))
    size = korn_graubard_size(n_e, n, df, confidence)
    if name == "wilson_kg":
        return wilson_interval(p, size, quantile(np.full_like(p, np.inf), confidence))
    if name in ("beta", "korn_graubard"):
        return clopper_pearson(p, size if name == "beta" else np.minimum(size, n), confidence)
    raise DesignError("estimation.interval", got=name, expected=" | ".join(SHARE_INTERVALS))
