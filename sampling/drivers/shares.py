"""Drivers: how much of R^2 each regressor carries (Lindeman, Merenda, Gold 1980; Gromping 2006), and what to mend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import column_names
from sampling.design import Design
from sampling.drivers.rows import MissingRule, answers, correlations
from sampling.estimation import mean
from sampling.linear import product, symmetric_inverse
from sampling.numbers import FloatArray
from sampling.selection import derived_seed

MOST_EXACT = 12
_AT_ONCE = 256


@dataclass(frozen=True, eq=False)
class Importance:
    """LMG shares of R^2: lmg (p,), which add up to r_squared; mc_error (p,), 0 where exact; permutations (0: exact)."""

    regressors: tuple[str, ...]
    lmg: FloatArray
    mc_error: FloatArray
    r_squared: float
    permutations: int
    n_rows: int

    def table(self) -> pd.DataFrame:
        """variable, lmg, lmg_pct (of R^2), mc_error; the most important first, ties in the order given."""
        share = self.lmg / self.r_squared if self.r_squared > 0 else np.full(len(self.lmg), np.nan)
        columns = {"variable": self.regressors, "lmg": self.lmg, "lmg_pct": 100 * share, "mc_error": self.mc_error}
        return pd.DataFrame(columns).sort_values("lmg", ascending=False, kind="stable", ignore_index=True)


def importance(
    design: Design,
    outcome: str,
    regressors: Sequence[str],
    *,
    seed: str | None = None,
    permutations: int = 1000,
    missing: MissingRule = "fail",
) -> Importance:
    """Mean gain of R^2 when a regressor enters, over all orders of entry, from weighted correlations.

    Up to 12 regressors exactly, over the 2^p subsets; beyond that over `permutations` random orders (PCG64 from `seed`,
    purpose `permutations`), mc_error = standard deviation over orders / sqrt(their number).
    Raises DesignError `drivers.regressors` (none), `drivers.seed` (more than 12 regressors without a seed),
    `drivers.permutations` (< 2), `draw.seed`, `drivers.collinear` and those of `answers`.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": 1.0, "a": [0, 0, 1, 1, 0], "b": [0, 1, 0, 1, 0], "y": [1.0, 2, 2, 3, 1]})
    >>> importance(Design(data, weight="w"), "y", ["a", "b"]).table()["lmg_pct"].round(6).tolist()
    [50.0, 50.0]
    """
    regressors = column_names("regressors", regressors)
    if not regressors:
        raise DesignError("drivers.regressors", where=outcome, got=0, expected=1)
    rows = answers(design, [outcome, *regressors], missing, len(regressors) + 2)
    matrix = correlations(rows.covariance())
    inverse = symmetric_inverse(matrix[1:, 1:], 1e-10)
    lost = [name for name, diagonal in zip(regressors, np.diag(inverse), strict=True) if diagonal <= 0]
    if lost:
        raise DesignError("drivers.collinear", where=", ".join(lost), got=len(lost), expected=0)
    size = int(rows.used.sum())
    if len(regressors) <= MOST_EXACT:
        lmg = _exact(matrix)
        return Importance(tuple(regressors), lmg, np.zeros(len(lmg)), float(lmg.sum()), 0, size)
    if seed is None:
        raise DesignError("drivers.seed", got=len(regressors), expected=MOST_EXACT)
    if permutations < 2:
        raise DesignError("drivers.permutations", got=permutations, expected=2)
    gains = _sampled(matrix, seed, permutations)
    error = gains.std(axis=0, ddof=1) / math.sqrt(permutations)
    explained = float((matrix[0, 1:] * product(inverse, matrix[1:, :1])[:, 0]).sum())
    return Importance(tuple(regressors), gains.mean(axis=0), error, explained, permutations, size)


def _exact(matrix: FloatArray) -> FloatArray:
    """Shapley values of R^2: sum over subsets S without j of |S|!(p - 1 - |S|)!/p! (R^2(S + j) - R^2(S))."""
    count = len(matrix) - 1
    codes = np.arange(1 << count)
    inside = ((codes[:, None] >> np.arange(count)) & 1).astype(bool)
    explained = np.concatenate([_explained(matrix, inside[a : a + _AT_ONCE]) for a in range(0, len(codes), _AT_ONCE)])
    size = inside.sum(axis=1)
    weight = np.array([math.factorial(k) * math.factorial(count - 1 - k) / math.factorial(count) for k in range(count)])
    shares = np.empty(count)
    for place in range(count):
        without = codes[~inside[:, place]]
        gain = explained[without | (1 << place)] - explained[without]
        shares[place] = (weight[size[without]] * gain).sum()
    return shares


def _explained(matrix: FloatArray, inside: np.ndarray) -> FloatArray:
    """R^2 of every subset, (s,): regressors outside it are made uncorrelated with everything."""
    keep = inside[:, :, None] & inside[:, None, :]
    within = np.where(keep, matrix[1:, 1:], 0.0) + np.eye(inside.shape[1]) * ~inside[:, :, None]
    return np.asarray(_gains(within, np.where(inside, matrix[0, 1:], 0.0)).sum(axis=1))


def _gains(within: FloatArray, with_outcome: FloatArray) -> FloatArray:
    """Gain of R^2 of every regressor as they enter in order, (s, p): squares of the last row of a Cholesky factor.

    within: correlations of regressors, (s, p, p); with_outcome: theirs with the outcome, (s, p).
    """
    work, last = within.copy(), with_outcome.copy()
    gains = np.empty_like(last)
    for place in range(last.shape[1]):
        pivot = work[:, place, place]
        gains[:, place] = last[:, place] ** 2 / pivot
        row = work[:, place, place + 1 :] / pivot[:, None]
        last[:, place + 1 :] -= last[:, place, None] * row
        work[:, place + 1 :, place + 1 :] -= work[:, place + 1 :, place, None] * row[:, None, :]
    return gains


def _sampled(matrix: FloatArray, seed: str, permutations: int) -> FloatArray:
    """Gains of every regressor in random orders of entry, (permutations, p)."""
    count = len(matrix) - 1
    stream = np.random.PCG64(int(derived_seed(seed, "permutations"), 16))
    gains_by_order = np.empty((permutations, count))
    for start in range(0, permutations, _AT_ONCE):
        size = min(_AT_ONCE, permutations - start)
        order = np.argsort(stream.random_raw(size * count).reshape(size, count), axis=1, kind="stable")
        within = matrix[1:, 1:][order[:, :, None], order[:, None, :]]
        gains = _gains(within, matrix[0, 1:][order])
        np.put_along_axis(gains_by_order[start : start + size], order, gains, axis=1)
    return gains_by_order


def importance_performance(design: Design, drivers: Importance, *, missing: MissingRule = "fail") -> pd.DataFrame:
    """variable, importance (lmg_pct), performance (weighted mean), std_error, quadrant; cut at the two plain means.

    quadrant: `improve` (important, low), `keep_up` (important, high), `low_priority` (not important, low), `relax` (not
    important, high); at a mean counts as high. Regressors should share one scale (Martilla, James 1977).
    Raises what `importance` and `mean` raise.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": 1.0, "a": [1, 1, 5, 5, 2], "b": [4, 5, 4, 5, 4], "y": [1.0, 2, 5, 5, 2]})
    >>> design = Design(data, weight="w")
    >>> importance_performance(design, importance(design, "y", ["a", "b"]))[["variable", "quadrant"]].values.tolist()
    [['a', 'improve'], ['b', 'relax']]
    """
    answers(design, drivers.regressors, missing, 2)
    means = mean(design, list(drivers.regressors)).set_index("variable")
    table = drivers.table()[["variable", "lmg_pct"]].rename(columns={"lmg_pct": "importance"})
    ordered = means.loc[table["variable"]]
    performance, error = ordered["estimate"].to_numpy(), ordered["std_error"].to_numpy()
    important = (table["importance"] >= table["importance"].mean()).to_numpy()
    high = performance >= performance.mean()
    names = np.where(important, np.where(high, "keep_up", "improve"), np.where(high, "relax", "low_priority"))
    return table.assign(performance=performance, std_error=error, quadrant=names)
