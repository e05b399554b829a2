"""What calibration takes off V: with t - X Gamma in place of t, V = t'Mt - 2 t'MX Gamma + Gamma'X'MX Gamma.

Gamma = G u is linear in u, the sums of d x z of all steps by domain: every step's residual is that of the step after
it, so G is made once, and X'MX and G'X'MXG too. u and X'Mt have few columns in a domain; only those are touched.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sampling.codes import compact
from sampling.design import Level
from sampling.estimation.units import Touched, Units
from sampling.exact import grouping
from sampling.linear import product, symmetric_inverse
from sampling.numbers import FloatArray, IntArray
from sampling.totals import CalibrationSums

_LARGEST_DENSE = 400


@dataclass(frozen=True, eq=False)
class _Cells:
    """(domain, column) cells, sorted: their domain and column, and u and X'Mt, (cells, K), in them."""

    domain: IntArray
    column: IntArray
    u: FloatArray
    y: FloatArray


class Residuals:
    """The calibration part of V for one Totals."""

    def __init__(self, x: CalibrationSums, levels: tuple[Level, ...], upper: tuple[IntArray, ...]) -> None:
        """upper: for every stage the unit that a last-stage unit lies in."""
        self._x = x
        self._width = x.unit_x.shape[1]
        self._unit_x = [
            (grouping(place, len(level.unit_group)) @ x.unit_x).tocsr() if number < len(upper) - 1 else x.unit_x
            for number, (place, level) in enumerate(zip(upper, levels, strict=True))
        ]
        self._mx = [_centred(own, level) for own, level in zip(self._unit_x, levels, strict=True)]
        xmx = [(own.T @ mx).tocsr() for own, mx in zip(self._unit_x, self._mx, strict=True)]
        self._xmx = sum(xmx[1:], start=xmx[0]).tocsr()
        self._gamma = _gamma_matrix(x)
        dense = self._width <= _LARGEST_DENSE
        self._both = product(self._gamma.T, product(self._xmx, self._gamma)) if dense else None

    def variance(self, rows: Touched, tables: list[tuple[Units, FloatArray]], scaled: FloatArray) -> FloatArray:
        """Gamma'X'MX Gamma - 2 t'MX Gamma, (domains, K). scaled: (cells, K) = u."""
        cells = self._cells(rows, tables, scaled)
        if self._both is None:
            return self._one_by_one(rows.size, cells)
        counts = np.bincount(cells.domain, minlength=rows.size)
        per_cell = counts[cells.domain]
        starts = np.append(0, np.cumsum(per_cell))
        first = np.cumsum(counts) - counts
        indices = np.arange(starts[-1]) + np.repeat(first[cells.domain] - starts[:-1], per_cell)
        row, column = np.repeat(cells.column, per_cell), cells.column[indices]
        shape = (len(per_cell), len(per_cell))
        inner = sparse.csr_matrix((self._both[row, column], indices, starts), shape) @ cells.u
        inner -= 2 * (sparse.csr_matrix((self._gamma[column, row], indices, starts), shape) @ cells.y)
        return np.asarray(grouping(cells.domain, rows.size) @ (cells.u * inner))

    def _cells(self, rows: Touched, tables: list[tuple[Units, FloatArray]], scaled: FloatArray) -> _Cells:
        width = self._width
        codes = [rows.cell_domain * width + rows.cell_column]
        entries = []
        for (units, _), mx in zip(tables, self._mx, strict=True):
            own = mx[units.unit]
            row = np.repeat(np.arange(len(units.unit)), np.diff(own.indptr))
            entries.append((row, own.data))
            codes.append(units.domain[row] * width + own.indices)
        kept, position = compact(np.concatenate(codes), rows.size * width)
        places = np.split(position, np.cumsum([len(one) for one in codes])[:-1])
        u = np.asarray(grouping(places[0], len(kept)) @ scaled)
        y = np.zeros_like(u)
        for (row, data), place, (_, t) in zip(entries, places[1:], tables, strict=True):
            y += sparse.csr_matrix((data, (place, row)), shape=(len(kept), len(t))) @ t
        return _Cells(kept // width, kept % width, u, y)

    def _one_by_one(self, size: int, cells: _Cells) -> FloatArray:
        """Domain by domain, for calibrations with so many columns that G'X'MXG is not kept."""
        edges = np.searchsorted(cells.domain, np.arange(size + 1))
        result = np.empty((size, cells.u.shape[1]))
        for domain in range(size):
            own = slice(int(edges[domain]), int(edges[domain + 1]))
            filled = np.flatnonzero(cells.u[own].any(axis=1)) + own.start
            gamma = product(self._gamma[:, cells.column[filled]], cells.u[filled])
            cross = (cells.y[own] * gamma[cells.column[own]]).sum(axis=0)
            result[domain] = (product(self._xmx, gamma) * gamma).sum(axis=0) - 2 * cross
        return result

    def adjusted(
        self, number: int, level: Level, table: tuple[Units, FloatArray, FloatArray], rows: Touched, scaled: FloatArray
    ) -> FloatArray:
        """Every lonely unit's residual around the mean of all, (domains, K). table: units, t, their sum."""
        (units, t, total), x = table, self._unit_x[number]
        to_domain = grouping(rows.cell_domain, rows.size)
        column = rows.cell_column
        lonely = np.flatnonzero(level.is_lonely[level.unit_group])
        seen = product(x[lonely], self._gamma)
        of_all = product(sparse.csr_matrix(x.sum(axis=0)), self._gamma)[0]
        mean = (total - to_domain @ (of_all[column][:, None] * scaled)) / len(level.unit_group)
        result = np.zeros((rows.size, t.shape[1]))
        for unit, of_unit in zip(lonely, seen, strict=True):
            gap = -(to_domain @ (of_unit[column][:, None] * scaled)) - mean
            here = np.flatnonzero(units.unit == unit)
            gap[units.domain[here]] += t[here]
            result += level.rest[level.unit_group[unit]] * gap * gap
        return result


def _centred(x: sparse.csr_matrix, level: Level) -> sparse.csr_matrix:
    """M x of a stage: factor (q x - q xbar - sum(q x)/n + xbar sum(q)/n) in every group; stays sparse."""
    group, groups = level.unit_group, len(level.n)
    member = grouping(group, groups)
    per_n = sparse.diags(1 / np.maximum(level.n, 1))
    mean = per_n @ (member @ x)
    factor = sparse.diags(level.factor[group])
    if level.share is None:
        return (factor @ (x - member.T @ mean)).tocsr()
    share = sparse.diags(level.share)
    total = sparse.diags(np.bincount(group, level.share, groups)) @ mean
    return (factor @ (share @ (x - member.T @ mean) - member.T @ (per_n @ (member @ share @ x) - per_n @ total))).tocsr()


def _gamma_matrix(x: CalibrationSums) -> FloatArray:
    """G, (p, p): Gamma_k = A_k^- (u_k - C_k Gamma_later), A_k = sum d x x', the last step first."""
    width = x.unit_x.shape[1]
    gamma = np.zeros((width, width))
    for place, square, cross in reversed(list(zip(x.slices, x.squares, x.crosses, strict=True))):
        # Margins that share a constant make the matrix singular; residuals are unique all the same.
        inverse = symmetric_inverse(np.asarray(square.todense()))
        rest = -product(cross, gamma[place.stop :]) if place.stop < width else np.zeros((place.stop - place.start, width))
        rest[:, place] += np.eye(place.stop - place.start)
        gamma[place] = product(inverse, rest)
    return gamma
