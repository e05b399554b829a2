"""Combinations of the ratios R_j = sum w y_j / sum w a_j of a domain, and their variances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sampling.codes import compact
from sampling.estimation.form import QuadraticForm
from sampling.estimation.units import blocks
from sampling.linear import product
from sampling.numbers import BoolArray, FloatArray, IntArray
from sampling.sums import Totals

Linear = Callable[[FloatArray, FloatArray, IntArray], FloatArray]
"""Sums (r, v) of y and of a, and the domain of every row, to sums of z, (r, K)."""


@dataclass(frozen=True, eq=False)
class Combinations:
    """Combinations of ratios by domain: value, variance, (D, K); n: (D, K) smallest item count; df: (D,).

    incomplete: (D, K), an item of the combination has no answer in the domain, the others carry its coefficient.
    """

    value: FloatArray
    variance: FloatArray
    n: IntArray
    df: FloatArray
    incomplete: BoolArray


def linear_combinations(sums: Totals, coefficients: FloatArray) -> Combinations:
    """value = C @ R for every domain, with the linearised variance.

    coefficients: C, shape (K, v). z_k = sum_j c_j 1_D a_j (y_j - R_j) / sum w a_j; V of the unit totals of w z,
    residualised for every calibration step.
    An item nobody answered in the domain leaves the combination, the rest is scaled up; no item, or coefficients that
    add up to 0 (a difference of items): NaN.
    Raises DesignError `estimation.lonely` when a group has one responding unit and the design says `fail`,
    `design.lonely_stage`.
    """
    ratio, answered = sums.ratios()
    is_own = coefficients.shape == (len(sums.variables),) * 2 and bool(
        (coefficients == np.eye(len(coefficients))).all()
    )
    scale, short = carried(coefficients, answered)
    value = (ratio if is_own else product(coefficients, ratio.T).T) * scale
    # Where there is no value, 0 keeps NaN out of the sums of units; the variance is emptied below.
    finite_scale = np.where(np.isnan(scale), 0.0, scale)
    weight = np.divide(1.0, sums.domain_wa, out=np.zeros_like(ratio), where=answered)

    def linear(y: FloatArray, a: FloatArray, domain: IntArray) -> FloatArray:
        z = ratio.take(domain, axis=0)
        np.multiply(z, a, out=z)
        np.subtract(y, z, out=z)
        z *= weight.take(domain, axis=0)
        return z if is_own else product(coefficients, z.T).T * finite_scale[domain]

    variance = variances(sums, len(coefficients), linear)
    variance[np.isnan(value)] = np.nan
    count = sums.n if is_own else _smallest(sums.n, answered, coefficients)
    return Combinations(value, variance, count, degrees_of_freedom(sums), short)


def variances(sums: Totals, width: int, linear: Linear) -> FloatArray:
    """V of `width` statistics in every domain, (D, width); `linear` makes sums of z from sums of y and a."""
    form, x = QuadraticForm(sums), sums.calibration
    result = np.empty((len(sums.domains), width))
    for block in blocks(sums, width):
        t = linear(sums.wy[block.pairs], sums.wa[block.pairs], sums.pair_domain[block.pairs])
        scaled = None
        if x is not None:
            scaled = linear(x.dxy[block.cells], x.dxa[block.cells], x.cell_domain[block.cells])
        result[block.first : block.stop] = form.variance(block.touched(sums), t, scaled)
    return result


def carried(coefficients: FloatArray, answered: BoolArray) -> tuple[FloatArray, BoolArray]:
    """(what the coefficients of answered items are multiplied by, who lacks an item), each (D, K)."""
    shape = (len(answered), len(coefficients))
    if answered.all():
        return np.ones(shape), np.zeros(shape, dtype=bool)
    used = (coefficients != 0).astype(np.float64)
    short = product(used, (~answered).T.astype(np.float64)).T > 0
    rest = product(coefficients, answered.T.astype(np.float64)).T
    coefficient_sum = np.broadcast_to(coefficients.sum(axis=1), shape)
    can = (np.abs(rest) > 0) & (np.abs(coefficient_sum) > 1e-12 * np.abs(coefficients).sum(axis=1))
    return np.where(short, np.divide(coefficient_sum, rest, out=np.full(shape, np.nan), where=can), 1.0), short


def _smallest(n: IntArray, answered: BoolArray, coefficients: FloatArray) -> IntArray:
    """Answers of the least answered item that a combination uses, (D, K)."""
    high = np.iinfo(np.int64).max
    n_answered = np.where(answered, n, high)
    least = np.stack([n_answered[:, row != 0].min(axis=1, initial=high) for row in coefficients], axis=1)
    return np.where(least == high, 0, least)


def degrees_of_freedom(sums: Totals) -> FloatArray:
    """df of every domain, (D,): units with an answer in the domain minus their groups, where f < 1.

    First-stage units and strata; inside units taken with certainty (f = 1) those of the next stage.
    """
    has_answer = (sums.wa > 0).any(axis=1)
    return df_of(sums, sums.pair_domain[has_answer], sums.pair_unit[has_answer], len(sums.domains))


def df_of(sums: Totals, domain: IntArray, unit: IntArray, domains: int) -> FloatArray:
    """df of sets of last-stage units, (domains,)."""
    df = np.zeros(domains)
    stage_unit = unit
    for number in range(len(sums.levels) - 1, -1, -1):
        level = sums.levels[number]
        units, _ = compact(domain * len(level.unit_group) + stage_unit, domains * len(level.unit_group))
        group = level.unit_group[units % len(level.unit_group)]
        of = units // len(level.unit_group)
        keep = level.is_open[group]
        groups, _ = compact(of[keep] * len(level.n) + group[keep], domains * len(level.n))
        df += np.bincount(of[keep], minlength=domains) - np.bincount(groups // len(level.n), minlength=domains)
        stage_unit = sums.stages[number].parent[stage_unit]
    return df


def is_open(sums: Totals) -> BoolArray:
    """Which domains hold a group that was not fully observed, (D,); the others are a census."""
    stage_unit, open_domains = sums.pair_unit, np.zeros(len(sums.domains), dtype=bool)
    for level, stage in reversed(list(zip(sums.levels, sums.stages, strict=True))):
        open_domains[sums.pair_domain[level.rest[level.unit_group[stage_unit]] > 0]] = True
        stage_unit = stage.parent[stage_unit]
    return open_domains


def is_conservative(sums: Totals) -> BoolArray:
    """Which domains hold a group drawn with unequal probabilities that has fewer than three units, (D,)."""
    stage_unit, conservative = sums.pair_unit, np.zeros(len(sums.domains), dtype=bool)
    for level, stage in reversed(list(zip(sums.levels, sums.stages, strict=True))):
        conservative[sums.pair_domain[level.is_conservative[level.unit_group[stage_unit]]]] = True
        stage_unit = stage.parent[stage_unit]
    return conservative
