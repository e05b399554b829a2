"""Rounds move one way, and compute from what they were pinned to."""

from __future__ import annotations

import pytest

from errors import StoreError
from sipas.store.files.methodology import Pin
from sipas.store.ledger import schema
from sipas.store.rounds.register import TRANSITIONS
from sipas.store.workspace import open_workspace


def pins(ws, *contents: str) -> list[Pin]:
    """A round file and rulebooks with the given contents."""
    made = [Pin("round", "r1", ws.files.snapshots.put_bytes("pin.json", "", b'{"round.toml":"x"}').sha256)]
    for number, content in enumerate(contents):
        data = f'{{"rulebook.toml":"{content}"}}'.encode()
        made.append(Pin("rulebook", f"b{number}", ws.files.snapshots.put_bytes("pin.json", "", data).sha256))
    return made


def create(ws, given: list[Pin], round_id: str = "r1", title: str = "Đợt một", instruments=("sipas",), **more) -> bool:
    with ws.ledger.write() as connection:
        return ws.rounds.create(connection, round_id, title, given, list(instruments), **more)


def amend(ws, given: list[Pin], reason: str, instruments=("sipas",)) -> int:
    with ws.ledger.write() as connection:
        return ws.rounds.amend(connection, "r1", given, reason, list(instruments))


def move(ws, *states: str, instrument_id: str = "", round_id: str = "r1") -> list[bool]:
    moved = []
    for state in states:
        instrument = ws.rounds.instrument(round_id, instrument_id)
        with ws.ledger.write() as connection:
            moved.append(ws.rounds.set_state(connection, instrument, state))
    return moved


def reopen(ws, reason: str = "nhận thêm phiếu") -> int:
    with ws.ledger.write() as connection:
        return ws.rounds.reopen(connection, "r1", reason, "2026-03-20")


def rule(caught) -> str:
    return caught.value.rule


def test_a_new_round(ws):
    given = pins(ws, "one", "two")
    assert create(ws, given)
    made = ws.rounds.get("r1")
    assert (made.title, made.state, made.amend_no, made.config_sha256) == ("Đợt một", "new", 0, given[0].sha256)
    assert set(ws.rounds.pins("r1")) == set(given)
    assert ws.rounds.all() == (made,)
    assert ws.rounds.default() == "r1"


def test_the_same_round_again_and_another_one_of_that_name(ws):
    given = pins(ws, "one")
    create(ws, given)
    head = ws.log.head()
    assert not create(ws, given[::-1])
    assert ws.log.head() == head
    for other in ((pins(ws, "other"), "Đợt một"), (given, "Đợt hai")):
        with pytest.raises(StoreError) as caught:
            create(ws, other[0], title=other[1])
        assert rule(caught) == "store.round_exists"


@pytest.mark.parametrize("wrong", ["no round file", "two round files", "same twice"])
def test_a_round_needs_one_round_file_and_each_pin_once(ws, wrong):
    given = pins(ws, "one")
    bad = {
        "no round file": given[1:],
        "two round files": [*given, Pin("round", "x", "0")],
        "same twice": given + given[1:],
    }
    with pytest.raises(StoreError) as caught:
        create(ws, bad[wrong])
    assert rule(caught) == "store.round_pin"


def test_a_round_id_can_be_a_folder_name(ws):
    with pytest.raises(StoreError) as caught:
        create(ws, pins(ws), round_id="../x")
    assert rule(caught) == "store.file_name"


def test_pinned_folders(ws):
    create(ws, pins(ws, "one", "two"))
    assert (ws.rounds.pinned("r1", "round") / "round.toml").read_text(encoding="utf-8") == "x"
    assert (ws.rounds.pinned("r1", "rulebook", "b1") / "rulebook.toml").read_text(encoding="utf-8") == "two"
    for kind, id in (("rulebook", ""), ("rulebook", "b9"), ("index", "")):
        with pytest.raises(StoreError) as caught:
            ws.rounds.pinned("r1", kind, id)
        assert rule(caught) == "store.no_pin"


