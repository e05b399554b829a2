"""Criteria below one another: children against their parent, counts and points against what the text states."""

from __future__ import annotations

import numpy as np

from sampling.numbers import BoolArray, IntArray
from sipas.audit.numbers import Numbers, millionths, parse_column, written
from sipas.audit.rounding import judge
from sipas.audit.table import Column, Finding, Table
from sipas.audit.vocabulary import plain

_ADDED = ("total", "max", "count")


def tree_findings(table: Table) -> tuple[list[Finding], dict[int, BoolArray]]:
    """Findings of a table of criteria; and by column position the rows (parents) whose number does not fit.

    The parent of a row: the declared column or list, else the code without its last dotted part. Only parents all of
    whose children have a number are held against them; sums by exact arithmetic, rounded as the column rounds.
    """
    code = table.one("code")
    if code is None:
        return [], {}
    parents = _parents(table, code)
    all_findings, wrong = [], {}
    for column in table.columns:
        if column.role in _ADDED:
            numbers = table.numbers[column.position]
            findings, bad = _children(table, column, numbers, parents)
            all_findings += findings + _stated(table, column, numbers, parents)
            wrong[column.position] = bad
    return all_findings, wrong


def _parents(table: Table, code: Column) -> IntArray:
    """Row of each row's parent in the same block, -1 for a root."""
    codes = [plain(str(cell)).rstrip(".") for cell in table.cells[:, code.position]]
    declared = {plain(child): plain(parent) for child, parent in table.spec.tree.parents.items()}
    column = table.one("parent")
    place = {(int(group), code): at for at, (group, code) in enumerate(zip(table.group, codes, strict=True))}
    result = np.full(len(codes), -1, np.int64)
    for at, (group, row_code) in enumerate(zip(table.group, codes, strict=True)):
        if column is not None:
            above = plain(str(table.cells[at, column.position])).rstrip(".")
        else:
            above = declared.get(row_code, "" if declared else row_code.rpartition(".")[0])
        result[at] = place.get((int(group), above), -1) if above else -1
    return result


def _children(table: Table, column: Column, numbers: Numbers, parents: IntArray) -> tuple[list[Finding], BoolArray]:
    """Sums of children against their parents in one column."""
    n = len(parents)
    has_parent = parents >= 0
    added = np.zeros(n, np.int64)
    np.add.at(added, parents[has_parent], numbers.value[has_parent])
    n_children = np.bincount(parents[has_parent], minlength=n)
    n_given = np.bincount(parents[has_parent & numbers.given], minlength=n)
    checked = numbers.given & (n_children > 0) & (n_given == n_children)
    judged = judge(
        numbers,
        (added.astype(object), np.full(n, 1, object)),
        checked,
        group=table.group,
        rounding=table.spec.rounding,
    )
    return [
        table.finding(
            "audit.children_parent", int(at), column, written(added[at], int(judged.decimals[at]), table.mark)
        )
        for at in np.flatnonzero(judged.bad)
    ], judged.bad


def _stated(table: Table, column: Column, numbers: Numbers, parents: IntArray) -> list[Finding]:
    """The whole column, roots only, against the sum in the text or in a summary row of the table.

    `got` is what is stated, `expected` what the rows add to: the rows are many and agree, the sentence is one.
    """
    roots = parents < 0
    if not numbers.given[roots].all() or len(np.unique(table.group)) > 1 or roots.sum() < 2:
        return []
    added = int(numbers.value[roots].sum())
    decimals = int(numbers.decimals[roots].max(initial=0))
    findings = []
    for header, number in table.spec.tree.stated.items():
        if plain(header) == plain(column.header) and millionths(number) != added:
            expected = written(added, decimals, table.mark)
            got = format(number, "f").replace(".", table.mark or ".")
            findings.append(
                Finding("audit.stated_sum", table.head_row, column.position, column.header, "", got, expected)
            )
    for row, cells in table.sums:
        parsed = parse_column(cells[[column.position]], table.mark, lambda text: table.words.kind(text) == "blank")
        if parsed.given[0] and int(parsed.value[0]) != added:
            shown, expected = str(cells[column.position]), written(added, decimals, table.mark)
            findings.append(Finding("audit.stated_sum", row, column.position, column.header, "", shown, expected))
    return findings
