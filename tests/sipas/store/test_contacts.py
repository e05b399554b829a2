"""Contacts: found by id, erased for good, and nowhere in clear."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from errors import StoreError
from sipas.store.rounds.instruments import Instrument
from sipas.store.workspace import init_workspace, open_workspace

CANARIES = ["Canary Nguyễn Thị Vàng", "0912345678901", "Số 7 Ngõ Canary", "canary-frame.csv"]


def instrument(round_id: str, instrument_id: str = "sipas", *, is_first: bool = True) -> Instrument:
    return Instrument(round_id, instrument_id, 1, round_id if is_first else f"{round_id}/{instrument_id}", "open")


R1, R2 = instrument("r1"), instrument("r2")


def contacts(*rows: tuple[str, str | None, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frame_unit_id", "name", "phone", "address"], dtype="str")


def files(ws, round_id: str = "r1") -> list[Path]:
    return list((ws.root / "contacts" / round_id).iterdir())


def test_read_in_the_order_asked_for_and_a_later_file_takes_the_place_of_the_earlier(ws):
    assert ws.field.contacts.save(R1, contacts(("f1", "An", "1", "x"), ("f3", "C", "3", "z")), "A")
    assert ws.field.contacts.save(R1, contacts(("f1", "An Nguyễn", "11", "y"), ("f2", "Đỗ Bình", "2", None)), "B")
    assert ws.field.contacts.save(R2, contacts(("f1", "Người khác", "9", "z")), "A")
    found = ws.field.contacts.read(R1, ["f2", "absent", "f3", "f1"])
    assert found.to_numpy().tolist() == [["f2", "Đỗ Bình", "2", ""], ["f1", "An Nguyễn", "11", "y"]]
    assert list(found.columns) == ["frame_unit_id", "name", "phone", "address"]
    assert ws.field.contacts.read(R1, []).empty
    assert ws.field.contacts.read(instrument("nothing yet"), ["f1"]).empty
    assert len(files(ws)) == 1  # whoever is only in the first file is forgotten, not just unread


def test_dropped_with_its_file_and_back_with_its_file(ws):
    whole = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y"))
    for frame, source, expected in ((whole, "A", 2), (whole.head(1), "B", 1), (whole, "A", 2)):
        assert ws.field.contacts.save(R1, frame, source)
        assert ws.field.contacts.is_kept(R1, source)
        assert len(ws.field.contacts.read(R1, ["f1", "f2"])) == expected
    assert not ws.field.contacts.is_kept(R1, "B")


def test_the_same_import_again_adds_nothing(ws):
    frame = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y"))
    assert ws.field.contacts.save(R1, frame, "A")
    head = ws.log.head()
    assert not ws.field.contacts.save(R1, frame.iloc[::-1][["phone", "address", "name", "frame_unit_id"]], "A")
    assert ws.log.head() == head
    assert len(files(ws)) == 1


@pytest.mark.parametrize("step", ["enter", "sweep"])
def test_a_save_killed_half_way_leaves_the_earlier_contacts_or_the_new_ones(ws, monkeypatch, step):
    before, after = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y")), contacts(("f1", "An", "11", "x"))
    ws.field.contacts.save(R1, before, "A")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ws.field.contacts.files, step, killed)
        with pytest.raises(KeyboardInterrupt):
            ws.field.contacts.save(R1, after, "B")
    assert ws.field.contacts.read(R1, ["f1"])["phone"].tolist() == [{"enter": "1", "sweep": "11"}[step]]
    assert len(files(ws)) == 2
    assert ws.field.contacts.save(R1, after, "B") == (step == "enter")
    assert ws.field.contacts.read(R1, ["f1", "f2"])["phone"].tolist() == ["11"]
    assert len(files(ws)) == 1
    assert [entry.action for entry in ws.log.entries("r1")] == ["contacts.save", "contacts.save"]


def test_a_sweep_leaves_what_is_in_force(ws):
    ws.field.contacts.save(R1, contacts(("f1", "An", "1", "x")), "A")
    (kept,) = files(ws)
    for name in (f"{'0' * 32}.contacts", ".part-00.contacts"):
        (kept.parent / name).write_bytes(b"left")
    ws.field.contacts.sweep(R1)
    assert files(ws) == [kept]


def test_erased_people_are_gone_and_stay_gone(ws):
    frame = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y"))
    ws.field.contacts.save(R1, frame, "A")
    ws.field.contacts.save(R2, frame, "A")
    assert ws.field.contacts.erase(["f1"], instrument=R2) == 1
    assert len(ws.field.contacts.read(R1, ["f1"])) == 1
    assert ws.field.contacts.erase(["f1"]) == 1
    assert ws.field.contacts.erase(["f1"]) == 0
    for source in ("A", "corrected", "A"):  # by the same file or by another one
        ws.field.contacts.save(R1, frame, source)
        assert list(ws.field.contacts.read(R1, ["f1", "f2"])["frame_unit_id"]) == ["f2"]
    ws.field.contacts.save(instrument("a later round"), frame, "A")
    assert list(ws.field.contacts.read(instrument("a later round"), ["f1", "f2"])["frame_unit_id"]) == ["f2"]
    erased = [entry.body for entry in ws.log.entries("r1") if entry.action == "contacts.erase"]
    assert len(erased) == 1
    assert json.loads(erased[0])["n_rows"] == 1
    for entry in ws.log.entries():
        assert "f1" not in (entry.subject, *(json.loads(entry.body).get("ids") or ()))


def test_an_erasure_killed_before_the_file_is_rewritten_has_erased(ws, monkeypatch):
    frame = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y"))
    ws.field.contacts.save(R1, frame, "A")

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ws.field.contacts.files, "write", killed)
        with pytest.raises(KeyboardInterrupt):
            ws.field.contacts.erase(["f1"])
    assert list(ws.field.contacts.read(R1, ["f1", "f2"])["frame_unit_id"]) == ["f2"]
    assert ws.field.contacts.erase(["f1"]) == 1


def test_erasing_takes_away_what_a_broken_off_save_left(ws):
    ws.field.contacts.save(R1, contacts(("f1", "An", "1", "x")), "A")
    (kept,) = files(ws)
    for left in (kept.with_name(f"{'0' * 32}.contacts"), ws.root / "contacts" / "r2" / kept.name):
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(kept.read_bytes())
    assert ws.field.contacts.erase(["none"]) == 0
    assert list((ws.root / "contacts").rglob("*.contacts")) == [kept]


def test_instruments_of_a_round_keep_apart_and_are_erased_apart_or_all(ws):
    second, frame = (
        instrument("r1", "dai-bieu", is_first=False),
        contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y")),
    )
    for one in (R1, second):
        assert ws.field.contacts.save(one, frame, "A")
    assert [path.name for path in files(ws, "r1/dai-bieu")] == [path.name for path in files(ws) if path.is_file()]
    assert ws.field.contacts.erase(["f1"], instrument=second) == 1
    assert [len(ws.field.contacts.read(one, ["f1", "f2"])) for one in (R1, second)] == [2, 1]
    assert ws.field.contacts.erase(["f2"]) == 2
    assert [len(ws.field.contacts.read(one, ["f1", "f2"])) for one in (R1, second)] == [1, 0]
    sealed = files(ws, "r1/dai-bieu")[0].read_bytes()
    next(path for path in files(ws) if path.is_file()).write_bytes(sealed)
    with pytest.raises(StoreError) as caught:
        ws.field.contacts.read(R1, ["f1"])
    assert caught.value.rule == "store.sealed_damaged"


def test_wrong_columns_are_refused(ws):
    with pytest.raises(StoreError) as caught:
        ws.field.contacts.save(R1, contacts(("f1", "An", "1", "x")).drop(columns="phone"), "A")
    assert caught.value.rule == "store.contact_columns"


def test_a_round_id_decides_no_path(ws):
    with pytest.raises(StoreError) as caught:
        ws.field.contacts.save(instrument("../r1"), contacts(("f1", "An", "1", "x")), "A")
    assert caught.value.rule == "store.file_name"


@pytest.mark.parametrize("damage", ["byte", "name", "key"])
def test_damage_is_told(ws, tmp_path, damage):
    ws.field.contacts.save(R1, contacts(("f1", "An", "1", "x")), "A")
    path = next((ws.root / "contacts" / "r1").iterdir())
    if damage == "byte":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    elif damage == "name":
        path.rename(path.with_name(f"{'0' * 32}.contacts"))
    else:
        with init_workspace(tmp_path / "other", key_file=tmp_path / "other.key") as other:
            other.field.contacts.save(R1, contacts(("f1", "An", "1", "x")), "A")
            files(other)[0].write_bytes(path.read_bytes())
            with pytest.raises(StoreError) as caught:
                other.field.contacts.read(R1, ["f1"])
            assert caught.value.rule == "store.sealed_damaged"
            return
    with pytest.raises(StoreError) as caught:
        ws.field.contacts.read(R1, ["f1"])
    assert caught.value.rule == "store.sealed_damaged"


def test_no_trace_of_a_person_in_any_file_of_the_workspace(ws, round_id, tmp_path):
    name, phone, address, _ = CANARIES
    frame_file = tmp_path / "canary-frame.csv"
    frame_file.write_text(f"id;họ tên;điện thoại;địa chỉ\nf1;{name};{phone};{address}\n", encoding="utf-8")
    kept = ws.field.received.keep(frame_file, is_personal=True)
    with ws.field.received.opened(kept.sha256) as path:
        assert name in path.read_text(encoding="utf-8")
    ws.field.contacts.save(R1, contacts(("f1", name, phone, address), ("f2", "B", "2", "y")), "A")
    ws.field.contacts.erase(["f2"])
    assert ws.field.contacts.read(R1, ["f1"])["phone"].tolist() == [phone]
    ws.close()
    forms = [
        text.encode(code)
        for text in CANARIES[:3]
        for code in ("utf-8", "utf-16-le", "cp1258", "ascii")
        if encodable(text, code)
    ]
    files = [path for path in ws.root.rglob("*") if path.is_file()]
    traces = [(path.name, form) for path in files for form in forms if form in path.read_bytes()]
    assert len(files) > 5
    assert traces == []


def encodable(text: str, code: str) -> bool:
    try:
        text.encode(code)
    except UnicodeEncodeError:
        return False
    return True


def test_contacts_open_with_the_key_file_only(ws, tmp_path):
    ws.field.contacts.save(R1, contacts(("f1", "An", "1", "x")), "A")
    key = Path(ws.config.key_file)
    moved = key.rename(tmp_path / "safe.key")
    with open_workspace(ws.root, {}) as opened, pytest.raises(StoreError) as caught:
        opened.field.contacts.read(R1, ["f1"])
    assert caught.value.rule == "store.no_key"
    moved.rename(key)
    with open_workspace(ws.root, {}) as opened:
        assert len(opened.field.contacts.read(R1, ["f1"])) == 1
