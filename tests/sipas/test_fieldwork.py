"""Interviewers, assignments and focal points: every fault of a file at once, and cases dealt evenly."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import FaultsFound
from sipas.caseid import make_case_ids
from sipas.fieldwork import Territory, areas, deal_evenly, parse_assignments, parse_fieldworkers, parse_focal_points

LAND = Territory({"S01": "SNV", "X01": "BD", "X02": "BD"})
CASES = pd.DataFrame(
    {"unit_id": ["X01"] * 3 + ["X02"] * 2 + ["S01"], "is_issued": [True, True, False, True, True, True]}
)
CASES["case_id"] = make_case_ids("T26", CASES["unit_id"], pd.Series([1, 2, 3, 1, 2, 1]))


def sheet(header: list[str], *rows: tuple[str, ...]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=header, dtype="str")
    return frame.assign(_sheet="", _row=range(2, len(rows) + 2))


WORKER_HEADER = ["Mã điều tra viên", "Họ và tên", "Điện thoại", "Đơn vị chủ trì", "Đơn vị phụ trách"]
WORKERS = parse_fieldworkers(
    sheet(
        WORKER_HEADER,
        ("D2", "Lê Ba", "0909 999 888", "BD", "X02, X01"),
        ("D1", "Trần Hậu", "", "BD", ""),
        ("S1", "Võ Tư", "+84 912 345 678", "SNV", ""),
    ),
    LAND,
    "dtv.csv",
)


def faults(call, *arguments) -> list[tuple[str, int, str]]:
    with pytest.raises(FaultsFound) as caught:
        call(*arguments)
    assert caught.value.rule == "fieldwork.file"
    return [(one.rule.removeprefix("fieldwork."), one.row, one.column) for one in caught.value.faults]


def test_units_of_an_interviewer_are_named_or_all_of_the_conductor() -> None:
    assert WORKERS["unit_ids"].tolist() == ["X02;X01", "", ""]
    found = areas(WORKERS, LAND).itertuples(index=False, name=None)
    assert list(found) == [("D1", "X01"), ("D1", "X02"), ("D2", "X01"), ("D2", "X02"), ("S1", "S01")]


def test_headers_in_any_case_and_optional_columns_may_be_absent() -> None:
    rows = sheet(["MÃ ĐIỀU TRA VIÊN", "họ và tên", "Đơn vị  chủ trì"], ("D1", "An", "BD"))
    assert parse_fieldworkers(rows, LAND, "f").to_dict("records")[0]["phone"] == ""


def test_all_faults_of_the_interviewers_at_once() -> None:
    rows = sheet(
        WORKER_HEADER,
        ("D1", "An", "0909999888", "BD", ""),
        ("D1", "Ba", "909999888", "BD", "X09"),
        ("", "", "", "Bưu", "X01"),
        ("Đ 3", "Cư", "", "SNV", "S01 X01"),
    )
    name, phone, conductor, units = WORKER_HEADER[1:]
    assert sorted(faults(parse_fieldworkers, rows, LAND, "f")) == sorted(
        [
            ("repeated", 3, WORKER_HEADER[0]),
            ("phone", 3, phone),
            ("unknown_unit", 3, units),
            ("blank", 4, WORKER_HEADER[0]),
            ("blank", 4, name),
            ("unknown_conductor", 4, conductor),
            ("id", 5, WORKER_HEADER[0]),
            ("other_conductor", 5, units),
        ]
    )


def test_a_missing_column_is_named() -> None:
    assert faults(parse_fieldworkers, sheet(["Mã điều tra viên"], ("D1",)), LAND, "f") == [
        ("missing_column", 0, "Họ và tên"),
        ("missing_column", 0, "Đơn vị chủ trì"),
    ]


def test_no_fault_shows_a_name_or_a_phone() -> None:
    with pytest.raises(FaultsFound) as caught:
        parse_fieldworkers(sheet(WORKER_HEADER, ("D1", "Canary", "912345678", "BD", "")), LAND, "f")
    assert [one.got for one in caught.value.faults] == ["9 digits"]


@pytest.mark.parametrize(
    ("cell", "shown"),
    [
        ("DTV99", "DTV99"),
        ("0912345678", "10 digits"),
        ("DTV0912345678", "13 characters"),
        ("Canary", "6 characters"),
        ("Nguyễn Văn 1", "12 characters"),
    ],
)
def test_a_clerk_sees_which_id_but_no_name_or_number_in_the_wrong_column(cell: str, shown: str) -> None:
    case = CASES["case_id"].iloc[0]
    rows = sheet(["Mã phiếu", "Mã điều tra viên"], (case, cell), (case, "D1"), (cell, "D1"))
    with pytest.raises(FaultsFound) as caught:
        parse_assignments(rows, CASES, areas(WORKERS, LAND), "f")
    assert [(one.rule, one.got) for one in caught.value.faults] == [
        ("fieldwork.case_check", shown),
        ("fieldwork.repeated", case),
        ("fieldwork.unknown_fieldworker", shown),
    ]


def test_units_that_are_not_known_are_named() -> None:
    with pytest.raises(FaultsFound) as caught:
        parse_fieldworkers(sheet(WORKER_HEADER, ("D1", "An", "", "BD", "X01, X0999")), LAND, "f")
    assert [one.got for one in caught.value.faults] == ["X01, X0999"]


def test_whoever_served_a_merged_unit_serves_its_successor_and_a_closed_one_nobody() -> None:
    later = Territory({"S01": "SNV", "X02": "BD"}, {"X01": "X02"})
    found = areas(WORKERS, later).itertuples(index=False, name=None)
    assert list(found) == [("D1", "X02"), ("D2", "X02"), ("S1", "S01")]
    closed = areas(WORKERS.assign(unit_ids=["X01", "", ""]), Territory({"S01": "SNV", "X02": "BD"}))
    assert "D2" not in set(closed["fieldworker_id"])


def test_all_faults_of_the_assignments_at_once() -> None:
    one, two, reserve, other, _, office = CASES["case_id"]
    serves = areas(WORKERS, LAND)
    good = parse_assignments(
        sheet(["Mã phiếu", "Mã điều tra viên"], (one.lower(), "D2"), (office, "S1")), CASES, serves, "f"
    )
    assert good.to_numpy().tolist() == [[one, "D2"], [office, "S1"]]
    stranger = make_case_ids("T26", pd.Series(["X01"]), pd.Series([99]))[0]
    bad = two[:-1] + ("A" if two[-1] != "A" else "B")
    rows = sheet(
        ["Mã phiếu", "Mã điều tra viên"],
        (one, "D9"),
        (one, "D1"),
        (reserve, "D1"),
        (stranger, "D1"),
        (bad, "D1"),
        (other, "S1"),
        ("", ""),
    )
    case, worker = "Mã phiếu", "Mã điều tra viên"
    assert sorted(faults(parse_assignments, rows, CASES, serves, "f")) == sorted(
        [
            ("unknown_fieldworker", 2, worker),
            ("repeated", 3, case),
            ("not_issued", 4, case),
            ("unknown_case", 5, case),
            ("case_check", 6, case),
            ("other_unit", 7, worker),
            ("blank", 8, case),
            ("blank", 8, worker),
        ]
    )


def test_focal_points_and_their_faults() -> None:
    header = ["Mã đơn vị", "Họ và tên", "Điện thoại", "Thư điện tử"]
    good = sheet(header, ("X01", "Hoa", "0912345678; 0909 123 456", "hoa@x.vn"), ("X01", "Mai", "", ""))
    assert len(parse_focal_points(good, ["X01"], "f")) == 2
    bad = sheet(header, ("X01", "Hoa", "12", "hoa"), ("X01", "Hoa", "", ""), ("X9", "", "", ""))
    assert sorted(faults(parse_focal_points, bad, ["X01"], "f")) == sorted(
        [
            ("phone", 2, "Điện thoại"),
            ("email", 2, "Thư điện tử"),
            ("repeated", 3, "Họ và tên"),
            ("unknown_unit", 4, "Mã đơn vị"),
            ("blank", 4, "Họ và tên"),
        ]
    )


NOBODY = pd.DataFrame({"case_id": [], "fieldworker_id": []}, dtype="str")


def test_cases_are_dealt_in_draw_order_and_the_least_loaded_goes_first() -> None:
    cases = pd.DataFrame({"case_id": list("abcde"), "unit_id": ["X01"] * 5})
    two = pd.DataFrame({"fieldworker_id": ["D2", "D1"], "unit_id": ["X01", "X01"]})
    assert deal_evenly(cases, two, NOBODY)["fieldworker_id"].tolist() == ["D1", "D2", "D1", "D2", "D1"]
    held = pd.DataFrame({"case_id": ["b", "d"], "fieldworker_id": ["D1", "D1"]})
    dealt = deal_evenly(cases, two, held)
    assert dealt.to_numpy().tolist() == [["a", "D2"], ["c", "D2"], ["e", "D1"]]
    assert deal_evenly(cases, two.head(0), NOBODY).empty


@settings(max_examples=60)
@given(
    n_cases=st.lists(st.integers(0, 12), min_size=3, max_size=3),
    serves=st.lists(st.sampled_from([(w, u) for w in "ABC" for u in "xyz"]), unique=True),
    n_held=st.integers(0, 5),
)
def test_dealing_is_even_complete_and_settled(n_cases, serves, n_held) -> None:
    units = [unit for unit, n in zip("xyz", n_cases, strict=True) for _ in range(n)]
    cases = pd.DataFrame({"case_id": [f"c{i}" for i in range(len(units))], "unit_id": units}, dtype="str")
    workers = pd.DataFrame(serves, columns=["fieldworker_id", "unit_id"], dtype="str")
    first = deal_evenly(cases.head(n_held), workers, NOBODY)
    every = pd.concat([first, deal_evenly(cases, workers, first)], ignore_index=True)
    served = cases[cases["unit_id"].isin(workers["unit_id"])]
    assert sorted(every["case_id"]) == sorted(served["case_id"])
    loads = every.merge(cases).groupby(["unit_id", "fieldworker_id"]).size()
    for unit, own in workers.groupby("unit_id"):
        counts = [int(loads.get((unit, one), 0)) for one in own["fieldworker_id"]]
        assert max(counts) - min(counts) <= 1
    assert deal_evenly(cases, workers, every).empty
