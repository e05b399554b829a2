"""Received files are kept once, as they came; every row has one state; an answer counts once."""

from __future__ import annotations

import hashlib
import sys

import pandas as pd
import pytest

from errors import Fault, StoreError
from sipas.store.field.received import Batch

ROWS = ["batch_id", "row_no", "row_state", "reason", "case_id", "rated_unit_id", "answer_hash", "decision_no"]


def row_states(*states: tuple[str, str, str]) -> pd.DataFrame:
    """(row_state, case_id, answer) of each row."""
    return pd.DataFrame(
        {
            "row_no": range(2, 2 + len(states)),
            "row_state": [state for state, _, _ in states],
            "reason": ["" if state == "accepted" else "foreign" for state, _, _ in states],
            "case_id": [case for _, case, _ in states],
            "rated_unit_id": ["X07" if case else "" for _, case, _ in states],
            "answer_hash": [answer for _, _, answer in states],
        }
    )


def batch(ws, data: bytes, n_rows: int, instrument_id: str = "sipas") -> Batch:
    digest = hashlib.sha256(data).hexdigest()
    return Batch("r1", instrument_id, ws.field.received.batch_id(digest), digest, "phiếu.csv", "2026-03-05", n_rows)


def record(ws, made: Batch, rows: pd.DataFrame, faults=()) -> bool:
    with ws.ledger.write() as connection:
        return ws.field.received.record(connection, made, rows, list(faults))


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "Phiếu xã.CSV"
    path.write_bytes(b"a;b\n1;2\n")
    return path


def test_kept_as_it_came_under_its_hash(ws, file):
    kept = ws.field.received.keep(file)
    digest = hashlib.sha256(b"a;b\n1;2\n").hexdigest()
    assert (kept.sha256, kept.already) == (digest, False)
    assert kept.path.name == f"{digest}.csv"
    assert kept.path.read_bytes() == b"a;b\n1;2\n"
    with ws.field.received.opened(digest) as path:
        assert path == kept.path
    head = ws.log.head()
    assert ws.field.received.keep(file) == (digest, kept.path, True)
    assert ws.log.head() == head
    assert ws.log.verify() == []


def test_renamed_by_a_messenger_it_is_the_same_file_with_the_new_suffix(ws, file, tmp_path):
    first = ws.field.received.keep(file)
    renamed = file.rename(tmp_path / "x.txt")
    second = ws.field.received.keep(renamed)
    assert second.already
    assert second.path.suffix == ".txt"
    assert not first.path.exists()
    with ws.field.received.opened(first.sha256) as path:
        assert path == second.path


def test_lost_or_changed_copies_are_told_and_mended_by_the_same_file(ws, file):
    kept = ws.field.received.keep(file)
    kept.path.write_bytes(b"changed")
    for _ in range(2):
        with pytest.raises(StoreError) as caught, ws.field.received.opened(kept.sha256):
            pass
        assert caught.value.rule == "store.file_changed"
        kept.path.unlink(missing_ok=True)
    assert ws.field.received.keep(file).already
    with ws.field.received.opened(kept.sha256) as path:
        assert path.read_bytes() == b"a;b\n1;2\n"


def test_personal_files_are_encrypted_and_read_through_a_private_copy(ws, file):
    kept = ws.field.received.keep(file, is_personal=True)
    assert kept.path.suffix == ".sealed"
    assert b"a;b" not in kept.path.read_bytes()
    with ws.field.received.opened(kept.sha256) as path:
        assert path.suffix == ".csv"
        assert path.read_bytes() == b"a;b\n1;2\n"
        assert sys.platform == "win32" or path.stat().st_mode & 0o777 == 0o600
    assert not path.exists()


def test_once_personal_always_personal(ws, file):
    plain = ws.field.received.keep(file)
    assert ws.field.received.keep(file, is_personal=True).already
    assert not plain.path.exists()
    assert ws.field.received.keep(file).path.suffix == ".sealed"


