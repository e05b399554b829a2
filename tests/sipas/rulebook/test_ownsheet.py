"""An office's own table: headers found under titles, numbers worked out, what is unclear asked for with its cell."""

from __future__ import annotations

import datetime
from pathlib import Path

import openpyxl
import pytest

from errors import Fault, FaultsFound
from sipas.files import read_grid
from sipas.rulebook.columnmap import ColumnMap, column_map_text, read_column_map
from sipas.rulebook.numbering import number_codes, split_number
from sipas.rulebook.ownsheet import OwnSheet, read_own_sheet
from sipas.rulebook.skeleton import draft, skeleton

Row = tuple[object, ...]
HEAD: tuple[Row, ...] = (("STT", "Lĩnh vực/Tiêu chí", "Điểm", None, "Ghi chú"), (None, None, "Tối đa", "Tự chấm", None))
BODY: tuple[Row, ...] = (
    ("I", "CHỈ ĐẠO ĐIỀU HÀNH", "=C10+C13", None, None),
    (1, "Kế hoạch CCHC", 4, None, None),
    ("1.1", "Ban hành kế hoạch", "2,5", None, None),
    ("1.2", "Mức độ hoàn thành", 1.5, None, None),
    (2, "Báo cáo", 3, None, None),
    (None, "Chấm theo số báo cáo gửi đúng hạn", None, None, None),
    ("II", "CẢI CÁCH THỂ CHẾ", 5, None, None),
    (1, "Rà soát văn bản", 5, None, None),
    (None, "Tổng cộng", 12, None, None),
    (None, "GIÁM ĐỐC", None, "Nguyễn Văn Giả Định", None),
)


def save(path: Path, body: tuple[Row, ...] = BODY, head: tuple[Row, ...] = HEAD, sheet: str = "Phụ lục") -> Path:
    """Title rows, a merged two-level head, column numbers, rows; the first row of the body is row 8."""
    book = openpyxl.Workbook()
    page = book.active
    page.title = sheet
    page["A1"] = "UBND TỈNH GIẢ ĐỊNH"
    page["D1"] = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
    page["A3"] = "BẢNG TIÊU CHÍ CHẤM ĐIỂM (giả định)"
    for row, cells in enumerate((*head, ("(1)", "(2)", "(3)", "(4)", "(5)"), *body), start=5):
        for column, value in enumerate(cells, start=1):
            cell = page.cell(row, column, value)
            if isinstance(value, datetime.date):
                cell.number_format = "d.m"
    page.merge_cells("C5:D5")
    page.merge_cells("A5:A6")
    # openpyxl keeps no computed values, so the sum stands as Excel would have stored it.
    if page["C8"].value == "=C10+C13":
        page["C8"] = 7
    book.save(path)
    return path


def read(path: Path, known: ColumnMap | None = None) -> OwnSheet:
    return read_own_sheet(read_grid(path), known or ColumnMap(), path.name)


def faults(path: Path, known: ColumnMap | None = None) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as caught:
        read(path, known)
    return caught.value.faults


def changed(row: int, column: int, value: object) -> tuple[Row, ...]:
    rows = [list(one) for one in BODY]
    rows[row][column] = value
    return tuple(map(tuple, rows))


def test_a_table_as_offices_keep_it(tmp_path: Path) -> None:
    own = read(save(tmp_path / "Phụ lục 1.xlsx"))
    assert [(one["code"], one["parent"], one["level"], one["max_points"], one["rule"]) for one in own.criteria] == [
        ("I", "", "area", "7", "sum"),
        ("I.1", "I", "criterion", "4", "sum"),
        ("I.1.1", "I.1", "sub_criterion", "2.5", ""),
        ("I.1.2", "I.1", "sub_criterion", "1.5", ""),
        ("I.2", "I", "criterion", "3", ""),
        ("II", "", "area", "5", "sum"),
        ("II.1", "II", "criterion", "5", ""),
    ]
    assert own.total == 12
    assert own.heads.header_of == {"code": "STT", "name_vi": "Lĩnh vực/Tiêu chí", "max_points": "Điểm Tối đa"}
    assert own.heads.row == 6


@pytest.mark.parametrize(
    ("body", "rule", "row", "letter"),
    [
        (changed(2, 0, datetime.date(2026, 1, 1)), "rulebook.code_is_day", 10, "A"),
        (changed(2, 2, datetime.date(2026, 5, 2)), "rulebook.number_is_day", 10, "C"),
        (changed(3, 0, 1.1), "rulebook.number_order", 11, "A"),
        (changed(3, 0, "3.1"), "rulebook.number_parent", 11, "A"),
        (changed(3, 0, "mục"), "rulebook.number_unknown", 11, "A"),
        (changed(3, 0, None), "rulebook.own_no_number", 11, "A"),
        (changed(3, 2, None), "rulebook.own_no_points", 11, "C"),
        (changed(3, 2, "1,5 hoặc 2"), "rulebook.own_points", 11, "C"),
        (changed(3, 2, 2), "rulebook.own_sum", 9, "C"),
        (changed(8, 2, 13), "rulebook.own_total", 16, "C"),
    ],
)
def test_what_is_unclear_is_asked_for(tmp_path: Path, body, rule: str, row: int, letter: str) -> None:
    found = faults(save(tmp_path / "x.xlsx", body))
    assert (rule, "x.xlsx", "Phụ lục", row) in {(one.rule, one.file, one.sheet, one.row) for one in found}
    assert any(one.rule == rule and one.column.endswith(f"({letter})") for one in found)


