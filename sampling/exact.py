"""Sums that do not depend on the order of their terms, so that no order of rows, units or chunks moves a last digit.

A value is cut into parts on fixed grids 2^6, 2^-24, 2^-54 ...; a sum of multiples of one grid is exact in float64 as
long as it stays below 2^53 steps, so it is the same in any order and for any cut into chunks. Only the last addition,
grid by grid, rounds (Demmel, Nguyen 2015, IEEE Transactions on Computers 64:7). What it is worth: docs/methods.md, 5.

Why not math.fsum: it is exact too, but takes one Python number at a time, and its result can't be added to that of
another chunk. Why not pairwise or compensated sums: they are more accurate, not independent of order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse

from sampling.numbers import FloatArray, IntArray

# What the grid above leaves is at most half of its step, 2^29 steps of this grid: 24 of 53 bits of a float remain for
# the number of terms, so that no sum of 2^24 parts passes 2^53 steps, where float64 would begin to round.
STEP = 30
_GRIDS = (96, 66, 36, 6, -24, -54, -84, -114)
_LOWEST_TOP = -24  # always used; a higher grid only where a sum passes 2^51 steps of the one below

Parts = dict[int, FloatArray]
"""Parts of values by grid exponent, highest first; all of one shape."""


def split(values: FloatArray, bound: float | None = None) -> Parts:
    """Parts of `values` (any shape) whose sums are exact.

    bound: at least the largest sum of absolute values that will be formed (none: the sum over all values). Up to
    2^24 terms a sum, or 2^21 when parts are multiplied by whole numbers up to 7. What lies below 2^-115 is dropped.
    """
    if bound is None:
        bound = float(np.abs(values).sum())
    parts: Parts = {}
    rest = values
    for grid in (exponent for exponent in _GRIDS if exponent <= _LOWEST_TOP or bound >= 2.0 ** (exponent + 51 - STEP)):
        # In 1.5 x 2^(52 + grid) the last bit is worth 2^grid: adding it rounds to the grid, taking it off is exact. The
        # factor 1.5 keeps that so for negative values.
        rounder = 1.5 * 2.0 ** (grid + 52)
        part = (rest + rounder) - rounder
        if part.any():
            parts[grid] = part
            rest = rest - part
            if not rest.any():
                break
    return parts


def join(parts: Mapping[int, FloatArray], shape: tuple[int, ...]) -> FloatArray:
    """The sum over grids, highest first; zeros of `shape` where there is no part."""
    grids = sorted(parts, reverse=True)
    if not grids:
        return np.zeros(shape)
    total = parts[grids[0]].copy()
    for grid in grids[1:]:
        total += parts[grid]
    return total


def added(terms: Sequence[Parts], shape: tuple[int, ...]) -> Parts:
    """Exact sum of parts that are exact sums themselves; what outgrows a grid is carried to the next higher one."""
    total: Parts = {}
    for grid in sorted({grid for term in terms for grid in term}):
        value = total.pop(grid, np.zeros(shape))
        for term in (parts for parts in terms if grid in parts):
            value = value + term[grid]
            # Chunk after chunk a grid may fill up; what it can no longer hold is carried before it would round.
            up = outgrown(value, grid)
            if up.any():
                value = value - up
                total[grid + STEP] = total.get(grid + STEP, np.zeros(shape)) + up
        total[grid] = value
    return total


def outgrown(values: FloatArray, grid: int) -> FloatArray:
    """What of sums on `grid` belongs on the next higher grid: zeros until one comes near 2^53 steps."""
    if float(np.abs(values).max(initial=0.0)) < 2.0 ** (grid + 51):
        return np.zeros(1)
    rounder = 1.5 * 2.0 ** (grid + STEP + 52)
    return (values + rounder) - rounder


def bincount(codes: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sums of values (n,) by code, (size,), in row order: exact for parts on one grid."""
    return np.bincount(codes, values, size).astype(np.float64, copy=False)


def sums_by(codes: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Order-free sums of values (n,) by code, (size,)."""
    return join({grid: bincount(codes, part, size) for grid, part in split(values).items()}, (size,))


def grouping(codes: IntArray, size: int, weights: FloatArray | None = None) -> sparse.csr_matrix:
    """Matrix (size, n) that adds the rows of one group, each times its weight (none: 1)."""
    data = np.ones(len(codes)) if weights is None else weights
    order = np.arange(len(codes))
    if len(codes) and bool((codes[1:] >= codes[:-1]).all()):
        starts = np.searchsorted(codes, np.arange(size + 1))
        return sparse.csr_matrix((data, order, starts), shape=(size, len(codes)))
    return sparse.csr_matrix((data, (codes, order)), shape=(size, len(codes)))


class BlockSums:
    """Order-free sums of small tables: every column of a block (domain) is cut on two grids of its own.

    blocks: (B, r) grouping of the rows by block, rows sorted by block. What is lost is below 2^-95 of the largest sum.
    """

    def __init__(self, blocks: sparse.csr_matrix) -> None:
        self._blocks = blocks
        self._length = np.diff(blocks.indptr)

    def sums(self, values: FloatArray, groups: sparse.csr_matrix) -> FloatArray:
        """groups @ values; values (r, K), groups (g, r) of ones, no group reaching over two blocks."""
        exponent = np.frexp(np.asarray(self._blocks @ np.abs(values)))[1]
        rounder = np.repeat(np.ldexp(1.5, exponent), self._length, axis=0)
        high = values + rounder
        high -= rounder
        low = values - high
        np.multiply(rounder, 2.0**-46, out=rounder)
        low += rounder
        low -= rounder
        return np.asarray(groups @ high + groups @ low)
