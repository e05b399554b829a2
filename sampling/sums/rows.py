"""One pass over the rows of a table: sums by (domain, unit) and variable, exact, so in any order the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.arguments import column_names
from sampling.codes import compact, label_codes
from sampling.design import Design
from sampling.exact import Parts, bincount, split
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.sums.model import TotalsPart

By = str | Sequence[str] | None
_LARGEST_CODE = 7.0


@dataclass(frozen=True, eq=False)
class Variable:
    """A variable, (n,): 0 where not observed; observed None: everywhere. is_code: whole numbers 0 to 7."""

    y: FloatArray
    observed: BoolArray | None
    top: float
    is_code: bool

    @property
    def is_indicator(self) -> bool:
        """Only 0 and 1, so that y^2 = y."""
        return self.is_code and self.top <= 1


def variable(data: pd.DataFrame, name: str) -> Variable:
    """Column `name` as a Variable; the column's own bytes where nothing is missing."""
    column = data[name]
    kind = column.dtype.kind if isinstance(column.dtype, np.dtype) else "O"
    y = column.to_numpy().astype(np.float64) if kind in "iub" else column.to_numpy(dtype=np.float64, na_value=np.nan)
    low, high = float(y.min()), float(y.max())
    observed = None
    if np.isnan(low):
        observed = ~np.isnan(y)
        y = np.where(observed, y, 0.0)
        low, high = float(y.min()), float(y.max())
    if not np.isfinite(low) or not np.isfinite(high):
        raise DesignError("totals.variable", got=name, expected="finite numbers")
    top = max(-low, high)
    is_code = top <= _LARGEST_CODE and low >= 0 and (kind in "iub" or bool((y == np.rint(y)).all()))
    return Variable(y, observed, top, is_code)


def check_variables(data: pd.DataFrame, variables: Sequence[str]) -> None:
    """Every variable is a numeric column and named once: DesignError `totals.variable`."""
    bad = [name for name in variables if name not in data.columns or not pd.api.types.is_numeric_dtype(data[name])]
    bad += [name for name in dict.fromkeys(variables) if list(variables).count(name) > 1]
    if bad or not variables:
        raise DesignError("totals.variable", got=", ".join(bad), expected="numeric columns")


def domain_codes(data: pd.DataFrame, by: By) -> tuple[IntArray, np.ndarray]:
    """(code of every row, labels) of the domains; several columns: their texts joined by " | " in every combination.

    Raises DesignError `totals.missing_domain`, `design.column`, `arguments.names`.
    """
    names = [] if by is None else column_names("by", by)
    absent = [name for name in names if name not in data.columns]
    if absent:
        raise DesignError("design.column", got=", ".join(absent), expected=", ".join(names))
    codes, labels = np.zeros(len(data), dtype=np.int64), np.array(["all"], dtype=object)
    for number, name in enumerate(names):
        if data[name].dtype.kind not in "iub" and data[name].isna().any():
            raise DesignError("totals.missing_domain", where=name, got=int(data[name].isna().sum()), expected=0)
        column_codes, values = label_codes(data[name])
        if number == 0:
            codes, labels = column_codes, values
            continue
        pairs, codes = compact(codes * len(values) + column_codes, len(labels) * len(values))
        outer, inner = labels[pairs // len(values)], values[pairs % len(values)]
        labels = np.array([f"{a} | {b}" for a, b in zip(outer, inner, strict=True)], dtype=object)
    return codes, labels


class RowSums:
    """Sums of variables by pair and by domain; the weights are cut once for all whole-number variables."""

    def __init__(self, weights: FloatArray, top: float) -> None:
        self._weights = weights
        self._cut = split(weights, float(weights.sum()) * max(top, 1.0))

    def sums(self, codes: IntArray, size: int, item: Variable, *, power: int = 1) -> Parts:
        """sum w y^power by code, (size,)."""
        if item.is_indicator or (item.is_code and power == 1):
            return {grid: bincount(codes, part * item.y, size) for grid, part in self._cut.items()}
        product = self._weights * item.y
        parts = split(product if power == 1 else product * item.y)
        return {grid: bincount(codes, part, size) for grid, part in parts.items()}

    def weight_sums(self, codes: IntArray, size: int, observed: BoolArray | None = None) -> Parts:
        """sum w [observed] by code, (size,)."""
        return {
            grid: bincount(codes, part if observed is None else part * observed, size)
            for grid, part in self._cut.items()
        }


def row_totals(design: Design, variables: Sequence[str], by: By) -> tuple[TotalsPart, IntArray, tuple[Variable, ...]]:
    """The sums of one table (calibration apart), the domain of every row, and the variables as read."""
    check_variables(design.data, variables)
    row_domain, labels = domain_codes(design.data, by)
    units = len(design.stages[-1].parent)
    pairs, row_pair = compact(row_domain * units + design.row_unit, len(labels) * units)
    read = tuple(variable(design.data, name) for name in variables)
    sums = RowSums(design.weights, max((item.top for item in read if item.is_code), default=1.0))
    squares: Parts = {}
    if not all(item.is_indicator for item in read):
        squares = side_by_side([sums.sums(row_domain, len(labels), item, power=2) for item in read], len(labels))
    n_rows = np.bincount(row_domain, minlength=len(labels))
    part = TotalsPart(
        variables=tuple(variables),
        domains=labels,
        stratum_labels=design.stratum_labels,
        stages=design.stages,
        lonely_psu=design.lonely_psu,
        pair_domain=pairs // units,
        pair_unit=pairs % units,
        wy=side_by_side([sums.sums(row_pair, len(pairs), item) for item in read], len(pairs)),
        wa=_observed_weights(sums, row_pair, len(pairs), read),
        wyy=squares,
        n=_answers(row_domain, n_rows, read),
        n_rows=n_rows,
        calibration=None,
    )
    return part, row_domain, read


def _observed_weights(sums: RowSums, row_pair: IntArray, pairs: int, read: Sequence[Variable]) -> Parts:
    """sum w [y observed], (pairs, v); (pairs, 1) where nothing is missing."""
    all_rows = sums.weight_sums(row_pair, pairs)
    if all(item.observed is None for item in read):
        return {grid: values[:, None] for grid, values in all_rows.items()}
    by_item = [all_rows if item.observed is None else sums.weight_sums(row_pair, pairs, item.observed) for item in read]
    return side_by_side(by_item, pairs)


def _answers(row_domain: IntArray, n_rows: IntArray, read: Sequence[Variable]) -> IntArray:
    """Observed answers, (D, v)."""
    counts = [
        n_rows if item.observed is None else np.bincount(row_domain[item.observed], minlength=len(n_rows))
        for item in read
    ]
    return np.stack(counts, axis=1)


def side_by_side(parts: Sequence[Parts], rows: int) -> Parts:
    """Parts of several variables side by side, (rows, v)."""
    grids = sorted({grid for part in parts for grid in part}, reverse=True)
    table = {grid: np.zeros((rows, len(parts))) for grid in grids}
    for place, part in enumerate(parts):
        for grid, values in part.items():
            table[grid][:, place] = values
    return table
