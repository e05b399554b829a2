"""The calibration equations sum d F(x'lambda) x = T, solved for all partitions together by damped Newton steps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from errors import WeightError
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.weighting.auxiliary import Auxiliary, Entry
from sampling.weighting.blocks import gram, inverses, times
from sampling.weighting.distances import Distance

TOLERANCE = 1e-9  # |sum w x - T| <= TOLERANCE max(|T|, sum w |x|)
_GOAL = 1e-14  # where Newton's steps stop by themselves
_DAMPING = 1e-7  # of sum d x x' added to the Hessian: rows at a bound would make it singular
_CELLS_AT_ONCE = 20_000_000


@dataclass(frozen=True, eq=False)
class Problem:
    """x, weights before d (n,), the distance, and 1/C of every column (0: to be met exactly), shape (p,)."""

    x: Auxiliary
    weight: FloatArray
    distance: Distance
    slack: FloatArray

    def part(self, rows: BoolArray, columns: BoolArray) -> Problem:
        """The problem of some blocks alone."""
        new = np.cumsum(columns) - 1
        entries = [
            Entry(e.margin, new[e.code[rows]], None if e.value is None else e.value[rows]) for e in self.x.entries
        ]
        table = self.x.columns[columns].reset_index(drop=True)
        blocks, column_block = np.unique(self.x.column_block[columns], return_inverse=True)
        block = np.searchsorted(blocks, self.x.block[rows])
        x = Auxiliary(table, tuple(entries), block, column_block.astype(np.int64))
        bounds = Distance(self.distance.method, self.distance.lower[rows], self.distance.upper[rows])
        return Problem(x, self.weight[rows], bounds, self.slack[columns])


def misses(problem: Problem, weight: FloatArray) -> FloatArray:
    """|sum w x - T| / max(|T|, sum w |x|) by column, shape (p,); 0 for columns that need not be met."""
    x = problem.x
    scale = np.maximum(np.abs(x.target), x.sizes(np.abs(weight)))
    gap = np.abs(x.sums(weight) - x.target)
    return np.where(problem.slack > 0, 0.0, np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0))


def solve(problem: Problem, max_iterations: int = 100) -> tuple[FloatArray, int]:
    """Factors w/d of every row, shape (n,), and the iterations taken. The caller looks at `misses`.

    Raises WeightError `weights.contradiction` when a column is a combination of others but its total is not.
    """
    factor, most = np.ones(len(problem.weight)), 0
    for rows, columns in _chunks(problem.x):
        part = problem if rows is None else problem.part(rows, columns)
        part_factor, iterations = _Newton(part).run(max_iterations)
        most = max(most, iterations)
        if rows is None:
            return part_factor, most
        factor[rows] = part_factor
    return factor, most


def _chunks(x: Auxiliary) -> Iterator[tuple[BoolArray | None, BoolArray]]:
    """Blocks taken together so that their matrices stay small; (None, all) when one go is enough."""
    width = int(np.bincount(x.column_block).max(initial=1))
    at_once = max(1, _CELLS_AT_ONCE // (width * width))
    if at_once >= x.n_blocks:
        yield None, np.ones(len(x.columns), dtype=bool)
        return
    for first in range(0, x.n_blocks, at_once):
        inside = (x.column_block >= first) & (x.column_block < first + at_once)
        yield (x.block >= first) & (x.block < first + at_once), inside


class _Newton:
    """One run over blocks padded to the widest: vectors (P, q), row places block * q + column."""

    def __init__(self, problem: Problem) -> None:
        self.problem, x = problem, problem.x
        counts = np.bincount(x.column_block, minlength=x.n_blocks)
        self.shape = (x.n_blocks, int(counts.max(initial=1)))
        self.place = _places(x.column_block, counts, self.shape[1])
        self.codes = [self.place[entry.code] for entry in x.entries]
        self.values = [entry.value for entry in x.entries]
        self.target, self.slack = self._padded(x.target), self._padded(problem.slack)
        self.start = gram(self.codes, self.values, problem.weight, self.shape)
        self.active = self._independent()

    def run(self, max_iterations: int) -> tuple[FloatArray, int]:
        """Newton steps until every block meets its totals to rounding, or gets no nearer."""
        lam = np.zeros(self.shape)
        u, open_blocks = np.zeros(len(self.problem.weight)), np.ones(self.shape[0], dtype=bool)
        factor = self.problem.distance.factor(u)
        gap, miss = self._gap(lam, factor)
        iterations = 0
        while iterations < max_iterations and (open_blocks := open_blocks & (miss > _GOAL)).any():
            step = self._step(factor, gap) * open_blocks[:, None]
            lam, moved = self._search(lam, step, gap, miss)
            open_blocks &= moved
            factor = self.problem.distance.factor(self._rows(lam))
            gap, miss = self._gap(lam, factor)
            iterations += 1
        return factor, iterations

    def _step(self, factor: FloatArray, gap: FloatArray) -> FloatArray:
        slope = self.problem.weight * self.problem.distance.slope(factor)
        hessian = gram(self.codes, self.values, slope, self.shape)
        if self.problem.distance.method != "linear":
            hessian += _DAMPING * self.start
        diagonal = np.arange(self.shape[1])
        hessian[:, diagonal, diagonal] += self.slack
        inverse, _ = inverses(hessian, self.active)
        return times(inverse, gap)

    def _search(
        self, lam: FloatArray, step: FloatArray, gap: FloatArray, miss: FloatArray
    ) -> tuple[FloatArray, BoolArray]:
        """The step, halved by block until it lowers the dual function, or close by the largest miss."""
        size = np.ones(self.shape[0])
        before, downhill = self._dual(lam), (step * gap).sum(axis=1)
        waiting = np.ones(self.shape[0], dtype=bool)
        for _ in range(40):
            tried = lam + size[:, None] * step
            now = self._dual(tried)
            _, new_miss = self._gap(tried, self.problem.distance.factor(self._rows(tried)))
            lower = now <= before - 1e-4 * size * downhill
            nearer = (new_miss < miss) & (miss < 1e-4)
            waiting &= ~(np.isfinite(now) & np.where(miss < 1e-8, nearer, lower | nearer))
            if not waiting.any():
                break
            size[waiting] /= 2
        size[waiting] = 0.0
        return lam + size[:, None] * step, ~waiting & (np.abs(step).max(axis=1, initial=0.0) > 0)

    def _gap(self, lam: FloatArray, factor: FloatArray) -> tuple[FloatArray, FloatArray]:
        """T - sum w x - lambda/C by block, and the largest relative miss of each block."""
        weight = self.problem.weight * factor
        with np.errstate(invalid="ignore", over="ignore"):
            gap = self.target - self._padded(self.problem.x.sums(weight)) - self.slack * lam
            scale = np.maximum(np.abs(self.target), self._padded(self.problem.x.sizes(weight)))
            miss = np.where(self.active & (scale > 0), np.abs(gap) / np.where(scale > 0, scale, 1.0), 0.0)
        return gap * self.active, np.nan_to_num(miss.max(axis=1, initial=0.0), nan=np.inf)

    def _dual(self, lam: FloatArray) -> FloatArray:
        u = self._rows(lam)
        with np.errstate(over="ignore", invalid="ignore"):
            rows = self.problem.weight * self.problem.distance.integral(u)
            total = np.bincount(self.problem.x.block, rows, self.shape[0])
            return np.asarray(total - (lam * self.target).sum(axis=1) + (self.slack * lam * lam).sum(axis=1) / 2)

    def _rows(self, lam: FloatArray) -> FloatArray:
        """u = x'lambda of every row."""
        flat, u = lam.ravel(), np.zeros(len(self.problem.weight))
        for code, value in zip(self.codes, self.values, strict=True):
            u += flat[code] if value is None else flat[code] * value
        return u

    def _padded(self, by_column: FloatArray) -> FloatArray:
        padded = np.zeros(self.shape[0] * self.shape[1])
        padded[self.place] = by_column
        return padded.reshape(self.shape)

    def _independent(self) -> BoolArray:
        """Columns that take part: those to be met that do not depend on earlier ones, and the penalised ones."""
        exact = self._padded(np.where(self.problem.slack > 0, 0.0, 1.0)) > 0
        inverse, used = inverses(self.start, exact)
        self._refuse_contradiction(inverse, exact & ~used)
        return used | (self.slack > 0)

    def _refuse_contradiction(self, inverse: FloatArray, dependent: BoolArray) -> None:
        """A dependent column x_j = sum c_i x_i must have T_j = sum c_i T_i."""
        implied = times(self.start, times(inverse, self.target))
        size = self._padded(self.problem.x.sizes(self.problem.weight))
        reach = times(np.abs(self.start), times(np.abs(inverse), np.abs(self.target)))
        scale = np.maximum(np.maximum(np.abs(self.target), size), 1e-6 * reach)
        wrong = dependent & (np.abs(implied - self.target) > TOLERANCE * scale)
        if not wrong.any():
            return
        block, column = (int(index) for index in np.argwhere(wrong)[0])
        made_of = np.abs(times(inverse, self.start[:, column])[block]) > 1e-6
        names = self.problem.x
        flat = int(np.flatnonzero(self.place == block * self.shape[1] + column)[0])
        others = np.isin(self.place, block * self.shape[1] + np.flatnonzero(made_of))
        raise WeightError(
            "weights.contradiction",
            where=names.label(flat),
            got=f"{self.target[block, column]:.10g}",
            expected=f"{implied[block, column]:.10g}",
            others=names.labels(others),
        )


def _places(column_block: IntArray, counts: IntArray, width: int) -> IntArray:
    """block * width + position inside the block, for every column."""
    order = np.argsort(column_block, kind="stable")
    starts = np.cumsum(counts) - counts
    inside = np.empty(len(column_block), dtype=np.int64)
    inside[order] = np.arange(len(column_block)) - np.repeat(starts, counts)
    return column_block * width + inside
