"""Tampering with the log, or with rows behind its back, is found and located."""

from __future__ import annotations

import random
import shutil
import sqlite3

import pandas as pd
import pytest

from sipas.acts import CasesAdded
from sipas.entries import GENESIS, entry_hash
from sipas.store.ledger import schema, seals
from sipas.store.workspace import Workspace, open_workspace

REPLACE = "INSERT OR REPLACE INTO audit_log"
FIELDS = ["at", "actor", "action", "subject", "body", "prev_hash", "hash"]


@pytest.fixture
def log(ws: Workspace) -> Workspace:
    """A log of 40 entries and a few."""
    for number in range(40):
        with ws.ledger.write() as connection:
            ws.log.append(connection, f"r{number % 3}", CasesAdded(number))
    return ws


def raw(ws: Workspace) -> sqlite3.Connection:
    """Another program that opens the ledger."""
    return sqlite3.connect(ws.ledger.path, isolation_level=None)


def tamper(ws: Workspace, *statements: str) -> None:
    """Drop the triggers of the log, run the statements, put the triggers back."""
    connection = raw(ws)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("BEGIN")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    for _, sql in triggers:
        connection.execute(sql)
    connection.execute("COMMIT")
    connection.close()


def found(ws: Workspace, head: str | None = None) -> list[tuple[str, int]]:
    return [(fault.rule, fault.row) for fault in ws.log.verify(head)]


def last_seq(ws: Workspace) -> int:
    return ws.log.entries()[-1].seq


def test_entries_follow_each_other_and_carry_actor_time_and_body(log):
    entries = log.log.entries()
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[0].prev_hash == GENESIS
    assert {entry.actor for entry in entries} == {"an"}
    assert entries[-1].body == '{"n_cases":39}'
    assert len({entry.at for entry in entries}) == len(entries)
    assert [entry.body for entry in log.log.entries("r2")][:2] == ['{"n_cases":2}', '{"n_cases":5}']
    assert log.log.head() == f"{entries[-1].seq}-{entries[-1].hash[:16]}"
    assert log.log.verify(log.log.head()) == []


def test_an_entry_falls_with_its_transaction(ws):
    before = ws.log.head()
    with pytest.raises(ZeroDivisionError), ws.ledger.write() as connection:
        ws.log.append(connection, "y", CasesAdded(1))
        _ = 1 // 0
    assert ws.log.head() == before


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'x' WHERE seq = 3",
        "DELETE FROM audit_log WHERE seq = 3",
        f"{REPLACE} SELECT seq, at, 'x', action, subject, body, prev_hash, hash FROM audit_log WHERE seq = 3",
        f"{REPLACE} SELECT 9999, at, 'x', action, subject, body, prev_hash, 'h' FROM audit_log WHERE seq = 3",
        f"{REPLACE} SELECT 9999, at, 'x', action, subject, body, 'p', hash FROM audit_log WHERE seq = 3",
        "INSERT INTO audit_log VALUES (9999, 't', 'a', 'b', 'c', '{}', 'p', 'h')",
    ],
)
def test_triggers_stop_plain_tampering(log, statement):
    connection = raw(log)
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|grows by one"):
        connection.execute(statement)
    connection.close()
    assert found(log, log.log.head()) == []


def test_dropped_triggers_are_reported(log):
    connection = raw(log)
    connection.execute("DROP TRIGGER audit_log_no_update")
    connection.close()
    faults = log.log.verify()
    assert [(fault.rule, fault.column) for fault in faults] == [("log.trigger_missing", "audit_log_no_update")]


def test_update_delete_and_replace_are_located(log):
    tamper(log, "UPDATE audit_log SET actor = 'x' WHERE seq = 7")
    assert found(log) == [("log.changed", 7)]
    tamper(log, "DELETE FROM audit_log WHERE seq = 20")
    assert found(log) == [("log.changed", 7), ("log.gap", 21)]
    tamper(log, "INSERT OR REPLACE INTO audit_log VALUES (30, 't', 'x', 'a', 's', '{}', 'p', 'h')")
    assert ("log.changed", 30) in found(log)


