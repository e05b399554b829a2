"""A round and its instruments as their people describe them in round.toml.

A round is one province x one year x one campaign. Each of its instruments is a survey of its own (questionnaire, index,
how respondents come, frame, plan, draw, weights) or has no respondents: another agency measured its index. Units,
rulebooks and lists are the round's.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field

from errors import StoreError
from sipas.caseid import training_code
from sipas.datafiles import Model
from sipas.framekinds import CODED_FIELDS, LAYOUTS, MAY_BE_BLANK, FrameLayout
from sipas.plan import PlanPart
from sipas.quotas import RaterQuota
from sipas.rounds.sections import (
    ConductorPart,
    DossierCount,
    DrawPart,
    FieldworkPart,
    FrameCode,
    FrameHeading,
    FramePart,
    InstrumentId,
    ListsPart,
    Name,
    RoundId,
    UnitsPart,
    one_line,
)
from sipas.weighting.recipe import WeightsPart

Respondents = Literal["frame", "lists"]
Holder = Literal["survey", "values"]
NO_RESPONDENTS: Final = "none"
ONLY_INSTRUMENT: Final = "khao-sat"  # id of the one survey of a round file that names no instruments


class RoundHead(Model):
    """What the round file says of the round as a whole."""

    id: RoundId
    title_vi: Name
    province_id: Name
    province_vi: Name
    year: int
    made_up: bool = False
    rulebooks: Annotated[tuple[str, ...], Field(min_length=1)]
    units: UnitsPart
    lists: ListsPart = ListsPart()


class InstrumentHead(Model):
    """What every `[[instruments]]` of the round file says.

    title_vi: "" for the title of the round; short_vi: two or three words for sheets and lists, where there are several
    instruments. index: what it brings values of. unit_groups: ranked groups whose units are rated; empty for all
    groups."""

    id: InstrumentId
    title_vi: str = ""
    short_vi: str = ""
    index: Name
    unit_groups: tuple[str, ...] = ()


class InstrumentFacts(InstrumentHead):
    """One survey among the `[[instruments]]` of the round file.

    respondents: frame (a sample from an office's list) or lists (closed lists, rater_quotas.csv says who rates whom).
    """

    code: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9]{1,7}$")]
    questionnaire: Name
    respondents: Respondents
    fieldwork: FieldworkPart
    frame: FramePart = FramePart()
    plan: PlanPart
    draw: DrawPart
    weights: WeightsPart
    conductors: Annotated[tuple[ConductorPart, ...], Field(min_length=1)]


class ValuesFacts(InstrumentHead):
    """An instrument without respondents: the values of its index are those of another agency.

    source_vi: whose figures they are, as it is printed."""

    respondents: Literal["none"]
    source_vi: Annotated[Name, AfterValidator(one_line)]


class Placed(InstrumentHead):
    """An instrument in its round; position counts from 1."""

    round: RoundHead
    position: int

    @property
    def public_id(self) -> str:
        """Id of the draw, and folder of the files: the round's id for the first instrument, round/instrument for the
        others."""
        return self.round.id if self.position == 1 else f"{self.round.id}/{self.id}"

    @property
    def title(self) -> str:
        """Its own title, else that of the round."""
        return self.title_vi or self.round.title_vi

    @property
    def units(self) -> UnitsPart:
        """Register and day of the round, and the ranked groups that this instrument rates, in the round's order."""
        head_units, own_groups = self.round.units, self.unit_groups
        groups = {group: name for group, name in head_units.groups.items() if group in own_groups}
        return head_units.model_copy(update={"groups": groups}) if own_groups else head_units

    @property
    def year(self) -> int:
        """Year of the round."""
        return self.round.year

    @property
    def province_id(self) -> str:
        """Id of the domain of all units together."""
        return self.round.province_id

    @property
    def made_up(self) -> bool:
        """Whether the round is an example."""
        return self.round.made_up


class ValuesRules(ValuesFacts, Placed):
    """An instrument without respondents, with the round it belongs to."""


class InstrumentRules(InstrumentFacts, Placed):
    """A survey with the round it belongs to, the layout of its frame file and, where known, independent counts.

    quotas: who rates whom, for people on closed lists; empty: each case rates the unit of its own row."""

    headings: tuple[FrameHeading, ...]
    codes: tuple[FrameCode, ...]
    dossier_counts: tuple[DossierCount, ...] = ()
    quotas: tuple[RaterQuota, ...] = ()

    @property
    def lists(self) -> ListsPart:
        """What the heads of lists say."""
        return self.round.lists

    @property
    def layout(self) -> FrameLayout:
        """Fields of the instrument's kind of frame."""
        return LAYOUTS[self.plan.frame_kind]

    def frame_fields(self) -> tuple[str, ...]:
        """Fields that frame_columns.csv declares, in its order."""
        return tuple(heading.field for heading in self.headings)

    def needed_fields(self) -> tuple[str, ...]:
        """Declared fields that must be in the file and never blank."""
        needed = self.layout.needed
        return tuple(field for field in self.frame_fields() if field in needed or field not in MAY_BE_BLANK)

    def coded_fields(self) -> tuple[str, ...]:
        """Declared fields with coded values."""
        return tuple(field for field in CODED_FIELDS if field in self.frame_fields())

    def codes_of(self, field: str) -> dict[str, str]:
        """Code by the wording in the file."""
        return {code.cell: code.code for code in self.codes if code.field == field}

    def header_of(self, field: str) -> str:
        """Header of a declared field."""
        return next(heading.header for heading in self.headings if heading.field == field)

    @property
    def rates_many(self) -> bool:
        """True where a case may rate several units: people on closed lists, firms."""
        return bool(self.quotas) or self.plan.frame_kind == "firm"

    def fixed_by_frame(self) -> dict[str, Any]:
        """What the frame depends on, as plain data."""
        work, plan = self.fieldwork, self.plan
        return {
            "units": self.units.model_dump(mode="json"),
            "window": [work.window_start, work.window_end],
            "target": [plan.target, plan.split_rule],
            "kind": [plan.frame_kind, plan.spare_round, self.frame.date_format, "unit_group" in plan.stratum_parts],
            "headings": [list(heading.model_dump().values()) for heading in self.headings],
            "codes": [list(code.model_dump().values()) for code in self.codes],
        }

    def fixed_by_draw(self) -> dict[str, Any]:
        """What frame, plan and sample depend on, as plain data: fixed once the sample is drawn."""
        return {
            **self.fixed_by_frame(),
            "code": self.code,
            "plan": self.plan.model_dump(mode="json"),
            "quotas": [quota.model_dump(mode="json") for quota in self.quotas],
            "draw": self.draw.model_dump(mode="json"),
            "conductors": [conductor.model_dump(mode="json") for conductor in self.conductors],
        }

    def case_code(self, *, is_training: bool) -> str:
        """First part of the case ids: the instrument's code, marked when its cases are never counted."""
        return training_code(self.code) if is_training else self.code

    def conductor_of(self, unit_group: str) -> str:
        """Conductor of a unit group, "" when nobody is named."""
        return next(
            (conductor.conductor_id for conductor in self.conductors if unit_group in conductor.unit_groups), ""
        )


AnyRules = InstrumentRules | ValuesRules


class SurveyRound(Model):
    """A round and its instruments in the order of the file."""

    head: RoundHead
    instruments: tuple[AnyRules, ...]

    @property
    def id(self) -> str:
        """Id of the round."""
        return self.head.id

    @property
    def surveys(self) -> tuple[InstrumentRules, ...]:
        """Instruments with respondents, in order."""
        return tuple(instrument for instrument in self.instruments if isinstance(instrument, InstrumentRules))

    @property
    def taken_over(self) -> tuple[ValuesRules, ...]:
        """Instruments without respondents, in order."""
        return tuple(instrument for instrument in self.instruments if isinstance(instrument, ValuesRules))

    def instrument_ids(self) -> tuple[str, ...]:
        """Ids of the instruments in order."""
        return tuple(instrument.id for instrument in self.instruments)

    def holder(self, instrument_id: str) -> Holder:
        """Kind of an instrument: a survey, or one that takes values over. KeyError when it is not there."""
        return "survey" if isinstance(self.instrument(instrument_id), InstrumentRules) else "values"

    def instrument(self, instrument_id: str) -> AnyRules:
        """One instrument of the round. KeyError when it is not there."""
        for instrument in self.instruments:
            if instrument.id == instrument_id:
                return instrument
        raise KeyError(instrument_id)

    def survey(self, instrument_id: str) -> InstrumentRules:
        """One survey of the round. KeyError when it is not there, or has no respondents."""
        rules = self.instrument(instrument_id)
        if not isinstance(rules, InstrumentRules):
            raise KeyError(instrument_id)
        return rules

    def require_survey(self, instrument_id: str) -> None:
        """StoreError `store.no_instrument`, `jobs.no_respondents` (it only takes values over)."""
        if instrument_id not in self.instrument_ids():
            expected = ", ".join(self.instrument_ids())
            raise StoreError("store.no_instrument", where=self.id, got=instrument_id, expected=expected)
        if self.holder(instrument_id) != "survey":
            where = self.instrument(instrument_id).public_id
            raise StoreError("jobs.no_respondents", where=where, got=instrument_id)

    def values(self, instrument_id: str) -> ValuesRules:
        """One instrument without respondents. KeyError when it is not there, or is a survey."""
        rules = self.instrument(instrument_id)
        if not isinstance(rules, ValuesRules):
            raise KeyError(instrument_id)
        return rules
