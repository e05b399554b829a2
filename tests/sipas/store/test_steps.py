"""Steps: once per key, whole or not at all, the same bytes after any kill."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
from pathlib import Path

import pyarrow as pa
import pytest
from sampled import first_of
from sqlalchemy import func, select

from sipas.acts import CasesAdded
from sipas.store import stepruns as steps
from sipas.store.ledger import schema
from sipas.store.source import Code
from sipas.store.stepruns import Place, Wanted, current_run, step_key
from sipas.store.workspace import Workspace, open_workspace

TABLE = pa.table({"case_id": ["c1", "c2"], "weight": [1.5, 2.5]})


CODE, CHANGED = (Code(letter * 64, (), (("numpy", "2"),)) for letter in "ab")
DRAW = Place("r1", "", "draw")


def wanted(settings: dict, inputs: dict, code: Code = CODE) -> Wanted:
    return Wanted(settings, {"": inputs}, code, {})


def run(
    ws: Workspace, *, seed: str = "s", step: str = "draw", calls: list | None = None, record=None, code: Code = CODE
):
    def make():
        if calls is not None:
            calls.append(seed)
        return {"sample": TABLE, "manifest.json": json.dumps({"seed": seed}).encode()}

    return steps.run_step(ws, Place("r1", "", step), wanted({"seed": seed}, {"frame": "f" * 64}, code), make, record)


def rows(ws: Workspace, table) -> int:
    with ws.ledger.read() as connection:
        return connection.scalar(select(func.count()).select_from(table))


def test_second_run_computes_and_adds_nothing(ws):
    calls = []
    first = run(ws, calls=calls)
    head = ws.log.head()
    second = run(ws, calls=calls)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.outputs == second.outputs
    assert calls == ["s"]
    assert ws.log.head() == head
    assert ws.files.snapshots.read_bytes(first.outputs["manifest.json"]) == b'{"seed": "s"}'
    assert ws.files.snapshots.parents(first.outputs["sample"]) == ("f" * 64,)
    assert ws.log.verify() == []


def test_current_is_what_was_asked_for_last(ws):
    assert current_run(ws, DRAW) is None
    first = run(ws, seed="a")
    second = run(ws, seed="b")
    assert current_run(ws, DRAW).outputs == second.outputs
    again = run(ws, seed="a")
    assert not again.is_new
    assert current_run(ws, DRAW).outputs == first.outputs
    assert rows(ws, schema.job_runs) == 2
    assert ws.log.verify() == []


def test_key_depends_on_every_part_and_not_on_order():
    key = step_key(DRAW, wanted({"a": 1, "b": [2]}, {"x": "1", "y": "2"}))
    assert key == step_key(DRAW, wanted({"b": [2], "a": 1}, {"y": "2", "x": "1"}))
    same = wanted({"a": 1, "b": [2]}, {"x": "1", "y": "2"})
    others = [
        step_key(Place("r2", "", "draw"), same),
        step_key(Place("r1", "sipas", "draw"), same),
        step_key(Place("r1", "", "plan"), same),
        step_key(DRAW, wanted({"a": 2, "b": [2]}, {"x": "1", "y": "2"})),
        step_key(DRAW, wanted({"a": 1, "b": [2]}, {"x": "2", "y": "1"})),
        step_key(DRAW, wanted({"a": 1, "b": [2]}, {"x": "1", "y": "2"}, CHANGED)),
        step_key(DRAW, wanted({"a": 1, "b": [2]}, {"x": "1", "y": "2"}, Code("a" * 64, (), (("numpy", "3"),)))),
    ]
    assert len({key, *others}) == 8


def test_changed_code_makes_a_new_result(ws):
    calls = []
    run(ws, calls=calls)
    assert run(ws, calls=calls, code=CHANGED).is_new
    assert calls == ["s", "s"]


def test_record_stands_or_falls_with_the_step(ws):
    def fails(connection, outputs):
        ws.log.append(connection, "r1", CasesAdded(len(outputs)))
        raise ZeroDivisionError

    head = ws.log.head()
    with pytest.raises(ZeroDivisionError):
        run(ws, record=fails)
    assert ws.log.head() == head
    assert (rows(ws, schema.job_runs), rows(ws, schema.snapshots)) == (0, 0)
    seen = []
    run(ws, record=lambda connection, outputs: seen.append(sorted(outputs)))
    run(ws, record=lambda connection, outputs: seen.append("again"))
    assert seen == [["manifest.json", "sample"]]


def test_a_failing_computation_leaves_nothing_and_frees_the_lock(ws):
    def broken():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        steps.run_step(ws, DRAW, wanted({}, {}), broken)
    assert rows(ws, schema.job_runs) == 0
    assert run(ws).is_new


def test_orphans_of_a_broken_run_are_swept(ws):
    with ws.files.snapshots.staging():
        staged = ws.files.snapshots.stage("orphan.bin", b"left by a kill")
    left = ws.root / "snapshots" / staged.sha256[:2] / f"{staged.sha256}.bin"
    assert left.exists()
    run(ws)
    assert not left.exists()


@pytest.mark.parametrize("lost", ["what the ledger said", "a result"])
def test_lost_files_are_made_again(ws, lost):
    said = ws.files.snapshots.put("ledger.cases", "", TABLE)
    reads = {"ledger.cases": (said.sha256, TABLE)}
    made = []

    def make():
        made.append(1)
        return {"sample": pa.table({"weight": [1.5]})}

    asked = Wanted({}, {"": {"ledger/cases": said.sha256}}, CODE, reads)
    first = steps.run_step(ws, DRAW, asked, make)
    gone, times = (said.sha256, 1) if lost == "what the ledger said" else (first.outputs["sample"], 2)
    path = ws.files.snapshots.open(gone)
    before, entries = path.read_bytes(), len(ws.log.entries())
    path.unlink()
    assert not steps.run_step(ws, DRAW, asked, make).is_new
    assert ws.files.snapshots.open(gone).read_bytes() == before
    assert len(made) == times
    assert len(ws.log.entries()) == entries


def test_two_threads_compute_once(ws):
    calls, results = [], []
    threads = [threading.Thread(target=lambda: results.append(run(ws, calls=calls))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert calls == ["s"]
    assert sorted(result.is_new for result in results) == [False, False, False, True]


JOB = """
import os, signal
from pathlib import Path
import pandas as pd, pyarrow as pa
from sipas.store.source import Code
from sipas.store.stepruns import Place, Wanted, run_step
from sipas.store.workspace import open_workspace

