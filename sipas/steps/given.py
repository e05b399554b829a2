"""What a step is given: exactly what it declared, opened by hash; anything else raises UndeclaredRead."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel

from sipas.canonical import read_parquet, to_frame
from sipas.rounds.model import AnyRules, InstrumentRules, RoundHead, SurveyRound, ValuesRules
from sipas.rounds.parts import RoundParts
from sipas.steps.declare import Reads, Step, UndeclaredRead
from sipas.unitevent import UnitEvent
from sipas.units import Unit

if TYPE_CHECKING:
    import pandas as pd

    from sipas.indices import IndexDefinition
    from sipas.questionnaire import Questionnaire
    from sipas.rulebook import Rulebook
    from sipas.units import UnitRegister

M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class FileGiven:
    """The file from outside: where its bytes lie for the moment, and the name its faults are told under."""

    path: Path
    name: str


@dataclass(frozen=True, eq=False)
class Source:
    """How the inputs of a step are opened: bytes by hash, secret keys by purpose, the file where there is one."""

    read: Callable[[str], bytes]
    key: Callable[[str], bytes]
    file: FileGiven | None = None


@dataclass(frozen=True, eq=False)
class Inputs:
    """Settings of the call, and SHA-256 of everything a step reads, by instrument ("" for the round) and name."""

    settings: Mapping[str, Any]
    hashes: Mapping[str, Mapping[str, str]]


class Given:
    """The inputs of one step. For a step of the round `instruments` holds those of every instrument that is counted,
    `surveys` and `taken_over` those with and without respondents."""

    def __init__(self, step: Step, parts: RoundParts, instrument_id: str, inputs: Inputs, source: Source) -> None:
        survey_round = parts.survey_round
        self._reads = step.reads_of(survey_round.holder(instrument_id) if instrument_id else None)
        self._step = step
        self._instrument_id = instrument_id
        self._hashes = inputs.hashes[instrument_id]
        self._source = source
        self._parts = parts
        self._settings = inputs.settings
        if "events" in self._reads.ledger:
            self._parts = replace(parts, events=_events(self.ledger("events")))
        self.instruments: Mapping[str, Given] = {}
        if step.scope == "round" and not instrument_id:
            ids = [instrument_id for instrument_id in survey_round.instrument_ids() if instrument_id in inputs.hashes]
            self.instruments = {
                instrument_id: Given(step, self._parts, instrument_id, inputs, source) for instrument_id in ids
            }
        self.surveys = tuple(given for name, given in self.instruments.items() if survey_round.holder(name) == "survey")
        self.taken_over = tuple(
            given for name, given in self.instruments.items() if survey_round.holder(name) == "values"
        )

    @property
    def instrument_id(self) -> str:
        """The instrument these inputs are of, "" for the round."""
        return self._instrument_id

    @property
    def hashes(self) -> Mapping[str, str]:
        """SHA-256 of everything declared, by name."""
        return self._hashes

    def setting(self, name: str) -> Any:
        """A setting of the call."""
        self._require(name, self._step.settings, "setting")
        return self._settings[name]

    def has(self, output: str) -> bool:
        """Whether an output that may be absent is there."""
        self._require(output, self._reads.maybe, "output")
        return output in self._hashes

    def data(self, output: str) -> bytes:
        """An output of another step, "step/name", as bytes."""
        self._require(output, (*self._reads.outputs, *self._reads.maybe), "output")
        return self._source.read(self._hashes[output])

    def facts(self, output: str) -> Any:
        """An output of another step that is JSON."""
        return json.loads(self.data(output))

    def table(self, output: str) -> pd.DataFrame:
        """An output of another step that is a table."""
        return to_frame(read_parquet(self.data(output)))

    def tables(self, output: str) -> dict[str, pd.DataFrame]:
        """One output of all runs of a step, by the part of the run's name behind the slash ("receive/B-1": "B-1")."""
        self._require(output, self._reads.every, "output")
        step, name = output.split("/")
        tables = {
            key.split("/")[1]: sha
            for key, sha in sorted(self._hashes.items())
            if key.startswith(f"{step}/") and key.endswith(f"/{name}")
        }
        return {part: to_frame(read_parquet(self._source.read(sha))) for part, sha in tables.items()}

    def ledger(self, name: str) -> pd.DataFrame:
        """What the ledger said, as a table."""
        self._require(name, (*self._reads.ledger, *self._reads.passing), "ledger read")
        return to_frame(read_parquet(self._source.read(self._hashes[f"ledger/{name}"])))

    def key(self, purpose: str) -> bytes:
        """The secret key of a purpose."""
        self._require(purpose, self._reads.keys, "key")
        return self._source.key(purpose)

    @property
    def file(self) -> FileGiven:
        """The file from outside."""
        if not self._reads.file or self._source.file is None:
            raise UndeclaredRead(f"{self._step.name}: file")
        return self._source.file

    @property
    def rules(self) -> InstrumentRules:
        """The survey's part of the round file, of which only declared sections can be read."""
        return seen(self._parts.survey_round.survey(self._instrument_id), self._reads.rules, round=self.head)

    @property
    def values_rules(self) -> ValuesRules:
        """The same of an instrument without respondents."""
        return seen(self._parts.survey_round.values(self._instrument_id), self._reads.rules, round=self.head)

    @property
    def head(self) -> RoundHead:
        """The round's part of the round file, of which only declared sections can be read."""
        return seen(self._parts.survey_round.head, self._reads.head)

    @property
    def questionnaire(self) -> Questionnaire:
        """What the instrument asks."""
        self._require("questionnaire", self._reads.pins, "pin")
        return self._parts.of_instrument(self._instrument_id).questionnaire

    @property
    def index(self) -> IndexDefinition:
        """The instrument's index."""
        self._require("index", self._reads.pins, "pin")
        return self._parts.index_of(self._instrument_id)

    @property
    def rulebooks(self) -> tuple[Rulebook, ...]:
        """Rulebooks of the round."""
        self._require("rulebook", self._reads.pins, "pin")
        return self._parts.rulebooks

    @property
    def register(self) -> UnitRegister:
        """Units of the province over time."""
        self._require("units", self._reads.pins, "pin")
        return self._parts.register

    @property
    def is_training(self) -> bool:
        """Whether cases of the round are never counted; part of every key."""
        return self._parts.is_training

    def units_at_draw(self) -> tuple[Unit, ...]:
        """Units as the samples were drawn, in order: of the round, or those that the instrument rates."""
        self._require_units()
        return self._rated_here(self._parts.units_at_draw())

    def rated_units(self) -> tuple[Unit, ...]:
        """Rated units of today, in order: of the round, or those that the instrument rates."""
        self._require_units()
        self._require("events", self._reads.ledger, "ledger read")
        return self._rated_here(self._parts.rated_units())

    def units_of_today(self) -> dict[str, str]:
        """Unit of today by unit at the draw; "" where it was closed."""
        self._require_units()
        self._require("events", self._reads.ledger, "ledger read")
        return self._parts.units_of_today()

    def _rated_here(self, units: tuple[Unit, ...]) -> tuple[Unit, ...]:
        """Units of the groups that the instrument rates; all of them for the round."""
        if not self._instrument_id:
            return units
        rules: AnyRules = self._parts.survey_round.instrument(self._instrument_id)
        groups = seen(rules, self._reads.rules, round=self.head).units.unit_groups
        return tuple(unit for unit in units if unit.unit_group in groups)

    def _require_units(self) -> None:
        self._require("units", self._reads.pins, "pin")
        self._require("units", self._reads.head, "section")

    def _require(self, name: str, declared: Collection[str], what: str) -> None:
        if name not in declared:
            raise UndeclaredRead(f"{self._step.name}: {what} {name}")


