"""Frame import: an office's list becomes the round's sampling frame."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from errors import FaultsFound
from sipas.files import read_table
from sipas.foldernames import FAULTS_FOLDER
from sipas.framekinds import FrameKind
from sipas.frames import COUNT_HEADERS, Coverage, FrameImport, UnitCheck, coverage, read_counts
from sipas.jobs.faults import write_faults
from sipas.jobs.stepruns.workbench import FileToRead, Workbench
from sipas.rounds.parts import InstrumentParts
from sipas.steps.frame import FRAME
from sipas.store.stepruns import Run, current_run
from sipas.store.workspace import Workspace
from sipas.words import Language

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


def import_frame(
    ws: Workspace, round_id: str, path: Path, instrument_id: str = "", *, lang: Language = "vi"
) -> FrameReport:
    """Keep the file (encrypted: it holds names), make the frame, put contacts in their own store.

    Contacts are those of the current frame: written once it is committed, dropped when another frame replaces it.
    Raises StoreError `store.no_file`, `store.round_state` (the draw was made: a frame no longer changes),
    `frames.spare_not_drawn`; FaultsFound `frames.refused` with all faults, written to a workbook beside it: then
    nothing is stored but the kept file; what `read_table` raises for a file that cannot be read at all.
    """
    bench = Workbench(ws, round_id, instrument_id)
    kept = ws.field.received.keep(path, is_personal=True)
    place = bench.instrument.public_id
    with ws.lock(f"frame/{place}"), _faults_written(ws, place, path.name, kept.sha256, lang):
        return _import(bench, kept.sha256, path.name)


def _import(bench: Workbench, sha256: str, name: str) -> FrameReport:
    ws, instrument = bench.ws, bench.instrument
    settled = current_run(ws, bench.place("frame"))
    contacts: pd.DataFrame | None = None
    is_new = False
    if settled is None or not bench.is_drawn or _facts_of(ws, settled)["file"] != sha256:
        with ws.ledger.read() as connection:  # before the file is read: the frame of an earlier file is only found
            ws.rounds.require(connection, instrument, "new", "committed")
        with ws.field.received.opened(sha256) as stored:
            ran = bench.run(FRAME, file=FileToRead(sha256, stored, name))
        settled, is_new = ran.run, ran.run.is_new
        contacts = ran.beside.contacts if ran.beside is not None else None
    if ws.field.contacts.is_kept(instrument, settled.step_key):
        ws.field.contacts.sweep(instrument)
    else:  # another frame, or a call that was broken off once the frame was committed
        all_contacts = contacts if contacts is not None else _made_again(bench, sha256, name).contacts
        ids = ws.files.snapshots.read_frame(settled.outputs["frame"])["frame_unit_id"]
        frame_contacts = all_contacts[all_contacts["frame_unit_id"].isin(ids)].astype("str")
        ws.field.contacts.save(instrument, frame_contacts, settled.step_key)
    return _from_facts(name, bench.parts, _facts_of(ws, settled), is_new=is_new)


def _made_again(bench: Workbench, sha256: str, name: str) -> FrameImport:
    with bench.ws.field.received.opened(sha256) as stored:
        frame_import: FrameImport = bench.make_now(FRAME, file=FileToRead(sha256, stored, name)).beside
    return frame_import


def check_frame_file(
    ws: Workspace, round_id: str, path: Path, instrument_id: str = "", *, lang: Language = "vi"
) -> FrameReport:
    """The same without keeping anything: what would become of every row. Raises as `import_frame`."""
    bench = Workbench(ws, round_id, instrument_id)
    with _faults_written(ws, bench.instrument.public_id, path.name, "", lang):
        result = bench.make_now(FRAME, file=FileToRead("", path, path.name))
    facts: dict[str, Any] = json.loads(bytes(result.outputs["frame_facts.json"]))
    return _from_facts(path.name, bench.parts, facts, is_new=False)


def check_coverage(
    ws: Workspace, round_id: str, report: FrameReport, counts: Path | None = None, instrument_id: str = ""
) -> tuple[Coverage, ...]:
    """The frame of a report against independent counts: of the file `counts`, else of dossier_counts.csv of the round.

    Empty when there are neither. Raises what `read_table` raises, FaultsFound `frames.counts`.
    """
    parts = Workbench(ws, round_id, instrument_id).parts
    dossier_counts = parts.rules.dossier_counts
    if counts is not None:
        rows = read_table(counts, known_headers=COUNT_HEADERS).to_pandas()
        dossier_counts = read_counts(rows, parts.register, counts.name)
    return coverage(report.units, dossier_counts, parts.rules.frame) if dossier_counts else ()


@contextmanager
def _faults_written(ws: Workspace, folder: str, name: str, sha256: str, lang: Language) -> Iterator[None]:
    """Faults of the file become a workbook for those who mend it, and an error that names the workbook."""
    try:
        yield
    except FaultsFound as error:
        if not error.rule.startswith(("frames.", "files.")):
            raise
        mark = sha256[:12] or "kiem-tra"
        target = write_faults(ws, f"{folder}/{FAULTS_FOLDER}/dan-mau-{mark}.xlsx", error.faults[:_MOST_FAULTS], lang)
        total = error.values.get("total", len(error.faults))
        written = min(len(error.faults), _MOST_FAULTS)
        values = {"total": total, "written": written, "fault_file": target}
        raise FaultsFound("frames.refused", error.faults, where=name, **values) from error


def _from_facts(file_name: str, parts: InstrumentParts, facts: dict[str, Any], *, is_new: bool) -> FrameReport:
    plain = {name: value for name, value in facts.items() if name not in ("file", "units", "skipped_sheets")}
    units = tuple(UnitCheck(**fact) for fact in facts["units"])
    few = parts.rules.frame.min_cases
    skipped = tuple(facts["skipped_sheets"])
    return FrameReport(file_name, units=units, few=few, skipped_sheets=skipped, is_new=is_new, **plain)


def _facts_of(ws: Workspace, result: Run) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(ws.files.snapshots.read_bytes(result.outputs["frame_facts.json"]))
    return facts
