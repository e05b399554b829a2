"""Frame import: an office's list becomes the round's sampling frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sampling.errors import FaultsFound
from sampling.frame import frame_hash
from sampling.numbers import canonical_json
from sampling.tables import SAMPLING_FRAME
from sipas.files import layout_of, read_table
from sipas.framekinds import FrameKind
from sipas.frames import (
    COUNT_HEADERS,
    Coverage,
    FrameImport,
    UnitCheck,
    build_frame,
    coverage,
    read_counts,
    source_counts,
    unit_checks,
)
from sipas.jobs.asked import asked_persons
from sipas.jobs.desk import Desk, Made
from sipas.jobs.faults import write_faults
from sipas.jobs.pinned import Pinned, pinned
from sipas.store.steps import StepResult, current_run
from sipas.store.workspace import Workspace
from sipas.units import Unit

_MOST_FAULTS = 50_000  # rows of the workbook of faults: a wrong column of a large file has one for every row


@dataclass(frozen=True)
class FrameReport:
    """What became of a file.

    source: its rows by kind (title, header, blank, data, total, ...); counts: rows of data by what became of them;
    skipped_sheets: sheets that hold no list; persons: persons on the frame and how many are there more than once;
    n_asked: rows on the frame of persons asked in `spare_round`; units: checks by rated unit; few: the setting below
    which a unit is named. frame_hash: of the public frame. is_new: whether anything was added.
    """

    file_name: str
    kind: FrameKind
    source: dict[str, int]
    skipped_sheets: tuple[str, ...]
    counts: dict[str, int]
    crosswalk: dict[str, int]
    persons: dict[str, int]
    spare_round: str
    n_asked: int
    without_contact: int
    units: tuple[UnitCheck, ...]
    few: int
    frame_hash: str
    is_new: bool

    @property
    def rows_in_file(self) -> int:
        """Rows of the file down to the last one with content."""
        return sum(self.source.values())


@dataclass(frozen=True, eq=False)
class _Parsed:
    done: FrameImport
    facts: dict[str, Any]


def import_frame(ws: Workspace, round_id: str, path: Path) -> FrameReport:
    """Keep the file (encrypted: it holds names), make the frame, put contacts in their own store.

    Contacts are those of the current frame: written once it is committed, dropped when another frame replaces it.
    Raises StoreError `store.no_file`, `store.round_state` (the draw was made: a frame no longer changes),
    `frames.spare_not_drawn`; FaultsFound `frames.refused` with all faults, written to a workbook beside it: then
    nothing is stored but the kept file; what `read_table` raises for a file that cannot be read at all.
    """
    kept = ws.received.keep(path, is_personal=True)
    with ws.lock(f"frame/{round_id}"), _faults_written(ws, round_id, path.name, kept.sha256):
        return _import(Desk(ws, round_id), kept.sha256, path.name)


def _import(desk: Desk, sha256: str, name: str) -> FrameReport:
    ws, round_id = desk.ws, desk.round_id
    parsed: list[_Parsed] = []

    def read() -> _Parsed:
        if not parsed:
            with ws.received.opened(sha256) as stored:
                parsed.append(_read(ws, stored, name, desk.parts))
        return parsed[0]

    def make() -> Made:
        facts = {**read().facts, "file": sha256}
        return {"frame": SAMPLING_FRAME.arrow(read().done.frame), "frame_facts.json": canonical_json(facts).encode()}

    settled = current_run(ws, round_id, "frame")
    if settled is None or not desk.is_drawn or _facts_of(ws, settled)["file"] != sha256:
        with ws.ledger.read() as connection:  # here, not in `make`: the frame of an earlier file is found, not made
            ws.rounds.require(connection, round_id, "new", "committed")
        settled = desk.run("frame", make, needs=desk.frame_needs(sha256))
    if ws.contacts.is_kept(round_id, settled.step_key):
        ws.contacts.sweep(round_id)
    else:  # another frame, or a call that was broken off once the frame was committed
        ids = ws.snapshots.read_frame(settled.outputs["frame"])["frame_unit_id"]
        contacts = read().done.contacts
        own = contacts[contacts["frame_unit_id"].isin(ids)].astype("str")
        ws.contacts.save(round_id, own, settled.step_key)
    return _report(ws, name, desk.parts, settled)


def check_frame_file(ws: Workspace, round_id: str, path: Path) -> FrameReport:
    """The same without keeping anything: what would become of every row. Raises as `import_frame`."""
    parts = pinned(ws, round_id)
    with _faults_written(ws, round_id, path.name, ""):
        parsed = _read(ws, path, path.name, parts)
    return _from_facts(path.name, parts, parsed.facts, is_new=False)


def check_coverage(
    ws: Workspace, round_id: str, report: FrameReport, counts: Path | None = None
) -> tuple[Coverage, ...]:
    """The frame of a report against independent counts: of the file `counts`, else of dossier_counts.csv of the round.

    Empty when there are neither. Raises what `read_table` raises, FaultsFound `frames.counts`.
    """
    parts = pinned(ws, round_id)
    known = parts.survey_round.dossier_counts
    if counts is not None:
        rows = read_table(counts, known_headers=COUNT_HEADERS).to_pandas()
        known = read_counts(rows, parts.register, counts.name)
    return coverage(report.units, known, parts.survey_round.frame) if known else ()


@contextmanager
def _faults_written(ws: Workspace, round_id: str, name: str, sha256: str) -> Iterator[None]:
    """Faults of the file become a workbook for those who mend it, and an error that names the workbook."""
    try:
        yield
    except FaultsFound as error:
        if not error.rule.startswith(("frames.", "files.")):
            raise
        mark = sha256[:12] or "kiem-tra"
        target = write_faults(ws, f"{round_id}/loi/dan-mau-{mark}.xlsx", error.faults[:_MOST_FAULTS])
        total = error.values.get("total", len(error.faults))
        written = min(len(error.faults), _MOST_FAULTS)
        values = {"total": total, "written": written, "fault_file": target}
        raise FaultsFound("frames.refused", error.faults, where=name, **values) from error


def _read(ws: Workspace, path: Path, name: str, parts: Pinned) -> _Parsed:
    rules = parts.survey_round
    headers = [one.header for one in rules.headings]
    asked = asked_persons(ws, rules.plan.spare_round) if rules.plan.spare_round else ()
    table = read_table(path, known_headers=headers, every_sheet=True, shown_as=name)
    layout, rows = layout_of(table), table.to_pandas()
    del table
    done = build_frame(rows, rules, parts.register, ws.key, name, asked)
    has_parts = "asked_before" in done.frame
    facts = {
        "kind": rules.plan.frame_kind,
        "source": source_counts(done.kinds, rows, layout),
        "skipped_sheets": list(layout.skipped),
        "counts": done.counts(),
        "crosswalk": {str(how): int(n) for how, n in done.crosswalk.value_counts().sort_index().items()},
        "persons": done.persons(),
        "spare_round": rules.plan.spare_round,
        "n_asked": int((done.frame["asked_before"] == "asked").sum()) if has_parts else 0,
        "without_contact": int((~done.frame["has_contact"]).sum()),
        "units": [asdict(one) for one in unit_checks(done, _units(parts, done))],
        "frame_hash": frame_hash(done.frame),
    }
    return _Parsed(done, facts)


def _units(parts: Pinned, done: FrameImport) -> tuple[Unit, ...]:
    """Rated units; for officials, who come from anywhere, the units that are on the list."""
    if parts.survey_round.plan.frame_kind != "official":
        return parts.rated_units()
    present = set(done.placed)
    return tuple(one for one in parts.register.valid_on(parts.survey_round.units.on) if one.unit_id in present)


def _report(ws: Workspace, file_name: str, parts: Pinned, result: StepResult) -> FrameReport:
    return _from_facts(file_name, parts, _facts_of(ws, result), is_new=result.is_new)


def _from_facts(file_name: str, parts: Pinned, facts: dict[str, Any], *, is_new: bool) -> FrameReport:
    plain = {name: value for name, value in facts.items() if name not in ("file", "units", "skipped_sheets")}
    units = tuple(UnitCheck(**one) for one in facts["units"])
    few = parts.survey_round.frame.min_cases
    skipped = tuple(facts["skipped_sheets"])
    return FrameReport(file_name, units=units, few=few, skipped_sheets=skipped, is_new=is_new, **plain)


def _facts_of(ws: Workspace, result: StepResult) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(ws.snapshots.read_bytes(result.outputs["frame_facts.json"]))
    return facts
