"""What does not fit together in a round file: inside one instrument, and between the instruments of a round."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from errors import Fault
from sipas.cells.text import folded
from sipas.framekinds import CODED_FIELDS, LAYOUTS
from sipas.plan import PlanPart, setting_faults
from sipas.rounds.model import InstrumentFacts, InstrumentHead, InstrumentRules, RoundHead, ValuesFacts
from sipas.rounds.sections import DossierCount, FrameCode, FrameHeading
from sipas.weighting.recipe import recipe_faults

FILE = "round.toml"


def instrument_faults(
    facts: InstrumentFacts, head: RoundHead | None, headings: Sequence[FrameHeading], codes: Sequence[FrameCode]
) -> Iterator[Fault]:
    """Faults inside one instrument; head: None where the round as a whole could not be read."""
    work = facts.fieldwork
    if work.window_start > work.window_end:
        yield Fault("rounds.dates", FILE, column="fieldwork.window_end", got=work.window_end)
    if work.window_start > work.cutoff:
        yield Fault("rounds.dates", FILE, column="fieldwork.cutoff", got=work.cutoff)
    yield from setting_faults(facts.plan)
    for field in ("name", "commitment"):
        first, second = (getattr(party, field) for party in facts.draw.parties)
        if first == second:
            yield Fault("rounds.parties", FILE, column=f"draw.parties.{field}", got=first)
    yield from _frame_faults(facts, headings, codes)
    if head is None:
        return
    yield from group_faults(facts, head)
    unit_groups = head.units.unit_groups
    for group in [unit_group for unit_group in unit_groups if unit_group in (facts.unit_groups or unit_groups)]:
        holders = [conductor.conductor_id for conductor in facts.conductors if group in conductor.unit_groups]
        if len(holders) != 1:
            yield Fault("rounds.conductor", FILE, column="conductors", got=", ".join(holders), expected=group)


def group_faults(facts: InstrumentHead, head: RoundHead | None) -> Iterator[Fault]:
    """Rated groups that the round does not rank; head: None where the round as a whole could not be read."""
    unit_groups = head.units.unit_groups if head is not None else facts.unit_groups
    for group in sorted(set(facts.unit_groups) - set(unit_groups)):
        expected = ", ".join(unit_groups)
        yield Fault("rounds.instrument_group", FILE, column="unit_groups", got=group, expected=expected)


def section_faults(given: Iterable[str]) -> Iterator[Fault]:
    """Entries of a survey that an instrument without respondents cannot have."""
    for name in given:
        if name in InstrumentFacts.model_fields and name not in ValuesFacts.model_fields:
            yield Fault("rounds.without_respondents", FILE, column=name, got=name, expected="source_vi")


def list_faults(facts: InstrumentFacts, *, has_matrix: bool, headings: Sequence[FrameHeading]) -> Iterator[Fault]:
    """Closed lists, matrix of quotas and method belong together: all of them or none."""
    plan = facts.plan
    if _has_lists(plan, has_matrix) and not (has_matrix and plan.method == "quotas"):
        wanted = "quotas" if has_matrix else "rater_quotas.csv"
        yield Fault("rounds.quota_method", FILE, column="plan.method", got=plan.method, expected=wanted)
    if has_matrix and "rater_group" not in [heading.field for heading in headings]:
        yield Fault("rounds.quota_frame", "frame_columns.csv", column="field", expected="rater_group")
    wanted = "lists" if plan.frame_kind == "official" else "frame"
    if facts.respondents != wanted:
        yield Fault("rounds.respondents", FILE, column="respondents", got=facts.respondents, expected=wanted)


def round_faults(instruments: Sequence[InstrumentHead]) -> Iterator[Fault]:
    """An id, a case code, an index or a commitment that two instruments share."""
    surveys = [instrument for instrument in instruments if isinstance(instrument, InstrumentFacts)]
    for rule, field, among in (
        ("rounds.same_instrument", "id", instruments),
        ("rounds.same_code", "code", surveys),
        ("rounds.same_index", "index", instruments),
    ):
        for value, ids in _shared([(getattr(instrument, field), instrument.id) for instrument in among]):
            yield Fault(rule, FILE, column=f"instruments.{field}", got=value, expected=", ".join(ids))
    promised = [(party.commitment, survey.id) for survey in surveys for party in survey.draw.parties]
    for commitment, ids in _shared(promised):
        if len(set(ids)) > 1:
            expected = ", ".join(ids)
            yield Fault(
                "rounds.same_commitment", FILE, column="draw.parties.commitment", got=commitment[:16], expected=expected
            )


def spare_faults(rules: InstrumentRules, instruments: Sequence[InstrumentRules]) -> Iterator[Fault]:
    """An instrument that would spare the persons of itself, of one that would spare its own (each would wait for the
    other's draw), or of one that its round does not have."""
    spared = {instrument.public_id: instrument.plan.spare_round for instrument in instruments}
    wanted = rules.plan.spare_round
    if _comes_back(rules.public_id, spared):
        yield Fault("rounds.spare_itself", FILE, column="plan.spare_round", got=wanted)
    elif wanted.startswith(f"{rules.round.id}/") and wanted not in spared:
        others = ", ".join(name for name in spared if name != rules.public_id)
        yield Fault("rounds.spare_unknown", FILE, column="plan.spare_round", got=wanted, expected=others)


def repeated_counts(counts: Sequence[DossierCount]) -> Iterator[Fault]:
    """A unit counted twice in dossier_counts.csv."""
    units = Counter(count.unit_id for count in counts)
    for unit_id in sorted(unit for unit, n in units.items() if n > 1):
        yield Fault("rounds.repeated", "dossier_counts.csv", column="unit_id", got=unit_id)


def _shared(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, list[str]]]:
    """Values that stand more than once, with the instruments that bear them."""
    holders: dict[str, list[str]] = {}
    for value, instrument_id in pairs:
        holders.setdefault(value, []).append(instrument_id)
    return [(value, ids) for value, ids in sorted(holders.items()) if len(ids) > 1]


