"""The newest decision on each row, and whether what is counted follows from it."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from errors import Fault
from sipas.store.ledger.schema import counted, received_rows, row_decisions

ROW: Final = ("round_id", "instrument_id", "batch_id", "row_no")
PAIR: Final = ("case_id", "rated_unit_id")


def newest(*columns: Any) -> Select[Any]:
    """Columns of every row with the newest decision on it."""
    later = row_decisions.alias("later")
    last = select(func.max(later.c.decision_no)).where(same_row(later, received_rows)).scalar_subquery()
    stands = and_(same_row(received_rows, row_decisions), row_decisions.c.decision_no == last)
    return select(*columns).join_from(received_rows, row_decisions, stands)


def uncounted(connection: Connection) -> list[Fault]:
    """`log.counted_differs` for every pair that `counted` lacks, has too many of or takes from another row."""
    place = [*ROW[:2], *PAIR]
    accepted = row_decisions.c.row_state == "accepted"
    stands = select(1).where(same_row(counted, received_rows), same_pair(counted, received_rows)).exists()
    lacking = newest(*(received_rows.c[name] for name in place)).where(accepted, ~stands)
    later = row_decisions.alias("later")
    newest_no = select(func.max(later.c.decision_no)).where(same_row(later, counted))
    last = newest_no.correlate(counted).scalar_subquery()  # two levels down it would join `counted` anew
    decided = (same_row(row_decisions, counted), row_decisions.c.decision_no == last, accepted)
    own_pair = select(1).where(same_row(received_rows, counted), same_pair(received_rows, counted)).exists()
    follows = select(1).where(*decided).exists()
    surplus = select(*(counted.c[name] for name in place)).where(~(follows & own_pair))
    places = {" ".join(row) for query in (lacking, surplus) for row in connection.execute(query)}
    return [Fault("log.counted_differs", "audit_log", counted.name, column=place) for place in sorted(places)]


def same_pair(table: Any, other: Any) -> ColumnElement[bool]:
    """Condition: both tell of the same case and rated unit."""
    return and_(*(table.c[name] == other.c[name] for name in PAIR))


def same_row(table: Any, other: Any) -> ColumnElement[bool]:
    """Condition: both tell of the same row."""
    return and_(*(table.c[name] == other.c[name] for name in ROW))
