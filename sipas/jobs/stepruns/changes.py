"""What the log tells of a round since some moment: whether anything was entered that a result could depend on."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from sipas.entries import Entry
from sipas.jobs.stepruns.pinned import pin_hashes
from sipas.store.stepruns import Run, current_runs_of
from sipas.store.workspace import Workspace

# Entries after which a result may come out otherwise: forms, decisions on them, reserves, units, methodology, points.
_MOVING: Final = frozenset(
    {
        "cases.issue",
        "cases.withdraw",
        "received.decide",
        "received.record",
        "reserves.approve",
        "rounds.amend",
        "rounds.cancel",
        "units.event",
    }
)
_AMENDED: Final = frozenset({"rounds.amend"})
_POINTS: Final = frozenset({"appraisals.add"})
_RUNS: Final = frozenset({"steps.run", "steps.current"})
_WITHOUT_POINTS: Final = ("frame", "plan", "draw", "weight", "score")


def last_change(entries: Iterable[Entry], round_id: str) -> int:
    """Number of the last entry that could move a result of the round, or that made another one current; 0 for none."""
    of_round = _of_round(entries, round_id, _MOVING | _POINTS | _RUNS)
    return max((entry.seq for entry in of_round), default=0)


def nothing_moved_since(ws: Workspace, run: Run) -> bool:
    """Whether a run of version 2, whose key cannot be made again, still has just the inputs it was made from.

    Every file it read must be an output of now, a pin of now or a file that was kept; no batch may have come since, and
    nothing may have been entered after it that this step depends on.
    """
    round_id, step = run.place.round_id, run.place.step.split("/")[0]
    read = {name: sha for hashes in run.inputs.values() for name, sha in hashes.items()}
    runs = current_runs_of(ws, round_id)
    outputs = {sha for run in runs for sha in run.outputs.values()}
    pins = pin_hashes(ws, round_id)
    if any(sha not in outputs and pins.get(name) != sha for name, sha in read.items() if not name.startswith("file")):
        return False
    moving = _AMENDED if step == "receive" else _MOVING if step in _WITHOUT_POINTS else _MOVING | _POINTS
    entries = ws.log.entries()
    run_seqs = [entry.seq for entry in _of_round(entries, round_id, _RUNS) if _key(entry) == run.step_key]
    moved = [entry.seq for entry in _of_round(entries, round_id, moving)]
    return max(run_seqs, default=0) > max(moved, default=0)


def _of_round(entries: Iterable[Entry], round_id: str, actions: Collection[str]) -> Iterator[Entry]:
    """Entries of a round, its instruments and steps that bear one of these actions."""
    for entry in entries:
        if entry.action in actions and (entry.subject == round_id or entry.subject.startswith(f"{round_id}/")):
            yield entry


def _key(entry: Entry) -> str:
    key: str = json.loads(entry.body)["step_key"]
    return key
