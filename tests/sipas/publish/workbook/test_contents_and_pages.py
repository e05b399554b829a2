"""The list of sheets, links, warnings, and how pages print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pandas as pd
import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook

from sipas.publish.labels import MADE_UP
from sipas.publish.round.pack import RoundPack
from sipas.publish.round.workbook import round_workbook

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def deep_book(pack: RoundPack, opened: Callable[[bytes], Workbook]) -> Workbook:
    """The same round with three sub-criteria under every appraised criterion of the departments: 121 criteria."""
    first = pack.rulebooks[0]
    split = [one for one in first.criteria if one.parent and not one.is_survey]
    criteria, sheets = [], [pack.sheets]
    for one in first.criteria:
        criteria.append(replace(one, rule="sum", score_source="") if one in split else one)
        if one in split:
            parts = [replace(one, code=f"{one.code}.{n}", parent=one.code, level="sub_criterion") for n in (1, 2, 3)]
            criteria += parts
            rows = pack.sheets[
                (pack.sheets["criterion_code"] == one.code) & (pack.sheets["rulebook_id"] == first.rulebook_id)
            ]
            sheets += [rows.assign(criterion_code=part.code) for part in parts]
    deep = replace(
        pack, rulebooks=(replace(first, criteria=tuple(criteria)), pack.rulebooks[1]), sheets=pd.concat(sheets)
    )
    return opened(round_workbook(deep))


def test_links_lead_to_the_blocks_of_the_units(book: Workbook) -> None:
    sheet = book["Kết quả sở, ban, ngành"]
    linked = [cell for row in sheet.iter_rows(min_row=2) for cell in row if cell.hyperlink]
    assert len(linked) == 18
    for cell in linked:
        name, _, place = cell.hyperlink.location.rpartition("!")
        assert book[name.strip("'")][place].value == cell.value


def test_contents_lists_every_sheet_with_a_working_link(book: Workbook) -> None:
    sheet = book["Mục lục"]
    links = {cell.value: cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames if name != "Mục lục"}


def test_every_sheet_leads_back_to_the_contents(book: Workbook) -> None:
    for sheet in book.worksheets[1:]:
        assert sheet["A1"].hyperlink.location == "'Mục lục'!A1"
        assert "$A$2:" in sheet.print_area


def test_contents_shows_the_key_figures(find: Callable[..., Cell], pack: RoundPack, book: Workbook) -> None:
    sheet = book["Mục lục"]
    for name, column in (
        ("Số phiếu phát ra", "n_issued"),
        ("Số phiếu thu về", "n_returned"),
        ("Số phiếu hợp lệ", "n_valid"),
    ):
        assert sheet.cell(find(sheet, name).row, 3).value == int(pack.surveys[0].responses[column].sum())
    scores = pack.index_scores.set_index(["unit_id", "node_code", "variant"])["value_pct"]
    shown = sheet.cell(find(sheet, "Chỉ số hài lòng toàn tỉnh (%)").row, 3).value
    assert shown == pytest.approx(scores["T00", "SIPAS", "official"], abs=1e-6)
    assert sheet.cell(find(sheet, "Số đơn vị được đánh giá: sở, ban, ngành").row, 3).value == 18


def test_made_up_round_says_so_on_every_sheet_and_page(find: Callable[..., Cell], book: Workbook) -> None:
    for sheet in book.worksheets:
        assert find(sheet, MADE_UP).row <= 5
        assert "SỐ LIỆU GIẢ LẬP" in sheet.oddHeader.right.text


def test_official_round_has_no_such_words(
    opened: Callable[[bytes], Workbook], cells: Callable[[Workbook], Iterator[Cell]], pack: RoundPack
) -> None:
    facts = replace(pack.facts, is_made_up=False, release="released", release_no=2)
    official = opened(round_workbook(replace(pack, facts=facts)))
    assert all("GIẢ LẬP" not in str(cell.value) for cell in cells(official))
    assert official["Mục lục"].oddHeader.right.text == "Bản công bố số 2"
    assert "3f1c9a7b5d2e" in official["Mục lục"].oddFooter.left.text


def test_training_round_is_marked(
    opened: Callable[[bytes], Workbook], cells: Callable[[Workbook], Iterator[Cell]], pack: RoundPack
) -> None:
    facts = replace(pack.facts, is_made_up=False, is_training=True)
    training = opened(round_workbook(replace(pack, facts=facts)))
    assert any("ĐỢT TẬP HUẤN" in str(cell.value) for cell in cells(training))


def test_pages_are_a4_with_repeated_heads_and_page_numbers(book: Workbook) -> None:
    for sheet in book.worksheets:
        assert str(sheet.page_setup.paperSize) == "9"
        assert sheet.oddFooter.right.text == "Trang &P/&N"
    for name in ("Kết quả xã, phường, đặc khu", "Phiếu điểm sở, ban, ngành", "Điểm điều tra", "Tình hình phiếu"):
        assert book[name].print_title_rows
    assert book["Kết quả xã, phường, đặc khu"].page_setup.fitToHeight == 0
    assert book.worksheets[0].page_setup.fitToHeight in (
        None,
        1,
    )  # the list of sheets is one page, however many there are
    assert book["Kết quả xã, phường, đặc khu"].sheet_properties.pageSetUpPr.fitToPage


def test_every_unit_starts_a_page_of_its_own(book: Workbook) -> None:
    sheet = book["Phiếu chi tiết xã, phường"]
    breaks = [one.id for one in sheet.row_breaks.brk]
    assert len(breaks) == 59
    assert sheet.cell(breaks[0] + 1, 1).value == "Phường An Hòa"
    assert sheet.cell(breaks[-1] + 1, 1).value == "Đặc khu Hòn Giả"
    assert 55 <= int(sheet.page_setup.scale) <= 100


def test_matrix_is_cut_between_areas_and_repeats_the_units(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Phiếu điểm xã, phường, đặc khu"]
    codes = find(sheet, "1.1").row
    breaks = [one.id for one in sheet.col_breaks.brk]
    assert breaks
    assert all("." not in str(sheet.cell(codes, column + 1).value) for column in breaks)
    assert sheet.print_title_cols.replace("$", "") == "A:B"
    assert sheet.freeze_panes.startswith("C")


def test_every_page_of_a_wide_matrix_names_its_section(find: Callable[..., Cell], deep_book: Workbook) -> None:
    sheet = deep_book["Phiếu điểm sở, ban, ngành"]
    codes = find(sheet, "1.1.1").row
    starts = [3, *(one.id + 1 for one in sheet.col_breaks.brk)]
    assert len(starts) > 4
    for column in starts:
        section, code = (str(sheet.cell(row, column).value) for row in (codes - 1, codes))
        expected = "Tổng hợp" if code == "None" else code[0]
        assert section.split(".")[0].removeprefix("Lĩnh vực ") == expected
    titles = {sheet.cell(2, column).value for column in starts}
    assert titles == {"BẢNG ĐIỂM THEO LĨNH VỰC VÀ TIÊU CHÍ NĂM 2026"}


def test_long_unit_pages_stay_readable(find: Callable[..., Cell], deep_book: Workbook) -> None:
    sheet = deep_book["Phiếu chi tiết sở, ban, ngành"]
    assert int(sheet.page_setup.scale) >= 53
    cell = find(sheet, "1.1.1")
    assert cell.offset(column=1).alignment.indent == 2
    assert cell.offset(row=-1, column=1).alignment.indent == 1
