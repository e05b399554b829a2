"""A workspace of an earlier version: its ledger is backed up and migrated when it is opened, wholly or not at all.

One transaction: nobody else writes from the backup to the end. It holds the log entry that tells of the upgrade and
seals rows that got other columns or no seal yet, and it is committed only when the whole log verifies, first with the
seals that the earlier version made and then with the new ones, which leave no row out.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select
from sqlalchemy.exc import DatabaseError

from errors import Fault, FaultsFound, StoreError
from sampling.numbers import canonical_json
from sipas.acts import StoreMigrated
from sipas.entries import verify_chain
from sipas.store.disk.atomic import (
    disk_errors,
    move_into_place,
    sha256_of,
    sweep_temporaries,
    sync_file,
    temporary_beside,
)
from sipas.store.disk.locks import Locks
from sipas.store.ledger import schema, seals, version2
from sipas.store.ledger.engine import Ledger, make_engine, plain_errors
from sipas.store.ledger.log import Log

_LOG = logging.getLogger("sipas")
_PRAGMAS: Final = ("PRAGMA foreign_keys = OFF", "PRAGMA legacy_alter_table = ON")
_Rows = list[tuple[str, Mapping[str, Any]]]


@dataclass(frozen=True)
class Upgrade:
    """A workspace was brought from one version to another; `backup` is its ledger as it was before."""

    from_version: int
    to_version: int
    backup: Path


def upgrade(ledger: Path, workspace_id: str, log: Log, check_key: Callable[[], object]) -> Upgrade | None:
    """Bring a ledger of an earlier version to this one; None when it has this version.

    `check_key` raises when the workspace's key is not at hand: then nothing is changed, nor by any other error. Of
    several processes that open the workspace one upgrades it and the others wait.
    StoreError `store.schema_newer`, `store.schema_damaged`, `store.schema_version` (too old), `store.disk_full`;
    FaultsFound `store.upgrade_failed` with what does not verify.
    """
    version = Ledger.version_of(ledger)
    if version == schema.SCHEMA_VERSION:
        return None
    if version < version2.VERSION:
        raise StoreError("store.schema_version", where=ledger.name, got=version, expected=schema.SCHEMA_VERSION)
    check_key()
    with Locks(ledger.parent / "locks").hold("upgrade"):
        version = Ledger.version_of(ledger)
        if version == schema.SCHEMA_VERSION:
            return None
        upgraded = Upgrade(version, schema.SCHEMA_VERSION, _migrated(ledger, workspace_id, log, version))
    _LOG.info("workspace upgraded from version %d to %d, backup %s", version, upgraded.to_version, upgraded.backup.name)
    return upgraded


def _migrated(ledger: Path, workspace_id: str, log: Log, version: int) -> Path:
    """Back up and migrate in one transaction; gives the backup."""
    from sipas.store.ledger import migrations  # brings Alembic, which nothing else needs

    engine = make_engine(ledger, "BEGIN IMMEDIATE", _PRAGMAS)
    try:
        with plain_errors(ledger), engine.begin() as connection:
            backup = _backed_up(ledger, version)
            migrated = migrations.run(connection, version)
            entries = log.entries_in(connection)
            sealed = seals.in_force(entries)
            _refuse(ledger, [*migrated, *verify_chain(entries), *seals.broken(connection, sealed)])
            act = StoreMigrated(version, schema.SCHEMA_VERSION, sha256_of(backup))
            rows = _sealed_anew(connection, sealed, migrations.filled(version))
            log.append_sealing(connection, workspace_id, act, rows)
            _refuse(ledger, log.verify_in(connection))
    except (DatabaseError, sqlite3.DatabaseError) as error:
        fault = Fault("store.ledger_damaged", ledger.name)
        raise FaultsFound("store.upgrade_failed", [fault], where=ledger.name) from error
    finally:
        engine.dispose()
    return backup


def _refuse(ledger: Path, faults: list[Fault]) -> None:
    if faults:
        raise FaultsFound("store.upgrade_failed", faults, where=ledger.name)


def _backed_up(ledger: Path, version: int) -> Path:
    """Copy of the ledger, named by its hash: the same ledger again makes no second one. It is readable by its owner
    only."""
    folder = ledger.parent / "backups"
    temporary = temporary_beside(folder / ledger.name)
    sweep_temporaries(folder)
    with disk_errors(folder):
        temporary.touch(0o600)
        try:
            with closing(sqlite3.connect(ledger)) as source, closing(sqlite3.connect(temporary)) as target:
                source.backup(target)
            sync_file(temporary)
            backup = folder / f"{ledger.stem}-version-{version}-{sha256_of(temporary)[:12]}{ledger.suffix}"
            move_into_place(temporary, backup)
        finally:
            temporary.unlink(missing_ok=True)
    return backup


def _sealed_anew(connection: Connection, sealed: list[seals.Seal], filled: list[str]) -> _Rows:
    """Rows to seal with the columns they have now: what is sealed with others, and what had no seals before."""
    rows: _Rows = [
        (entry_seal.of, entry_seal.key) for entry_seal in sealed if entry_seal.columns != seals.columns(entry_seal.of)
    ]
    for name in filled:
        table, key = seals.SEALED[name]
        query = select(*(table.c[column] for column in key)).distinct()
        rows += [(name, dict(row._mapping)) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: (row[0], canonical_json(row[1])))
