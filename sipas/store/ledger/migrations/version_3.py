"""From version 2 to 3: a round becomes a round with one instrument, a row's state the first decision on it.

Every table that changes is renamed, made anew by version_3.sql, filled and dropped. What counted goes on counting; a
decision bears the number of the log entry that told of its batch.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import Operations

from errors import Fault
from sipas.store.ledger import version2
from sipas.store.ledger.migrations import frozen

FILLED: Final = ("decisions", "faults", "instruments")  # tables without seals before, by the name of these
_REPLACED: Final = (
    "rounds", "pins", "job_runs", "current_runs", "draw_commits", "draw_openings", "cases", "approvals",
    "reserve_changes", "received", "row_states", "faults", "appraisal_entries", "publications",
)  # fmt: skip
_ADDED: Final[Mapping[str, Mapping[str, Any]]] = {
    "job_runs": {"libraries": ""},
    "publications": {"contents": "", "log_seq": 0},
}
_PLACE: Final = ("round_id", "batch_id", "row_no")
_PAIR: Final = ("case_id", "rated_unit_id")


def upgrade(operations: Operations) -> list[Fault]:
    """Change the tables. `log.batch_unknown` for batches of which no log entry tells."""
    operations.drop_index("approvals_open_once", "approvals")
    for name in _REPLACED:
        operations.rename_table(name, f"old_{name}")
    frozen.create_tables(operations, 3)
    connection = operations.get_bind()
    for name in _REPLACED:
        if name != "row_states":
            connection.execute(_copied(name))
    connection.execute(_instruments())
    faults = _decide_first(connection)
    for insert in _rows():
        connection.execute(insert)
    for name in reversed(_REPLACED):
        operations.drop_table(f"old_{name}")
    return faults


def _copied(name: str) -> sa.Insert:
    """A table's rows with what version 3 adds to them; a round's state goes to its instrument."""
    table = version2.tables()[name]
    old = _old(name)
    kept = [column for column in table.columns if (name, column) != ("rounds", "state")]
    added: dict[str, Any] = {column: sa.literal(value) for column, value in _ADDED.get(name, {}).items()}
    if table.instrument == "first":
        added["instrument_id"] = sa.literal(version2.FIRST)
    elif table.instrument == "step":
        of_round = old.c.step.in_(version2.ROUND_STEPS)
        added["instrument_id"] = sa.case((of_round, ""), else_=version2.FIRST)
    names = [*kept, *added]
    columns = [*(old.c[column] for column in kept), *added.values()]
    return _new(name, names).insert().from_select(names, sa.select(*columns).order_by(*columns[:1]))


def _instruments() -> sa.Insert:
    old = _old("rounds")
    columns = {
        "round_id": old.c.round_id,
        "instrument_id": sa.literal(version2.FIRST),
        "position": sa.literal(1),
        "public_id": old.c.round_id,
        "state": old.c.state,
        "created": old.c.created,
    }
    return _new("instruments", columns).insert().from_select([*columns], sa.select(*columns.values()))


def _rows() -> list[sa.Insert]:
    """What is known of every row, and what counts."""
    old = _old("row_states")
    return [
        _filled("received_rows", old, (*_PLACE, *_PAIR, "answer_hash")),
        _filled("counted", old, (*_PAIR, *_PLACE), old.c.row_state == "accepted"),
    ]


def _decide_first(connection: sa.Connection) -> list[Fault]:
    """The first decision on every row, batch by batch."""
    old, batches = _old("row_states"), _old("received")
    told = _entries(connection)
    faults = []
    for place in connection.execute(sa.select(batches.c.round_id, batches.c.batch_id)).all():
        if tuple(place) not in told:
            faults.append(Fault("log.batch_unknown", "audit_log", "received", column=" ".join(place)))
            continue
        of_batch = (old.c.round_id == place.round_id) & (old.c.batch_id == place.batch_id)
        added = {"decision_no": sa.literal(1), "log_seq": sa.literal(told[tuple(place)])}
        connection.execute(_filled("row_decisions", old, (*_PLACE, "row_state", "reason"), of_batch, **added))
    return faults


def _entries(connection: sa.Connection) -> dict[tuple[str, ...], int]:
    """(round_id, batch_id) -> number of the log entry that tells of the batch."""
    log = _old("audit_log", prefix="")
    query = sa.select(log.c.seq, log.c.body).where(log.c.action == "received.record").order_by(log.c.seq)
    return {_batch_in(row.body): row.seq for row in connection.execute(query)}


def _batch_in(body: str) -> tuple[str, ...]:
    """Round and batch that an entry tells of; none of a body that was tampered with, as the chain will report."""
    try:
        told = json.loads(body)
        return (told["round_id"], told["batch_id"])
    except (json.JSONDecodeError, KeyError, TypeError):
        return ()


def _filled(
    name: str, old: sa.TableClause, kept: tuple[str, ...], *where: sa.ColumnElement[bool], **added: Any
) -> sa.Insert:
    """Insert columns of an old table, the instrument, and `added`; sorted by place."""
    columns = {**{name: old.c[name] for name in kept}, "instrument_id": sa.literal(version2.FIRST), **added}
    query = sa.select(*columns.values()).where(*where).order_by(*(old.c[name] for name in _PLACE))
    return _new(name, columns).insert().from_select([*columns], query)


def _old(name: str, prefix: str = "old_") -> sa.TableClause:
    return sa.table(f"{prefix}{name}", *map(sa.column, version2.tables()[name].columns))


def _new(name: str, columns: Iterable[str]) -> sa.TableClause:
    return sa.table(name, *map(sa.column, columns))
