"""A round with several surveys: sheets, titles, figures and method of each; one survey needs no such words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

import pytest
from made_up_results import with_survey
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from sipas.indices import IndexDefinition
from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.workbook import round_workbook

pytestmark = pytest.mark.full

SIPAS = "Đo lường sự hài lòng (SIPAS)"
DELEGATES = "Lấy ý kiến đại biểu Hội đồng nhân dân cấp xã về kết quả cải cách hành chính"
OF_SIPAS = ("Điểm điều tra", "Theo tiêu chí", "Tình hình phiếu", "Tệp đã nhận", "Quyền số", "Tổng biên")
OF_DELEGATES = OF_SIPAS[:-1]


def unranked(results: RoundResults) -> RoundResults:
    """The surveys alone, without rulebooks: quickly drawn."""
    return replace(results, rulebooks=(), ranked=results.ranked.head(0), unit_sheets=results.unit_sheets.head(0))


def texts(sheet: Worksheet) -> list[str]:
    return [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]


def test_each_survey_has_its_sheets_together_under_its_number(joint: Workbook) -> None:
    wanted = [*(f"{name} 1" for name in OF_SIPAS), *(f"{name} 2" for name in OF_DELEGATES), "Phương pháp"]
    assert joint.sheetnames[7:] == wanted


def test_short_names_stand_in_place_of_numbers_within_31_characters(
    opened: Callable[[bytes], Workbook], joint_results: RoundResults
) -> None:
    named = unranked(joint_results)
    for place, short_vi in enumerate(("SIPAS", "đại biểu Hội đồng nhân dân")):
        named = with_survey(named, place, short_vi=short_vi)
    book = opened(round_workbook(named))
    assert "Tình hình phiếu SIPAS" in book.sheetnames
    assert "Tình hình phiếu đại biểu Hội" in book.sheetnames
    assert max(map(len, book.sheetnames)) <= 31


def test_titles_name_the_survey(joint: Workbook) -> None:
    for name in OF_SIPAS[2:]:
        assert SIPAS.upper() in joint[f"{name} 1"]["A2"].value
    for name in OF_DELEGATES[2:]:
        assert DELEGATES.upper() in joint[f"{name} 2"]["A2"].value
    for name in OF_SIPAS[:2]:
        assert DELEGATES in texts(joint[f"{name} 2"])


def test_list_of_sheets_is_in_parts_with_working_links(joint: Workbook) -> None:
    sheet = joint["Mục lục"]
    links = {cell.value: cell.hyperlink.location for row in sheet.iter_rows() for cell in row if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in joint.sheetnames[1:]}
    first = [str(sheet.cell(row, 1).value) for row in range(1, sheet.max_row + 1)]
    parts = ["Xếp hạng", f"1. {SIPAS}", f"2. {DELEGATES}", "Chung cho cả đợt"]
    assert [text for text in first[first.index("STT") :] if text in parts] == parts


def test_key_figures_of_each_survey(joint_results: RoundResults, joint: Workbook) -> None:
    sheet = joint["Mục lục"]
    shown = [[sheet.cell(row, column).value for column in (1, 3)] for row in range(1, sheet.max_row + 1)]
    for survey, heading in zip(joint_results.surveys, (f"1. {SIPAS}", f"2. {DELEGATES}"), strict=True):
        start = next(place for place, row in enumerate(shown) if row[0] == heading)
        totals = [int(survey.fieldwork.returns.by_unit[name].sum()) for name in ("n_issued", "n_returned", "n_valid")]
        assert [row[1] for row in shown[start + 1 : start + 4]] == totals
    index = next(row for row in shown if row[0] == "Đánh giá của đại biểu Hội đồng nhân dân toàn tỉnh (%)")
    scores = joint_results.surveys[1].index_scores.set_index(["unit_id", "node_code"])["value_pct"]
    assert index[1] == pytest.approx(scores["T00", "DB"], abs=1e-6)


def test_groups_that_a_survey_did_not_ask_about_are_left_out(joint: Workbook) -> None:
    for name in OF_DELEGATES:
        assert "Sở Nội vụ" not in texts(joint[f"{name} 2"])
    assert "Sở Nội vụ" in texts(joint["Điểm điều tra 1"])


def test_rare_states_of_rows_have_columns_where_there_are_any(find: Callable[..., Cell], joint: Workbook) -> None:
    sheet = joint["Tệp đã nhận 2"]
    head = find(sheet, "Số dòng").row
    assert [cell.value for cell in sheet[head][4:]] == [
        "Số dòng", "Chấp nhận", "Quá hạn", "Trùng lặp", "Để riêng", "Bị thay thế", "Chờ xử lý",
    ]  # fmt: skip
    numbers = [cell.value for cell in sheet[head + 1][4:]]
    assert numbers == [1060, 1020, 25, 3, 2, 6, 4]
    assert numbers[0] == sum(numbers[1:])
    assert "Số dòng = chấp nhận + quá hạn + trùng lặp + để riêng + bị thay thế + chờ xử lý." in texts(sheet)
    assert "Số dòng = chấp nhận + quá hạn + trùng lặp + để riêng." in texts(joint["Tệp đã nhận 1"])


def test_weights_speak_of_the_survey_not_of_the_round(joint: Workbook) -> None:
    assert "Toàn phiếu khảo sát" in texts(joint["Quyền số 2"])
    assert "Toàn đợt" not in texts(joint["Quyền số 2"])


def test_method_has_a_block_for_each_survey(joint_results: RoundResults, joint: Workbook) -> None:
    said = texts(joint["Phương pháp"])
    first, second, common = (said.index(text) for text in (f"1. {SIPAS}", f"2. {DELEGATES}", "Chung cho cả đợt"))
    for survey, block in zip(joint_results.surveys, (said[first:second], said[second:common]), strict=True):
        manifest = survey.fieldwork.manifest
        forms = int(survey.fieldwork.returns.by_unit["n_issued"].sum())
        assert {survey.index.title_vi, manifest["seed"], manifest["public_value"]["value"]} <= set(block)
        assert f"{forms:,}".replace(",", ".") == block[block.index("Phiếu phát ra") + 1]
        assert any(text.startswith("n = 3.480; hệ số thiết kế theo Kish ") for text in block)
        assert survey.facts[0].value in block
    assert "sáp nhập vào X08, theo 123/QĐ-UBND" in said[common:]
    assert any(text.endswith("mục DB của Đánh giá của đại biểu Hội đồng nhân dân") for text in said[common:])


def test_an_index_of_means_without_contents_is_not_told_as_a_share(
    opened: Callable[[bytes], Workbook], joint_results: RoundResults
) -> None:
    """Title, list of sheets and method say what the values are, and name only levels that the index has."""
    flat, results = {"DB.A", "DB.AA"}, unranked(joint_results)
    survey = results.surveys[1]
    nodes = tuple(
        node.model_copy(update={"parent": "DB" if node.parent else ""})
        for node in survey.index.nodes
        if node.node_code not in flat
    )
    means = IndexDefinition(**{**survey.index.model_dump(), "item_value": "mean", "full_code": 5, "nodes": nodes})
    scores = survey.index_scores[~survey.index_scores["node_code"].isin(flat)]
    book = opened(round_workbook(with_survey(results, 1, index=means, index_scores=scores)))
    title, sipas = (f"{index.title_vi} năm 2026: ".upper() for index in (means, results.surveys[0].index))
    for sheet, words in (
        ("Theo tiêu chí 2", f"{title}ĐIỂM TRUNG BÌNH THEO TỪNG TIÊU CHÍ (%)"),
        ("Theo tiêu chí 1", f"{sipas}TỶ LỆ HÀI LÒNG THEO TỪNG TIÊU CHÍ (%)"),
        ("Điểm điều tra 2", f"{title}GIÁ TRỊ VÀ SAI SỐ"),
        ("Điểm điều tra 1", f"{sipas}GIÁ TRỊ THEO NỘI DUNG VÀ YẾU TỐ"),
    ):
        assert words in texts(book[sheet])
    listed = texts(book["Mục lục"])
    assert f"{means.title_vi}: giá trị, sai số theo đơn vị" in listed
    assert f"{means.title_vi}: điểm trung bình từng tiêu chí theo đơn vị" in listed
    said = texts(book["Phương pháp"])
    for words in ("Trung bình cộng điểm trung bình", "Trung bình cộng tỷ lệ hài lòng"):
        assert sum(text.startswith(f"{words} của các tiêu chí") for text in said) == 1


def test_reopening_stands_on_the_contents_and_in_the_method(find: Callable[..., Cell], joint: Workbook) -> None:
    said = "lần 1, ngày 20/06/2026, lý do: nhận thêm phiếu của ba xã vùng lũ"
    assert f"Mở lại đợt: {said}" in texts(joint["Mục lục"])
    line = find(joint["Phương pháp"], "Mở lại đợt").row + 1
    assert ", ".join(str(cell.value) for cell in joint["Phương pháp"][line][:2]) == said


def test_survey_whose_values_another_agency_gave_has_no_sheets_of_forms(
    opened: Callable[[bytes], Workbook], joint_results: RoundResults
) -> None:
    given = with_survey(unranked(joint_results), 1, fieldwork=None, source_vi="Cổng dịch vụ công")
    book = opened(round_workbook(given))
    assert [name for name in book.sheetnames if name.endswith(" 2")] == ["Điểm điều tra 2", "Theo tiêu chí 2"]
    said = texts(book["Phương pháp"])
    assert "Không phát phiếu; giá trị do cơ quan khác cung cấp" in said
    assert "Giá trị do cơ quan khác cung cấp: Cổng dịch vụ công" in said
    assert texts(book["Mục lục"]).count("Số phiếu phát ra") == 1
    assert "nguồn: Cổng dịch vụ công" in texts(book["Mục lục"])
    assert "Phường An Bình" in texts(book["Điểm điều tra 2"])


def test_one_survey_is_not_told_from_others(book: Workbook) -> None:
    assert book["Tình hình phiếu"]["A2"].value == "TÌNH HÌNH PHÁT, THU PHIẾU NĂM 2026"
    assert "Chung cho cả đợt" not in texts(book["Phương pháp"]) + texts(book["Mục lục"])


def test_row_order_changes_no_byte_of_several_surveys(
    joint_results: RoundResults, shuffled: Callable[[RoundResults, int], RoundResults]
) -> None:
    results = unranked(joint_results)
    assert round_workbook(shuffled(results, 3)) == round_workbook(results)


def test_no_english_word_is_left_with_several_surveys(
    cells: Callable[[Workbook], Iterator[Cell]], joint: Workbook, strange_words: Callable[[Iterable[str]], set[str]]
) -> None:
    said = {str(cell.value) for name in joint.sheetnames[7:] for row in joint[name].iter_rows() for cell in row}
    said |= {str(cell.value) for row in joint["Mục lục"].iter_rows() for cell in row}
    codes = ("share_4_5", "share_good", "made-up-gia-dinh/2026-", "made-up-xhh", "phieu-sipas-dot-1", "None")
    for code in codes:
        said = {text.replace(code, "") for text in said}
    assert strange_words(said) <= {"db", "aa", "hh"}
