"""Seals: hashes of ledger rows inside log entries, so that rows changed behind the log's back are found.

A seal is {"of": name, "key": {column: value}, "sha256": hash of the rows with that key}. Only the newest seal of a
key counts: a change that the log tells of seals the rows anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, select

from sampling.errors import Fault
from sampling.numbers import canonical_json
from sipas.entries import Entry
from sipas.store import schema

SEALED: Final[Mapping[str, Table]] = {
    "approval": schema.approvals,
    "appraisals": schema.appraisal_entries,
    "batch": schema.received,
    "cases": schema.cases,
    "current": schema.current_runs,
    "commit": schema.draw_commits,
    "document": schema.documents,
    "file": schema.kept_files,
    "openings": schema.draw_openings,
    "parents": schema.snapshot_parents,
    "person": schema.people,
    "pins": schema.pins,
    "release": schema.publications,
    "reserves": schema.reserve_changes,
    "round": schema.rounds,
    "rows": schema.row_states,
    "run": schema.job_runs,
    "unit_events": schema.unit_events,
    "snapshots": schema.snapshots,
}
_BLOCK: Final = 1000


def seal(connection: Connection, name: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """Seal of the rows of SEALED[name] whose columns equal `key`, as they are in this transaction."""
    return {"of": name, "key": dict(key), "sha256": _rows_sha256(connection, SEALED[name], key)}


def broken(connection: Connection, entries: Iterable[Entry]) -> list[Fault]:
    """`log.rows_changed` for every newest seal that the rows no longer fit; `row` is the number of its entry."""
    newest: dict[str, tuple[int, dict[str, Any]]] = {}
    for entry in entries:
        for made in _seals_of(entry):
            newest[canonical_json([made["of"], made["key"]])] = (entry.seq, made)
    faults = []
    for seq, made in newest.values():
        found = _rows_sha256(connection, SEALED[made["of"]], made["key"])
        if found != made["sha256"]:
            place = " ".join(str(value) for value in made["key"].values())
            faults.append(
                Fault(
                    "log.rows_changed",
                    "audit_log",
                    SEALED[made["of"]].name,
                    seq,
                    place,
                    found[:16],
                    made["sha256"][:16],
                )
            )
    return faults


def _seals_of(entry: Entry) -> list[dict[str, Any]]:
    """Seals in a body; none of a body that is not what `append` wrote: the chain already reports that entry."""
    try:
        made = json.loads(entry.body)["seals"]
        return [one for one in made if set(one["key"]) <= set(SEALED[one["of"]].c.keys()) and one["sha256"]]
    except (json.JSONDecodeError, KeyError, TypeError):
        return []


def _rows_sha256(connection: Connection, table: Table, key: Mapping[str, Any]) -> str:
    query = select(table).where(*(table.c[column] == value for column, value in key.items()))
    rows = connection.execute(query.order_by(*table.primary_key.columns))
    digest = hashlib.sha256()
    for block in rows.partitions(_BLOCK):
        digest.update(canonical_json([[_plain(cell) for cell in row] for row in block]).encode())
    return digest.hexdigest()


def _plain(cell: Any) -> Any:
    return cell.hex() if isinstance(cell, bytes) else cell
