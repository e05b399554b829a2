"""Seals: hashes of ledger rows inside log entries, so that rows changed behind the log's back are found.

A seal is {"of": name, "key": {column: value}, "columns": [...], "sha256": hash of these columns of the rows with that
key, sorted by them}. Only the newest seal of a key counts: a change that the log tells of seals the rows anew. A seal
without "columns" was made by version 2 (see `sipas.store.version2`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, FromClause, Table, select

from sampling.errors import Fault
from sampling.numbers import canonical_json
from sipas.entries import Entry
from sipas.store import schema, version2

SEALED: Final[Mapping[str, Table]] = {
    "approval": schema.approvals,
    "appraisals": schema.appraisal_entries,
    "batch": schema.received,
    "cases": schema.cases,
    "current": schema.current_runs,
    "commit": schema.draw_commits,
    "decisions": schema.row_decisions,
    "document": schema.documents,
    "faults": schema.faults,
    "file": schema.kept_files,
    "instruments": schema.instruments,
    "openings": schema.draw_openings,
    "parents": schema.snapshot_parents,
    "person": schema.people,
    "pins": schema.pins,
    "release": schema.publications,
    "reopenings": schema.reopenings,
    "reserves": schema.reserve_changes,
    "round": schema.rounds,
    "rows": schema.received_rows,
    "run": schema.job_runs,
    "unit_events": schema.unit_events,
    "snapshots": schema.snapshots,
}
_OF_ENTRY: Final = ("decisions",)  # rows that bear the number of the entry which seals them
_BLOCK: Final = 1000


class Seal(NamedTuple):
    """A seal found in entry `seq`: what it covers and the hash it gave. `columns` is empty in a seal of version 2."""

    seq: int
    of: str
    key: Mapping[str, Any]
    columns: tuple[str, ...]
    sha256: str


def seal(connection: Connection, name: str, key: Mapping[str, Any]) -> dict[str, Any]:
    """Seal of the rows of SEALED[name] whose columns equal `key`, as they are in this transaction."""
    table = SEALED[name]
    columns = list(table.c.keys())
    return {"of": name, "key": dict(key), "columns": columns, "sha256": _rows_sha256(connection, table, key, columns)}


def newest(entries: Iterable[Entry]) -> list[Seal]:
    """The seals that count: the last one of each key, keys as they are in the tables of today."""
    found: dict[str, Seal] = {}
    for entry in entries:
        for made in _seals_of(entry):
            found[canonical_json([made.of, made.key])] = made
    return list(found.values())


def broken(connection: Connection, entries: Iterable[Entry]) -> list[Fault]:
    """`log.rows_changed` for every newest seal that the rows no longer fit, `log.rows_unnamed` for rows that name an
    entry which does not seal them; `row` is the number of the entry."""
    sealed = newest(entries)
    faults = _unnamed(connection, sealed)
    for made in sealed:
        table = SEALED[made.of]
        rows = table if made.columns else version2.rows_now(made.of, table)
        columns = made.columns or version2.sealed()[made.of].columns
        found = _rows_sha256(connection, rows, made.key, columns)
        if found != made.sha256:
            place = " ".join(str(value) for value in made.key.values())
            parts = (table.name, made.seq, place, found[:16], made.sha256[:16])
            faults.append(Fault("log.rows_changed", "audit_log", *parts))
    return faults


def _unnamed(connection: Connection, sealed: Iterable[Seal]) -> list[Fault]:
    known = {(made.of, made.key.get("log_seq")) for made in sealed}
    known |= {("decisions", made.seq) for made in sealed if made.of == "rows" and not made.columns}  # of version 2
    faults = []
    for name in _OF_ENTRY:
        numbers = connection.scalars(select(SEALED[name].c.log_seq).distinct())
        unknown = sorted(seq for seq in numbers if (name, seq) not in known)
        faults += [Fault("log.rows_unnamed", "audit_log", SEALED[name].name, seq) for seq in unknown]
    return faults


def _seals_of(entry: Entry) -> list[Seal]:
    """Seals in a body; none of a body that is not what `append` wrote: the chain already reports that entry."""
    try:
        return [_read(entry.seq, made) for made in json.loads(entry.body)["seals"]]
    except (json.JSONDecodeError, KeyError, TypeError, ValueError):
        return []


def _read(seq: int, made: Mapping[str, Any]) -> Seal:
    name, columns = str(made["of"]), tuple(made.get("columns", ()))
    key = dict(made["key"]) if columns else version2.key_now(name, made["key"])
    if not {*key, *columns} <= set(SEALED[name].c.keys()) or not made["sha256"]:
        raise ValueError(name)
    return Seal(seq, name, key, columns, str(made["sha256"]))


def _rows_sha256(connection: Connection, rows: FromClause, key: Mapping[str, Any], columns: Sequence[str]) -> str:
    covered = [rows.c[name] for name in columns]
    query = select(*covered).where(*(rows.c[column] == value for column, value in key.items())).order_by(*covered)
    digest = hashlib.sha256()
    for block in connection.execute(query).partitions(_BLOCK):
        digest.update(canonical_json([[_plain(cell) for cell in row] for row in block]).encode())
    return digest.hexdigest()


def _plain(cell: Any) -> Any:
    return cell.hex() if isinstance(cell, bytes) else cell
