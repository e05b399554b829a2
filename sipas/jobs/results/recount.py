"""Counting a release again with the program of today, step by step, from the very inputs that the release froze."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from errors import StoreError
from sipas.canonical import canonical_table, parquet_bytes, read_parquet, to_frame
from sipas.jobs.stepruns.frozen import FrozenRound, released
from sipas.jobs.stepruns.steps import STEPS
from sipas.store.source import code_of
from sipas.store.stepruns import Run
from sipas.store.workspace import Workspace

_COUNTED = ("weight", "score", "merge")


@dataclass(frozen=True)
class Recounted:
    """One output of one step counted again. n_cells: cells of the released table; n_different: cells that came out
    otherwise (all of them when the shape did); largest: largest difference among numbers; other_version: whether
    another version of the program or of a library had made it."""

    instrument_id: str
    step: str
    output: str
    n_cells: int
    n_different: int
    largest: float
    other_version: bool


def recount(ws: Workspace, round_id: str) -> tuple[Recounted, ...]:
    """Weights, scores, totals and ranks of the newest release, counted again and compared cell by cell.

    Raises StoreError `release.none` (nothing is released), `release.not_kept` (released by the first version of the
    program, which froze no inputs, or with a result of that time), and what the steps raise.
    """
    frozen = released(ws, round_id)
    if frozen is None:
        raise StoreError("release.none", where=round_id)
    if not frozen.is_whole:
        raise StoreError("release.not_kept", where=f"{round_id} {frozen.release.release_no}")
    runs = [run for run in frozen.runs() if run.place.step in _COUNTED]
    for run in runs:
        if run.is_of_version_2:
            raise StoreError("release.not_kept", where=f"{round_id} {frozen.release.release_no}: {run.place.step}")
    return tuple(recounted for run in sorted(runs, key=_order) for recounted in _again(frozen, run))


def _order(run: Run) -> tuple[int, str]:
    return _COUNTED.index(run.place.step), run.place.instrument_id


def _again(frozen: FrozenRound, run: Run) -> list[Recounted]:
    step = STEPS[run.place.step]
    remade = step.make(frozen.given(run)).outputs
    code = code_of(step.modules)
    other = (code.sha256, dict(code.libraries)) != (run.code_sha256, dict(run.libraries))
    compared = []
    for name, sha256 in sorted(run.outputs.items()):
        before = frozen.read(sha256)
        cells = _compared(before, remade[name])
        compared.append(Recounted(run.place.instrument_id, run.place.step, name, *cells, other_version=other))
    return compared


def _compared(before: bytes, now: pa.Table | bytes) -> tuple[int, int, float]:
    """Cells, different cells, largest difference among numbers."""
    if isinstance(now, bytes):
        return 1, int(now != before), 0.0
    old, new = to_frame(read_parquet(before)), to_frame(read_parquet(parquet_bytes(canonical_table(now))))
    if list(old.columns) != list(new.columns) or len(old) != len(new):
        return old.size, max(old.size, new.size), float("inf")
    different, largest = 0, 0.0
    for name in old.columns:
        apart, most = _column(old[name], new[name])
        different += apart
        largest = max(largest, most)
    return old.size, different, largest


def _column(old: pd.Series, new: pd.Series) -> tuple[int, float]:
    """Cells of a column that differ, and by how much at most where they are numbers."""
    apart = ((old != new) & ~(old.isna() & new.isna())).fillna(True).to_numpy(dtype=bool)
    if not apart.any():
        return 0, 0.0
    first, second = (pd.to_numeric(table[apart], errors="coerce").astype("float64") for table in (old, new))
    gaps = (first - second).abs().dropna()
    return int(apart.sum()), float(gaps.max()) if len(gaps) else 0.0
