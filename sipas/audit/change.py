"""Change on last year: the value the table gives for last year, and the difference, against last year's own table."""

from __future__ import annotations

import numpy as np

from sampling.numbers import BoolArray
from sipas.audit.numbers import Numbers
from sipas.audit.points import judged_findings
from sipas.audit.rounding import half_unit, judge
from sipas.audit.table import Column, Finding, Table
from sipas.audit.vocabulary import same_name


def change_findings(table: Table, last: Table | None) -> tuple[list[Finding], list[str]]:
    """Findings, and the units that last year's table does not name.

    Last year's value as printed here against last year's table; the change against this year's value less last
    year's (as printed here when it is printed, else as published then), allowing for the table's way of rounding.
    """
    now = _value(table)
    before, change = table.one("last_year"), table.one("change")
    if now is None:
        return [], []
    published, unknown = _published(table, last)
    findings: list[Finding] = []
    base = published
    if before is not None:
        base = table.numbers[before.position]
        if published is not None:
            both = base.given & published.given
            findings += table.findings(
                "audit.last_year", both & (base.value != published.value), before, _object(published)
            )
    if change is not None and base is not None:
        findings += _change(table, change, table.numbers[now.position], base)
    return findings, unknown


def _change(table: Table, column: Column, now: Numbers, base: Numbers) -> list[Finding]:
    numbers = table.numbers[column.position]
    # Many offices print a fall without its sign, beside an arrow: the size is what is checked then.
    exact = (now.value - base.value).astype(object)
    unsigned = not (numbers.value[numbers.given] < 0).any() and bool((exact < 0).any())
    has_plus = any("+" in str(cell) for cell in table.cells[:, column.position])
    exact = np.abs(exact) if unsigned and not has_plus else exact
    judged = judge(
        numbers,
        (exact, np.full(len(exact), 1, object)),
        numbers.given & now.given & base.given,
        group=table.group,
        rounding=table.spec.rounding,
        spread=half_unit(now) + half_unit(base),
    )
    return judged_findings(table, judged, column, "audit.change")


def _value(table: Table) -> Column | None:
    return table.one("index_pct") or table.one("total")


def _published(table: Table, last: Table | None) -> tuple[Numbers | None, list[str]]:
    """Last year's values in the order of this table's rows, joined by unit name."""
    if last is None or (column := _value(last)) is None:
        return None, []
    place = _places(last, table.spec.year)
    at = np.array([place.get(same_name(str(unit)), -1) for unit in table.units])
    numbers = last.numbers[column.position]
    is_listed: BoolArray = at >= 0

    def taken(values: np.ndarray) -> np.ndarray:
        return np.asarray(np.where(is_listed, values[at], values.dtype.type(0)))

    unknown = [str(unit) for unit in table.units[~is_listed]]
    return Numbers(
        taken(numbers.value),
        taken(numbers.given),
        taken(numbers.decimals),
        taken(numbers.broken),
        taken(numbers.ambiguous),
    ), unknown


def _object(numbers: Numbers) -> np.ndarray:
    return numbers.value.astype(object)


def _places(last: Table, year: int | None) -> dict[str, int]:
    """Row of each unit in last year's table. A table of several years is read at the year before; a unit that still
    stands in several rows has no one value and is left out."""
    use = np.ones(len(last.rows), bool)
    columns = last.all("group")
    if year is not None and columns:
        of_year = np.array([any(str(row[c.position]) == str(year - 1) for c in columns) for row in last.cells])
        use = of_year if of_year.any() else use
    names = [same_name(str(unit)) for unit in last.units]
    places: dict[str, int] = {}
    repeated = set()
    for at in np.flatnonzero(use).tolist():
        if names[at] in places:
            repeated.add(names[at])
        places[names[at]] = at
    return {name: at for name, at in places.items() if name not in repeated}
