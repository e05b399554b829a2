"""Ranks, classes, score matrices and unit pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook

from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.workbook import round_workbook


def test_ranking_is_sorted_by_rank_then_register_with_typed_numbers(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    sheet = book["Kết quả xã, phường, đặc khu"]
    head = find(sheet, "Thứ hạng").row
    shown = [[cell.value for cell in row[:6]] for row in sheet.iter_rows(min_row=head + 1, max_row=head + 60)]
    names = results.unit_names
    mine = results.ranked[results.ranked["rulebook_id"].str.endswith("-xa")]
    mine = mine.assign(place=mine["unit_id"].map(list(names).index)).sort_values(["rank", "place"])
    assert [row[0] for row in shown] == mine["rank"].tolist()
    assert [row[1] for row in shown] == [names[unit_id] for unit_id in mine["unit_id"]]
    assert [Decimal(str(row[2])) for row in shown] == mine["total_shown"].tolist()
    assert [Decimal(str(row[4])) for row in shown] == mine["index_shown"].tolist()
    assert sheet.cell(head + 1, 5).data_type == "n"
    assert sheet.cell(head + 1, 5).number_format.startswith("#,##0.00")


def test_class_summary_counts_every_unit_once(find: Callable[..., Cell], results: RoundResults, book: Workbook) -> None:
    sheet = book["Kết quả xã, phường, đặc khu"]
    first = find(sheet, "Xếp loại", column=1).row + 1
    counts = [sheet.cell(row, 3).value for row in range(first, first + 5)]
    wanted = results.ranked[results.ranked["rulebook_id"].str.endswith("-xa")]["class_name_vi"].value_counts()
    assert counts[:4] == [int(wanted.get(name, 0)) for name in ("Xuất sắc", "Tốt", "Khá", "Trung bình")]
    assert counts[4] == sum(counts[:4]) == 60


def test_survey_leaves_carry_their_trace_address(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    sheet = book["Phiếu điểm sở, ban, ngành"]
    code, unit = find(sheet, "8.1"), find(sheet, "Sở Y tế")
    note = sheet.cell(unit.row, code.column).comment
    assert "gia-dinh-2026/S08/made-up-gia-dinh/2026-so/8.1" in note.text
    notes = [cell for row in sheet.iter_rows() for cell in row if cell.comment]
    n_survey = sum(criterion.is_survey for criterion in results.rulebooks[0].criteria)
    assert len(notes) == 18 * n_survey
    assert all(cell.fill.fgColor.rgb == "FFFFF3D1" for cell in notes)


def test_not_applicable_is_kad_and_no_cases_is_italic(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Phiếu điểm sở, ban, ngành"]
    assert sheet.cell(find(sheet, "Sở Khoa học và Công nghệ").row, find(sheet, "6.3").column).value == "KAD"
    no_cases = sheet.cell(find(sheet, "Sở Ngoại vụ").row, find(sheet, "3.4").column)
    assert (no_cases.value, no_cases.font.italic) == (2, True)


def test_areas_of_the_matrix_add_up_to_the_total(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    sheet = book["Phiếu điểm xã, phường, đặc khu"]
    codes = find(sheet, "1.1").row
    areas = [cell.column for cell in sheet[codes] if re.fullmatch(r"[1-8]", str(cell.value))]
    total = find(sheet, "Tổng điểm").column
    first = find(sheet, "Phường An Bình").row
    assert len(areas) == 8
    for row in range(first, first + 60):
        parts = sum(Decimal(str(sheet.cell(row, column).value)) for column in areas)
        assert parts == Decimal(str(sheet.cell(row, total).value))


def test_unit_page_tells_status_source_and_reason(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Phiếu chi tiết sở, ban, ngành"]
    start = find(sheet, "Sở Khoa học và Công nghệ").row
    rows = {
        str(row[0].value): [cell.value for cell in row] for row in sheet.iter_rows(min_row=start, max_row=start + 46)
    }
    assert rows["6.3"][2:6] == ["–", "–", "Thẩm định", "Không áp dụng"]
    assert rows["6"][2] == 8
    assert rows["8.1"][4] == "Chỉ số điều tra"
    assert rows["8.1"][6].startswith("Giá trị điều tra: ")
    changed = find(sheet, "Sở Tài chính").row
    notes = [sheet.cell(row, 7).value for row in range(changed, changed + 46)]
    assert any("Điều chỉnh: theo kết luận của Hội đồng thẩm định" in str(note) for note in notes)


def test_rank_of_a_unit_page_says_of_how_many(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Phiếu chi tiết sở, ban, ngành"]
    shown = {cell.value for row in sheet.iter_rows() for cell in row if re.fullmatch(r"\d+/\d+", str(cell.value))}
    assert shown == {f"{rank}/18" for rank in range(1, 19)}


@pytest.mark.full
def test_bonus_and_penalty_get_columns_only_where_there_are_any(
    opened: Callable[[bytes], Workbook],
    cells: Callable[[Workbook], Iterator[Cell]],
    find: Callable[..., Cell],
    results: RoundResults,
    book: Workbook,
) -> None:
    assert all(cell.value != "Điểm thưởng" for cell in cells(book))
    ranked = results.ranked.copy()
    ranked.loc[0, ["bonus", "total_shown"]] = [Decimal("1.5"), ranked.loc[0, "total_shown"] + Decimal("1.5")]
    with_bonus = opened(round_workbook(replace(results, ranked=ranked)))
    sheet = with_bonus["Kết quả sở, ban, ngành"]
    column = find(sheet, "Điểm thưởng").column
    head = find(sheet, "Điểm thưởng").row
    assert sorted(sheet.cell(row, column).value for row in range(head + 1, head + 19)) == [0.0] * 17 + [1.5]
