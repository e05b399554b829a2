"""Survey-weighted linear and logistic regression with design-based errors (Binder 1983; Lumley 2010, chapter 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import column_names
from sampling.design import Design
from sampling.drivers.rows import Answers, MissingRule, answers, weighted_sums
from sampling.estimation.combinations import degrees_of_freedom, variances
from sampling.intervals import t_interval
from sampling.linear import product, symmetric_inverse
from sampling.numbers import FloatArray
from sampling.sums import totals

RegressionModel = Literal["linear", "logistic"]
CONSTANT = "(constant)"
_ROUNDS = 100
_NEAR = 1e-11


@dataclass(frozen=True, eq=False)
class Regression:
    """Coefficients (p,), constant first, and their design-based covariance (p, p).

    df: of the design (PSUs - strata) + 1 - p, as R svyglm; standardised: (p,), b sd(x)/sd(y), logistic b sd(x), NaN
    for the constant; r_squared: weighted, NaN for logistic; n_rows: rows used.
    """

    terms: tuple[str, ...]
    estimate: FloatArray
    covariance: FloatArray
    df: float
    standardised: FloatArray
    r_squared: float
    n_rows: int

    @property
    def std_error(self) -> FloatArray:
        """(p,)."""
        return np.sqrt(np.diag(self.covariance))

    def table(self, confidence: float = 0.95) -> pd.DataFrame:
        """term, estimate, std_error, ci_low, ci_high, df, standardised; intervals by t, empty with df < 1."""
        low, high = t_interval(self.estimate, self.std_error, np.full(len(self.terms), self.df), confidence)
        numbers = {"estimate": self.estimate, "std_error": self.std_error}
        numbers |= {"ci_low": np.where(self.df < 1, np.nan, low), "ci_high": np.where(self.df < 1, np.nan, high)}
        return pd.DataFrame({"term": self.terms, **numbers, "df": self.df, "standardised": self.standardised})


def regress(
    design: Design,
    outcome: str,
    regressors: Sequence[str],
    model: RegressionModel = "linear",
    *,
    missing: MissingRule = "fail",
) -> Regression:
    """Coefficients b that solve sum w x (y - mu(x'b)) = 0, mu = x'b or 1/(1 + exp(-x'b)); V from the totals of w z,
    z = A^-1 x (y - mu), A = sum w mu' x x', by the design's linearisation (stages, counts, calibration residuals).

    Regressors are numbers (categories: 0/1 columns). Raises DesignError `drivers.model`, `drivers.regressors` (none),
    `drivers.outcome` (logistic: not 0/1), `drivers.collinear`, `drivers.separation` (a regressor that splits the
    outcome has no finite coefficient), those of `answers` and of the design's variance.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": 1.0, "clear": [1, 2, 3, 4], "overall": [2.0, 4.0, 6.0, 9.0]})
    >>> regress(Design(data, weight="w"), "overall", ["clear"]).table()["estimate"].round(6).tolist()
    [-0.5, 2.3]
    """
    if model not in ("linear", "logistic"):
        raise DesignError("drivers.model", got=model, expected="linear | logistic")
    regressors = column_names("regressors", regressors)
    if not regressors:
        raise DesignError("drivers.regressors", where=outcome, got=0, expected=1)
    rows = answers(design, [outcome, *regressors], missing, len(regressors) + 2)
    y = rows.values[:, 0]
    if model == "logistic" and not np.isin(y[rows.used], (0.0, 1.0)).all():
        raise DesignError("drivers.outcome", where=outcome, expected="0, 1")
    mean, spread = rows.mean(), np.sqrt(np.diag(rows.covariance()))
    x = np.where(rows.used[:, None], (rows.values[:, 1:] - mean[1:]) / spread[1:], 0.0)
    x = np.column_stack([rows.used.astype(np.float64), x])
    scaled, inverse, rest = _solved(rows, x, model)
    back = _unscaled(mean[1:], spread[1:])
    scores = product(x * rest[:, None], product(inverse, back.T))
    covariance, df = _covariance(design, scores)
    standard = np.append(np.nan, scaled[1:] / (spread[0] if model == "linear" else 1.0))
    explained = 1 - weighted_sums(rows.weights, rest[:, None] ** 2)[0] / (rows.total * spread[0] ** 2)
    return Regression(
        terms=(CONSTANT, *regressors),
        estimate=product(back, scaled[:, None])[:, 0],
        covariance=covariance,
        df=df - len(regressors),
        standardised=standard,
        r_squared=float(explained) if model == "linear" else float("nan"),
        n_rows=int(rows.used.sum()),
    )


def _unscaled(mean: FloatArray, spread: FloatArray) -> FloatArray:
    """Matrix (p, p) from coefficients of (1, (x - mean)/spread) to those of (1, x)."""
    back = np.diag(np.append(1.0, 1 / spread))
    back[0, 1:] = -mean / spread
    return back


def _solved(rows: Answers, x: FloatArray, model: RegressionModel) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(coefficients of scaled x, A^-1, residuals y - mu of every row, 0 where not used)."""
    y, names = rows.values[:, 0], rows.names[1:]
    inverse = _inverse(rows.weights, x)
    if not (np.diag(inverse) > 0).all():
        lost = [name for name, diagonal in zip(names, np.diag(inverse)[1:], strict=True) if diagonal <= 0]
        raise DesignError("drivers.collinear", where=", ".join(lost or names), got=len(lost), expected=0)
    b = np.zeros(x.shape[1])
    for _ in range(_ROUNDS):
        eta = product(x, b[:, None])[:, 0]
        mu = eta if model == "linear" else _expit(eta)
        if model == "logistic":
            inverse = _inverse(rows.weights * mu * (1 - mu), x)
        rest = np.where(rows.used, y - mu, 0.0)
        step = product(inverse, weighted_sums(rows.weights, x * rest[:, None])[:, None])[:, 0]
        if not (np.diag(inverse) > 0).all():
            break
        if np.abs(step).max() <= _NEAR * max(1.0, float(np.abs(b).max())):
            return b, inverse, rest
        b = b + step
    strong = np.abs(b[1:])
    where = [name for name, size in zip(names, strong, strict=True) if size > strong.max() / 2]
    raise DesignError("drivers.separation", where=", ".join(where), got=len(where), expected=0)


def _inverse(weights: FloatArray, x: FloatArray) -> FloatArray:
    rows = [weighted_sums(weights * column, x) for column in x.T]
    return symmetric_inverse(np.stack(rows))


def _expit(eta: FloatArray) -> FloatArray:
    return np.asarray(np.exp(-np.logaddexp(0.0, -eta)))


def _covariance(design: Design, scores: FloatArray) -> tuple[FloatArray, float]:
    """V of the totals sum w z, (p, p), by V(a + b) - V(a - b) over 4; df of the design."""
    width = scores.shape[1]
    names = [f"score {place}" for place in range(width)]
    data = pd.DataFrame(dict(zip(names, scores.T, strict=True)), index=design.data.index)
    sums = totals(replace(design, data=pd.concat([design.data, data], axis=1)), names)
    # Covariances by polarisation: the design knows variances of single variables, of any linear combination.
    identity = np.eye(width)
    pairs = [(a, b) for a in range(width) for b in range(a)]
    wanted = np.stack(
        [*identity, *(identity[a] + identity[b] for a, b in pairs), *(identity[a] - identity[b] for a, b in pairs)]
    )
    variance = variances(sums, len(wanted), lambda y, a, domain: product(wanted, y.T).T)[0]
    covariance = np.diag(variance[:width])
    for place, (a, b) in enumerate(pairs, start=width):
        covariance[a, b] = covariance[b, a] = (variance[place] - variance[place + len(pairs)]) / 4
    return covariance, float(degrees_of_freedom(sums)[0])
