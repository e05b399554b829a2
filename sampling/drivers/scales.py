"""Quality of a scale: Cronbach's alpha and item-total correlations by factor, weighted (docs/methods.md, section 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.design import Design
from sampling.drivers.rows import MissingRule, answers
from sampling.numbers import FloatArray

_LEAST_ROWS = 3


def cronbach_alpha(covariance: FloatArray) -> float:
    """alpha = v/(v - 1) (1 - sum of variances / variance of the sum), covariance of the items (v, v), v >= 2.

    At most 1, 1 for items that differ by constants alone; may be negative (Cronbach 1951, Psychometrika 16:3).
    """
    count = len(covariance)
    return float(count / (count - 1) * (1 - np.trace(covariance) / covariance.sum()))


def scale_quality(
    design: Design, factors: Mapping[str, Sequence[str]], *, missing: MissingRule = "drop"
) -> pd.DataFrame:
    """factor, item, n_rows, alpha, item_total, item_rest, alpha_without; one row an item, factors in their order.

    item_total: weighted correlation of the item with the sum of the factor's items; item_rest: with the sum of the
    others; alpha_without: alpha of the others, empty with two items. Rows with all items of the factor answered.
    Raises DesignError `drivers.items` (fewer than two items), `drivers.zero_sum` (the sum of the items does not vary)
    and those of `answers`.

    >>> import pandas as pd
    >>> data = pd.DataFrame({"w": 1.0, "a": [1, 2, 3, 4, 5], "b": [1, 2, 3, 4, 5]})
    >>> scale_quality(Design(data, weight="w"), {"staff": ["a", "b"]})["alpha"].round(6).tolist()
    [1.0, 1.0]
    """
    parts = []
    for factor, items in factors.items():
        if len(items) < 2:
            raise DesignError("drivers.items", where=factor, got=len(items), expected=2)
        rows = answers(design, items, missing, _LEAST_ROWS)
        table = _quality(rows.covariance(), factor)
        parts.append(table.assign(factor=factor, item=list(items), n_rows=int(rows.used.sum())))
    names = ["factor", "item", "n_rows", "alpha", "item_total", "item_rest", "alpha_without"]
    return pd.concat(parts, ignore_index=True)[names]


def _quality(covariance: FloatArray, factor: str) -> pd.DataFrame:
    variances, with_sum, variance_of_sum = np.diag(covariance), covariance.sum(axis=1), covariance.sum()
    rest = variance_of_sum - 2 * with_sum + variances
    if variance_of_sum <= 1e-12 * variances.sum() or (rest <= 1e-12 * variances.sum()).any():
        raise DesignError("drivers.zero_sum", where=factor, got=0, expected="> 0")
    keep = [np.delete(np.arange(len(variances)), place) for place in range(len(variances))]
    without = [cronbach_alpha(covariance[np.ix_(others, others)]) if len(others) > 1 else np.nan for others in keep]
    return pd.DataFrame(
        {
            "alpha": cronbach_alpha(covariance),
            "item_total": with_sum / np.sqrt(variances * variance_of_sum),
            "item_rest": (with_sum - variances) / np.sqrt(variances * rest),
            "alpha_without": without,
        }
    )
