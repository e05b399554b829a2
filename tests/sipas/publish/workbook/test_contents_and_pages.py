"""The list of sheets, links, warnings, and how pages print."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pandas as pd
import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook

from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.workbook import round_workbook
from sipas.words import word

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def deep_book(results: RoundResults, opened: Callable[[bytes], Workbook]) -> Workbook:
    """The same round with three sub-criteria under every appraised criterion of the departments: 121 criteria."""
    first = results.rulebooks[0]
    split = [leaf for leaf in first.leaves() if not leaf.is_survey]
    criteria, sheets = [], [results.unit_sheets]
    of_first = results.unit_sheets["rulebook_id"] == first.id
    for criterion in first.criteria:
        if criterion not in split:
            criteria.append(criterion)
            continue
        criteria.append(criterion.model_copy(update={"rule": "sum", "score_source": ""}))
        rows = results.unit_sheets[of_first & (results.unit_sheets["criterion_code"] == criterion.code)]
        for n in (1, 2, 3):
            place = {"code": f"{criterion.code}.{n}", "parent": criterion.code, "level": "sub_criterion"}
            share = Decimal("0.5") if n == 3 else Decimal("0.25")
            criteria.append(criterion.model_copy(update={**place, "max_points": criterion.max_points * share}))
            sheets.append(rows.assign(criterion_code=place["code"]))
    changed = first.model_copy(update={"criteria": tuple(criteria)})
    deep = replace(results, rulebooks=(changed, results.rulebooks[1]), unit_sheets=pd.concat(sheets))
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


def test_contents_shows_the_key_figures(find: Callable[..., Cell], results: RoundResults, book: Workbook) -> None:
    sheet = book["Mục lục"]
    by_unit = results.surveys[0].fieldwork.returns.by_unit
    for name, column in (
        ("Số phiếu phát ra", "n_issued"),
        ("Số phiếu thu về", "n_returned"),
        ("Số phiếu hợp lệ", "n_valid"),
    ):
        assert sheet.cell(find(sheet, name).row, 3).value == int(by_unit[column].sum())
    scores = results.surveys[0].index_scores.set_index(["unit_id", "node_code", "variant"])["value_pct"]
    shown = sheet.cell(find(sheet, "Chỉ số hài lòng toàn tỉnh (%)").row, 3).value
    assert shown == pytest.approx(scores["T00", "SIPAS", "official"], abs=1e-6)
    assert sheet.cell(find(sheet, "Số đơn vị được đánh giá: sở, ban, ngành").row, 3).value == 18


def test_made_up_round_says_so_on_every_sheet_and_page(find: Callable[..., Cell], book: Workbook) -> None:
    for sheet in book.worksheets:
        assert find(sheet, word("notice", "made_up")).row <= 5
        assert "SỐ LIỆU GIẢ LẬP" in sheet.oddHeader.right.text


def test_official_round_has_no_such_words(
    opened: Callable[[bytes], Workbook], cells: Callable[[Workbook], Iterator[Cell]], results: RoundResults
) -> None:
    head = results.head.model_copy(update={"made_up": False})
    rulebooks = tuple(rulebook.model_copy(update={"made_up": False}) for rulebook in results.rulebooks)
    official = opened(round_workbook(replace(results, head=head, rulebooks=rulebooks)))
    assert all("GIẢ LẬP" not in str(cell.value) for cell in cells(official))
    assert official["Mục lục"].oddHeader.right.text == "Theo biên bản công bố kèm theo"
    assert "3f1c9a7b5d2e" in official["Mục lục"].oddFooter.left.text


@pytest.mark.parametrize("made_up", ["head", "rulebook", "index", ""])
def test_a_round_with_a_made_up_part_is_made_up(results: RoundResults, made_up: str) -> None:
    survey = results.surveys[0]
    parts = replace(
        results,
        head=results.head.model_copy(update={"made_up": made_up == "head"}),
        rulebooks=(results.rulebooks[0].model_copy(update={"made_up": made_up == "rulebook"}),),
        surveys=(replace(survey, index=survey.index.model_copy(update={"made_up": made_up == "index"})),),
    )
    assert parts.is_made_up == bool(made_up)


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
