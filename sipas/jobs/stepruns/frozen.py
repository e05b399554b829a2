"""A released round as it was released: runs, inputs, pins and traces of the release, whatever has changed since."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from errors import StoreError
from sampling.numbers import canonical_json, sha256_hex
from sipas.canonical import canonical_table, content_sha256, parquet_bytes, read_parquet, to_frame
from sipas.jobs.stepruns.pinned import pin_hashes
from sipas.jobs.stepruns.steps import STEPS
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds import SurveyRound
from sipas.rounds.parts import RoundParts, at_work, load_parts
from sipas.steps.declare import Step
from sipas.steps.given import Given, Inputs, Source
from sipas.store.office.releases import Release
from sipas.store.stepruns import Place, Run, current_runs_of
from sipas.store.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CONTENTS = "release.json"


@dataclass(frozen=True, eq=False)
class FrozenRound:
    """The newest release of a round. Releases made before runs were frozen hold only their printed files: `is_whole`
    says which."""

    ws: Workspace
    release: Release

    @property
    def is_whole(self) -> bool:
        """Whether everything behind the printed numbers was frozen with them."""
        return bool(self.release.contents)

    @cached_property
    def contents(self) -> Mapping[str, Any]:
        """Pins and runs of the release."""
        contents: Mapping[str, Any] = json.loads(self.read(self.release.contents))
        return contents

    @cached_property
    def parts(self) -> RoundParts:
        """Methodology of the release; of an old release that of the round as it is pinned now."""
        round_id = self.release.round_id
        pins = self.contents["pins"] if self.is_whole else dict(pin_hashes(self.ws, round_id))
        folders = {}
        for name, sha256 in pins.items():
            kind, _, id = name.partition("/")
            self.read(sha256)  # heals a pin that was lost
            folders[kind, id] = self.ws.files.methodology.open_pin(sha256)
        return at_work(load_parts(folders), (), is_training=False)

    def read(self, sha256: str) -> bytes:
        """A frozen file. StoreError `store.snapshot_changed` when neither it nor its copy is whole."""
        return self.ws.files.archive.read(self.release.round_id, self.release.release_no, sha256)

    def table(self, sha256: str) -> pd.DataFrame:
        """A frozen table."""
        return to_frame(read_parquet(self.read(sha256)))

    def runs(self) -> tuple[Run, ...]:
        """All runs of the release."""
        return tuple(_run(row) for row in self.contents["runs"])

    def run(self, step: str, instrument_id: str = "") -> Run:
        """A run of the release. StoreError `release.no_run`."""
        for run in self.runs():
            if (run.place.step, run.place.instrument_id) == (step, instrument_id):
                return run
        raise StoreError("release.no_run", where=self.release.round_id, got=step)

    def given(self, run: Run) -> Given:
        """What a run of the release was given. An output that the program of that time did not make yet is made by its
        step from what the release kept for it. StoreError `release.not_kept` names what a step of the present program
        reads and can't be had so."""
        step, remade = STEPS[run.place.step], dict[str, bytes]()
        inputs = {instrument_id: dict(hashes) for instrument_id, hashes in run.inputs.items()}
        for instrument_id, name in _lacking(step, run, self.parts.survey_round):
            content = self._remade(instrument_id, name)
            inputs[instrument_id][name] = sha256_hex(content)
            remade[sha256_hex(content)] = content
        source = Source(lambda sha256: remade.get(sha256) or self.read(sha256), self.ws.key)
        return Given(step, self.parts, run.place.instrument_id, Inputs(run.settings["call"], inputs), source)

    def _remade(self, instrument_id: str, name: str) -> bytes:
        """An output "step/name" that the release lacks, made again; all that it kept of the step must come out so."""
        kind, _, output = name.partition("/")
        for run in self.runs():
            if run.place.step == kind and run.place.instrument_id == instrument_id:
                remade = STEPS[kind].make(self.given(run)).outputs
                if output in remade and all(
                    _is_same(remade[name], self.read(sha)) for name, sha in run.outputs.items()
                ):
                    return _bytes(remade[output])
        raise StoreError("release.not_kept", where=f"{self.release.round_id} {self.release.release_no}: {name}")