def test_an_amendment_replaces_all_pins_and_keeps_the_old_ones_on_record(ws):
    create(ws, pins(ws, "one", "two"))
    changed = pins(ws, "one, corrected")
    with pytest.raises(StoreError) as caught:
        amend(ws, changed, "  ")
    assert rule(caught) == "store.no_reason"
    assert amend(ws, changed, "sửa lỗi") == 1
    assert amend(ws, changed, "sửa lỗi") == 1
    assert set(ws.rounds.pins("r1")) == set(changed)
    assert not create(ws, changed)
    with ws.ledger.read() as connection:
        stored = [(row.amend_no, row.id) for row in connection.execute(schema.pins.select())]
    assert sorted(stored) == [(0, "b0"), (0, "b1"), (0, "r1"), (1, "b0"), (1, "r1")]
    assert ws.log.verify() == []


def test_states_go_forward_once(ws):
    create(ws, pins(ws))
    assert move(ws, "committed", "committed", "drawn", "open", "closed") == [True, False, True, True, True]
    assert ws.rounds.get("r1").state == "closed"
    with pytest.raises(StoreError) as caught:
        amend(ws, pins(ws, "x"), "too late")
    assert rule(caught) == "store.round_state"


@pytest.mark.parametrize("start", TRANSITIONS)
def test_every_other_move_is_refused(ws, start):
    ways = {"new": [], "committed": ["committed"], "drawn": ["committed", "drawn"], "cancelled": ["cancelled"]}
    ways["open"] = [*ways["drawn"], "open"]
    ways["closed"] = ways["reopened"] = [*ways["open"], "closed"]
    create(ws, pins(ws))
    move(ws, *ways[start])
    if start == "reopened":
        reopen(ws)
    for state in set(TRANSITIONS) - {start, *TRANSITIONS[start]}:
        with pytest.raises(StoreError) as caught:
            move(ws, state)
        assert (rule(caught), caught.value.got) == ("store.round_state", f"{start} -> {state}")


def test_require_looks_inside_the_transaction(ws):
    create(ws, pins(ws))
    survey = ws.rounds.instrument("r1")
    with ws.ledger.write() as connection:
        ws.rounds.require(connection, survey, "new", "open")
        ws.rounds.set_state(connection, survey, "committed")
        assert (
            ws.rounds.require(connection, survey).state
            == ws.rounds.require_round(connection, "r1").state
            == "committed"
        )
        with pytest.raises(StoreError):
            ws.rounds.require_round(connection, "r1", "new")
        with pytest.raises(StoreError) as caught:
            ws.rounds.require(connection, survey, "new", "open")
    assert (rule(caught), caught.value.got, caught.value.expected) == ("store.round_state", "committed", "new | open")


def test_default_round(ws):
    with pytest.raises(StoreError) as caught:
        ws.rounds.default()
    assert rule(caught) == "store.no_open_round"
    create(ws, pins(ws))
    create(ws, pins(ws), round_id="r2")
    with pytest.raises(StoreError) as caught:
        ws.rounds.default()
    assert (caught.value.got, caught.value.expected) == ("2", "r1, r2")
    move(ws, "cancelled")
    assert ws.rounds.default() == "r2"
    move(ws, "cancelled", round_id="r2")
    with pytest.raises(StoreError) as caught:
        ws.rounds.default()
    assert (rule(caught), caught.value.expected) == ("store.no_open_round", "r1, r2")


def test_the_only_round_is_meant_when_it_has_ended_too(ws):
    create(ws, pins(ws))
    move(ws, "cancelled")
    assert ws.rounds.default() == "r1"
    create(ws, pins(ws), round_id="practice", is_training=True)
    assert ws.rounds.default() == "practice"  # the only one that goes on
    move(ws, "cancelled", round_id="practice")
    assert ws.rounds.default() == "r1"
    path = ws.root / "sipas.toml"
    text = path.read_text(encoding="utf-8").replace('default_round = ""', 'default_round = "r1"')
    path.write_text(text, encoding="utf-8")
    with open_workspace(ws.root, {}) as opened:
        assert opened.rounds.default() == "r1"


def test_unknown_round(ws):
    with pytest.raises(StoreError) as caught:
        ws.rounds.get("r9")
    assert (rule(caught), caught.value.where) == ("store.no_round", "r9")
