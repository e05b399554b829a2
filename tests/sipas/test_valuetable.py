"""Tables of another agency's values: what is read, and every kind of fault with its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.indices import INDEX_SCORES, given_std_error, load_index, taken_over_scores
from sipas.rulebook import load_rulebook
from sipas.units import Unit
from sipas.valuetable import (
    ValuesRead,
    ValuesWanted,
    error_header,
    known_headers,
    needed_nodes,
    node_header,
    parse_values,
)

DATA = Path(__file__).parents[2] / "data"
INDEX = load_index(DATA / "indices" / "made-up-dvc")
UNITS = tuple(
    Unit(unit_id=f"X{n}", name_vi=f"Xã {n}", kind="xa", unit_group="xa", valid_from="2025-07-01") for n in (1, 2, 3)
)
WANTED = ValuesWanted(INDEX, UNITS, frozenset({"X9"}), frozenset({"S1"}), "tinh", {"DVC": "bo 8.3"})
SOUND = {"Mã đơn vị": ["X1", "X2", "X3"], "DVC": ["82,15", "70", "0"]}


def table(columns: dict[str, list[str]]) -> pd.DataFrame:
    """Rows as `read_table` gives them, the first in line 5 of the sheet."""
    rows = pd.DataFrame(columns, dtype="str")
    return rows.assign(_sheet="Số liệu", _row=np.arange(5, len(rows) + 5))


def read(columns: dict[str, list[str]], wanted: ValuesWanted = WANTED) -> ValuesRead:
    found, faults = parse_values(table(columns), wanted, "a.xlsx")
    assert faults == []
    return found


def faults_of(columns: dict[str, list[str]], wanted: ValuesWanted = WANTED) -> list[tuple[str, int, str, str, str]]:
    faults = parse_values(table(columns), wanted, "a.xlsx")[1]
    assert {one.file for one in faults} == {"a.xlsx"}
    return [(one.rule, one.row, one.column, one.got, one.expected) for one in faults]


def values(found: ValuesRead) -> list[tuple[object, ...]]:
    return list(found.values.fillna(-1).itertuples(index=False, name=None))


def test_numbers_with_comma_or_point_and_a_true_zero() -> None:
    assert values(read(SOUND)) == [("X1", "DVC", 82.15, -1), ("X2", "DVC", 70.0, -1), ("X3", "DVC", 0.0, -1)]


@pytest.mark.parametrize(
    ("text", "number"), [("82.150", 82.15), ("66.6666666666667", 66.6666666666667), ("100", 100.0), (" 5 ", 5.0)]
)
def test_one_reading_for_every_number(text: str, number: float) -> None:
    assert values(read({**SOUND, "DVC": [text, "1", "2"]}))[0][2] == number


def test_headers_by_code_or_with_the_name_and_a_column_of_errors() -> None:
    root = INDEX.nodes[0]
    found = read(
        {
            "MÃ  đơn vị": ["X1", "X2", "X3"],
            "Tên đơn vị": ["a", "b", "c"],
            node_header(root): ["1", "2", "3"],
            error_header(root): ["0,5", "", "1.25"],
            "dvc.2": ["4", "5", "6"],
        }
    )
    assert [one[:2] + one[3:] for one in values(found)] == [
        ("X1", "DVC", 0.5),
        ("X1", "DVC.2", -1),
        ("X2", "DVC", -1),
        ("X2", "DVC.2", -1),
        ("X3", "DVC", 1.25),
        ("X3", "DVC.2", -1),
    ]
    assert (found.nodes(), found.nodes_with_errors()) == (["DVC", "DVC.2"], ["DVC"])
    assert set(known_headers(INDEX)) >= {node_header(root), error_header(root), "DVC.2"}


def test_the_province_may_have_a_row_with_blanks() -> None:
    columns = {"Mã đơn vị": ["X1", "X2", "X3", "tinh"], "DVC": ["1", "2", "3", "2,5"], "DVC.1": ["1", "2", "3", ""]}
    found = values(read(columns))
    assert ("tinh", "DVC", 2.5, -1) in found
    assert ("tinh", "DVC.1") not in [one[:2] for one in found]


def test_units_ended_in_the_field_are_told_and_not_used() -> None:
    found = read({"Mã đơn vị": ["X1", "X2", "X3", "X9"], "DVC": ["1", "2", "3", "chưa có"]})
    assert found.ended == ("X9",)
    assert "X9" not in set(found.values["unit_id"])


def test_rows_without_unit_and_value_are_passed_over() -> None:
    columns = {"Mã đơn vị": ["X1", "X2", "X3", ""], "Tên đơn vị": ["", "", "", "Người lập"], "DVC": ["1", "2", "3", ""]}
    assert len(read(columns).values) == 3


def test_blank_columns_without_a_meaning_are_passed_over() -> None:
    assert len(read({**SOUND, "Ghi chú": ["", " ", ""]}).values) == 3


def test_shares_are_noticed() -> None:
    assert read({**SOUND, "DVC": ["0,8", "0,7", "1"]}).shares() == ["DVC"]
    assert read(SOUND).shares() == []


@pytest.mark.parametrize(
    ("columns", "faults"),
    [
        (
            {"Mã đơn vị": ["X1", "X2", "X3", "X7"], "DVC": ["1", "2", "3", "4"]},
            [("values.unknown_unit", 8, "Mã đơn vị", "X7", "")],
        ),
        (
            {"Mã đơn vị": ["X1", "X2", "X3", "S1"], "DVC": ["1", "2", "3", "4"]},
            [("values.other_group", 8, "Mã đơn vị", "S1", "")],
        ),
        (
            {"Mã đơn vị": ["X1", "X2", "X3", "X1"], "DVC": ["1", "2", "3", "4"]},
            [("values.unit_twice", 8, "Mã đơn vị", "X1", "5")],
        ),
        ({"Mã đơn vị": ["X1", "X3"], "DVC": ["1", "2"]}, [("values.missing_unit", 0, "Mã đơn vị", "X2", "Xã 2")]),
        (
            {"Mã đơn vị": ["X1", "X2", "X3", ""], "DVC": ["1", "2", "3", "4"]},
            [("values.no_unit", 8, "Mã đơn vị", "", "")],
        ),
        ({**SOUND, "DVC": ["1", "", "3"]}, [("values.missing_cell", 6, "DVC", "", "")]),
        ({**SOUND, "DVC": ["1", "8o,2", "3"]}, [("values.number", 6, "DVC", "4 characters", "82,15")]),
        (
            {**SOUND, "DVC": ["1", "82 %", "1.234,5"]},
            [
                ("values.number", 6, "DVC", "4 characters", "82,15"),
                ("values.number", 7, "DVC", "7 characters", "82,15"),
            ],
        ),
        (
            {**SOUND, "DVC": ["1", "-1", "100,01"]},
            [
                ("values.range", 6, "DVC", "-1", "0..100"),
                ("values.range", 7, "DVC", "6 characters", "0..100"),
            ],
        ),
        ({**SOUND, "Điểm": ["1", "", ""]}, [("values.unknown_column", 0, "Điểm", "", "DVC, DVC.1, DVC.2")]),
        (
            {**SOUND, node_header(INDEX.nodes[0]): ["1", "2", "3"]},
            [("values.repeated_column", 0, node_header(INDEX.nodes[0]), "DVC", "")],
        ),
        (
            {"Mã đơn vị": ["X1", "X2", "X3"], "DVC.1": ["1", "2", "3"]},
            [("values.missing_node", 0, "DVC", "bo 8.3", "DVC")],
        ),
        ({"Đơn vị": ["", "", ""], "DVC": ["1", "2", "3"]}, [("values.no_column", 0, "Mã đơn vị", "", "Mã đơn vị")]),
        (
            {**SOUND, "Sai số chuẩn DVC.1": ["1", "2", "3"]},
            [("values.error_alone", 0, "Sai số chuẩn DVC.1", "", "DVC.1")],
        ),
        (
            {**SOUND, "Sai số chuẩn DVC": ["-1", "x", ""]},
            [
                ("values.range", 5, "Sai số chuẩn DVC", "-1", "0..100"),
                ("values.number", 6, "Sai số chuẩn DVC", "x", "82,15"),
            ],
        ),
    ],
)
def test_every_kind_of_fault(columns: dict[str, list[str]], faults: list[tuple[str, int, str, str, str]]) -> None:
    assert faults_of(columns) == faults


def test_a_table_without_any_node_is_told_which_is_the_first() -> None:
    wanted = ValuesWanted(INDEX, UNITS, frozenset(), frozenset(), "tinh", {})
    assert faults_of({"Mã đơn vị": ["X1", "X2", "X3"]}, wanted) == [("values.no_column", 0, "DVC", "", "DVC")]


def test_all_faults_at_once() -> None:
    found = faults_of({"Mã đơn vị": ["X1", "X1", "X7"], "DVC": ["", "x", "y"], "Lạ": ["1", "2", "3"]})
    assert sorted(one[0] for one in found) == [
        "values.missing_cell",
        "values.missing_unit",
        "values.missing_unit",
        "values.unit_twice",
        "values.unknown_column",
        "values.unknown_unit",
    ]


@given(st.text(alphabet="0123456789.,-x %", max_size=8), st.text(max_size=6))
def test_any_cell_is_a_value_or_a_fault(cell: str, unit: str) -> None:
    found, faults = parse_values(table({"Mã đơn vị": ["X1", unit, "X3"], "DVC": [cell, cell, "1"]}), WANTED, "a.xlsx")
    assert found.values["value_pct"].between(0, 100).all()
    for unit_id in ("X1", "X2", "X3"):
        is_read = unit_id in set(found.values["unit_id"])
        assert is_read or faults


def test_needed_nodes_are_those_of_the_links() -> None:
    book = load_rulebook(DATA / "rulebooks" / "made-up-gia-dinh" / "2026-xa")
    delegates = load_index(DATA / "indices" / "made-up-dai-bieu")
    assert needed_nodes(delegates, [book]) == {"DBHD": "made-up-gia-dinh/2026-xa 8.3"}
    assert needed_nodes(INDEX, [book]) == {}


def test_scores_say_that_counts_and_errors_are_not_known() -> None:
    found = read({**SOUND, "Sai số chuẩn DVC": ["0,5", "", ""]})
    scores = taken_over_scores(found.values, INDEX)
    assert list(scores.columns) == INDEX_SCORES.names()
    assert set(scores["n"]) == {0} and set(scores["flag"]) == {"given"} and scores["ci_low"].isna().all()
    assert set(scores["variant"]) == {"official"} and set(scores["definition_id"]) == {"portal_quality/given"}
    assert list(scores["std_error"].fillna(-1)) == [0.5, -1, -1]
    assert list(scores["reason"].fillna("")) == ["", "no_std_error", "no_std_error"]


def test_errors_of_several_leaves_are_added_and_absent_ones_are_none() -> None:
    cells = {"unit_id": ["X1", "X1", "X2"], "node_code": ["DVC", "DVC.1", "DVC"], "value_pct": [50.0, 60.0, 70.0]}
    scores = taken_over_scores(pd.DataFrame({**cells, "std_error": [2.0, 3.0, np.nan]}), INDEX)
    slopes = {
        "X1": {("DVC", "official"): 0.04, ("DVC.1", "official"): -0.02},
        "X2": {("DVC", "official"): 1.0},
        "X3": {},
    }
    errors = given_std_error(scores, slopes)
    assert errors.to_dict() == pytest.approx({"X1": 0.14, "X2": 0.0, "X3": 0.0})
