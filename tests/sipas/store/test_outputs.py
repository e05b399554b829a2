"""Outputs are whole or not there, stay inside their folder, and say plainly when a file is held open."""

from __future__ import annotations

import os

import pytest

from errors import StoreError
from sipas.store.files.outputs import write_outside


def test_write_and_path(ws):
    path = ws.files.outputs.write("2026/Kết quả.xlsx", lambda part: part.write_bytes(part.suffix.encode()) and None)
    assert path == ws.files.outputs.path("2026/Kết quả.xlsx") == ws.root / "outputs" / "2026" / "Kết quả.xlsx"
    assert path.read_bytes() == b".xlsx"


def test_same_content_leaves_the_file_alone(ws):
    path = ws.files.outputs.write_bytes("a.txt", b"same")
    os.utime(path, ns=(1, 1))
    ws.files.outputs.write_bytes("a.txt", b"same")
    assert path.stat().st_mtime_ns == 1
    ws.files.outputs.write_bytes("a.txt", b"other")
    assert path.stat().st_mtime_ns != 1
    assert path.read_bytes() == b"other"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "C:\\x", "", "a/", "..\\x"])
def test_no_way_out_of_the_folder(ws, name):
    with pytest.raises(StoreError) as caught:
        ws.files.outputs.write_bytes(name, b"x")
    assert caught.value.rule == "store.file_name"


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_is_no_way_out(ws, tmp_path):
    (ws.root / "outputs" / "link").symlink_to(tmp_path)
    with pytest.raises(StoreError) as caught:
        ws.files.outputs.write_bytes("link/x.txt", b"x")
    assert caught.value.rule == "store.file_name"
    assert not (tmp_path / "x.txt").exists()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_a_private_file_is_for_its_owner_only_from_the_first_byte(ws):
    def rights(path):
        return path.stat().st_mode & 0o777

    seen = []
    before = os.umask(0o022)
    try:
        path = ws.files.outputs.write("2026/danh-sach/BD/a.txt", lambda part: part.write_bytes(b"x") and None)
        assert rights(path) == 0o644
        for data in (b"x", b"y"):  # the same content again, and other content

            def maker(part, data=data):
                part.write_bytes(data)
                seen.append(rights(part))

            ws.files.outputs.write("2026/danh-sach/BD/a.txt", maker, is_private=True)
            assert rights(path) == 0o600
    finally:
        os.umask(before)
    assert seen == [0o600, 0o600]
    assert [rights(folder) for folder in path.parents[:3]] == [0o700, 0o700, 0o755]


def test_removed_files_take_their_empty_folders_with_them(ws):
    for name in ("r/list/A/1.txt", "r/list/B/2.txt", "r/other.txt"):
        ws.files.outputs.write_bytes(name, b"x")
    assert ws.files.outputs.names("r/list") == ("r/list/A/1.txt", "r/list/B/2.txt")
    assert ws.files.outputs.names("r/nothing") == ()
    assert ws.files.outputs.remove(["r/list/A/1.txt", "r/list/A/none.txt"]) == 1
    assert sorted(path.name for path in ws.files.outputs.path("r/list").iterdir()) == ["B"]
    assert ws.files.outputs.remove(ws.files.outputs.names("r/list")) == 1
    assert sorted(path.name for path in ws.files.outputs.path("r").iterdir()) == ["other.txt"]
    with pytest.raises(StoreError) as caught:
        ws.files.outputs.remove(["r/../../sipas.toml"])
    assert caught.value.rule == "store.file_name"


def test_a_file_held_open_is_not_removed_and_says_so(ws, monkeypatch):
    path = ws.files.outputs.write_bytes("a.txt", b"old")

    def held(*_, **__):
        raise PermissionError(13, "in use")

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.unlink", held)
        with pytest.raises(StoreError) as caught:
            ws.files.outputs.remove(["a.txt"])
    assert (caught.value.rule, caught.value.where) == ("store.output_in_use", "a.txt")
    assert path.is_file()


def test_a_failing_maker_leaves_the_old_file_and_nothing_else(ws):
    path = ws.files.outputs.write_bytes("a.txt", b"old")

    def maker(part):
        part.write_bytes(b"half")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ws.files.outputs.write("a.txt", maker)
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_leftovers_of_a_killed_writer_go_with_the_next_write(ws):
    path = ws.files.outputs.write_bytes("a.txt", b"old")
    (path.parent / ".part-00.txt").write_bytes(b"half")
    ws.files.outputs.write_bytes("b.txt", b"x")
    assert sorted(one.name for one in path.parent.iterdir()) == ["a.txt", "b.txt"]


def test_a_file_held_open_gives_a_plain_message(ws, monkeypatch):
    path = ws.files.outputs.write_bytes("a.txt", b"old")

    def held(source, target):
        raise PermissionError(13, "in use")

    monkeypatch.setattr("sipas.store.disk.atomic.os.replace", held)
    with pytest.raises(StoreError) as caught:
        ws.files.outputs.write_bytes("a.txt", b"new")
    assert (caught.value.rule, caught.value.where) == ("store.output_in_use", "a.txt")
    assert path.read_bytes() == b"old"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_cannot_even_be_read_is_in_use_too(ws, monkeypatch):
    path = ws.files.outputs.write_bytes("a.txt", b"old")

    def held(*_):
        raise PermissionError(13, "in use")

    monkeypatch.setattr("sipas.store.files.outputs.sha256_of", held)
    monkeypatch.setattr("sipas.store.disk.atomic.os.replace", held)
    with pytest.raises(StoreError) as caught:
        ws.files.outputs.write_bytes("a.txt", b"new")
    assert caught.value.rule == "store.output_in_use"
    assert path.read_bytes() == b"old"


def test_a_maker_without_rights_or_room_is_told_apart(ws):
    def no_rights(part):
        raise PermissionError(13, "no")

    def full(part):
        raise OSError(28, "full")

    rules = []
    for maker in (no_rights, full):
        with pytest.raises(StoreError) as caught:
            ws.files.outputs.write("a.txt", maker)
        rules.append(caught.value.rule)
    assert rules == ["store.no_rights", "store.disk_full"]


def test_a_file_outside_a_workspace_is_whole_and_its_folder_must_exist(tmp_path):
    path = tmp_path / "Bảng đã rà soát.xlsx"
    assert write_outside(path, b"one") == path
    write_outside(path, b"two")
    assert path.read_bytes() == b"two"
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    with pytest.raises(StoreError) as caught:
        write_outside(tmp_path / "không có" / "a.xlsx", b"")
    assert caught.value.rule == "store.no_folder"
