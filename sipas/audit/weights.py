"""Weights that nobody printed: do any exist that make the totals from the parts? (linear programme)"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_array, eye_array, hstack, vstack

from sampling.numbers import BoolArray, FloatArray
from sipas.audit.numbers import SCALE, Numbers, written
from sipas.audit.table import Column, Finding, Table

_SMALL = 1e-7
_BLAMED = 0.2  # above this share of rows no weights fit the table at all


def weights_findings(table: Table, total: Column, parts: list[Column]) -> list[Finding]:
    """Rows whose total no common weights w >= 0 explain.

    For every row i: |sum_j w_j part_ij - total_i| <= rounding_i + s_i, with rounding_i half (or, if that explains
    more rows, one) unit of the last printed place; the sum of s_i is minimised, and rows with s_i > 0 are named.
    Nothing is said with fewer than two rows more than weights. One finding for the table when more than a fifth of
    the rows would be blamed.
    """
    target = table.numbers[total.position]
    columns = [table.numbers[part.position] for part in parts]
    usable = target.given & np.logical_and.reduce([column.given for column in columns])
    if int(usable.sum()) < len(parts) + 2:
        return []
    tries = [_least_slack(target, columns, usable, share) for share in (0.5, 1.0)]
    weights, slack = min(tries, key=lambda attempt: int((attempt[1] > _SMALL).sum()))
    bad = np.zeros(len(usable), bool)
    bad[np.flatnonzero(usable)[slack > _SMALL]] = True
    if bad.sum() > _BLAMED * usable.sum():
        got = f"{int(bad.sum())}/{int(usable.sum())}"
        return [Finding("audit.no_weights", 0, total.position, total.header, "", got, "")]
    fitted = sum(w * column.value.astype(float) for w, column in zip(weights, columns, strict=True))
    return [
        table.finding("audit.weights", int(at), total, written(round(fitted[at]), int(target.decimals[at]), table.mark))
        for at in np.flatnonzero(bad)
    ]


def _least_slack(
    target: Numbers, columns: list[Numbers], usable: BoolArray, share: float
) -> tuple[FloatArray, FloatArray]:
    """Weights and slacks of the programme. `share`: of the last place that rounding may have taken."""

    def unit(numbers: Numbers) -> FloatArray:
        return np.asarray(share * 10.0 ** -numbers.decimals[usable], np.float64)

    parts = np.column_stack([column.value[usable] / SCALE for column in columns])
    width = np.column_stack([unit(column) for column in columns])
    totals = target.value[usable] / SCALE
    n, k = parts.shape
    slack = -eye_array(n, format="csr")
    upper = hstack([csr_array(parts - width), slack])
    lower = hstack([csr_array(-(parts + width)), slack])
    bound = np.concatenate([totals + unit(target), -(totals - unit(target))])
    cost = np.concatenate([np.zeros(k), np.ones(n)])
    solution = linprog(cost, A_ub=vstack([upper, lower]).tocsr(), b_ub=bound, bounds=(0, None), method="highs")
    return solution.x[:k], solution.x[k:]
