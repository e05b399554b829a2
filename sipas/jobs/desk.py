"""The results of one round as its steps see them: what each is made from, and whether it still is.

A result is current when the step key of its run is the key its inputs have now. An older one is never read: whoever
asks for it is told which command to run. What the draw settled (frame, plan, sample) and what came of a received file
stays as it was; `jobs.rounds` refuses amendments that would belie it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import pyarrow as pa

from sampling.errors import StoreError
from sipas.datafiles import Model
from sipas.jobs.asked import asked_hash
from sipas.jobs.pinned import Pinned, pinned
from sipas.store.steps import Record, StepResult, current_run, run_step, step_key

if TYPE_CHECKING:
    from sipas.store.workspace import Workspace

Made = Mapping[str, pa.Table | bytes]
StepState = Literal["none", "stale", "current"]
COMMANDS = {
    "frame": "sipas frame import",
    "plan": "sipas plan",
    "draw": "sipas draw",
    "weight": "sipas weight",
    "score": "sipas score",
    "merge": "sipas merge",
    "workbook": "sipas export",
}
_BEFORE_DRAW = ("new", "committed")
_COUNTING = ("weight", "score", "merge", "workbook")
_SETTLED_BY_DRAW = ("frame", "plan", "draw")


@dataclass(frozen=True)
class Needs:
    """What a step is made from: settings by name, and SHA-256 of snapshots and received files by name."""

    params: Mapping[str, Any]
    inputs: Mapping[str, str]


class Desk:
    """One round of a workspace at work: its pinned methodology, its results, and running its steps."""

    def __init__(self, ws: Workspace, round_id: str) -> None:
        self.ws = ws
        self.round_id = round_id
        self.parts: Pinned = pinned(ws, round_id)
        self._current: dict[str, StepResult] = {}

    @property
    def is_drawn(self) -> bool:
        """True from the draw on: frame, plan and sample are settled."""
        return self.ws.rounds.get(self.round_id).state not in _BEFORE_DRAW

    def steps(self) -> tuple[str, ...]:
        """Steps this round goes through: all of them, in a training round those before anything is counted."""
        return tuple(one for one in COMMANDS if not (self.parts.is_training and one in _COUNTING))

    def run(
        self, step: str, make: Callable[[], Made], record: Record | None = None, *, needs: Needs | None = None
    ) -> StepResult:
        """Run a step on what it needs now, unless that result is there. StoreError `jobs.training`."""
        self._refuse_training(step)
        known = needs or self.needs(step)
        done = run_step(
            self.ws,
            round_id=self.round_id,
            step=step,
            params=known.params,
            inputs=known.inputs,
            make=make,
            record=record,
        )
        self._current[step] = done
        return done

    def result(self, step: str) -> StepResult:
        """The current result of a step. StoreError `jobs.step_first` (none yet), `jobs.step_stale` (inputs changed),
        `jobs.training` (a training round has none of this kind)."""
        if step not in self._current:
            found = self.last(step)
            if not self._holds(step, found):
                raise StoreError("jobs.step_stale", where=self.round_id, got=step, expected=COMMANDS[step])
            self._current[step] = found
        return self._current[step]

    def last(self, step: str) -> StepResult:
        """The latest result of a step, current or not. StoreError `jobs.step_first`."""
        self._refuse_training(step)
        found = current_run(self.ws, self.round_id, step)
        if found is None:
            raise StoreError("jobs.step_first", where=self.round_id, got=step, expected=COMMANDS[step])
        return found

    def state(self, step: str) -> StepState:
        """none, stale (something it was made from has changed, or an earlier step has), current."""
        try:
            self.result(step)
        except StoreError as error:
            if error.rule not in ("jobs.step_first", "jobs.step_stale", "jobs.no_answers"):
                raise
            return "none" if current_run(self.ws, self.round_id, step) is None else "stale"
        return "current"

    def sha(self, step: str, name: str) -> str:
        """SHA-256 of an output of the current result."""
        return self.result(step).outputs[name]

    def table(self, step: str, name: str) -> pd.DataFrame:
        """An output table of the current result."""
        return self.ws.snapshots.read_frame(self.sha(step, name))

    def facts(self, step: str, name: str) -> dict[str, Any]:
        """A JSON output of the current result."""
        found: dict[str, Any] = json.loads(self.ws.snapshots.read_bytes(self.sha(step, name)))
        return found

    def responses(self) -> dict[str, str]:
        """Snapshots of coded answers of all received files, by batch. StoreError `jobs.no_answers` before the first."""
        self.result("draw")
        runs = {
            one.batch_id: current_run(self.ws, self.round_id, f"receive/{one.batch_id}")
            for one in self.ws.received.batches(self.round_id)
        }
        found = {f"responses/{name}": run.outputs["responses"] for name, run in runs.items() if run is not None}
        if not found:
            raise StoreError("jobs.no_answers", where=self.round_id)
        return found

    def entries(self) -> dict[str, pd.DataFrame]:
        """Appraised entries by rulebook, as the ledger has them now."""
        return {book.id: self.ws.appraisals.read(self.round_id, book.id) for book in self.parts.rulebooks}

    def needs(self, step: str) -> Needs:
        """What a step would be made from now; the frame from the file it was made from."""
        made_from: dict[str, Callable[[], Needs]] = {
            "frame": lambda: self.frame_needs(self._frame_file()),
            "plan": self._plan_needs,
            "draw": lambda: self.draw_needs(self._drawn_value()),
            "weight": self._weight_needs,
            "score": self._score_needs,
            "merge": self._merge_needs,
            "workbook": self._workbook_needs,
        }
        return made_from[step]()

    def frame_needs(self, file_sha256: str) -> Needs:
        """What the frame is made from when it comes from this file."""
        rules = self.parts.survey_round
        asked = asked_hash(self.ws, rules.plan.spare_round)
        settings = {"round": rules.settled_by_frame(), "asked": asked}
        return Needs(settings, {"file": file_sha256, **self.parts.inputs("units")})

    def _frame_file(self) -> str:
        facts = json.loads(self.ws.snapshots.read_bytes(self.last("frame").outputs["frame_facts.json"]))
        return str(facts["file"])

    def _drawn_value(self) -> str:
        manifest = json.loads(self.ws.snapshots.read_bytes(self.last("draw").outputs["manifest.json"]))
        return str(manifest["public_value"]["value"])

    def _plan_needs(self) -> Needs:
        rules = self.parts.survey_round
        quotas = [_plain(one) for one in rules.quotas]
        settings = {"plan": _plain(rules.plan), "units": _plain(rules.units), "quotas": quotas}
        return Needs(settings, {**self._made(("frame", "frame")), **self.parts.inputs("units")})

    def draw_needs(self, value: str) -> Needs:
        """What the sample is drawn from when the public value is this one."""
        made = self._made(("frame", "frame"), ("plan", "allocation"))
        commits = self.ws.draws.records(self.round_id)
        opened = [list(one) for one in self.ws.draws.opened(self.round_id, len(commits))]
        settled = {"round": self.parts.survey_round.settled_by_draw(), "value": value}
        return Needs({**settled, "commits": commits, "opened": opened}, {**made, **self.parts.inputs("units")})

    def _weight_needs(self) -> Needs:
        made = self._made(("frame", "frame"), ("plan", "allocation"), ("draw", "sample"))
        settings = {"weights": _plain(self.parts.survey_round.weights), "reserves": self._changes()}
        settings["events"] = self.parts.event_facts()
        return Needs(settings, {**made, **self.responses(), **self.parts.inputs("units")})

    def _score_needs(self) -> Needs:
        rules = self.parts.survey_round
        settings = {"year": rules.year, "province_id": rules.province_id, "weights": _plain(rules.weights)}
        made = {**self._made(("weight", "weighted_cases")), **self.responses()}
        return Needs(settings, {**made, **self.parts.inputs("questionnaire", "index")})

    def _merge_needs(self) -> Needs:
        rules = self.parts.survey_round
        settings = {"year": rules.year, "units": _plain(rules.units), "weights": _plain(rules.weights)}
        settings["events"] = self.parts.event_facts()
        made = {**self._made(("score", "index_scores"), ("weight", "weighted_cases")), **self.responses()}
        pins = self.parts.inputs("units", "questionnaire", "index", "rulebook")
        return Needs({**settings, "appraisals": self._payloads()}, {**made, **pins})

    def _workbook_needs(self) -> Needs:
        made = self._made(
            ("frame", "frame"),
            ("draw", "manifest.json"),
            ("weight", "weight_report"),
            ("weight", "margins"),
            ("score", "index_scores"),
            ("merge", "results"),
            ("merge", "unit_sheets"),
        )
        files = {f"file/{one.batch_id}": one.sha256 for one in self.ws.received.batches(self.round_id)}
        moved = {"events": self.parts.event_facts(), "reserves": self._changes()}
        return Needs({"appraisals": self._payloads(), **moved}, {**made, **files, **self.parts.inputs(*_ALL_PINS)})

    def _refuse_training(self, step: str) -> None:
        if step not in self.steps() and step in COMMANDS:
            raise StoreError("jobs.training", where=self.round_id, got=COMMANDS[step])

    def _made(self, *outputs: tuple[str, str]) -> dict[str, str]:
        """Hashes of outputs of current results, by the name of the output."""
        return {name: self.sha(step, name) for step, name in outputs}

    def _changes(self) -> list[list[str | int]]:
        """Reserves released and cases withdrawn, as plain data."""
        done = self.ws.reserves.done(self.round_id)
        return [[one.stratum_id, one.kind, one.first_order, one.last_order] for one in done]

    def _payloads(self) -> dict[str, str]:
        """Hash of the appraised entries of every rulebook."""
        return {name: self.ws.appraisals.payload(table) for name, table in self.entries().items()}

    def _holds(self, step: str, found: StepResult) -> bool:
        if step in _SETTLED_BY_DRAW and self.is_drawn:
            return True
        needs = self.needs(step)
        return found.step_key == step_key(self.round_id, step, needs.params, needs.inputs)


def _plain(part: Model) -> dict[str, Any]:
    return part.model_dump(mode="json")


_ALL_PINS = ("round", "units", "questionnaire", "index", "rulebook")
