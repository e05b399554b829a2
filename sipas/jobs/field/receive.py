"""Receiving a file of answers: kept as it came, read in a child process, every row in exactly one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from errors import DataError, Fault, StoreError
from sipas.cells.days import is_day
from sipas.files.checksums import hash_by_sender
from sipas.foldernames import FAULTS_FOLDER
from sipas.jobs.faults import write_faults
from sipas.jobs.stepruns.workbench import FileToRead, Workbench
from sipas.returns import ROW_STATES, Classified
from sipas.steps.receive import RECEIVE
from sipas.store.field.received import Batch
from sipas.store.ledger.engine import Transaction
from sipas.store.workspace import Workspace
from sipas.words import Language

TAKES_RETURNS = ("drawn", "open", "reopened")


@dataclass(frozen=True)
class ReceiveReport:
    """Rows of one file by state and reason; rows = sum of `counts`.

    fault_file: the list for those who mend it, None when there is nothing. is_new False: this file had come before.
    is_hash_checked: the sender's hash was given and is the file's own.
    """

    file_name: str
    batch_id: str
    counts: dict[str, int]
    reasons: dict[str, int]
    faults: tuple[Fault, ...]
    fault_file: Path | None
    is_new: bool
    is_hash_checked: bool


def receive(
    ws: Workspace,
    round_id: str,
    path: Path,
    instrument_id: str = "",
    *,
    received_on: str = "",
    code_page: str = "",
    sha256: str = "",
    lang: Language = "vi",
) -> ReceiveReport:
    """Take in one returned file. The same file again changes nothing and says so.

    received_on: local date the file came (ISO), for forms that bear no date of their own; "" = today. code_page: of
    a file that is not UTF-8 and does not name its code page. sha256: the file's hash as the sender tells it, which may
    also stand in a list beside the file. lang: of the list of faults. Nothing is kept when the hash is another one, and
    nothing recorded when the file cannot be read.
    Raises StoreError `jobs.step_first`, `store.no_file`, `store.other_hash`, `store.round_state`; DataError
    `jobs.received_on`; what `hash_by_sender` and `read_table` raise.
    """
    bench = Workbench(ws, round_id, instrument_id)
    bench.result("draw")
    day = _day(received_on, ws.today())
    expected = hash_by_sender(path, sha256)
    kept = ws.field.received.keep(path, is_personal=True, expected=expected)
    instrument = bench.instrument
    with ws.lock(f"receive/{instrument.public_id}"):  # whoever waited here looks again: the file may be in by now
        earlier = ws.field.received.batch(instrument, kept.sha256)
        batch = earlier or _take_in(bench, (path.name, kept.sha256), {"received_on": day, "code_page": code_page})
    return _report(bench, batch, lang, is_new=earlier is None, is_hash_checked=bool(expected))


def _take_in(bench: Workbench, file: tuple[str, str], settings: Mapping[str, str]) -> Batch:
    name, sha256 = file
    ws, instrument = bench.ws, bench.instrument
    batch_id = ws.field.received.batch_id(sha256)
    with ws.ledger.read() as connection:
        ws.rounds.require(connection, instrument, *TAKES_RETURNS)

    def record(connection: Transaction, rows: Classified) -> None:
        place = (instrument.round_id, instrument.instrument_id, batch_id)
        batch = Batch(*place, sha256, name, settings["received_on"], len(rows.row_states))
        ws.rounds.require(connection, instrument, *TAKES_RETURNS)
        if not ws.field.received.record(connection, batch, rows.row_states, rows.faults):
            raise StoreError("store.answer_twice", where=batch_id)  # nothing of this call is kept
        if instrument.state == "drawn":
            ws.rounds.set_state(connection, instrument, "open")

    with ws.field.received.opened(sha256) as stored:
        read = FileToRead(sha256, stored, name)
        bench.run(RECEIVE, {**settings, "batch_id": batch_id}, file=read, part=batch_id, record=record)
    batch = ws.field.received.batch(instrument, sha256)
    if batch is None:
        raise DataError("jobs.batch_lost", where=name, got=batch_id)
    return batch


def _report(bench: Workbench, batch: Batch, lang: Language, *, is_new: bool, is_hash_checked: bool) -> ReceiveReport:
    ws, instrument = bench.ws, bench.instrument
    batch_rows = ws.field.received.rows(instrument, batch.batch_id)
    counts = batch_rows["row_state"].value_counts()
    reasons = batch_rows.loc[batch_rows["reason"] != "", "reason"].value_counts()
    faults = ws.field.faults.read(instrument, batch.batch_id)
    fault_file = f"{instrument.public_id}/{FAULTS_FOLDER}/{batch.batch_id}.xlsx"
    return ReceiveReport(
        file_name=batch.file_name,
        batch_id=batch.batch_id,
        counts={state: int(counts.get(state, 0)) for state in ROW_STATES},
        reasons={str(reason): int(n) for reason, n in reasons.sort_index().items()},
        faults=faults,
        fault_file=write_faults(ws, fault_file, faults, lang) if faults else None,
        is_new=is_new,
        is_hash_checked=is_hash_checked,
    )


def _day(text: str, today: str) -> str:
    """The day of receipt; today where none is said."""
    if text and not is_day(text):
        raise DataError("jobs.received_on", got=len(text), expected="2026-09-30")
    return text or today
