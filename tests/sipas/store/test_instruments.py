"""A round holds several instruments; its state follows from theirs, and what has begun keeps its name."""

from __future__ import annotations

import pandas as pd
import pytest

from errors import StoreError
from sipas.store.field.received import Batch
from sipas.store.files.methodology import Pin
from sipas.store.ledger.schema import job_runs
from sipas.store.rounds.instruments import round_state


def amend(ws, *ids: str, content: str = "{}") -> int:
    pin = Pin("round", "r1", ws.files.snapshots.put_bytes("pin.json", "", content.encode()).sha256)
    with ws.ledger.write() as connection:
        return ws.rounds.amend(connection, "r1", [pin], "sửa đợt", ids)


def move(ws, instrument_id: str, *states: str) -> None:
    for state in states:
        with ws.ledger.write() as connection:
            ws.rounds.set_state(connection, ws.rounds.instrument("r1", instrument_id), state)


def ids(ws) -> list[tuple[str, str]]:
    return [(one.instrument_id, one.public_id) for one in ws.rounds.instruments("r1")]


def refused(ws, *wanted: str) -> str:
    with pytest.raises(StoreError) as caught:
        amend(ws, *wanted)
    return caught.value.rule


def test_the_first_bears_the_rounds_id_and_the_others_their_own_too(ws, round_id):
    assert ids(ws) == [("sipas", "r1"), ("dai-bieu", "r1/dai-bieu")]
    assert [one.is_first for one in ws.rounds.instruments(round_id)] == [True, False]
    assert [one.state for one in ws.rounds.instruments(round_id)] == ["new", "new"]


def test_one_is_meant_by_name_or_because_it_is_the_only_one(ws, round_id):
    for given, rule in (("", "store.which_instrument"), ("ddci", "store.no_instrument")):
        with pytest.raises(StoreError) as caught:
            ws.rounds.instrument(round_id, given)
        assert (caught.value.rule, caught.value.expected) == (rule, "sipas, dai-bieu")
    amend(ws, "sipas")
    assert ws.rounds.instrument(round_id).instrument_id == "sipas"
    with pytest.raises(StoreError) as caught:
        ws.rounds.instruments("r9")
    assert caught.value.rule == "store.no_round"


@pytest.mark.parametrize(
    "wanted", [(), ("a", "a"), ("A",), ("../x",), ("-a",), ("khảo-sát",), ("con",), ("chon-mau",), ("a" * 33,)]
)
def test_ids_that_cannot_be_used(ws, round_id, wanted):
    assert refused(ws, *wanted) == "store.instrument_id"
    assert ids(ws) == [("sipas", "r1"), ("dai-bieu", "r1/dai-bieu")]


def test_before_anything_begins_instruments_come_go_and_change_places(ws, round_id):
    created = ws.rounds.get(round_id).created
    assert amend(ws, "dai-bieu", "sipas", "ddci") == 1
    assert ids(ws) == [("dai-bieu", "r1"), ("sipas", "r1/sipas"), ("ddci", "r1/ddci")]
    assert amend(ws, "ddci") == 2
    assert ids(ws) == [("ddci", "r1")]
    assert ws.rounds.get(round_id).created == created
    assert ws.log.verify() == []


def test_what_is_sealed_keeps_its_public_id_and_its_place_as_the_first(ws, round_id):
    move(ws, "sipas", "committed")
    for wanted in (("dai-bieu",), ("dai-bieu", "sipas")):
        assert refused(ws, *wanted) == "store.instrument_fixed"
    assert amend(ws, "sipas", "ddci", "dai-bieu") == 1
    move(ws, "dai-bieu", "committed")
    assert refused(ws, "sipas", "ddci") == "store.instrument_fixed"
    assert amend(ws, "sipas", "dai-bieu", content="{ }") == 2
    assert ids(ws) == [("sipas", "r1"), ("dai-bieu", "r1/dai-bieu")]
    assert [one.position for one in ws.rounds.instruments(round_id)] == [1, 2]