def seen(model: M, allowed: Collection[str], **inner: object) -> M:
    """A model of which only the fields `allowed` can be read, by its own properties and methods too.

    allowed: names of fields, or "field.name" for one of the fields of a model inside; inner: fields with another value
    than the model's. UndeclaredRead for every other field.
    """
    return cast("M", _Seen(model, allowed, inner))


def declared_reads(
    step: Step, survey_round: SurveyRound, own_id: str, counted_ids: Collection[str]
) -> dict[str, tuple[Reads, dict[str, Any]]]:
    """What a step declared of the instruments it takes in (`counted_ids`, none for a step of one instrument), then of
    its own (`own_id`, "" for the round): reads, and the declared sections of the round file as plain data."""
    reads_by_id = {id: step.reads_of(survey_round.holder(id)) for id in counted_ids} | {own_id: step.reads}
    return {id: (reads, _sections(survey_round, reads, id)) for id, reads in reads_by_id.items()}


def _sections(survey_round: SurveyRound, reads: Reads, instrument_id: str) -> dict[str, Any]:
    head = {"head": survey_round.head.model_dump(mode="json", include=_included(reads.head))}
    if not instrument_id:
        return head
    rules = survey_round.instrument(instrument_id)
    return {**head, "rules": rules.model_dump(mode="json", include=_included(reads.rules))}


def _included(allowed: Collection[str]) -> dict[str, Any]:
    """The same fields as pydantic dumps them: True for a whole field, a set of names for parts of one."""
    fields: dict[str, Any] = {name: True for name in allowed if "." not in name}
    for name, part in (dotted.split(".") for dotted in allowed if "." in dotted):
        fields.setdefault(name, set()).add(part)
    return fields


class _Seen:
    """Stands for a model: fields are checked, properties and methods of the model run on the stand-in."""

    def __init__(self, model: BaseModel, allowed: Collection[str], inner: Mapping[str, object]) -> None:
        self._model, self._allowed, self._inner = model, allowed, inner

    def __getattr__(self, name: str) -> Any:
        kind = type(self._model)
        if name in self._inner:
            return self._inner[name]
        if name in kind.model_fields:
            parts = [dotted.removeprefix(f"{name}.") for dotted in self._allowed if dotted.startswith(f"{name}.")]
            if name not in self._allowed and not parts:
                raise UndeclaredRead(f"{kind.__name__}.{name}")
            value = getattr(self._model, name)
            return seen(value, parts) if parts else value
        value = getattr(kind, name)
        if isinstance(value, property) and value.fget is not None:
            return value.fget(self)
        return value.__get__(self)


def _events(table: pd.DataFrame) -> tuple[UnitEvent, ...]:
    columns = list(UnitEvent.__dataclass_fields__)
    return tuple(UnitEvent(*row) for row in table[columns].itertuples(index=False, name=None))
