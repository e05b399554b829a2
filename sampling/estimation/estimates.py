"""Tables of shares, means, totals and ratios by domain (docs/methods.md, section 5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.estimation.combinations import (
    Combinations,
    degrees_of_freedom,
    df_of,
    is_conservative,
    is_open,
    linear_combinations,
    variances,
)
from sampling.estimation.table import REASONS, estimates_table
from sampling.intervals import (
    SHARE_INTERVALS,
    ShareInterval,
    clopper_pearson,
    logit_interval,
    share_interval,
    t_interval,
)
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.sums import Totals

Statistic = Literal["mean", "total", "ratio"]
DfRule = Literal["domain", "design", "inf"]
DeffRule = Literal["wor", "wr"]
_USUAL_FROM = 30


@dataclass(frozen=True)
class Precision:
    """How errors are shown: confidence; `interval` of shares; df by domain, of the whole design, or infinite; deff
    against simple random sampling without (`wor`) or with replacement (`wr`).

    Raises DesignError `estimation.interval`, `estimation.option`.
    """

    confidence: float = 0.95
    interval: ShareInterval = "wilson"
    df: DfRule = "domain"
    deff: DeffRule = "wor"

    def __post_init__(self) -> None:
        if self.interval not in SHARE_INTERVALS:
            raise DesignError("estimation.interval", got=self.interval, expected=" | ".join(SHARE_INTERVALS))
        if not 0 < self.confidence < 1:
            raise DesignError("estimation.option", where="confidence", got=self.confidence, expected="0 < x < 1")
        if self.df not in ("domain", "design", "inf"):
            raise DesignError("estimation.option", where="df", got=self.df, expected="domain | design | inf")
        if self.deff not in ("wor", "wr"):
            raise DesignError("estimation.option", where="deff", got=self.deff, expected="wor | wr")


def _as_precision(precision: Precision | float) -> Precision:
    return precision if isinstance(precision, Precision) else Precision(confidence=precision)


def share_table(sums: Totals, precision: Precision | float = 0.95) -> pd.DataFrame:
    """Estimates table of all 0/1 variables of `sums`: shares; unanimous cells as METHODS 5 says.

    precision: a Precision, or the confidence alone.
    """
    rule = _as_precision(precision)
    result = linear_combinations(sums, np.eye(len(sums.variables)))
    deff = design_effect(sums, result, rule.deff)
    p, v, n = result.value, result.variance, sums.n.astype(np.float64)
    df, sampled = _df(sums, rule.df)[:, None] * np.ones_like(p), is_open(sums)[:, None]
    unanimous = ((p == 0) | (p == 1)) & sampled
    # All answers alike say nothing of their own variance: the design effect of the other domains stands in, and one
    # below 1 is never granted, since it would make the interval shorter than that of simple random sampling.
    usual = np.array([_usual_deff(deff[:, j], sums.n[:, j]) for j in range(deff.shape[1])])
    n_e = np.divide(p * (1 - p), v, out=np.full_like(p, np.nan), where=v > 0)
    n_e = np.where(unanimous, n / np.maximum(1, usual), n_e)
    low, high = share_interval(rule.interval, p, v, (n, df), rule.confidence)
    flat = (v == 0) & ~unanimous  # a census: what was counted has no error
    low, high = np.where(flat, p, low), np.where(flat, p, high)
    low[unanimous], high[unanimous] = clopper_pearson(p[unanimous], n_e[unanimous], rule.confidence)
    reason = _reasons(sums, result, df)
    reason[unanimous & ~np.isnan(p)] = REASONS.index("unanimous")
    return _table(sums, "share", (p, v, low, high), (n_e, deff, df, reason))


def mean_table(sums: Totals, precision: Precision | float = 0.95) -> pd.DataFrame:
    """Estimates table of the means of all variables of `sums`, interval `t`."""
    rule = _as_precision(precision)
    result = linear_combinations(sums, np.eye(len(sums.variables)))
    deff = design_effect(sums, result, rule.deff)
    return _open_table(sums, result, ("mean", rule), deff)


def total_table(sums: Totals, precision: Precision | float = 0.95) -> pd.DataFrame:
    """Estimates table of the totals sum w y of all variables of `sums`: z = y 1_D, interval `t`."""
    value, width = sums.domain_wy, len(sums.variables)
    variance = variances(sums, width, lambda y, a, domain: y)
    result = Combinations(value, variance, sums.n, degrees_of_freedom(sums), np.zeros(value.shape, dtype=bool))
    return _open_table(sums, result, ("total", _as_precision(precision)), np.full(value.shape, np.nan))


def ratio_table(sums: Totals, precision: Precision | float = 0.95) -> pd.DataFrame:
    """Estimates table of ratios: `sums` of numerators, then of as many denominators observed in the same rows.

    R = sum w y / sum w x, z = 1_D (y - R x) / sum w x. An empty or zero denominator: reason `no_answer`.
    """
    half = len(sums.variables) // 2
    top, base = sums.domain_wy[:, :half], sums.domain_wy[:, half:]
    is_defined = (base != 0) & (sums.n[:, :half] > 0)
    value = np.divide(top, base, out=np.full_like(top, np.nan), where=is_defined)
    ratio, weight = np.where(is_defined, value, 0.0), np.divide(1.0, base, out=np.zeros_like(base), where=is_defined)

    def linear(y: FloatArray, a: FloatArray, domain: IntArray) -> FloatArray:
        return (y[:, :half] - y[:, half:] * ratio[domain]) * weight[domain]

    variance = np.where(is_defined, variances(sums, half, linear), np.nan)
    ratio_sums = replace(sums, variables=sums.variables[:half], n=sums.n[:, :half])
    result = Combinations(value, variance, ratio_sums.n, degrees_of_freedom(sums), ~is_defined)
    return _open_table(ratio_sums, result, ("ratio", _as_precision(precision)), np.full(value.shape, np.nan))


def combination_table(
    sums: Totals,
    names: tuple[str, ...],
    result: Combinations,
    confidence: float,
    bounds: tuple[float, float] | None,
) -> pd.DataFrame:
    """Estimates table of combinations of the variables of `sums`: interval `t`, or logit between the bounds."""
    rule = Precision(confidence)
    df = result.df[:, None] * np.ones_like(result.value)
    low, high = t_interval(result.value, np.sqrt(result.variance), df, rule.confidence)
    if bounds is not None:
        low, high = index_interval(result, rule.confidence, bounds)
    empty, reason = np.full_like(result.value, np.nan), _reasons(sums, result, df)
    combined = replace(sums, variables=names, n=result.n)
    return _table(combined, "combination", (result.value, result.variance, low, high), (empty, empty, df, reason))


def _df(sums: Totals, rule: DfRule) -> FloatArray:
    if rule == "domain":
        return degrees_of_freedom(sums)
    if rule == "inf":
        return np.full(len(sums.domains), np.inf)
    units = np.arange(len(sums.stages[-1].parent))
    return np.repeat(df_of(sums, np.zeros_like(units), units, 1), len(sums.domains))


def _reasons(sums: Totals, result: Combinations, df: FloatArray) -> IntArray:
    """Positions in REASONS, the weightiest of what applies."""
    sampled = is_open(sums)[:, None]
    cases = {
        "no_answer": np.isnan(result.value),
        "lonely": np.isnan(result.variance),
        "no_df": (df < 1) & sampled,
        "conservative": is_conservative(sums)[:, None] & np.ones(df.shape, dtype=bool),
    }
    return np.select(list(cases.values()), [REASONS.index(name) for name in cases], default=0).astype(np.int64)


def _open_table(
    sums: Totals, result: Combinations, kind: tuple[Statistic, Precision], deff: FloatArray
) -> pd.DataFrame:
    statistic, rule = kind
    df = _df(sums, rule.df)[:, None] * np.ones_like(result.value)
    low, high = t_interval(result.value, np.sqrt(result.variance), df, rule.confidence)
    n_e = np.divide(sums.n, deff, out=np.full_like(deff, np.nan), where=deff > 0)
    extra = (n_e, deff, df, _reasons(sums, result, df))
    return _table(sums, statistic, (result.value, result.variance, low, high), extra)


def design_effect(sums: Totals, result: Combinations, rule: DeffRule = "wor") -> FloatArray:
    """deff of every single variable, shape (D, v).

    `wor`: V / [S2 (1/n - 1/N)], `wr`: V / (S2 / n), with S2 = n/(n-1) sum w (y - ybar)^2 / sum w and N = sum w over
    observed rows of the domain.
    """
    n = sums.n.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums.domain_wy / sums.domain_wa
        s2 = n / (n - 1) * (sums.domain_wyy / sums.domain_wa - mean * mean)
        return np.asarray(result.variance / (s2 * (1 / n - (1 / sums.domain_wa if rule == "wor" else 0.0))))


def _usual_deff(deff: FloatArray, n: IntArray) -> float:
    """Median deff of a variable over domains with n >= 30; 1 where there is none."""
    usable = deff[(n >= _USUAL_FROM) & np.isfinite(deff)]
    return float(np.median(usable)) if len(usable) else 1.0


def index_interval(
    result: Combinations, confidence: float = 0.95, bounds: tuple[float, float] = (0.0, 1.0)
) -> tuple[FloatArray, FloatArray]:
    """Interval of combinations with known ends, (D, K) each: logit of (est - lo)/(hi - lo), delta method, t quantile.

    bounds: lo, hi. A value at an end has an empty interval.
    """
    df = result.df[:, None] * np.ones_like(result.value)
    return logit_interval(result.value, np.sqrt(result.variance), df, (confidence, *bounds))


def _table(
    sums: Totals,
    statistic: str,
    numbers: tuple[FloatArray, FloatArray, FloatArray, FloatArray],
    extra: tuple[FloatArray, FloatArray, FloatArray, IntArray],
) -> pd.DataFrame:
    """Estimates; where df < 1 the interval is empty, and so is an error of 0 that only says nothing could be seen."""
    value, variance, low, high = numbers
    n_e, deff, df, reason = extra
    no_df = reason == REASONS.index("no_df")
    empty: BoolArray = (reason == REASONS.index("unanimous")) | (no_df & (variance == 0))
    return estimates_table(
        (sums.domains, sums.variables),
        statistic,
        {
            "estimate": value,
            "std_error": np.where(empty, np.nan, np.sqrt(variance)),
            "df": df,
            "ci_low": np.where(no_df, np.nan, low),
            "ci_high": np.where(no_df, np.nan, high),
            "n": sums.n,
            "effective_n": n_e,
            "deff": deff,
            "reason": reason,
        },
    )
