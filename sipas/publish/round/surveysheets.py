"""One survey of a round beside the others: what its sheets are called and whom it asked about."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from sipas.indices import IndexDefinition
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.surveyresults import SurveyResults
from sipas.publish.wording import Wording
from sipas.units import Unit


@dataclass(frozen=True, eq=False)
class SurveySheets:
    """A survey of the round and the round itself; `number` counts from 1."""

    round: RoundResults
    results: SurveyResults
    number: int

    @property
    def say(self) -> Wording:
        """Words of the workbook."""
        return self.round.say

    @property
    def index(self) -> IndexDefinition:
        """The index that the survey brings values of."""
        return self.results.index

    @property
    def is_alone(self) -> bool:
        """The round holds no other survey: nothing has to name this one."""
        return len(self.round.surveys) == 1

    @property
    def tag(self) -> str:
        """What its sheets are named by beside the other surveys' sheets."""
        return "" if self.is_alone else self.results.short_vi or str(self.number)

    @property
    def title(self) -> str:
        """Its title where it must be told from others, else ""."""
        return "" if self.is_alone else self.results.title_vi

    @property
    def heading(self) -> str:
        """Number and title where it must be told from others, else ""."""
        return f"{self.number}. {self.title}" if self.title else ""

    @property
    def index_title(self) -> str:
        """Title of its index."""
        return self.round.index_title(self.index)

    def titled(self, key: str) -> str:
        """Heading of a sheet, with a second line for the survey's title where it must be told from others."""
        return self.say.text(key, year=self.round.head.year) + (f"\n{self.title}" if self.title else "")

    @property
    def definition(self) -> str:
        """What a value of the index counts, in words."""
        if self.results.source_vi:
            return self.say.text("workbook_survey.value_given", source=self.results.source_vi)
        if self.index.item_value == "mean":
            return self.say.text("workbook_survey.value_mean", full=str(self.index.full_code))
        codes = f" {self.say.text('workbook.and')} ".join(self.index.satisfied_codes)
        return self.say.text("workbook_survey.value_share", codes=codes)

    @cached_property
    def has_items(self) -> bool:
        """Whether any item has a value; of another agency's index often only the nodes above are known."""
        units = [self.round.head.province_id, *self.round.unit_names]
        items = [node.node_code for node in self.index.of_level("item")]
        return not self.results.source_vi or any(self.results.score(unit, item) for item in items for unit in units)

    @property
    def all_units(self) -> str:
        """Words for all units together."""
        return self.say.text("workbook_fieldwork.whole_round" if self.is_alone else "workbook_fieldwork.whole_survey")

    def asked_units(self, unit_group: str) -> list[Unit]:
        """Units of a group in register order; none where the survey asked about no unit of the group."""
        units = self.round.units_of(unit_group)
        return units if any(self._has_forms(unit.unit_id) or self._has_value(unit.unit_id) for unit in units) else []

    def _has_forms(self, unit_id: str) -> bool:
        fieldwork = self.results.fieldwork
        return fieldwork is not None and unit_id in fieldwork.forms.index

    def _has_value(self, unit_id: str) -> bool:
        """Of another agency's index the overall value may be missing where others are there."""
        nodes = self.index.nodes if self.results.source_vi else (self.index.overall,)
        scores = [self.results.score(unit_id, node.node_code) for node in nodes]
        return any(score is not None and score["value_pct"] is not None for score in scores)


def survey_sheets(results: RoundResults) -> list[SurveySheets]:
    """The round's surveys, in order."""
    return [SurveySheets(results, survey, number) for number, survey in enumerate(results.surveys, start=1)]