count = 0

def die_at(name):
    global count
    if name == point:
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

for name in ("fsync", "replace"):
    def wrapped(*args, original=getattr(os, name), name=name, **options):
        die_at("before " + name)
        result = original(*args, **options)
        die_at("after " + name)
        return result
    setattr(os, name, wrapped)

def make():
    die_at("make")
    return {"sample": pa.table({"case_id": ["c1", "c2"], "weight": [1.5, 2.5]}), "manifest.json": b"{}"}

def record(connection, outputs):
    die_at("record")
    frame = pd.DataFrame({"case_id": ["c1", "c2"], "unit_id": "u", "stratum_id": "s", "is_issued": True})
    ws.field.cases.add(connection, survey, frame.assign(is_reserve=False))
    die_at("recorded")

with open_workspace(Path(root), {}) as ws:
    survey = ws.rounds.instrument("r1", "sipas")
    wanted = Wanted({}, {"": {}}, Code("a" * 64, (), ()), {})
    run_step(ws, Place("r1", "", "draw"), wanted, make, record)
    die_at("committed")
"""
POINTS = [("make", 1), ("record", 1), ("recorded", 1), ("committed", 1)]
POINTS += [(f"{when} {call}", n) for when in ("before", "after") for call in ("fsync", "replace") for n in (1, 2)]


def state(root: Path) -> tuple:
    """Everything that a step leaves, except times."""
    with open_workspace(root, {}) as ws:
        result = current_run(ws, DRAW)
        counts = [rows(ws, table) for table in (schema.snapshots, schema.job_runs, schema.cases)]
        files = sorted((path.name, path.read_bytes()) for path in (root / "snapshots").rglob("*") if path.is_file())
        assert ws.log.verify() == []
        return dict(result.outputs), counts, files, [entry.action for entry in ws.log.entries()]


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
@pytest.mark.parametrize(("point", "number"), first_of(4, POINTS))
def test_killed_anywhere_and_run_again_gives_the_same(ws, round_id, tmp_path, start_process, point, number):
    def job(root: Path, point: str = "", number: int = 0) -> int | None:
        process = start_process(JOB, root=str(root), point=point, number=number)
        process.join(120)
        return process.exitcode

    ws.close()
    whole = tmp_path / "whole"
    shutil.copytree(ws.root, whole)
    assert job(whole) == 0
    assert job(ws.root, point, number) == -signal.SIGKILL
    assert job(ws.root) == 0
    assert job(ws.root) == 0
    assert state(ws.root) == state(whole)
