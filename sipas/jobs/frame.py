"""Frame import: an office's list of dossiers becomes the round's sampling frame."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sampling.frame import frame_hash
from sampling.numbers import canonical_json
from sampling.tables import SAMPLING_FRAME
from sipas.files import read_table
from sipas.frames import FrameImport, build_frame
from sipas.jobs.desk import Desk, Made
from sipas.jobs.pinned import Pinned, pinned
from sipas.store.steps import StepResult, current_run
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

    Contacts are those of the current frame: written once it is committed, dropped when another frame replaces it.
    Raises StoreError `store.no_file`, `store.round_state` (the draw was made: a frame no longer changes), what
    `read_table` and `build_frame` raise.
    """
    desk = Desk(ws, round_id)
    kept = ws.received.keep(path, is_personal=True)
    before = current_run(ws, round_id, "frame")
    if before is not None and desk.is_drawn and _facts_of(ws, before)["file"] == kept.sha256:
        return _report(ws, path.name, before)
    parsed: list[FrameImport] = []

    def make() -> Made:
        with ws.ledger.read() as connection:
            ws.rounds.require(connection, round_id, "new", "committed")
        parsed.append(_read(ws, kept.sha256, path.name, desk.parts))
        facts = {**_facts(parsed[0]), "file": kept.sha256}
        return {"frame": SAMPLING_FRAME.arrow(parsed[0].frame), "frame_facts.json": canonical_json(facts).encode()}

    result = desk.run("frame", make, needs=desk.frame_needs(kept.sha256))
    ids = list(ws.snapshots.read_frame(result.outputs["frame"])["frame_unit_id"])
    if len(ws.contacts.read(round_id, ids)) < len(ids):  # new, or a call that was broken off before this line
        done = parsed[0] if parsed else _read(ws, kept.sha256, path.name, desk.parts)
        ws.contacts.add(round_id, done.contacts.astype("str"))
    if before is not None and before.step_key != result.step_key:
        earlier = ws.snapshots.read_frame(before.outputs["frame"])["frame_unit_id"]
        ws.contacts.erase(sorted(set(earlier) - set(ids)), round_id=round_id)
    return _report(ws, path.name, result)


def _report(ws: Workspace, file_name: str, result: StepResult) -> FrameReport:
    facts = _facts_of(ws, result)
    del facts["file"]
    return FrameReport(file_name, is_new=result.is_new, **facts)


def _facts_of(ws: Workspace, result: StepResult) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(ws.snapshots.read_bytes(result.outputs["frame_facts.json"]))
    return facts


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