def test_what_has_a_run_does_not_leave(ws, round_id):
    row = dict.fromkeys(job_runs.c.keys(), "") | {"step_key": "k", "round_id": "r1", "instrument_id": "dai-bieu"}
    with ws.ledger.write() as connection:
        connection.execute(job_runs.insert(), row)
    assert refused(ws, "sipas") == "store.instrument_fixed"


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        (["new", "new"], "new"),
        (["new", "committed"], "committed"),
        (["drawn", "open", "new"], "open"),
        (["open", "closed"], "open"),
        (["committed", "closed", "cancelled"], "committed"),
        (["closed", "closed"], "closed"),
        (["closed", "cancelled"], "closed"),
        (["cancelled", "cancelled"], "cancelled"),
        (["reopened", "open"], "reopened"),
        (["reopened", "cancelled"], "reopened"),
    ],
)
def test_the_state_of_a_round(states, expected):
    assert round_state(states) == expected


def close(ws) -> bool:
    with ws.ledger.write() as connection:
        return ws.rounds.close(connection, "r1")


def reopen(ws, reason: str, until: str = "2026-03-20") -> int:
    with ws.ledger.write() as connection:
        return ws.rounds.reopen(connection, "r1", reason, until)


def cancel(ws, instrument_id: str, reason: str = "không đủ kinh phí") -> bool:
    with ws.ledger.write() as connection:
        return ws.rounds.cancel(connection, ws.rounds.instrument("r1", instrument_id), reason)


def not_cancelled(ws, instrument_id: str, reason: str = "không đủ kinh phí") -> str:
    with pytest.raises(StoreError) as caught:
        cancel(ws, instrument_id, reason)
    return caught.value.rule


def states(ws) -> list[str]:
    return [ws.rounds.get("r1").state, *(one.state for one in ws.rounds.instruments("r1"))]


def test_closed_whole_and_opened_again_with_a_reason(ws, round_id):
    move(ws, "sipas", "committed", "drawn", "open")
    with pytest.raises(StoreError) as caught:
        close(ws)
    assert (caught.value.rule, caught.value.where) == ("store.round_state", "r1/dai-bieu")
    move(ws, "dai-bieu", "open")
    assert [close(ws), close(ws)] == [True, False]
    assert states(ws) == ["closed", "closed", "closed"]
    assert ws.log.entries(round_id)[-1].action == "rounds.close"
    for reason in ("", "  "):
        with pytest.raises(StoreError) as caught:
            reopen(ws, reason)
        assert caught.value.rule == "store.no_reason"
    with pytest.raises(StoreError) as caught:
        reopen(ws, "nhận thêm phiếu của X07", "2026-02-28")
    assert (caught.value.rule, caught.value.expected) == ("store.reopen_past", "2026-03-01")
    assert reopen(ws, "nhận thêm phiếu của X07") == 1
    head = ws.log.head()
    assert reopen(ws, "nhận thêm phiếu của X07") == 1  # asked for once more
    assert ws.log.head() == head
    assert states(ws) == ["reopened", "reopened", "reopened"]
    with pytest.raises(StoreError) as caught:
        reopen(ws, "lần nữa")
    assert caught.value.rule == "store.round_state"
    assert close(ws)
    assert reopen(ws, "lần nữa") == 2
    kept = ws.rounds.reopenings(round_id)
    assert [(one.reopen_no, one.reason) for one in kept] == [(1, "nhận thêm phiếu của X07"), (2, "lần nữa")]
    assert {one.counts_until for one in kept} == {"2026-03-20"}
    assert [ws.log.entries()[one.log_seq - 1].action for one in kept] == ["rounds.reopen"] * 2
    assert ws.log.verify() == []


def test_a_cancelled_instrument_stays_cancelled(ws, round_id):
    move(ws, "sipas", "committed", "drawn", "open")
    assert [cancel(ws, "dai-bieu"), cancel(ws, "dai-bieu")] == [True, False]
    assert ws.rounds.instrument(round_id).instrument_id == "sipas"  # the only one left
    close(ws)
    reopen(ws, "nhận thêm")
    assert states(ws) == ["reopened", "reopened", "cancelled"]
    [kept] = ws.rounds.cancellations(round_id)
    assert (kept.instrument_id, kept.reason) == ("dai-bieu", "không đủ kinh phí")
    assert ws.log.verify() == []


