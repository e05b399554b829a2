"""What counts of a delivery: a decision on each of its rows, never changed, only followed by another one.

`counted` holds each pair of case and rated unit once: the row whose newest decision is "accepted". It follows from the
decisions, changes only with them, and `counts.uncounted` finds where it does not follow.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Connection, and_, bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from errors import StoreError
from sipas.acts import RowsDecided
from sipas.store.ledger.base import Base
from sipas.store.ledger.counts import PAIR, newest, same_row
from sipas.store.ledger.engine import insert_rows
from sipas.store.ledger.frames import plain_columns, query_frame
from sipas.store.ledger.schema import counted, received_rows, row_decisions
from sipas.store.rounds.instruments import Instrument, same

if TYPE_CHECKING:
    import pandas as pd

_DECIDED: Final = ["batch_id", "row_no", "row_state", "reason"]


class _Decision(NamedTuple):
    """What is decided on a row (_DECIDED) and how the row stood."""

    row: tuple[Any, ...]
    state: str
    reason: str
    decision_no: int
    case_id: str
    rated_unit_id: str


class Decisions:
    """Decisions on the rows of the instruments of one workspace."""

    _base: Base

    def rows(self, instrument: Instrument, batch_id: str = "") -> pd.DataFrame:
        """Every row, or those of one batch, as it stands now: batch_id, row_no, row_state, reason, case_id,
        rated_unit_id, answer_hash, decision_no; sorted by batch and row."""
        place = [received_rows.c.batch_id, received_rows.c.row_no]
        facts = [received_rows.c[name] for name in (*PAIR, "answer_hash")]
        decided = [row_decisions.c[name] for name in ("row_state", "reason", "decision_no")]
        query = newest(*place, *decided[:2], *facts, decided[2]).where(*same(received_rows, instrument))
        if batch_id:
            query = query.where(received_rows.c.batch_id == batch_id)
        with self._base.ledger.read() as connection:
            return query_frame(connection, query.order_by(*place))

    def counted(self, instrument: Instrument) -> pd.DataFrame:
        """What counts: case_id, rated_unit_id, batch_id, row_no, first_state (what was decided on the row first); each
        pair of case and rated unit once, sorted by them."""
        columns = [counted.c[name] for name in (*PAIR, "batch_id", "row_no")]
        query = select(*columns, row_decisions.c.row_state.label("first_state")).join_from(
            counted, row_decisions, and_(same_row(counted, row_decisions), row_decisions.c.decision_no == 1)
        )
        with self._base.ledger.read() as connection:
            return query_frame(connection, query.where(*same(counted, instrument)).order_by(*columns[:2]))

    def decisions(self, instrument: Instrument, up_to_log_seq: int | None = None) -> pd.DataFrame:
        """Every decision in order, or those entered up to a number of the log: batch_id, row_no, decision_no,
        row_state, reason, log_seq."""
        names = ("batch_id", "row_no", "decision_no", "row_state", "reason", "log_seq")
        columns = [row_decisions.c[name] for name in names]
        query = select(*columns).where(*same(row_decisions, instrument)).order_by(*columns[:3])
        if up_to_log_seq is not None:
            query = query.where(row_decisions.c.log_seq <= up_to_log_seq)
        with self._base.ledger.read() as connection:
            return query_frame(connection, query)

    def decide(self, connection: Connection, instrument: Instrument, decisions: pd.DataFrame) -> int:
        """Decide anew on rows (batch_id, row_no, row_state, reason); returns how many decisions were added. A row that
        stands just so gets none.

        StoreError `store.row_unknown`, `store.row_repeated` (two decisions on a row at once), `store.row_state`,
        `store.row_without_case` (accepted, but of no case), `store.answer_twice` (another row of that case and rated
        unit counts: decide on it too).
        """
        columns = plain_columns(decisions, _DECIDED, "row_decisions")
        check_states(columns["row_state"], instrument.public_id)
        given_rows = list(zip(*(columns[name] for name in _DECIDED), strict=True))
        standing = _standing(connection, instrument, given_rows)
        changed = [_Decision(row, *standing[row[:2]]) for row in given_rows if standing[row[:2]][:2] != row[2:]]
        if not changed:
            return 0
        seq = self._base.log.next_seq(connection)
        _insert(connection, instrument, changed, seq)
        _move(connection, instrument, changed)
        states = Counter(decision.row[2] for decision in changed)
        act = RowsDecided(instrument.instrument_id, len(changed), states)
        sealed = {"decisions": {"log_seq": seq}}
        self._base.log.append(connection, instrument.public_id, act, sealed=sealed)
        return len(changed)


def check_states(states: Sequence[str], where: str) -> None:
    """StoreError `store.row_state` for a state that is none of ROW_STATES."""
    from sipas.returns import ROW_STATES  # brings pandas, which opening a workspace does without

    unknown = sorted(set(states) - set(ROW_STATES))
    if unknown:
        raise StoreError("store.row_state", where=where, got=unknown[0], expected=" | ".join(ROW_STATES))


def count(connection: Connection, columns: Mapping[str, Sequence[Any]]) -> None:
    """Let rows count (columns of `counted`). StoreError `store.answer_twice` when a pair is counted already."""
    try:
        insert_rows(connection, counted, columns)
    except IntegrityError as error:
        if "counted.case_id" not in str(error.orig):
            raise
        raise StoreError("store.answer_twice", where=columns["batch_id"][0]) from error


def _standing(
    connection: Connection, instrument: Instrument, given_rows: Sequence[tuple[Any, ...]]
) -> Mapping[tuple[Any, ...], tuple[Any, ...]]:
    """(batch_id, row_no) -> state, reason, decision_no, case_id, rated_unit_id of the batches that are asked about."""
    place = [received_rows.c.batch_id, received_rows.c.row_no]
    stands = [row_decisions.c.row_state, row_decisions.c.reason, row_decisions.c.decision_no]
    query = newest(*place, *stands, *(received_rows.c[name] for name in PAIR))
    query = query.where(*same(received_rows, instrument), place[0].in_({row[0] for row in given_rows}))
    rows_by_place = {tuple(row[:2]): tuple(row[2:]) for row in connection.execute(query)}
    for row in given_rows:
        if row[:2] not in rows_by_place:
            raise StoreError("store.row_unknown", where=instrument.public_id, got=f"{row[0]} {row[1]}")
    if len({row[:2] for row in given_rows}) < len(given_rows):
        raise StoreError("store.row_repeated", where=instrument.public_id)
    return rows_by_place


def _insert(connection: Connection, instrument: Instrument, changed: Sequence[_Decision], seq: int) -> None:
    """The decisions, numbered after the last one on each row."""
    texts = zip(*(decision.row for decision in changed), strict=True)
    columns = dict(zip(_DECIDED, texts, strict=True))
    constant = {name: [value] * len(changed) for name, value in {**instrument.key, "log_seq": seq}.items()}
    numbers = [decision.decision_no + 1 for decision in changed]
    insert_rows(connection, row_decisions, {**constant, **columns, "decision_no": numbers})


def _move(connection: Connection, instrument: Instrument, changed: Sequence[_Decision]) -> None:
    """Take away from `counted` what counts no more, then add what counts now."""
    # Chained comparisons: the state so far is "accepted" and the new one (row[2]) is not, or the other way round.
    gone = [decision for decision in changed if decision.state == "accepted" != decision.row[2]]
    coming = [decision for decision in changed if decision.state != "accepted" == decision.row[2]]
    if gone:
        pair = (counted.c[name] == bindparam(f"the_{name}") for name in PAIR)
        rows = [{"the_case_id": decision.case_id, "the_rated_unit_id": decision.rated_unit_id} for decision in gone]
        connection.execute(delete(counted).where(*same(counted, instrument), *pair), rows)
    for decision in coming:
        if not decision.case_id:
            raise StoreError("store.row_without_case", where=f"{decision.row[0]} {decision.row[1]}")
    if coming:
        constant = {name: [value] * len(coming) for name, value in instrument.key.items()}
        pairs = {
            "case_id": [decision.case_id for decision in coming],
            "rated_unit_id": [decision.rated_unit_id for decision in coming],
        }
        places = {
            "batch_id": [decision.row[0] for decision in coming],
            "row_no": [decision.row[1] for decision in coming],
        }
        count(connection, {**constant, **pairs, **places})
