"""Made-up appraisals: complete, accepted by the reading of forms, with statuses where the rulebook allows them."""

from __future__ import annotations

import io
from decimal import Decimal

import numpy as np
import openpyxl
import pandas as pd
import pytest

from sipas.appraisal import CRITERION_INPUTS, current_inputs
from sipas.appraisal.form import HEADERS
from sipas.appraisal.parse import parse_inputs
from sipas.example.appraisals import appraisal_inputs, appraisal_xlsx
from sipas.example.leaf_values import leaf_cells
from sipas.example.streams import stream
from sipas.rulebook import Criterion, Rulebook
from sipas.units import Unit

_CHOICE = [
    {"level_code": "A", "name_vi": "Đạt", "points": "2"},
    {"level_code": "B", "name_vi": "Một phần", "points": "1"},
    {"level_code": "C", "name_vi": "Không đạt", "points": "0"},
]
_OPTIONS = [
    {"level_code": "T", "name_vi": "Tốt", "weight_pct": "100"},
    {"level_code": "K", "name_vi": "Khá", "weight_pct": "60"},
    {"level_code": "Y", "name_vi": "Yếu", "weight_pct": "0"},
]
_BANDS = [
    {"from": "", "from_inclusive": "0", "to": "70", "to_inclusive": "0", "points": "0"},
    {"from": "70", "from_inclusive": "1", "to": "90", "to_inclusive": "1", "points": "1"},
    {"from": "90", "from_inclusive": "0", "to": "", "to_inclusive": "0", "points": "2"},
]
_LESS_IS_BETTER = [
    {"from": "0", "from_inclusive": "1", "to": "0", "to_inclusive": "1", "points": "2"},
    {"from": "0", "from_inclusive": "0", "to": "", "to_inclusive": "0", "points": "0"},
]


def _leaf(code: str, rule: str, **more: object) -> Criterion:
    source = more.pop("score_source", "appraisal")
    values = {"code": code, "parent": code.split(".")[0], "level": "criterion", "name_vi": f"Tiêu chí {code}"}
    facts = {"max_points": "2", "rule": rule, "score_source": source, "article": "Điều 1", "owner": "Sở Nội vụ"}
    return Criterion.model_validate({**values, **facts, **more})


LEAVES = (
    _leaf("1.1", "choice", levels=_CHOICE, evidence="Báo cáo"),
    _leaf("1.2", "band", bands=_BANDS, no_cases="full"),
    _leaf("1.3", "band", bands=_LESS_IS_BETTER),
    _leaf("1.10", "ratio", evidence="Số liệu một cửa"),
    _leaf("2.1", "linear"),
    _leaf("2.2", "linear", high="40"),
    _leaf("2.3", "linear_between", low="70", high="100"),
    _leaf("2.4", "linear_between", low="10", high="0"),
    _leaf("2.5", "option_weights", levels=_OPTIONS, score_source="survey"),
    _leaf("T", "choice", levels=_CHOICE, level="bonus", parent=""),
    _leaf(
        "2.6",
        "index_link",
        score_source="index",
        link={"index_id": "sipas", "node_code": "SIPAS", "transform": "linear"},
    ),
)


def _rulebook(denominator: str = "applicable") -> Rulebook:
    return Rulebook.model_validate(
        {
            "id": "made-up/test",
            "title_vi": "Bộ tiêu chí giả định",
            "decision": "giả định",
            "issued": "2026-01-01",
            "source": "made up",
            "made_up": True,
            "unit_group": "xa",
            "years": (2026, 2026),
            "max_points": "20",
            "denominator": denominator,
            "rank_on": "index_unrounded",
            "ties": "competition",
            "rounding": {"mode": "half_up", "leaf": 2, "total": 2, "index": 2},
            "bonus_cap": "2",
            "penalty_cap": "0",
            "absent_survey": "fail",
            "no_cases": "fail",
            "classes": ({"class_code": "A", "name_vi": "Tốt", "from_pct": "0"},),
            "criteria": LEAVES,
        }
    )


def _units() -> list[Unit]:
    communes = [
        Unit(unit_id=f"X{i:02d}", name_vi=f"Xã Thử {i}", kind="xa", unit_group="xa", valid_from="2025-07-01")
        for i in range(1, 61)
    ]
    return [*communes, Unit(unit_id="S01", name_vi="Sở", kind="so", unit_group="so", valid_from="2025-07-01")]


@pytest.fixture(scope="module")
def inputs() -> pd.DataFrame:
    return appraisal_inputs(_rulebook(), _units(), 7)


def test_every_entered_leaf_has_self_and_first_for_every_unit_of_the_group(inputs: pd.DataFrame) -> None:
    assert list(inputs.columns) == CRITERION_INPUTS.names()
    wanted = {(f"X{i:02d}", leaf.code) for i in range(1, 61) for leaf in LEAVES[:-1]}
    for stage in ("self", "first"):
        rows = inputs[inputs["appraisal_stage"] == stage]
        assert len(rows) == 600
        assert set(zip(rows["unit_id"], rows["criterion_code"], strict=True)) == wanted
    assert 20 < (inputs["appraisal_stage"] == "second").sum() < 80


def test_the_form_reader_takes_all_of_it(inputs: pd.DataFrame) -> None:
    parsed, faults = parse_inputs(inputs, _rulebook(), _units(), "chấm điểm.xlsx")
    assert faults == []
    pd.testing.assert_frame_equal(parsed, inputs)


