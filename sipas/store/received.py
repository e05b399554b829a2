"""Batches: which file of a round gave which rows, and what became of every row. Answers themselves live elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, insert, select
from sqlalchemy.exc import IntegrityError

from sampling.errors import Fault, StoreError
from sipas.store.base import Base
from sipas.store.faultbook import FaultBook
from sipas.store.frames import plain_columns, query_frame
from sipas.store.kept import KeptFiles
from sipas.store.ledger import insert_rows
from sipas.store.schema import ROW_STATES, received, row_states

if TYPE_CHECKING:
    import pandas as pd

_ROW_COLUMNS: Final = ["row_no", "row_state", "reason", "case_id", "rated_unit_id", "answer_hash"]


@dataclass(frozen=True)
class Batch:
    """One file received for a round. `received_on` is the local date (ISO) that decides what is late."""

    round_id: str
    batch_id: str
    sha256: str
    file_name: str
    received_on: str
    rows: int


class Received(KeptFiles):
    """Kept files and the batches made of them."""

    def __init__(self, base: Base, faults: FaultBook) -> None:
        super().__init__(base)
        self._faults = faults

    def batch_id(self, sha256: str) -> str:
        """Id of the batch that a file makes, from its hash: known before anything is recorded, same after a kill."""
        return f"B-{sha256[:10]}"

    def batch(self, round_id: str, sha256: str) -> Batch | None:
        """The batch of a file in a round, if that file was recorded: then it is not classified again."""
        query = select(received).where(received.c.round_id == round_id, received.c.sha256 == sha256)
        with self._base.ledger.read() as connection:
            row = connection.execute(query).first()
        return _batch(row) if row else None

    def batches(self, round_id: str) -> tuple[Batch, ...]:
        """Batches of a round by date of receipt."""
        query = select(received).where(received.c.round_id == round_id)
        with self._base.ledger.read() as connection:
            rows = connection.execute(query.order_by(received.c.received_on, received.c.batch_id))
            return tuple(map(_batch, rows))

    def record(self, connection: Connection, batch: Batch, rows: pd.DataFrame, faults: Sequence[Fault]) -> bool:
        """Record a batch, the state of each of its rows (row_no, row_state, reason, case_id, rated_unit_id,
        answer_hash) and its faults. False when the file is recorded already.

        StoreError `store.batch_rows` (not one state for each row), `store.row_state`, `store.answer_twice` (a case
        and rated unit accepted before: classify again).
        """
        same = (received.c.round_id == batch.round_id) & (received.c.sha256 == batch.sha256)
        if connection.execute(select(received.c.batch_id).where(same)).first() is not None:
            return False
        columns = plain_columns(rows, _ROW_COLUMNS, "row_states")
        if len(rows) != batch.rows:
            raise StoreError("store.batch_rows", where=batch.batch_id, got=len(rows), expected=batch.rows)
        unknown = sorted(set(columns["row_state"]) - set(ROW_STATES))
        if unknown:
            raise StoreError("store.row_state", where=batch.batch_id, got=unknown[0], expected=" | ".join(ROW_STATES))
        place = {"round_id": batch.round_id, "batch_id": batch.batch_id}
        file = {"sha256": batch.sha256, "file_name": batch.file_name, "received_on": batch.received_on}
        connection.execute(insert(received), {**place, **file, "n_rows": batch.rows})
        constant = {name: [value] * len(rows) for name, value in place.items()}
        try:
            insert_rows(connection, row_states, {**constant, **columns})
        except IntegrityError as error:
            if "row_states.case_id" not in str(error.orig):
                raise
            raise StoreError("store.answer_twice", where=batch.batch_id) from error
        self._faults.record(connection, batch.round_id, batch.batch_id, faults)
        counts = {state: columns["row_state"].count(state) for state in ROW_STATES}
        body = {**place, "sha256": batch.sha256, "received_on": batch.received_on, "n_rows": batch.rows, **counts}
        self._base.audit.append(
            connection, "received.record", batch.round_id, body, sealed={"batch": place, "rows": place}
        )
        return True

    def row_states(self, round_id: str) -> pd.DataFrame:
        """State of every row of a round: batch_id and the columns given to `record`."""
        columns = [row_states.c.batch_id, *(row_states.c[name] for name in _ROW_COLUMNS)]
        query = select(*columns).where(row_states.c.round_id == round_id)
        with self._base.ledger.read() as connection:
            return query_frame(connection, query.order_by(row_states.c.batch_id, row_states.c.row_no))

    def accepted(self, round_id: str) -> pd.DataFrame:
        """Answers that count: case_id, rated_unit_id, answer_hash, each pair once."""
        columns = (row_states.c.case_id, row_states.c.rated_unit_id, row_states.c.answer_hash)
        query = select(*columns).where(row_states.c.round_id == round_id, row_states.c.row_state == "accepted")
        with self._base.ledger.read() as connection:
            return query_frame(connection, query.order_by(*columns[:2]))


def _batch(row: Row[Any]) -> Batch:
    return Batch(row.round_id, row.batch_id, row.sha256, row.file_name, row.received_on, row.n_rows)
