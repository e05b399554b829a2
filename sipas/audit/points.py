"""Points: each in its range and below its maximum, parts against the total, sub-totals against their parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from errors import shape_of
from sampling.numbers import BoolArray
from sipas.audit.numbers import SCALE, Numbers, written
from sipas.audit.rounding import Judged, half_unit, judge
from sipas.audit.table import Column, Finding, Table
from sipas.audit.weights import weights_findings

_LIMITED = ("index_pct", "last_year")
_NOT_NEGATIVE = ("part", "total", "max", "excluded", "applicable", "bonus", "count")
_MOST = 0.5  # of the rows must show a relation before the rest is blamed
_SUBTOTAL = 0.8
_FEW = 3


@dataclass(frozen=True, eq=False)
class Sums:
    """Outcome of the check of totals. total: what each row's total should be (as printed where nothing is known
    against it); bad: rows whose total does not fit; relation: sum, weighted, weights, or "" (nothing to compare)."""

    findings: list[Finding]
    total: np.ndarray
    bad: BoolArray
    relation: str
    judged: Judged | None = None


def cell_findings(table: Table) -> list[Finding]:
    """Cells that hold no number, or one that may be read in two ways; holes in a column that is full elsewhere."""
    findings = []
    for position, numbers in table.numbers.items():
        column = next(column for column in table.columns if column.position == position)
        for at in np.flatnonzero(numbers.broken):
            findings.append(table.finding("audit.not_number", int(at), column, "12,5", _shape(table, int(at), column)))
        findings += table.findings("audit.ambiguous_number", numbers.ambiguous, column, "1234 | 1,2340")
        if column.role in ("part", "total", "index_pct", "rank", "max"):
            findings += table.findings("audit.missing", holes(table, numbers), column, "")
    return findings


def range_findings(table: Table) -> list[Finding]:
    """Negative points, percent outside 0..100, parts and totals beyond their maximum."""
    findings = []
    for column in table.columns:
        numbers = table.numbers.get(column.position)
        if numbers is None:
            continue
        below = numbers.given & (numbers.value < 0)
        if column.role in (*_NOT_NEGATIVE, *_LIMITED):
            findings += table.findings("audit.negative", below, column, ">= 0")
        if column.role in _LIMITED:
            above = numbers.given & (numbers.value > 100 * SCALE)
            findings += table.findings("audit.above_hundred", above, column, "<= 100")
        if column.role == "part" and column.maximum is not None:
            above = numbers.given & (numbers.value > column.maximum)
            findings += table.findings("audit.above_maximum", above, column, f"<= {_text(column.maximum, table)}")
    return findings + _total_above(table)


def sum_findings(table: Table) -> Sums:
    """Parts (plus bonus, less penalty) against the total: as plain sum, as percents weighted by their maxima, or with
    weights that must exist (linear programme); sub-totals among the parts first."""
    total, parts = table.one("total"), table.all("part")
    if total is None:
        nothing = np.zeros(len(table.rows), bool)
        sub_findings, top = _subtotals(table, parts)
        return Sums(sub_findings, _added(table, top) if top else np.zeros(len(table.rows), object), nothing, "")
    numbers = table.numbers[total.position]
    printed = numbers.value.astype(object)
    if len(parts) < 2:
        return Sums([], printed, np.zeros(len(table.rows), bool), "")
    judged = _judge_sum(table, numbers, parts)
    relation, sub_findings = "sum", []
    if not _holds(judged, numbers):
        sub_findings, top = _subtotals(table, parts)
        second = _judge_sum(table, numbers, top) if len(top) < len(parts) and len(top) > 1 else None
        weighted = _judge_weighted(table, numbers, parts)
        if second is not None and _holds(second, numbers):
            judged = second
        elif weighted is not None and _holds(weighted, numbers):
            judged, relation = weighted, "weighted"
        elif int(numbers.given.sum()) > _FEW:
            findings = weights_findings(table, total, parts)
            return Sums([*sub_findings, *findings], printed, np.zeros(len(table.rows), bool), "weights")
    findings = judged_findings(table, judged, total, "audit.parts_total")
    return Sums(
        [*sub_findings, *findings], np.where(judged.bad, judged.expected, printed), judged.bad, relation, judged
    )


def judged_findings(table: Table, judged: Judged, column: Column, rule: str) -> list[Finding]:
    """Findings of a comparison: `rule`, or, where the cell fits under another way of rounding, `audit.truncated` when
    decimals were cut off in a table that rounds, else `audit.rounding`."""
    findings = []
    value = table.numbers[column.position].value
    for at in np.flatnonzero(judged.bad):
        expected = written(judged.expected[at], int(judged.decimals[at]), table.mark)
        is_cut = judged.mode != "truncate" and abs(value[at]) < abs(judged.expected[at])
        other = "audit.truncated" if is_cut else "audit.rounding"
        findings.append(table.finding(other if judged.rounding[at] else rule, int(at), column, expected))
    return findings


def _judge_sum(table: Table, numbers: Numbers, parts: list[Column], *, is_whole: bool = True) -> Judged:
    extra = [*table.all("bonus"), *table.all("penalty")] if is_whole else []
    used = [table.numbers[part.position] for part in [*parts, *extra]]
    spread = sum((half_unit(term) * term.given for term in used), np.zeros(len(table.rows), object))
    ones = np.full(len(table.rows), 1, object)
    checked = numbers.given & _complete(table, parts)
    return judge(
        numbers,
        (_added(table, parts, is_whole=is_whole), ones),
        checked,
        group=table.group,
        rounding=table.spec.rounding,
        spread=spread,
    )


def _judge_weighted(table: Table, numbers: Numbers, parts: list[Column]) -> Judged | None:
    """Parts in percent of their maxima."""
    if any(part.maximum is None for part in parts):
        return None
    exact = np.zeros(len(table.rows), object)
    spread = np.zeros(len(table.rows), object)
    for part in parts:
        part_numbers, maximum = table.numbers[part.position], part.maximum or 0
        exact = exact + part_numbers.value.astype(object) * maximum
        spread = spread + half_unit(part_numbers) * maximum // (100 * SCALE) + 1
    hundred = np.full(len(table.rows), 100 * SCALE, object)
    checked = numbers.given & _complete(table, parts)
    return judge(numbers, (exact, hundred), checked, group=table.group, rounding=table.spec.rounding, spread=spread)


def _holds(judged: Judged, numbers: Numbers) -> bool:
    """The relation is that of the table: at least half of its rows show it, or there are too few to tell."""
    n = int(numbers.given.sum())
    return n <= _FEW or int(judged.bad.sum()) <= _MOST * n


def _added(table: Table, parts: list[Column], *, is_whole: bool = True) -> np.ndarray:
    """Sum of the parts of each row, a blank counting nothing; for a whole total plus bonus, less the penalty's size."""
    result = np.zeros(len(table.rows), object)
    for column in [*parts, *(table.all("bonus") if is_whole else [])]:
        result = result + table.numbers[column.position].value.astype(object)
    for column in table.all("penalty") if is_whole else []:
        result = result - np.abs(table.numbers[column.position].value.astype(object))
    return result


