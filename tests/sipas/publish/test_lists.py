"""Lists as workbooks: what stands in the cells, the same bytes again, rows high enough, nothing live."""

import re
import zipfile
from dataclasses import replace
from io import BytesIO

import openpyxl
import pandas as pd
import pytest

from sipas.publish.field.listforms import FORMS
from sipas.publish.field.lists import LIST_COLUMNS, ListFacts, list_workbook
from sipas.publish.xlsx.official import MOTTO, NATION, Office, high_enough
from sipas.publish.xlsx.paper import column_points, printable, row_points

OFFICE = Office("Bưu điện tỉnh", "UBND tỉnh Giả Định", "Giả Định", 2026)
FACTS = ListFacts("thu-2026", "Khảo sát thử", OFFICE, "X07", "Phường Cầu Sắt", ("Lê Thị Hoa, 0901",), True)
LONG = "THÔN ĐÔNG THƯỢNG, XÃ TÂN VÂN HẠ (TRƯỚC LÀ XÃ VÂN HẠ, HUYỆN TÂN SƠN), ĐỐI DIỆN TRẠM Y TẾ CŨ, TỈNH GIẢ ĐỊNH"
ROWS = pd.DataFrame(
    [
        ("GD26-X07-0001-K3", "Nguyễn Thị Ngọc", "0912345678", "Số 1, Trần Hưng Đạo", "Hậu – DTV01", "S01, X60"),
        ("GD26-X07-0002-K3", '=HYPERLINK("http://x")', "+84912", LONG, "", ""),
        ("GD26-X07-0003-K3", "Đỗ An", "", "", "Hậu – DTV01", "X60"),
    ],
    columns=list(LIST_COLUMNS),
    dtype="str",
)


def book_of(kind: str, rows: pd.DataFrame = ROWS, payment: int = 50_000) -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(list_workbook(kind, FACTS, rows, payment_per_form=payment)))


def texts(sheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


@pytest.mark.parametrize("kind", list(FORMS))
def test_every_list_has_its_head_its_people_and_its_signers(kind: str) -> None:
    found = texts(book_of(kind).worksheets[0])
    head = [NATION, MOTTO, "UBND TỈNH GIẢ ĐỊNH", "BƯU ĐIỆN TỈNH", "Giả Định, ngày ..... tháng ..... năm 2026"]
    for text in [*head, FORMS[kind].title.upper(), "Đơn vị: Phường Cầu Sắt (mã X07) – 3 phiếu"]:
        assert text in found
    assert any("CÓ DỮ LIỆU CÁ NHÂN" in text for text in found)
    assert any("SỐ LIỆU GIẢ LẬP" in text for text in found)
    assert "Cán bộ đầu mối: Lê Thị Hoa, 0901" in found
    for column in ("case_id", "name", "address"):
        shown = [text for text in found if text in set(ROWS[column]) - {""}]
        assert shown == [text for text in ROWS[column] if text]  # all of them, in the order given
    for signer in FORMS[kind].signers:
        assert any(text.startswith(signer.upper()) for text in found)


@pytest.mark.parametrize("kind", list(FORMS))
def test_the_same_rows_give_the_same_bytes_and_nothing_is_live(kind: str) -> None:
    data = list_workbook(kind, FACTS, ROWS, payment_per_form=50_000)
    assert data == list_workbook(kind, FACTS, ROWS.copy(), payment_per_form=50_000)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name) and b"<hyperlink" not in archive.read(name)


@pytest.mark.parametrize("kind", list(FORMS))
def test_pages_are_a4_with_repeated_head_numbers_and_a_mark_for_personal_data(kind: str) -> None:
    sheet = book_of(kind).worksheets[0]
    assert sheet.page_setup.paperSize == 9 and sheet.page_setup.orientation == "landscape"
    assert re.fullmatch(r"\$(\d+):\$\1", sheet.print_title_rows)
    row = int(sheet.print_title_rows.split("$")[-1])
    assert sheet.cell(row, 1).value == "STT"
    assert "&P/&N" in sheet.oddFooter.right.text
    assert "CÓ DỮ LIỆU CÁ NHÂN" in sheet.oddHeader.right.text


@pytest.mark.parametrize("kind", list(FORMS))
def test_columns_fit_the_page_at_a_readable_scale(kind: str) -> None:
    width = sum(column_points(field.width) for field in FORMS[kind].fields)
    assert printable(landscape=True)[0] / width > 0.85


def test_rows_hold_capitals_whole() -> None:
    width = 38.0
    plain, capitals = high_enough([(LONG.lower(), width)], 10), high_enough([(LONG, width)], 10)
    assert capitals > plain >= row_points([(LONG.lower(), width)])
    assert high_enough([("x", width)], 30) == 30
    assert high_enough([("x " * 40_000, width)], 30) == 409
    sheet = book_of("field").worksheets[0]
    row = next(cell.row for line in sheet.iter_rows() for cell in line if cell.value == LONG)
    assert sheet.row_dimensions[row].height == pytest.approx(capitals, abs=0.75)


def test_payment_says_amounts_sum_and_the_sum_in_words() -> None:
    sheet = book_of("payment").worksheets[0]
    amounts = [cell.value for line in sheet.iter_rows() for cell in line if isinstance(cell.value, (int, float))]
    assert amounts == [1, 50_000, 2, 50_000, 3, 50_000, 150_000]
    assert "Số tiền bằng chữ: Một trăm năm mươi nghìn đồng." in texts(sheet)


def test_labels_only_for_those_who_have_an_address() -> None:
    labels = texts(book_of("postal").worksheets[1])
    assert len(labels) == 2
    assert (
        labels[0]
        == "Kính gửi: Nguyễn Thị Ngọc\nĐịa chỉ: Số 1, Trần Hưng Đạo\nĐiện thoại: 0912345678\nMã phiếu: GD26-X07-0001-K3"
    )
    assert LONG in labels[1]


def test_a_list_without_anybody_known_still_prints() -> None:
    blank = ROWS.assign(name="", phone="", address="", interviewer="")
    assert texts(book_of("postal", blank).worksheets[1]) == []
    assert "GD26-X07-0003-K3" in texts(book_of("field", blank).worksheets[0])


def test_a_list_of_raters_shows_the_units_of_each_and_what_their_ids_mean() -> None:
    facts = replace(
        FACTS, unit_id="HDND", unit_vi="Đại biểu", is_group=True, rated_units=(("S01", "Sở Một"), ("X60", "Xã"))
    )
    book = openpyxl.load_workbook(BytesIO(list_workbook("raters", facts, ROWS)))
    found = texts(book.worksheets[0])
    assert "Nhóm: Đại biểu (mã HDND) – 3 phiếu" in found
    assert [text for text in found if text in ("S01, X60", "X60")] == ["S01, X60", "X60"]
    assert texts(book.worksheets[1])[-3:] == ["2", "X60", "Xã"]