def released(ws: Workspace, round_id: str) -> FrozenRound | None:
    """The newest release of a round, None before the first. StoreError `store.no_round`."""
    ws.rounds.get(round_id)
    releases = [release for release in ws.office.releases.find(round_id) if release.state != "draft"]
    return FrozenRound(ws, releases[-1]) if releases else None


def contents_of(bench: Workbench, printed: Mapping[str, str]) -> bytes:
    """What a release of the present results freezes: pins and the current runs of the round and of all instruments that
    are counted, with hashes of everything they read.

    printed: SHA-256 of the outputs that are given out, by name. StoreError `release.not_closed` names one that is no
    output of those runs, or an input that is neither such an output, a pin, a kept file nor what the ledger said.
    """
    ws, round_id = bench.ws, bench.round_id
    counted = ("", *bench.scored_ids())
    runs = [run for run in current_runs_of(ws, round_id) if run.place.instrument_id in counted]
    pins = dict(pin_hashes(ws, round_id))
    output_hashes = {sha for run in runs for sha in run.outputs.values()}
    kept_hashes = output_hashes | set(pins.values())
    for name, sha256 in printed.items():
        if sha256 not in output_hashes:
            raise StoreError("release.not_closed", where=round_id, got=name)
    for run in runs:
        for name, sha256 in _inputs(run):
            if sha256 not in kept_hashes and name != "file" and not name.startswith("ledger/"):
                raise StoreError("release.not_closed", where=run.place.subject, got=name)
    return canonical_json({"round_id": round_id, "pins": pins, "runs": [_plain(run) for run in runs]}).encode("utf-8")


def frozen_hashes(contents: Mapping[str, Any]) -> set[str]:
    """Hashes of all snapshots that a release rests on; kept files, and what the ledger alone keeps, stay there."""
    runs = [_run(row) for row in contents["runs"]]
    outputs = {sha for run in runs for sha in run.outputs.values()}
    inputs = {sha for run in runs for name, sha in _inputs(run) if name not in _elsewhere(run)}
    return outputs | inputs | set(contents["pins"].values())


def _elsewhere(run: Run) -> set[str]:
    """Names of inputs of a run that are no snapshots."""
    step = STEPS[run.place.step.split("/")[0]]
    return {"file", *(f"ledger/{name}" for name in step.passing)}


def _lacking(step: Step, run: Run, survey_round: SurveyRound) -> Iterator[tuple[str, str]]:
    """What a step declares today and the run was not given, with the instrument it is of."""
    for instrument_id, hashes in run.inputs.items():
        reads = step.reads_of(survey_round.holder(instrument_id) if instrument_id else None)
        for name in (*reads.outputs, *(f"ledger/{name}" for name in reads.ledger)):
            if name not in hashes:
                yield instrument_id, name


def _bytes(output: pa.Table | bytes) -> bytes:
    return output if isinstance(output, bytes) else parquet_bytes(canonical_table(output))


def _is_same(now: pa.Table | bytes, kept: bytes) -> bool:
    if isinstance(now, bytes):
        return now == kept
    return content_sha256(canonical_table(now)) == content_sha256(read_parquet(kept))


def _inputs(run: Run) -> Iterator[tuple[str, str]]:
    for hashes in run.inputs.values():
        yield from hashes.items()


def _plain(run: Run) -> dict[str, Any]:
    kept = {name: value for name, value in vars(run).items() if name not in ("place", "is_new")}
    return {"place": vars(run.place), **kept}


def _run(plain: Mapping[str, Any]) -> Run:
    return Run(**{**plain, "place": Place(**plain["place"])})