def test_cut_tail_is_found_with_a_printed_head(log):
    head, end = log.log.head(), last_seq(log)
    tamper(log, f"DELETE FROM audit_log WHERE seq > {end - 3}")
    assert found(log) == []
    assert found(log, head) == [("log.tail_cut", end - 3)]


def test_full_rewrite_is_found_with_a_printed_head(log):
    printed = log.log.head()
    number = int(printed.split("-")[0])
    statements, last = [], GENESIS
    for entry in log.log.entries():
        body = entry.body.replace('"n_cases":5', '"n_cases":6')
        new = entry_hash(last, entry.seq, entry.at, entry.actor, entry.action, entry.subject, body)
        statements.append(
            f"UPDATE audit_log SET body = '{body}', prev_hash = '{last}', hash = '{new}' WHERE seq = {entry.seq}"
        )
        last = new
    tamper(log, *statements)
    assert found(log) == []
    assert found(log, printed) == [("log.rewritten", number)]


def damage(ws: Workspace, kind: str, seq: int, field: str, end: int) -> set[int]:
    """Tamper once; gives the numbers of entries at which it has to be seen."""
    if kind == "field":
        tamper(ws, f"UPDATE audit_log SET {field} = substr({field}, 2) || 'x' WHERE seq = {seq}")
        return {seq, seq + 1}
    if kind == "delete":
        tamper(ws, f"DELETE FROM audit_log WHERE seq = {seq}")
        return {seq + 1} if seq < end else {seq - 1}
    if kind == "cut":
        tamper(ws, f"DELETE FROM audit_log WHERE seq >= {seq}")
        return {seq - 1}
    first, second = sorted((seq, seq % end + 1))
    moves = [(100_000, first), (first, second), (second, 100_000)]
    tamper(ws, *(f"UPDATE audit_log SET seq = {new} WHERE seq = {old}" for new, old in moves))
    return {first, first + 1, second, second + 1}


@pytest.mark.parametrize("trials", [30, pytest.param(1000, marks=pytest.mark.slow)])
def test_random_tamperings_are_all_found_where_they_are(log, tmp_path, trials):
    """Each starts from a fresh copy; what is changed, where and how is drawn with a fixed seed."""
    drawn = random.Random(trials)
    head, end = log.log.head(), last_seq(log)
    log.close()
    missed = []
    for _ in range(trials):
        copy = tmp_path / "copy"
        shutil.copytree(log.root, copy)
        kind, seq, field = drawn.choice(["field", "delete", "swap", "cut"]), drawn.randint(1, end), drawn.choice(FIELDS)
        with open_workspace(copy, {}) as victim:
            places = damage(victim, kind, seq, field, end)
            rows = {fault.row for fault in victim.log.verify(head)}
        if not rows & places:
            missed.append((kind, seq, field, rows))
        shutil.rmtree(copy)
    assert missed == []


@pytest.mark.parametrize(
    ("statement", "table"),
    [
        ("UPDATE cases SET is_issued = 1 WHERE case_id = 'c2'", "cases"),
        ("DELETE FROM cases WHERE case_id = 'c1'", "cases"),
        ("UPDATE rounds SET title = 'x'", "rounds"),
        ("UPDATE instruments SET state = 'closed'", "instruments"),
        ("DELETE FROM instruments WHERE position = 2", "instruments"),
        ("UPDATE pins SET sha256 = 'other'", "pins"),
        ("UPDATE people SET passphrase_hash = x'00' WHERE person_id = 'binh'", "people"),
        ("UPDATE snapshots SET kind = 'sample'", "snapshots"),
        ("INSERT INTO snapshot_parents VALUES (1, 'p')", "snapshot_parents"),
    ],
)
def test_rows_changed_behind_the_log_are_found(people, survey, statement, table):
    ws = people
    frame = pd.DataFrame({"case_id": ["c1", "c2"], "unit_id": "u", "stratum_id": "s", "is_issued": [True, False]})
    with ws.ledger.write() as connection:
        ws.field.cases.add(connection, survey, frame.assign(is_reserve=~frame["is_issued"]))
    assert ws.log.verify() == []
    tamper(ws, statement)
    assert [(fault.rule, fault.sheet) for fault in ws.log.verify()] == [("log.rows_changed", table)]


