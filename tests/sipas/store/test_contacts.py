"""Contacts: found by id, erased for good, and nowhere in clear."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from sampling.errors import StoreError
from sipas.store.workspace import init_workspace, open_workspace

CANARIES = ["Canary Nguyễn Thị Vàng", "0912345678901", "Số 7 Ngõ Canary", "canary-frame.csv"]


def contacts(*rows: tuple[str, str | None, str | None, str | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frame_unit_id", "name", "phone", "address"], dtype="str")


def test_read_in_the_order_asked_for_and_later_entries_win(ws):
    assert ws.contacts.add("r1", contacts(("f1", "An", "1", "x"), ("f2", "Đỗ Bình", "2", None)))
    assert ws.contacts.add("r1", contacts(("f1", "An Nguyễn", "11", "y")))
    assert ws.contacts.add("r2", contacts(("f1", "Người khác", "9", "z")))
    found = ws.contacts.read("r1", ["f2", "absent", "f1"])
    assert found.to_numpy().tolist() == [["f2", "Đỗ Bình", "2", ""], ["f1", "An Nguyễn", "11", "y"]]
    assert list(found.columns) == ["frame_unit_id", "name", "phone", "address"]
    assert ws.contacts.read("r1", []).empty
    assert ws.contacts.read("nothing yet", ["f1"]).empty


def test_the_same_import_again_adds_nothing(ws):
    frame = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y"))
    assert ws.contacts.add("r1", frame)
    head = ws.audit.head()
    assert not ws.contacts.add("r1", frame.iloc[::-1][["phone", "address", "name", "frame_unit_id"]])
    assert ws.audit.head() == head
    assert len(list((ws.root / "contacts" / "r1").iterdir())) == 1


def test_an_import_killed_before_its_log_entry_is_logged_by_the_next(ws, monkeypatch):
    frame = contacts(("f1", "An", "1", "x"))

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ws.contacts, "_log", killed)
        with pytest.raises(KeyboardInterrupt):
            ws.contacts.add("r1", frame)
    assert not ws.contacts.add("r1", frame)
    assert [entry.action for entry in ws.audit.entries("r1")] == ["contacts.add"]


def test_erased_people_are_gone_and_stay_gone(ws):
    frame = contacts(("f1", "An", "1", "x"), ("f2", "B", "2", "y"))
    ws.contacts.add("r1", frame)
    ws.contacts.add("r2", frame)
    assert ws.contacts.erase(["f1"], round_id="r2") == 1
    assert len(ws.contacts.read("r1", ["f1"])) == 1
    assert ws.contacts.erase(["f1"]) == 1
    assert ws.contacts.erase(["f1"]) == 0
    assert not ws.contacts.add("r1", frame)
    assert list(ws.contacts.read("r1", ["f1", "f2"])["frame_unit_id"]) == ["f2"]
    erased = [entry.body for entry in ws.audit.entries("r1") if entry.action == "contacts.erase"]
    assert len(erased) == 1
    assert erased[0].endswith('"n_rows":1}')


def test_wrong_columns_are_refused(ws):
    with pytest.raises(StoreError) as caught:
        ws.contacts.add("r1", contacts(("f1", "An", "1", "x")).drop(columns="phone"))
    assert caught.value.rule == "store.contact_columns"


def test_a_round_id_decides_no_path(ws):
    with pytest.raises(StoreError) as caught:
        ws.contacts.add("../r1", contacts(("f1", "An", "1", "x")))
    assert caught.value.rule == "store.file_name"


@pytest.mark.parametrize("damage", ["byte", "name", "key"])
def test_damage_is_told(ws, tmp_path, damage):
    ws.contacts.add("r1", contacts(("f1", "An", "1", "x")))
    path = next((ws.root / "contacts" / "r1").iterdir())
    if damage == "byte":
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.write_bytes(data)
    elif damage == "name":
        path.rename(path.with_name(path.name.replace("000001", "000002")))
    else:
        with init_workspace(tmp_path / "other", key_file=tmp_path / "other.key") as other:
            target = other.root / "contacts" / "r1" / path.name
            target.parent.mkdir()
            target.write_bytes(path.read_bytes())
            with pytest.raises(StoreError) as caught:
                other.contacts.read("r1", ["f1"])
            assert caught.value.rule == "store.sealed_damaged"
            return
    with pytest.raises(StoreError) as caught:
        ws.contacts.read("r1", ["f1"])
    assert caught.value.rule == "store.sealed_damaged"


def test_no_trace_of_a_person_in_any_file_of_the_workspace(ws, round_id, tmp_path):
    name, phone, address, _ = CANARIES
    frame_file = tmp_path / "canary-frame.csv"
    frame_file.write_text(f"id;họ tên;điện thoại;địa chỉ\nf1;{name};{phone};{address}\n", encoding="utf-8")
    kept = ws.received.keep(frame_file, is_personal=True)
    with ws.received.opened(kept.sha256) as path:
        assert name in path.read_text(encoding="utf-8")
    ws.contacts.add(round_id, contacts(("f1", name, phone, address), ("f2", "B", "2", "y")))
    ws.contacts.erase(["f2"])
    assert ws.contacts.read(round_id, ["f1"])["phone"].tolist() == [phone]
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
    ws.contacts.add("r1", contacts(("f1", "An", "1", "x")))
    key = Path(ws.config.key_file)
    moved = key.rename(tmp_path / "safe.key")
    with open_workspace(ws.root, {}) as opened, pytest.raises(StoreError) as caught:
        opened.contacts.read("r1", ["f1"])
    assert caught.value.rule == "store.no_key"
    moved.rename(key)
    with open_workspace(ws.root, {}) as opened:
        assert len(opened.contacts.read("r1", ["f1"])) == 1
