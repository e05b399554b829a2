"""Look-ups over a checked pack: names, sheets and scores by the ids that the tables carry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

import pandas as pd

from sipas.publish.labels import is_absent
from sipas.publish.round.pack import IndexFacts, RoundPack, RulebookFacts


@dataclass(frozen=True)
class UnitName:
    """A unit as it is printed."""

    unit_id: str
    name_vi: str
    unit_group: str


@dataclass(frozen=True)
class Result:
    """A unit's total, index, rank and class."""

    unit_id: str
    points: Decimal
    bonus: Decimal
    penalty: Decimal
    total_shown: Decimal
    applicable_max: Decimal
    index_shown: Decimal
    rank: int | None
    class_name_vi: str


@dataclass(frozen=True)
class Scored:
    """A unit's row of one criterion."""

    points: Decimal | None
    max_points: Decimal | None
    leaf_status: str
    std_error: float | None
    value_text: str
    override_reason: str
    evidence: str


@dataclass(frozen=True)
class Score:
    """A value of the index tree for one unit and variant."""

    value_pct: float | None
    std_error: float | None
    n: int
    ci_low: float | None
    ci_high: float | None
    flag: str
    reason: str


def rows(frame: pd.DataFrame) -> Iterator[dict[str, Any]]:
    """Rows as dicts; an absent text is "", any other absent value None."""
    texts = {name for name in frame.columns if isinstance(frame[name].dtype, pd.StringDtype)}
    names = list(frame.columns)
    for cells in frame.astype(object).itertuples(index=False, name=None):
        yield {
            name: ("" if name in texts else None) if is_absent(cell) or cell is pd.NA else cell
            for name, cell in zip(names, cells, strict=True)
        }


class PackView:
    """A checked pack with its look-ups; the frames stay untouched."""

    def __init__(self, pack: RoundPack) -> None:
        self.pack = pack

    @cached_property
    def units(self) -> dict[str, UnitName]:
        """Units by id, in register order."""
        return {
            row["unit_id"]: UnitName(row["unit_id"], row["name_vi"], row["unit_group"]) for row in rows(self.pack.units)
        }

    def units_of(self, unit_group: str) -> list[UnitName]:
        """Units of a group in register order."""
        return [unit for unit in self.units.values() if unit.unit_group == unit_group]

    def unit_name(self, unit_id: str) -> str:
        """Printed name of a unit or of the province."""
        return "Toàn tỉnh" if unit_id == self.pack.facts.province_unit_id else self.units[unit_id].name_vi

    def partition_name(self, partition: str) -> str:
        """Name of the unit that a partition is, or the partition's own name."""
        return self.units[partition].name_vi if partition in self.units else partition

    @cached_property
    def _results(self) -> dict[str, list[Result]]:
        order = {unit_id: place for place, unit_id in enumerate(self.units)}
        found: dict[str, list[Result]] = {book.rulebook_id: [] for book in self.pack.rulebooks}
        for row in rows(self.pack.results):
            found[row.pop("rulebook_id")].append(_result(row))
        for results in found.values():
            results.sort(key=lambda one: (one.rank is None, one.rank or 0, order[one.unit_id]))
        return found

    def ranking(self, book: RulebookFacts) -> list[Result]:
        """Results of a rulebook's units, best rank first, units without a rank last."""
        return self._results[book.rulebook_id]

    def results_in_order(self, book: RulebookFacts) -> list[Result]:
        """The same in register order."""
        order = {unit_id: place for place, unit_id in enumerate(self.units)}
        return sorted(self.ranking(book), key=lambda one: order[one.unit_id])

    @cached_property
    def _sheets(self) -> dict[tuple[str, str, str], Scored]:
        found = {}
        for row in rows(self.pack.sheets):
            key = (row["rulebook_id"], row["unit_id"], row["criterion_code"])
            found[key] = Scored(
                row["points"],
                row["max_points"],
                row["leaf_status"],
                row["std_error"],
                row["value_text"],
                row["override_reason"],
                row["evidence"],
            )
        return found

    def scored(self, book: RulebookFacts, unit_id: str, code: str) -> Scored:
        """A unit's row of a criterion."""
        return self._sheets[book.rulebook_id, unit_id, code]

    @cached_property
    def _scores(self) -> dict[tuple[str, str, str, str], Score]:
        return {
            (row["index_id"], row["unit_id"], row["node_code"], row["variant"]): Score(
                row["value_pct"], row["std_error"], row["n"], row["ci_low"], row["ci_high"], row["flag"], row["reason"]
            )
            for row in rows(self.pack.index_scores)
        }

    def score(self, index: IndexFacts, unit_id: str, node_code: str, variant: str) -> Score | None:
        """A value of the index, or None where the unit has none."""
        return self._scores.get((index.index_id, unit_id, node_code, variant))


def _result(row: dict[str, Any]) -> Result:
    return Result(
        row["unit_id"],
        row["points"],
        row["bonus"],
        row["penalty"],
        row["total_shown"],
        row["applicable_max"],
        row["index_shown"],
        None if row["rank"] is None else int(row["rank"]),
        row["class_name_vi"],
    )
