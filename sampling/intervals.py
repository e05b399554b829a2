"""Confidence intervals by name (docs/methods.md, section 5; Korn, Graubard 1998; Brown, Cai, DasGupta 2001)."""

from __future__ import annotations

import numpy as np
from scipy.stats import beta, t

from sampling.numbers import FloatArray

Interval = tuple[FloatArray, FloatArray]


def _quantile(df: FloatArray, confidence: float) -> FloatArray:
    return np.asarray(t.ppf((1 + confidence) / 2, np.where(df >= 1, df, np.nan)))


def t_interval(value: FloatArray, std_error: FloatArray, df: FloatArray, confidence: float) -> Interval:
    """value +- t se; NaN where df < 1, but the value itself where se is 0 (census). Any common shape."""
    half = np.where(std_error == 0, 0.0, _quantile(df, confidence) * std_error)
    return value - half, value + half


def wilson_interval(p: FloatArray, n_e: FloatArray, df: FloatArray, confidence: float) -> Interval:
    """Wilson score interval with effective size n_e = p(1-p)/v and the t quantile (as R survey 4.5); shares."""
    q = _quantile(df, confidence)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = (p + q * q / (2 * n_e)) / (1 + q * q / n_e)
        half = q / (1 + q * q / n_e) * np.sqrt(p * (1 - p) / n_e + q * q / (4 * n_e * n_e))
    return centre - half, centre + half


def clopper_pearson(p: FloatArray, n_e: FloatArray, confidence: float) -> Interval:
    """Exact interval of x = p n_e of n_e; 0 and 1 where all answers are on one side. Shares."""
    tail = (1 - confidence) / 2
    with np.errstate(invalid="ignore"):
        x = p * n_e
        low = np.where(x <= 0, 0.0, beta.ppf(tail, x, n_e - x + 1))
        high = np.where(x >= n_e, 1.0, beta.ppf(1 - tail, x + 1, n_e - x))
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
        half = np.where(std_error == 0, 0.0, _quantile(df, confidence)) * std_error / ((hi - lo) * share * (1 - share))
        low, high = 1 / (1 + np.exp(-(centre - half))), 1 / (1 + np.exp(-(centre + half)))
    inside = (share > 0) & (share < 1)
    low, high = np.where(inside, low, np.nan), np.where(inside, high, np.nan)
    return lo + (hi - lo) * low, lo + (hi - lo) * high
