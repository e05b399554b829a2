"""From version 3 to 4: which encrypted file counts and who is erased for good stand in tables, not in the log alone."""

from __future__ import annotations

import json
from typing import Any, Final

import sqlalchemy as sa
from alembic.operations import Operations

from errors import Fault
from sipas.store.ledger.migrations import frozen

FILLED: Final = ("erased", "personal")
_FILES: Final = ("public_id", "kind", "log_seq", "file_mark", "n_rows", "n_erased")
_ERASED: Final = ("public_id", "id_hash", "log_seq")
_ACTIONS: Final = ("contacts.save", "contacts.erase", "contacts.forget", "fieldwork.save")


def upgrade(operations: Operations) -> list[Fault]:
    """Add the tables and fill them from the log."""
    frozen.create_tables(operations, 4)
    connection = operations.get_bind()
    log = sa.table("audit_log", *map(sa.column, ("seq", "action", "subject", "body")))
    query = sa.select(log.c.seq, log.c.action, log.c.subject, log.c.body).where(log.c.action.in_(_ACTIONS))
    files: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in connection.execute(query.order_by(log.c.seq)).all():
        body = _body(entry.body)
        if entry.action == "contacts.forget":
            public_id = "" if entry.subject == "contacts" else entry.subject
            rows = [
                {"public_id": public_id, "id_hash": id_hash, "log_seq": entry.seq} for id_hash in body.get("ids", ())
            ]
            if rows:
                connection.execute(sa.table("erased_contacts", *map(sa.column, _ERASED)).insert(), rows)
            continue
        place = (entry.subject, body.get("table", "contacts"))
        row = _file(entry, place, body, files.get(place, {}))
        if row:
            files[place] = row
            connection.execute(sa.table("personal_files", *map(sa.column, _FILES)).insert(), row)
    return []


def _file(entry: Any, place: tuple[str, str], body: dict[str, Any], before: dict[str, Any]) -> dict[str, Any]:
    """What an entry tells of a file; nothing of an erasure from a file that a broken-off call had left."""
    mark, n_rows, n_erased = body.get("file", ""), body.get("n_rows", 0), 0
    if entry.action == "contacts.erase":
        if mark != before.get("file_mark"):
            return {}
        n_rows, n_erased = before["n_rows"] - n_rows, n_rows
    return dict(zip(_FILES, (*place, entry.seq, mark, n_rows, n_erased), strict=True))


def _body(text: str) -> dict[str, Any]:
    """Body of an entry, empty when it was tampered with, as the chain will report."""
    try:
        body = json.loads(text)
    except json.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}
