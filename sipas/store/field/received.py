"""Batches: which file of an instrument gave which rows, and what became of every row. Answers live elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, insert, select

from errors import Fault, StoreError
from sipas.acts import FileReceived
from sipas.store.field.decisions import Decisions, check_states, count
from sipas.store.field.faults import FaultList
from sipas.store.files.kept import KeptFiles
from sipas.store.ledger.base import Base
from sipas.store.ledger.engine import insert_rows
from sipas.store.ledger.frames import plain_columns
from sipas.store.ledger.schema import received, received_rows, row_decisions
from sipas.store.rounds.instruments import Instrument, require, same

if TYPE_CHECKING:
    import pandas as pd

_FACTS: Final = ["row_no", "case_id", "rated_unit_id", "answer_hash"]
_FIRST: Final = ["row_no", "row_state", "reason"]


@dataclass(frozen=True)
class Batch:
    """One file received for an instrument. `received_on` is the local date (ISO) that decides what is late."""

    round_id: str
    instrument_id: str
    batch_id: str
    sha256: str
    file_name: str
    received_on: str
    rows: int


class Received(KeptFiles, Decisions):
    """Kept files, the batches made of them, and what was decided on their rows."""

    def __init__(self, base: Base, faults: FaultList) -> None:
        super().__init__(base)
        self._faults = faults

    def batch_id(self, sha256: str) -> str:
        """Id of the batch that a file makes, from its hash: known before anything is recorded, same after a kill."""
        return f"B-{sha256[:10]}"

    def batch(self, instrument: Instrument, sha256: str) -> Batch | None:
        """The batch of a file, if the instrument has it: then it is not classified again."""
        query = select(received).where(*same(received, instrument), received.c.sha256 == sha256)
        with self._base.ledger.read() as connection:
            row = connection.execute(query).first()
        return _batch(row) if row else None

    def batches(self, instrument: Instrument) -> tuple[Batch, ...]:
        """Batches of an instrument by date of receipt."""
        query = select(received).where(*same(received, instrument))
        with self._base.ledger.read() as connection:
            rows = connection.execute(query.order_by(received.c.received_on, received.c.batch_id))
            return tuple(map(_batch, rows))

    def record(self, connection: Connection, batch: Batch, rows: pd.DataFrame, faults: Sequence[Fault]) -> bool:
        """Record a batch, each of its rows with the first decision on it (row_no, row_state, reason, case_id,
        rated_unit_id, answer_hash), and its faults. False when the file is recorded already.

        StoreError `store.batch_rows` (not one state for each row), `store.row_state`, `store.answer_twice` (a case
        and rated unit accepted before: classify again), `store.no_instrument`.
        """
        instrument = require(connection, batch.round_id, batch.instrument_id)
        earlier = select(received.c.batch_id).where(*same(received, instrument), received.c.sha256 == batch.sha256)
        if connection.execute(earlier).first() is not None:
            return False
        columns = plain_columns(rows, [*_FACTS, *_FIRST[1:]], "rows")
        if len(rows) != batch.rows:
            raise StoreError("store.batch_rows", where=batch.batch_id, got=len(rows), expected=batch.rows)
        check_states(columns["row_state"], batch.batch_id)
        place = {**instrument.key, "batch_id": batch.batch_id}
        file = {"sha256": batch.sha256, "file_name": batch.file_name, "received_on": batch.received_on}
        connection.execute(insert(received), {**place, **file, "n_rows": batch.rows})
        self._faults.record(connection, instrument, batch.batch_id, faults)
        seq = self._insert(connection, place, columns)
        file_facts = (batch.batch_id, batch.sha256, batch.received_on, batch.rows)
        act = FileReceived(instrument.round_id, instrument.instrument_id, *file_facts, Counter(columns["row_state"]))
        sealed: dict[str, Mapping[str, Any]] = {"batch": place, "rows": place, "decisions": {"log_seq": seq}}
        self._base.log.append(connection, instrument.public_id, act, sealed=sealed)
        return True

    def _insert(self, connection: Connection, place: Mapping[str, str], columns: Mapping[str, Sequence[Any]]) -> int:
        """The rows, the first decision on each and what counts; returns the number of the entry that tells of it."""
        seq = self._base.log.next_seq(connection)
        n_rows = len(columns["row_no"])
        constant = {name: [value] * n_rows for name, value in place.items()}
        insert_rows(connection, received_rows, {**constant, **{name: columns[name] for name in _FACTS}})
        first = {"decision_no": [1] * n_rows, "log_seq": [seq] * n_rows, **{name: columns[name] for name in _FIRST}}
        insert_rows(connection, row_decisions, {**constant, **first})
        taken = [at for at, state in enumerate(columns["row_state"]) if state == "accepted"]
        pairs = {name: [columns[name][at] for at in taken] for name in ("case_id", "rated_unit_id", "row_no")}
        count(connection, {**{name: [value] * len(taken) for name, value in place.items()}, **pairs})
        return seq


def _batch(row: Row[Any]) -> Batch:
    place = (row.round_id, row.instrument_id, row.batch_id)
    return Batch(*place, row.sha256, row.file_name, row.received_on, row.n_rows)
