"""Receiving a file of answers: kept as it came, read in a child process, every row in exactly one state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
from sqlalchemy import Connection

from sampling.errors import DataError, Fault
from sampling.tables import RESPONSES
from sipas.files import read_table
from sipas.jobs.pinned import Pinned, pinned
from sipas.jobs.results import output_of
from sipas.returns import ROW_STATES, Classified, classify
from sipas.store.received import Batch
from sipas.store.steps import run_step
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class ReceiveReport:
    """Rows of one file by state and reason; rows = sum of `counts`. `is_new` False: this file had come before."""

    file_name: str
    batch_id: str
    counts: dict[str, int]
    reasons: dict[str, int]
    faults: tuple[Fault, ...]
    is_new: bool


def receive(ws: Workspace, round_id: str, path: Path, *, received_on: str = "", code_page: str = "") -> ReceiveReport:
    """Take in one returned file. The same file again changes nothing and says so.

    received_on: local date the file came (ISO), for forms that bear no date of their own; "" = today. code_page: of
    a file that is not UTF-8 and does not name its code page. Nothing is recorded when the file cannot be read.
    Raises StoreError `jobs.step_first`, `store.no_file`, `store.round_state`; DataError `jobs.received_on`; what
    `read_table` raises.
    """
    parts = pinned(ws, round_id)
    output_of(ws, round_id, "draw", "sample")
    day = _day(received_on or ws.today())
    kept = ws.received.keep(path)
    known = ws.received.batch(round_id, kept.sha256)
    if known is not None:
        return _report(ws, round_id, known, is_new=False)
    with ws.lock(f"receive/{round_id}"):
        batch = _take_in(ws, round_id, parts, (path.name, kept.sha256, day, code_page))
    return _report(ws, round_id, batch, is_new=True)


def _take_in(ws: Workspace, round_id: str, parts: Pinned, file: tuple[str, str, str, str]) -> Batch:
    name, sha256, day, code_page = file
    batch_id = ws.received.batch_id(sha256)
    done: dict[str, Classified] = {}

    def make() -> dict[str, pa.Table | bytes]:
        with ws.ledger.read() as connection:
            ws.rounds.require(connection, round_id, "drawn", "open")
        headers = list(parts.questionnaire.header_map())
        with ws.received.opened(sha256) as stored:
            rows = read_table(stored, code_page=code_page or None, known_headers=headers, shown_as=name)
        done["rows"] = classify(
            rows.to_pandas(),
            parts.questionnaire,
            known_cases(ws, round_id),
            ws.received.accepted(round_id),
            batch_id=batch_id,
            received_on=day,
            cutoff=parts.survey_round.fieldwork.cutoff,
            file=name,
        )
        return {"responses": RESPONSES.arrow(done["rows"].responses)}

    def record(connection: Connection, outputs: Mapping[str, str]) -> None:
        rows = done["rows"]
        batch = Batch(round_id, batch_id, sha256, name, day, len(rows.row_states))
        ws.received.record(connection, batch, rows.row_states, rows.faults)
        ws.rounds.set_state(connection, round_id, "open")

    inputs = {
        "file": sha256,
        "sample": output_of(ws, round_id, "draw", "sample"),
        **parts.inputs("round", "questionnaire"),
    }
    params = {"received_on": day, "code_page": code_page}
    step = f"receive/{batch_id}"
    run_step(ws, round_id=round_id, step=step, params=params, inputs=inputs, make=make, record=record)
    batch = ws.received.batch(round_id, sha256)
    if batch is None:
        raise DataError("jobs.batch_lost", where=name, got=batch_id)
    return batch


def known_cases(ws: Workspace, round_id: str) -> pd.DataFrame:
    """Cases of the round as returns are held against: case_id, rated_unit_id, is_issued."""
    cases = ws.cases.read(round_id)
    return cases.rename(columns={"unit_id": "rated_unit_id"})[["case_id", "rated_unit_id", "is_issued"]]


def _report(ws: Workspace, round_id: str, batch: Batch, *, is_new: bool) -> ReceiveReport:
    states = ws.received.row_states(round_id)
    own = states[states["batch_id"] == batch.batch_id]
    found = own["row_state"].value_counts()
    reasons = own.loc[own["reason"] != "", "reason"].value_counts()
    return ReceiveReport(
        file_name=batch.file_name,
        batch_id=batch.batch_id,
        counts={state: int(found.get(state, 0)) for state in ROW_STATES},
        reasons={str(reason): int(n) for reason, n in reasons.sort_index().items()},
        faults=ws.faults.read(round_id, batch.batch_id),
        is_new=is_new,
    )


def _day(text: str) -> str:
    parsed = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    if pd.isna(parsed):
        raise DataError("jobs.received_on", got=len(text), expected="2026-09-30")
    return text
