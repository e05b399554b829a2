"""x and T of a calibration: auxiliary variables of the respondents and the totals they must reach.

A row has one entry per margin: a category (value 1), a number, or the constant 1 of the margin `*`. Entries are kept as
column codes, not as a matrix: sums of w x are counts by code.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import pandas as pd
from scipy import sparse

from errors import WeightError
from sampling.codes import same_number, spellings
from sampling.design import margin_labels
from sampling.numbers import BoolArray, FloatArray, IntArray

CONSTANT = "*"  # margin of the number of units: x = 1
_MOST_NAMED = 8
_NAMES = ("margin", "category", "partition")
_TOTAL_COLUMNS = (*_NAMES, "total")


@dataclass(frozen=True, eq=False)
class Entry:
    """One margin: the column of x of every row, shape (n,), and its value there (None: 1)."""

    margin: str
    code: IntArray
    value: FloatArray | None

    def weighted(self, weight: FloatArray) -> FloatArray:
        """w x of the rows."""
        return weight if self.value is None else weight * self.value


@dataclass(frozen=True, eq=False)
class Auxiliary:
    """columns: margin, category, partition, target and is_count of the p columns of x; entries: one per margin;
    block: the independent problem of every row, shape (n,); column_block: of every column, shape (p,)."""

    columns: pd.DataFrame
    entries: tuple[Entry, ...]
    block: IntArray
    column_block: IntArray

    @property
    def target(self) -> FloatArray:
        """T, shape (p,)."""
        return self.columns["target"].to_numpy(dtype=np.float64)

    @property
    def n_blocks(self) -> int:
        """Number of independent problems."""
        return int(self.column_block.max(initial=-1)) + 1

    def sums(self, weight: FloatArray) -> FloatArray:
        """sum w x by column, shape (p,), added in row order."""
        sums = np.zeros(len(self.columns))
        for entry in self.entries:
            sums += np.bincount(entry.code, entry.weighted(weight), len(sums))
        return sums

    def sizes(self, weight: FloatArray) -> FloatArray:
        """sum |w x| by column, shape (p,): the scale against which a margin is met."""
        if all(entry.value is None for entry in self.entries):
            return self.sums(np.abs(weight))
        sizes = np.zeros(len(self.columns))
        for entry in self.entries:
            sizes += np.bincount(entry.code, np.abs(entry.weighted(weight)), len(sizes))
        return sizes

    def matrix(self, keep: np.ndarray | None = None) -> sparse.csr_matrix:
        """x as a sparse matrix (n, p), or only its columns `keep`."""
        width, n = len(self.entries), len(self.block)
        codes = np.empty((n, width), dtype=np.int32)
        values = np.ones((n, width))
        for position, entry in enumerate(self.entries):
            codes[:, position] = entry.code
            if entry.value is not None:
                values[:, position] = entry.value
        starts = np.arange(0, n * width + 1, max(width, 1), dtype=np.int32)[: n + 1]
        x = sparse.csr_matrix((values.ravel(), codes.ravel(), starts), shape=(n, len(self.columns)))
        return x if keep is None or keep.all() else x[:, np.flatnonzero(keep)].tocsr()

    def label(self, column: int) -> str:
        """Margin, category and partition of a column."""
        return margin_labels(self.columns.iloc[[column]])[0]

    def labels(self, columns: np.ndarray, most: int = 8) -> str:
        """Labels of the columns marked, at most `most` of them."""
        places = np.flatnonzero(columns)
        more = f", +{len(places) - most}" if len(places) > most else ""
        return ", ".join(margin_labels(self.columns.iloc[places[:most]])) + more


def auxiliary(
    data: pd.DataFrame, totals: pd.DataFrame, partition: str | None = None, missing_category: str | None = None
) -> Auxiliary:
    """x of `data` for the margins of `totals` (the ControlTotals table).

    A margin is a column of `data`: of categories, or of numbers when its only category is ""; the margin `*` is the
    number of units. Totals with a partition hold for the rows with that value in column `partition`, matched as
    categories are; without partitions they hold for all rows. A missing value is an error unless `missing_category`
    names its category.
    Raises WeightError `weights.margin_column`, `weights.partition`, `weights.repeated_total`, `weights.bad_total`,
    `weights.missing`, `weights.margin_category`, `weights.same_category`, `weights.unknown_partition`.
    """
    goals = _checked_totals(data, totals, partition)
    rows_part, part_labels = _partition_codes(data, partition, list(dict.fromkeys(goals["partition"])))
    tables, entries, first = [], [], 0
    for (margin, is_whole), rows in goals.groupby(["margin", goals["partition"] == ""], sort=True):
        numeric = margin == CONSTANT or (set(rows["category"]) == {""} and pd.api.types.is_numeric_dtype(data[margin]))
        categories = list(dict.fromkeys(rows["category"]))
        places = [""] if is_whole else part_labels
        if not is_whole:
            _refuse_other_partitions(rows_part, part_labels, str(margin), list(dict.fromkeys(rows["partition"])))
        column = _column_numbers(rows, categories, places, first)
        part = np.zeros(len(data), dtype=np.int64) if is_whole else rows_part
        value = None if margin == CONSTANT or not numeric else _numbers(data[margin])
        category = np.zeros(len(data), dtype=np.int64)
        if not numeric:
            category = category_codes(data[margin], categories, missing_category)
        code = np.asarray(column[part, category], dtype=np.int64)
        if (code < 0).any():
            first_part = int(part[(code < 0).argmax()])
            known = [name for name, number in zip(categories, column[first_part], strict=False) if number >= 0]
            lost = (code < 0) & (part == first_part)
            raise _unknown(data[margin], lost, known, (places[first_part], missing_category))
        entries.append(Entry(str(margin), code, value))
        tables.append(rows.assign(is_count=margin == CONSTANT or not numeric))
        first += len(rows)
    columns = pd.concat(tables, ignore_index=True).rename(columns={"total": "target"})
    return Auxiliary(columns, tuple(entries), *_blocks(columns, rows_part, part_labels))


def category_codes(values: pd.Series, categories: Sequence[str], missing_category: str | None = None) -> IntArray:
    """Position of every value in `categories`, -1 for another one. Numbers match by value: 1.0 is the category 1.

    Raises WeightError `weights.missing` when a value is absent and no category is named for it,
    `weights.same_category` when a number could be two of the categories.
    """
    codes, distinct = pd.factorize(values)
    if (twice := same_number(categories)) and any(isinstance(value, Real) for value in distinct):
        raise WeightError("weights.same_category", where=str(values.name), got=", ".join(twice))
    absent = codes < 0
    position = {name: number for number, name in enumerate(categories)}
    if absent.any() and missing_category is None:
        raise WeightError("weights.missing", where=str(values.name), got=int(absent.sum()), expected=0)
    positions = [position.get(name, -1) for name in spellings(distinct, categories)]
    positions.append(position.get(missing_category or "", -1))  # code -1 takes the last place
    return np.asarray(positions, dtype=np.int64)[codes]


def crossings(x: Auxiliary) -> tuple[Auxiliary, IntArray | None]:
    """x of the crossings of all margins and the crossing of every row: rows of one crossing share their factor.

    Rows stay rows (None) for margins of numbers and where there would be about as many crossings.
    """
    codes, n = [entry.code for entry in x.entries], len(x.block)
    firsts = [int(code.min()) for code in codes]
    sizes = [int(code.max()) - first + 1 for code, first in zip(codes, firsts, strict=True)]
    count = math.prod(sizes)
    numeric = any(entry.value is not None for entry in x.entries)
    if numeric or len(codes) == 1 or count > max(n // 4, 1):
        return x, None
    cell = np.zeros(n, dtype=np.int64)
    for code, first, size in zip(codes, firsts, sizes, strict=True):
        cell *= size
        cell += code
        cell -= first
    places = np.unravel_index(np.arange(count), sizes)
    entries = [
        Entry(entry.margin, place.astype(np.int64) + first, None)
        for entry, place, first in zip(x.entries, places, firsts, strict=True)
    ]
    column_block = np.zeros(len(x.columns), dtype=np.int64)
    return Auxiliary(x.columns, tuple(entries), np.zeros(count, dtype=np.int64), column_block), cell


def _checked_totals(data: pd.DataFrame, totals: pd.DataFrame, partition: str | None) -> pd.DataFrame:
    goals = totals.assign(partition=totals["partition"] if "partition" in totals.columns else "")
    goals = goals[list(_TOTAL_COLUMNS)]
    absent = sorted(set(goals["margin"]) - set(data.columns) - {CONSTANT})
    if partition is not None and partition not in data.columns:
        absent.append(partition)
    if absent or goals.empty:
        raise WeightError("weights.margin_column", where=", ".join(absent), expected=", ".join(data.columns))
    if partition is None and (goals["partition"] != "").any():
        raise WeightError("weights.partition", got=str(goals.loc[goals["partition"] != "", "partition"].iloc[0]))
    repeated = goals.duplicated(["margin", "category", "partition"])
    if repeated.any():
        first = goals.loc[repeated].iloc[0]
        raise WeightError("weights.repeated_total", where=first["margin"], got=first["category"], expected=1)
    bad = ~np.isfinite(goals["total"].to_numpy(dtype=np.float64)) | ((goals["category"] != "") & (goals["total"] < 0))
    if bad.any():
        where = ", ".join(sorted(set(goals.loc[bad, "margin"])))
        raise WeightError("weights.bad_total", where=where, got=int(bad.sum()), expected=">= 0")
    return goals


def _partition_codes(data: pd.DataFrame, partition: str | None, names: Sequence[str]) -> tuple[IntArray, list[str]]:
    """The partition of every row, and what partitions are called: as in the totals (`names`) where they are there."""
    if partition is None:
        return np.zeros(len(data), dtype=np.int64), [""]
    codes, labels = pd.factorize(data[partition], sort=True)
    if (codes < 0).any():
        raise WeightError("weights.missing", where=partition, got=int((codes < 0).sum()), expected=0)
    if (twice := same_number(names)) and any(isinstance(label, Real) for label in labels):
        raise WeightError("weights.same_category", where=partition, got=", ".join(twice))
    spelt = spellings(labels, names)
    places = {name: number for number, name in enumerate(dict.fromkeys(spelt))}
    return np.array([places[name] for name in spelt], dtype=np.int64)[codes], list(places)


def _refuse_other_partitions(rows_part: IntArray, labels: Sequence[str], margin: str, names: Sequence[str]) -> None:
    """WeightError `weights.unknown_partition` for rows of a partition without totals of the margin."""
    strange = [number for number, label in enumerate(labels) if label not in names]
    if strange:
        raise WeightError(
            "weights.unknown_partition",
            where=margin,
            got=int(np.isin(rows_part, strange).sum()),
            expected=", ".join(names),
            found=_some([labels[number] for number in strange]),
        )


def _column_numbers(rows: pd.DataFrame, categories: list[str], places: list[str], first: int) -> IntArray:
    """Column of x by (partition, category), -1 where there is no total; the last category stands for "not found"."""
    numbers = np.full((len(places), len(categories) + 1), -1, dtype=np.int64)
    place = pd.Index(places).get_indexer(pd.Index(rows["partition"]))
    category = pd.Index(categories).get_indexer(pd.Index(rows["category"]))
    here = place >= 0
    numbers[place[here], category[here]] = first + np.flatnonzero(here)
    return numbers


def _numbers(values: pd.Series) -> FloatArray:
    numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    if not np.isfinite(numbers).all():
        raise WeightError("weights.missing", where=str(values.name), got=int((~np.isfinite(numbers)).sum()), expected=0)
    return numbers


def _unknown(
    values: pd.Series, lost: BoolArray, categories: Sequence[str], called: tuple[str, str | None]
) -> WeightError:
    """The error of rows whose category has no total, with their categories. called: partition, missing category."""
    place, missing_category = called
    found = list(dict.fromkeys(str(value) for value in values[lost].dropna().unique()))
    if missing_category and values[lost].isna().any():
        found.append(missing_category)
    where = f"{values.name} [{place}]" if place else str(values.name)
    return WeightError(
        "weights.margin_category",
        where=where,
        got=int(lost.sum()),
        expected=", ".join(categories),
        found=_some(found),
    )


def _some(names: Sequence[str]) -> str:
    """The first names of a list."""
    return ", ".join(names[:_MOST_NAMED]) + (", ..." if len(names) > _MOST_NAMED else "")


def _blocks(columns: pd.DataFrame, rows_part: IntArray, labels: list[str]) -> tuple[IntArray, IntArray]:
    """Partitions are separate problems unless a margin of the whole ties them together."""
    if (columns["partition"] == "").any():
        return np.zeros(len(rows_part), dtype=np.int64), np.zeros(len(columns), dtype=np.int64)
    every = list(dict.fromkeys([*labels, *columns["partition"]]))
    return rows_part, pd.Index(every).get_indexer(pd.Index(columns["partition"])).astype(np.int64)
