"""The methodology of a round as loaded from its folders: the round, its units, what each instrument asks and counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from errors import Fault, FaultsFound, RulebookError
from sipas.indices import IndexDefinition, check_against, load_index
from sipas.plan import unit_faults
from sipas.questionnaire import Questionnaire, load_questionnaire
from sipas.rounds.load import load_round
from sipas.rounds.model import AnyRules, InstrumentRules, SurveyRound, ValuesRules
from sipas.rulebook import Rulebook, load_rulebook
from sipas.unitevent import UnitEvent
from sipas.units import Unit, UnitRegister, load_register

Named = tuple[str, str]  # kind and id of a methodology folder


@dataclass(frozen=True, eq=False)
class RoundParts:
    """Everything of a round that is not survey data. events: units that were merged or closed after the draw."""

    survey_round: SurveyRound
    register: UnitRegister
    questionnaires: Mapping[str, Questionnaire]
    indices: Mapping[str, IndexDefinition]
    rulebooks: tuple[Rulebook, ...]
    events: tuple[UnitEvent, ...] = ()
    is_training: bool = False

    def units_at_draw(self) -> tuple[Unit, ...]:
        """Units of the round as its samples were drawn, in order."""
        part = self.survey_round.head.units
        return tuple(unit for group in part.unit_groups for unit in self.register.rated_on(part.on, group))

    def rated_units(self) -> tuple[Unit, ...]:
        """Rated units of the round in order: those merged into another or closed since the draw are not among them."""
        gone = {event.unit_id for event in self.events}
        return tuple(unit for unit in self.units_at_draw() if unit.unit_id not in gone)

    def units_of_today(self) -> dict[str, str]:
        """Unit of today by unit at the draw; "" where it was closed."""
        successor = {event.unit_id: event.successor_id for event in self.events}
        return {unit.unit_id: successor.get(unit.unit_id, unit.unit_id) for unit in self.units_at_draw()}

    def rulebook_of(self, rulebook_id: str) -> Rulebook:
        """One rulebook of the round; RulebookError `rounds.no_rulebook`."""
        for rulebook in self.rulebooks:
            if rulebook.id == rulebook_id:
                return rulebook
        names = ", ".join(rulebook.id for rulebook in self.rulebooks)
        raise RulebookError("rounds.no_rulebook", where=self.survey_round.id, got=rulebook_id, expected=names)

    def of_instrument(self, instrument_id: str) -> InstrumentParts:
        """The same as one survey sees it. KeyError for an instrument without respondents."""
        return InstrumentParts(self, self.survey_round.survey(instrument_id))

    def of_values(self, instrument_id: str) -> ValuesParts:
        """The same as one instrument without respondents sees it. KeyError for a survey."""
        return ValuesParts(self, self.survey_round.values(instrument_id))

    def index_of(self, instrument_id: str) -> IndexDefinition:
        """The index that an instrument brings values of."""
        return self.indices[self.survey_round.instrument(instrument_id).index]

    def of_index(self, index_id: str) -> PlacedParts:
        """The instrument that an index belongs to."""
        return next(PlacedParts(self, rules) for rules in self.survey_round.instruments if rules.index == index_id)

    def surveys(self) -> tuple[InstrumentParts, ...]:
        """All surveys in the order of the round file."""
        return tuple(InstrumentParts(self, rules) for rules in self.survey_round.surveys)


@dataclass(frozen=True, eq=False)
class PlacedParts:
    """The round as one of its instruments sees it."""

    whole: RoundParts
    rules: AnyRules

    @property
    def index(self) -> IndexDefinition:
        """What it brings values of."""
        return self.whole.indices[self.rules.index]

    @property
    def register(self) -> UnitRegister:
        """Units of the province over time."""
        return self.whole.register

    @property
    def events(self) -> tuple[UnitEvent, ...]:
        """Units merged or closed after the draw."""
        return self.whole.events

    def units_at_draw(self) -> tuple[Unit, ...]:
        """Units that the instrument rates as the samples were drawn, in order."""
        groups = self.rules.units.unit_groups
        return tuple(unit for unit in self.whole.units_at_draw() if unit.unit_group in groups)

    def rated_units(self) -> tuple[Unit, ...]:
        """Units of today that the instrument rates, in order."""
        groups = self.rules.units.unit_groups
        return tuple(unit for unit in self.whole.rated_units() if unit.unit_group in groups)

    def units_of_today(self) -> dict[str, str]:
        """Unit of today by unit at the draw; "" where it was closed."""
        return self.whole.units_of_today()


@dataclass(frozen=True, eq=False)
class ValuesParts(PlacedParts):
    """The round as one of its instruments without respondents sees it."""

    rules: ValuesRules


@dataclass(frozen=True, eq=False)
class InstrumentParts(PlacedParts):
    """The round as one of its surveys sees it."""

    rules: InstrumentRules

    @property
    def questionnaire(self) -> Questionnaire:
        """What it asks."""
        return self.whole.questionnaires[self.rules.questionnaire]

    @property
    def is_training(self) -> bool:
        """Whether its cases are never counted."""
        return self.whole.is_training

    @property
    def case_code(self) -> str:
        """First part of its case ids."""
        return self.rules.case_code(is_training=self.is_training)


def named_folders(survey_round: SurveyRound) -> list[Named]:
    """The round's own folder and every folder it names, each once."""
    return list(
        dict.fromkeys(
            [
                ("round", survey_round.id),
                ("units", survey_round.head.units.register_id),
                *(("questionnaire", survey.questionnaire) for survey in survey_round.surveys),
                *(("index", instrument.index) for instrument in survey_round.instruments),
                *(("rulebook", rulebook_id) for rulebook_id in survey_round.head.rulebooks),
            ]
        )
    )


