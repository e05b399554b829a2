"""A survey round as its people describe it: round.toml and the layout of the frame file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sampling.errors import Fault, FaultsFound
from sampling.manifest import is_moment
from sipas.caseid import training_code
from sipas.datafiles import Model, build, read_models, read_toml
from sipas.framekinds import CODED_FIELDS, LAYOUTS, MAY_BE_BLANK, CodedField, FrameLayout
from sipas.plan import PlanPart, setting_faults
from sipas.quotas import RaterQuota, read_quotas
from sipas.recipe import WeightsPart, recipe_faults

Name = Annotated[str, Field(min_length=1)]


def is_day(text: str) -> bool:
    """True for a day of the calendar as YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _day(text: str) -> str:
    if not is_day(text):
        raise PydanticCustomError("iso_date", "a day as YYYY-MM-DD")
    return text


def _one_line(text: str) -> str:
    if "|" in text or not text.isprintable() or text != text.strip():
        raise PydanticCustomError("one_line", "a name on one line, without | and without outer blanks")
    return text


def _moment(text: str) -> str:
    if not is_moment(text):
        raise PydanticCustomError("iso_moment", "a time as 2026-07-15T18:30:00+07:00")
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise PydanticCustomError("pattern", "a regular expression such as [0-9]{5}") from None
    return text


IsoDay = Annotated[str, AfterValidator(_day)]


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


class FramePart(Model):
    """How the office's list is read and when its checks speak up.

    date_format: how days are written as text (days typed as such in a workbook are always understood). min_cases: a
    rated unit with fewer rows on the frame is named. coverage: a unit is named when rows on the frame / independent
    count lies outside these bounds."""

    date_format: Literal["iso", "d/m/y"] = "iso"
    min_cases: Annotated[int, Field(ge=1)] = 30
    coverage_low: Annotated[float, Field(gt=0, le=1)] = 0.95
    coverage_high: Annotated[float, Field(ge=1)] = 1.05


class PartyPart(Model):
    """One of the two who seal the frame: commitment = SHA-256("name|number"), given before the number is opened."""

    name: Annotated[Name, AfterValidator(_one_line)]
    commitment: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class PublicValue(Model):
    """A number nobody can foresee: where it is published, when, and the pattern that it must fit whole."""

    source: Name
    at: Annotated[str, AfterValidator(_moment)]
    pattern: Annotated[str, AfterValidator(_pattern)]


class DrawPart(Model):
    """What the seed will be made of."""

    mode: Literal["fresh"]
    parties: Annotated[tuple[PartyPart, ...], Field(min_length=2, max_length=2)]
    public_value: PublicValue


class ConductorPart(Model):
    """Who hands the forms out to the units of some groups."""

    conductor_id: Name
    name_vi: Name
    unit_groups: tuple[str, ...]


class ListsPart(Model):
    """What the heads of lists and the payment list say: who stands above the conductor, the place before the date,
    and how many đồng a form is paid."""

    agency_vi: str = ""
    place: str = ""
    payment_per_form: Annotated[int, Field(ge=0)] | None = None


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
    frame: FramePart = FramePart()
    plan: PlanPart
    draw: DrawPart
    weights: WeightsPart
    conductors: Annotated[tuple[ConductorPart, ...], Field(min_length=1)]
    lists: ListsPart = ListsPart()


class FrameHeading(Model):
    """A header of the frame file and the field it means."""

    field: Name
    header: Name


class FrameCode(Model):
    """How a cell of the frame file is coded: `cell` of `field` means `code`."""

    field: CodedField
    cell: Name
    code: Annotated[str, Field(pattern=r"^[\w.-]+$")]


class DossierCount(Model):
    """How many cases a unit had in the window by another source than the list (statistics of the portal, reports)."""

    unit_id: Name
    count: Annotated[int, Field(ge=0)]
    source: Name


