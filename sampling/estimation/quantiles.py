"""Quantiles of measured variables with Woodruff's interval (R survey: qrule "math", interval.type "mean")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import check_column, check_kind, check_list, check_number
from sampling.design import Design
from sampling.estimation.combinations import is_open, linear_combinations
from sampling.estimation.table import REASONS, estimates_table
from sampling.intervals import t_interval
from sampling.numbers import FloatArray, IntArray
from sampling.sums import By, totals
from sampling.sums.rows import check_variables, domain_codes

_CODES = (1.0, 2.0, 3.0, 4.0, 5.0)


def quantile(
    design: Design, variable: str, shares: Sequence[float], by: By = None, *, confidence: float = 0.95
) -> pd.DataFrame:
    """Quantiles of a measured variable for every value of `by`; variable "name q0.5", std_error half the interval / t.

    shares: list of the quantiles wanted, 0..1; [0.5] is the median. Table and `by` as `share`.
    Quantile: the smallest y whose cumulative share of weight is >= q. Interval: p = share of y <= quantile,
    p +- t se(p), inverted by the same rule (Woodruff 1952); a limit outside 0..1 is empty.
    Raises DesignError `estimation.quantile_codes` for answer codes 1..5, whose quantiles say next to nothing,
    `estimation.option` for a share outside 0..1, `arguments.*` for an argument of another kind, and what `mean` raises.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": 1.0, "wait_days": [10.0, 20.0, 30.0, 40.0, 60.0]})
    >>> quantile(Design(data, weight="w"), "wait_days", [0.5, 0.9])["estimate"].tolist()
    [30.0, 60.0]
    """
    check_kind("design", design, Design)
    check_column("variable", variable)
    shares = check_list("shares", shares, "[0.5]")
    for q in shares:
        check_number("shares", q)
    check_variables(design.data, [variable])
    wrong = [q for q in shares if not 0 < q < 1]
    if wrong or not shares:
        raise DesignError("estimation.option", where="shares", got=", ".join(map(str, wrong)), expected="0 < q < 1")
    y = design.data[variable].to_numpy(dtype=np.float64, na_value=np.nan)
    if np.isin(y[~np.isnan(y)], _CODES).all():
        raise DesignError("estimation.quantile_codes", where=variable, got="1..5")
    row_domain, labels = domain_codes(design.data, by)
    # The curve has steps and no slope to linearise by: the error is taken of p and brought back through the curve.
    curve = _Curve(y, design.weights, row_domain, len(labels))
    value = np.stack([curve.smallest(np.full(len(labels), q)) for q in shares], axis=1)
    names = [f"{variable} q{q:g}" for q in shares]
    below = {
        name: np.where(np.isnan(y), np.nan, (y <= value[row_domain, place]).astype(float))
        for place, name in enumerate(names)
    }
    sums = totals(replace(design, data=design.data.assign(**below)), names, by)
    result = linear_combinations(sums, np.eye(len(names)))
    df = result.df[:, None] * np.ones_like(value)
    low, high = t_interval(result.value, np.sqrt(result.variance), df, confidence)
    limits = [
        np.stack([curve.smallest(limit[:, place]) for place in range(len(names))], axis=1) for limit in (low, high)
    ]
    margin, _ = t_interval(np.zeros_like(df), np.ones_like(df), df, confidence)
    no_df = (df < 1) & is_open(sums)[:, None]
    reason = np.select([np.isnan(value), no_df], [REASONS.index("no_answer"), REASONS.index("no_df")], default=0)
    empty = np.full(value.shape, np.nan)
    numbers: dict[str, FloatArray | IntArray] = {
        "estimate": value,
        "std_error": (limits[1] - limits[0]) / (-2 * margin),
        "df": df,
        "ci_low": limits[0],
        "ci_high": limits[1],
        "n": sums.n,
        "effective_n": empty,
        "deff": empty,
        "reason": reason,
    }
    return estimates_table((sums.domains, names), "quantile", numbers)


class _Curve:
    """Cumulative weight shares of y inside every domain."""

    def __init__(self, y: FloatArray, weights: FloatArray, domain: IntArray, domains: int) -> None:
        kept = np.flatnonzero(~np.isnan(y))
        # Rows of equal y are interchangeable once their weights are in order too: any row order gives the same sums.
        order = kept[np.lexsort((weights[kept], y[kept], domain[kept]))]
        self._y, self._domain = y[order], domain[order]
        self._edges = np.searchsorted(self._domain, np.arange(domains + 1))
        self._sums = [np.cumsum(weights[order][a:b]) for a, b in zip(self._edges[:-1], self._edges[1:], strict=True)]

    def smallest(self, share: FloatArray) -> FloatArray:
        """Smallest y of every domain whose cumulative share is >= share; NaN outside 0..1 and without answers."""
        result = np.full(len(share), np.nan)
        for domain, (cumulative, q) in enumerate(zip(self._sums, share, strict=True)):
            if len(cumulative) and 0 <= q <= 1:
                # A share of exactly q must count as reached: the product may lie one last bit above the running sum.
                place = int(np.searchsorted(cumulative, q * cumulative[-1] * (1 - 1e-15)))
                result[domain] = self._y[self._edges[domain] + min(place, len(cumulative) - 1)]
        return result
