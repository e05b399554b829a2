"""Appraised inputs: the form and back, every fault with its row, stages, evidence."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError, Fault
from sipas.appraisal import CRITERION_INPUTS, current_inputs, rule_text
from sipas.appraisal.form import HEADERS, template
from sipas.appraisal.parse import parse_inputs
from sipas.cells.numbers import parse_number
from sipas.rulebook import Rulebook, load_rulebook
from sipas.units import Unit

EXAMPLES = Path(__file__).parents[2] / "data" / "rulebooks" / "made-up-gia-dinh"
FILE = "Thẩm định lần 1.xlsx"


def unit(unit_id: str, group: str = "so") -> Unit:
    return Unit(unit_id=unit_id, name_vi=f"Sở {unit_id}", kind="so", unit_group=group, valid_from="2025-07-01")


UNITS = (unit("S01"), unit("S02"), unit("X01", "xa"))


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook(EXAMPLES / "2026-so")


def entry(code: str, **cells: str) -> dict[str, str]:
    return {"unit_id": "S01", "criterion_code": code, "appraisal_stage": "first", **cells}


def parsed(rulebook: Rulebook, *rows: dict[str, str]) -> tuple[pd.DataFrame, list[Fault]]:
    frame = pd.DataFrame(list(rows), columns=[name for name in HEADERS if any(name in row for row in rows)])
    return parse_inputs(frame.fillna("").astype("str"), rulebook, UNITS, FILE)


# --- numbers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", "12"),
        ("12,5", "12.5"),
        ("12.5", "12.5"),
        ("-3,25", "-3.25"),
        ("0,125", "0.125"),
        ("0.125", "0.125"),
        ("85,5000", "85.5"),
        ("1234,567", "1234.567"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1,234,567.125", "1234567.125"),
        ("1234", "1234"),
    ],
)
def test_numbers_with_one_reading(text: str, number: str) -> None:
    assert parse_number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["1.234", "1,234", "12.345", "123,456", "-1.234"])
def test_numbers_with_two_readings(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_number(text)
    assert caught.value.rule == "cells.ambiguous_number"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "85%",
        "tám",
        "1 234",
        "1.2.3",
        "1,23,456",
        "1.234.56",
        "0.123.456",
        "1e3",
        "+5",
        "--5",
        ",5",
        "5,",
        "١٢",
        "NaN",
        "9" * 13,
    ],
)
def test_texts_that_are_no_numbers(text: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_number(text)
    assert caught.value.rule == "cells.number"


@given(number=st.decimals(-(10**9), 10**9, places=2), mark=st.sampled_from(",."))
def test_two_decimals_survive_either_mark(number: Decimal, mark: str) -> None:
    assert parse_number(format(number, "f").replace(".", mark)) == number


def test_three_decimals_below_one_survive() -> None:
    assert [parse_number(f"0,{n:03d}") for n in (0, 5, 999)] == [Decimal(0), Decimal("0.005"), Decimal("0.999")]


# --- the form -------------------------------------------------------------------------------------------------------


def test_template_has_a_row_for_every_unit_and_entered_leaf(rulebook: Rulebook) -> None:
    form = template(rulebook, UNITS[:2])
    assert list(form.columns) == list(HEADERS.values())
    assert len(form) == 2 * (37 - 6)  # 37 leaves, 6 of them linked to the index
    assert form["Mã đơn vị"].tolist() == ["S01"] * 31 + ["S02"] * 31
    assert set(form["Lần chấm"]) == {"Thẩm định lần 1"}
    assert (form["Giá trị"] == "").all()
    row = form[form["Mã tiêu chí"] == "1.4"].iloc[0]
    assert row["Điểm tối đa"] == "2"
    assert row["Cách chấm"] == "A: Thực hiện đầy đủ (2); B: Thực hiện chưa đầy đủ (1,25); C: Không thực hiện (0)"
    assert all(isinstance(dtype, pd.StringDtype) for dtype in form.dtypes)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("1.1.2", "> 90: 2; ≥ 70 và ≤ 90: 1; < 70: 0"),
        ("1.3", "Tử số / Mẫu số × 3, không quá 3"),
        ("5.2", "Giá trị / 80 × 2, không quá 2"),
        ("2.3", "Tỷ lệ thuận từ 10 (0 điểm) đến 0 (3 điểm)"),
        ("8.1", "Giá trị / 100 × 10, không quá 10"),
        ("8.2", "Theo giá trị chỉ số (%): ≥ 90: 3; ≥ 80 và < 90: 2; ≥ 70 và < 80: 1; < 70: 0"),
        ("8.3", "Số phiếu theo từng phương án (ví dụ A=12;B=3). Tỷ trọng: A 100 %; B 60 %; C 20 %; D 0 %"),
        ("1.1", "Cộng điểm các tiêu chí con"),
    ],
)
def test_rules_in_words(rulebook: Rulebook, code: str, text: str) -> None:
    assert rule_text(rulebook.criterion(code)) == text


def test_an_untouched_form_gives_no_entries_and_no_faults(rulebook: Rulebook) -> None:
    inputs, faults = parse_inputs(template(rulebook, UNITS[:2]), rulebook, UNITS, FILE)
    assert (len(inputs), faults) == (0, [])


def test_a_filled_form_comes_back(rulebook: Rulebook) -> None:
    form = template(rulebook, UNITS[:1], stage="second").set_index("Mã tiêu chí", drop=False)
    form.loc["1.1.1", ["Mã mức đạt", "Lý do"]] = ["đủ nội dung, CHẬM thời hạn", "Giải trình 12/SNV"]
    form.loc["1.1.2", ["Giá trị", "Lý do"]] = [" 85,50 ", "x"]
    form.loc["1.3", ["Tử số", "Mẫu số", "Lý do"]] = ["1.234,5", "2000", "x"]
    form.loc["8.3", ["Số phiếu theo phương án", "Lý do"]] = ["A = 12; B=3", "x"]
    form.loc["3.3", ["Tình trạng", "Lý do"]] = ["KHÔNG  phát sinh", "x"]
    inputs, faults = parse_inputs(form.reset_index(drop=True), rulebook, UNITS, FILE)
    assert faults == []
    assert set(inputs["appraisal_stage"]) == {"second"}
    got = inputs.set_index("criterion_code")
    assert got.loc["1.1.1", "choice_code"] == "B"
    assert got.loc["1.1.1", "reason"] == "Giải trình 12/SNV"
    assert got.loc["1.1.2", "value"] == "85.5"
    assert (got.loc["1.3", "numerator"], got.loc["1.3", "denominator"]) == ("1234.5", "2000")
    assert got.loc["8.3", "option_counts"] == "A = 12; B=3"
    assert got.loc["3.3", "leaf_status"] == "no_cases"
    assert pd.isna(got.loc["3.3", "value"])
    assert CRITERION_INPUTS.check(inputs).equals(inputs)


def test_headers_may_be_decomposed_or_field_names(rulebook: Rulebook) -> None:
    row = {HEADERS["unit_id"].upper(): "S01", "criterion_code": "1.2", HEADERS["appraisal_stage"]: "first"}
    frame = pd.DataFrame([{**row, HEADERS["choice_code"]: "A"}]).astype("str")
    frame.columns = [unicodedata.normalize("NFD", name) for name in frame.columns]
    inputs, faults = parse_inputs(frame, rulebook, UNITS, FILE)
    assert (faults, inputs["choice_code"].tolist()) == ([], ["A"])


def test_row_order_changes_nothing(rulebook: Rulebook) -> None:
    rows = [entry("1.2", choice_code="A"), entry("1.4", choice_code="B"), entry("1.3", numerator="1", denominator="2")]
    forward, _ = parsed(rulebook, *rows)
    backward, _ = parsed(rulebook, *reversed(rows))
    pd.testing.assert_frame_equal(forward, backward)


# --- faults ---------------------------------------------------------------------------------------------------------

ONE_FAULT: list[tuple[dict[str, str], str, str]] = [
    (entry("1.2", choice_code="A", unit_id="S99"), "appraisal.unknown_unit", "unit_id"),
    (entry("1.2", choice_code="A", unit_id="X01"), "appraisal.wrong_group", "unit_id"),
    (entry("9.9", choice_code="A"), "appraisal.unknown_criterion", "criterion_code"),
    (entry("1.1", value="3"), "appraisal.not_a_leaf", "criterion_code"),
    (entry("1.2", choice_code="A", appraisal_stage="third"), "appraisal.unknown_stage", "appraisal_stage"),
    (entry("1.2", leaf_status="không biết"), "appraisal.unknown_status", "leaf_status"),
    (entry("1.2", choice_code="A", appraisal_stage="second"), "appraisal.no_reason", "reason"),
    (entry("1.2", choice_code="A", appraisal_stage="appeal"), "appraisal.no_reason", "reason"),
    (entry("1.2", choice_code="A", value="1"), "appraisal.unexpected_field", "value"),
    (entry("1.3", numerator="1"), "appraisal.missing_field", "denominator"),
    (entry("1.2", evidence_id="TL-1"), "appraisal.missing_field", "choice_code"),
    (entry("1.5", value="80", leaf_status="no_cases"), "appraisal.status_and_value", "value"),
    (entry("1.2", leaf_status="no_cases"), "appraisal.no_cases", "leaf_status"),
    (entry("8.1", evidence_id="TL-1"), "appraisal.linked_leaf", "criterion_code"),
    (entry("8.1", value="80"), "appraisal.unexpected_field", "value"),
    (entry("1.5", value="tám mươi"), "cells.number", "value"),
    (entry("1.5", value="85.123"), "cells.ambiguous_number", "value"),
    (entry("1.3", numerator="1", denominator="1.000"), "cells.ambiguous_number", "denominator"),
    (entry("8.3", option_counts="A:12"), "appraisal.counts", "option_counts"),
    (entry("1.2", choice_code="Z"), "scoring.unknown_choice", "choice_code"),
    (entry("1.5", value="850"), "scoring.percent", "value"),
    (entry("1.3", numerator="1", denominator="0"), "scoring.zero_denominator", "denominator"),
    (entry("1.3", numerator="-1", denominator="2"), "scoring.negative", "numerator"),
    (entry("8.3", option_counts="A=0;B=0"), "scoring.no_answers", "option_counts"),
    (entry("8.3", option_counts="A=1;E=2"), "scoring.unknown_option", "option_counts"),
]


@pytest.mark.parametrize(("row", "rule", "column"), ONE_FAULT, ids=[rule for _, rule, _ in ONE_FAULT])
def test_each_fault_with_its_row_and_column(rulebook: Rulebook, row: dict[str, str], rule: str, column: str) -> None:
    good = entry("1.4", choice_code="A")
    inputs, faults = parsed(rulebook, good, row)
    assert (rule, FILE, 3, HEADERS[column]) in {(f.rule, f.file, f.row, f.column) for f in faults}
    assert inputs["criterion_code"].tolist() == ["1.4"]


def test_a_repeated_entry(rulebook: Rulebook) -> None:
    row = entry("1.2", choice_code="A")
    inputs, faults = parsed(rulebook, row, {**row, "choice_code": "B"}, {**row, "appraisal_stage": "self"})
    assert [(fault.rule, fault.row) for fault in faults] == [("appraisal.repeated_entry", 3)]
    assert inputs["choice_code"].tolist() == ["A", "A"]


def test_all_faults_at_once_in_file_order(rulebook: Rulebook) -> None:
    rows = [row for row, _, _ in ONE_FAULT]
    _, faults = parsed(rulebook, *rows)
    found = {(fault.rule, fault.row) for fault in faults}
    assert {(rule, line) for line, (_, rule, _) in enumerate(ONE_FAULT, start=2)} <= found
    assert [fault.row for fault in faults] == sorted(fault.row for fault in faults)


def test_rows_and_sheets_of_the_reader_are_used(rulebook: Rulebook) -> None:
    frame = pd.DataFrame([{**entry("1.2", choice_code="Z"), "_sheet": "Phiếu", "_row": 218}])
    _, [fault] = parse_inputs(frame, rulebook, UNITS, FILE)
    assert (fault.sheet, fault.row, fault.got, fault.expected) == ("Phiếu", 218, "Z", "A | B | C")


def test_long_cells_are_not_shown(rulebook: Rulebook) -> None:
    _, [fault] = parsed(rulebook, entry("1.2", choice_code="0912345678"))
    assert fault.got == "10 digits"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["unit_id", "criterion_code"], [("appraisal.no_column", "Lần chấm")]),
        (["unit_id", "criterion_code", "appraisal_stage", "Gía trị"], [("appraisal.unknown_column", "Gía trị")]),
        (
            ["unit_id", "criterion_code", "appraisal_stage", "value", "Giá trị"],
            [("appraisal.repeated_column", "Giá trị")],
        ),
    ],
)
def test_wrong_headers(rulebook: Rulebook, columns: list[str], expected: list[tuple[str, str]]) -> None:
    frame = pd.DataFrame([["S01"] * len(columns)], columns=columns).astype("str")
    inputs, faults = parse_inputs(frame, rulebook, UNITS, FILE)
    assert len(inputs) == 0
    assert [(fault.rule, fault.column) for fault in faults] == expected


# --- stages and evidence --------------------------------------------------------------------------------------------


def test_the_latest_scored_stage_counts_and_never_the_self_score(rulebook: Rulebook) -> None:
    rows = [
        entry("1.2", choice_code="A", appraisal_stage="self"),
        entry("1.2", choice_code="C"),
        entry("1.2", choice_code="B", appraisal_stage="second", reason="Giải trình"),
        entry("1.4", choice_code="A", appraisal_stage="self"),
        entry("1.3", numerator="1", denominator="2"),
        entry("1.3", leaf_status="not_applicable", appraisal_stage="appeal", reason="Kiến nghị"),
        entry("1.2", unit_id="S02", choice_code="C"),
    ]
    inputs, faults = parsed(rulebook, *rows)
    assert faults == []
    current = current_inputs(inputs)
    assert current[["unit_id", "criterion_code", "appraisal_stage"]].values.tolist() == [
        ["S01", "1.2", "second"],
        ["S01", "1.3", "appeal"],
        ["S02", "1.2", "first"],
    ]
    assert current["choice_code"].fillna("").tolist() == ["B", "", "C"]
    assert current["numerator"].isna().all()  # an appeal replaces the whole row
    pd.testing.assert_frame_equal(current_inputs(current), current)