def _comes_back(public_id: str, spared: Mapping[str, str]) -> bool:
    """Whether an instrument spares itself, at once or by way of others."""
    seen: list[str] = []
    at = spared[public_id]
    while at in spared and at not in seen:
        seen.append(at)
        at = spared[at]
    return public_id in seen


def _has_lists(plan: PlanPart, has_matrix: bool) -> bool:
    """Whether anything of the instrument speaks of closed lists."""
    return has_matrix or plan.method == "quotas" or plan.frame_kind == "official"


def _frame_faults(
    facts: InstrumentFacts, headings: Sequence[FrameHeading], codes: Sequence[FrameCode]
) -> Iterator[Fault]:
    """Faults of the frame's layout and of settings that need one of its columns."""
    layout, plan = LAYOUTS[facts.plan.frame_kind], facts.plan
    declared = [heading.field for heading in headings]
    for field in sorted(field for field in set(declared) if field not in layout.fields or declared.count(field) > 1):
        expected = ", ".join(layout.fields)
        yield Fault("rounds.frame_field", "frame_columns.csv", column="field", got=field, expected=expected)
    for field in layout.needed:
        if field not in declared:
            yield Fault("rounds.frame_field", "frame_columns.csv", column="field", got="", expected=field)
    if plan.frame_kind != "transaction" and plan.target != "person":
        yield Fault("rounds.frame_target", FILE, column="plan.target", got=plan.target, expected="person")
    coded = [field for field in CODED_FIELDS if field in declared]
    possible = ["unit_id", "unit_group", *coded, *(["asked_before"] if plan.spare_round else [])]
    for part in plan.stratum_parts:
        if part not in possible or plan.stratum_parts.count(part) > 1:
            expected = " | ".join(possible)
            yield Fault("rounds.stratum_part", FILE, column="plan.stratum_parts", got=part, expected=expected)
    yield from recipe_faults(facts.weights, possible)
    for name in coded:
        wordings = [folded(code.cell) for code in codes if code.field == name]
        if not wordings or len(set(wordings)) < len(wordings):
            yield Fault("rounds.frame_code", "frame_codes.csv", column="cell", expected=name)
