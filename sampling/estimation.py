"""Estimates with linearised standard errors from Totals (docs/methods.md, section 5; Sarndal et al. 1992, chapter 5).

Every estimate here is a linear combination of ratios R_j = sum w y_j / sum w a_j inside a domain, so one routine makes
shares, means, factors, contents and overall values, each with its variance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from sampling.design import Design
from sampling.errors import DesignError
from sampling.intervals import clopper_pearson, logit_interval, t_interval, wilson_interval
from sampling.linear import product
from sampling.numbers import FloatArray, IntArray
from sampling.tables import ESTIMATES
from sampling.totals import CalibrationSums, Totals, totals

Statistic = Literal["share", "mean", "total"]


@dataclass(frozen=True, eq=False)
class Combinations:
    """Combinations of ratios by domain: value, variance, (D, K); n: (D, K) smallest item count; df: (D,).

    incomplete: (D, K), an item of the combination has no answer in the domain, the others carry its coefficient.
    """

    value: FloatArray
    variance: FloatArray
    n: IntArray
    df: FloatArray
    incomplete: np.ndarray


def combine(sums: Totals, coefficients: FloatArray) -> Combinations:
    """value = C @ R for every domain, with the linearised variance.

    coefficients: C, shape (K, v). z_k = sum_j c_j 1_D a_j (y_j - R_j) / sum w a_j; V over PSU totals of w z within
    strata, (1 - f_h) n_h/(n_h - 1) sum (t - tbar)^2, residualised for every calibration step.
    An item nobody answered in the domain leaves the combination, the rest is scaled up; no item: NaN.
    Raises DesignError `estimation.lonely` when a stratum has one responding PSU and the design says `fail`.
    """
    wy, wa = sums.domain_sums()
    answered = wa > 0
    ratio = np.divide(wy, wa, out=np.zeros_like(wy), where=answered)
    variance = np.empty((len(sums.domains), len(coefficients)))
    value, incomplete = np.empty_like(variance), np.zeros(variance.shape, dtype=bool)
    count = np.empty(variance.shape, dtype=np.int64)
    form = _QuadraticForm(sums)
    first = np.searchsorted(sums.pair_domain, np.arange(len(sums.domains) + 1))
    for domain in range(len(sums.domains)):
        used, short = _renormalised(coefficients, answered[domain])
        rows = slice(first[domain], first[domain + 1])
        scaled = np.divide(used, wa[domain], out=np.zeros_like(used), where=answered[domain])
        value[domain] = product(used, ratio[domain])
        psu_totals = product(scaled, (sums.wy[rows] - sums.wa[rows] * ratio[domain]).T).T
        variance[domain] = form.variance(domain, sums.pair_psu[rows], psu_totals, (ratio[domain], scaled))
        incomplete[domain] = short
        count[domain] = _smallest(sums.n[domain], used)
    value[np.isnan(variance)] = np.nan
    return Combinations(value, variance, count, degrees_of_freedom(sums), incomplete)


def degrees_of_freedom(sums: Totals) -> FloatArray:
    """df of every domain, (D,): PSUs with an answer in the domain minus their strata, over strata with f_h < 1."""
    open_stratum = sums.sampling_fraction < 1
    stratum = sums.psu_stratum[sums.pair_psu]
    keep = open_stratum[stratum] & (sums.wa > 0).any(axis=1)
    n_psu = np.bincount(sums.pair_domain[keep], minlength=len(sums.domains))
    pairs = np.unique(sums.pair_domain[keep] * len(open_stratum) + stratum[keep])
    n_strata = np.bincount(pairs // len(open_stratum), minlength=len(sums.domains))
    return (n_psu - n_strata).astype(np.float64)


def _renormalised(coefficients: FloatArray, answered: np.ndarray) -> tuple[FloatArray, np.ndarray]:
    whole = coefficients.sum(axis=1)
    used = np.where(answered, coefficients, 0.0)
    rest = used.sum(axis=1)
    short = (coefficients != 0) @ ~answered
    scale = np.divide(whole, rest, out=np.full_like(rest, np.nan), where=np.abs(rest) > 0)
    return used * np.where(short, scale, 1.0)[:, None], short


def _smallest(n: IntArray, used: FloatArray) -> IntArray:
    high = np.iinfo(np.int64).max
    least = np.where(used != 0, n, high).min(axis=1)
    return np.where(least == high, 0, least)


class _QuadraticForm:
    """V as a function of PSU totals, with what does not depend on the domain made once."""

    def __init__(self, sums: Totals) -> None:
        self._sums = sums
        fraction, n_psu = sums.sampling_fraction, sums.n_psu
        self._factor = np.where(n_psu > 1, (1 - fraction) * n_psu / np.maximum(n_psu - 1, 1), 0.0)
        lonely = (n_psu == 1) & (fraction < 1)
        if lonely.any() and sums.lonely_psu == "fail":
            raise DesignError("estimation.lonely", got=int(lonely.sum()), expected=0)
        self._lonely = np.flatnonzero(lonely[sums.psu_stratum]) if sums.lonely_psu == "adjust" else np.empty(0, int)
        strata = len(n_psu)
        self._inflate = strata / (strata - lonely.sum()) if sums.lonely_psu == "average" and not lonely.all() else 1.0
        self._x = sums.calibration
        if self._x is not None:
            self._mx = self._centred(self._x.psu_x)
            self._xmx = (self._x.psu_x.T @ self._mx).tocsr()
            self._x_sum = np.asarray(self._x.psu_x.sum(axis=0))

    def variance(self, domain: int, psu: IntArray, t: FloatArray, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
        """V of K combinations. psu: (r,) PSUs with a row of the domain; t: (r, K) their totals of w z."""
        value = self._within(psu, t)
        gamma = None
        if self._x is not None:
            gamma = _gamma(self._x, domain, parts)
            value = value - 2 * (product(self._mx[psu].T, t) * gamma).sum(axis=0)
            value = value + (product(self._xmx, gamma) * gamma).sum(axis=0)
        value = value * self._inflate
        if len(self._lonely):
            value = value + self._adjusted(psu, t, gamma)
        empty = np.isnan(t).any(axis=0)
        return np.where(empty, np.nan, np.maximum(value, 0.0))

    def _within(self, psu: IntArray, t: FloatArray) -> FloatArray:
        """sum_h factor_h (sum t^2 - (sum t)^2 / n_h); PSUs without a row of the domain count as 0."""
        stratum, position = np.unique(self._sums.psu_stratum[psu], return_inverse=True)
        sums = np.zeros((len(stratum), t.shape[1]))
        squares = np.zeros_like(sums)
        np.add.at(sums, position, t)
        np.add.at(squares, position, t * t)
        n = self._sums.n_psu[stratum][:, None]
        return np.asarray((self._factor[stratum][:, None] * (squares - sums * sums / n)).sum(axis=0))

    def _centred(self, x: sparse.csr_matrix) -> sparse.csr_matrix:
        """M X: rows of x around their stratum means, times the stratum's factor; stays sparse."""
        stratum, n_psu = self._sums.psu_stratum, self._sums.n_psu
        member = sparse.csr_matrix(
            (np.ones(len(stratum)), (stratum, np.arange(len(stratum)))), shape=(len(n_psu), len(stratum))
        )
        means = member.T @ (sparse.diags(1 / n_psu) @ (member @ x))
        return (sparse.diags(self._factor[stratum]) @ (x - means)).tocsr()

    def _adjusted(self, psu: IntArray, t: FloatArray, gamma: FloatArray | None) -> FloatArray:
        """Lonely PSUs around the mean of the PSU totals: (1 - f_h)(t - tbar)^2.

        As R survey 4.5: strata without a row of the domain take no part, unless calibration gives them a residual.
        """
        own = t[np.isin(psu, self._lonely)]
        taking_part = int(self._sums.n_psu[np.unique(self._sums.psu_stratum[psu])].sum())
        lonely, mean = psu[np.isin(psu, self._lonely)], t.sum(axis=0)
        if gamma is not None and self._x is not None:
            lonely, taking_part = self._lonely, len(self._sums.psu_stratum)
            spread = np.zeros((taking_part, t.shape[1]))
            spread[psu] = t
            own = spread[lonely] - product(self._x.psu_x[lonely], gamma)
            mean = mean - product(self._x_sum, gamma)[0]
        rest = 1 - self._sums.sampling_fraction[self._sums.psu_stratum[lonely]]
        return np.asarray((rest[:, None] * (own - mean / taking_part) ** 2).sum(axis=0))


