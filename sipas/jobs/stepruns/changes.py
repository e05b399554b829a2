"""What the log tells of a round since some moment: whether anything was entered that a result could depend on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from sipas.acts import ACTS, Moved, ResultTakenAgain, StepRan, act_of
from sipas.entries import Entry
from sipas.jobs.stepruns.pinned import pin_hashes
from sipas.store.stepruns import Run, current_runs_of
from sipas.store.workspace import Workspace

# What was entered that a result may depend on: methodology; forms, decisions on them, reserves, units; points.
_COUNTS: Final[frozenset[Moved]] = frozenset({"methodology", "counts"})
_ENTERED: Final[frozenset[Moved]] = _COUNTS | {"points"}
_RESULTS: Final[frozenset[Moved]] = frozenset({"results"})
_METHODOLOGY: Final[frozenset[Moved]] = frozenset({"methodology"})
_WITHOUT_POINTS: Final = ("frame", "plan", "draw", "weight", "score")


def last_change(entries: Iterable[Entry], round_id: str) -> int:
    """Number of the last entry that could move a result of the round, or that made another one current; 0 for none."""
    of_round = _of_round(entries, round_id, _ENTERED | _RESULTS)
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
    moving = _METHODOLOGY if step == "receive" else _COUNTS if step in _WITHOUT_POINTS else _ENTERED
    entries = ws.log.entries()
    results = _of_round(entries, round_id, _RESULTS)
    run_seqs = [entry.seq for entry in results if _made_by(entry) == run.step_key]
    moved = [entry.seq for entry in _of_round(entries, round_id, moving)]
    return max(run_seqs, default=0) > max(moved, default=0)


def _of_round(entries: Iterable[Entry], round_id: str, moved: Collection[Moved]) -> Iterator[Entry]:
    """Entries of a round, its instruments and steps that may have moved one of these."""
    for entry in entries:
        is_of_round = entry.subject == round_id or entry.subject.startswith(f"{round_id}/")
        if is_of_round and entry.action in ACTS and ACTS[entry.action].moves in moved:
            yield entry


def _made_by(entry: Entry) -> str:
    """Step key of the run that an entry tells of."""
    act = act_of(entry, StepRan) or act_of(entry, ResultTakenAgain)
    return act.step_key if act is not None else ""
