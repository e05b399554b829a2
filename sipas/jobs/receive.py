"""Receiving a file of answers: kept as it came, read in a child process, every row in exactly one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sqlalchemy import Connection

from sampling.errors import DataError, Fault, StoreError
from sampling.tables import RESPONSES
from sipas.files import read_table
from sipas.jobs.desk import Desk, Made, Needs
from sipas.jobs.faults import write_faults
from sipas.jobs.raters import rated_pairs
from sipas.returns import ROW_STATES, Classified, classify
from sipas.store.received import Batch
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class ReceiveReport:
    """Rows of one file by state and reason; rows = sum of `counts`.

    fault_file: the list for those who mend it, None when there is nothing. is_new False: this file had come before.
    """

    file_name: str
    batch_id: str
    counts: dict[str, int]
    reasons: dict[str, int]
    faults: tuple[Fault, ...]
    fault_file: Path | None
    is_new: bool


def receive(ws: Workspace, round_id: str, path: Path, *, received_on: str = "", code_page: str = "") -> ReceiveReport:
    """Take in one returned file. The same file again changes nothing and says so.

    received_on: local date the file came (ISO), for forms that bear no date of their own; "" = today. code_page: of
    a file that is not UTF-8 and does not name its code page. Nothing is recorded when the file cannot be read.
    Raises StoreError `jobs.step_first`, `store.no_file`, `store.round_state`; DataError `jobs.received_on`; what
    `read_table` raises.
    """
    desk = Desk(ws, round_id)
    desk.result("draw")
    day = _day(received_on or ws.today())
    kept = ws.received.keep(path, is_personal=True)
    with ws.lock(f"receive/{round_id}"):  # whoever waited here looks again: the file may be in by now
        known = ws.received.batch(round_id, kept.sha256)
        batch = known or _take_in(desk, (path.name, kept.sha256, day, code_page))
    return _report(ws, round_id, batch, is_new=known is None)


def _take_in(desk: Desk, file: tuple[str, str, str, str]) -> Batch:
    name, sha256, day, code_page = file
    ws, round_id, rules = desk.ws, desk.round_id, desk.parts.survey_round
    batch_id = ws.received.batch_id(sha256)
    done: dict[str, Classified] = {}

    def make() -> Made:
        with ws.ledger.read() as connection:
            ws.rounds.require(connection, round_id, "drawn", "open")
        headers = list(desk.parts.questionnaire.header_map())
        with ws.received.opened(sha256) as stored:
            rows = read_table(stored, code_page=code_page or None, known_headers=headers, shown_as=name)
        done["rows"] = classify(
            rows.to_pandas(),
            desk.parts.questionnaire,
            known_cases(ws, round_id),
            _already(ws, round_id),
            batch_id=batch_id,
            received_on=day,
            cutoff=rules.fieldwork.cutoff,
            file=name,
            heirs=desk.parts.heirs(),
        )
        return {"responses": RESPONSES.arrow(done["rows"].responses)}

    def record(connection: Connection, outputs: Mapping[str, str]) -> None:
        rows = done["rows"]
        batch = Batch(round_id, batch_id, sha256, name, day, len(rows.row_states))
        if not ws.received.record(connection, batch, rows.row_states, rows.faults):
            raise StoreError("store.answer_twice", where=batch_id)  # nothing of this call is kept
        ws.rounds.set_state(connection, round_id, "open")

    settings = {"received_on": day, "code_page": code_page, "cutoff": rules.fieldwork.cutoff}
    inputs = {"file": sha256, "sample": desk.sha("draw", "sample"), **desk.parts.inputs("questionnaire")}
    desk.run(f"receive/{batch_id}", make, record, needs=Needs(settings, inputs))
    batch = ws.received.batch(round_id, sha256)
    if batch is None:
        raise DataError("jobs.batch_lost", where=name, got=batch_id)
    return batch


def _already(ws: Workspace, round_id: str) -> pd.DataFrame:
    """Answers of earlier files that count, and late ones: a second copy of either is a duplicate."""
    states = ws.received.row_states(round_id)
    kept = states[states["row_state"].isin(("accepted", "late"))]
    return kept[["case_id", "rated_unit_id", "answer_hash", "row_state"]].reset_index(drop=True)


def known_cases(ws: Workspace, round_id: str) -> pd.DataFrame:
    """Cases of the round as returns are held against: case_id, rated_unit_id, is_issued; a row per rated unit."""
    return rated_pairs(ws, round_id)[["case_id", "rated_unit_id", "is_issued"]]


def _report(ws: Workspace, round_id: str, batch: Batch, *, is_new: bool) -> ReceiveReport:
    states = ws.received.row_states(round_id)
    own = states[states["batch_id"] == batch.batch_id]
    found = own["row_state"].value_counts()
    reasons = own.loc[own["reason"] != "", "reason"].value_counts()
    faults = ws.faults.read(round_id, batch.batch_id)
    return ReceiveReport(
        file_name=batch.file_name,
        batch_id=batch.batch_id,
        counts={state: int(found.get(state, 0)) for state in ROW_STATES},
        reasons={str(reason): int(n) for reason, n in reasons.sort_index().items()},
        faults=faults,
        fault_file=write_faults(ws, f"{round_id}/loi/{batch.batch_id}.xlsx", faults) if faults else None,
        is_new=is_new,
    )


def _day(text: str) -> str:
    parsed = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if pd.isna(parsed):
        raise DataError("jobs.received_on", got=len(text), expected="2026-09-30")
    return text
