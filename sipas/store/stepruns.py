"""Runs of steps: a computation whose result is kept once per key, whole or not at all.

step key = SHA-256 of canonical JSON of [round, instrument, step, code, libraries, settings, inputs]. Inputs are hashes
of snapshots, pins and kept files; what the ledger said is an input too, and becomes a snapshot with the run. A second
run with the same key adds nothing (it makes lost files again); a changed rulebook, setting or function has another key.
Whether a result is still the current one is for the caller to compare.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, insert, select

from errors import StoreError
from sampling.numbers import canonical_json
from sipas.acts import ResultTakenAgain, StepRan
from sipas.store.ledger.schema import current_runs, job_runs
from sipas.store.source import Code
from sipas.store.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

_LOG = logging.getLogger("sipas")
Record = Callable[[Connection, Mapping[str, str]], None]
Outputs = Mapping[str, "pa.Table | bytes"]
Reads = Mapping[str, "tuple[str, pa.Table]"]


@dataclass(frozen=True)
class Place:
    """Which step of which instrument of which round; instrument_id "" for a step of the round as a whole."""

    round_id: str
    instrument_id: str
    step: str

    @property
    def subject(self) -> str:
        """As the log names it."""
        return "/".join(filter(None, (self.round_id, self.instrument_id, self.step)))


@dataclass(frozen=True, eq=False)
class Wanted:
    """What a run is made from: settings, SHA-256 of the inputs by instrument and name, the code behind it.

    reads: what the ledger said, by name of the snapshot it becomes: its SHA-256, which is among the inputs, and table.
    """

    settings: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    code: Code
    reads: Reads

    def parents(self) -> tuple[str, ...]:
        """Hashes of all inputs."""
        return tuple(sha for hashes in self.inputs.values() for sha in hashes.values())


@dataclass(frozen=True)
class Run:
    """A run that is kept. outputs: name -> sha256 of the snapshot. is_new is False when an earlier run had made them.

    is_of_version_2: a run that an upgrade brought along. Its inputs are one flat table under names of that time, its
    settings are whole in "call", and the libraries it used are not known.
    """

    place: Place
    step_key: str
    outputs: Mapping[str, str]
    settings: Mapping[str, Any]
    inputs: Mapping[str, Mapping[str, str]]
    code_sha256: str
    libraries: Mapping[str, str]
    is_of_version_2: bool = False
    is_new: bool = False


def step_key(place: Place, wanted: Wanted) -> str:
    """Key of a run, see the head of this module. Settings hold text, numbers, booleans, lists and mappings."""
    code = [wanted.code.sha256, list(map(list, wanted.code.libraries))]
    inputs = {name: sorted(hashes.items()) for name, hashes in wanted.inputs.items()}
    parts = [place.round_id, place.instrument_id, place.step, code, wanted.settings, sorted(inputs.items())]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def run_step(
    ws: Workspace, place: Place, wanted: Wanted, make: Callable[[], Outputs], record: Record | None = None
) -> Run:
    """Run `make` unless its result is there, and keep what it gives: name -> table or bytes (see `Snapshots.put`).

    `record` writes ledger rows in the transaction that makes outputs, run and log entry real: all of them or none. One
    process at a time runs a step; the others wait and then find the result.
    """
    key = step_key(place, wanted)
    with ws.lock(f"step/{place.subject}"):
        earlier = _find(ws, key)
        if earlier is not None:
            _restore(ws, earlier, wanted.reads, make)
            _make_current(ws, earlier)
            _LOG.info("%s found %s", place.subject, key[:12])
            return earlier
        ws.files.snapshots.sweep()
        results = make()
        _keep(ws, (place, key, wanted), results, record)
    _LOG.info("%s made %s", place.subject, key[:12])
    kept = _find(ws, key)
    if kept is None:
        raise StoreError("store.run_lost", where=place.subject)
    return Run(**{**vars(kept), "is_new": True})


def _keep(ws: Workspace, run: tuple[Place, str, Wanted], results: Outputs, record: Record | None) -> None:
    """Files first, then their rows, the run and the log entry in one transaction."""
    place, key, wanted = run
    with ws.files.snapshots.staging():
        reads = [ws.files.snapshots.stage(name, wanted.reads[name][1]) for name in sorted(wanted.reads)]
        staged = {name: ws.files.snapshots.stage(name, results[name]) for name in sorted(results)}
        outputs = {name: snapshot.sha256 for name, snapshot in staged.items()}
        with ws.ledger.write() as connection:
            for read in reads:
                ws.files.snapshots.record(connection, place.round_id, read, ())
            for snapshot in staged.values():
                ws.files.snapshots.record(connection, place.round_id, snapshot, wanted.parents(), wanted.code.sha256)
            connection.execute(insert(job_runs), _row(ws, place, key, wanted, outputs))
            if record is not None:
                record(connection, outputs)
            _set_current(ws, connection, place, StepRan(key, outputs))


def _row(ws: Workspace, place: Place, key: str, wanted: Wanted, outputs: Mapping[str, str]) -> dict[str, str]:
    return {
        "step_key": key,
        "round_id": place.round_id,
        "instrument_id": place.instrument_id,
        "step": place.step,
        "params": canonical_json(dict(wanted.settings)),
        "inputs": canonical_json({name: dict(hashes) for name, hashes in wanted.inputs.items()}),
        "outputs": canonical_json(dict(outputs)),
        "code_sha256": wanted.code.sha256,
        "libraries": canonical_json(dict(wanted.code.libraries)),
        "created": ws.now(),
    }


def _restore(ws: Workspace, run: Run, reads: Reads, make: Callable[[], Outputs]) -> None:
    """Make lost files of a result, and of what the ledger said for it, again: the same inputs give the same bytes.
    StoreError `store.snapshot_changed`."""
    lost = {name: table for name, (sha256, table) in reads.items() if not ws.files.snapshots.is_there(sha256)}
    outputs = {} if all(map(ws.files.snapshots.is_there, run.outputs.values())) else run.outputs
    results = make() if outputs else {}
    with ws.files.snapshots.staging():
        for name, table in lost.items():
            ws.files.snapshots.stage(name, table)
        for name, sha256 in outputs.items():
            staged = ws.files.snapshots.stage(name, results[name])
            if staged.sha256 != sha256:
                raise StoreError("store.snapshot_changed", where=name, got=staged.sha256[:16], expected=sha256)


def current_run(ws: Workspace, place: Place) -> Run | None:
    """The result of a step that was asked for last; None before its first run."""
    same = (current_runs.c[name] == value for name, value in vars(place).items())
    with ws.ledger.read() as connection:
        key = connection.scalar(select(current_runs.c.step_key).where(*same))
    return _find(ws, key) if key else None


def current_runs_of(ws: Workspace, round_id: str) -> tuple[Run, ...]:
    """The current runs of all steps of a round, by instrument and step."""
    keys = select(current_runs.c.step_key).where(current_runs.c.round_id == round_id)
    query = select(job_runs).where(job_runs.c.step_key.in_(keys))
    with ws.ledger.read() as connection:
        rows = connection.execute(query.order_by(job_runs.c.instrument_id, job_runs.c.step)).all()
    return tuple(map(_run, rows))


def outputs_by_part(ws: Workspace, place: Place) -> dict[str, Mapping[str, str]]:
    """Outputs of the current runs of a step that has one run for each received file, by file (`Place.step` behind the
    slash)."""
    parts = current_runs.c.step
    query = select(parts, job_runs.c.outputs).join(job_runs, job_runs.c.step_key == current_runs.c.step_key)
    same_place = (current_runs.c[name] == value for name, value in vars(place).items() if name != "step")
    query = query.where(*same_place, parts.startswith(f"{place.step}/", autoescape=True)).order_by(parts)
    with ws.ledger.read() as connection:
        return {row.step.partition("/")[2]: json.loads(row.outputs) for row in connection.execute(query)}


def _find(ws: Workspace, key: str) -> Run | None:
    with ws.ledger.read() as connection:
        row = connection.execute(select(job_runs).where(job_runs.c.step_key == key)).first()
    return None if row is None else _run(row)


def _run(row: Row[Any]) -> Run:
    place = Place(row.round_id, row.instrument_id, row.step)
    outputs, settings, inputs = json.loads(row.outputs), json.loads(row.params), json.loads(row.inputs)
    if not row.libraries:  # what version 2 had no column for
        settings, inputs = {"call": settings}, {row.instrument_id: inputs}
    return Run(
        place,
        row.step_key,
        outputs,
        settings,
        inputs,
        row.code_sha256,
        libraries=json.loads(row.libraries or "{}"),
        is_of_version_2=not row.libraries,
    )


def _make_current(ws: Workspace, run: Run) -> None:
    current = current_run(ws, run.place)
    if current is None or current.step_key != run.step_key:
        with ws.ledger.write() as connection:
            _set_current(ws, connection, run.place, ResultTakenAgain(run.step_key))


def _set_current(ws: Workspace, connection: Connection, place: Place, act: StepRan | ResultTakenAgain) -> None:
    row, key = vars(place), act.step_key
    connection.execute(delete(current_runs).where(*(current_runs.c[name] == value for name, value in row.items())))
    connection.execute(insert(current_runs), {**row, "step_key": key})
    sealed = {"current": row, "run": {"step_key": key}}
    ws.log.append(connection, place.subject, act, sealed=sealed)
