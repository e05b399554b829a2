"""Classes against their cuts, or, when nobody says the cuts, against each other: no better class for a worse value."""

from __future__ import annotations

import numpy as np

from sampling.numbers import BoolArray
from sipas.audit.numbers import SCALE, millionths
from sipas.audit.order import out_of_order
from sipas.audit.percent import Percents
from sipas.audit.ranks import Metric
from sipas.audit.table import Column, Finding, Table
from sipas.audit.vocabulary import plain


def class_findings(table: Table, candidates: list[Metric], percents: Percents) -> list[Finding]:
    """Findings of the class column. Rows whose value is already found wrong are left alone."""
    column = table.one("class")
    if column is None or not candidates:
        return []
    names = np.array([plain(str(cell)) for cell in table.cells[:, column.position]], object)
    metric = candidates[0]
    usable = metric.given & ~metric.doubtful & (names != "") & ~percents.bad
    if table.spec.classes:
        return _by_cuts(table, column, names, metric, usable)
    return _by_order(table, column, names, metric, usable)


def _by_cuts(table: Table, column: Column, names: np.ndarray, metric: Metric, usable: BoolArray) -> list[Finding]:
    """Declared lower bounds, inclusive; points are taken as percent of the one maximum when there is no index."""
    cuts = sorted(((millionths(cut), name) for name, cut in table.spec.classes.items()), reverse=True)
    value = metric.value.astype(object)
    if metric.column.role == "total" and table.spec.max_points is not None:
        value = value * 100 * SCALE // millionths(table.spec.max_points)
    place = np.full(len(value), len(cuts) - 1)
    for at, (bound, _) in reversed(list(enumerate(cuts))):
        place[(value >= bound).astype(bool)] = at
    position_of = {plain(name): at for at, (_, name) in enumerate(cuts)}
    stated = np.array([position_of.get(name, -1) for name in names])
    unknown = table.findings("audit.class_unknown", usable & (stated < 0), column, _listed(table))
    return unknown + [
        table.finding("audit.class_cut", int(at), column, cuts[place[at]][1])
        for at in np.flatnonzero(usable & (stated >= 0) & (stated != place))
    ]


def _by_order(table: Table, column: Column, names: np.ndarray, metric: Metric, usable: BoolArray) -> list[Finding]:
    """On a known scale of names: the fewest rows whose class breaks the order of the values, block by block."""
    present = set(names[usable])
    scale = next((scale for scale in table.words.scales if present and present <= set(scale)), None)
    if scale is None:
        return []
    findings = []
    place = np.array([scale.get(name, 0) for name in names])
    for group in np.unique(table.group[usable]):
        at = np.flatnonzero(usable & (table.group == group))
        order = at[np.lexsort((place[at], -metric.value[at]))]
        bad = order[out_of_order(place[order])]
        good = np.setdiff1d(at, bad)
        for row in np.sort(bad):
            nearest = good[np.argmin(np.abs(metric.value[good] - metric.value[row]))]
            findings.append(
                table.finding("audit.class_order", int(row), column, str(table.cells[nearest, column.position]))
            )
    return findings


def _listed(table: Table) -> str:
    return " | ".join(table.spec.classes)
