"""The Estimates table from arrays by domain and variable, in canonical form without checking every cell again."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from errors import DataError
from sampling.numbers import FloatArray, IntArray
from sampling.tables import ESTIMATES

REASONS = ("", "no_answer", "unanimous", "no_df", "lonely", "conservative")


def estimates_table(
    labels: tuple[Sequence[str], Sequence[str]], statistic: str, numbers: Mapping[str, FloatArray | IntArray]
) -> pd.DataFrame:
    """ESTIMATES sorted by domain and variable; what its check would make of it, proved on the labels alone.

    labels: domains (D), variables (v); numbers: every other column, (D, v); `reason` as positions in REASONS.
    Raises DataError `table.key` when two domains have the same text.
    """
    domains, domain_order = _sorted(labels[0])
    variables, variable_order = _sorted(labels[1])
    shape = len(domains), len(variables)
    reasons = pa.array([None, *REASONS[1:]], pa.large_string())
    flat = {name: _ordered(np.asarray(values), domain_order, variable_order) for name, values in numbers.items()}
    columns = {
        "domain": _text(domains.take(pa.array(np.repeat(np.arange(shape[0]), shape[1])))),
        "variable": _text(variables.take(pa.array(np.tile(np.arange(shape[1]), shape[0])))),
        "statistic": _text(pa.array([statistic], pa.large_string()).take(pa.array(np.zeros(len(flat["n"]), np.int64)))),
        **flat,
        "reason": _text(reasons.take(pa.array(flat["reason"]))),
    }
    return pd.DataFrame({name: columns[name] for name in ESTIMATES.names()}, copy=False)


def _sorted(labels: Sequence[str]) -> tuple[pa.Array, IntArray]:
    order = np.asarray(sorted(range(len(labels)), key=labels.__getitem__), dtype=np.int64)
    for before, after in itertools.pairwise(order):
        if labels[before] == labels[after]:
            raise DataError("table.key", where=ESTIMATES.name, got=labels[after])
    return pa.array([labels[place] for place in order], pa.large_string()), order


def _ordered(values: np.ndarray, rows: IntArray, columns: IntArray) -> np.ndarray:
    in_rows = np.take(values, rows, axis=0)
    return (in_rows if (columns[1:] > columns[:-1]).all() else in_rows[:, columns]).ravel()


def _text(values: pa.Array) -> pd.Series:
    return pd.Series(pd.array(values, dtype="str"), copy=False)
