"""Ranks against the values they were made from: order, gaps, ties, the number of units ranked."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from sampling.numbers import BoolArray, IntArray
from sipas.audit.numbers import SCALE, Numbers
from sipas.audit.order import out_of_order
from sipas.audit.points import holes
from sipas.audit.table import Column, Finding, Table

_CASCADE = 2
_LONG, _FEW = 30, 5
_FAR = 2**62


@dataclass(frozen=True, eq=False)
class Metric:
    """What units are ranked and classed by: millionths, given, and rows already found wrong (their place is not
    held against others). `column`: where it is printed."""

    column: Column
    value: IntArray
    given: BoolArray
    doubtful: BoolArray


@dataclass(frozen=True, eq=False)
class _Block:
    """Rows of one ranking block: their positions in the table, values, ranks, doubt; `others`: values of units whose
    rank cannot be read, which still hold a place."""

    at: IntArray
    value: IntArray
    rank: IntArray
    doubtful: BoolArray
    others: IntArray


def metrics(table: Table, doubtful: BoolArray) -> list[Metric]:
    """The index, then the total, as far as printed."""
    printed = []
    for role in ("index_pct", "total"):
        column, numbers = table.one(role), table.values(role)
        if column is not None and numbers is not None and numbers.given.any():
            printed.append(Metric(column, numbers.value, numbers.given, doubtful))
    return printed


def rank_findings(table: Table, candidates: list[Metric]) -> list[Finding]:
    """Findings about the rank column, by the metric that explains it best: of equal ones the index."""
    column, ranks = table.one("rank"), table.values("rank")
    if column is None or ranks is None:
        return []
    is_whole = ranks.given & (ranks.value >= SCALE) & (ranks.value % SCALE == 0)
    unread = ranks.broken | ranks.ambiguous | (ranks.given & ~is_whole) | holes(table, ranks)
    tried = []
    for metric in candidates:
        blocks = _blocks(table, metric, ranks, is_whole, unread)
        findings = [finding for block in blocks for finding in _order(table, column, block)]
        tried.append(findings + _ties(table, column, replace(metric, given=metric.given & is_whole), ranks))
    return _range(table, column, ranks) + min(tried, key=len, default=[])


def _range(table: Table, column: Column, ranks: Numbers) -> list[Finding]:
    """Ranks that are no whole number from 1, or beyond the number of units ranked."""
    of = table.values("of")
    bad = ranks.given & ((ranks.value < SCALE) | (ranks.value % SCALE != 0))
    findings = table.findings("audit.rank_range", bad, column, ">= 1")
    if of is not None:
        beyond = ~bad & ranks.given & of.given & (ranks.value > of.value)
        findings += table.findings("audit.rank_range", beyond, column, of.value.astype(object), 0)
    return findings


def _blocks(table: Table, metric: Metric, ranks: Numbers, is_whole: BoolArray, unread: BoolArray) -> list[_Block]:
    blocks = []
    for group in np.unique(table.group[metric.given & is_whole]):
        inside = metric.given & (table.group == group)
        at = np.flatnonzero(inside & is_whole)
        doubtful = metric.doubtful[at]
        rank = ranks.value[at] // SCALE
        value = _clipped(metric.value[at].copy(), rank, doubtful)
        blocks.append(_Block(at, value, rank, doubtful, metric.value[inside & unread]))
    return blocks


def _clipped(value: IntArray, rank: IntArray, doubtful: BoolArray) -> IntArray:
    """Values with the doubtful ones moved between their neighbours by rank, so that one slip is not found twice.

    From the best rank down; neighbours are the rows that are neither doubtful nor out of order, and those moved.
    """
    sure = ~doubtful
    sure[sure] = ~_falling(value[sure], rank[sure])
    for position in np.flatnonzero(doubtful)[np.argsort(rank[doubtful], kind="stable")]:
        above = value[sure & (rank < rank[position])].min(initial=_FAR)
        below = value[sure & (rank > rank[position])].max(initial=-_FAR)
        value[position] = max(min(value[position], above), below)
        sure[position] = True
    return value


def _falling(value: IntArray, rank: IntArray) -> BoolArray:
    """Rows out of order: worse ranks must not have better values."""
    order = np.lexsort((-value, rank))
    bad = np.zeros(len(order), bool)
    bad[order] = out_of_order(-value[order])
    return bad


def _order(table: Table, column: Column, block: _Block) -> list[Finding]:
    """Wrong ranks of one block. In a whole list (1..n) each rank is held against the number of better units; in an
    extract only the order counts, and that unequal values have unequal ranks."""
    best = np.sort(-np.concatenate([block.value, block.others]))
    first = 1 + np.searchsorted(best, -block.value, side="left")
    last = np.searchsorted(best, -block.value, side="right")
    distinct = np.unique(best)
    dense = 1 + np.searchsorted(distinct, -block.value)
    blamed = _falling(block.value, block.rank) | _shared(block)
    is_whole = not table.spec.partial and _is_whole(block, blamed)
    if is_whole:
        wrong = (block.rank < first) | (block.rank > last)
        wrong_dense = block.rank != dense
        if wrong_dense.sum() < wrong.sum():
            wrong, first = wrong_dense, dense
        bad = wrong if wrong.sum() <= _CASCADE * max(int(blamed.sum()), 1) else blamed
    else:
        bad = blamed
    bad &= ~block.doubtful
    findings = []
    for position in np.flatnonzero(bad):
        expected = str(first[position]) if is_whole else ""
        is_shared = (block.rank == block.rank[position]).sum() > 1
        findings.append(
            table.finding(
                "audit.rank_shared" if is_shared else "audit.rank_order", int(block.at[position]), column, expected
            )
        )
    return findings


def _is_whole(block: _Block, blamed: BoolArray) -> bool:
    """The list is complete: ranks from 1, none beyond the number of units. One mistyped rank beyond it does not make
    a long list, or one whose order it breaks, an extract."""
    n = len(block.rank) + len(block.others)
    beyond = block.rank > n
    if n < 2 or block.rank.min() != 1 or beyond.sum() > 1:
        return False
    return not beyond.any() or n >= _LONG or (n >= _FEW and bool(blamed[beyond].any()))


def _shared(block: _Block) -> BoolArray:
    """Rows that hold a rank together with a row of a better value."""
    order = np.lexsort((-block.value, block.rank))
    rank, value = block.rank[order], block.value[order]
    shared = np.zeros(len(order), bool)
    shared[order[1:]] = (np.diff(rank) == 0) & (np.diff(value) != 0)
    return shared


def _ties(table: Table, column: Column, metric: Metric, ranks: Numbers) -> list[Finding]:
    """Equal values with different ranks, unless the table ranks on unrounded values: declared, or all of several
    ties are broken."""
    if table.spec.ranking.rank_on == "index_unrounded":
        return []
    at = np.flatnonzero(metric.given & ~metric.doubtful)
    if not at.size:
        return []
    keys = np.column_stack([table.group[at], metric.value[at]])
    _, tie = np.unique(keys, axis=0, return_inverse=True)
    tie = tie.ravel()
    low, high = np.full(tie.max() + 1, _FAR), np.zeros(tie.max() + 1, np.int64)
    rank = ranks.value[at]
    np.minimum.at(low, tie, rank)
    np.maximum.at(high, tie, rank)
    size = np.bincount(tie)
    n_broken, n_kept = int(((size > 1) & (low != high)).sum()), int(((size > 1) & (low == high)).sum())
    if n_broken > 1 and n_kept == 0:
        return []
    worse = np.zeros(len(table.rows), bool)
    worse[at] = (rank != low[tie]) & (size[tie] > 1)
    return table.findings("audit.tie", worse, column, _spread(low[tie], at, len(table.rows)), 0)


def _spread(values: np.ndarray, at: IntArray, n: int) -> np.ndarray:
    result = np.zeros(n, object)
    result[at] = values
    return result