def _complete(table: Table, parts: list[Column]) -> BoolArray:
    """Rows with at least one part and no part that could not be read."""
    some, unread = np.zeros(len(table.rows), bool), np.zeros(len(table.rows), bool)
    for column in parts:
        numbers = table.numbers[column.position]
        some |= numbers.given
        unread |= numbers.broken | numbers.ambiguous | holes(table, numbers)
    return some & ~unread


def _subtotals(table: Table, parts: list[Column]) -> tuple[list[Finding], list[Column]]:
    """Parts that are the sum of neighbouring parts, before or after them: findings, and the parts left on top.

    A part is taken for a sub-total when four rows of five (at least three) show it.
    """
    findings: list[Finding] = []
    top = list(parts)
    at = 0
    while at < len(top):
        children = _children_of(table, top, at)
        if children:
            numbers = table.numbers[top[at].position]
            judged = _judge_sum(table, numbers, children, is_whole=False)
            findings += judged_findings(table, judged, top[at], "audit.children_parent")
            top = [column for column in top if column not in children]
            at = 0
        else:
            at += 1
    return findings, top


def _children_of(table: Table, parts: list[Column], at: int) -> list[Column]:
    """The longest run of at least two neighbours right after, or right before, whose sum is this part."""
    target = table.numbers[parts[at].position]
    if int((target.given & (target.value != 0)).sum()) < _FEW:
        return []
    for run in (parts[at + 1 :], parts[at - 1 :: -1] if at else []):
        added = np.zeros(len(table.rows), np.int64)
        best = 0
        for count, column in enumerate(run, start=1):
            added = added + table.numbers[column.position].value
            same = (added == target.value) & target.given & (target.value != 0)
            if count >= 2 and same.sum() >= max(_FEW, _SUBTOTAL * target.given.sum()):
                best = count
        if best:
            return list(run[:best])
    return []


def _total_above(table: Table) -> list[Finding]:
    """Totals beyond the row's maximum, beyond the sum of the maxima of the parts when there is no such column."""
    total = table.one("total")
    limit = table.values("applicable") or table.values("max")
    if total is None:
        return []
    numbers = table.numbers[total.position]
    maxima = [part.maximum for part in table.all("part")]
    if limit is not None:
        above = numbers.given & limit.given & (numbers.value > limit.value)
        return table.findings("audit.total_above_maximum", above, total, limit.value.astype(object))
    if maxima and all(maximum is not None for maximum in maxima) and not table.all("bonus"):
        most = sum(maximum or 0 for maximum in maxima)
        return table.findings(
            "audit.total_above_maximum", numbers.given & (numbers.value > most), total, f"<= {_text(most, table)}"
        )
    return []


def holes(table: Table, numbers: Numbers) -> BoolArray:
    """Where a number is plainly left out: blanks in a block of ten rows or more of which nine in ten are filled."""
    size = np.bincount(table.group)
    filled = np.bincount(table.group, weights=numbers.given | numbers.broken | numbers.ambiguous)
    nearly_full = (size >= 10) & (filled >= 0.9 * size)
    blank: BoolArray = ~(numbers.given | numbers.broken | numbers.ambiguous)
    return blank & nearly_full[table.group]


def _shape(table: Table, at: int, column: Column) -> str:
    return shape_of(str(table.cells[at, column.position]))


def _text(value: int, table: Table) -> str:
    text = written(value, 6, table.mark)
    return text.rstrip("0").rstrip(".,")
