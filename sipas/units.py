"""Dated register of units: who existed when, and who took over from whom (the crosswalk).

Every unit has validity dates, because mergers and closures happen inside a series and inside a round: in July 2025
the districts went and most communes changed. A result is made for the units of one day; `resolve` gives the unit of
that day for the unit an old record names.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
import pandas as pd
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from errors import DataError, Fault, FaultsFound
from sipas.cells.days import is_day
from sipas.datafiles import Model, read_models

How = Literal["same", "successor", "split", "closed", "unknown"]
# Districts were abolished without one successor each: their tasks went to province and communes.
CLOSED_WITHOUT_SUCCESSOR: Final = ("huyen",)
_UNITS_FILE: Final = "units.csv"
_SUCCESSORS_FILE: Final = "successors.csv"
_HASH_RANGE: Final = 2**64


def _iso(text: str) -> str:
    if not is_day(text):
        raise PydanticCustomError("iso_date", "a day as YYYY-MM-DD")
    return text


IsoDate = Annotated[str, AfterValidator(_iso)]
MaybeDate = Annotated[str, AfterValidator(lambda text: _iso(text) if text else "")]
Code = Annotated[str, Field(pattern=r"^[\w.-]+$")]


class Unit(Model):
    """A unit while it exists. `valid_to` is its last day, "" while open; `unit_group` is "" for units not rated."""

    unit_id: Code
    name_vi: Annotated[str, Field(min_length=1)]
    kind: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    unit_group: str = ""
    parent_id: str = ""
    valid_from: IsoDate
    valid_to: MaybeDate = ""
    sort_order: int = 0

    def is_valid_on(self, day: str) -> bool:
        """Whether the unit exists on `day` (ISO)."""
        return self.valid_from <= day and (not self.valid_to or day <= self.valid_to)


class Successor(Model):
    """`share` of what belonged to the old unit goes to the new one from `effective_on`; shares of one unit add to 1."""

    old_unit_id: Code
    new_unit_id: Code
    share: Annotated[Decimal, Field(gt=0, le=1, decimal_places=6)]
    effective_on: IsoDate
    decision: str = ""


class UnitRegister:
    """All units and successors of one province. Raises FaultsFound `units.folder` when they contradict each other."""

    def __init__(self, units: Iterable[Unit], successors: Iterable[Successor] = ()) -> None:
        self.units = tuple(units)
        given = tuple(successors)
        faults = _register_faults([(0, unit) for unit in self.units], [(0, successor) for successor in given])
        if faults:
            raise FaultsFound("units.folder", faults)
        self._unit = {unit.unit_id: unit for unit in self.units}
        self._successors: dict[str, list[Successor]] = {}
        for successor in sorted(given, key=lambda successor: self._unit[successor.new_unit_id].sort_order):
            self._successors.setdefault(successor.old_unit_id, []).append(successor)

    def get(self, unit_id: str) -> Unit:
        """The unit with this id; DataError `units.unknown` when there is none."""
        if unit_id not in self._unit:
            raise DataError("units.unknown", got=unit_id)
        return self._unit[unit_id]

    def valid_on(self, date_iso: str) -> tuple[Unit, ...]:
        """Units that exist on the day, by `sort_order`, then as listed."""
        day = _day(date_iso)
        return tuple(sorted((u for u in self.units if u.is_valid_on(day)), key=lambda unit: unit.sort_order))

    def rated_on(self, date_iso: str, unit_group: str | None = None) -> tuple[Unit, ...]:
        """Rated units (with a unit group, or of this group) that exist on the day, by `sort_order`."""
        rated = (unit for unit in self.valid_on(date_iso) if unit.unit_group)
        return tuple(unit for unit in rated if unit_group in (None, unit.unit_group))

    def successors(self, unit_id: str) -> tuple[Successor, ...]:
        """Direct successors of a unit, by the `sort_order` of the new units; empty when it has none."""
        self.get(unit_id)
        return tuple(self._successors.get(unit_id, ()))

    def names(self) -> dict[str, str]:
        """Name of every unit, old and new, by id."""
        return {unit.unit_id: unit.name_vi for unit in self.units}

    def resolve(self, unit_ids: pd.Series, keys: pd.Series, on: str) -> pd.DataFrame:
        """The unit of day `on` for each row's unit at the event; columns `unit_id`, `how`, index as `unit_ids`.

        how: `same` (exists on the day), `successor` (one successor, chains followed), `split` (one of several),
        `closed` (ended without successor), `unknown` (not in the register, or not yet founded); unit_id is "" for the
        last two. A row of a split unit goes to the successor whose interval of cumulative shares (by sort_order) holds
        u = U / 2^64, U = first 16 hex digits of SHA-256("crosswalk|" + key): the same row always to the same
        successor, compared in exact integers. Raises DataError `units.keys` when `keys` has not one value per row.
        """
        day = _day(on)
        if len(keys) != len(unit_ids):
            raise DataError("units.keys", got=len(keys), expected=len(unit_ids))
        codes, distinct = pd.factorize(unit_ids, use_na_sentinel=True)
        outcomes = [self._outcome(str(unit_id), day) for unit_id in distinct] + [_UNKNOWN]
        first = np.array([targets[0] for targets, _, _ in outcomes], dtype=object)[codes]
        how = np.array([way for _, _, way in outcomes], dtype=object)[codes]
        for position, (targets, bounds, _) in enumerate(outcomes):
            if bounds:
                rows = np.flatnonzero(codes == position)
                hashes = _hashes(keys.iloc[rows])
                chosen = np.searchsorted(np.array(bounds, dtype=np.uint64), hashes, side="right")
                first[rows] = np.array(targets, dtype=object)[chosen]
        how[(first == "") & (how != "unknown")] = "closed"
        return pd.DataFrame({"unit_id": first, "how": how}, index=unit_ids.index).astype("str")

    def _outcome(self, unit_id: str, day: str) -> tuple[list[str], list[int], How]:
        """Successors of a unit on `day`, the integer bounds between their intervals, and how they came about."""
        unit = self._unit.get(unit_id)
        if unit is None or unit.valid_from > day:
            return _UNKNOWN
        if unit.is_valid_on(day):
            return [unit_id], [], "same"
        ends = list(self._ends(unit_id, day, Fraction(1)))
        bounds, total = [], Fraction(0)
        for _, share in ends[:-1]:
            total += share
            bounds.append(math.ceil(total * _HASH_RANGE))  # U < total * 2^64 exactly when U < this bound
        return [target for target, _ in ends], bounds, "split" if bounds else "successor"

    def _ends(self, unit_id: str, day: str, share: Fraction) -> Iterator[tuple[str, Fraction]]:
        """Where the parts of a unit are on `day`, "" for closed, and how large they are.

        Comes to an end because a successor lives on after its predecessor's last day.
        """
        if self._unit[unit_id].is_valid_on(day):
            yield unit_id, share
            return
        successors = [successor for successor in self._successors.get(unit_id, ()) if successor.effective_on <= day]
        if not successors:
            yield "", share
        for successor in successors:
            yield from self._ends(successor.new_unit_id, day, share * Fraction(successor.share))


_UNKNOWN: Final[tuple[list[str], list[int], How]] = ([""], [], "unknown")


def _day(text: str) -> str:
    if not is_day(text):
        raise DataError("units.date", got=len(text), expected="YYYY-MM-DD")
    return text


def _hashes(keys: pd.Series) -> np.ndarray:
    """First 16 hex digits of SHA-256("crosswalk|" + key) as unsigned integers, shape (n,)."""
    if keys.isna().any():
        raise DataError("units.keys", got=int(keys.notna().sum()), expected=len(keys))
    digests = (hashlib.sha256(f"crosswalk|{key}".encode()).digest() for key in keys)
    return np.fromiter((int.from_bytes(digest[:8], "big") for digest in digests), dtype=np.uint64, count=len(keys))


def load_register(folder: Path) -> UnitRegister:
    """Register from `units.csv` and `successors.csv` of a folder; FaultsFound `units.folder` with every fault."""
    faults: list[Fault] = []
    units = read_models(folder / _UNITS_FILE, Unit, faults)
    successors = read_models(folder / _SUCCESSORS_FILE, Successor, faults)
    faults += _register_faults(units, successors)
    if faults:
        raise FaultsFound("units.folder", faults, where=folder.name)
    return UnitRegister([unit for _, unit in units], [successor for _, successor in successors])


def _register_faults(units: Sequence[tuple[int, Unit]], successors: Sequence[tuple[int, Successor]]) -> list[Fault]:
    by_id = {unit.unit_id: unit for _, unit in units}
    succeeded = {successor.old_unit_id for _, successor in successors}
    return [
        *_unit_faults(units, by_id, succeeded),
        *_overlap_faults(units),
        *_successor_faults(successors, by_id),
        *_share_faults(successors),
    ]


def _unit_faults(units: Sequence[tuple[int, Unit]], by_id: dict[str, Unit], succeeded: set[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for line, unit in units:
        at = (_UNITS_FILE, "", line)
        if unit.unit_id in seen:
            yield Fault("units.duplicate", *at, "unit_id", unit.unit_id)
        seen.add(unit.unit_id)
        if unit.valid_to and unit.valid_to < unit.valid_from:
            yield Fault("units.dates_reversed", *at, "valid_to", unit.valid_to, unit.valid_from)
        if unit.valid_to and unit.unit_id not in succeeded and unit.kind not in CLOSED_WITHOUT_SUCCESSOR:
            yield Fault("units.no_successor", *at, "valid_to", unit.unit_id)
        parent = by_id.get(unit.parent_id)
        if parent is None:
            if unit.parent_id:
                yield Fault("units.unknown_parent", *at, "parent_id", unit.parent_id)
        elif not (parent.is_valid_on(unit.valid_to) if unit.valid_to else not parent.valid_to):
            yield Fault("units.parent_closed", *at, "parent_id", unit.parent_id, unit.valid_to, {"unit": unit.unit_id})


def _overlap_faults(units: Sequence[tuple[int, Unit]]) -> Iterator[Fault]:
    """Two rows for one unit: the same kind and name under the same parent on the same days."""
    alike: dict[tuple[str, str, str], list[Unit]] = {}
    for line, unit in units:
        earlier = alike.setdefault((unit.kind, unit.parent_id, unit.name_vi.casefold()), [])
        for other in earlier:
            starts = max(unit.valid_from, other.valid_from)
            if unit.is_valid_on(starts) and other.is_valid_on(starts) and unit.unit_id != other.unit_id:
                yield Fault("units.overlap", _UNITS_FILE, "", line, "name_vi", unit.unit_id, other.unit_id)
        earlier.append(unit)


def _successor_faults(successors: Sequence[tuple[int, Successor]], by_id: dict[str, Unit]) -> Iterator[Fault]:
    for line, successor in successors:
        at = (_SUCCESSORS_FILE, "", line)
        old, new = by_id.get(successor.old_unit_id), by_id.get(successor.new_unit_id)
        if old is None:
            yield Fault("units.unknown_successor", *at, "old_unit_id", successor.old_unit_id)
        elif not old.valid_to:
            yield Fault("units.successor_of_open", *at, "old_unit_id", successor.old_unit_id)
        elif old.valid_to >= successor.effective_on:
            yield Fault("units.successor_early", *at, "effective_on", successor.effective_on, old.valid_to)
        if new is None:
            yield Fault("units.unknown_successor", *at, "new_unit_id", successor.new_unit_id)
        elif not new.is_valid_on(successor.effective_on):
            yield Fault("units.successor_not_valid", *at, "effective_on", successor.effective_on, successor.new_unit_id)


def _share_faults(successors: Sequence[tuple[int, Successor]]) -> Iterator[Fault]:
    parts: dict[str, list[tuple[int, Successor]]] = {}
    for line, successor in successors:
        family = parts.setdefault(successor.old_unit_id, [])
        if any(successor.new_unit_id == other.new_unit_id for _, other in family):
            yield Fault("units.successor_twice", _SUCCESSORS_FILE, "", line, "new_unit_id", successor.new_unit_id)
        family.append((line, successor))
    for unit_id, family in parts.items():
        total, line = sum(successor.share for _, successor in family), family[-1][0]
        if total != 1:
            yield Fault("units.shares", _SUCCESSORS_FILE, "", line, "share", str(total), "1", {"unit": unit_id})