def test_a_lost_zero_says_what_was_lost(tmp_path: Path) -> None:
    parts = tuple((float(f"1.{n}"), f"Tiêu chí số {n}", 1) for n in (*range(1, 10), 10))
    found = faults(save(tmp_path / "x.xlsx", ((1, "Lĩnh vực", 10), *parts)))
    assert [(one.rule, one.row, one.expected) for one in found] == [("rulebook.number_order", 18, "1.10")]


def test_all_faults_at_once(tmp_path: Path) -> None:
    rows = [list(one) for one in BODY]
    rows[2][0], rows[3][2], rows[7][0] = datetime.date(2026, 1, 1), "hai", "?"
    found = faults(save(tmp_path / "x.xlsx", tuple(map(tuple, rows))))
    assert {one.row for one in found} == {10, 11, 15}


def test_other_headers_need_a_mapping_and_are_saved(tmp_path: Path) -> None:
    head: tuple[Row, ...] = (("Ký hiệu", "Việc cần làm", "Mức trần", None, None), (None,) * 5)
    path = save(tmp_path / "x.xlsx", head=head)
    assert [one.rule for one in faults(path)] == ["rulebook.own_no_header"]
    known = ColumnMap(columns={"code": "Ký hiệu", "name_vi": "việc  cần làm", "max_points": "Mức trần"})
    own = read(path, known)
    assert len(own.criteria) == 7
    saved = tmp_path / "columns.toml"
    saved.write_text(column_map_text(own.heads), encoding="utf-8")
    problems: list[Fault] = []
    again = read_column_map(saved, problems)
    assert problems == []
    assert again.sheet == "Phụ lục"
    assert read(path, again) == own


def test_one_missing_column_is_named(tmp_path: Path) -> None:
    head: tuple[Row, ...] = (("STT", "Tiêu chí", "Số", None, None), (None,) * 5)
    [fault] = faults(save(tmp_path / "x.xlsx", head=head))
    assert (fault.rule, fault.column, fault.row) == ("rulebook.own_column", "max_points", 5)


def test_two_tables_are_not_chosen_between(tmp_path: Path) -> None:
    path = save(tmp_path / "x.xlsx")
    book = openpyxl.load_workbook(path)
    book.copy_worksheet(book.active).title = "Bản cũ"
    book.save(path)
    assert [one.rule for one in faults(path)] == ["rulebook.own_several"]
    assert read(path, ColumnMap(sheet="Bản cũ")).heads.sheet == "Bản cũ"


def test_an_unknown_role_in_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "columns.toml"
    path.write_text('[columns]\ndiem = "Điểm"\n', encoding="utf-8")
    problems: list[Fault] = []
    read_column_map(path, problems)
    assert [(one.rule, one.column) for one in problems] == [("rulebook.unknown_role", "diem")]


@pytest.mark.parametrize(
    ("printed", "codes", "parents"),
    [
        (["1", "1.1", "1.1.1", "1.2", "2"], ["1", "1.1", "1.1.1", "1.2", "2"], ["", "1", "1.1", "1", ""]),
        (["I.", "1.1.", "II.", "2.1"], ["I", "1.1", "II", "2.1"], ["", "I", "", "II"]),
        (["I", "1", "a)", "b)", "2", "II", "3"], ["I", "1", "1.a", "1.b", "2", "II", "3"], None),
        (["I", "1", "II", "1"], ["I", "I.1", "II", "II.1"], ["", "I", "", "II"]),
        (["A", "B", "C", "D"], ["A", "B", "C", "D"], ["", "", "", ""]),
        (["1", "h)", "i)", "k)"], ["1", "1.h", "1.i", "1.k"], ["", "1", "1", "1"]),
        (["1", "1.9", "1.10", "1.11"], ["1", "1.9", "1.10", "1.11"], ["", "1", "1", "1"]),
    ],
)
def test_codes_from_printed_numbers(printed: list[str], codes: list[str], parents: list[str] | None) -> None:
    found = number_codes(printed)
    assert [one.code for one in found] == codes
    assert parents is None or [one.parent for one in found] == parents


@pytest.mark.parametrize(
    ("text", "number", "name"),
    [
        ("1.1. Kế hoạch", "1.1", "Kế hoạch"),
        ("1.1 Kế hoạch", "1.1", "Kế hoạch"),
        ("IV - CẢI CÁCH", "IV", "CẢI CÁCH"),
        ("a) Đạt", "a", "Đạt"),
        ("Kế hoạch 5", "", "Kế hoạch 5"),
        ("2 đơn vị", "", "2 đơn vị"),
    ],
)
def test_a_number_in_the_cell_of_the_name(text: str, number: str, name: str) -> None:
    assert split_number(text) == (number, name)


def test_a_draft_keeps_what_was_filled_in(tmp_path: Path) -> None:
    own = read(save(tmp_path / "x.xlsx"))
    first = draft(own, skeleton("gd/2027"))
    assert first.settings["max_points"] == "12"
    filled = [{**row, "rule": row["rule"] or "ratio", "owner": "Sở Nội vụ"} for row in first.tables["criteria.csv"]]
    levels = [{"code": "I.2", "level_code": "A"}, {"code": "I.9", "level_code": "A"}]
    base = type(first)(
        first.settings, {**first.tables, "criteria.csv": filled, "levels.csv": levels}, first.remarks, first.others
    )
    again = draft(read(save(tmp_path / "y.xlsx", changed(4, 1, "Báo cáo định kỳ"))), base)
    rules = {row["code"]: row.get("owner", "") for row in again.tables["criteria.csv"]}
    assert rules["I.1.1"] == "Sở Nội vụ"
    assert rules["I.2"] == ""  # another criterion now
    assert [row["code"] for row in again.tables["levels.csv"]] == ["I.2"]
