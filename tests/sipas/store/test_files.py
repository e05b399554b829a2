"""Names, atomic files, locks and disks: the ground under everything the store writes."""

from __future__ import annotations

import ast
import errno
import sys
import threading
import time
from pathlib import Path

import pytest
from imports import graph_of, modules

from errors import StoreError
from sipas.jobs.stepruns.steps import STEPS
from sipas.store import source
from sipas.store.disk import atomic
from sipas.store.disk.atomic import disk_errors, sweep_temporaries, temporary_beside, write_whole
from sipas.store.disk.local import network_mount, refuse_network
from sipas.store.disk.locks import Locks
from sipas.store.disk.names import check_relative, check_segment

unix = pytest.mark.skipif(sys.platform == "win32", reason="Unix")


@pytest.mark.parametrize("name", ["Kết quả 2026.xlsx", "a", "x-1_2.csv", "Đợt 1 (bản in)"])
def test_good_names(name):
    assert check_segment(name) == name
    assert check_relative(f"{name}/{name}").parts == (name, name)


def test_names_become_nfc():
    assert check_segment("Đo\u0302\u0323t") == "Đột"


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../x", "/x", "a//b", "a/../b", "a\\b", "C:", "a:b", "a\x00", "a\n", "CON", "nul.txt", "com1"],
)
def test_bad_names(name):
    with pytest.raises(StoreError) as caught:
        check_relative(name)
    assert caught.value.rule == "store.file_name"


@pytest.mark.parametrize("name", ["a.", " a", "a ", ".hidden", "x" * 201, 'a"', "a|b", "a?", "a*", "<a>"])
def test_names_that_windows_does_not_take(name):
    with pytest.raises(StoreError) as caught:
        check_segment(name)
    assert caught.value.rule == "store.file_name"


def test_write_whole_replaces_and_leaves_nothing_else(tmp_path):
    target = tmp_path / "thư mục" / "tệp.txt"
    write_whole(target, b"one")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(target.parent.iterdir()) == [target]


@unix
def test_write_whole_sets_the_mode_from_the_start(tmp_path):
    write_whole(tmp_path / "k", b"secret", mode=0o600)
    assert (tmp_path / "k").stat().st_mode & 0o777 == 0o600


def test_a_broken_write_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "x"
    write_whole(target, b"old")

    def fail(number):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(StoreError) as caught:
        write_whole(target, b"new")
    assert caught.value.rule == "store.disk_full"
    assert target.read_bytes() == b"old"
    assert sweep_temporaries(tmp_path) == 1
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        (errno.EACCES, "store.no_rights"),
        (errno.EROFS, "store.read_only"),
        (errno.EIO, "store.disk_error"),
        (errno.EDQUOT, "store.disk_full"),
    ],
)
def test_what_the_system_says_of_the_disk_is_said_of_the_file(tmp_path, number, rule):
    for named, where in ((None, tmp_path.name), (str(tmp_path / "x.csv"), "x.csv")):
        with pytest.raises(StoreError) as caught, disk_errors(tmp_path):
            raise OSError(number, "no", named)
        assert (caught.value.rule, caught.value.where) == (rule, where)


def test_other_errors_of_the_system_keep_their_kind(tmp_path):
    with pytest.raises(OSError, match="odd"), disk_errors(tmp_path):
        raise OSError(errno.ELOOP, "odd")


def test_temporary_names_keep_the_suffix(tmp_path):
    assert temporary_beside(tmp_path / "a" / "b.xlsx").suffix == ".xlsx"
    assert (tmp_path / "a").is_dir()


def test_lock_keeps_other_threads_out_and_lets_other_names_in(tmp_path):
    locks, order = Locks(tmp_path / "locks"), []

    def other():
        with locks.hold("a"):
            order.append("other")

    with locks.hold("a"), locks.hold("b"):
        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join(20)
    assert order == ["first", "other"]


def test_lock_times_out_and_never_waits_for_itself(tmp_path):
    locks = Locks(tmp_path)
    with locks.hold("a"):
        with pytest.raises(StoreError) as caught, Locks(tmp_path).hold("a", timeout=0.1):
            pass
        with pytest.raises(RuntimeError, match="held by this thread"), locks.hold("a"):
            pass
    with locks.hold("a", timeout=0.1):
        pass
    assert (caught.value.rule, caught.value.where) == ("store.locked", "a")


