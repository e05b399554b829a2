"""Calibration of many replicates at once, each to the totals of the full sample."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from errors import WeightError
from sampling.codes import compact
from sampling.exact import grouping
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.replication.patterns import Refitted
from sampling.weighting.auxiliary import Auxiliary, Entry
from sampling.weighting.distances import Distance
from sampling.weighting.solve import TOLERANCE, Problem, solve

_GOAL = 1e-10
_MOST_ROUNDS = 100


class Again:
    """All calibrations of a design, done again for weights summed by pattern."""

    def __init__(self, steps: Sequence[Refitted]) -> None:
        self._steps = [_Step(step) for step in steps]

    def factors(self, weight: FloatArray, first: int) -> FloatArray:
        """w/d of every pattern and replicate, (C, r). weight: (C, r) sums of b d; first: number of replicate 0 here.

        Raises WeightError `replication.empty_margin`, `replication.margin` naming margin and replicate.
        """
        current = weight
        for step in self._steps:
            current = step.calibrated(current, first)
        return np.divide(current, weight, out=np.ones_like(weight), where=weight != 0)


class _Step:
    """One calibration of patterns: margins as 0/1 tables, made once."""

    def __init__(self, step: Refitted) -> None:
        self._step, self._goal = step, step.refit.target
        self._margins: list[tuple[IntArray, IntArray, sparse.csr_matrix]] = []
        for entry in step.entries if step.is_raking else ():
            columns, code = compact(entry.code, len(self._goal))
            self._margins.append((columns, code, grouping(code, len(columns))))

    def calibrated(self, weight: FloatArray, first: int) -> FloatArray:
        """Weights that meet the totals in every replicate, (C, r)."""
        self._refuse_empty(weight, first)
        if not self._margins:
            return self._proved(self._newton(weight), first)
        weights, near = self._raked(weight)
        if not near.all():  # margins that hang together by a thread: Newton's steps give the same weights
            weights[:, ~near] = self._newton(weight[:, ~near])
        return self._proved(weights, first)

    def _raked(self, weight: FloatArray) -> tuple[FloatArray, BoolArray]:
        """Margins scaled one after the other, every replicate until it is near; (weights, which are near)."""
        weights, is_open = weight.copy(), np.ones(weight.shape[1], dtype=bool)
        for _ in range(_MOST_ROUNDS):
            worst = np.zeros(weight.shape[1])
            for columns, code, member in self._margins:
                sums = np.asarray(member @ weights)
                ratio = np.divide(self._goal[columns][:, None], sums, out=np.ones_like(sums), where=sums > 0)
                np.maximum(worst, np.abs(ratio - 1).max(axis=0), out=worst)
                ratio[:, ~is_open] = 1.0
                weights *= ratio.take(code, axis=0)
            is_open &= worst >= _GOAL
            if not is_open.any() or len(self._margins) == 1:
                return weights, np.ones_like(is_open)
        return weights, ~is_open

    def _newton(self, weight: FloatArray) -> FloatArray:
        """Every replicate a problem of its own, solved together by the solver of the full sample."""
        patterns, count = weight.shape
        refit, width = self._step.refit, len(self._goal)
        replicate = np.tile(np.arange(count), patterns)
        entries = [
            Entry(
                entry.margin,
                np.repeat(entry.code, count) + replicate * width,
                None if entry.value is None else np.repeat(entry.value, count),
            )
            for entry in self._step.entries
        ]
        labels = list(refit.labels) * count
        columns = pd.DataFrame({"margin": labels, "category": "", "partition": ""})
        columns = columns.assign(target=np.tile(self._goal, count), is_count=False)
        x = Auxiliary(columns, tuple(entries), replicate, np.repeat(np.arange(count), width))
        how = Distance(refit.method, np.repeat(refit.lower, count), np.repeat(refit.upper, count))  # type: ignore[arg-type]
        factor, _ = solve(Problem(x, weight.ravel(), how, np.zeros(width * count)))
        return weight * factor.reshape(patterns, count)

    def _refuse_empty(self, weight: FloatArray, first: int) -> None:
        size = self._sums(np.abs(weight), absolute=True)
        empty = (size == 0) & (self._goal != 0)[:, None]
        if empty.any():
            column, replicate = (int(index) for index in np.argwhere(empty)[0])
            where, number = self._step.refit.labels[column], first + replicate + 1
            raise WeightError("replication.empty_margin", where=where, got=number, expected=int(empty.sum()))

    def _proved(self, weight: FloatArray, first: int) -> FloatArray:
        gap = np.abs(self._sums(weight) - self._goal[:, None])
        scale = np.maximum(np.abs(self._goal)[:, None], self._sums(np.abs(weight), absolute=True))
        wrong = ~(gap <= TOLERANCE * scale)
        if wrong.any():
            column, replicate = (int(index) for index in np.argwhere(wrong)[0])
            got = f"{self._goal[column] - gap[column, replicate]:.10g}"
            number = first + replicate + 1
            where = self._step.refit.labels[column]
            raise WeightError("replication.margin", where=where, got=got, expected=self._goal[column], number=number)
        return weight

    def _sums(self, weight: FloatArray, *, absolute: bool = False) -> FloatArray:
        """sum w x by column and replicate, (p, r)."""
        sums = np.zeros((len(self._goal), weight.shape[1]))
        for columns, _, member in self._margins:
            sums[columns] += member @ weight
        for entry in () if self._margins else self._step.entries:
            value = 1.0 if entry.value is None else (np.abs(entry.value) if absolute else entry.value)[:, None]
            sums += grouping(entry.code, len(sums)) @ (weight * value)
        return sums
