"""The methodology a round is bound to: read from its pinned copies, never from the folders people edit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sampling.errors import Fault, FaultsFound
from sipas.indices import IndexDefinition, check_against, load_index
from sipas.plan import unit_faults
from sipas.questionnaire import Questionnaire, load_questionnaire
from sipas.rounds import SurveyRound, load_round
from sipas.rulebook import Rulebook, load_rulebook
from sipas.store.methodology import Pin
from sipas.store.unitevents import UnitEvent
from sipas.store.workspace import Workspace
from sipas.units import Unit, UnitRegister, load_register


@dataclass(frozen=True, eq=False)
class Pinned:
    """Everything a round's steps read that is not survey data. `hashes`: SHA-256 of each pinned copy by kind/id;
    `events`: units that were merged or closed after the draw."""

    survey_round: SurveyRound
    register: UnitRegister
    questionnaire: Questionnaire
    index: IndexDefinition
    rulebooks: tuple[Rulebook, ...]
    hashes: Mapping[str, str]
    events: tuple[UnitEvent, ...] = ()
    is_training: bool = False

    @property
    def case_code(self) -> str:
        """First part of the round's case ids."""
        return self.survey_round.case_code(is_training=self.is_training)

    def units_at_draw(self) -> tuple[Unit, ...]:
        """Units of the round as the sample was drawn, in order."""
        part = self.survey_round.units
        return tuple(unit for group in part.unit_groups for unit in self.register.rated_on(part.on, group))

    def rated_units(self) -> tuple[Unit, ...]:
        """Rated units of the round in order: those merged into another or closed since the draw are not among them."""
        gone = {event.unit_id for event in self.events}
        return tuple(unit for unit in self.units_at_draw() if unit.unit_id not in gone)

    def heirs(self) -> dict[str, str]:
        """Unit of today by unit at the draw; "" where it was closed."""
        heir = {event.unit_id: event.successor_id for event in self.events}
        return {unit.unit_id: heir.get(unit.unit_id, unit.unit_id) for unit in self.units_at_draw()}

    def event_facts(self) -> list[list[str]]:
        """The unit events as plain data, for what a result is made from."""
        return [[one.unit_id, one.successor_id] for one in self.events]

    def inputs(self, *kinds: str) -> dict[str, str]:
        """Hashes of the pinned copies of some kinds, to be inputs of a step."""
        return {name: sha for name, sha in self.hashes.items() if name.split("/")[0] in kinds}

    def rulebook_of(self, rulebook_id: str) -> Rulebook:
        """One rulebook of the round; FaultsFound `rounds.no_rulebook`."""
        for rulebook in self.rulebooks:
            if rulebook.id == rulebook_id:
                return rulebook
        known = ", ".join(rulebook.id for rulebook in self.rulebooks)
        raise FaultsFound("rounds.no_rulebook", [Fault("rounds.no_rulebook", got=rulebook_id, expected=known)])


def pinned(ws: Workspace, round_id: str) -> Pinned:
    """The pinned methodology of a round. Raises what `load_parts` raises, StoreError `store.no_round`."""
    pins = ws.rounds.pins(round_id)
    parts = load_parts({(pin.kind, pin.id): ws.methodology.open_pin(pin.sha256) for pin in pins}, pins)
    is_training = ws.rounds.get(round_id).is_training
    return replace(parts, events=ws.unit_events.all(round_id), is_training=is_training)


def load_parts(folders: Mapping[tuple[str, str], Path], pins: Sequence[Pin] = ()) -> Pinned:
    """Load the folders of a round, by (kind, id), and check that they fit together.

    Raises what the loaders raise, and FaultsFound `rounds.parts` with every fault between the parts.
    """
    one = {kind: folder for (kind, _), folder in folders.items() if kind != "rulebook"}
    result = Pinned(
        survey_round=load_round(one["round"]),
        register=load_register(one["units"]),
        questionnaire=load_questionnaire(one["questionnaire"]),
        index=load_index(one["index"]),
        rulebooks=tuple(load_rulebook(folder) for (kind, _), folder in sorted(folders.items()) if kind == "rulebook"),
        hashes={f"{pin.kind}/{pin.id}": pin.sha256 for pin in pins},
    )
    check_parts(result)
    _check_ids(folders, result)
    return result


def _check_ids(folders: Mapping[tuple[str, str], Path], parts: Pinned) -> None:
    """A copied folder whose file still bears the old id would be taken for the other one."""
    said = {("questionnaire", parts.questionnaire.id), ("index", parts.index.id), ("round", parts.survey_round.id)}
    said |= {("rulebook", book.id) for book in parts.rulebooks}
    faults = [
        Fault("rounds.other_id", f"{kind}/{name}", column="id", expected=name)
        for kind, name in folders
        if kind != "units" and (kind, name) not in said
    ]
    if faults:
        raise FaultsFound("rounds.parts", faults, where=parts.survey_round.id)


def check_parts(parts: Pinned) -> None:
    """Faults between round, units, questionnaire, index and rulebooks, all at once (FaultsFound `rounds.parts`)."""
    form = parts.questionnaire
    faults = check_against(
        parts.index,
        questionnaire_id=form.id,
        rated_items=form.rated_items(),
        satisfied=form.satisfied_codes(),
    )
    groups = {unit.unit_group for unit in parts.rated_units()}
    for group in sorted(set(parts.survey_round.units.unit_groups) - groups):
        faults.append(Fault("rounds.empty_group", "units.csv", column="unit_group", got=group))
    nodes = {node.node_code for node in parts.index.nodes}
    for book in parts.rulebooks:
        if book.unit_group not in parts.survey_round.units.unit_groups:
            faults.append(Fault("rounds.other_group", book.id, column="unit_group", got=book.unit_group))
        for leaf in book.leaves():
            link = leaf.link
            if link is None:
                continue
            if link.index_id != parts.index.id or link.node_code not in nodes:
                got = f"{link.index_id} {link.node_code}"
                faults.append(Fault("rounds.link", book.id, column=leaf.code, got=got, expected=parts.index.id))
            else:
                parts.index.variant(link.variant)
    faults += _round_faults(parts)
    if faults:
        raise FaultsFound("rounds.parts", faults, where=parts.survey_round.id)


def _round_faults(parts: Pinned) -> Iterator[Fault]:
    """The year, the province and the groups of the round against the other parts."""
    rules = parts.survey_round
    if not any(one.from_year <= rules.year <= one.to_year for one in parts.index.combiners):
        yield Fault("rounds.no_combiner", "round.toml", column="year", got=str(rules.year), expected=parts.index.id)
    if rules.province_id in {unit.unit_id for unit in parts.rated_units()}:
        yield Fault("rounds.province", "round.toml", column="province_id", got=rules.province_id)
    for one in sorted(
        {one.rated_unit_id for one in rules.quotas} - {unit.unit_id for unit in parts.rated_units()} - {""}
    ):
        yield Fault("rounds.quota_unit", "rater_quotas.csv", column="rated_unit_id", got=one)
    for book in parts.rulebooks:
        if not book.years[0] <= rules.year <= book.years[1]:
            expected = f"{book.years[0]}-{book.years[1]}"
            yield Fault("rounds.rulebook_year", book.id, column="years", got=str(rules.year), expected=expected)
    yield from unit_faults(rules.plan, parts.rated_units())
    for group in rules.units.unit_groups:
        own = [book.id for book in parts.rulebooks if book.unit_group == group]
        if len(own) != 1:
            yield Fault("rounds.group_rulebook", "round.toml", column="rulebooks", got=", ".join(own), expected=group)
