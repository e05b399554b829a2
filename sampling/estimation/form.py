"""V as a quadratic form of unit totals, for all domains and combinations of a block at once.

V = sum over stages and groups of factor sum q (t - tbar)^2, tbar = sum t / n, units that have no row of the domain
counted with t = 0 (docs/methods.md, section 5). With calibrated weights t is t - X Gamma.
"""

from __future__ import annotations

import numpy as np

from errors import DesignError
from sampling.design import Level
from sampling.estimation.residuals import Residuals
from sampling.estimation.units import Touched, Units
from sampling.exact import BlockSums, grouping, sums_by
from sampling.numbers import FloatArray, IntArray
from sampling.sums import Totals

Tables = list[tuple[Units, FloatArray]]
"""For every stage its units and their totals, (units, K)."""


def check_lonely(sums: Totals) -> None:
    """DesignError `estimation.lonely` under `fail`; `design.lonely_stage` for `average` with more than one stage."""
    for number, level in enumerate(sums.levels, start=1):
        count = int(level.is_lonely.sum())
        if count and sums.lonely_psu == "fail":
            raise DesignError("estimation.lonely", where=f"psu[{number}]", got=count, expected=0)
        if count and len(sums.levels) > 1 and sums.lonely_psu == "average":
            raise DesignError("design.lonely_stage", where=f"psu[{number}]", got=count, expected="adjust | certainty")


def upper_units(sums: Totals) -> tuple[IntArray, ...]:
    """For every stage the unit that a last-stage unit lies in, (U,)."""
    units = [np.arange(len(sums.stages[-1].parent))]
    for stage in reversed(sums.stages[1:]):
        units.append(stage.parent[units[-1]])
    return tuple(reversed(units))


class QuadraticForm:
    """V of combinations; what does not depend on the domain is made once."""

    def __init__(self, sums: Totals) -> None:
        check_lonely(sums)
        self._sums = sums
        self._upper = upper_units(sums)
        self._share = [
            None if level.share is None else sums_by(level.unit_group, level.share, len(level.n))
            for level in sums.levels
        ]
        self._residuals = None if sums.calibration is None else Residuals(sums.calibration, sums.levels, self._upper)

    def variance(self, rows: Touched, t: FloatArray, scaled: FloatArray | None) -> FloatArray:
        """(domains, K). t: (r, K) unit totals of w z, rows of one domain and unit are added; scaled: (cells, K) sums
        of d x z, with calibrated weights. Rows are sorted by domain."""
        tables: Tables = []
        for level, upper in zip(self._sums.levels, self._upper, strict=True):
            units = Units(rows.domain, upper[rows.unit], (rows.size, len(level.unit_group)))
            tables.append((units, units.totals(t)))
        total = np.zeros((rows.size, t.shape[1]))
        for number, (units, unit_totals) in enumerate(tables):
            total = total + self._stage(number, units, unit_totals)
        if self._residuals is not None and scaled is not None:
            total = total + self._residuals.variance(rows, tables, scaled)
        if self._sums.lonely_psu == "average":
            total = total * _average(self._sums.levels[0], tables[0][0], all_strata=self._residuals is not None)
        if self._sums.lonely_psu == "adjust":
            for number, level in enumerate(self._sums.levels):
                if level.is_lonely.any():
                    total = total + self._adjusted(number, tables[number], rows, scaled)
        return np.maximum(total, 0.0)

    def _stage(self, number: int, units: Units, t: FloatArray) -> FloatArray:
        """factor sum q (t - tbar)^2, added up over the groups of a domain; units without a row add q tbar^2."""
        level, share = self._sums.levels[number], self._share[number]
        group, cell_domain, position = units.cells(level)
        to_cell = grouping(position, len(group))
        mean = units.blocks.sums(t, to_cell) / level.n[group][:, None]
        gap = t - mean[position]
        if share is None or level.share is None:
            unseen = level.n[group] - np.bincount(position, minlength=len(group))
            inner = units.blocks.sums(gap * gap, to_cell)
        else:
            q = level.share[units.unit]
            unseen = np.maximum(share[group] - sums_by(position, q, len(group)), 0.0)
            inner = units.blocks.sums(q[:, None] * gap * gap, to_cell)
        inner += unseen[:, None] * mean * mean
        to_domain = grouping(cell_domain, units.domains)
        return BlockSums(to_domain).sums(level.factor[group][:, None] * inner, to_domain)

    def _adjusted(
        self, number: int, table: tuple[Units, FloatArray], rows: Touched, scaled: FloatArray | None
    ) -> FloatArray:
        """Lonely units around the mean of the totals: u (1 - f)(t - tbar)^2.

        As R survey 4.5: groups without a row of the domain take no part, unless calibration gives them a residual.
        """
        level, (units, t) = self._sums.levels[number], table
        total = units.blocks.sums(t, units.to_domain)
        if self._residuals is not None and scaled is not None:
            return self._residuals.adjusted(number, level, (units, t, total), rows, scaled)
        group, cell_domain, _ = units.cells(level)
        mean = total / np.bincount(cell_domain, level.n[group], units.domains)[:, None]
        group_of = level.unit_group[units.unit]
        lonely = np.flatnonzero(level.is_lonely[group_of])
        gap = t[lonely] - mean[units.domain[lonely]]
        value = level.rest[group_of[lonely]][:, None] * gap * gap
        to_domain = grouping(units.domain[lonely], units.domains)
        return BlockSums(to_domain).sums(value, to_domain)


def _average(level: Level, units: Units, *, all_strata: bool) -> FloatArray:
    """H / (H - lonely) over the strata that hold a row of the domain (with calibrated weights: all); NaN if all are."""
    group, cell_domain, _ = units.cells(level)
    if all_strata:
        strata = np.full(units.domains, float((level.n > 0).sum()))
        lonely = np.full(units.domains, float(level.is_lonely.sum()))
    else:
        strata = np.bincount(cell_domain, minlength=units.domains).astype(np.float64)
        lonely = np.bincount(cell_domain, level.is_lonely[group], units.domains)
    rest = strata - lonely
    return np.asarray(np.divide(strata, rest, out=np.full_like(strata, np.nan), where=rest > 0))[:, None]
