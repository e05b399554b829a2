"""Seals: hashes of ledger rows inside log entries, so that rows changed behind the log's back are found.

A seal is {"of": name, "key": {column: value}, "columns": [...], "sha256": hash of these columns of the rows with that
key, sorted by them}. Only the newest seal of a key counts: a change that the log tells of seals the rows anew. Every
row of a table in SEALED has to have a key that is sealed. A seal without "columns" was made by version 2 (see
`sipas.store.ledger.version2`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, FromClause, Table, select

from errors import Fault
from sampling.numbers import canonical_json
from sipas.entries import Entry
from sipas.store.ledger import schema, version2


class SealedRows(NamedTuple):
    """Rows that seals of one name cover: those of `table` with the same values in the columns of `key`."""

    table: Table
    key: tuple[str, ...]


SEALED: Final[Mapping[str, SealedRows]] = {
    "approval": SealedRows(schema.approvals, ("approval_no",)),
    "appraisals": SealedRows(schema.appraisal_entries, ("log_seq",)),
    "batch": SealedRows(schema.received, ("round_id", "instrument_id", "batch_id")),
    "cases": SealedRows(schema.cases, ("round_id", "instrument_id")),
    "current": SealedRows(schema.current_runs, ("round_id", "instrument_id", "step")),
    "commit": SealedRows(schema.draw_commits, ("round_id", "instrument_id", "commit_no")),
    "decisions": SealedRows(schema.row_decisions, ("log_seq",)),
    "document": SealedRows(schema.documents, ("document_id",)),
    "erased": SealedRows(schema.erased_contacts, ("log_seq",)),
    "faults": SealedRows(schema.faults, ("round_id", "instrument_id", "source")),
    "file": SealedRows(schema.kept_files, ("sha256",)),
    "instruments": SealedRows(schema.instruments, ("round_id",)),
    "key": SealedRows(schema.person_keys, ("person_id",)),
    "openings": SealedRows(schema.draw_openings, ("round_id", "instrument_id", "commit_no")),
    "parents": SealedRows(schema.snapshot_parents, ("snapshot_no",)),
    "person": SealedRows(schema.people, ("person_id",)),
    "personal": SealedRows(schema.personal_files, ("log_seq",)),
    "pins": SealedRows(schema.pins, ("round_id", "amend_no")),
    "release": SealedRows(schema.publications, ("round_id", "release_no")),
    "reopenings": SealedRows(schema.reopenings, ("round_id", "reopen_no")),
    "reserves": SealedRows(schema.reserve_changes, ("round_id", "instrument_id", "approval_no")),
    "round": SealedRows(schema.rounds, ("round_id",)),
    "rows": SealedRows(schema.received_rows, ("round_id", "instrument_id", "batch_id")),
    "run": SealedRows(schema.job_runs, ("step_key",)),
    "signature": SealedRows(schema.signatures, ("log_seq", "person_id")),
    "snapshots": SealedRows(schema.snapshots, ("snapshot_no",)),
    "unit_events": SealedRows(schema.unit_events, ("round_id",)),
}
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
    table, wanted = SEALED[name]
    if key.keys() != {*wanted}:
        raise ValueError(f"{name} is sealed by {wanted}")
    covered = columns(name)
    sha256 = _rows_sha256(connection, table, key, covered)
    return {"of": name, "key": dict(key), "columns": list(covered), "sha256": sha256}


def columns(name: str) -> tuple[str, ...]:
    """Columns that a seal made now covers: all."""
    return tuple(SEALED[name].table.c.keys())


def in_force(entries: Iterable[Entry]) -> list[Seal]:
    """The seals that count: the last one of each key, keys as they are in the tables of today."""
    seals_by_key: dict[str, Seal] = {}
    for entry in entries:
        for entry_seal in _seals_of(entry):
            seals_by_key[canonical_json([entry_seal.of, entry_seal.key])] = entry_seal
    return list(seals_by_key.values())


def broken(connection: Connection, sealed: Iterable[Seal]) -> list[Fault]:
    """`log.rows_changed` for every seal in force that the rows no longer fit; `row` is the number of its entry."""
    faults = []
    for entry_seal in sealed:
        table = SEALED[entry_seal.of].table
        rows = table if entry_seal.columns else version2.rows_now(entry_seal.of, table)
        covered = entry_seal.columns or version2.sealed()[entry_seal.of].columns
        rows_sha256 = _rows_sha256(connection, rows, entry_seal.key, covered)
        if rows_sha256 != entry_seal.sha256:
            parts = (
                table.name,
                entry_seal.seq,
                _place(entry_seal.key.values()),
                rows_sha256[:16],
                entry_seal.sha256[:16],
            )
            faults.append(Fault("log.rows_changed", "audit_log", *parts))
    return faults


def unsealed(connection: Connection, sealed: Iterable[Seal]) -> list[Fault]:
    """`log.rows_unnamed` for every key of rows that no seal in force covers: they came without the log.

    One query for each table, whatever the number of its rows and seals.
    """
    sealed_keys: dict[str, set[tuple[Any, ...]]] = {name: set() for name in SEALED}
    for entry_seal in sealed:
        sealed_keys[entry_seal.of].add(tuple(entry_seal.key[column] for column in SEALED[entry_seal.of].key))
    faults = []
    for name, (table, key) in SEALED.items():
        there = connection.execute(select(*(table.c[column] for column in key)).distinct())
        unknown = sorted({tuple(row) for row in there} - sealed_keys[name])
        faults += [Fault("log.rows_unnamed", "audit_log", table.name, column=_place(row)) for row in unknown]
    return faults


def _seals_of(entry: Entry) -> list[Seal]:
    """Seals in a body; none of a body that is not what `append` wrote: the chain already reports that entry."""
    try:
        return [_read(entry.seq, facts) for facts in json.loads(entry.body)["seals"]]
    except (json.JSONDecodeError, KeyError, TypeError, ValueError):
        return []


def _read(seq: int, facts: Mapping[str, Any]) -> Seal:
    name, covered = str(facts["of"]), tuple(facts.get("columns", ()))
    key = dict(facts["key"]) if covered else version2.key_now(name, facts["key"])
    table, wanted = SEALED[name]
    if key.keys() != {*wanted} or not {*covered} <= set(table.c.keys()) or not facts["sha256"]:
        raise ValueError(name)
    return Seal(seq, name, key, covered, str(facts["sha256"]))


def _rows_sha256(connection: Connection, rows: FromClause, key: Mapping[str, Any], names: Sequence[str]) -> str:
    covered = [rows.c[name] for name in names]
    query = select(*covered).where(*(rows.c[column] == value for column, value in key.items())).order_by(*covered)
    digest = hashlib.sha256()
    for block in connection.execute(query).partitions(_BLOCK):
        digest.update(canonical_json([[_plain(cell) for cell in row] for row in block]).encode())
    return digest.hexdigest()


def _place(values: Iterable[Any]) -> str:
    return " ".join(map(str, values))


def _plain(cell: Any) -> Any:
    return cell.hex() if isinstance(cell, bytes) else cell
