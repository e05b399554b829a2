"""Single rules on tables small enough to check by hand."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from audited import ROOT, comma, found, run

from errors import DataError, FaultsFound
from sipas.audit import load_spec, load_vocabulary
from sipas.audit.numbers import decimal_mark, parse_column, written
from sipas.audit.order import out_of_order
from sipas.audit.vocabulary import same_name, stated_maximum


@pytest.mark.parametrize(
    ("text", "mark", "value"),
    [
        ("82,15", "", 82_150_000),
        ("82.15 %", "", 82_150_000),
        ("+1,99", ",", 1_990_000),
        ("−0,5", ",", -500_000),
        ("1.234,5", "", 1_234_500_000),
        ("1 234 567", "", 1_234_567_000_000),
        ("82,125", ",", 82_125_000),
        ("0,125", "", 125_000),
    ],
)
def test_a_number_either_way_of_writing(text: str, mark: str, value: int) -> None:
    numbers = parse_column(np.array([text], object), mark, lambda _: False)
    assert (numbers.given[0], int(numbers.value[0])) == (True, value)


@pytest.mark.parametrize("mark", ["", ","])
def test_thousands_or_decimals_is_refused_unless_the_table_tells(mark: str) -> None:
    numbers = parse_column(np.array(["1.234"], object), mark, lambda _: False)
    assert (bool(numbers.ambiguous[0]), bool(numbers.given[0])) == (True, False)


def test_the_decimal_mark_of_a_table() -> None:
    assert decimal_mark(["82,15", "7", "1.234,5"]) == ","
    assert decimal_mark(["82,15", "82.15"]) == ""
    assert written(82_150_000, 2, ",") == "82,15"


def test_what_a_header_states_and_names_that_are_one() -> None:
    assert [stated_maximum(text) for text in ("Thẩm định (65 điểm)", "Điều tra XHH (tối đa 35)", "Năm 2024")] == [
        "65",
        "35",
        "",
    ]
    assert same_name("UBND thành phố  Hoà Bình") == same_name("ubnd thành phố Hòa Bình")
    assert same_name("Sở Y tế") != same_name("Sở Y tê")


def test_one_slip_is_one_entry_out_of_order() -> None:
    assert out_of_order(np.array([1, 2, 9, 3, 4, 4, 5])).tolist() == [False, False, True, False, False, False, False]


def test_sub_totals_stand_against_their_neighbours() -> None:
    rows = [["Đơn vị", "Lĩnh vực 1", "Lĩnh vực 2", "Thẩm định", "Khảo sát", "Tổng điểm"]]
    rows += [[f"S{at}", f"{at},25", f"{at + 3},5", f"{2 * at + 3},75", "20", f"{2 * at + 23},75"] for at in range(1, 9)]
    assert found(rows) == []
    rows[4][3] = "12,75"  # 4.25 + 7.5 = 11.75
    findings = run(rows).findings
    assert [(one.row, one.rule, one.got, one.expected) for one in findings if one.rule == "audit.children_parent"] == [
        (5, "audit.children_parent", "12,75", "11,75")
    ]
    assert {one.row for one in findings} == {5}


def test_weights_that_nobody_printed_must_exist() -> None:
    """Total = 0.3 a + 0.7 b; one row is off by one point."""
    draws = np.random.Generator(np.random.PCG64(3)).integers(4000, 10_000, (20, 2))
    rows = [["Đơn vị", "Thẩm định", "Khảo sát", "Tổng điểm"]]
    for at, (a, b) in enumerate(draws):
        total = (Decimal(int(3 * a + 7 * b)) / 1000).quantize(Decimal("0.01"))
        rows.append([f"S{at}", comma(Decimal(int(a)) / 100), comma(Decimal(int(b)) / 100), comma(total)])
    audited = run(rows)
    assert (audited.findings, audited.relation) == ((), "weights")
    right = rows[6][3]
    rows[6][3] = comma(Decimal(right.replace(",", ".")) + 1)
    (finding,) = run(rows).findings
    assert (finding.row, finding.rule) == (7, "audit.weights")
    assert abs(Decimal(finding.expected.replace(",", ".")) - Decimal(right.replace(",", "."))) <= Decimal("0.03")


def test_totals_that_no_weights_explain() -> None:
    draws = np.random.Generator(np.random.PCG64(5)).integers(4000, 10_000, (20, 3))
    rows = [["Đơn vị", "Thẩm định", "Khảo sát", "Tổng điểm"]]
    rows += [[f"S{at}", *(comma(Decimal(int(one)) / 100) for one in row)] for at, row in enumerate(draws)]
    assert found(rows) == [(0, "audit.no_weights")]


def test_an_index_whose_maximum_nobody_printed() -> None:
    """Points out of 92 in every row; one index belongs to other points."""
    rows = [["Đơn vị", "Điểm đạt được", "Chỉ số"]]
    rows += [[f"S{p}", str(p), comma((Decimal(100 * p) / 92).quantize(Decimal("0.01")))] for p in range(60, 80)]
    assert found(rows) == []
    rows[5][2] = "70,00"  # 64 / 92 = 69.57
    assert [(one.row, one.expected) for one in run(rows).findings] == [(6, "69,57")]


def test_children_by_their_codes_and_a_stated_sum() -> None:
    rows = [
        ["Mã", "Tiêu chí", "Điểm tối đa"],
        ["1", "Chỉ đạo", "10"],
        ["1.1", "Kế hoạch", "6"],
        ["1.2", "Báo cáo", "5"],
    ]
    rows += [["2", "Thể chế", "8"], ["Tổng cộng", "", "20"]]
    assert [(one.row, one.rule, one.got, one.expected) for one in run(rows).findings] == [
        (2, "audit.children_parent", "10", "11"),
        (6, "audit.stated_sum", "20", "18"),
    ]


def test_change_on_last_year_with_and_without_its_table() -> None:
    rows = [["Vùng", "Chỉ số", "Năm trước", "Tăng/giảm"]]
    rows += [["Đông Nam Bộ", "89,44", "87,45", "+1,99"], ["Tây Nguyên", "86,00", "85,42", "+0,58"]]
    last = [["Vùng", "Chỉ số"], ["Tây Nguyên", "85,42"], ["Đông Nam  Bộ", "87,79"]]
    assert found(rows) == []
    (finding,) = run(rows, last).findings
    assert (finding.row, finding.rule, finding.got, finding.expected) == (2, "audit.last_year", "87,45", "87,79")
    bare = [[row[0], row[1], row[3]] for row in rows]
    (finding,) = run(bare, last).findings
    assert (finding.rule, finding.got, finding.expected) == ("audit.change", "+1,99", "1,65")


def test_a_unit_last_year_does_not_name_is_said() -> None:
    rows = [["Vùng", "Chỉ số", "Tăng/giảm"], ["Vùng mới", "89,44", "+1,99"]]
    assert run(rows, [["Vùng", "Chỉ số"], ["Tây Nguyên", "85,42"]]).unknown_units == ("Vùng mới",)


def test_an_extract_of_a_ranking_is_not_a_broken_list() -> None:
    rows = [["Tỉnh", "Chỉ số", "Hạng"], ["A1", "90,10", "1"], ["B1", "89,20", "2"], ["C1", "80,00", "20"]]
    rows += [["D1", "75,00", "63"]]
    assert found(rows) == []
    rows[2][2] = "64"
    assert found(rows) == [(3, "audit.rank_order")]


def test_roles_of_table_toml_and_columns_it_does_not_find(tmp_path) -> None:
    (tmp_path / "TABLE.toml").write_text('[columns]\n"Xã" = "unit"\n"Cột lạ" = "total"\n', encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        run([["Xã", "Tổng điểm"], ["X1", "5"]], **load_spec(tmp_path / "a.csv").model_dump())
    assert [(fault.rule, fault.column) for fault in caught.value.faults] == [("audit.no_column", "Cột lạ")]
    (tmp_path / "TABLE.toml").write_text('[columns]\n"Xã" = "units"\n', encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_spec(tmp_path / "a.csv")
    assert caught.value.rule == "audit.table_toml"


def test_no_table_and_no_rows() -> None:
    with pytest.raises(DataError) as caught:
        run([["một", "hai"], ["3", "4"]])
    assert caught.value.rule == "audit.no_table"
    with pytest.raises(DataError) as caught:
        run([["Đơn vị", "Tổng điểm"], ["", ""]])
    assert caught.value.rule == "audit.no_rows"


def test_a_vocabulary_with_an_unknown_role_is_refused(tmp_path) -> None:
    for name in ("headers.csv", "rows.csv", "classes.csv"):
        text = (ROOT / "data" / "audit" / name).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("exact,tt,order", "exact,tt,orders"), encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_vocabulary(tmp_path)
    assert [(fault.rule, fault.row, fault.got) for fault in caught.value.faults] == [("audit.role", 2, "orders")]
