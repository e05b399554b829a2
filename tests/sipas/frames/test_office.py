"""Lists as offices send them: every row is counted under one kind, and only data reach the frame."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from errors import FaultsFound
from sipas.files import layout_of, read_table
from sipas.frames import SOURCE_KINDS, build_frame, source_counts

HEADER = ["STT", "dossier_no", "unit_id_at_event", "event_date", "result_status", "person_no"]


def data_row(number: int) -> list[object]:
    return [number, f"H{number:03d}", "X05", "2026-03-01", "Đã giải quyết", f"01{number:03d}"]


def read(path: Path, rules, register) -> tuple[object, dict[str, int], tuple[str, ...]]:
    table = read_table(path, known_headers=[one.header for one in rules.headings], every_sheet=True)
    rows = table.to_pandas()
    done = build_frame(rows, rules, register, lambda one: one.encode().ljust(32), path.name)
    return done, source_counts(done.kinds, rows, layout_of(table)), layout_of(table).skipped


def save(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_list_with_everything_around_it(tmp_path: Path, make_round: Callable[..., object], register) -> None:
    rows: list[list[object]] = [
        ["ỦY BAN NHÂN DÂN TỈNH", None, None, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"],
        ["DANH SÁCH HỒ SƠ"],
        [],
        HEADER,
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        data_row(1),
        [],
        data_row(2),
        ["Cộng trang", 2],
        HEADER,
        data_row(3),
        [4],
        ["Tổng cộng: 3 hồ sơ"],
        [None, "NGƯỜI LẬP BIỂU", None, "THỦ TRƯỞNG ĐƠN VỊ"],
        [None, "(Ký, ghi rõ họ tên)"],
        [],
        [None, "Nguyễn Văn A", None, "Trần Thị B"],
    ]
    path = save(tmp_path / "a.xlsx", {"Hồ sơ": rows, "Ghi chú": [["chỉ là ghi chú"]]})
    done, counts, skipped = read(path, make_round(), register)
    assert counts == {
        "title": 3, "header": 1, "blank": 2, "data": 3, "column_numbers": 1, "header_again": 1, "example": 0,
        "total": 2, "signature": 3, "unused": 1,
    }  # fmt: skip
    assert sum(counts.values()) == len(rows) == 17
    assert tuple(counts) == SOURCE_KINDS
    assert len(done.frame) == 3 and skipped == ("Ghi chú",)


def test_one_list_over_several_sheets(tmp_path: Path, make_round, register) -> None:
    other = ["dossier_no", "person_no", "UNIT_ID_AT_EVENT", "result_status", "event_date", "STT"]
    moved = ["H900", "01900", "X06", "Từ chối", "2026-02-01", 1]
    path = save(tmp_path / "a.xlsx", {"A": [HEADER, data_row(1), ["Cộng", 1]], "B": [["Xã B"], other, moved]})
    done, counts, _ = read(path, make_round(), register)
    assert sorted(done.frame["unit_id"]) == ["X05", "X06"]
    assert counts | {"title": 1, "header": 2, "data": 2, "total": 1} == counts and sum(counts.values()) == 6


def test_a_header_of_two_rows(tmp_path: Path, make_round, register) -> None:
    path = tmp_path / "a.xlsx"
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["STT", "Hồ sơ", None, "unit_id_at_event", "Người nộp", None])
    sheet.append([None, "dossier_no", "event_date", None, "person_no", "phone"])
    sheet.append([1, "H1", "2026-01-02", "X05", "01", "09"])
    for area in ("A1:A2", "B1:C1", "D1:D2", "E1:F1"):
        sheet.merge_cells(area)
    sheet["G1"], sheet["G3"] = "result_status", "Từ chối"
    sheet.merge_cells("G1:G2")
    book.save(path)
    done, counts, _ = read(path, make_round(fields=["phone"]), register)
    assert counts | {"header": 2, "data": 1} == counts
    assert done.frame[["unit_id", "result_status", "has_contact"]].to_numpy().tolist() == [["X05", "refused", True]]


def test_a_running_number_by_formula(tmp_path: Path, make_round, register) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet()
    for at, name in enumerate(HEADER):
        sheet.write_string(0, at, name)
    sheet.write_formula(1, 0, "=ROW()-1", None, 1)
    for at, cell in enumerate(data_row(1)[1:], start=1):
        sheet.write_string(1, at, str(cell))
    book.close()
    assert len(read(path, make_round(), register)[0].frame) == 1


@pytest.mark.parametrize(
    "row",
    [
        [9, None, "X05", "2026-03-01", "Đã giải quyết", "01"],  # no number of the dossier
        [9, "H009", "X05", None, None, None],
        [None, "Cộng tác viên", "X05", "2026-03-01", "Đã giải quyết", "01"],
        ["Tổng cục Thuế", "H9", None, None, None, None],
    ],
)
def test_rows_that_lack_something_are_faults_and_never_dropped(tmp_path: Path, make_round, register, row) -> None:
    path = save(tmp_path / "a.xlsx", {"A": [HEADER, data_row(1), row, ["Tổng", 2]]})
    if row[1] == "Cộng tác viên":
        assert len(read(path, make_round(), register)[0].frame) == 2
        return
    with pytest.raises(FaultsFound) as caught:
        read(path, make_round(), register)
    assert {one.row for one in caught.value.faults} == {3}


def test_a_signature_in_the_middle_is_no_end(tmp_path: Path, make_round, register) -> None:
    rows = [HEADER, data_row(1), [None, "Người lập biểu"], data_row(2)]
    with pytest.raises(FaultsFound) as caught:
        read(save(tmp_path / "a.xlsx", {"A": rows}), make_round(), register)
    assert {one.row for one in caught.value.faults} == {3}
