"""Sub-scores, items, forms, files, weights and method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from made_up_results import with_survey
from openpyxl.cell import Cell
from openpyxl.workbook import Workbook

from sipas.publish.round.roundresults import RoundResults
from sipas.publish.round.workbook import round_workbook
from sipas.rulebook import Unscored

pytestmark = pytest.mark.full


def test_survey_sheet_shows_error_interval_and_variants(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    sheet = book["Điểm điều tra"]
    row = find(sheet, "Sở Y tế").row
    shown = [cell.value for cell in sheet[row]]
    scores = results.surveys[0].index_scores.query("unit_id == 'S08'").set_index(["node_code", "variant"])
    official = scores.loc[("SIPAS", "official")]
    assert shown[2] == official["n"]
    assert shown[3:7] == pytest.approx([official[name] for name in ("value_pct", "std_error", "ci_low", "ci_high")])
    assert shown[7] == pytest.approx(scores.loc[("I", "official"), "value_pct"])
    assert shown[9] == pytest.approx(scores.loc[("I.A", "official"), "value_pct"])
    assert shown[18] == pytest.approx(scores.loc[("SIPAS", "weighted"), "value_pct"])
    assert shown[19:21] == pytest.approx([scores.loc[("SIPAS", "users_only"), name] for name in ("value_pct", "n")])


def test_small_unit_keeps_its_overall_and_loses_its_breakdown(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    survey = book["Điểm điều tra"]
    shown = [cell.value for cell in survey[find(survey, "Phường Trường An").row]]
    assert shown[2] == 6
    assert isinstance(shown[3], float)
    assert shown[7:9] == ["<10", "<10"]
    assert shown[-1] == "n nhỏ"
    items = book["Theo tiêu chí"]
    assert {cell.value for cell in items[find(items, "Phường Trường An").row][2:]} == {"<10"}


def test_values_that_earn_points_are_never_hidden(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    survey = book["Điểm điều tra"]
    row = find(survey, "Phường Trường An").row
    head = find(survey, "Số trả lời (n)").row + 1
    shown = {
        str(survey.cell(head, column).value).split(". ")[0]: survey.cell(row, column).value for column in range(8, 19)
    }
    linked = {leaf.link.node_code for leaf in results.rulebooks[0].linked_leaves()} - {"SIPAS"}
    assert linked == {"I.A", "II.B", "II.C"}
    assert {code for code, value in shown.items() if value != "<10"} == linked


def test_one_small_item_is_never_hidden_alone(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Theo tiêu chí"]
    row = find(sheet, "Phường Cái Vồn").row
    codes = find(sheet, "I.A1").row
    hidden = {
        sheet.cell(codes, cell.column).value: cell.value for cell in sheet[row][2:] if isinstance(cell.value, str)
    }
    assert hidden["II.E3"] == "<10"
    assert sorted(hidden.values()) == ["*", "<10"]
    assert all(code.startswith("II.E") for code in hidden)


def test_few_users_are_hidden_too(find: Callable[..., Cell], results: RoundResults, book: Workbook) -> None:
    sheet = book["Điểm điều tra"]
    shown = [cell.value for cell in sheet[find(sheet, "Phường Trường An").row]]
    assert shown[19:21] == ["<10", 4]


def test_units_without_scores_and_forms_are_listed_with_dashes(
    opened: Callable[[bytes], Workbook],
    find: Callable[..., Cell],
    results: RoundResults,
) -> None:
    survey = results.surveys[0]
    tables = {"index_scores": survey.index_scores, "weight_report": survey.fieldwork.weight_report}
    tables |= {name: getattr(survey.fieldwork.returns, name) for name in ("by_unit", "rejections")}
    without = {name: table[table["unit_id"] != "S02"] for name, table in tables.items()}
    book = opened(round_workbook(with_survey(results, **without)))
    survey = book["Điểm điều tra"]
    shown = [cell.value for cell in survey[find(survey, "Sở Nội vụ").row]]
    assert set(shown[2:-1]) == {"–"}
    assert shown[-1] == "không có trả lời"
    assert all(cell.value != "Sở Nội vụ" for row in book["Tình hình phiếu"].iter_rows() for cell in row)


def test_forms_add_up_in_every_row_and_in_the_total(
    find: Callable[..., Cell], results: RoundResults, book: Workbook
) -> None:
    sheet = book["Tình hình phiếu"]
    head = find(sheet, "Tổng số").row
    total = find(sheet, "Tổng cộng").row
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=head + 1, max_row=total)]
    counted = [row for row in rows if isinstance(row[2], int)]
    assert len(counted) == 78 + 2 + 1
    for row in counted:
        issued, returned, outstanding, valid, rejected, *reasons = row[2:11]
        assert issued == returned + outstanding
        assert returned == valid + rejected
        assert rejected == sum(reasons)
        assert row[11] == pytest.approx(100 * returned / issued)
        assert row[12] == pytest.approx(100 * valid / issued)
    units = [row for row in counted if isinstance(row[0], int)]
    assert rows[-1][2:11] == [sum(row[column] for row in units) for column in range(2, 11)]
    assert rows[-1][2] == int(results.surveys[0].fieldwork.returns.by_unit["n_issued"].sum())
    assert find(sheet, "Quá hạn").row == head


def test_rows_of_files_add_up(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Tệp đã nhận"]
    head = find(sheet, "Số dòng").row
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=head + 1, max_row=head + 4)]
    assert [row[4:] for row in rows][-1] == [3863, 3653, 120, 55, 35]
    assert all(row[4] == sum(row[5:]) for row in rows)
    assert rows[0][3] == "02/03/2026"


def test_weights_start_with_the_round_in_the_order_of_the_steps(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Quyền số"]
    head = find(sheet, "Phạm vi").row
    shown = [(sheet.cell(row, 1).value, sheet.cell(row, 2).value) for row in range(head + 1, sheet.max_row + 1)]
    assert [scope for scope, _ in shown[:7]] == ["Toàn đợt"] * 5 + ["Văn phòng Ủy ban nhân dân tỉnh", "Sở Nội vụ"]
    assert [step for _, step in shown[:5]][::4] == ["Quyền số thiết kế", "Quyền số cuối cùng"]
    assert {step for _, step in shown[5:]} == {"Quyền số cuối cùng"}
    assert len(shown) == 5 + 78


def test_margins_show_what_is_left_after_calibration(find: Callable[..., Cell], book: Workbook) -> None:
    sheet = book["Tổng biên"]
    shown = [cell.value for cell in sheet[find(sheet, "Đã giải quyết").row]]
    assert shown == ["Kết quả giải quyết hồ sơ", "Đã giải quyết", 512340, 498221.5, 512340, 0]


def test_method_sheet_holds_rules_articles_draw_and_hashes(results: RoundResults, book: Workbook) -> None:
    sheet, manifest = book["Phương pháp"], results.surveys[0].fieldwork.manifest
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value is not None]
    for wanted in (
        results.result_hash,
        *(manifest[name] for name in ("seed", "frame_hash", "plan_hash")),
        manifest["public_value"]["value"],
        *(sha for _, sha in results.input_hashes),
        "Điều 20 khoản 3",
        "Điều 22",
        "Chỉ số chưa làm tròn",
        results.software_version,
        "31/03/2026, giờ Việt Nam",
    ):
        assert wanted in texts
    assert any("chỉ phản ánh phần điều tra" in text for text in texts)
    n = {sheet.cell(row, 1).value: sheet.cell(row, 2).value for row in range(1, sheet.max_row + 1)}
    assert (n["Chính thức"], n["Chỉ người đã dùng dịch vụ"]) == (3480, 2436)


def test_method_sheet_says_how_sure_the_combination_is_and_which_bounds_hold(
    opened: Callable[[bytes], Workbook], find: Callable[..., Cell], results: RoundResults
) -> None:
    index, first = results.surveys[0].index, results.rulebooks[0]
    unsure = {"basis": "unconfirmed", "note": "Giữ cách tính của năm 2024."}
    combiner = index.combiner(2026).model_copy(update=unsure)
    bounds = {"low": Decimal(60), "high": Decimal("92.5")}
    criteria = tuple(
        criterion.model_copy(
            update={**bounds, "link": criterion.link.model_copy(update={"transform": "linear_between"})}
        )
        if criterion.code == "8.1"
        else criterion
        for criterion in first.criteria
    )
    settings = {"criteria": criteria, "no_cases": "exclude", "bonus_cap": Decimal(2)}
    changed = replace(
        with_survey(results, index=index.model_copy(update={"combiners": (combiner,)})),
        rulebooks=(first.model_copy(update=settings), results.rulebooks[1]),
    )
    sheet = opened(round_workbook(changed))["Phương pháp"]
    texts = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert any(text.endswith("(chưa được xác nhận bằng văn bản). Giữ cách tính của năm 2024.") for text in texts)
    assert any("mốc thấp 60 %, mốc cao 92,5 %: mục SIPAS" in text for text in texts)
    assert find(sheet, "Điểm thưởng tối đa").offset(column=1).value == "2,00"
    assert find(sheet, "Không phát sinh").offset(column=1).value == "Không phát sinh thì không tính tiêu chí"


def test_method_sheet_names_what_no_source_confirms_and_what_is_never_scored(
    opened: Callable[[bytes], Workbook], find: Callable[..., Cell], results: RoundResults
) -> None:
    first = results.rulebooks[0]
    assert "Chưa có nguồn xác nhận" not in {
        cell.value for row in opened(round_workbook(results))["Phương pháp"] for cell in row
    }
    unscored = Unscored(code="1.3", name_vi="Kiểm tra", max_points=Decimal(1), reason="bị cắt")
    settings = {"unconfirmed": ("ties", "criteria.1.2.max_points"), "unscored": (unscored,)}
    told = replace(results, rulebooks=(first.model_copy(update=settings), results.rulebooks[1]))
    sheet = opened(round_workbook(told))["Phương pháp"]
    said = find(sheet, "Chưa có nguồn xác nhận").offset(column=1).value
    assert said == "cách xử lý đồng hạng; điểm tối đa của mục 1.2"
    assert find(sheet, "Không được chấm").offset(column=1).value == "1.3 Kiểm tra: bị cắt"
