"""Files that never reach a reader: each is refused with its own rule, naming the file the person knows."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from pathlib import Path

import pytest

from errors import DataError
from sipas.files import GateLimits, gate

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
HTML = "<html><table><tr><td>Mã phiếu</td></tr></table></html>"


def refusal(path: Path, limits: GateLimits | None = None, **options: str) -> DataError:
    with pytest.raises(DataError) as caught:
        gate(path, limits, **options)
    assert caught.value.where == options.get("shown_as", path.name)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("a.csv", b"", "files.empty"),
        ("a.csv", codecs.BOM_UTF16_LE + "a;b\n1;2\n".encode("utf-16-le"), "files.utf16"),
        ("a.csv", codecs.BOM_UTF16_BE + "a;b\n1;2\n".encode("utf-16-be"), "files.utf16"),
        ("a.txt", codecs.BOM_UTF32_BE + "a;b\n".encode("utf-32-be"), "files.utf16"),
        ("a.csv", "a;b\n1;2\n".encode("utf-16-le"), "files.nul"),
        ("a.csv", b"PK\x03\x04 a workbook", "files.wrong_kind"),
        ("a.csv", b"$FL2@(#) SPSS DATA FILE", "files.wrong_kind"),
        ("a.csv", HTML.encode(), "files.is_html"),
        ("a.xls", b"<?xml version='1.0'?><Workbook/>", "files.is_html"),
        ("a.xls", b"a;b\n1;2\n", "files.wrong_kind"),
        ("a.html", codecs.BOM_UTF16_LE + HTML.encode("utf-16-le"), "files.utf16"),
        ("a.html", b"\xef\xbb\xbf<html>\0</html>", "files.nul"),
        ("a.parquet", b"a;b\n1;2\n", "files.wrong_kind"),
        ("a.parquet", b"PARE" + b"x" * 40, "files.encrypted"),
        ("a.csv", b"PAR1" + b"x" * 40, "files.wrong_kind"),
        ("a.xlsx", b"<?xml version='1.0'?><Workbook/>", "files.is_html"),
        ("a.xls", OLE + b"Workbook" * 9, "files.old_xls"),
        ("a.xlsx", OLE + b"Workbook" * 9, "files.old_xls"),
        ("a.xlsx", OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "files.encrypted"),
        ("a.xlsx", b"a;b\n1;2\n", "files.wrong_kind"),
        ("a.sav", b"a;b\n1;2\n", "files.wrong_kind"),
        ("a.pdf", b"%PDF-1.7", "files.suffix"),
        ("a", b"a;b\n", "files.suffix"),
    ],
)
def test_refused_by_content(make_csv: Callable[..., Path], name: str, content: bytes, rule: str) -> None:
    assert refusal(make_csv(content, name=name)).rule == rule


def test_nul_is_placed(make_csv: Callable[..., Path]) -> None:
    error = refusal(make_csv(b"a;b\n1;2\n3;\x004\n"))
    assert (error.rule, error.got) == ("files.nul", "3")


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    assert refusal(tmp_path / "không có.csv").rule == "files.no_file"
    folder = tmp_path / "thư mục.csv"
    folder.mkdir()
    assert refusal(folder).rule == "files.not_a_file"


def test_a_file_too_large_is_not_opened(make_csv: Callable[..., Path]) -> None:
    error = refusal(make_csv(b"a;b\n" * 300_000), GateLimits(max_bytes=2**20))
    assert (error.rule, error.got, error.expected) == ("files.too_large", "1.1 MB", "1.0 MB")


def test_the_name_the_person_knows_decides(make_csv: Callable[..., Path]) -> None:
    stored = make_csv("a;b\n1;2\n", name="3f9a")
    assert gate(stored, shown_as="Phiếu Sở Y tế.CSV").name == "Phiếu Sở Y tế.CSV"
    assert refusal(stored, shown_as="Phiếu.xlsx").rule == "files.wrong_kind"


@pytest.mark.parametrize(
    ("content", "is_utf8", "is_ascii", "has_mark", "bad_line"),
    [
        (b"a;b\n1;2\n", True, True, False, 0),
        ("mã;b\n1;2\n".encode("utf-8-sig"), True, False, True, 0),
        (b"a;b\n1;2\nL\xea;3\n", False, False, False, 3),
        ("a;b\nphiế".encode()[:-1], False, False, False, 2),
    ],
)
def test_encoding_facts(
    make_csv: Callable[..., Path], content: bytes, is_utf8: bool, is_ascii: bool, has_mark: bool, bad_line: int
) -> None:
    report = gate(make_csv(content))
    assert (report.is_utf8, report.is_ascii, report.has_mark, report.bad_line) == (
        is_utf8,
        is_ascii,
        has_mark,
        bad_line,
    )
    assert (report.kind, report.size) == ("text", len(content))


def test_a_letter_cut_by_the_block_border_is_no_fault(make_csv: Callable[..., Path]) -> None:
    content = b"a" * (4 * 2**20 - 1) + "ế;x\n".encode() + b"b" * 2**20 + b"\n\xff"
    report = gate(make_csv(content))
    assert (report.is_utf8, report.bad_line) == (False, 3)
