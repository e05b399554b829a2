"""A survey round as its people describe it: round.toml and the layout of the frame file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sampling.design import LonelyRule
from sampling.errors import Fault, FaultsFound
from sipas.caseid import training_code
from sipas.datafiles import Model, build, read_models, read_toml
from sipas.quotas import RaterQuota, read_quotas

Name = Annotated[str, Field(min_length=1)]


def _day(text: str) -> str:
    try:
        if date.fromisoformat(text).isoformat() != text:
            raise ValueError
    except ValueError:
        raise PydanticCustomError("iso_date", "ngày viết theo dạng YYYY-MM-DD") from None
    return text


IsoDay = Annotated[str, AfterValidator(_day)]
Share = Annotated[float, Field(ge=0, le=1)]
FRAME_FIELDS = (
    "dossier_no", "unit_id_at_event", "unit_id", "event_date", "result_status", "person_no", "name", "phone", "address",
)  # fmt: skip
NEEDED_FIELDS = ("dossier_no", "unit_id_at_event", "event_date", "result_status", "person_no")
STRATUM_PARTS = ("unit_id", "result_status")


class UnitsPart(Model):
    """Which register, on which day its units are the rated ones, and the groups ranked, with their names."""

    register_id: Name
    on: IsoDay
    groups: Annotated[dict[str, Name], Field(min_length=1)]

    @property
    def unit_groups(self) -> tuple[str, ...]:
        """Ranked groups in the order of the sheets."""
        return tuple(self.groups)


class FieldworkPart(Model):
    """Eligibility window of events; a form that comes back after the local date `cutoff` is late."""

    window_start: IsoDay
    window_end: IsoDay
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


class ConductorPart(Model):
    """Who hands the forms out to the units of some groups."""

    conductor_id: Name
    name_vi: Name
    unit_groups: tuple[str, ...]


class RoundFacts(Model):
    """Content of round.toml."""

    id: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
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
    """A round with the layout of its frame file. quotas: who rates whom; empty: each case rates its own unit."""

    headings: tuple[FrameHeading, ...]
    codes: tuple[FrameCode, ...]
    quotas: tuple[RaterQuota, ...] = ()

    def settled_by_frame(self) -> dict[str, Any]:
        """What the frame depends on, as plain data."""
        work, plan = self.fieldwork, self.plan
        return {
            "units": self.units.model_dump(mode="json"),
            "window": [work.window_start, work.window_end],
            "target": [plan.target, plan.split_rule],
            "headings": [list(one.model_dump().values()) for one in self.headings],
            "codes": [list(one.model_dump().values()) for one in self.codes],
        }

    def settled_by_draw(self) -> dict[str, Any]:
        """What frame, plan and sample depend on, as plain data: fixed once the sample is drawn."""
        return {
            **self.settled_by_frame(),
            "code": self.code,
            "plan": self.plan.model_dump(mode="json"),
            "quotas": [one.model_dump(mode="json") for one in self.quotas],
            "draw": self.draw.model_dump(mode="json"),
            "conductors": [one.model_dump(mode="json") for one in self.conductors],
        }

    def case_code(self, *, is_training: bool) -> str:
        """First part of the case ids: the round's code, marked when its cases are never counted."""
        return training_code(self.code) if is_training else self.code

    def conductor_of(self, unit_group: str) -> str:
        """Conductor of a unit group, "" when nobody is named."""
        return next((one.conductor_id for one in self.conductors if unit_group in one.unit_groups), "")


def load_round(folder: Path) -> SurveyRound:
    """Round of a folder (round.toml, frame_columns.csv, frame_codes.csv; rater_quotas.csv where it is there).

    Raises FaultsFound `rounds.folder` with every fault.
    """
    faults: list[Fault] = []
    header = read_toml(folder / "round.toml", faults)
    facts = build(RoundFacts, header, "round.toml", 0, faults) if header or not faults else None
    headings = [one for _, one in read_models(folder / "frame_columns.csv", FrameHeading, faults)]
    codes = [one for _, one in read_models(folder / "frame_codes.csv", FrameCode, faults)]
    quotas = read_quotas(folder / "rater_quotas.csv", facts.units.unit_groups if facts is not None else (), faults)
    if facts is not None:
        faults += _fact_faults(facts)
    faults += _heading_faults(headings)
    if faults or facts is None:
        raise FaultsFound("rounds.folder", faults, where=folder.name)
    return SurveyRound(**facts.model_dump(), headings=tuple(headings), codes=tuple(codes), quotas=quotas)


def _fact_faults(facts: RoundFacts) -> Iterator[Fault]:
    work = facts.fieldwork
    if work.window_start > work.window_end:
        yield Fault("rounds.dates", "round.toml", column="fieldwork.window_end", got=work.window_end)
    if work.window_start > work.cutoff:
        yield Fault("rounds.dates", "round.toml", column="fieldwork.cutoff", got=work.cutoff)
    if len(set(facts.weights.margins)) < len(facts.weights.margins):
        yield Fault("rounds.repeated", "round.toml", column="weights.margins", got=", ".join(facts.weights.margins))
    for part in facts.plan.stratum_parts:
        if part not in STRATUM_PARTS or facts.plan.stratum_parts.count(part) > 1:
            expected = " | ".join(STRATUM_PARTS)
            yield Fault("rounds.stratum_part", "round.toml", column="plan.stratum_parts", got=part, expected=expected)
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
