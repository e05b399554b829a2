"""Triggers that keep the log and the once-written tables append-only, and the check that they are still there.

Triggers stop mistakes and make tampering leave a trace; whoever owns the file can drop them, which `missing` finds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, Table, UniqueConstraint, text

from errors import Fault
from sipas.store.ledger import schema

APPEND_ONLY: Final = (
    schema.audit_log,
    schema.appraisal_entries,
    schema.pins,
    schema.snapshots,
    schema.snapshot_parents,
    schema.job_runs,
    schema.received,
    schema.received_rows,
    schema.row_decisions,
    schema.reopenings,
    schema.documents,
    schema.signatures,
    schema.personal_files,
    schema.erased_contacts,
)
_NO_CHANGE: Final = (
    "CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
_NO_REPLACE: Final = (
    "CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
    "WHEN EXISTS (SELECT 1 FROM {table} AS old WHERE {same}) BEGIN "
    "SELECT RAISE(ABORT, '{table} is append-only'); END"
)
_LOG_ORDER: Final = (
    "CREATE TRIGGER audit_log_in_order BEFORE INSERT ON audit_log "
    "WHEN NEW.seq != (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_log) BEGIN "
    "SELECT RAISE(ABORT, 'audit_log grows by one'); END"
)


def _statements() -> dict[str, str]:
    """Trigger name -> statement. All parts are names from the schema."""
    statements = {"audit_log_in_order": _LOG_ORDER}
    for table in APPEND_ONLY:
        for verb in ("update", "delete"):
            statements[f"{table.name}_no_{verb}"] = _NO_CHANGE.format(table=table.name, verb=verb)
        statements[f"{table.name}_no_replace"] = _NO_REPLACE.format(table=table.name, same=_same_key(table))
    return statements


def _same_key(table: Table) -> str:
    """Condition: the new row has a key of an old one. INSERT OR REPLACE would delete that row without a DELETE."""
    keys = [table.primary_key, *(part for part in table.constraints if isinstance(part, UniqueConstraint))]
    same = sorted(" AND ".join(f"old.{column.name} = NEW.{column.name}" for column in key.columns) for key in keys)
    return " OR ".join(same)


def create(connection: Connection) -> None:
    """Make the triggers that are not there."""
    present = _present(connection)
    for name, statement in _statements().items():
        if name not in present:
            connection.execute(text(statement))


def drop(connection: Connection) -> None:
    """Take all triggers away, for a migration that makes them anew."""
    quote = connection.dialect.identifier_preparer.quote
    for name in _present(connection):
        connection.execute(text(f"DROP TRIGGER {quote(name)}"))


def missing(connection: Connection, wanted: Mapping[str, str] | None = None) -> list[str]:
    """Names of triggers that were dropped or written anew with another text. wanted: name -> statement, unless the
    triggers of this version are meant."""
    present = _present(connection)
    statements = _statements() if wanted is None else wanted
    return [name for name, statement in statements.items() if folded(present.get(name, "")) != folded(statement)]


def faults(connection: Connection, wanted: Mapping[str, str] | None = None) -> list[Fault]:
    """`log.trigger_missing` for each of `missing`."""
    return [Fault("log.trigger_missing", "audit_log", column=name) for name in missing(connection, wanted)]


def _present(connection: Connection) -> dict[str, str]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    return {row.name: row.sql for row in rows}


def folded(statement: str) -> str:
    """A statement without what does not matter: blanks, line ends, capitals."""
    return re.sub(r"\s+", " ", statement).strip().lower()