def test_statuses_stand_where_the_rulebook_says_what_they_do(inputs: pd.DataFrame) -> None:
    status = inputs["leaf_status"]
    assert set(inputs.loc[status == "no_cases", "criterion_code"]) == {"1.2"}
    absent = inputs[status == "not_applicable"]
    assert absent["criterion_code"].nunique() == 1
    assert 2 <= absent["unit_id"].nunique() <= 20
    values = ["choice_code", "value", "numerator", "denominator", "option_counts", "evidence_id"]
    assert inputs.loc[status != "", values].isna().all().all()
    assert inputs.loc[status != "", "reason"].notna().all()
    full = appraisal_inputs(_rulebook("full"), _units(), 7)
    assert set(full["leaf_status"]) == {"", "no_cases"}


def test_units_score_themselves_no_lower_and_the_second_look_raises(inputs: pd.DataFrame) -> None:
    rows = inputs[inputs["criterion_code"] == "2.1"].dropna(subset="value")
    table = rows.assign(value=rows["value"].astype(float)).pivot(
        index="unit_id", columns="appraisal_stage", values="value"
    )
    assert (table["self"] >= table["first"]).all()
    assert (table["self"] > table["first"]).any()
    again = table.dropna()
    assert len(again) and (again["second"] >= again["first"]).all()
    current = current_inputs(inputs)
    assert len(current) == 600


def test_bonus_is_rare(inputs: pd.DataFrame) -> None:
    bonus = inputs[(inputs["criterion_code"] == "T") & (inputs["appraisal_stage"] == "first")]["choice_code"]
    assert 1 <= (bonus != "C").sum() <= 25


def test_the_sheet_holds_the_same_under_vietnamese_headers(inputs: pd.DataFrame) -> None:
    data = appraisal_xlsx(inputs, _rulebook(), _units())
    assert data == appraisal_xlsx(inputs, _rulebook(), _units())
    lines = list(openpyxl.load_workbook(io.BytesIO(data)).worksheets[0].iter_rows(values_only=True))
    assert "giả định" in str(lines[1][0])
    assert list(lines[2]) == list(HEADERS.values())
    cells = [["" if cell is None else str(cell) for cell in line] for line in lines[3:]]
    rows = pd.DataFrame(cells, columns=list(lines[2]), dtype="str")
    codes = [line[list(HEADERS).index("criterion_code")] for line in lines[3:]]
    assert all(isinstance(code, str) for code in codes) and "1.10" in codes
    own = rows[rows["Lần chấm"] == "Tự chấm"]["Giá trị"]
    assert own.str.contains(",").any() and not own.str.contains(".", regex=False).any()
    parsed, faults = parse_inputs(rows, _rulebook(), _units(), "chấm điểm.xlsx")
    assert faults == []
    pd.testing.assert_frame_equal(parsed, inputs)


def test_headers_may_be_handed_in(inputs: pd.DataFrame) -> None:
    headers = {"unit_id": "Đơn vị", "criterion_code": "Mã", "value": "Số"}
    book = openpyxl.load_workbook(io.BytesIO(appraisal_xlsx(inputs, _rulebook(), _units(), headers=headers)))
    assert [cell.value for cell in book.worksheets[0][3]] == ["Đơn vị", "Mã", "Số"]


def test_same_seed_same_inputs(inputs: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(appraisal_inputs(_rulebook(), _units(), 7), inputs)
    assert not appraisal_inputs(_rulebook(), _units(), 8).equals(inputs)


@pytest.mark.parametrize(
    "leaf", [leaf for leaf in LEAVES if leaf.rule in ("choice", "band", "linear", "linear_between")]
)
def test_quality_1_earns_the_most_and_0_the_least(leaf: Criterion) -> None:
    quality = pd.Series([0.0, 1.0]).to_numpy()
    cells = leaf_cells(leaf, quality, stream(1, "t"))
    best, worst = {
        "1.1": ("A", "C"),
        "1.2": (Decimal(90), Decimal(70)),
        "1.3": (Decimal(0), Decimal(0)),
        "2.1": (Decimal(100), Decimal(0)),
        "2.2": (Decimal(40), Decimal(0)),
        "2.3": (Decimal(100), Decimal(70)),
        "2.4": (Decimal(0), Decimal(10)),
        "T": ("A", "C"),
    }[leaf.code]
    if leaf.rule == "choice":
        assert cells["choice_code"].tolist() == [worst, best]
        return
    low, high = (Decimal(text) for text in cells["value"])
    if leaf.code == "1.2":
        assert low < worst and high > best
    elif leaf.code == "1.3":
        assert low > worst and high == best
    else:
        assert (low, high) == (worst, best)


def test_bands_of_things_counted_get_whole_numbers() -> None:
    # none: 2 points, one: 1 point, more than one: 0 points; nobody counts -1 or 0.4 cases
    bands = [
        {"from": "", "from_inclusive": "0", "to": "0", "to_inclusive": "1", "points": "2"},
        {"from": "0", "from_inclusive": "0", "to": "1", "to_inclusive": "1", "points": "1"},
        {"from": "1", "from_inclusive": "0", "to": "", "to_inclusive": "0", "points": "0"},
    ]
    cells = leaf_cells(_leaf("9", "band", bands=bands), np.array([0.1, 0.5, 0.9]), stream(1, "t"))["value"]
    assert cells[2] == "0" and cells[1] == "1"
    assert cells[0] in {"2", "3"}
