"""Counting again from the forms: the answers of every item by unit, and the node values they give.

Sums are exact in any order of the rows (`sampling.exact`); every variant reads each answer once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.exact import bincount, join, split
from sampling.linear import product
from sampling.numbers import FloatArray, IntArray
from sipas.indices import IndexDefinition, SurveyData, Variant, coefficients

_AGREES = 1e-9


@dataclass(frozen=True, eq=False)
class Counts:
    """Answers counted for one variant. Rows: the units in order, then the province (all rows together).

    good, valid: (U + 1, items) sums of w x value and of w over valid answers; value_pct: (U + 1, nodes), NaN where no
    item of the node was answered; is_plain: (U + 1,) every form counts once.
    """

    good: FloatArray
    valid: FloatArray
    value_pct: FloatArray
    is_plain: np.ndarray


@dataclass(frozen=True, slots=True)
class ItemCount:
    """Sums behind one item of a node: w x value and w over valid answers, and the item's coefficient in the node."""

    item_code: str
    name_vi: str
    good: float
    valid: float
    coefficient: float


class Recount:
    """All variants of an index counted again, and whether the stored values are what comes out."""

    def __init__(self, data: SurveyData, definition: IndexDefinition, year: int) -> None:
        self._definition, self._data = definition, data
        self._nodes, self._items, self._matrix = coefficients(definition, year)
        name_of = {node.item_code: node.name_vi for node in definition.nodes if node.item_code}
        self._lines = {
            node: [(at, self._items[at], name_of[self._items[at]], float(row[at])) for at in np.flatnonzero(row)]
            for node, row in zip(self._nodes, self._matrix, strict=True)
        }
        self._nothing = np.zeros(len(self._items))
        self._code, self._units = pd.factorize(data.cases["rated_unit_id"], sort=True)
        self._place = {str(unit): place for place, unit in enumerate(self._units)} | {data.province_id: -1}
        self._made = {variant.name: self._count(variant) for variant in definition.variants}

    def items(self, unit_id: str, node: str, variant: str) -> list[ItemCount]:
        """Counts of the items behind a node; zeros for a unit without a form."""
        place, made = self._place.get(unit_id), self._made[variant]
        good, valid = (self._nothing, self._nothing) if place is None else (made.good[place], made.valid[place])
        return [
            ItemCount(item, name, float(good[at]), float(valid[at]), coefficient)
            for at, item, name, coefficient in self._lines[node]
        ]

    def is_plain(self, unit_id: str, variant: str) -> bool:
        """True where every form of the unit counts once."""
        place = self._place.get(unit_id)
        return place is None or bool(self._made[variant].is_plain[place])

    def beside(self, scores: pd.DataFrame) -> pd.DataFrame:
        """scores with `counted_pct`, the value counted again, and `agrees`: they are the same to 1e-9 of the value."""
        nobody = len(self._units) + 1
        rows = np.array([self._place.get(unit, nobody) for unit in scores["unit_id"]], dtype=np.int64)
        column = pd.Index(self._nodes).get_indexer(pd.Index(scores["node_code"]))
        counted = np.full(len(scores), np.nan)
        for name, counts in self._made.items():
            own = np.flatnonzero((scores["variant"] == name).to_numpy() & (column >= 0))
            known = np.vstack([counts.value_pct, np.full(len(self._nodes), np.nan)])
            counted[own] = known[np.where(rows[own] < 0, nobody - 1, rows[own]), column[own]]
        stored = scores["value_pct"].to_numpy(dtype=np.float64)
        return scores.assign(
            counted_pct=counted, agrees=np.isclose(counted, stored, rtol=_AGREES, atol=0, equal_nan=True)
        )

    def _count(self, variant: Variant) -> Counts:
        cases = self._data.cases
        is_seen = self._data.is_user if variant.filter == "users_only" else np.ones(len(cases), dtype=bool)
        final = variant.weights == "final"
        weight = cases["final_weight"].to_numpy(dtype=np.float64) if final else np.ones(len(cases))
        shape = (len(self._units) + 1, len(self._items))
        good, valid = np.empty(shape), np.empty(shape)
        for place, item in enumerate(self._items):
            value = cases[item].to_numpy(dtype=np.float64, na_value=np.nan)
            seen = np.flatnonzero(is_seen & ~np.isnan(value))
            valid[:, place] = _sums(self._code[seen], weight[seen], len(self._units))
            good[:, place] = _sums(self._code[seen], weight[seen] * value[seen], len(self._units))
        other = np.bincount(self._code[is_seen & (weight != 1)], minlength=len(self._units))
        is_plain = np.append(other, other.sum()) == 0
        return Counts(good, valid, self._node_values(good, valid), is_plain)

    def _node_values(self, good: FloatArray, valid: FloatArray) -> FloatArray:
        """100 sum c R / sum c over answered items, times the sum of all c of the node."""
        answered = valid > 0
        share = np.divide(good, valid, out=np.zeros_like(good), where=answered)
        total = product(self._matrix, share.T).T
        used = product(self._matrix, answered.T.astype(np.float64)).T
        whole = np.array([float(row.sum()) for row in self._matrix])
        return np.asarray(np.divide(100 * total * whole, used, out=np.full_like(total, np.nan), where=used > 0))


def _sums(codes: IntArray, values: FloatArray, size: int) -> FloatArray:
    """Sums by code, and last the sum of all, (size + 1,)."""
    parts = split(values)
    by_code = join({grid: bincount(codes, part, size) for grid, part in parts.items()}, (size,))
    return np.append(by_code, join({grid: np.array([part.sum()]) for grid, part in parts.items()}, (1,)))
