"""What would be published now, and what moved against the last release: counts only, nothing is proposed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sipas.jobs.results.read import table_of
from sipas.jobs.stepruns.frozen import released
from sipas.store.workspace import Workspace

_UNIT = ["rulebook_id", "unit_id"]


@dataclass(frozen=True)
class Preview:
    """Counts over all rulebooks of the round. `release_no`: the release compared with, 0 when there is none yet.

    moved_index, moved_rank, moved_class: units whose index as shown, rank or class differs from that release, a unit
    that stands in only one of the two included.
    """

    units: int
    release_no: int
    moved_index: int
    moved_rank: int
    moved_class: int


def preview(ws: Workspace, round_id: str) -> Preview:
    """The current results held against the last release. Raises StoreError `jobs.step_first`, `jobs.step_stale`."""
    now = table_of(ws, round_id, "merge", "results").set_index(_UNIT)
    last = released(ws, round_id)
    if last is None:
        return Preview(len(now), 0, 0, 0, 0)
    before = last.table(last.release.outputs["results"]).set_index(_UNIT)
    moved = (_moved(now[name], before[name]) for name in ("index_shown", "rank", "class_code"))
    return Preview(len(now), last.release.release_no, *moved)


def _moved(now: pd.Series, before: pd.Series) -> int:
    """Units with another value than before, or that have one on one side only."""
    both = pd.concat([now, before], axis=1, keys=["now", "before"])
    return int((both["now"].ne(both["before"]) & ~(both["now"].isna() & both["before"].isna())).sum())