HOLDER = """
import os, signal
from pathlib import Path
from sipas.store.disk.locks import Locks
with Locks(Path(folder)).hold("a"):
    Path(folder, "held").touch()
    if killed:
        os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()
"""


@unix
@pytest.mark.parametrize("killed", [True, False])
def test_a_killed_holder_does_not_block(tmp_path, start_process, killed):
    process = start_process(HOLDER, folder=str(tmp_path), killed=killed)
    deadline = time.monotonic() + 60
    while not (tmp_path / "held").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    if not killed:
        with pytest.raises(StoreError), Locks(tmp_path).hold("a", timeout=0.1):
            pass
        process.kill()
    process.join(60)
    with Locks(tmp_path).hold("a", timeout=0.1):
        pass


MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/x /mnt/chung nfs4 rw 0 0
//nas/s /mnt/ổ\\040chung cifs rw 0 0
/dev/sdb1 /mnt/chung/local ext4 rw 0 0
broken line
"""


@pytest.mark.parametrize(
    ("folder", "is_network"),
    [
        ("/home/an", False),
        ("/mnt/chung", True),
        ("/mnt/chung/a/b", True),
        ("/mnt/chungx", False),
        ("/mnt/chung/local/ws", False),
        ("/mnt/ổ chung/ws", True),
    ],
)
@unix
def test_network_mounts(folder, is_network):
    assert network_mount(Path(folder), MOUNTS) is is_network


def test_local_folders_pass_and_shares_are_refused(tmp_path, monkeypatch):
    refuse_network(tmp_path)
    monkeypatch.setattr("sipas.store.disk.local.is_network", lambda folder: True)
    with pytest.raises(StoreError) as caught:
        refuse_network(tmp_path)
    assert caught.value.rule == "store.network_share"


def test_a_label_is_not_behind_a_weight_and_a_reader_is_behind_a_receipt():
    weight = source.code_of(("sipas.steps.weight",)).modules
    receive = source.code_of(("sipas.steps.receive", "sipas.files.child")).modules
    assert not [
        one for one in weight if one.startswith(("sipas.publish", "sipas.store", "errors.messages", "sipas.files"))
    ]
    assert {"sipas.files.csvfile", "sipas.files.child", "sipas.returns"} <= set(receive)
    assert {"sampling", "sampling.weighting", "sampling.weighting.raking", "sipas.weighting.recipe"} <= set(weight)


@pytest.mark.full
@pytest.mark.parametrize("step", STEPS)
def test_the_words_of_errors_are_behind_no_step(step):
    """They come into a closure by the errors alone, which open them in what prints an error and nowhere else."""
    known = set(source.code_of(STEPS[step].modules).modules)
    graph = graph_of(modules())
    assert "errors" in known
    assert not known & set(source.WORDS)
    assert [one for one in known if graph[one] & set(source.WORDS)] == ["errors"]


def test_errors_open_their_words_only_to_be_printed():
    tree = ast.parse(modules()["errors"])
    homes = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    words = {"english", "place_of", "_in_english"}
    uses = [(home.name, one.id) for home in homes for one in ast.walk(home) if getattr(one, "id", "") in words]
    everywhere = [one.id for one in ast.walk(tree) if getattr(one, "id", "") in words]
    assert {home for home, _ in uses} == {"where", "__str__", "_in_english"}
    assert len(uses) == len(everywhere)


def test_a_changed_word_changes_what_prints_words_and_nothing_else(monkeypatch):
    roots = {name: (f"sipas.{name}",) for name in ("words", "tree")}
    known = {name: source.code_of(one).sha256 for name, one in roots.items()}
    source.code_of.cache_clear()
    monkeypatch.setattr(source, "_printed_words", lambda: b"another word")
    changed = {name: source.code_of(one).sha256 for name, one in roots.items()}
    source.code_of.cache_clear()
    assert (changed["words"] == known["words"], changed["tree"] == known["tree"]) == (False, True)


def test_code_is_known_by_text_and_names_but_not_by_line_ends(monkeypatch):
    known = source.code_of(("sipas.tree",))
    texts = {"sipas.tree": b"x = 1\r\n"}
    original = source._text

    def changed(module: str) -> bytes:
        return texts.get(module, original(module))

    source.code_of.cache_clear()
    monkeypatch.setattr(source, "_text", changed)
    assert source.code_of(("sipas.tree",)).sha256 != known.sha256
    source.code_of.cache_clear()
    monkeypatch.undo()
    assert source.code_of(("sipas.tree",)) == known
    assert b"\r" not in original("sipas.tree")
