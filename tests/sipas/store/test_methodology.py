"""Methodology folders are found in one place only, pinned by content, and opened as they were pinned."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors import StoreError
from errors.templates import data_folder
from sipas.store.files.methodology import Methodology


@pytest.fixture
def packaged(tmp_path) -> Path:
    return tmp_path / "packaged"


@pytest.fixture
def methodology(ws, packaged) -> Methodology:
    from sipas.store.disk.locks import Locks
    from sipas.store.ledger.base import Base

    base = Base(ws.root, ws.ledger, ws.log, Locks(ws.root / "locks"), ws.key)
    return Methodology(base, ws.files.snapshots, packaged)


def rulebook(root: Path, id: str, text: str = 'title_vi = "Bộ tiêu chí"\n', folder: str = "rulebooks") -> Path:
    made = root / folder / id
    made.mkdir(parents=True)
    (made / "rulebook.toml").write_text(f'id = "{id}"\n{text}', encoding="utf-8", newline="\n")
    (made / "criteria.csv").write_text("code,max_points\n1.10,5\n", encoding="utf-8", newline="\n")
    return made


def own(ws) -> Path:
    return ws.root / "methodology"


def rule(caught) -> str:
    return caught.value.rule


def test_found_in_the_workspace_then_packaged(ws, methodology, packaged):
    mine = rulebook(own(ws), "tinh-a/2026-xa")
    theirs = rulebook(packaged, "tinh-b/2026-xa")
    assert methodology.ids("rulebook") == ("tinh-a/2026-xa", "tinh-b/2026-xa")
    assert methodology.folder("rulebook", "tinh-a/2026-xa") == mine
    assert methodology.folder("rulebook", "tinh-b/2026-xa") == theirs
    assert methodology.ids("round") == ()


def test_the_same_id_in_both_is_an_error(ws, methodology, packaged):
    rulebook(own(ws), "tinh-a/2026-xa")
    rulebook(packaged, "tinh-a/2026-xa")
    with pytest.raises(StoreError) as caught:
        methodology.folder("rulebook", "tinh-a/2026-xa")
    assert (rule(caught), caught.value.where) == ("store.methodology_twice", "rulebooks/tinh-a/2026-xa")


@pytest.mark.parametrize("id", ["", "../x", "/x", "a//b", "a b", "a/", "Đ", ".x", "a\\b"])
def test_ids_are_plain_paths(methodology, id):
    with pytest.raises(StoreError) as caught:
        methodology.folder("rulebook", id)
    assert rule(caught) == "store.methodology_id"


def test_what_is_not_there(ws, methodology):
    rulebook(own(ws), "tinh-a/2026-xa")
    with pytest.raises(StoreError) as caught:
        methodology.folder("rulebook", "tinh-a")
    assert (rule(caught), caught.value.expected) == ("store.no_methodology", "tinh-a/2026-xa")
    with pytest.raises(StoreError) as caught:
        methodology.folder("rulebooks", "tinh-a/2026-xa")
    assert rule(caught) == "store.methodology_kind"


def test_a_pin_is_the_content_and_nothing_else(ws, methodology, packaged):
    mine = rulebook(own(ws), "a")
    first = methodology.pin("rulebook", "a")
    assert (first.kind, first.id) == ("rulebook", "a")
    toml = 'id = \\"a\\"\\ntitle_vi = \\"Bộ tiêu chí\\"\\n'
    by_hand = f'{{"criteria.csv":"code,max_points\\n1.10,5\\n","rulebook.toml":"{toml}"}}'
    assert ws.files.snapshots.read_bytes(first.sha256).decode() == by_hand
    for name in ("~$criteria.csv", ".criteria.csv.swp", "notes.xlsx"):
        (mine / name).write_bytes(b"\xff")
    (mine / "criteria.csv").write_bytes((mine / "criteria.csv").read_bytes().replace(b"\n", b"\r\n"))
    assert methodology.pin("rulebook", "a") == first
    (mine / "criteria.csv").write_text("code,max_points\n1.10,6\n", encoding="utf-8")
    assert methodology.pin("rulebook", "a").sha256 != first.sha256


def test_a_pinned_folder_stays_as_it_was(ws, methodology):
    mine = rulebook(own(ws), "a")
    (mine / "sub").mkdir()
    (mine / "sub" / "bảng.csv").write_text("x\n", encoding="utf-8", newline="\n")
    pin = methodology.pin("rulebook", "a")
    before = {path.name: path.read_bytes() for path in mine.rglob("*.*")}
    (mine / "criteria.csv").unlink()
    folder = methodology.open_pin(pin.sha256)
    assert {path.name: path.read_bytes() for path in folder.rglob("*.*")} == before
    assert methodology.open_pin(pin.sha256) == folder


@pytest.mark.parametrize("damage", ["changed", "lost", "added", "leftover"])
def test_a_damaged_copy_is_made_again(ws, methodology, damage):
    rulebook(own(ws), "a")
    pin = methodology.pin("rulebook", "a")
    folder = methodology.open_pin(pin.sha256)
    if damage == "changed":
        (folder / "criteria.csv").write_text("code,max_points\n1.10,9\n", encoding="utf-8")
    elif damage == "lost":
        (folder / "criteria.csv").unlink()
    elif damage == "added":
        (folder / "levels.csv").write_text("x\n", encoding="utf-8")
    else:
        folder.rename(folder.with_name(".part-0011"))
    again = methodology.open_pin(pin.sha256)
    assert (again / "criteria.csv").read_text(encoding="utf-8") == "code,max_points\n1.10,5\n"
    assert sorted(path.name for path in again.iterdir()) == ["criteria.csv", "rulebook.toml"]
    assert [path.name for path in again.parent.iterdir()] == [pin.sha256]


def test_a_file_in_another_code_page_is_named(ws, methodology):
    mine = rulebook(own(ws), "a")
    (mine / "criteria.csv").write_bytes("tiêu chí".encode("cp1258", "replace") + b"\xff")
    with pytest.raises(StoreError) as caught:
        methodology.pin("rulebook", "a")
    assert (rule(caught), caught.value.where) == ("store.not_utf8", "criteria.csv")


def test_copy_gives_the_new_folder_its_own_id(ws, methodology, packaged):
    rulebook(packaged, "tinh-a/2026-xa", 'title_vi = "x"\nsource = "tinh-a/2026-xa"\n')
    assert methodology.copy("rulebook", "tinh-a/2026-xa", "tinh-a/2027-xa")
    made = own(ws) / "rulebooks" / "tinh-a" / "2027-xa"
    text = (made / "rulebook.toml").read_text(encoding="utf-8")
    assert text == 'id = "tinh-a/2027-xa"\ntitle_vi = "x"\nsource = "tinh-a/2026-xa"\n'
    (made / "criteria.csv").write_text("edited", encoding="utf-8")
    assert not methodology.copy("rulebook", "tinh-a/2026-xa", "tinh-a/2027-xa")
    assert (made / "criteria.csv").read_text(encoding="utf-8") == "edited"
    with pytest.raises(StoreError) as caught:
        methodology.copy("rulebook", "tinh-a/2027-xa", "tinh-a/2026-xa")
    assert rule(caught) == "store.methodology_twice"


def test_leftovers_of_a_killed_copy_are_no_methodology(ws, methodology, packaged):
    rulebook(packaged, "a")
    rulebook(own(ws), ".part-0011")
    assert methodology.ids("rulebook") == ("a",)
    methodology.copy("rulebook", "a", "b")
    assert [path.name for path in (own(ws) / "rulebooks").iterdir()] == ["b"]


def test_the_data_folder_of_the_program_is_there():
    assert (data_folder() / "questionnaires").is_dir()


def test_texts_are_put_whole_and_replaced_only_when_asked(ws, methodology, packaged):
    texts = {"rulebook.toml": 'id = "b/1"\n', "criteria.csv": "code\n1.10\n"}
    assert methodology.put("rulebook", "b/1", texts)
    made = own(ws) / "rulebooks" / "b" / "1"
    assert {path.name: path.read_text(encoding="utf-8") for path in made.iterdir()} == texts
    (made / "quyết định.pdf").write_bytes(b"%PDF")
    (made / "columns.toml").write_text("sheet = ''\n", encoding="utf-8")
    assert not methodology.put("rulebook", "b/1", texts)
    other = {**texts, "criteria.csv": "code\n1.11\n"}
    with pytest.raises(StoreError) as caught:
        methodology.put("rulebook", "b/1", other)
    assert (rule(caught), caught.value.where) == ("store.methodology_exists", "rulebooks/b/1")
    assert (made / "criteria.csv").read_text(encoding="utf-8") == "code\n1.10\n"
    assert methodology.put("rulebook", "b/1", other, replace=True)
    assert (made / "criteria.csv").read_text(encoding="utf-8") == "code\n1.11\n"
    assert (made / "quyết định.pdf").read_bytes() == b"%PDF"
    assert (made / "columns.toml").is_file()
    assert [path.name for path in made.parent.iterdir()] == ["1"]


def test_a_packaged_id_is_never_shadowed(methodology, packaged):
    rulebook(packaged, "tinh-a/2026-xa")
    with pytest.raises(StoreError) as caught:
        methodology.put("rulebook", "tinh-a/2026-xa", {"rulebook.toml": "x"}, replace=True)
    assert rule(caught) == "store.methodology_twice"
