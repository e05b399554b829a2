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
from sipas.store.ledger.migrations import version_3
from sipas.store.ledger.schema import SCHEMA_VERSION, schema_version

_NEXT: Final[Mapping[int, Callable[[Operations], list[Fault]]]] = {2: version_3.upgrade}
_TRIGGERS: Final[Mapping[int, Callable[[], Mapping[str, str]]]] = {2: version_3.triggers}


def run(connection: Connection, version: int) -> list[Fault]:
    """Turn a ledger of `version` into one of SCHEMA_VERSION; faults of what it holds, for which it is to be undone."""
    faults = triggers.faults(connection, _TRIGGERS[version]())
    operations = Operations(MigrationContext.configure(connection))
    triggers.drop(connection)
    for step in range(version, SCHEMA_VERSION):
        faults += _NEXT[step](operations)
    triggers.create(connection)
    connection.execute(update(schema_version).values(version=SCHEMA_VERSION))
    orphans = connection.execute(text("PRAGMA foreign_key_check")).all()
    return [*faults, *(Fault("log.row_without_parent", "audit_log", str(row[0]), int(row[1] or 0)) for row in orphans)]
