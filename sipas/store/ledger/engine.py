"""The ledger: one SQLite database, read by one engine and written by another.

`read()` connections cannot write (query_only). `write()` is one short BEGIN IMMEDIATE transaction: it waits up to 30 s
for its turn, so several processes can append without losing or doubling a row.
"""

from __future__ import annotations

import csv
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, select, text
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from errors import StoreError
from sipas.store.ledger import schema, triggers

BUSY_SECONDS: Final = 30
_ROOM: Final = 1 << 20  # what the files that SQLite keeps beside a ledger need at most
Transaction = Connection  # what `read` and `write` hand out, for rooms that pass it on


class Ledger:
    """Database of one workspace. Made by `Ledger.create` (new or existing file) or `Ledger.open` (must exist)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = make_engine(path, "BEGIN", ("PRAGMA query_only = ON",))
        self._write = make_engine(path, "BEGIN IMMEDIATE", ())
        self._busy = threading.local()

    @classmethod
    def create(cls, path: Path, workspace_id: str, created: str) -> Ledger:
        """Make the tables and triggers, or open the ledger that a broken-off call left, whatever its version."""
        ledger = cls(path)
        ledger._set_wal()
        with ledger.write() as connection:
            if not connection.dialect.has_table(connection, schema.schema_version.name):
                schema.metadata.create_all(connection)
                triggers.create(connection)
                row = {"version": schema.SCHEMA_VERSION, "workspace_id": workspace_id, "created": created}
                connection.execute(insert(schema.schema_version), row)
        return ledger

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open an existing ledger of this program's version. Errors of `version_of`, and StoreError
        `store.schema_version` for an older one."""
        version = cls.version_of(path)
        if version != schema.SCHEMA_VERSION:
            raise StoreError("store.schema_version", where=path.name, got=version, expected=schema.SCHEMA_VERSION)
        return cls(path)

    @classmethod
    def version_of(cls, path: Path) -> int:
        """Version of an existing ledger, whose tables are the ones that this version has.

        StoreError `store.no_ledger`, `store.ledger_damaged`, `store.schema_newer`, `store.schema_damaged`.
        """
        if not path.is_file():
            raise StoreError("store.no_ledger", where=path.name)
        ledger = cls(path)
        try:
            with ledger.read() as connection:
                version = _version(connection)
                if version > schema.SCHEMA_VERSION:
                    expected = schema.SCHEMA_VERSION
                    raise StoreError("store.schema_newer", where=path.name, got=version, expected=expected)
                if not version or not _has_tables(connection, version):
                    raise StoreError("store.schema_damaged", where=path.name, got=version or "?")
        finally:
            ledger.close()
        return version

    def identity(self) -> tuple[int, str]:
        """Schema version and workspace id; (0, "") for a database without them."""
        with self.read() as connection:
            if not connection.dialect.has_table(connection, schema.schema_version.name):
                return 0, ""
            row = connection.execute(select(schema.schema_version)).first()
            return (row.version, row.workspace_id) if row else (0, "")

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one moment of the ledger and cannot write."""
        with plain_errors(self.path), self._read.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone by any error. Never nested in a thread."""
        if getattr(self._busy, "writing", False):
            raise RuntimeError("a ledger transaction is open in this thread: pass its connection on")
        self._busy.writing = True
        try:
            with plain_errors(self.path), self._write.begin() as connection:
                yield connection
        finally:
            self._busy.writing = False

    def close(self) -> None:
        """Give the file back (Windows cannot move or delete an open one)."""
        self._read.dispose()
        self._write.dispose()

    def _set_wal(self) -> None:
        with plain_errors(self.path):
            connection = self._write.raw_connection()
            try:
                mode = connection.cursor().execute("PRAGMA journal_mode = WAL").fetchone()[0]
            finally:
                connection.close()
        if mode != "wal":
            raise StoreError("store.no_wal", where=self.path.name, got=mode, expected="wal")


def insert_rows(connection: Connection, table: Table, columns: Mapping[str, Sequence[Any]]) -> None:
    """Insert many rows, given by column, through the driver's executemany: 100,000 rows take about a second."""
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    order = compiled.positiontup or list(columns)
    rows = list(zip(*(columns[name] for name in order), strict=True))
    if rows:
        connection.exec_driver_sql(str(compiled), rows)


def make_engine(path: Path, begin: str, pragmas: tuple[str, ...]) -> Engine:
    """Engine of a ledger file: `begin` starts its transactions, `pragmas` are set on its connections last."""
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": BUSY_SECONDS, "isolation_level": None},
        hide_parameters=True,  # values of a failing statement never reach an error text
    )
    event.listen(engine, "connect", _setter(("PRAGMA foreign_keys = ON", "PRAGMA synchronous = FULL", *pragmas)))
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
    return engine


def _setter(pragmas: tuple[str, ...]) -> Callable[[Any, Any], None]:
    def set_pragmas(driver_connection: Any, _record: Any) -> None:
        cursor = driver_connection.cursor()
        for pragma in pragmas:
            cursor.execute(pragma)
        cursor.close()

    return set_pragmas


def _version(connection: Connection) -> int:
    """Version that a database says it has; 0 for one that is no ledger, or says more than one."""
    if not connection.dialect.has_table(connection, schema.schema_version.name):
        return 0
    versions = connection.scalars(select(schema.schema_version.c.version)).all()
    return versions[0] if len(versions) == 1 else 0


def _has_tables(connection: Connection, version: int) -> bool:
    """Whether the tables of a version are there with just their columns (true of a version that nobody knows); those
    of an old one are to be alone, so that a half-made migration of another hand is told."""
    rows = connection.execute(
        text(
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' "
            "AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name, c.cid"
        )
    ).all()
    columns_by_table: dict[str, tuple[str, ...]] = {}
    for table, name in rows:
        columns_by_table[table] = (*columns_by_table.get(table, ()), name)
    if version == schema.SCHEMA_VERSION:
        return all(columns_by_table.get(table.name) == tuple(table.c.keys()) for table in schema.metadata.sorted_tables)
    frozen = Path(__file__).with_name(f"version_{version}.csv")
    if not frozen.is_file():
        return True
    with frozen.open(encoding="utf-8", newline="") as file:
        return columns_by_table == {row["table"]: tuple(row["columns"].split()) for row in csv.DictReader(file)}


@contextmanager
def plain_errors(path: Path) -> Iterator[None]:
    """Turn what the database says of a busy, read-only, full or damaged ledger into StoreError."""
    try:
        yield
    except IntegrityError:
        raise
    except OperationalError as error:
        if "locked" in str(error.orig):
            raise StoreError("store.ledger_busy", where=path.name, expected=BUSY_SECONDS) from error
        if "readonly" in str(error.orig) or "unable to open" in str(error.orig):
            raise StoreError("store.read_only", where=str(path)) from error
        if "disk is full" in str(error.orig):
            raise StoreError("store.disk_full", where=path.name) from error
        if "disk I/O error" in str(error.orig):  # also where the files beside the ledger find no room
            is_full = shutil.disk_usage(path.parent).free < _ROOM
            raise StoreError("store.disk_full" if is_full else "store.disk_error", where=path.name) from error
        raise
    except DatabaseError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise StoreError("store.ledger_damaged", where=path.name) from error
        raise
