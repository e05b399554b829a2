"""Parts of the made-up frame: how many dossiers a unit has, when they ended, how, in what field, under which old id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import numpy as np

from sipas.example.days import WINDOW_END, WINDOW_START, working_days
from sipas.example.names import COMMUNE_FIELDS, DEPARTMENT_FIELDS, OTHER_FIELDS, SMALLEST_COMMUNE
from sipas.example.streams import Flags, Floats, Ints, Words, largest_remainder, numbered, stream, words

RESULTS: Mapping[str, str] = {
    "done": "Đã giải quyết",
    "refused": "Từ chối",
    "returned": "Trả lại",
    "overdue": "Quá hạn",
}
_RESULT_SHARES = (0.86, 0.04, 0.03, 0.07)
_SPAN = {"xa": (150.0, 8_000.0), "so": (600.0, 13_500.0)}  # smallest and largest unit of 200,000 dossiers
_OLD_IDS_UNTIL = "2025-08-31"
_BEFORE_SHARE = 0.6


class UnitLike(Protocol):
    """What is needed of a unit of the register (`sipas.units.Unit` has it)."""

    @property
    def unit_id(self) -> str: ...
    @property
    def name_vi(self) -> str: ...
    @property
    def unit_group(self) -> str: ...


class SuccessorLike(Protocol):
    """What is needed of a successor row of the register (`sipas.units.Successor` has it)."""

    @property
    def old_unit_id(self) -> str: ...
    @property
    def new_unit_id(self) -> str: ...
    @property
    def share(self) -> Decimal: ...


def unit_sizes(seed: int, units: Sequence[UnitLike], total: int) -> Ints:
    """Dossiers of each unit, adding up to `total`: evenly spread on the log scale inside a group.

    Departments by how much their kind of work brings in, communes dealt at random, an island commune the fewest.
    """
    chance = stream(seed, "unit sizes").random(len(units))
    place = np.array([_place_by_work(unit) for unit in units]) + chance / 2
    sizes = np.zeros(len(units))
    for group, (low, high) in _SPAN.items():
        members = np.flatnonzero([unit.unit_group == group for unit in units])
        sizes[members[np.argsort(place[members], kind="stable")]] = np.geomspace(high, low, len(members))
    return largest_remainder(sizes, total)


def outside_window(seed: int, total: int, n_outside: int) -> Ints:
    """-1 for a dossier that ended before the window, +1 after it, 0 inside; `n_outside` of `total` are not 0."""
    chosen = stream(seed, "outside").choice(total, n_outside, replace=False)
    outside = np.zeros(total, dtype=np.int64)
    n_before = round(_BEFORE_SHARE * n_outside)
    outside[chosen[:n_before]] = -1
    outside[chosen[n_before:]] = 1
    return outside


def finishing_days(seed: int, outside: Ints) -> Words:
    """ISO date on which each dossier ended; shape of `outside`."""
    random = stream(seed, "days")
    day = working_days(random, WINDOW_START, WINDOW_END, len(outside))
    day[outside < 0] = working_days(random, "2024-03-01", "2025-06-30", int((outside < 0).sum()))
    day[outside > 0] = working_days(random, "2026-07-01", "2026-07-10", int((outside > 0).sum()))
    return day


def results(seed: int, unit: Ints, inside: Flags) -> Ints:
    """Position in RESULTS of each dossier: 86, 4, 3, 7 % of those inside the window, to the nearest whole dossier.

    Units differ: a dossier's chance of an ill result carries a unit effect (weighted draw without replacement by
    Gumbel keys). Outside the window everything is done.
    """
    random = stream(seed, "results")
    effect = random.normal(0, 0.5, int(unit.max()) + 1)
    rows = np.flatnonzero(inside)
    key = effect[unit[rows]] + random.gumbel(size=len(rows))
    counts = largest_remainder(_RESULT_SHARES, len(rows))
    ill = rows[np.argsort(-key, kind="stable")[: int(counts[1:].sum())]]
    codes = np.zeros(len(unit), dtype=np.int64)
    codes[ill] = random.permutation(np.repeat(np.arange(1, len(counts)), counts[1:]))
    return codes


def fields(seed: int, units: Sequence[UnitLike], unit: Ints) -> Words:
    """Field of work of each dossier, from its unit's group and name."""
    choice = [_fields_of(unit) for unit in units]
    width = np.array([len(fields_of_unit) for fields_of_unit in choice])
    table = np.full((len(units), int(width.max())), "", dtype=object)
    for row, fields_of_unit in enumerate(choice):
        table[row, : len(fields_of_unit)] = fields_of_unit
    pick = np.floor(stream(seed, "fields").random(len(unit)) * width[unit]).astype(np.int64)
    return np.asarray(table[unit, pick], dtype=object)


def dossier_numbers(day: Words) -> Words:
    """Unique number of each dossier, running by date: GD250701-000001 (shape of `day`)."""
    running = np.empty(len(day), dtype=np.int64)
    running[np.argsort(day.astype(str), kind="stable")] = np.arange(1, len(day) + 1)
    compact = {date: date[2:].replace("-", "") for date in set(day)}
    return np.asarray("GD" + words([compact[date] for date in day]) + "-" + numbered(running, 6), dtype=object)


def old_unit_ids(seed: int, now: Words, day: Words, successors: Sequence[SuccessorLike], count: int) -> Words:
    """Old id that a dossier still bears, "" for most. `now`: today's unit; `day`: ISO date, "" for no candidate.

    `count` dossiers of July and August 2025 whose unit has a predecessor are chosen (all, when there are fewer); a
    predecessor is taken with chance in proportion to its share.
    """
    random = stream(seed, "old units")
    old_of: dict[str, list[tuple[str, float]]] = {}
    for row in successors:
        old_of.setdefault(row.new_unit_id, []).append((row.old_unit_id, float(row.share)))
    early = (day != "") & (day <= _OLD_IDS_UNTIL)
    candidates = np.flatnonzero(early & np.isin(now.astype(str), list(old_of)))
    chosen = random.choice(candidates, min(count, len(candidates)), replace=False)
    result = words([""] * len(now))
    for unit_id, pairs in sorted(old_of.items()):
        rows = chosen[now[chosen] == unit_id]
        shares: Floats = np.array([share for _, share in pairs])
        names = words([old for old, _ in pairs])
        result[rows] = names[random.choice(len(pairs), len(rows), p=shares / shares.sum())]
    return result


def _place_by_work(unit: UnitLike) -> int:
    """0 for the units with the most dossiers; equal places are mixed."""
    if unit.unit_group == "xa":
        return int(SMALLEST_COMMUNE in unit.name_vi.casefold())
    return next((place for place, word in enumerate(DEPARTMENT_FIELDS) if word in unit.name_vi), len(DEPARTMENT_FIELDS))


def _fields_of(unit: UnitLike) -> tuple[str, ...]:
    if unit.unit_group == "xa":
        return COMMUNE_FIELDS
    return next((names for word, names in DEPARTMENT_FIELDS.items() if word in unit.name_vi), OTHER_FIELDS)
