"""Sums of a table by cell (domain x unit x pattern), from which every replicate's sums follow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sampling.codes import compact
from sampling.exact import join
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.replication.model import Replication
from sampling.replication.patterns import patterns_of
from sampling.replication.refit import Again
from sampling.sums import By, Totals
from sampling.sums.merge import merge_parts
from sampling.sums.rows import RowSums, Variable, row_totals

GROUP = 16  # replicates whose squares are added before they join the sum: any chunk is a multiple of it
_NUMBERS = 1 << 21


@dataclass(frozen=True, eq=False)
class Sums:
    """Sums of w y and of w [y observed] of r replicates, (D, v, r) each; kept: (D, v, r) where nobody answered and the
    sums of the full sample stand (None: nowhere); first: number of the first replicate."""

    wy: FloatArray
    wa: FloatArray
    kept: BoolArray | None
    first: int


class Cells:
    """Sums of b = 1 by cell, and the replicates made from them. D domains, v variables, c cells, C patterns."""

    def __init__(self, replication: Replication, variables: Sequence[str], by: By) -> None:
        """Raises what `totals` and `patterns_of` raise."""
        self.full, domain, read = _full(replication, variables, by)
        self._replication = replication
        patterns, domains = patterns_of(replication), len(self.full.domains)
        units = int(replication.unit.max()) + 1
        code = (domain * units + replication.unit) * patterns.count + patterns.row
        kept, place = compact(code, domains * units * patterns.count)
        self._pattern, above = kept % patterns.count, kept // patterns.count
        self._unit = above % units
        sums = RowSums(patterns.base, max((item.top for item in read if item.is_code), default=1.0))
        shape = (len(kept),)
        wy = np.stack([join(sums.sums(place, len(kept), item), shape) for item in read], axis=1)
        weight = join(sums.weight_sums(place, len(kept)), shape)
        wy *= patterns.scale
        self._wy = _by_domain(above // units, wy, domains)
        del wy
        answered = _answered(sums, place, read, weight)
        self._wa = _by_domain(above // units, answered * patterns.scale, domains)
        self._by_pattern = sparse.csr_matrix((weight, (self._pattern, self._unit)), (patterns.count, units))
        self._again = Again(patterns.steps) if patterns.steps else None

    @property
    def at_once(self) -> int:
        """Replicates made at a time: memory does not depend on how many there are."""
        largest = int(max(len(self._unit), self._wy.shape[0], self._by_pattern.shape[0]))
        return max(min(_NUMBERS // largest, 512) // GROUP, 1) * GROUP

    def replicates(self, at_once: int | None = None) -> Iterator[Sums]:
        """Sums of all replicates, chunk by chunk. at_once: rounded up to whole groups."""
        size = self.at_once if at_once is None else -(-at_once // GROUP) * GROUP
        first = 0
        for b in self._replication.multipliers.chunks(size):
            weight = b.take(self._unit, axis=0)
            if self._again is not None:
                weight *= self._again.factors(np.asarray(self._by_pattern @ b), first).take(self._pattern, axis=0)
            yield self._sums(weight, first)
            first += b.shape[1]

    def _sums(self, weight: FloatArray, first: int) -> Sums:
        shape = (*self.full.domain_wy.shape, weight.shape[1])
        wy = np.asarray(self._wy @ weight).reshape(shape)
        narrow = np.asarray(self._wa @ weight).reshape(shape[0], -1, shape[2])
        kept = None
        if not narrow.all():
            lost = np.broadcast_to(narrow == 0, shape)
            kept = lost & (self.full.domain_wa > 0)[:, :, None]
            wy = np.where(kept, self.full.domain_wy[:, :, None], wy)
            narrow = np.where(kept, self.full.domain_wa[:, :, None], narrow)
        return Sums(wy, np.broadcast_to(narrow, shape), kept, first)


def _full(replication: Replication, variables: Sequence[str], by: By) -> tuple[Totals, IntArray, tuple[Variable, ...]]:
    """Totals of the full sample, the domain of every row, and the variables as read."""
    part, domain, read = row_totals(replication.design, variables, by)
    return merge_parts([part]), domain, read


def _answered(sums: RowSums, place: IntArray, read: Sequence[Variable], weight: FloatArray) -> FloatArray:
    """sum w [y observed] by cell, (c, v), or one column while nothing is missing."""
    if all(item.observed is None for item in read):
        return weight[:, None]
    shape = weight.shape
    return np.stack([join(sums.weight_sums(place, len(weight), item.observed), shape) for item in read], axis=1)


def _by_domain(domain: IntArray, values: FloatArray, domains: int) -> sparse.csr_matrix:
    """Matrix (D x v, c) whose row (domain, variable) holds the values of the domain's cells."""
    width = values.shape[1]
    place = np.flatnonzero(values)
    cell = (place // width).astype(np.int32)
    row = (domain[cell] * width + place % width).astype(np.int32)
    return sparse.csr_matrix((values.ravel()[place], (row, cell)), (domains * width, len(values)))
