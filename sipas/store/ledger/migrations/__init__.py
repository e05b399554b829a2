"""Migrations: what turns the tables of one version of the ledger into those of the next, each frozen as it was made.

All run inside one transaction of `sipas.store.ledger.upgrade`, without triggers and with foreign keys unchecked until
the end.
Alembic's operations change the tables; what version a ledger has stands in its own table `schema_version`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import Connection, text, update

from errors import Fault
from sipas.store.ledger import triggers
from sipas.store.ledger.migrations import frozen, version_3, version_4
from sipas.store.ledger.schema import SCHEMA_VERSION, schema_version

_NEXT: Final[Mapping[int, Callable[[Operations], list[Fault]]]] = {2: version_3.upgrade, 3: version_4.upgrade}
_FILLED: Final[Mapping[int, tuple[str, ...]]] = {2: version_3.FILLED, 3: version_4.FILLED}


def run(connection: Connection, version: int) -> list[Fault]:
    """Turn a ledger of `version` into one of SCHEMA_VERSION; faults of what it holds, for which it is to be undone."""
    faults = triggers.faults(connection, frozen.triggers(version))
    operations = Operations(MigrationContext.configure(connection))
    triggers.drop(connection)
    for step in range(version, SCHEMA_VERSION):
        faults += _NEXT[step](operations)
    triggers.create(connection)
    connection.execute(update(schema_version).values(version=SCHEMA_VERSION))
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [*faults, *(Fault("log.row_without_parent", "audit_log", str(row[0]), int(row[1] or 0)) for row in orphans)]


def filled(version: int) -> list[str]:
    """Names of the seals of tables that a ledger of `version` had not, or had without seals, and that `run` filled."""
    return [name for step in range(version, SCHEMA_VERSION) for name in _FILLED[step]]
