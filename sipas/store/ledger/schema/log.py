"""The version of the ledger and its log."""

from __future__ import annotations

from sipas.store.ledger.schema.columns import integer, table, text

schema_version = table("schema_version", integer("version"), text("workspace_id"), text("created"), key="version")
audit_log = table(
    "audit_log",
    integer("seq"),
    text("at"),
    text("actor"),
    text("action"),
    text("subject"),
    text("body"),
    text("prev_hash", unique=True),
    text("hash", unique=True),
    key="seq",
)
