"""The ledger: one SQLite database, read by one engine and written by another.

`read()` connections cannot write (query_only). `write()` is one short BEGIN IMMEDIATE transaction: it waits up to 30 s
for its turn, so several processes can append without losing or doubling a row.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, insert, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from sampling.errors import StoreError
from sipas.store import schema, triggers

BUSY_SECONDS: Final = 30


class Ledger:
    """Database of one workspace. Made by `Ledger.create` (new or existing file) or `Ledger.open` (must exist)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read = _engine(path, "BEGIN", ("PRAGMA query_only = ON",))
        self._write = _engine(path, "BEGIN IMMEDIATE", ())
        self._busy = threading.local()

    @classmethod
    def create(cls, path: Path, workspace_id: str, created: str) -> Ledger:
        """Make the tables and triggers, or open the ledger that a broken-off `create` left."""
        ledger = cls(path)
        ledger._set_wal()
        with ledger.write() as connection:
            schema.metadata.create_all(connection)
            triggers.create(connection)
            if connection.execute(select(schema.schema_version)).first() is None:
                row = {"version": schema.SCHEMA_VERSION, "workspace_id": workspace_id, "created": created}
                connection.execute(insert(schema.schema_version), row)
        return ledger

    @classmethod
    def open(cls, path: Path) -> Ledger:
        """Open an existing ledger. StoreError `store.no_ledger`, `store.schema_version`, `store.ledger_damaged`."""
        if not path.is_file():
            raise StoreError("store.no_ledger", where=path.name)
        ledger = cls(path)
        try:
            version, _ = ledger.identity()
            if version != schema.SCHEMA_VERSION:
                expected = schema.SCHEMA_VERSION
                raise StoreError("store.schema_version", where=path.name, got=version or "?", expected=expected)
        except StoreError:
            ledger.close()
            raise
        return ledger

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
        with _plain_errors(self.path), self._read.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: committed at the end of the block, undone by any error. Never nested in a thread."""
        if getattr(self._busy, "writing", False):
            raise RuntimeError("a ledger transaction is open in this thread: pass its connection on")
        self._busy.writing = True
        try:
            with _plain_errors(self.path), self._write.begin() as connection:
                yield connection
        finally:
            self._busy.writing = False

    def close(self) -> None:
        """Give the file back (Windows cannot move or delete an open one)."""
        self._read.dispose()
        self._write.dispose()

    def _set_wal(self) -> None:
        with _plain_errors(self.path):
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


def _engine(path: Path, begin: str, pragmas: tuple[str, ...]) -> Engine:
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


@contextmanager
def _plain_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except OperationalError as error:
        if "locked" in str(error.orig):
            raise StoreError("store.ledger_busy", where=path.name, expected=BUSY_SECONDS) from error
        if "readonly" in str(error.orig) or "unable to open" in str(error.orig):
            raise StoreError("store.read_only", where=str(path)) from error
        raise
    except DatabaseError as error:
        if "malformed" in str(error.orig) or "not a database" in str(error.orig):
            raise StoreError("store.ledger_damaged", where=path.name) from error
        raise