def load_parts(folders: Mapping[Named, Path]) -> RoundParts:
    """Load the folders of a round, by (kind, id), and check that they fit together.

    Raises what the loaders raise, and FaultsFound `rounds.parts` with every fault between the parts.
    """
    of_kind = {
        kind: {id: folder for (part_kind, id), folder in sorted(folders.items()) if part_kind == kind}
        for kind in ("round", "units", "questionnaire", "index", "rulebook")
    }
    result = RoundParts(
        survey_round=load_round(next(iter(of_kind["round"].values()))),
        register=load_register(next(iter(of_kind["units"].values()))),
        questionnaires={id: load_questionnaire(folder) for id, folder in of_kind["questionnaire"].items()},
        indices={id: load_index(folder) for id, folder in of_kind["index"].items()},
        rulebooks=tuple(load_rulebook(folder) for folder in of_kind["rulebook"].values()),
    )
    faults = [*_id_faults(folders, result)] or check_parts(result)
    if faults:
        raise FaultsFound("rounds.parts", faults, where=result.survey_round.id)
    return result


def at_work(parts: RoundParts, events: tuple[UnitEvent, ...], *, is_training: bool, survey: str = "") -> RoundParts:
    """Parts with what happened in the field. survey: an instrument that somebody named and that has to have
    respondents; StoreError of `SurveyRound.require_survey`."""
    if survey:
        parts.survey_round.require_survey(survey)
    return replace(parts, events=events, is_training=is_training)


def _id_faults(folders: Mapping[Named, Path], parts: RoundParts) -> Iterator[Fault]:
    """A copied folder whose file still bears the old id would be taken for the other one."""
    said = {("round", parts.survey_round.id), *(("rulebook", rulebook.id) for rulebook in parts.rulebooks)}
    said |= {("questionnaire", questionnaire.id) for questionnaire in parts.questionnaires.values()}
    said |= {("index", index.id) for index in parts.indices.values()}
    for kind, name in folders:
        if kind != "units" and (kind, name) not in said:
            yield Fault("rounds.other_id", f"{kind}/{name}", column="id", expected=name)


def check_parts(parts: RoundParts) -> list[Fault]:
    """Faults between round, units, questionnaires, indices and rulebooks, all at once."""
    faults: list[Fault] = []
    for survey in parts.surveys():
        faults += _instrument_faults(survey)
    groups = {unit.unit_group for unit in parts.rated_units()}
    head = parts.survey_round.head
    for group in sorted(set(head.units.unit_groups) - groups):
        faults.append(Fault("rounds.empty_group", "units.csv", column="unit_group", got=group))
    if head.province_id in {unit.unit_id for unit in parts.rated_units()}:
        faults.append(Fault("rounds.province", "round.toml", column="province_id", got=head.province_id))
    return [*faults, *_rulebook_faults(parts), *_link_faults(parts)]