@pytest.mark.parametrize("way", [(), ("committed",), ("committed", "drawn"), ("open",)])
def test_an_instrument_is_cancelled_until_a_form_of_it_has_come(ws, round_id, way):
    move(ws, "dai-bieu", *way)
    assert not_cancelled(ws, "dai-bieu", " ") == "store.no_reason"
    with ws.ledger.write() as connection:
        batch = Batch("r1", "dai-bieu", "B-1", "ab" * 32, "phiếu.csv", "2026-03-05", 0)
        none = pd.DataFrame(columns=["row_no", "row_state", "reason", "case_id", "rated_unit_id", "answer_hash"])
        if "drawn" in way:
            ws.field.received.record(connection, batch, none, [])
    if "drawn" in way:
        assert not_cancelled(ws, "dai-bieu") == "store.cancel_returned"
    else:
        assert cancel(ws, "dai-bieu")
    assert cancel(ws, "sipas")


def test_what_is_closed_or_open_again_is_not_cancelled(ws, round_id):
    for instrument_id in ("sipas", "dai-bieu"):
        move(ws, instrument_id, "open")
    close(ws)
    assert not_cancelled(ws, "sipas") == "store.round_state"
    reopen(ws, "nhận thêm")
    assert not_cancelled(ws, "sipas") == "store.round_state"


def record(commit_no: int, *commitments: str) -> dict[str, object]:
    return {"commit_no": commit_no, "parties": [{"commitment": one} for one in commitments]}


def test_commitments_of_every_other_instrument_are_known(ws, survey, other):
    with ws.ledger.write() as connection:
        ws.rounds.create(connection, "r2", "Đợt hai", ws.rounds.pins("r1"), ["sipas"])
    third = ws.rounds.instrument("r2")
    with ws.ledger.write() as connection:
        for instrument, given in ((survey, "aa"), (other, "bb"), (third, "cc")):
            assert ws.field.draws.commit(connection, instrument, record(1, given))
        assert not ws.field.draws.commit(connection, survey, record(1, "aa"))
        with pytest.raises(StoreError) as caught:
            ws.field.draws.commit(connection, other, record(3, "dd"))
        assert caught.value.rule == "store.commit_order"
    assert ws.field.draws.commitments(other_than=survey) == {"bb": "r1/dai-bieu", "cc": "r2"}
    assert ws.field.draws.commitments(other_than=third) == {"aa": "r1", "bb": "r1/dai-bieu"}
    assert ws.field.draws.records(other) == (record(1, "bb"),)
    assert ws.log.verify() == []


def test_faults_and_runs_of_instruments_keep_apart(ws, survey, other):
    from errors import Fault

    with ws.ledger.write() as connection:
        assert ws.field.faults.record(connection, survey, "src", [Fault("a.b", "f")]) == 1
        assert ws.field.faults.record(connection, other, "src", [Fault("a.c", "f")]) == 1
    assert [one.rule for one in ws.field.faults.read(other)] == ["a.c"]
    assert [entry.subject for entry in ws.log.entries() if entry.action == "faults.record"] == ["r1", "r1/dai-bieu"]


def test_reserves_of_each_instrument_are_proposed_and_numbered_apart(people, survey, other):
    from sipas.store.field.reserves import ReserveLine
    from sipas.store.office.signing import Signature

    binh = Signature(person_id="binh", passphrase="mật khẩu của Bình")
    frame = pd.DataFrame(
        {"case_id": ["c1"], "unit_id": "X07", "stratum_id": "s1", "is_issued": False, "is_reserve": True}
    )
    line = ReserveLine("s1", "release", 1, 1)
    for instrument in (survey, other):
        with people.ledger.write() as connection:
            people.field.cases.add(connection, instrument, frame)
            (made,) = people.field.reserves.propose(connection, instrument, [line], "thiếu phiếu")
            decision = ("2026-08-01T09:00:00+07:00", {line: ["c1"]})
            (done,) = people.field.reserves.approve(connection, instrument, made.approval_no, binh, decision)
        assert done.change_no == 1
    assert [one.subject for one in people.office.approvals.find("r1")] == ["reserves", "reserves/dai-bieu"]
    assert people.log.verify() == []
    assert people.field.cases.read(other)["is_issued"].tolist() == [True]
