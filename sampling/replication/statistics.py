"""Functions of the sums of many replicates: totals, shares and means, combinations of them, any other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sampling.estimation.combinations import carried
from sampling.linear import product
from sampling.numbers import FloatArray

SumsFunction = Callable[[FloatArray, FloatArray], FloatArray]
"""Sums of w y and of w [y observed], (D, v, r) each, to K values of every domain and replicate, (D, K, r)."""


@dataclass(frozen=True, eq=False)
class Statistic:
    """Values made of totals, for `replicate`. function: of the sums of w y and of w [y observed], (D, v, r) each for D
    domains, v variables and r replicates, to K values of every domain, (D, K, r). names: of the K values; uses: (K, v),
    not 0 where a value depends on a variable (None: on all of them). A function across domains (an index with
    goalposts, a rank) may look at all domains of a replicate, never at another replicate.

    >>> import numpy as np
    >>> of_first = Statistic(lambda wy, wa: wy / wy[:1], names=("relative to the first domain",))
    >>> of_first.function(np.array([[[2.0]], [[6.0]]]), np.ones((2, 1, 1))).ravel().tolist()
    [1.0, 3.0]
    """

    function: SumsFunction
    names: tuple[str, ...] | None = None
    uses: FloatArray | None = None


def _ratios(wy: FloatArray, wa: FloatArray) -> FloatArray:
    if wa.all():
        return np.asarray(wy / wa)
    return np.asarray(np.divide(wy, wa, out=np.full(wy.shape, np.nan), where=wa > 0))


def ratios(width: int) -> Statistic:
    """Shares and means R_j = sum w y_j / sum w a_j of `width` variables."""
    return Statistic(_ratios, uses=np.eye(width))


def sums(width: int) -> Statistic:
    """Totals sum w y of `width` variables."""
    return Statistic(lambda wy, wa: wy, uses=np.eye(width))


def combinations(coefficients: FloatArray, names: tuple[str, ...]) -> Statistic:
    """Values C'R, C of shape (K, v), as `sampling.estimation.combine`: an item nobody answered in the domain leaves the
    combination, the rest is scaled up."""

    def function(wy: FloatArray, wa: FloatArray) -> FloatArray:
        ratio = _ratios(wy, wa)
        answered = wa[:, :, 0] > 0
        scale, _ = carried(coefficients, answered)
        observed_ratio = np.where(answered[:, :, None], ratio, 0.0)
        tables = [
            product(coefficients, domain_ratio) * domain_scale[:, None]
            for domain_ratio, domain_scale in zip(observed_ratio, scale, strict=True)
        ]
        return np.stack(tables)

    return Statistic(function, names, coefficients)
