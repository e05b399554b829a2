"""What many chains say about bias, standard errors and intervals, and how far chance alone may move that."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from chains import STATISTICS, Estimated
from scipy.stats import binom, chi2, norm, t

LEAST_N = 30
FALSE_ALARM = 1e-3  # of all checks of a run together


@dataclass(frozen=True)
class Bounds:
    """|bias| in Monte Carlo SE, the same of the worst commune, mean SE / true sd, coverage in percent."""

    bias_z: float
    worst_z: float
    se_ratio: tuple[float, float]
    coverage_pct: tuple[float, float]


def measures(runs: Sequence[Estimated], truth: np.ndarray) -> pd.DataFrame:
    """Rows: province and communes x statistic; columns bias_z, worst_z, se_ratio, coverage_pct, n.

    True sd: that of the estimates over the chains. Communes are those with n >= 30 on average; their ratio and coverage
    are means over communes, bias_z is that of the mean over communes of (estimate - truth)/sd, and worst_z the largest
    |bias| of one commune in its own Monte Carlo SE.
    """
    error = np.array([one.estimate for one in runs]) - truth
    sd = error.std(axis=0, ddof=1)
    ratio = np.nanmean([one.std_error for one in runs], axis=0) / sd
    covered = np.mean([(one.low <= truth) & (truth <= one.high) for one in runs], axis=0)
    n = np.mean([one.n for one in runs], axis=0)
    communes = np.flatnonzero(n.min(axis=1) >= LEAST_N)[1:]
    tables = []
    for place, rows in (("province", np.array([0])), ("communes", communes)):
        pooled = (error[:, rows] / sd[rows]).mean(axis=1)
        columns = {
            "bias_z": _z(pooled),
            "worst_z": np.abs(_z(error[:, rows])).max(axis=0),
            "se_ratio": ratio[rows].mean(axis=0),
            "coverage_pct": 100 * covered[rows].mean(axis=0),
            "n": n[rows].mean(axis=0),
        }
        tables.append(pd.DataFrame(columns, index=pd.MultiIndex.from_product([[place], STATISTICS])))
    return pd.concat(tables)


def _z(error: np.ndarray) -> np.ndarray:
    """Mean over chains in its Monte Carlo SE."""
    return np.asarray(error.mean(axis=0) / (error.std(axis=0, ddof=1) / np.sqrt(len(error))))


def agreed_bounds(communes: int) -> Bounds:
    """Bounds of METHODS 12 for 1,000 chains. The worst of many communes: normal bound of so many at FALSE_ALARM."""
    worst = float(norm.isf(FALSE_ALARM / 2 / (communes * len(STATISTICS))))
    return Bounds(3.0, worst, (0.95, 1.05), (93.0, 97.0))


def bounds_of(chains: int, communes: int) -> Bounds:
    """What a chain that keeps the agreed bounds exceeds with a probability below FALSE_ALARM in so many chains.

    Every check gets an equal part a of FALSE_ALARM (Bonferroni). Bias: t with R - 1 degrees of freedom. Ratio: the
    sample variance of R normal estimates is chi-squared/(R - 1) times the true one, so the ratio lies within
    .95 sqrt((R - 1)/chi2_(1 - a/2)) .. 1.05 sqrt((R - 1)/chi2_(a/2)). Coverage: a/2 quantiles of a binomial count with
    .93 below, .97 above. A mean over communes moves less than one commune: for it these bounds are wider than needed.
    """
    checks = len(STATISTICS) * (2 * 3 + communes)
    tail, df = FALSE_ALARM / checks / 2, chains - 1
    ratio = np.sqrt(df / chi2.isf([tail, 1 - tail], df)) * (0.95, 1.05)
    counts = binom.ppf(tail, chains, 0.93), binom.isf(tail, chains, 0.97)
    z = float(t.isf(tail, df))
    coverage = (100 * float(counts[0]) / chains, 100 * float(counts[1]) / chains)
    return Bounds(z, z, (float(ratio[0]), float(ratio[1])), coverage)


def outside(table: pd.DataFrame, bounds: Bounds) -> list[str]:
    """Every measure beyond its bound, in words."""
    limits = {
        "bias_z": (-bounds.bias_z, bounds.bias_z),
        "worst_z": (0.0, bounds.worst_z),
        "se_ratio": bounds.se_ratio,
        "coverage_pct": bounds.coverage_pct,
    }
    return [
        f"{place} {statistic}: {name} {value:.3f}, not within {low:.3f}..{high:.3f}"
        for name, (low, high) in limits.items()
        for (place, statistic), value in table[name].items()
        if not low <= value <= high
    ]
