"""Frame import: an office's list of dossiers becomes the round's sampling frame."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from sampling.frame import frame_hash
from sampling.numbers import canonical_json
from sampling.tables import SAMPLING_FRAME
from sipas.files import read_table
from sipas.frames import FrameImport, build_frame
from sipas.jobs.pinned import Pinned, pinned
from sipas.jobs.results import facts_of
from sipas.store.steps import run_step
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class FrameReport:
    """Rows of the file by what became of them, the hash of the public frame, and whether anything was added."""

    file_name: str
    counts: dict[str, int]
    crosswalk: dict[str, int]
    without_contact: int
    frame_hash: str
    is_new: bool


def import_frame(ws: Workspace, round_id: str, path: Path) -> FrameReport:
    """Keep the file (encrypted: it holds names), make the frame, put contacts in their own store.

    Raises StoreError `store.no_file`, `store.round_state` (the draw was made: a frame no longer changes), what
    `read_table` and `build_frame` raise.
    """
    parts = pinned(ws, round_id)
    kept = ws.received.keep(path, is_personal=True)

    def make() -> dict[str, pa.Table | bytes]:
        with ws.ledger.read() as connection:
            ws.rounds.require(connection, round_id, "new", "committed")
        done = _read(ws, kept.sha256, path.name, parts)
        ws.contacts.add(round_id, done.contacts.astype("str"))
        return {"frame": SAMPLING_FRAME.arrow(done.frame), "frame_facts.json": canonical_json(_facts(done)).encode()}

    inputs = {"file": kept.sha256, **parts.inputs("round", "units")}
    result = run_step(ws, round_id=round_id, step="frame", params={}, inputs=inputs, make=make)
    facts = facts_of(ws, round_id, "frame", "frame_facts.json")
    return FrameReport(path.name, is_new=result.is_new, **facts)


def check_frame_file(ws: Workspace, round_id: str, path: Path) -> FrameReport:
    """The same without keeping anything: what would become of every row, or every fault of the file."""
    parts = pinned(ws, round_id)
    rows = read_table(path, known_headers=_headers(parts)).to_pandas()
    done = build_frame(rows, parts.survey_round, parts.register, ws.key, path.name)
    return FrameReport(path.name, is_new=False, **_facts(done))


def _read(ws: Workspace, sha256: str, name: str, parts: Pinned) -> FrameImport:
    with ws.received.opened(sha256) as stored:
        rows = read_table(stored, known_headers=_headers(parts), shown_as=name).to_pandas()
    return build_frame(rows, parts.survey_round, parts.register, ws.key, name)


def _headers(parts: Pinned) -> list[str]:
    return [one.header for one in parts.survey_round.headings]


def _facts(done: FrameImport) -> dict[str, Any]:
    return {
        "counts": done.counts(),
        "crosswalk": {str(how): int(n) for how, n in done.crosswalk.value_counts().sort_index().items()},
        "without_contact": int((~done.frame["has_contact"]).sum()),
        "frame_hash": frame_hash(done.frame),
    }
