"""What counts of a row is decided, decided anew, and never twice for a case and rated unit."""

from __future__ import annotations

import hashlib
import sqlite3

import pandas as pd
import pytest

from errors import StoreError
from sipas.returns import ROW_STATES
from sipas.store.field.received import Batch
from sipas.store.rounds.instruments import Instrument

COUNTED = ["case_id", "rated_unit_id", "batch_id", "row_no", "first_state"]


def receive(ws, name: str, *rows: tuple[str, str], instrument_id: str = "sipas") -> str:
    """Record a file with (row_state, case_id) of each row; its batch id."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    batch = Batch("r1", instrument_id, ws.field.received.batch_id(digest), digest, name, "2026-03-05", len(rows))
    frame = pd.DataFrame(rows, columns=["row_state", "case_id"], dtype="str")
    frame = frame.assign(row_no=range(2, 2 + len(rows)), reason="", rated_unit_id="X07", answer_hash="h")
    with ws.ledger.write() as connection:
        assert ws.field.received.record(connection, batch, frame, [])
    return batch.batch_id


def decide(ws, instrument: Instrument, *rows: tuple[str, int, str, str]) -> int:
    frame = pd.DataFrame(rows, columns=["batch_id", "row_no", "row_state", "reason"])
    with ws.ledger.write() as connection:
        return ws.field.received.decide(connection, instrument, frame)


def counted(ws, instrument: Instrument) -> list[list[object]]:
    frame = ws.field.received.counted(instrument)
    assert list(frame.columns) == COUNTED
    return frame.drop(columns="rated_unit_id").to_numpy().tolist()


def refused(ws, instrument: Instrument, *rows: tuple[str, int, str, str]) -> str:
    head = ws.log.head()
    with pytest.raises(StoreError) as caught:
        decide(ws, instrument, *rows)
    assert ws.log.head() == head
    assert ws.log.verify() == []
    return caught.value.rule


def test_rows_decided_on_once_and_twice_count_side_by_side(ws, survey):
    one = receive(ws, "one", ("accepted", "c1"), ("late", "c2"))
    decide(ws, survey, (one, 3, "accepted", "gia hạn"))
    assert [row[:3] for row in counted(ws, survey)] == [["c1", one, 2], ["c2", one, 3]]
    assert ws.log.verify() == []


def test_a_later_decision_follows_the_first_and_moves_what_counts(ws, survey):
    one = receive(ws, "one", ("accepted", "c1"), ("late", "c2"), ("set_aside", ""))
    assert decide(ws, survey, (one, 2, "withdrawn", "đơn vị rút"), (one, 3, "accepted", "gia hạn")) == 2
    assert counted(ws, survey) == [["c2", one, 3, "late"]]
    rows = ws.field.received.rows(survey)
    assert rows["row_state"].tolist() == ["withdrawn", "accepted", "set_aside"]
    assert rows["decision_no"].tolist() == [2, 2, 1]
    seq = ws.log.entries()[-1].seq
    assert ws.log.entries()[-1].action == "received.decide"
    history = ws.field.received.decisions(survey)
    assert history["row_no"].tolist() == [2, 2, 3, 3, 4]
    assert history["decision_no"].tolist() == [1, 2, 1, 2, 1]
    assert set(history.loc[history["decision_no"] == 2, "log_seq"]) == {seq}
    before = ws.field.received.decisions(survey, up_to_log_seq=seq - 1)
    assert before["row_state"].tolist() == ["accepted", "late", "set_aside"]
    assert ws.log.verify() == []


def test_a_row_that_stands_so_gets_no_second_decision(ws, survey):
    one = receive(ws, "one", ("accepted", "c1"), ("late", "c2"))
    head = ws.log.head()
    assert decide(ws, survey, (one, 2, "accepted", ""), (one, 3, "late", "")) == 0
    assert ws.log.head() == head
    assert decide(ws, survey, (one, 2, "accepted", "đã kiểm tra")) == 1
    assert counted(ws, survey) == [["c1", one, 2, "accepted"]]


def test_another_row_takes_the_place_in_one_act_only(ws, survey):
    one = receive(ws, "one", ("accepted", "c1"))
    two = receive(ws, "two", ("duplicate", "c1"))
    assert refused(ws, survey, (two, 2, "accepted", "bản đúng")) == "store.answer_twice"
    assert decide(ws, survey, (two, 2, "accepted", "bản đúng"), (one, 2, "superseded", "bản cũ")) == 2
    assert counted(ws, survey) == [["c1", two, 2, "duplicate"]]
    assert ws.log.verify() == []


def test_two_waiting_rows_of_a_case_are_not_both_accepted(ws, survey):
    one = receive(ws, "one", ("waiting", "c1"), ("waiting", "c1"))
    assert refused(ws, survey, (one, 2, "accepted", ""), (one, 3, "accepted", "")) == "store.answer_twice"
    assert counted(ws, survey) == []


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        (("B-none", 2, "late", ""), "store.row_unknown"),
        (("", 9, "late", ""), "store.row_unknown"),
        (("", 2, "lost", ""), "store.row_state"),
        (("", 3, "accepted", ""), "store.row_without_case"),
    ],
)
def test_decisions_that_cannot_be(ws, survey, row, rule):
    one = receive(ws, "one", ("late", "c1"), ("set_aside", ""))
    assert refused(ws, survey, (row[0] or one, *row[1:])) == rule


def test_one_row_is_decided_once_at_a_time_and_in_its_own_instrument(ws, survey, other):
    one = receive(ws, "one", ("late", "c1"))
    twice = ((one, 2, "accepted", ""), (one, 2, "withdrawn", ""))
    assert refused(ws, survey, *twice) == "store.row_repeated"
    assert refused(ws, other, twice[0]) == "store.row_unknown"


def test_every_state_can_follow_every_other(ws, survey):
    one = receive(ws, "one", ("waiting", "c1"))
    for before in ROW_STATES:
        for after in ROW_STATES:
            decide(ws, survey, (one, 2, before, ""))
            decide(ws, survey, (one, 2, after, ""))
            assert counted(ws, survey) == ([["c1", one, 2, "waiting"]] if after == "accepted" else [])
    assert ws.log.verify() == []


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM counted WHERE case_id = 'c1'",
        "UPDATE counted SET row_no = 3 WHERE case_id = 'c1'",
        "UPDATE counted SET case_id = 'c9' WHERE case_id = 'c1'",
        "INSERT INTO counted SELECT round_id, instrument_id, 'c2', rated_unit_id, batch_id, 3 FROM counted",
    ],
)
def test_what_counts_without_a_decision_is_found(ws, survey, statement):
    receive(ws, "one", ("accepted", "c1"), ("late", "c2"))
    with sqlite3.connect(ws.ledger.path) as connection:
        connection.execute(statement)
    connection.close()
    assert {fault.rule for fault in ws.log.verify()} == {"log.counted_differs"}


def test_a_decision_that_no_entry_tells_of_is_found(ws, survey):
    receive(ws, "one", ("late", "c1"))
    with sqlite3.connect(ws.ledger.path) as connection:
        connection.execute(
            "INSERT INTO row_decisions SELECT round_id, instrument_id, batch_id, row_no, 2, 'accepted', '', 1 "
            "FROM row_decisions"
        )
        connection.execute("INSERT INTO counted SELECT round_id, instrument_id, 'c1', 'X07', batch_id, 2 FROM received")
    connection.close()
    assert [(fault.rule, fault.sheet, fault.column) for fault in ws.log.verify()] == [
        ("log.rows_unnamed", "row_decisions", "1")
    ]


@pytest.mark.parametrize("table", ["received_rows", "row_decisions"])
def test_rows_and_decisions_are_never_changed(ws, survey, table):
    receive(ws, "one", ("accepted", "c1"))
    connection = sqlite3.connect(ws.ledger.path, isolation_level=None)
    for statement in (
        f"UPDATE {table} SET row_no = 9",
        f"DELETE FROM {table}",
        f"REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(statement)
    connection.close()
