"""Runs of domains, and the units of one stage that have rows in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sampling.codes import compact
from sampling.design import Level
from sampling.exact import BlockSums, grouping
from sampling.numbers import FloatArray, IntArray
from sampling.sums import Totals

_BLOCK_NUMBERS = 1 << 16


@dataclass(frozen=True, eq=False)
class Touched:
    """What the domains 0..size-1 of a block touch: last-stage units, (r,), and columns of x, (cells,)."""

    size: int
    domain: IntArray
    unit: IntArray
    cell_domain: IntArray
    cell_column: IntArray


@dataclass(frozen=True, eq=False)
class Block:
    """Domains first..stop-1, their pairs, and their (domain, column of x) cells."""

    first: int
    stop: int
    pairs: slice
    cells: slice

    def touched(self, sums: Totals) -> Touched:
        """The block's units and columns, domains counted from 0."""
        x = sums.calibration
        none = np.empty(0, dtype=np.int64)
        return Touched(
            self.stop - self.first,
            sums.pair_domain[self.pairs] - self.first,
            sums.pair_unit[self.pairs],
            none if x is None else x.cell_domain[self.cells] - self.first,
            none if x is None else x.cell_column[self.cells],
        )


def blocks(sums: Totals, width: int) -> Iterator[Block]:
    """Runs of domains whose pairs times `width` stay below 2^16 numbers, or one domain."""
    domains, x = len(sums.domains), sums.calibration
    first = np.searchsorted(sums.pair_domain, np.arange(domains + 1))
    cells = np.zeros_like(first) if x is None else np.searchsorted(x.cell_domain, np.arange(domains + 1))
    start = 0
    while start < domains:
        room = int(first[start]) + max(_BLOCK_NUMBERS // max(width, 1), 1)
        stop = min(max(int(np.searchsorted(first, room, side="right")) - 1, start + 1), domains)
        yield Block(start, stop, slice(int(first[start]), int(first[stop])), slice(int(cells[start]), int(cells[stop])))
        start = stop


class Units:
    """The units of one stage that have rows in the domains of a block, sorted by domain, then unit."""

    def __init__(self, domain: IntArray, unit: IntArray, sizes: tuple[int, int]) -> None:
        """domain, unit: (pairs,); sizes: domains of the block, units of the stage."""
        domains, units = sizes
        code, self._position = compact(domain * units + unit, domains * units)
        self.domain, self.unit, self.domains = code // units, code % units, domains
        self._pair_domain = domain
        self.to_domain = grouping(self.domain, domains)
        self.blocks = BlockSums(self.to_domain)

    def totals(self, t: FloatArray) -> FloatArray:
        """Totals of the pairs added up to these units."""
        if len(self.unit) == len(self._position):
            return t
        return BlockSums(grouping(self._pair_domain, self.domains)).sums(t, grouping(self._position, len(self.unit)))

    def cells(self, level: Level) -> tuple[IntArray, IntArray, IntArray]:
        """Non-empty (domain, group) cells: their group and domain, and the cell of every unit."""
        groups = len(level.n)
        cell, position = compact(self.domain * groups + level.unit_group[self.unit], self.domains * groups)
        return cell % groups, cell // groups, position
