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
from sampling.totals import By, Totals
from sampling.totals.merge import merge_parts
from sampling.totals.rows import RowSums, Variable, row_totals, side_by_side

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
        part, domain, read = row_totals(replication.design, variables, by)
        self.full: Totals = merge_parts([part])
        self._replication = replication
        patterns, labels = patterns_of(replication), part.domains
        units = int(replication.unit.max()) + 1
        code = (domain * units + replication.unit) * patterns.count + patterns.row
        kept, place = compact(code, len(labels) * units * patterns.count)
        self._pattern, above = kept % patterns.count, kept // patterns.count
        self._unit = above % units
        sums = RowSums(patterns.base, max((one.top for one in read if one.is_code), default=1.0))
        shape = (len(kept), len(read))
        wy = join(side_by_side([sums.sums(place, len(kept), one) for one in read], len(kept)), shape)
        weight = join(sums.weight_sums(place, len(kept)), (len(kept),))
        self._wy = _by_domain(above // units, wy * patterns.scale, len(labels))
        answered = _answered(sums, place, read, weight)
        self._wa = _by_domain(above // units, answered * patterns.scale, len(labels))
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


def _answered(sums: RowSums, place: IntArray, read: Sequence[Variable], weight: FloatArray) -> FloatArray:
    """sum w [y observed] by cell, (c, v), or one column while nothing is missing."""
    if all(one.observed is None for one in read):
        return weight[:, None]
    own = [sums.weight_sums(place, len(weight), one.observed) for one in read]
    return join(side_by_side(own, len(weight)), (len(weight), len(read)))


def _by_domain(domain: IntArray, values: FloatArray, domains: int) -> sparse.csr_matrix:
    """Matrix (D x v, c) whose row (domain, variable) holds the values of the domain's cells."""
    cell, column = np.nonzero(values)
    row = domain[cell] * values.shape[1] + column
    return sparse.csr_matrix((values[cell, column], (row, cell)), (domains * values.shape[1], len(values)))