def unscored_links(parts: RoundParts) -> Iterator[Fault]:
    """Criteria linked to the index of an instrument whose cases rate many units: no weights are made for these, so the
    criterion would never get its value."""
    unscored = {survey.index.id: survey.rules.id for survey in parts.surveys() if survey.rules.rates_many}
    for rulebook in parts.rulebooks:
        for leaf in rulebook.linked_leaves():
            if leaf.link is not None and leaf.link.index_id in unscored:
                instrument_id = unscored[leaf.link.index_id]
                yield Fault(
                    "rounds.link_unscored",
                    rulebook.id,
                    column=leaf.code,
                    got=leaf.link.index_id,
                    expected=instrument_id,
                )


def _instrument_faults(parts: InstrumentParts) -> Iterator[Fault]:
    """A survey against its questionnaire, its index, the year and the units."""
    form, rules = parts.questionnaire, parts.rules
    yield from check_against(
        parts.index, questionnaire_id=form.id, rated_items=form.rated_items(), satisfied=form.satisfied_codes()
    )
    if not any(combiner.from_year <= rules.year <= combiner.to_year for combiner in parts.index.combiners):
        yield Fault("rounds.no_combiner", "round.toml", column="year", got=str(rules.year), expected=parts.index.id)
    units = {unit.unit_id for unit in parts.rated_units()}
    for unit_id in sorted({quota.rated_unit_id for quota in rules.quotas} - units - {""}):
        yield Fault("rounds.quota_unit", "rater_quotas.csv", column="rated_unit_id", got=unit_id)
    yield from unit_faults(rules.plan, parts.rated_units())


def _rulebook_faults(parts: RoundParts) -> Iterator[Fault]:
    """Rulebooks against the groups and the year: one for every kind of result and group."""
    head = parts.survey_round.head
    for rulebook in parts.rulebooks:
        if rulebook.unit_group not in head.units.unit_groups:
            yield Fault("rounds.other_group", rulebook.id, column="unit_group", got=rulebook.unit_group)
        if not rulebook.years[0] <= head.year <= rulebook.years[1]:
            expected = f"{rulebook.years[0]}-{rulebook.years[1]}"
            yield Fault("rounds.rulebook_year", rulebook.id, column="years", got=str(head.year), expected=expected)
    for group in head.units.unit_groups:
        books = [rulebook for rulebook in parts.rulebooks if rulebook.unit_group == group]
        kinds = [rulebook.result_kind for rulebook in books]
        if not books or len(set(kinds)) < len(kinds):
            got = ", ".join(rulebook.id for rulebook in books)
            yield Fault("rounds.group_rulebook", "round.toml", column="rulebooks", got=got, expected=group)


def _link_faults(parts: RoundParts) -> Iterator[Fault]:
    """Linked leaves against the indices of the round's instruments."""
    for rulebook in parts.rulebooks:
        for leaf in rulebook.leaves():
            link = leaf.link
            if link is None:
                continue
            index = parts.indices.get(link.index_id)
            if index is None:
                names = ", ".join(parts.indices)
                yield Fault("rounds.link_index", rulebook.id, column=leaf.code, got=link.index_id, expected=names)
                continue
            if link.node_code not in {node.node_code for node in index.nodes}:
                yield Fault("rounds.link", rulebook.id, column=leaf.code, got=link.node_code, expected=index.id)
                continue
            variant, holder = index.variant(link.variant), parts.of_index(link.index_id).rules
            if isinstance(holder, ValuesRules) and not variant.official:
                expected = index.official.name
                yield Fault("rounds.link_variant", rulebook.id, column=leaf.code, got=variant.name, expected=expected)
            rated = holder.units.unit_groups
            if rulebook.unit_group not in rated:
                expected = ", ".join(rated)
                yield Fault("rounds.link_group", rulebook.id, column=leaf.code, got=link.index_id, expected=expected)
