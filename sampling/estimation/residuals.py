"""What calibration takes off V: with t - X Gamma in place of t, V = t'Mt - 2 t'MX Gamma + Gamma'X'MX Gamma.

Gamma = G u is linear in u, the sums of d x z of all steps by domain: every step's residual is that of the step after
it, so G is made once, and X'MX and G'X'MXG too. u has few columns in a domain; only those are touched.
"""

from __future__ import annotations

import numpy as np
from scipy import sparse

from sampling.codes import compact
from sampling.design import Level
from sampling.estimation.units import Touched, Units
from sampling.exact import grouping, sums_by
from sampling.linear import product, symmetric_inverse
from sampling.numbers import FloatArray, IntArray
from sampling.sums import CalibrationSums

_LARGEST_DENSE = 400


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
        self._mx = [_centred(unit_x, level) for unit_x, level in zip(self._unit_x, levels, strict=True)]
        xmx = [(unit_x.T @ mx).tocsr() for unit_x, mx in zip(self._unit_x, self._mx, strict=True)]
        self._xmx = sum(xmx[1:], start=xmx[0]).tocsr()
        self._gamma = _gamma_matrix(x)
        dense = self._width <= _LARGEST_DENSE
        # twice the matrix, since only one triangle of every domain is formed
        self._both = 2 * product(self._gamma.T, product(self._xmx, self._gamma)) if dense else None

    def variance(self, rows: Touched, tables: list[tuple[Units, FloatArray]], scaled: FloatArray) -> FloatArray:
        """Gamma'X'MX Gamma - 2 t'MX Gamma, (domains, K). scaled: (cells, K) = u."""
        code, position = compact(rows.cell_domain * self._width + rows.cell_column, rows.size * self._width)
        u = scaled if len(code) == len(position) else np.asarray(grouping(position, len(code)) @ scaled)
        domain, column = code // self._width, code % self._width
        if self._both is None:
            return self._one_by_one(rows.size, (domain, column, u), tables)
        starts = np.searchsorted(domain, np.arange(rows.size + 1))
        inner = _within(self._both, domain, column, starts) @ u
        total = np.asarray(grouping(domain, rows.size) @ (u * inner))
        for (units, t), mx in zip(tables, self._mx, strict=True):
            per_unit = np.diff(starts)[units.domain]
            edges = np.append(0, np.cumsum(per_unit))
            cell = np.arange(edges[-1]) + np.repeat(starts[units.domain] - edges[:-1], per_unit)
            seen = product(mx[units.unit], self._gamma).take(
                np.repeat(np.arange(len(t)) * self._width, per_unit) + column[cell]
            )
            fitted = sparse.csr_matrix((seen, cell, edges), (len(t), len(u))) @ u
            total -= 2 * np.asarray(units.to_domain @ (t * fitted))
        return total

    def _one_by_one(
        self, size: int, cells: tuple[IntArray, IntArray, FloatArray], tables: list[tuple[Units, FloatArray]]
    ) -> FloatArray:
        """Domain by domain, for calibrations with so many columns that G'X'MXG is not kept."""
        domain, column, u = cells
        edges = np.searchsorted(domain, np.arange(size + 1))
        result = np.empty((size, u.shape[1]))
        for place in range(size):
            domain_cells = slice(int(edges[place]), int(edges[place + 1]))
            gamma = product(self._gamma[:, column[domain_cells]], u[domain_cells])
            result[place] = (product(self._xmx, gamma) * gamma).sum(axis=0)
            for (units, t), mx in zip(tables, self._mx, strict=True):
                low, high = np.searchsorted(units.domain, [place, place + 1])
                result[place] -= 2 * (t[low:high] * product(mx[units.unit[low:high]], gamma)).sum(axis=0)
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


def _within(doubled: FloatArray, domain: IntArray, column: IntArray, starts: IntArray) -> sparse.csr_matrix:
    """Block matrix of the domains' cells: below the diagonal `doubled`, on it half of that, so that u'(A u) = u'S u."""
    length = np.arange(1, len(domain) + 1) - starts[domain]
    edges = np.append(0, np.cumsum(length))
    cell = np.arange(edges[-1]) + np.repeat(starts[domain] - edges[:-1], length)
    data = doubled.take(np.repeat(column * len(doubled), length) + column[cell])
    data[edges[1:] - 1] *= 0.5
    return sparse.csr_matrix((data, cell, edges), (len(domain), len(domain)))


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
    total = sparse.diags(sums_by(group, level.share, groups)) @ mean
    return (
        factor @ (share @ (x - member.T @ mean) - member.T @ (per_n @ (member @ share @ x) - per_n @ total))
    ).tocsr()


def _gamma_matrix(x: CalibrationSums) -> FloatArray:
    """G, (p, p): Gamma_k = A_k^- (u_k - C_k Gamma_later), A_k = sum d x x', the last step first.

    A step's own columns are A_k^-; those of later steps are what these take off it, and earlier ones take nothing.
    """
    width = x.unit_x.shape[1]
    gamma = np.zeros((width, width))
    for place, square, cross in reversed(list(zip(x.slices, x.squares, x.crosses, strict=True))):
        # Margins that share a constant make the matrix singular; residuals are unique all the same.
        inverse = symmetric_inverse(np.asarray(square.todense()))
        gamma[place, place] = inverse
        if place.stop < width:
            later = slice(place.stop, width)
            gamma[place, later] = -product(inverse, product(cross, gamma[later, later]))
    return gamma
