"""Look-ups over one survey of a checked pack: its forms, its index, and the words that tell it from the others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sipas.publish.labels import LABELS
from sipas.publish.round.pack import IndexFacts, SurveyFacts
from sipas.publish.round.view import PackView, UnitName, rows

LATE: Final = "returns.late"


@dataclass(frozen=True)
class Counts:
    """Forms of one unit or of a sum of units."""

    n_issued: int
    n_returned: int
    n_outstanding: int
    n_valid: int
    rejected: tuple[int, ...]

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.n_issued + other.n_issued,
            self.n_returned + other.n_returned,
            self.n_outstanding + other.n_outstanding,
            self.n_valid + other.n_valid,
            tuple(a + b for a, b in zip(self.rejected, other.rejected, strict=True)),
        )


class SurveyView:
    """A survey of the round beside the round itself; `number` counts from 1."""

    def __init__(self, view: PackView, survey: SurveyFacts, number: int) -> None:
        self.view = view
        self.survey = survey
        self.number = number

    @property
    def is_alone(self) -> bool:
        """The round holds no other survey: nothing has to name this one."""
        return len(self.view.pack.surveys) == 1

    @property
    def tag(self) -> str:
        """What its sheets are named by beside the other surveys' sheets."""
        return "" if self.is_alone else self.survey.short_vi or str(self.number)

    @property
    def title(self) -> str:
        """Its title where it must be told from others, else ""."""
        return "" if self.is_alone else self.survey.title_vi

    @property
    def heading(self) -> str:
        """Number and title where it must be told from others, else ""."""
        return f"{self.number}. {self.title}" if self.title else ""

    def titled(self, words: str) -> str:
        """Heading of a sheet, with a second line for the survey's title where it must be told from others."""
        return f"{words}\n{self.title}" if self.title else words

    @property
    def index(self) -> IndexFacts:
        """The index counted from its answers."""
        return next(one for one in self.view.pack.indices if one.index_id == self.survey.index_id)

    @cached_property
    def has_items(self) -> bool:
        """Whether any item has a value; of another agency's index often only the nodes above are known."""
        index, units = self.index, [self.view.pack.facts.province_unit_id, *self.view.units]
        items = [node.node_code for node in index.of_level("item")]
        return not index.source_vi or any(
            self.view.score(index, unit_id, item, index.official) is not None for item in items for unit_id in units
        )

    def scope_name(self, unit_id: str) -> str:
        """Printed name of a unit or the province; of all units together where `unit_id` is ""."""
        return self.view.unit_name(unit_id) if unit_id else self.whole

    @property
    def whole(self) -> str:
        """Words for all units together."""
        return "Toàn đợt" if self.is_alone else "Toàn phiếu khảo sát"

    def asked_units(self, unit_group: str) -> list[UnitName]:
        """Units of a group in register order; none where the survey asked about no unit of the group."""
        units = self.view.units_of(unit_group)
        return units if any(unit.unit_id in self.counts or self._has_value(unit.unit_id) for unit in units) else []

    def _has_value(self, unit_id: str) -> bool:
        """Of another agency's index the overall value may be missing where others are there."""
        index = self.index
        nodes = [one.node_code for one in index.nodes] if index.source_vi else [index.overall.node_code]
        scores = [self.view.score(index, unit_id, node, index.official) for node in nodes]
        return any(score is not None and score.value_pct is not None for score in scores)

    @cached_property
    def reasons(self) -> tuple[str, ...]:
        """Reasons of rejection to print, late ones always among them, in the order of the labels."""
        present = {LATE, *self.survey.rejections["reason"]}
        known = [reason for reason in LABELS["reason"] if reason in present]
        return (*known, *sorted(present - set(known)))

    @cached_property
    def counts(self) -> dict[str, Counts]:
        """Forms by unit."""
        rejected = {(row["unit_id"], row["reason"]): int(row["n"]) for row in rows(self.survey.rejections)}
        return {
            row["unit_id"]: Counts(
                row["n_issued"],
                row["n_returned"],
                row["n_outstanding"],
                row["n_valid"],
                tuple(rejected.get((row["unit_id"], reason), 0) for reason in self.reasons),
            )
            for row in rows(self.survey.responses)
        }

    def sum_counts(self, unit_ids: list[str]) -> Counts:
        """Forms of several units together; units without forms add nothing."""
        total = Counts(0, 0, 0, 0, (0,) * len(self.reasons))
        for unit_id in unit_ids:
            if unit_id in self.counts:
                total += self.counts[unit_id]
        return total


def survey_views(view: PackView) -> tuple[SurveyView, ...]:
    """The round's surveys, in order."""
    return tuple(SurveyView(view, survey, number) for number, survey in enumerate(view.pack.surveys, start=1))