def test_private_copies_left_by_a_kill_go_with_the_next_reading(ws, file):
    kept = ws.field.received.keep(file, is_personal=True)
    folder = ws.root / "cache" / "private"
    folder.mkdir(parents=True)
    (folder / ".part-00.csv").write_bytes(b"left in clear")
    with ws.field.received.opened(kept.sha256):
        assert len(list(folder.iterdir())) == 1
    assert list(folder.iterdir()) == []


def test_discarded_personal_files_are_gone_but_known(ws, file, tmp_path):
    kept = ws.field.received.keep(file, is_personal=True)
    assert ws.field.received.discard(kept.sha256, "hết thời hạn")
    assert not ws.field.received.discard(kept.sha256, "hết thời hạn")
    assert not kept.path.exists()
    with pytest.raises(StoreError) as caught, ws.field.received.opened(kept.sha256):
        pass
    assert caught.value.rule == "store.file_discarded"
    assert ws.log.verify() == []
    assert ws.field.received.keep(file).already
    with ws.field.received.opened(kept.sha256) as path:
        assert path.read_bytes() == b"a;b\n1;2\n"


def test_answers_are_not_discarded_nor_anything_without_reason(ws, file):
    kept = ws.field.received.keep(file)
    rules = []
    for sha256, reason in ((kept.sha256, "x"), (kept.sha256, " "), ("0" * 64, "x")):
        with pytest.raises(StoreError) as caught:
            ws.field.received.discard(sha256, reason)
        rules.append(caught.value.rule)
    assert rules == ["store.not_personal", "store.no_reason", "store.file_unknown"]


def test_no_file(ws, tmp_path):
    for path, expected in ((tmp_path / "none.csv", "store.no_file"), (tmp_path, "store.file_unreadable")):
        with pytest.raises(StoreError) as caught:
            ws.field.received.keep(path)
        assert caught.value.rule == expected
    with pytest.raises(StoreError) as caught, ws.field.received.opened("0" * 64):
        pass
    assert caught.value.rule == "store.file_unknown"


def test_a_batch_and_its_rows(ws, survey):
    rows = row_states(("accepted", "c1", "h1"), ("set_aside", "", "h2"), ("late", "c2", "h3"))
    made = batch(ws, b"one", 3)
    faults = [Fault("returns.code", "phiếu.csv", "Phiếu", 3, "II.B3", "6", "1..5", {"item": "II.B3"})]
    assert ws.field.received.batch(survey, made.sha256) is None
    assert record(ws, made, rows, faults)
    assert ws.field.received.batch(survey, made.sha256) == made
    assert ws.field.received.batches(survey) == (made,)
    pd.testing.assert_frame_equal(
        ws.field.received.rows(survey), rows.assign(batch_id=made.batch_id, decision_no=1)[ROWS]
    )
    assert ws.field.received.counted(survey).to_numpy().tolist() == [["c1", "X07", made.batch_id, 2, "accepted"]]
    stored = ws.field.faults.read(survey, made.batch_id)
    assert stored == tuple(faults)
    assert stored[0].values == {"item": "II.B3"}
    assert ws.log.verify() == []


def test_the_same_file_again_changes_nothing(ws, survey):
    made, rows = batch(ws, b"one", 1), row_states(("accepted", "c1", "h1"))
    record(ws, made, rows)
    head = ws.log.head()
    assert not record(ws, made, row_states(("duplicate", "c1", "h1")))
    assert ws.log.head() == head
    assert ws.field.received.rows(survey)["row_state"].tolist() == ["accepted"]


def test_one_answer_is_never_accepted_twice(ws, survey):
    record(ws, batch(ws, b"one", 1), row_states(("accepted", "c1", "h1")))
    with pytest.raises(StoreError) as caught:
        record(ws, batch(ws, b"two", 2), row_states(("accepted", "c2", "h2"), ("accepted", "c1", "h9")))
    assert caught.value.rule == "store.answer_twice"
    assert len(ws.field.received.batches(survey)) == 1
    assert record(ws, batch(ws, b"two", 2), row_states(("accepted", "c2", "h2"), ("duplicate", "c1", "h9")))
    assert ws.field.received.counted(survey)["case_id"].tolist() == ["c1", "c2"]