@pytest.mark.parametrize("table", sorted({one.table.name for one in seals.SEALED.values()}))
def test_a_row_that_no_entry_seals_is_found(people, survey, table):
    """A row of made-up words; many of the tables have no other row and no seal at all."""
    with people.ledger.read() as connection:
        kinds = [row[2] for row in connection.exec_driver_sql(f"PRAGMA table_info('{table}')")]
    values = {"TEXT": "'x'", "INTEGER": "0", "BLOB": "x'00'"}
    made_up = ", ".join(values[kind] for kind in kinds)
    tamper(people, f"INSERT INTO {table} VALUES ({made_up})")
    assert [(fault.rule, fault.sheet) for fault in people.log.verify()] == [("log.rows_unnamed", table)]


def test_every_table_is_sealed_or_proved_otherwise():
    """The log by its chain, what counts by the decisions; the version is checked when a ledger is opened."""
    sealed = {one.table.name for one in seals.SEALED.values()}
    assert set(schema.metadata.tables) - sealed == {"audit_log", "counted", "schema_version"}
    assert all({*one.key} <= {*one.table.primary_key.columns.keys(), "log_seq"} for one in seals.SEALED.values())


def test_rows_are_sealed_by_the_key_of_their_name_alone(ws):
    with pytest.raises(ValueError, match="cases is sealed by"), ws.ledger.write() as connection:
        ws.log.append(connection, "x", CasesAdded(1), sealed={"cases": {"round_id": "r1"}})


def test_a_change_that_the_log_tells_of_is_no_tampering(ws, survey):
    frame = pd.DataFrame({"case_id": ["c1"], "unit_id": ["u"], "stratum_id": ["s"], "is_issued": [False]})
    with ws.ledger.write() as connection:
        ws.field.cases.add(connection, survey, frame.assign(is_reserve=True))
    with ws.ledger.write() as connection:
        ws.field.cases.set_issued(connection, survey, ["c1"], is_issued=True)
        ws.rounds.set_state(connection, survey, "committed")
    assert ws.log.verify(ws.log.head()) == []


@pytest.mark.parametrize(
    "body", ["not json", "[]", '{"seals": 5}', '{"seals": [{"of": "nothing"}]}', '{"seals": ["x"]}']
)
def test_a_broken_body_is_reported_not_stumbled_over(log, body):
    tamper(log, f"UPDATE audit_log SET body = '{body}' WHERE seq = 5")
    assert found(log) == [("log.changed", 5)]


APPENDER = """
from pathlib import Path
from sipas.acts import CasesAdded
from sipas.store.workspace import open_workspace
with open_workspace(Path(root), {"SIPAS_ACTOR": worker}) as ws:
    for number in range(25):
        with ws.ledger.write() as connection:
            ws.log.append(connection, worker, CasesAdded(number))
"""


def test_four_processes_append_one_chain(ws, start_process):
    before = last_seq(ws)
    workers = [start_process(APPENDER, root=str(ws.root), worker=f"w{number}") for number in range(4)]
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert last_seq(ws) == before + 100
    assert ws.log.verify(ws.log.head()) == []
    for number in range(4):
        bodies = [entry.body for entry in ws.log.entries(f"w{number}")]
        assert bodies == [f'{{"n_cases":{n}}}' for n in range(25)]
