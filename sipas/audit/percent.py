"""The index of each unit against its points over its maximum."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sampling.numbers import BoolArray
from sipas.audit.numbers import SCALE, Numbers, millionths
from sipas.audit.points import Sums, judged_findings
from sipas.audit.rounding import Judged, half_unit, judge
from sipas.audit.table import Finding, Table

_SHARE_OF_ROWS = 0.8
_ENOUGH = 5


@dataclass(frozen=True, eq=False)
class Percents:
    """Outcome for the index column: rows that do not fit, and what each index should be."""

    findings: list[Finding]
    index: np.ndarray
    bad: BoolArray
    judged: Judged | None = None


def percent_findings(table: Table, sums: Sums) -> Percents:
    """index = 100 points / maximum, by exact fractions, rounded as the column rounds.

    Points: the total, or what its parts give; maximum: the applicable one, else maximum less excluded points, else the
    sum of the maxima of the parts, else one that most rows imply. Rows without either are not checked.
    """
    column = table.one("index_pct")
    if column is None:
        return Percents([], np.zeros(len(table.rows), object), np.zeros(len(table.rows), bool))
    numbers = table.numbers[column.position]
    nothing = Percents([], numbers.value.astype(object), np.zeros(len(table.rows), bool))
    points, has_points, spread = _points(table, sums)
    if not has_points.any():
        return nothing
    maximum, has_maximum = _maximum(table)
    if not has_maximum.any():
        constant = _implied(numbers, points, has_points)
        if constant is None:
            return nothing
        maximum, has_maximum = np.full(len(points), constant, object), has_points
    checked = numbers.given & has_points & has_maximum & (maximum > 0).astype(bool)
    safe = np.where(checked, maximum, 1)

    def compare(by: np.ndarray) -> Judged:
        loose = 100 * SCALE * spread // safe + 1 if bool((spread * 100 * SCALE > 0).any()) else None
        is_same_scale = bool((maximum[checked] == 100 * SCALE).all())
        return judge(
            numbers,
            (by * 100 * SCALE, safe),
            checked,
            group=table.group,
            rounding=table.spec.rounding,
            spread=None if is_same_scale else loose,
        )

    judged = _better(compare, table, sums, points)
    findings = judged_findings(table, judged, column, "audit.percent")
    return Percents(findings, np.where(judged.bad, judged.expected, numbers.value.astype(object)), judged.bad, judged)


def maximum_findings(table: Table) -> list[Finding]:
    """Excluded points that leave nothing; applicable maximum that is not maximum less excluded points."""
    most, excluded = table.values("max"), table.values("excluded")
    column, applicable = table.one("excluded"), table.one("applicable")
    if most is None or excluded is None or column is None:
        return []
    both = most.given & excluded.given
    findings = table.findings("audit.excluded", both & (excluded.value >= most.value), column, "< max")
    if applicable is not None:
        stated = table.numbers[applicable.position]
        left = most.value - excluded.value
        wrong = both & stated.given & (stated.value != left)
        findings += table.findings("audit.applicable", wrong, applicable, left.astype(object))
    return findings


def _better(compare: Callable[[np.ndarray], Judged], table: Table, sums: Sums, points: np.ndarray) -> Judged:
    """A row whose total is wrong may have an index made from the right one: it fits when either does."""
    judged = compare(points)
    if sums.bad.any():
        column = table.one("total")
        printed = table.numbers[column.position].value.astype(object) if column else points
        second = compare(printed)
        bad = np.where(sums.bad, judged.bad & second.bad, judged.bad)
        return Judged(bad, judged.expected, judged.decimals, judged.rounding, judged.mode, judged.is_loose)
    return judged


def _points(table: Table, sums: Sums) -> tuple[np.ndarray, BoolArray, np.ndarray]:
    """Points by row (corrected totals), where there are any, and half a unit of their last place."""
    total = table.values("total")
    if total is not None:
        return sums.total, total.given, half_unit(total)
    parts = [table.numbers[part.position] for part in table.all("part")]
    nothing = np.zeros(len(table.rows), object)
    if not parts:
        return nothing, np.zeros(len(table.rows), bool), nothing
    given: BoolArray = np.logical_and.reduce([part.given for part in parts])
    return sums.total, given, sum((half_unit(part) for part in parts), nothing)


def _maximum(table: Table) -> tuple[np.ndarray, BoolArray]:
    """Each row's maximum and where it is known."""
    applicable, most, excluded = (table.values(role) for role in ("applicable", "max", "excluded"))
    n = len(table.rows)
    if applicable is not None:
        return applicable.value.astype(object), applicable.given
    if most is not None:
        less = np.where(excluded.given, excluded.value, 0) if excluded is not None else np.zeros(n, np.int64)
        return (most.value - less).astype(object), most.given
    if table.spec.max_points is not None:
        return np.full(n, millionths(table.spec.max_points), object), np.ones(n, bool)
    maxima = [part.maximum for part in table.all("part")]
    if maxima and all(maximum is not None for maximum in maxima):
        less = np.where(excluded.given, excluded.value, 0) if excluded is not None else np.zeros(n, np.int64)
        return sum(maximum or 0 for maximum in maxima) - less.astype(object), np.ones(n, bool)
    return np.zeros(n, object), np.zeros(n, bool)


def _implied(numbers: Numbers, points: np.ndarray, has_points: BoolArray) -> int | None:
    """One maximum that four rows of five (at least five) imply; None when there is none. 100 is tried first, then
    the median of points / index at two decimals."""
    use = numbers.given & has_points & (numbers.value > 0)
    if int(use.sum()) < _ENOUGH:
        return None
    value, of = numbers.value[use].astype(object), points[use]
    ratios = sorted(100 * int(p) / int(v) for p, v in zip(of, value, strict=True))
    middle = round(ratios[len(ratios) // 2], 2)
    slack = half_unit(numbers)[use] * 2
    for constant in (100 * SCALE, round(middle * SCALE)):
        close = np.abs(value * constant - 100 * SCALE * of) <= slack * constant
        if constant and close.sum() >= _SHARE_OF_ROWS * len(of):
            return constant
    return None
