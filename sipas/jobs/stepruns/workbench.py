"""A round at work: its pinned methodology, the runs of its steps, and whether each still fits its inputs of now.

A result is current when the key of its run is the key its inputs have now. An older one is never read: whoever asks for
it is told which command to run. What the draw settled (frame, plan, sample) and what came of a received file stays as
it was. Once a round is closed or released, a result that only another version of the program would make differently
stays valid, and a note names its step.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from errors import StoreError
from sampling.numbers import canonical_json
from sipas.canonical import canonical_table, parquet_bytes, read_parquet, to_frame
from sipas.jobs.stepruns import ledgerreads
from sipas.jobs.stepruns.changes import nothing_moved_since
from sipas.jobs.stepruns.pinned import pin_hashes, pinned
from sipas.jobs.stepruns.steps import COMMANDS, COUNTING, FIXED_BY_DRAW, SCORED_BY, STEPS
from sipas.rounds import AnyRules, Holder, InstrumentRules, SurveyRound
from sipas.rounds.parts import InstrumentParts, RoundParts
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import FileGiven, Given, Inputs, Source, declared_reads
from sipas.store.ledger.engine import Transaction
from sipas.store.rounds.instruments import Instrument, chosen
from sipas.store.source import code_of
from sipas.store.stepruns import Place, Run, Wanted, current_run, outputs_by_part, run_step, step_key
from sipas.store.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

StepState = Literal["none", "stale", "current"]
_BEFORE_DRAW = ("new", "committed")
_UNFINISHED = ("new", "committed", "drawn", "open", "reopened")
_FINISHED = ("closed", "cancelled")


def only_survey(ws: Workspace, survey_round: SurveyRound) -> Instrument:
    """The only survey of a round, or the only one that was not cancelled.

    StoreError `jobs.no_survey` (the round only takes values over), `store.which_instrument`.
    """
    values_ids = [rules.id for rules in survey_round.taken_over]
    if not survey_round.surveys:
        raise StoreError("jobs.no_survey", where=survey_round.id, got=", ".join(values_ids))
    instruments = ws.rounds.instruments(survey_round.id)
    return chosen(
        [instrument for instrument in instruments if instrument.instrument_id not in values_ids], survey_round.id, ""
    )


@dataclass(frozen=True)
class FileToRead:
    """A kept file as a step gets it: its hash, where its bytes lie for the moment, and its name for messages."""

    sha256: str
    path: Path
    name: str


@dataclass(frozen=True, eq=False)
class StepRun:
    """A run, and what was made beside its outputs; None when an earlier run was found."""

    run: Run
    beside: Any = None


class Workbench:
    """The steps of one round; `instrument_id` names the survey that is worked on, "" for the only one.

    Instruments without respondents are taken in hand by `at` alone. StoreError `jobs.no_respondents` when one is named.
    """

    def __init__(self, ws: Workspace, round_id: str, instrument_id: str = "") -> None:
        self.ws = ws
        self.round_id = round_id
        self.round_parts: RoundParts = pinned(ws, round_id, instrument_id)
        self._asked_for = instrument_id
        self._fits: dict[tuple[str, str], Run] = {}
        self._reads: dict[tuple[str, str], tuple[str, pa.Table, bytes]] = {}
        self._by_file: dict[Place, Mapping[str, Mapping[str, str]]] = {}
        self._noted: dict[Place, None] = {}

    def at(self, instrument_id: str) -> Workbench:
        """The same round with another instrument in hand; what was read is shared."""
        other = object.__new__(Workbench)
        other.__dict__.update(self.__dict__)
        other._asked_for = instrument_id
        return other

    def instrument_benches(self) -> tuple[Workbench, ...]:
        """The round with each of its instruments in hand."""
        return tuple(self.at(instrument_id) for instrument_id in self.round_parts.survey_round.instrument_ids())

    def survey_benches(self) -> tuple[Workbench, ...]:
        """The round with each of its surveys in hand."""
        return tuple(self.at(survey.id) for survey in self.round_parts.survey_round.surveys)

    def scored(self) -> tuple[Workbench, ...]:
        """The round with each instrument in hand whose index is counted."""
        return tuple(self.at(instrument_id) for instrument_id in self.scored_ids())

    def scored_ids(self) -> tuple[str, ...]:
        """Instruments whose index is counted: not those that were cancelled, nor those whose cases rate many units,
        for which no weights are made."""
        left = {
            instrument.instrument_id
            for instrument in self.ws.rounds.instruments(self.round_id)
            if instrument.state != "cancelled"
        }
        raters = {survey.id for survey in self.round_parts.survey_round.surveys if survey.rates_many}
        return tuple(
            instrument_id
            for instrument_id in self.round_parts.survey_round.instrument_ids()
            if instrument_id in left - raters
        )

    @property
    def instrument(self) -> Instrument:
        """The instrument in hand, as the ledger knows it; the only survey where none is named.

        StoreError `store.which_instrument` where several fit, `jobs.no_survey` where none does."""
        if self._asked_for:
            return self.ws.rounds.instrument(self.round_id, self._asked_for)
        return only_survey(self.ws, self.round_parts.survey_round)

    @property
    def rules(self) -> AnyRules:
        """What the round file says of the instrument in hand."""
        return self.round_parts.survey_round.instrument(self.instrument.instrument_id)

    @property
    def holder(self) -> Holder:
        """Kind of the instrument in hand."""
        return self.round_parts.survey_round.holder(self.instrument.instrument_id)

    @property
    def parts(self) -> InstrumentParts:
        """Methodology as the survey in hand sees it."""
        return self.round_parts.of_instrument(self.instrument.instrument_id)

    @property
    def is_drawn(self) -> bool:
        """True from the draw on: frame, plan and sample are settled. Of a cancelled instrument nothing is."""
        return self.instrument.state not in (*_BEFORE_DRAW, "cancelled")

    @property
    def notes(self) -> tuple[Place, ...]:
        """Steps whose result was read although another version of the program made it."""
        return tuple(self._noted)

    def steps(self) -> tuple[Step, ...]:
        """Steps that the instrument in hand goes through: a cancelled one none; nothing is counted of a training round,
        nor where cases rate many units."""
        if self.instrument.state == "cancelled":
            return ()
        of_instrument = [step for step in STEPS.values() if step.scope == "instrument" and step.name in COMMANDS]
        held = [step for step in of_instrument if step.holder == self.holder]
        rates_many = self.holder == "survey" and self.parts.rules.rates_many
        counts = not self.round_parts.is_training and not rates_many
        return tuple(step for step in held if counts or step.name not in COUNTING)

    def round_steps(self) -> tuple[Step, ...]:
        """Steps of the round as a whole."""
        if self.round_parts.is_training:
            return ()
        return tuple(step for step in STEPS.values() if step.scope == "round" and step.name in COMMANDS)

    def run(
        self,
        step: Step,
        settings: Mapping[str, Any] | None = None,
        *,
        file: FileToRead | None = None,
        part: str = "",
        record: Callable[[Transaction, Any], None] | None = None,
    ) -> StepRun:
        """Run a step on what it reads now, unless that result is there. part: which file, for a step run by file.

        `record` is called with what was made beside the outputs, in the transaction that keeps the run. StoreError
        `jobs.training`, `store.round_state` (the round is closed); what the step's `make` raises.
        """
        self.refuse_training(step.name)
        with self.ws.ledger.read() as connection:
            self._refuse_closed(step, connection)
        wanted = self._wanted(step, settings or {}, file)
        beside: list[Any] = []

        def make() -> Mapping[str, pa.Table | bytes]:
            result = self.make(step, wanted, file)
            beside.append(result.beside)
            return result.outputs

        def keep(connection: Transaction, outputs: Mapping[str, str]) -> None:
            self._refuse_closed(step, connection)  # it may have been closed while the step was at work
            if record is not None:
                record(connection, beside[0])

        finished = run_step(self.ws, self.place(step.name, part), wanted, make, keep)
        self._fits[self._scope(step.name), step.name] = finished
        self._by_file.pop(self.place(step.name), None)
        return StepRun(finished, beside[0] if beside else None)

    def make_now(
        self, step: Step, settings: Mapping[str, Any] | None = None, *, file: FileToRead | None = None
    ) -> StepResult:
        """What a step would make of its inputs of now; kept nowhere."""
        return self.make(step, self._wanted(step, settings or {}, file), file)

    def make(self, step: Step, wanted: Wanted, file: FileToRead | None = None) -> StepResult:
        """What a step makes of some inputs, kept nowhere."""
        self._refuse_lacking(step, wanted)
        given = FileGiven(file.path, file.name) if file is not None else None
        source = Source(self._bytes, self.ws.key, given)
        inputs = Inputs(wanted.settings["call"], wanted.inputs)
        return step.make(Given(step, self.round_parts, self._scope(step.name), inputs, source))

    def given(self, name: str, settings: Mapping[str, Any] | None = None) -> Given:
        """What a step of the round would be given now, for those who read along."""
        step, call = STEPS[name], settings or {}
        wanted = self._wanted(step, call, None)
        self._refuse_lacking(step, wanted)
        inputs = Inputs(call, wanted.inputs)
        return Given(step, self.round_parts, self._scope(name), inputs, Source(self._bytes, self.ws.key))

    def result(self, step: str) -> Run:
        """The current result of a step. StoreError `jobs.step_first` (none yet), `jobs.step_stale` (inputs changed),
        `jobs.training` (a training round has none of this kind)."""
        key = self._scope(step), step
        if key not in self._fits:
            run = self.last(step)
            if not self._holds(step, run):
                where = self.place(step).subject.rpartition("/")[0]
                raise StoreError("jobs.step_stale", where=where, got=step, expected=self._command(step))
            self._fits[key] = run
        return self._fits[key]

    def last(self, step: str) -> Run:
        """The latest result of a step, current or not. StoreError `jobs.step_first`."""
        self.refuse_training(step)
        place = self.place(step)
        run = current_run(self.ws, place)
        if run is None:
            where = place.subject.rpartition("/")[0]
            raise StoreError("jobs.step_first", where=where, got=step, expected=self._command(step))
        return run

    def state(self, step: str) -> StepState:
        """none, stale (something it was made from has changed, or an earlier step has), current."""
        try:
            self.result(step)
        except StoreError as error:
            if error.rule not in ("jobs.step_first", "jobs.step_stale", "jobs.no_answers"):
                raise
            return "none" if current_run(self.ws, self.place(step)) is None else "stale"
        return "current"

    def sha(self, step: str, name: str) -> str:
        """SHA-256 of an output of the current result."""
        return self.result(step).outputs[name]

    def table(self, step: str, name: str) -> pd.DataFrame:
        """An output table of the current result."""
        return self.ws.files.snapshots.read_frame(self.sha(step, name))

    def facts(self, step: str, name: str) -> dict[str, Any]:
        """A JSON output of the current result."""
        facts: dict[str, Any] = json.loads(self.ws.files.snapshots.read_bytes(self.sha(step, name)))
        return facts

    def index_scores(self) -> pd.DataFrame:
        """IndexScores of the instrument in hand, whichever step made them."""
        return self.table(SCORED_BY[self.holder], "index_scores")

    def index_scores_sha(self) -> str:
        """SHA-256 of them."""
        return self.sha(SCORED_BY[self.holder], "index_scores")

    def ledger(self, name: str) -> pd.DataFrame:
        """A ledger read of the instrument in hand (or of the round) as it is now."""
        return to_frame(read_parquet(self._read(name, self.instrument.instrument_id)[2]))

    def _wanted(self, step: Step, settings: Mapping[str, Any], file: FileToRead | None) -> Wanted:
        """Settings, hashes and code of a step as they are now. StoreError `jobs.nothing_scored` for a step of the round
        when none of its instruments is counted."""
        scope = self._scope(step.name)
        ids = self.scored_ids() if step.scope == "round" else ()
        if step.scope == "round" and not ids:
            raise StoreError("jobs.nothing_scored", where=self.round_id)
        declared = declared_reads(step, self.round_parts.survey_round, scope, ids)
        wanted = {  # instruments before the round: of what is missing the first is named
            instrument_id: self._hashes(reads, instrument_id, file if instrument_id == scope else None)
            for instrument_id, (reads, _) in declared.items()
        }
        dumps = {instrument_id: sections for instrument_id, (_, sections) in declared.items()}
        call = {name: settings[name] for name in step.settings if name in settings}
        return Wanted(
            settings={"call": call, "file": dumps, "is_training": self.round_parts.is_training},
            inputs=wanted,
            code=code_of(step.modules),
            reads=self._tables(wanted, step.passing),
        )

    def _tables(
        self, hashes: Mapping[str, Mapping[str, str]], passing: Collection[str]
    ) -> dict[str, tuple[str, pa.Table]]:
        """Ledger reads, hash and table, by the name of the snapshot they become."""
        return {
            "-".join(filter(None, (name.replace("/", "."), instrument_id))): self._read(
                name.removeprefix("ledger/"), instrument_id
            )[:2]
            for instrument_id, shas in hashes.items()
            for name in shas
            if name.startswith("ledger/") and name.removeprefix("ledger/") not in passing
        }

    def _hashes(self, reads: Reads, instrument_id: str, file: FileToRead | None) -> dict[str, str]:
        """SHA-256 of everything declared, by name; but for outputs that an earlier version of the program did not make,
        whose results are only read (`_holds`), and those that may be absent."""
        bench = self.at(instrument_id) if instrument_id else self
        hashes: dict[str, str] = {}
        for output in (*reads.outputs, *reads.maybe):
            step, name = output.split("/")
            outputs = bench.result(step).outputs
            hashes |= {output: outputs[name]} if name in outputs else {}
        for output in reads.every:
            hashes |= bench.hashes_by_batch(output)
        hashes |= self._pins(reads, instrument_id)
        hashes |= {f"ledger/{name}": self._read(name, instrument_id)[0] for name in (*reads.ledger, *reads.passing)}
        return hashes | ({"file": file.sha256} if file is not None else {})

    def _refuse_lacking(self, step: Step, wanted: Wanted) -> None:
        """StoreError `jobs.step_stale` when a result lacks an output: an earlier version of the program made it."""
        for instrument_id, hashes in wanted.inputs.items():
            holder = self.round_parts.survey_round.holder(instrument_id) if instrument_id else None
            for output in step.reads_of(holder).outputs:
                if output not in hashes:
                    name = output.partition("/")[0]
                    where = self.at(instrument_id).place(name).subject.rpartition("/")[0]
                    raise StoreError("jobs.step_stale", where=where, got=name, expected=self._command(name))

    def hashes_by_batch(self, output: str) -> dict[str, str]:
        """Hashes of one output of the runs of all received files, by step/batch/output.

        StoreError `jobs.no_answers` before the first.
        """
        step, name = output.split("/")
        self.result("draw")
        place = self.place(step)
        if place not in self._by_file:
            self._by_file[place] = outputs_by_part(self.ws, place)
        outputs_by_name = {f"{step}/{batch}/{name}": outputs[name] for batch, outputs in self._by_file[place].items()}
        if not outputs_by_name:
            raise StoreError("jobs.no_answers", where=self.place(step).subject.rpartition("/")[0])
        return outputs_by_name

    def _pins(self, reads: Reads, instrument_id: str) -> dict[str, str]:
        """Pinned copies that a step reads: its own questionnaire and index, the round's units and rulebooks."""
        pins = pin_hashes(self.ws, self.round_id)
        names = {"questionnaire": "", "index": ""}
        if instrument_id:
            rules = self.round_parts.survey_round.instrument(instrument_id)
            names["index"] = rules.index
            if isinstance(rules, InstrumentRules):
                names["questionnaire"] = rules.questionnaire
        return {
            key: sha
            for key, sha in pins.items()
            for kind, _, name in [key.partition("/")]
            if kind in reads.pins and names.get(kind, name) in ("", name)
        }

    def _read(self, name: str, instrument_id: str) -> tuple[str, pa.Table, bytes]:
        """A ledger read as it is now: SHA-256, table, bytes."""
        key = instrument_id, name
        if key not in self._reads:
            if instrument_id:
                instrument = self.ws.rounds.instrument(self.round_id, instrument_id)
                rows = ledgerreads.of_instrument(self.ws, name, instrument, self.round_parts)
            else:
                rows = ledgerreads.of_round(self.ws, name, self.round_parts)
            table = canonical_table(rows)
            data = parquet_bytes(table)
            self._reads[key] = hashlib.sha256(data).hexdigest(), table, data
        return self._reads[key]

    def _bytes(self, sha256: str) -> bytes:
        """Content behind a hash: a ledger read of now, else a snapshot."""
        for sha, _, data in self._reads.values():
            if sha == sha256:
                return data
        return self.ws.files.snapshots.read_bytes(sha256)

    def _holds(self, step: str, run: Run) -> bool:
        """Whether a result may be read: settled, of just these inputs, or differing by the program's version only in a
        round that is finished."""
        if step in FIXED_BY_DRAW and self.is_drawn:
            return True
        wanted = self._wanted(STEPS[step], run.settings.get("call", {}), self._same_file(step, run))
        if run.step_key == step_key(run.place, wanted):
            return True
        if not self._is_finished():
            return False
        same_inputs = (
            nothing_moved_since(self.ws, run)
            if run.is_of_version_2
            else canonical_json(dict(run.settings)) == canonical_json(dict(wanted.settings))
            and canonical_json(dict(run.inputs)) == canonical_json({a: dict(b) for a, b in wanted.inputs.items()})
        )
        if same_inputs:
            self._noted[run.place] = None
        return same_inputs

    def _same_file(self, step: str, run: Run) -> FileToRead | None:
        """The file a result was made from, to compare it with itself."""
        sha256 = run.inputs.get(run.place.instrument_id, {}) if STEPS[step].reads.file else {}
        file_sha = sha256.get("file") if isinstance(sha256, Mapping) else None
        return FileToRead(file_sha, Path(), "") if file_sha else None

    def _is_finished(self) -> bool:
        """A closed round, or one with a release: its numbers stay as they were given out."""
        if self.ws.rounds.get(self.round_id).state in _FINISHED:
            return True
        return any(release.state != "draft" for release in self.ws.office.releases.find(self.round_id))

    def _refuse_closed(self, step: Step, connection: Transaction) -> None:
        if step.scope == "instrument":
            self.ws.rounds.require(connection, self.instrument, *_UNFINISHED)
        else:
            self.ws.rounds.require_round(connection, self.round_id, *_UNFINISHED)

    def refuse_cancelled(self) -> None:
        """StoreError `jobs.cancelled` when the instrument in hand takes no part any more."""
        if self.instrument.state == "cancelled":
            raise StoreError("jobs.cancelled", where=self.instrument.public_id)

    def refuse_training(self, step: str) -> None:
        """StoreError `jobs.training` for a step that counts, in a training round."""
        if self.round_parts.is_training and step in COUNTING:
            raise StoreError("jobs.training", where=self.round_id, got=COMMANDS[step])

    def _scope(self, step: str) -> str:
        """Instrument id of a step: "" for those of the round."""
        return "" if STEPS[step].scope == "round" else self.instrument.instrument_id

    def place(self, step: str, part: str = "") -> Place:
        """Where runs of a step of the instrument in hand (or of the round) are kept."""
        return Place(self.round_id, self._scope(step), f"{step}/{part}" if part else step)

    def _command(self, step: str) -> str:
        """What to type to get a result; with the instrument where the round has several of its kind."""
        survey_round = self.round_parts.survey_round
        rivals = survey_round.surveys if STEPS[step].holder == "survey" else survey_round.taken_over
        if STEPS[step].scope == "round" or len(rivals) == 1:
            return COMMANDS[step]
        return f"{COMMANDS[step]} --instrument {self.instrument.instrument_id}"