def test_the_same_case_in_another_instrument_or_unit_is_another_answer(ws, survey, other):
    record(ws, batch(ws, b"one", 1), row_states(("accepted", "c1", "h1")))
    elsewhere = row_states(("accepted", "c1", "h1")).assign(rated_unit_id="X08")
    assert record(ws, batch(ws, b"two", 1), elsewhere)
    assert record(ws, batch(ws, b"one", 1, "dai-bieu"), row_states(("accepted", "c1", "h1")))
    assert len(ws.field.received.counted(survey)) == 2
    assert len(ws.field.received.counted(other)) == 1
    assert ws.log.verify() == []


@pytest.mark.parametrize(
    ("rows", "n_rows", "rule"),
    [
        (row_states(("accepted", "c1", "h")), 2, "store.batch_rows"),
        (row_states(("lost", "c1", "h")), 1, "store.row_state"),
        (row_states(("accepted", "c1", "h")).drop(columns="reason"), 1, "store.columns"),
    ],
)
def test_rows_that_do_not_add_up_are_refused(ws, survey, rows, n_rows, rule):
    with pytest.raises(StoreError) as caught:
        record(ws, batch(ws, b"one", n_rows), rows)
    assert caught.value.rule == rule
    assert ws.field.received.batches(survey) == ()


def test_an_empty_round_gives_empty_frames_with_columns(ws, survey):
    assert list(ws.field.received.counted(survey).columns) == [
        "case_id",
        "rated_unit_id",
        "batch_id",
        "row_no",
        "first_state",
    ]
    assert ws.field.received.rows(survey).empty


def test_faults_of_a_source_are_kept_once(ws, survey):
    faults = [Fault("a.b", "f", row=2), Fault("a.c", "f", row=1)]
    with ws.ledger.write() as connection:
        assert ws.field.faults.record(connection, survey, "src", faults) == 2
        assert ws.field.faults.record(connection, survey, "src", faults) == 0
        assert ws.field.faults.record(connection, survey, "empty", []) == 0
    assert ws.field.faults.read(survey) == tuple(faults)
    assert ws.field.faults.read(survey, "other") == ()


@pytest.mark.full
def test_a_hundred_thousand_rows_go_in(ws, survey):
    n = 100_000
    rows = pd.DataFrame({"row_no": range(n), "row_state": "accepted", "reason": "", "rated_unit_id": "X07"})
    rows = rows.assign(case_id=rows["row_no"].astype("str"), answer_hash="h" * 20)
    record(ws, batch(ws, b"many", n), rows)
    assert len(ws.field.received.counted(survey)) == n


SENDER = """
from pathlib import Path
import hashlib, random
import pandas as pd
from sipas.store.field.received import Batch
from sipas.store.workspace import open_workspace

drawn = random.Random(worker)
with open_workspace(Path(root), {"SIPAS_ACTOR": f"w{worker}"}) as ws:
    for number in drawn.sample(range(20), 20):
        digest = hashlib.sha256(f"{worker} {number}".encode()).hexdigest()
        cases = [f"c{number * 25 + k}" for k in range(25)]
        with ws.lock("receive/r1"):
            accepted = set(ws.field.received.counted(ws.rounds.instrument("r1", "sipas"))["case_id"])
            states = ["duplicate" if case in accepted else "accepted" for case in cases]
            rows = pd.DataFrame({"row_no": range(25), "row_state": states, "reason": "", "case_id": cases})
            batch = Batch("r1", "sipas", ws.field.received.batch_id(digest), digest, "f.csv", "2026-03-01", 25)
            with ws.ledger.write() as connection:
                ws.field.received.record(connection, batch, rows.assign(rated_unit_id="X07", answer_hash="h"), [])
"""


@pytest.mark.full
def test_four_workers_send_the_same_answers_and_each_counts_once(ws, survey, start_process):
    workers = [start_process(SENDER, root=str(ws.root), worker=number) for number in range(4)]
    for worker in workers:
        worker.join(300)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    states = ws.field.received.rows(survey)["row_state"].value_counts().to_dict()
    assert states == {"accepted": 500, "duplicate": 1500}
    assert ws.field.received.counted(survey)["case_id"].nunique() == 500
    assert ws.log.verify(ws.log.head()) == []
