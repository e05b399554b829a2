"""One stage of the small round in a process of its own, so that a test can kill it.

The processes are forked from one that has imported everything (where the system has fork): a tenth of a second each.
"""

import multiprocessing
import os
import signal
import sys
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from small_round import COMMITTED_AT, ROUND, reopen, seal_and_draw

from sipas.jobs.field.receive import receive
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import new_round
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.merge import merge
from sipas.jobs.results.score import score
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.stepruns.steps import STEPS
from sipas.store.source import code_of


def inbox_files(ws, pattern):
    return sorted((ws.root.parent / "tệp đến").glob(pattern))


STAGES = {
    "round": lambda ws: new_round(ws, ROUND),
    "frame_before": lambda ws: import_frame(ws, ROUND, inbox_files(ws, "bản cũ.csv")[0]),
    "frame": lambda ws: import_frame(ws, ROUND, inbox_files(ws, "danh*.csv")[0]),
    "plan": lambda ws: make_plan(ws, ROUND),
    "commit": lambda ws: commit_draw(ws, ROUND, COMMITTED_AT),
    "draw": lambda ws: seal_and_draw(ws),
    "receive": lambda ws: [
        receive(ws, ROUND, path, received_on="2026-09-01") for path in inbox_files(ws, "[1-4] Phi*")
    ],
    "weight": lambda ws: weight(ws, ROUND),
    "score": lambda ws: score(ws, ROUND),
    "appraisals": lambda ws: [import_appraisals(ws, ROUND, path) for path in inbox_files(ws, "thẩm*.xlsx")],
    "merge": lambda ws: merge(ws, ROUND),
    "workbook": lambda ws: make_workbook(ws, ROUND),
}


# In the process that all others are forked from: what every one of them would read again.
for step in STEPS.values():
    code_of(step.modules)
HAS_SERVER = "forkserver" in multiprocessing.get_all_start_methods()
CONTEXT = multiprocessing.get_context("forkserver" if HAS_SERVER else "spawn")


def run_stage(folder: Path, stage: str, told: Connection, kill_at: int) -> None:
    """Sends "ready" when the stage is about to start, "done" at its end.

    kill_at: the process kills itself just before it makes something durable for this time; 0: never.
    """
    with reopen(folder) as ws:
        if kill_at:
            kill_before_write(kill_at)
        told.send("ready")
        STAGES[stage](ws)
        told.send("done")


def kill_before_write(number: int) -> None:
    """Every file that is synced or moved into its place counts."""
    left = [number]

    def counted(function):
        def call(*arguments, **named):
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
            return function(*arguments, **named)

        return call

    os.fsync, os.replace = counted(os.fsync), counted(os.replace)


def start_stage(folder: Path, stage: str, kill_at: int = 0) -> tuple[BaseProcess, Connection]:
    """A process whose stage is about to start, and where it says that it is done."""
    _start_server()
    told, tells = CONTEXT.Pipe(duplex=False)
    process = CONTEXT.Process(target=run_stage, args=(folder, stage, tells, kill_at))
    process.start()
    tells.close()
    assert told.recv() == "ready"
    return process, told


def _start_server() -> None:
    """The server that forks: what it is to import beforehand it looks for in its own path, not in ours."""
    CONTEXT.set_forkserver_preload(["stages"])
    if HAS_SERVER:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
            forkserver.ensure_running()
