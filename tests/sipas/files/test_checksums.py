"""The sender's hash of a file: typed or listed beside it, and what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from errors import DataError
from sipas.files.checksums import hash_by_sender, is_hash_list

OTHER = "0" * 64


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "phiếu đợt 1.csv"
    path.write_bytes(b"a;b\n1;2\n")
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def beside(file: Path, name: str, *lines: str) -> Path:
    path = file.parent / name
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def refused(file: Path, given: str = "") -> tuple[str, str]:
    with pytest.raises(DataError) as caught:
        hash_by_sender(file, given)
    return caught.value.rule, caught.value.got


def test_where_nobody_tells_a_hash_there_is_none(file: Path) -> None:
    assert hash_by_sender(file) == ""
    beside(file, "sha256sums.txt", f"{OTHER}  tệp khác.csv")
    assert hash_by_sender(file) == hash_by_sender(file.parent / "không có" / "x.csv") == ""


def test_a_typed_hash(file: Path) -> None:
    own = digest(file)
    assert hash_by_sender(file, own) == hash_by_sender(file, f" {own[:32].upper()} {own[32:]} ") == own
    assert refused(file, own[:16]) == ("files.hash_format", "16")
    assert refused(file, "g" * 64)[0] == "files.hash_format"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("SHA256SUMS", "{hash}  {name}"),
        ("sha256sums.txt", "{hash} *{name}"),
        ("sha256.txt", "\ufeff{hash}  ./gửi/{name}"),
        ("phiếu đợt 1.csv.sha256", "{hash}"),
        ("phiếu đợt 1.sha256", "{hash}"),
    ],
)
def test_a_list_beside_the_file(file: Path, name: str, line: str) -> None:
    listed = beside(file, name, line.format(hash=digest(file), name=file.name), f"{OTHER}  tệp khác.csv")
    assert is_hash_list(listed) and hash_by_sender(file) == digest(file)
    assert hash_by_sender(file, OTHER) == OTHER  # what is typed goes before


def test_a_hash_of_another_file_is_not_taken_for_this_one(file: Path) -> None:
    beside(file, "phiếu đợt 2.csv.sha256", OTHER)
    assert hash_by_sender(file) == ""


def test_lists_that_cannot_be_used(file: Path) -> None:
    listed = beside(file, "sha256sums.txt", f"{digest(file)}  {file.name}", f"{OTHER}  {file.name}")
    assert refused(file) == ("files.hash_twice", "2")
    listed.write_text("MD5 (phiếu) = 0\n", encoding="utf-8")
    assert refused(file)[0] == "files.hash_list"
    listed.write_bytes(b"\xff\xfe\x00")
    assert refused(file)[0] == "files.hash_list"


@pytest.mark.parametrize(("name", "is_list"), [("Sha256Sums.TXT", True), ("a.csv.SHA256", True), ("sha256.csv", False)])
def test_lists_are_told_by_name(name: str, is_list: bool) -> None:
    assert is_hash_list(Path(name)) is is_list
