"""Steps: a computation whose result is kept once per key, whole or not at all.

step key = SHA-256 of canonical JSON of [round, step, hash of the code, params, sorted inputs]. A second run with the
same key adds nothing (it makes lost files again); a changed rulebook, parameter or function has another key. Whether a
result is still the current one is for the caller to compare: see `step_key`.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select

from sampling.errors import StoreError
from sampling.numbers import canonical_json
from sipas.store.schema import current_runs, job_runs
from sipas.store.source import source_hash
from sipas.store.workspace import Workspace

if TYPE_CHECKING:
    import pyarrow as pa

_LOG = logging.getLogger("sipas")
Record = Callable[[Connection, Mapping[str, str]], None]


@dataclass(frozen=True)
class StepResult:
    """Outputs of a step, name -> sha256 of the snapshot. `is_new` is False when an earlier run had made them."""

    step_key: str
    outputs: Mapping[str, str]
    is_new: bool


def run_step(
    ws: Workspace,
    *,
    round_id: str,
    step: str,
    params: Mapping[str, Any],
    inputs: Mapping[str, str],
    make: Callable[[], Mapping[str, pa.Table | bytes]],
    record: Record | None = None,
) -> StepResult:
    """Run `make` unless its result is there, and keep what it gives: name -> table or bytes (see `Snapshots.put`).

    inputs: name -> sha256 of snapshots or received files; they become the parents of every output. `record` writes
    ledger rows in the transaction that makes outputs, job run and log entry real: all of them or none. One process
    at a time runs a step of a round; the others wait and then find the result.
    """
    job = _job(round_id, step, params, inputs)
    with ws.lock(f"step/{round_id}/{step}"):
        found = _find(ws, job["step_key"])
        if found is not None:
            _restore(ws, found, make)
            _make_current(ws, job)
            _LOG.info("%s %s found %s", round_id, step, job["step_key"][:12])
            return found
        ws.snapshots.sweep()
        made = make()
        with ws.snapshots.staging():
            staged = {name: ws.snapshots.stage(name, made[name]) for name in sorted(made)}
            outputs = {name: one.sha256 for name, one in staged.items()}
            with ws.ledger.write() as connection:
                for one in staged.values():
                    ws.snapshots.record(connection, round_id, one, tuple(inputs.values()))
                row = {**job, "outputs": canonical_json(outputs), "created": ws.now()}
                connection.execute(insert(job_runs), row)
                if record is not None:
                    record(connection, outputs)
                _set_current(ws, connection, "steps.run", job, {"outputs": outputs})
    _LOG.info("%s %s made %s", round_id, step, job["step_key"][:12])
    return StepResult(job["step_key"], outputs, True)


def _restore(ws: Workspace, found: StepResult, make: Callable[[], Mapping[str, pa.Table | bytes]]) -> None:
    """Make lost files of a result again: the same inputs give the same bytes. StoreError `store.snapshot_changed`."""
    if all(ws.snapshots.is_there(sha256) for sha256 in found.outputs.values()):
        return
    made = make()
    with ws.snapshots.staging():
        for name, sha256 in found.outputs.items():
            staged = ws.snapshots.stage(name, made[name])
            if staged.sha256 != sha256:
                raise StoreError("store.snapshot_changed", where=name, got=staged.sha256[:16], expected=sha256)


def current_run(ws: Workspace, round_id: str, step: str) -> StepResult | None:
    """The result of `step` that was asked for last; None before its first run."""
    query = select(current_runs.c.step_key).where(current_runs.c.round_id == round_id, current_runs.c.step == step)
    with ws.ledger.read() as connection:
        key = connection.scalar(query)
    return _find(ws, key) if key else None


def step_key(round_id: str, step: str, params: Mapping[str, Any], inputs: Mapping[str, str]) -> str:
    """Key of a step, see the head of this module. Params hold text, whole numbers, booleans, lists and mappings."""
    parts = [round_id, step, source_hash(), params, sorted(inputs.items())]
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()


def _job(round_id: str, step: str, params: Mapping[str, Any], inputs: Mapping[str, str]) -> dict[str, str]:
    return {
        "step_key": step_key(round_id, step, params, inputs),
        "round_id": round_id,
        "instrument_id": "",
        "step": step,
        "params": canonical_json(params),
        "inputs": canonical_json(dict(inputs)),
        "code_sha256": source_hash(),
        "libraries": "",
    }


def _find(ws: Workspace, key: str) -> StepResult | None:
    with ws.ledger.read() as connection:
        text = connection.scalar(select(job_runs.c.outputs).where(job_runs.c.step_key == key))
    return None if text is None else StepResult(key, json.loads(text), False)


def _make_current(ws: Workspace, job: Mapping[str, str]) -> None:
    current = current_run(ws, job["round_id"], job["step"])
    if current is None or current.step_key != job["step_key"]:
        with ws.ledger.write() as connection:
            _set_current(ws, connection, "steps.current", job, {})


def _set_current(
    ws: Workspace, connection: Connection, action: str, job: Mapping[str, str], body: Mapping[str, Any]
) -> None:
    place = {name: job[name] for name in ("round_id", "instrument_id", "step")}
    connection.execute(delete(current_runs).where(*(current_runs.c[name] == value for name, value in place.items())))
    connection.execute(insert(current_runs), {**place, "step_key": job["step_key"]})
    sealed = {"current": place, "run": {"step_key": job["step_key"]}}
    subject = f"{job['round_id']}/{job['step']}"
    ws.audit.append(connection, action, subject, {"step_key": job["step_key"], **body}, sealed=sealed)
