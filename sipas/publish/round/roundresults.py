"""Results of a round: its models as they are pinned, the tables of its steps, and look-ups over both."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from sipas.indices import IndexDefinition
from sipas.publish.round.surveyresults import MethodFact, Record, SurveyResults, rows
from sipas.publish.wording import Wording
from sipas.rounds import RoundHead
from sipas.rulebook import Rulebook
from sipas.units import Unit
from sipas.words import Language


@dataclass(frozen=True)
class Original:
    """The Vietnamese workbook that another one translates; release_no: 0 where it is not released."""

    sha256: str
    release_no: int


@dataclass(frozen=True, eq=False)
class RoundResults:
    """What is published of a round; the rows of the tables may come in any order.

    units: rated units of today, and those that ended in the field (unit_group ""), in register order.
    ranked: RANKED of all rulebooks. unit_sheets: UNIT_SHEET with evidence_id, the documents of the entry that counts.
    surveys: in the order of their sheets. result_hash: hex SHA-256 over all inputs; input_hashes: (name, hex
    SHA-256) of each. facts: further lines of the method sheet on the round itself. lang: of the workbook.
    original: what it translates.
    """

    head: RoundHead
    units: tuple[Unit, ...]
    rulebooks: tuple[Rulebook, ...]
    ranked: pd.DataFrame
    unit_sheets: pd.DataFrame
    surveys: tuple[SurveyResults, ...]
    result_hash: str
    software_version: str
    input_hashes: tuple[tuple[str, str], ...] = ()
    facts: tuple[MethodFact, ...] = ()
    lang: Language = "vi"
    original: Original | None = None

    @cached_property
    def say(self) -> Wording:
        """Words of the workbook."""
        return Wording(self.lang)

    @property
    def is_made_up(self) -> bool:
        """Whether the round, a rulebook or an index is an example."""
        is_example = self.head.made_up or any(rulebook.made_up for rulebook in self.rulebooks)
        return is_example or any(survey.index.made_up for survey in self.surveys)

    @property
    def place(self) -> str:
        """Province and title of the round, as they stand under a heading."""
        return f"{self.head.province_vi} – {self.head.title_vi}"

    @cached_property
    def unit_names(self) -> dict[str, str]:
        """Names of the units by id, in register order."""
        return {unit.unit_id: unit.name_vi for unit in self.units}

    def unit_name(self, unit_id: str) -> str:
        """Printed name of a unit or of the province."""
        return self.say.text("workbook.province") if unit_id == self.head.province_id else self.unit_names[unit_id]

    def units_of(self, unit_group: str) -> list[Unit]:
        """Units of a group in register order."""
        return [unit for unit in self.units if unit.unit_group == unit_group]

    def group_name(self, rulebook: Rulebook) -> str:
        """Name of the group of units that a rulebook ranks."""
        return self.groups[rulebook.unit_group]

    @cached_property
    def groups(self) -> dict[str, str]:
        """Names of the groups of units; for an English reader by the kind of their units where they are of one kind."""
        kinds = {group: {unit.kind for unit in self.units_of(group)} for group in self.head.units.groups}
        return {
            group: self.say.english("unit_kinds", min(kinds[group]), name) if len(kinds[group]) == 1 else name
            for group, name in self.head.units.groups.items()
        }

    def index_title(self, index: IndexDefinition) -> str:
        """Title of an index; for an English reader the English name of its overall node."""
        return self.say.name(index.overall) if self.lang == "en" and index.overall.name_en else index.title_vi

    @cached_property
    def _ranked(self) -> dict[str, list[Record]]:
        by_rulebook: dict[str, list[Record]] = {rulebook.id: [] for rulebook in self.rulebooks}
        for row in rows(self.ranked):
            by_rulebook[row["rulebook_id"]].append(row)
        order = {unit_id: place for place, unit_id in enumerate(self.unit_names)}
        return {key: sorted(results, key=lambda row: order[row["unit_id"]]) for key, results in by_rulebook.items()}

    def in_register_order(self, rulebook: Rulebook) -> list[Record]:
        """RANKED of a rulebook's units in register order."""
        return self._ranked[rulebook.id]

    def ranking(self, rulebook: Rulebook) -> list[Record]:
        """The same, best rank first, equal ranks in register order."""
        return sorted(self._ranked[rulebook.id], key=lambda row: row["rank"])

    def has_extra(self, rulebook: Rulebook) -> bool:
        """Whether any unit has bonus or penalty points."""
        return any(row["bonus"] or row["penalty"] for row in self._ranked[rulebook.id])

    @cached_property
    def _by_criterion(self) -> dict[tuple[str, str, str], Record]:
        return {(row["rulebook_id"], row["unit_id"], row["criterion_code"]): row for row in rows(self.unit_sheets)}

    def scored(self, rulebook: Rulebook, unit_id: str, code: str) -> Record:
        """A unit's row of a criterion."""
        return self._by_criterion[rulebook.id, unit_id, code]
