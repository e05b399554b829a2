"""Engines, types and triggers of the ledger."""

from __future__ import annotations

import sqlite3
import threading
from types import SimpleNamespace

import pytest
from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, Table, create_engine, insert, select, text
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from errors import StoreError
from sipas.store.ledger import schema, triggers
from sipas.store.ledger.engine import Ledger, insert_rows, plain_errors
from sipas.store.ledger.types import BYTES, TEXT, WHOLE, Flag


@pytest.fixture
def ledger(tmp_path):
    made = Ledger.create(tmp_path / "sổ.db", "0123456789abcdef", "2026-03-01T00:00:00Z")
    yield made
    made.close()


def raw(ledger: Ledger) -> sqlite3.Connection:
    return sqlite3.connect(ledger.path, isolation_level=None)


def columns_of(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def test_settings_are_wal_strict_and_foreign_keys(ledger):
    with ledger.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA query_only")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 30_000
        tables = connection.execute(text("SELECT name, strict FROM pragma_table_list WHERE schema = 'main'"))
        strict = {row.name: row.strict for row in tables}
    assert all(strict[name] == 1 for name in schema.metadata.tables)


def test_every_table_of_the_schema_has_a_primary_key_without_null():
    for table in schema.metadata.tables.values():
        assert table.primary_key.columns, table.name


def test_read_engine_cannot_write(ledger):
    with ledger.read() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.execute(text("DELETE FROM rounds"))


def test_the_types_go_in_and_out_of_a_strict_table(tmp_path):
    metadata = MetaData()
    columns = [Column("t", TEXT), Column("w", WHOLE), Column("b", BYTES), Column("g", Flag)]
    table = Table("types", metadata, *columns, PrimaryKeyConstraint("t"), sqlite_strict=True)
    engine = create_engine(f"sqlite:///{tmp_path / 'types.db'}")
    metadata.create_all(engine)
    row = ("Đà Nẵng", 2**60, b"\x00\xff", True)
    with engine.begin() as connection:
        connection.execute(insert(table), dict(zip("twbg", row, strict=True)))
        assert tuple(connection.execute(select(table)).one()) == row
        with pytest.raises(StatementError, match="flag: int"):
            connection.execute(insert(table), {"t": "x", "g": 1})
    engine.dispose()


def test_bulk_rows_keep_column_order_and_foreign_keys_hold(ledger):
    with ledger.write() as connection:
        row = {"title": "t", "created": "c", "config_sha256": "s", "amend_no": 0, "is_training": False}
        connection.execute(insert(schema.rounds), {"round_id": "r", **row})
        columns = {"reason": ["", "x"], "sha256": ["1", "2"], "id": ["a", "b"], "kind": ["units", "index"]}
        insert_rows(connection, schema.pins, {**columns, "amend_no": [0, 0], "round_id": ["r", "r"]})
        stored = connection.execute(select(schema.pins).order_by(schema.pins.c.id)).all()
        insert_rows(connection, schema.pins, {name: [] for name in columns_of(schema.pins)})
    assert [tuple(row) for row in stored] == [("r", 0, "units", "a", "1", ""), ("r", 0, "index", "b", "2", "x")]
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), ledger.write() as connection:
        insert_rows(
            connection, schema.pins, {name: [2 if name == "amend_no" else "units"] for name in columns_of(schema.pins)}
        )


def test_only_flags_are_checked_by_the_database():
    checks = {
        part.name for table in schema.metadata.tables.values() for part in table.constraints if hasattr(part, "sqltext")
    }
    assert all(name.endswith("_flag") for name in checks)


def test_an_error_undoes_the_whole_transaction(ledger):
    row = {
        "round_id": "r",
        "title": "t",
        "created": "c",
        "config_sha256": "s",
        "amend_no": 0,
        "is_training": False,
    }
    with pytest.raises(ZeroDivisionError), ledger.write() as connection:
        connection.execute(insert(schema.rounds), row)
        _ = 1 // 0
    with ledger.read() as connection:
        assert connection.execute(select(schema.rounds)).first() is None


def test_nested_write_is_refused_at_once_but_other_threads_may_wait(ledger):
    with ledger.write(), pytest.raises(RuntimeError, match="open in this thread"), ledger.write():
        pass
    done = []

    def other():
        with ledger.write() as connection:
            done.append(connection.scalar(text("SELECT 1")))

    with ledger.write():
        thread = threading.Thread(target=other)
        thread.start()
    thread.join(20)
    assert done == [1]


