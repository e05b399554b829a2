"""A survey round as its people describe it: round.toml and the layout of the frame file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from sampling.design import LonelyRule
from sampling.errors import Fault, FaultsFound
from sipas.datafiles import Model, build, read_models, read_toml

Name = Annotated[str, Field(min_length=1)]
IsoDay = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Share = Annotated[float, Field(ge=0, le=1)]
FRAME_FIELDS = (
    "dossier_no", "unit_id_at_event", "unit_id", "event_date", "result_status", "person_no", "name", "phone", "address",
)  # fmt: skip
NEEDED_FIELDS = ("dossier_no", "unit_id_at_event", "event_date", "result_status", "person_no")
MARGINS = ("unit_id", "result_status")


class UnitsPart(Model):
    """Which register, and on which day its units are the rated ones."""

    register_id: Name
    on: IsoDay
    unit_groups: Annotated[tuple[str, ...], Field(min_length=1)]


class FieldworkPart(Model):
    """Eligibility window of events, and the local dates between which forms count. A form after `cutoff` is late."""

    window_start: IsoDay
    window_end: IsoDay
    opens: IsoDay
    cutoff: IsoDay


class PlanPart(Model):
    """target person: one row per person and unit, the latest event; split_rule: what to do with a dossier of a unit
    that was split when the file names no unit of today."""

    target: Literal["transaction", "person"]
    stratum_parts: Annotated[tuple[str, ...], Field(min_length=1)]
    method: Literal["proportional", "equal", "sqrt"]
    total: Annotated[int, Field(ge=1)]
    min_per_stratum: Annotated[int, Field(ge=0)]
    reserve_share: Share
    split_rule: Literal["by_share", "fail"]
    margin: Share = 0.05
    expected_response: Annotated[float, Field(gt=0, le=1)] = 1.0


class PartyPart(Model):
    """One of the two who sealed the frame, with the number opened at the draw."""

    name: Name
    nonce: Name


class PublicValue(Model):
    """A number nobody could foresee: where it is published, when, and what it was."""

    source: Name
    at: Name
    value: Name


class DrawPart(Model):
    """What the seed is made of."""

    mode: Literal["fresh"]
    parties: Annotated[tuple[PartyPart, ...], Field(min_length=2, max_length=2)]
    public_value: PublicValue


class WeightsPart(Model):
    """Recipe of the weights: classes are the strata; margins are counted on the frame."""

    response_class: Literal["stratum"]
    min_respondents: Annotated[int, Field(ge=1)] = 20
    max_factor: Annotated[float, Field(ge=1)] = 3.0
    margins: tuple[Literal["unit_id", "result_status"], ...]
    lonely_psu: LonelyRule = "adjust"
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.95


class ConductorPart(Model):
    """Who hands the forms out to the units of some groups."""

    conductor_id: Name
    name_vi: Name
    unit_groups: tuple[str, ...]


class RoundFacts(Model):
    """Content of round.toml."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    code: Annotated[str, Field(pattern=r"^[A-Z0-9]{2,8}$")]
    title_vi: Name
    province_id: Name
    province_vi: Name
    year: int
    made_up: bool = False
    questionnaire: Name
    index: Name
    rulebooks: Annotated[tuple[str, ...], Field(min_length=1)]
    units: UnitsPart
    fieldwork: FieldworkPart
    plan: PlanPart
    draw: DrawPart
    weights: WeightsPart
    conductors: Annotated[tuple[ConductorPart, ...], Field(min_length=1)]


class FrameHeading(Model):
    """A header of the frame file and the field it means."""

    field: Name
    header: Name


class FrameCode(Model):
    """How a cell of the frame file is coded: `cell` of `field` means `code`."""

    field: Literal["result_status"]
    cell: Name
    code: Name


class SurveyRound(RoundFacts):
    """A round with the layout of its frame file."""

    headings: tuple[FrameHeading, ...]
    codes: tuple[FrameCode, ...]

    def conductor_of(self, unit_group: str) -> str:
        """Conductor of a unit group, "" when nobody is named."""
        return next((one.conductor_id for one in self.conductors if unit_group in one.unit_groups), "")


def load_round(folder: Path) -> SurveyRound:
    """Round of a folder (round.toml, frame_columns.csv, frame_codes.csv).

    Raises FaultsFound `rounds.folder` with every fault.
    """
    faults: list[Fault] = []
    header = read_toml(folder / "round.toml", faults)
    facts = build(RoundFacts, header, "round.toml", 0, faults) if header else None
    headings = [one for _, one in read_models(folder / "frame_columns.csv", FrameHeading, faults)]
    codes = [one for _, one in read_models(folder / "frame_codes.csv", FrameCode, faults)]
    if facts is not None:
        faults += _fact_faults(facts)
    faults += _heading_faults(headings)
    if faults or facts is None:
        raise FaultsFound("rounds.folder", faults, where=folder.name)
    return SurveyRound(**facts.model_dump(), headings=tuple(headings), codes=tuple(codes))


def _fact_faults(facts: RoundFacts) -> Iterator[Fault]:
    work = facts.fieldwork
    if work.window_start > work.window_end:
        yield Fault("rounds.dates", "round.toml", column="fieldwork.window_end", got=work.window_end)
    if work.opens > work.cutoff:
        yield Fault("rounds.dates", "round.toml", column="fieldwork.cutoff", got=work.cutoff)
    if facts.draw.parties[0].name == facts.draw.parties[1].name:
        yield Fault("rounds.parties", "round.toml", column="draw.parties", got=facts.draw.parties[0].name)
    for group in facts.units.unit_groups:
        holders = [one.conductor_id for one in facts.conductors if group in one.unit_groups]
        if len(holders) != 1:
            yield Fault("rounds.conductor", "round.toml", column="conductors", got=", ".join(holders), expected=group)


def _heading_faults(headings: list[FrameHeading]) -> Iterator[Fault]:
    fields = {one.field for one in headings}
    for field in sorted(fields - set(FRAME_FIELDS)):
        yield Fault(
            "rounds.frame_field", "frame_columns.csv", column="field", got=field, expected=", ".join(FRAME_FIELDS)
        )
    for field in NEEDED_FIELDS:
        if field not in fields:
            yield Fault("rounds.frame_field", "frame_columns.csv", column="field", got="", expected=field)