def _gamma(x: CalibrationSums, domain: int, parts: tuple[FloatArray, FloatArray]) -> FloatArray:
    """Coefficients (p, K) so that the residual of every step is z - x'Gamma; the last step first."""
    ratio, scaled = parts
    low, high = np.searchsorted(x.cell_domain, [domain, domain + 1])
    cells = slice(low, high)
    dxz = np.zeros((x.psu_x.shape[1], len(scaled)))
    np.add.at(dxz, x.cell_column[cells], product(scaled, (x.dxy[cells] - x.dxa[cells] * ratio).T).T)
    gamma = np.zeros_like(dxz)
    for place, inverse, cross in reversed(list(zip(x.slices, x.inverses, x.crosses, strict=True))):
        rest = dxz[place] - product(cross, gamma[place.stop :])
        filled = np.flatnonzero(rest.any(axis=1))
        gamma[place] = product(inverse[:, filled], rest[filled])
    return gamma


def estimate(
    design: Design,
    variables: Sequence[str],
    statistic: Statistic = "mean",
    by: str | None = None,
    *,
    confidence: float = 0.95,
) -> pd.DataFrame:
    """Estimates of `variables` for every value of `by` (none: domain "all"), table Estimates.

    share: variables are 0/1 (NaN = not observed), interval `wilson`, a unanimous cell has an empty standard error,
    reason `unanimous`, and a Clopper-Pearson interval; mean: interval `t`; total: sum w y, interval `t`.
    n is observed answers; deff is `wor`. df < 1: empty interval, reason `no_df`.
    Raises what Design, `totals` and `combine` raise, and DesignError `estimation.not_share`, `estimation.statistic`.
    """
    sums = totals(design, variables, by)
    if statistic == "share":
        values = design.data[list(variables)].to_numpy(dtype=np.float64, na_value=np.nan)
        if not np.isin(values[~np.isnan(values)], (0.0, 1.0)).all():
            raise DesignError("estimation.not_share", where=", ".join(variables), expected="0 | 1")
        return share_table(sums, confidence)
    if statistic == "mean":
        return mean_table(sums, confidence)
    if statistic == "total":
        value, variance = _total(sums)
        return _open_table(sums, value, variance, statistic, confidence)
    raise DesignError("estimation.statistic", got=statistic, expected="share | mean | total")