class SurveyRound(RoundFacts):
    """A round with the layout of its frame file and, where they are known, independent counts by unit.

    quotas: who rates whom, for people on closed lists; empty: each case rates the unit of its own row."""

    headings: tuple[FrameHeading, ...]
    codes: tuple[FrameCode, ...]
    dossier_counts: tuple[DossierCount, ...] = ()
    quotas: tuple[RaterQuota, ...] = ()

    @property
    def layout(self) -> FrameLayout:
        """Fields of the round's kind of frame."""
        return LAYOUTS[self.plan.frame_kind]

    def frame_fields(self) -> tuple[str, ...]:
        """Fields that frame_columns.csv declares, in its order."""
        return tuple(one.field for one in self.headings)

    def needed_fields(self) -> tuple[str, ...]:
        """Declared fields that must be in the file and never blank."""
        needed = self.layout.needed
        return tuple(one for one in self.frame_fields() if one in needed or one not in MAY_BE_BLANK)

    def coded_fields(self) -> tuple[str, ...]:
        """Declared fields with coded values."""
        return tuple(one for one in CODED_FIELDS if one in self.frame_fields())

    def codes_of(self, field: str) -> dict[str, str]:
        """Code by the wording in the file."""
        return {one.cell: one.code for one in self.codes if one.field == field}

    def header_of(self, field: str) -> str:
        """Header of a declared field."""
        return next(one.header for one in self.headings if one.field == field)

    @property
    def rates_many(self) -> bool:
        """True where a case may rate several units: people on closed lists, firms."""
        return bool(self.quotas) or self.plan.frame_kind == "firm"

    def settled_by_frame(self) -> dict[str, Any]:
        """What the frame depends on, as plain data."""
        work, plan = self.fieldwork, self.plan
        return {
            "units": self.units.model_dump(mode="json"),
            "window": [work.window_start, work.window_end],
            "target": [plan.target, plan.split_rule],
            "kind": [plan.frame_kind, plan.spare_round, self.frame.date_format, "unit_group" in plan.stratum_parts],
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
    """Round of a folder: round.toml, frame_columns.csv, frame_codes.csv; dossier_counts.csv and rater_quotas.csv where
    they are there.

    Raises FaultsFound `rounds.folder` with every fault.
    """
    faults: list[Fault] = []
    header = read_toml(folder / "round.toml", faults)
    facts = build(RoundFacts, header, "round.toml", 0, faults) if header or not faults else None
    headings = [one for _, one in read_models(folder / "frame_columns.csv", FrameHeading, faults)]
    codes = [one for _, one in read_models(folder / "frame_codes.csv", FrameCode, faults)]
    counts_path = folder / "dossier_counts.csv"
    counts = [one for _, one in read_models(counts_path, DossierCount, faults)] if counts_path.is_file() else []
    faults += _repeated_counts(counts)
    quotas = read_quotas(folder / "rater_quotas.csv", facts.units.unit_groups if facts is not None else (), faults)
    plan = None if facts is None else facts.plan
    has_matrix = (folder / "rater_quotas.csv").is_file()
    if plan is not None and _has_lists(plan, has_matrix) and not (has_matrix and plan.method == "quotas"):
        wanted = "quotas" if has_matrix else "rater_quotas.csv"
        faults.append(
            Fault("rounds.quota_method", "round.toml", column="plan.method", got=plan.method, expected=wanted)
        )
    if quotas and "rater_group" not in [one.field for one in headings]:
        faults.append(Fault("rounds.quota_frame", "frame_columns.csv", column="field", expected="rater_group"))
    if facts is not None:
        faults += [*_fact_faults(facts), *_frame_faults(facts, headings, codes)]
    if faults or facts is None:
        raise FaultsFound("rounds.folder", faults, where=folder.name)
    parts = {"headings": tuple(headings), "codes": tuple(codes), "dossier_counts": tuple(counts), "quotas": quotas}
    return SurveyRound(**facts.model_dump(), **parts)


def _has_lists(plan: PlanPart, has_matrix: bool) -> bool:
    """Whether anything in the folder speaks of closed lists."""
    return has_matrix or plan.method == "quotas" or plan.frame_kind == "official"


def _fact_faults(facts: RoundFacts) -> Iterator[Fault]:
    work = facts.fieldwork
    if work.window_start > work.window_end:
        yield Fault("rounds.dates", "round.toml", column="fieldwork.window_end", got=work.window_end)
    if work.window_start > work.cutoff:
        yield Fault("rounds.dates", "round.toml", column="fieldwork.cutoff", got=work.cutoff)
    yield from setting_faults(facts.plan)
    for field in ("name", "commitment"):
        first, second = (getattr(party, field) for party in facts.draw.parties)
        if first == second:
            yield Fault("rounds.parties", "round.toml", column=f"draw.parties.{field}", got=first)
    for group in facts.units.unit_groups:
        holders = [one.conductor_id for one in facts.conductors if group in one.unit_groups]
        if len(holders) != 1:
            yield Fault("rounds.conductor", "round.toml", column="conductors", got=", ".join(holders), expected=group)


def _frame_faults(facts: RoundFacts, headings: list[FrameHeading], codes: list[FrameCode]) -> Iterator[Fault]:
    """Faults of the frame's layout and of settings that need one of its columns."""
    layout, plan = LAYOUTS[facts.plan.frame_kind], facts.plan
    declared = [one.field for one in headings]
    for field in sorted(one for one in set(declared) if one not in layout.fields or declared.count(one) > 1):
        expected = ", ".join(layout.fields)
        yield Fault("rounds.frame_field", "frame_columns.csv", column="field", got=field, expected=expected)
    for field in layout.needed:
        if field not in declared:
            yield Fault("rounds.frame_field", "frame_columns.csv", column="field", got="", expected=field)
    if plan.frame_kind != "transaction" and plan.target != "person":
        yield Fault("rounds.frame_target", "round.toml", column="plan.target", got=plan.target, expected="person")
    coded = [one for one in CODED_FIELDS if one in declared]
    possible = ["unit_id", "unit_group", *coded, *(["asked_before"] if plan.spare_round else [])]
    for part in plan.stratum_parts:
        if part not in possible or plan.stratum_parts.count(part) > 1:
            expected = " | ".join(possible)
            yield Fault("rounds.stratum_part", "round.toml", column="plan.stratum_parts", got=part, expected=expected)
    yield from recipe_faults(facts.weights, possible)
    if plan.spare_round == facts.id:
        yield Fault("rounds.spare_itself", "round.toml", column="plan.spare_round", got=plan.spare_round)
    for name in coded:
        wordings = [" ".join(one.cell.casefold().split()) for one in codes if one.field == name]
        if not wordings or len(set(wordings)) < len(wordings):
            yield Fault("rounds.frame_code", "frame_codes.csv", column="cell", expected=name)


def _repeated_counts(counts: list[DossierCount]) -> Iterator[Fault]:
    units = [one.unit_id for one in counts]
    for unit_id in sorted({one for one in units if units.count(one) > 1}):
        yield Fault("rounds.repeated", "dossier_counts.csv", column="unit_id", got=unit_id)