def test_busy_ledger_says_so(ledger, monkeypatch):
    monkeypatch.setattr("sipas.store.ledger.engine.BUSY_SECONDS", 0.1)
    hurried = Ledger.open(ledger.path)
    other = raw(ledger)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError) as caught, hurried.write():
        pass
    other.execute("ROLLBACK")
    other.close()
    hurried.close()
    assert caught.value.rule == "store.ledger_busy"


@pytest.mark.parametrize(("free", "rule"), [(0, "store.disk_full"), (1 << 30, "store.disk_error")])
def test_a_disk_without_room_for_the_files_beside_the_ledger_is_full(tmp_path, monkeypatch, free, rule):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(StoreError) as caught, plain_errors(tmp_path / "sipas.db"):
        raise OperationalError("x", {}, sqlite3.OperationalError("disk I/O error"))
    assert caught.value.rule == rule


def test_error_texts_hold_no_values(ledger):
    row = {"title": "0912345678", "created": "c", "config_sha256": None, "amend_no": 0, "is_training": False}
    with pytest.raises(IntegrityError) as caught, ledger.write() as connection:
        connection.execute(insert(schema.rounds), {"round_id": "r", **row})
    assert "0912345678" not in str(caught.value)


@pytest.mark.parametrize(
    ("statement", "rule", "got"),
    [
        ("UPDATE schema_version SET version = 99", "store.schema_newer", "99"),
        ("UPDATE schema_version SET version = 1", "store.schema_version", "1"),
        ("UPDATE schema_version SET version = 2", "store.schema_damaged", "2"),
        ("UPDATE schema_version SET version = 3", "store.schema_damaged", "3"),
        ("DELETE FROM schema_version", "store.schema_damaged", "?"),
        ("DROP TABLE counted", "store.schema_damaged", "4"),
        ("ALTER TABLE cases ADD COLUMN more TEXT", "store.schema_damaged", "4"),
    ],
)
def test_other_versions_and_other_tables_are_refused(ledger, statement, rule, got):
    other = raw(ledger)
    other.execute(statement)
    other.close()
    ledger.close()
    with pytest.raises(StoreError) as caught:
        Ledger.open(ledger.path)
    assert (caught.value.rule, caught.value.got) == (rule, got)


def test_a_table_of_somebody_else_does_no_harm(ledger):
    other = raw(ledger)
    other.execute("CREATE TABLE notes (text)")
    other.close()
    Ledger.open(ledger.path).close()


def test_foreign_database_has_no_version(tmp_path):
    sqlite3.connect(tmp_path / "x.db").execute("CREATE TABLE a (b)").connection.close()
    with pytest.raises(StoreError) as caught:
        Ledger.open(tmp_path / "x.db")
    assert (caught.value.rule, caught.value.got) == ("store.schema_damaged", "?")


def test_missing_and_damaged_ledger(tmp_path):
    with pytest.raises(StoreError) as caught:
        Ledger.open(tmp_path / "none.db")
    assert caught.value.rule == "store.no_ledger"
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "bad.db").write_bytes(b"this is no database at all" * 100)
    with pytest.raises(StoreError) as caught:
        Ledger.open(tmp_path / "bad.db")
    assert caught.value.rule == "store.ledger_damaged"


def test_create_again_keeps_the_first_identity(ledger):
    again = Ledger.create(ledger.path, "ffffffffffffffff", "later")
    assert again.identity() == (4, "0123456789abcdef")
    again.close()


@pytest.mark.parametrize("table", triggers.APPEND_ONLY, ids=lambda table: table.name)
def test_append_only_tables_have_their_three_triggers(ledger, table):
    connection = raw(ledger)
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?", [table.name])
    names = {row[0] for row in rows}
    connection.close()
    assert {f"{table.name}_no_{verb}" for verb in ("update", "delete", "replace")} <= names


def test_dropped_or_exchanged_triggers_are_missing(ledger):
    other = raw(ledger)
    other.execute("DROP TRIGGER pins_no_update")
    other.execute("DROP TRIGGER pins_no_delete")
    other.execute("CREATE TRIGGER pins_no_delete BEFORE DELETE ON pins BEGIN SELECT 1; END")
    other.close()
    with ledger.read() as connection:
        assert triggers.missing(connection) == ["pins_no_update", "pins_no_delete"]
    with ledger.write() as connection:
        triggers.create(connection)
        assert triggers.missing(connection) == ["pins_no_delete"]
