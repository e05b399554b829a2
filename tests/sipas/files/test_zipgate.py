"""Workbooks that could hurt the reader or hide something from it."""

from __future__ import annotations

import struct
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from errors import DataError
from sipas.files import GateLimits, gate

MakeXlsx = Callable[..., Path]


def rule_of(path: Path, limits: GateLimits | None = None) -> str:
    with pytest.raises(DataError) as caught:
        gate(path, limits)
    assert caught.value.where == path.name
    return caught.value.rule


def test_a_plain_workbook_passes(make_xlsx: MakeXlsx, xml: Any) -> None:
    report = gate(make_xlsx({"Phiếu": xml.table(["a", "b"], [1, 2]), "Ghi chú": xml.table(["x"])}))
    facts = report.sheets["Phiếu"]
    assert (report.kind, list(report.sheets)) == ("workbook", ["Phiếu", "Ghi chú"])
    assert (facts.last_row, facts.last_column, facts.n_cells) == (2, 2, 4)


def test_truncated(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"], [1, 2])})
    path.write_bytes(path.read_bytes()[:-200])
    assert rule_of(path) == "files.broken_zip"


def test_a_flipped_byte_breaks_the_checksum(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"], *[[n, n * 7] for n in range(500)])})
    data = bytearray(path.read_bytes())
    data[data.index(b"xl/worksheets/sheet1.xml") + 400] ^= 0x55
    path.write_bytes(bytes(data))
    assert rule_of(path) == "files.broken_zip"


def test_encrypted_members(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"])})
    data = bytearray(path.read_bytes())
    start = data.index(b"PK\x01\x02")
    data[start + 8] |= 1
    path.write_bytes(bytes(data))
    assert rule_of(path) == "files.encrypted"


def test_duplicate_members(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"])})
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as archive:
        warnings.simplefilter("ignore")
        archive.writestr("XL/worksheets/Sheet1.xml", xml.table(["c", "d"]))
    assert rule_of(path) == "files.duplicate_part"


def test_too_many_parts(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"])}, extra={f"junk/{n}": "" for n in range(20)})
    assert rule_of(path, GateLimits(max_parts=20)) == "files.too_many_parts"


def test_bomb_by_ratio_and_by_size(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"])}, extra={"xl/media/x.bin": b"\0" * (20 * 2**20)})
    assert rule_of(path) == "files.zip_bomb"
    assert rule_of(path, GateLimits(max_ratio=10_000, max_unpacked=2**20)) == "files.zip_bomb"
    assert gate(path, GateLimits(max_ratio=10_000)).kind == "workbook"


def test_bomb_with_a_lying_size(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx({"S": xml.table(["a", "b"], *[["x" * 50, n] for n in range(50_000)])})
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo("xl/worksheets/sheet1.xml")
    data = path.read_bytes().replace(struct.pack("<I", info.file_size), struct.pack("<I", 1000))
    path.write_bytes(data)
    assert rule_of(path) == "files.broken_zip"


@pytest.mark.parametrize(
    "part", ["xl/sharedStrings.xml", "xl/worksheets/sheet1.xml", "xl/workbook.xml", "docProps/a.xml"]
)
@pytest.mark.parametrize("prolog", ['<!DOCTYPE x [<!ENTITY a "b">]>', '<!ENTITY % x SYSTEM "file:///etc/passwd">'])
def test_declarations_and_entities(make_xlsx: MakeXlsx, xml: Any, part: str, prolog: str) -> None:
    assert rule_of(make_xlsx({"S": xml.table(["a", "b"])}, extra={part: f"{prolog}<x/>"})) == "files.dtd"


def test_a_declaration_across_two_blocks(make_xlsx: MakeXlsx, xml: Any) -> None:
    content = b"<x>" + b"ab" * (2 * 2**20 - 4) + b"<!DOCTYPE x>"
    path = make_xlsx({"S": xml.table(["a", "b"])}, extra={"docProps/a.xml": content})
    assert rule_of(path, GateLimits(max_ratio=10_000)) == "files.dtd"


@pytest.mark.parametrize("content", ["<x/>".encode("utf-16"), b'<?xml version="1.0" encoding="UTF-7"?><x/>'])
def test_xml_that_is_not_utf8(make_xlsx: MakeXlsx, xml: Any, content: bytes) -> None:
    assert rule_of(make_xlsx({"S": xml.table(["a", "b"])}, extra={"xl/a.xml": content})) == "files.xml_encoding"


def test_zip_that_is_no_workbook(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    assert rule_of(path) == "files.not_workbook"


def test_a_workbook_without_worksheets(make_xlsx: MakeXlsx) -> None:
    assert rule_of(make_xlsx({})) == "files.not_workbook"


def test_a_stray_far_cell_is_named(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [[xml.cell("A1", "a"), xml.cell("B1", "b")], [xml.cell("A2", 1)], [xml.cell("XFD1048576", "x")]]
    with pytest.raises(DataError, match=r"XFD1048576") as caught:
        gate(make_xlsx({"S": xml.sheet(rows)}))
    assert caught.value.rule == "files.far_cell"
    deep = [[xml.cell("A1", "a"), *(xml.cell(f"{c}1", "h") for c in "BCDEFGHIJKLMNOP")], [xml.cell("C1048576", 1)]]
    with pytest.raises(DataError, match=r"C1048576"):
        gate(make_xlsx({"S": xml.sheet(deep)}))


def test_far_cells_without_content_do_no_harm(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [[xml.cell("A1", "a"), xml.cell("B1", "b")], [xml.cell("XFD1048576", None)]]
    facts = gate(make_xlsx({"S": xml.sheet(rows)})).sheets["S"]
    assert (facts.last_row, facts.last_column) == (1, 2)


@pytest.mark.parametrize(
    ("refs", "rule"),
    [
        (["A1", "B1", "A1"], "files.cell_order"),
        (["B1", "A1"], "files.cell_order"),
        (["A2", "A1"], "files.cell_order"),
        (["A1", "a2"], "files.cell_without_reference"),
    ],
)
def test_references_must_rise(make_xlsx: MakeXlsx, xml: Any, refs: list[str], rule: str) -> None:
    assert rule_of(make_xlsx({"S": xml.sheet([[xml.cell(ref, 1)] for ref in refs])})) == rule


def test_cells_without_references(make_xlsx: MakeXlsx, xml: Any) -> None:
    sheet = xml.table(["a", "b"]).replace(' r="B1"', "")
    assert rule_of(make_xlsx({"S": sheet})) == "files.cell_without_reference"


def test_comments_could_hide_cells(make_xlsx: MakeXlsx, xml: Any) -> None:
    sheet = xml.table(["a", "b"]).replace("<sheetData>", "<sheetData><!-- <row> -->")
    assert rule_of(make_xlsx({"S": sheet})) == "files.xml_markup"


def test_formulas_and_error_values_are_found(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [
        [xml.cell("A1", "a"), xml.cell("B1", "b")],
        [xml.cell("A2", 1, "ROW()-1"), xml.cell("B2", "#REF!")],
        [xml.cell("A3", 5), xml.cell("AB3", None, "cmd|' /C calc'!A0"), xml.cell("AC3", "#N/A", "1/0")],
    ]
    sheet = xml.sheet(rows)
    for text in (sheet, sheet.replace("<c ", "<x:c ").replace("</c>", "</x:c>").replace("<f>", "<x:f>")):
        facts = gate(make_xlsx({"S": text})).sheets["S"]
        assert facts.places(facts.formulas) == [(2, 1), (3, 28), (3, 29)]
        assert facts.places(facts.errors) == [(2, 2), (3, 29)]


@pytest.mark.full
def test_a_large_sheet_is_scanned_across_blocks(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [
        [xml.cell(f"A{n}", f"giá trị số {n}"), xml.cell(f"B{n}", n, "ROW()" if n == 90_000 else "")]
        for n in range(1, 90_001)
    ]
    facts = gate(make_xlsx({"S": xml.sheet(rows)})).sheets["S"]
    assert (facts.n_cells, facts.last_row) == (180_000, 90_000)
    assert facts.places(facts.formulas) == [(90_000, 2)]


def test_a_row_without_end_is_not_swallowed(make_xlsx: MakeXlsx, xml: Any) -> None:
    endless = f"<worksheet><sheetData><row>{' ' * (70 * 2**20)}"
    path = make_xlsx({"S": endless})
    assert rule_of(path, GateLimits(max_ratio=10_000)) == "files.huge_row"


@pytest.mark.full
@pytest.mark.parametrize("piece", ["<c ", "<c r='A1' ", "r='A1' ", "t='e' <f", "<x:", "<c t='e' "])
def test_endless_tags_take_no_endless_time(make_xlsx: MakeXlsx, piece: str) -> None:
    path = make_xlsx({"S": "<worksheet><sheetData><c " + piece * 400_000 + "<f></row></sheetData></worksheet>"})
    assert gate(path, GateLimits(max_ratio=10_000)).sheets["S"].n_cells == 0
