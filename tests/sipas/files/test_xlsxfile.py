"""Workbooks through the child process: typed cells as text, header and sheet found, formulas refused."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from errors import FaultsFound, SurveyError
from sipas.files import read_table

MakeXlsx = Callable[..., Path]
KNOWN = ("Mã phiếu", "I.A1", "I.A2")


def refusal(path: Path, **options: object) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        read_table(path, **options)
    assert caught.value.where == path.name
    return caught.value


@pytest.mark.parametrize("mac", [False, True])
def test_typed_cells_read_as_text(tmp_path: Path, mac: bool) -> None:
    book = openpyxl.Workbook()
    if mac:
        book.epoch = CALENDAR_MAC_1904
    sheet = book.active
    sheet.append(["số", "ngày", "giờ", "đúng", "chữ"])
    sheet.append([5, datetime.date(2026, 3, 1), datetime.time(8, 5), True, "0042"])
    sheet.append([2.5, datetime.datetime(2026, 3, 1, 8, 30), None, False, " NA\u00a0x"])
    path = tmp_path / "Phiếu Sở Y tế (bản 2).xlsx"
    book.save(path)
    assert read_table(path).to_pydict() == {
        "số": ["5", "2.5"],
        "ngày": ["2026-03-01", "2026-03-01T08:30:00"],
        "giờ": ["08:05:00", ""],
        "đúng": ["TRUE", "FALSE"],
        "chữ": ["0042", " NA x"],
        "_sheet": ["Sheet", "Sheet"],
        "_row": [2, 3],
    }


def test_title_rows_and_gaps(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [
        [xml.cell("B3", "UBND TỈNH"), xml.cell("D3", "Mẫu 01")],
        [xml.cell("B6", "mã  PHIẾU"), xml.cell("C6", "I.A1")],
        [xml.cell("B7", "A"), xml.cell("C7", 5)],
        [xml.cell("B9", "B"), xml.cell("C9", 4), xml.cell("D9", "ghi chú")],
    ]
    table = read_table(make_xlsx({"S": xml.sheet(rows)}), known_headers=KNOWN)
    assert table.to_pydict() == {
        "_A": ["", ""],
        "mã PHIẾU": ["A", "B"],
        "I.A1": ["5", "4"],
        "_D": ["", "ghi chú"],
        "_sheet": ["S", "S"],
        "_row": [7, 9],
    }


def test_a_false_dimension_is_not_believed(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [[xml.cell("A1", "a"), xml.cell("B1", "b")], [xml.cell("A2", 1), xml.cell("B2", 2)]]
    assert read_table(make_xlsx({"S": xml.sheet(rows, dimension="A1:A1")}))["b"].to_pylist() == ["2"]


def test_formulas_and_error_values_in_answer_columns(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [
        [xml.cell("A1", "STT"), xml.cell("B1", "Mã phiếu"), xml.cell("C1", "I.A1"), xml.cell("D1", "I.A2")],
        [xml.cell("A2", 1, "ROW()-1"), xml.cell("B2", "P1"), xml.cell("C2", 5, "4+1"), xml.cell("D2", "#REF!")],
        [xml.cell("A3", "#N/A"), xml.cell("B3", "x", "cmd|' /C calc'!A0"), xml.cell("C3", 5), xml.cell("D3", 4)],
    ]
    path = make_xlsx({"S": xml.sheet(rows)})
    error = refusal(path, known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert [(f.rule, f.sheet, f.row, f.column) for f in error.faults] == [
        ("files.error_value", "S", 2, "I.A2"),
        ("files.formula", "S", 2, "I.A1"),
        ("files.formula", "S", 3, "Mã phiếu"),
    ]
    everything = refusal(path)
    assert isinstance(everything, FaultsFound)
    assert len(everything.faults) == 5


def test_cached_values_are_fine_elsewhere(make_xlsx: MakeXlsx, xml: Any) -> None:
    rows = [
        [xml.cell("A1", "STT"), xml.cell("B1", "Mã phiếu"), xml.cell("C1", "I.A1")],
        [xml.cell("A2", 1, "ROW()-1"), xml.cell("B2", "P1"), xml.cell("C2", 5)],
    ]
    assert read_table(make_xlsx({"S": xml.sheet(rows)}), known_headers=KNOWN)["STT"].to_pylist() == ["1"]


def test_an_error_value_is_never_a_silent_blank(make_xlsx: MakeXlsx, xml: Any) -> None:
    # The native reader gives "" for it; without the gate the answer would count as left blank.
    error = refusal(make_xlsx({"S": xml.table(["Mã phiếu", "I.A1"], ["P1", "#VALUE!"])}), known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert error.faults[0].rule == "files.error_value"


def test_bidi_and_zero_width_letters(make_xlsx: MakeXlsx, xml: Any) -> None:
    table = xml.table(["Mã phiếu", "I.A1", "Tên"], ["P1\u202e", "\u200b5", "\u200bLê"])
    error = refusal(make_xlsx({"S": table}), known_headers=KNOWN)
    assert isinstance(error, FaultsFound)
    assert [(f.row, f.column, f.got) for f in error.faults] == [(2, "I.A1", "U+200B"), (2, "Mã phiếu", "U+202E")]


def test_tcvn3_fonts(make_xlsx: MakeXlsx, xml: Any) -> None:
    table = xml.table(["M· phiÕu", "§¬n vÞ"], ["P1", "Ph­êng BÕn NghÐ"], ["P2", "TrÇn H­ng §¹o"])
    path = make_xlsx({"S": table})
    assert refusal(path).rule == "files.mojibake"
    assert refusal(path, code_page="cp1258").rule == "files.code_page_wrong"
    read = read_table(path, code_page="tcvn3", known_headers=KNOWN)
    assert read["Đơn vị"].to_pylist() == ["Phường Bến Nghé", "Trần Hưng Đạo"]


@pytest.mark.full
def test_the_sheet_with_the_answers_is_found(make_xlsx: MakeXlsx, xml: Any) -> None:
    path = make_xlsx(
        {
            "Hướng dẫn": xml.table(["Cách ghi", "Ví dụ"], ["1", "2"]),
            "Danh mục": xml.table(["Mã phiếu", "Tên"], ["P9", "x"]),
            "Ẩn": xml.table(["Mã phiếu", "I.A1", "I.A2"], ["P8", 1, 1]),
            "Phiếu": xml.table(["Mã phiếu", "I.A1", "I.A2"], ["P1", 5, 4]),
            "Mẫu trắng": xml.table(["Mã phiếu", "I.A1", "I.A2"]),
        },
        hidden=["Ẩn"],
    )
    table = read_table(path, known_headers=KNOWN)
    assert (table["_sheet"].to_pylist(), table["Mã phiếu"].to_pylist()) == (["Phiếu"], ["P1"])
    assert read_table(path, known_headers=KNOWN, sheet="Danh mục")["Mã phiếu"].to_pylist() == ["P9"]
    assert read_table(path, known_headers=KNOWN, sheet="Ẩn")["Mã phiếu"].to_pylist() == ["P8"]
    assert read_table(path)["_sheet"].to_pylist() == ["Hướng dẫn"]
    assert refusal(path, sheet="Không có").rule == "files.no_sheet"
    assert refusal(path, known_headers=KNOWN, sheet="Hướng dẫn").rule == "files.no_header"
    assert refusal(path, known_headers=KNOWN, sheet="Mẫu trắng").rule == "files.no_rows"


def test_two_sheets_with_answers_are_not_chosen_between(make_xlsx: MakeXlsx, xml: Any) -> None:
    answers = xml.table(["Mã phiếu", "I.A1"], ["P1", 5])
    error = refusal(make_xlsx({"Tổ 1": answers, "Tổ 2": answers}), known_headers=KNOWN)
    assert (error.rule, error.got) == ("files.several_sheets", "Tổ 1, Tổ 2")


def test_sheet_names_with_xml_signs(make_xlsx: MakeXlsx, xml: Any) -> None:
    table = read_table(make_xlsx({"A &amp; B &lt;1&gt;": xml.table(["a", "b"], [1, 2])}))
    assert table["_sheet"].to_pylist() == ["A & B <1>"]


def test_shared_strings_and_styles_of_a_real_writer(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Phiếu")
    bold = book.add_format({"bold": True, "num_format": "0%"})
    sheet.write_row(0, 0, ["Mã phiếu", "I.A1", "Tỷ lệ"])
    sheet.write_row(1, 0, ["P1", 5])
    sheet.write_number(1, 2, 0.85, bold)
    sheet.set_column(0, 16_383, 12, bold)
    sheet.write_blank(5_000, 100, None, bold)
    book.close()
    table = read_table(path, known_headers=KNOWN)
    assert table.to_pydict()["Tỷ lệ"] == ["0.85"]