def _total(sums: Totals) -> tuple[FloatArray, FloatArray]:
    """Totals sum w y by domain and their variance: z = y 1_D."""
    form = _QuadraticForm(sums)
    wy, _ = sums.domain_sums()
    ones, no_ratio = np.eye(len(sums.variables)), np.zeros(len(sums.variables))
    first = np.searchsorted(sums.pair_domain, np.arange(len(sums.domains) + 1))
    variance = np.empty_like(wy)
    for domain in range(len(sums.domains)):
        rows = slice(first[domain], first[domain + 1])
        variance[domain] = form.variance(domain, sums.pair_psu[rows], sums.wy[rows], (no_ratio, ones))
    return wy, variance


def share_table(sums: Totals, confidence: float = 0.95) -> pd.DataFrame:
    """Estimates table of all 0/1 variables of `sums`: share, wilson interval, unanimous cells as METHODS 5 says."""
    result = combine(sums, np.eye(len(sums.variables)))
    deff = design_effect(sums, result)
    p, v, n, df = result.value, result.variance, sums.n.astype(np.float64), result.df[:, None]
    open_domain = (df > 0) | (v > 0)
    unanimous = ((p == 0) | (p == 1)) & open_domain
    usual = np.array([_usual_deff(deff[:, j], sums.n[:, j]) for j in range(deff.shape[1])])
    n_e = np.where(
        unanimous, n / np.maximum(1, usual), np.divide(p * (1 - p), v, out=np.full_like(p, np.nan), where=v > 0)
    )
    low, high = wilson_interval(p, n_e, df, confidence)
    exact_low, exact_high = clopper_pearson(p, n_e, confidence)
    low, high = np.where(unanimous, exact_low, low), np.where(unanimous, exact_high, high)
    census = (v == 0) & ~unanimous
    low, high = np.where(census, p, low), np.where(census, p, high)
    no_df = (df < 1) & ~unanimous & ~census
    reason = np.select([np.isnan(p), unanimous, no_df], ["no_answer", "unanimous", "no_df"], default="")
    std_error = np.where(unanimous, np.nan, np.sqrt(v))
    low, high = np.where(no_df, np.nan, low), np.where(no_df, np.nan, high)
    return _table(sums, "share", (p, std_error, low, high), (n_e, deff, reason))


