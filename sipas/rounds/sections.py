"""Sections of a round file: units, fieldwork, frame, seal and draw, conductors, lists."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sampling.manifest import is_moment
from sipas.cells.days import is_day
from sipas.datafiles import Model
from sipas.foldernames import IN_ROUND, IN_WORKSPACE, MAX_ID, is_free
from sipas.framekinds import CodedField

Name = Annotated[str, Field(min_length=1)]


def _day(text: str) -> str:
    if not is_day(text):
        raise PydanticCustomError("iso_date", "a day as YYYY-MM-DD")
    return text


def one_line(text: str) -> str:
    """The text itself, when it can stand as a name on one line."""
    if "|" in text or not text.isprintable() or text != text.strip():
        raise PydanticCustomError("one_line", "a name on one line, without | and without outer blanks")
    return text


def _moment(text: str) -> str:
    if not is_moment(text):
        raise PydanticCustomError("iso_moment", "a time as 2026-07-15T18:30:00+07:00")
    return text


def _free_in_round(text: str) -> str:
    if not is_free(text, IN_ROUND):
        raise PydanticCustomError("taken_name", _TAKEN)
    return text


def _free_in_workspace(text: str) -> str:
    if not is_free(text, IN_WORKSPACE):
        raise PydanticCustomError("taken_name", _TAKEN)
    return text


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error:
        raise PydanticCustomError("pattern", "a regular expression such as [0-9]{5}") from None
    return text


_TAKEN: Final = "another name: this one belongs to a folder of the program or to Windows"
RoundId = Annotated[str, Field(pattern=r"^[\w.-]+$"), AfterValidator(_free_in_workspace)]
InstrumentId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*$", max_length=MAX_ID), AfterValidator(_free_in_round)]
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

    name: Annotated[Name, AfterValidator(one_line)]
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