def mean_table(sums: Totals, confidence: float = 0.95) -> pd.DataFrame:
    """Estimates table of the means of all variables of `sums`, interval `t`."""
    result = combine(sums, np.eye(len(sums.variables)))
    return _open_table(sums, result.value, result.variance, "mean", confidence)


def _open_table(
    sums: Totals, value: FloatArray, variance: FloatArray, statistic: Statistic, confidence: float
) -> pd.DataFrame:
    std_error = np.sqrt(variance)
    df = degrees_of_freedom(sums)[:, None] * np.ones_like(value)
    low, high = t_interval(value, std_error, df, confidence)
    reason = np.select([np.isnan(value), (df < 1) & (variance > 0)], ["no_answer", "no_df"], default="")
    deff = design_effect(sums, Combinations(value, variance, sums.n, df[:, 0], np.zeros(value.shape, bool)))
    deff = deff if statistic == "mean" else np.full_like(value, np.nan)
    return _table(sums, statistic, (value, std_error, low, high), (sums.n / deff, deff, reason))


def design_effect(sums: Totals, result: Combinations) -> FloatArray:
    """deff `wor` of every single variable, shape (D, v).

    V / [S2 (1/n - 1/N)] with S2 = n/(n-1) sum w (y - ybar)^2 / sum w and N = sum w over observed rows of the domain.
    """
    wy, wa = sums.domain_sums()
    n = sums.n.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = wy / wa
        s2 = n / (n - 1) * (sums.wyy / wa - mean * mean)
        return np.asarray(result.variance / (s2 * (1 / n - 1 / wa)))


def _usual_deff(deff: FloatArray, n: IntArray) -> float:
    """Median deff of a variable over domains with n >= 30; 1 where there is none."""
    known = deff[(n >= 30) & np.isfinite(deff)]
    return float(np.median(known)) if len(known) else 1.0


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
    extra: tuple[FloatArray, FloatArray, np.ndarray],
) -> pd.DataFrame:
    shape = numbers[0].shape
    flat = [np.asarray(one).ravel() for one in (*numbers, *extra)]
    df = np.repeat(degrees_of_freedom(sums), shape[1])
    reason = pd.Series(flat[6], dtype="str")
    return ESTIMATES.check(
        pd.DataFrame(
            {
                "domain": np.repeat(np.asarray(sums.domains, dtype=object), shape[1]),
                "variable": np.tile(np.asarray(sums.variables, dtype=object), shape[0]),
                "statistic": statistic,
                "estimate": flat[0],
                "std_error": flat[1],
                "df": df,
                "ci_low": flat[2],
                "ci_high": flat[3],
                "n": sums.n.ravel(),
                "effective_n": flat[4],
                "deff": flat[5],
                "reason": reason.mask(reason == ""),
            }
        )
    )
