import hashlib
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError, FaultsFound
from sipas.units import Successor, Unit, UnitRegister, load_register

OPEN, CLOSED, TODAY = "2020-01-01", "2025-06-30", "2026-03-01"


def old(unit_id: str, kind: str = "xa", valid_to: str = CLOSED, sort_order: int = 0) -> Unit:
    return Unit(
        unit_id=unit_id,
        name_vi=f"Đơn vị {unit_id}",
        kind=kind,
        unit_group=kind,
        valid_from=OPEN,
        valid_to=valid_to,
        sort_order=sort_order,
    )


def new(unit_id: str, sort_order: int = 0, valid_from: str = "2025-07-01", unit_group: str = "xa") -> Unit:
    return Unit(
        unit_id=unit_id,
        name_vi=f"Đơn vị {unit_id}",
        kind="xa",
        unit_group=unit_group,
        valid_from=valid_from,
        sort_order=sort_order,
    )


def heir(old_id: str, new_id: str, share: str = "1", effective_on: str = "2025-07-01") -> Successor:
    return Successor(old_unit_id=old_id, new_unit_id=new_id, share=Decimal(share), effective_on=effective_on)


REGISTER = UnitRegister(
    [
        new("SAME", 9, OPEN),
        new("N2", 2),
        new("N1", 1),
        new("GHOST", 3, unit_group=""),
        old("MERGED1"),
        old("MERGED2"),
        old("CUT"),
        old("DISTRICT", "huyen"),
        old("FIRST", valid_to="2023-12-31"),
        Unit(unit_id="SECOND", name_vi="Tên khác", kind="xa", valid_from="2024-01-01", valid_to=CLOSED),
    ],
    [
        heir("MERGED1", "N1"),
        heir("MERGED2", "N1"),
        heir("CUT", "N2", "0.4"),
        heir("CUT", "N1", "0.6"),
        heir("FIRST", "SECOND", effective_on="2024-01-01"),
        heir("SECOND", "N2"),
    ],
)


def resolve(unit_ids: list[str | None], keys: list[str] | None = None, on: str = TODAY) -> list[tuple[str, str]]:
    ids = pd.Series(unit_ids, dtype="str")
    labels = pd.Series(keys if keys is not None else [f"k{i}" for i in range(len(ids))], dtype="str")
    found = REGISTER.resolve(ids, labels, on)
    return list(zip(found["unit_id"], found["how"], strict=True))


def share_point(key: str) -> float:
    """u of the crosswalk, worked out beside the code under test."""
    return int(hashlib.sha256(("crosswalk|" + key).encode("utf-8")).hexdigest()[:16], 16) / 2**64


def test_who_exists_and_who_is_rated_on_a_day() -> None:
    assert [unit.unit_id for unit in REGISTER.valid_on(TODAY)] == ["N1", "N2", "GHOST", "SAME"]
    assert [unit.unit_id for unit in REGISTER.rated_on(TODAY)] == ["N1", "N2", "SAME"]
    assert [unit.unit_id for unit in REGISTER.rated_on(CLOSED, "huyen")] == ["DISTRICT"]
    assert [unit.unit_id for unit in REGISTER.rated_on("2025-07-01", "huyen")] == []
    assert [unit.unit_id for unit in REGISTER.valid_on("2019-12-31")] == []


def test_names_and_successors_in_stored_order() -> None:
    assert REGISTER.names()["CUT"] == "Đơn vị CUT"
    assert [(each.new_unit_id, each.share) for each in REGISTER.successors("CUT")] == [
        ("N1", Decimal("0.6")),
        ("N2", Decimal("0.4")),
    ]
    assert REGISTER.successors("SAME") == ()
    with pytest.raises(DataError) as error:
        REGISTER.get("X")
    assert (error.value.rule, error.value.got) == ("units.unknown", "X")


def test_every_way_to_todays_unit() -> None:
    assert resolve(["SAME", "MERGED1", "MERGED2", "FIRST", "DISTRICT", "X", None]) == [
        ("SAME", "same"),
        ("N1", "successor"),
        ("N1", "successor"),
        ("N2", "successor"),
        ("", "closed"),
        ("", "unknown"),
        ("", "unknown"),
    ]


def test_the_day_decides() -> None:
    assert resolve(["FIRST", "CUT", "N1", "SAME"], on="2024-06-01") == [
        ("SECOND", "successor"),
        ("CUT", "same"),
        ("", "unknown"),
        ("SAME", "same"),
    ]


def test_split_follows_the_digest_of_the_key() -> None:
    keys = [f"hồ sơ {i}" for i in range(200)]
    expected = [("N1" if share_point(key) < 0.6 else "N2", "split") for key in keys]
    assert {unit for unit, _ in expected} == {"N1", "N2"}
    assert resolve(["CUT"] * 200, keys) == expected


def test_split_shares_hold_in_the_long_run() -> None:
    n = 20_000
    to_first = sum(unit == "N1" for unit, _ in resolve(["CUT"] * n))
    # 5 standard deviations of a binomial share at p = 0.6
    assert abs(to_first / n - 0.6) < 5 * (0.6 * 0.4 / n) ** 0.5


def test_split_of_a_split_uses_the_product_of_shares() -> None:
    # O = 0.5 A + 0.5 B, A = 0.25 C + 0.75 D: intervals C [0, .125), D [.125, .5), B [.5, 1)
    register = UnitRegister(
        [old("O"), old("A", valid_to="2026-01-31", sort_order=1), new("B", 2), new("C", 3), new("D", 4)],
        [
            heir("O", "A", "0.5"),
            heir("O", "B", "0.5"),
            heir("A", "C", "0.25", "2026-02-01"),
            heir("A", "D", "0.75", "2026-02-01"),
        ],
    )
    keys = pd.Series([f"{i}" for i in range(300)], dtype="str")
    found = register.resolve(pd.Series(["O"] * 300, dtype="str"), keys, TODAY)
    points = [share_point(key) for key in keys]
    assert list(found["unit_id"]) == ["C" if u < 0.125 else "D" if u < 0.5 else "B" for u in points]
    assert set(found["how"]) == {"split"}


def test_part_of_a_split_may_end_closed() -> None:
    register = UnitRegister(
        [old("O"), new("N", 1), old("D", "huyen", valid_to="2025-12-31", sort_order=2)],
        [heir("O", "N", "0.5"), heir("O", "D", "0.5")],
    )
    keys = pd.Series([f"{i}" for i in range(50)], dtype="str")
    found = register.resolve(pd.Series(["O"] * 50, dtype="str"), keys, TODAY)
    expected = [("N", "split") if share_point(key) < 0.5 else ("", "closed") for key in keys]
    assert list(zip(found["unit_id"], found["how"], strict=True)) == expected
    assert set(found["how"]) == {"split", "closed"}


@given(st.permutations(["SAME", "CUT", "CUT", "MERGED1", "DISTRICT", "X", "FIRST"]))
def test_row_order_changes_nothing(order: list[str]) -> None:
    ids = pd.Series(order, dtype="str", index=[f"row {i}" for i in range(len(order))])
    keys = pd.Series([f"k{i}" for i in range(len(order))], dtype="str")
    found = REGISTER.resolve(ids, keys, TODAY)
    assert list(found.index) == list(ids.index)
    singly = [resolve([unit], [key])[0] for unit, key in zip(order, keys, strict=True)]
    assert list(zip(found["unit_id"], found["how"], strict=True)) == singly


def test_no_rows() -> None:
    empty = pd.Series([], dtype="str")
    assert list(REGISTER.resolve(empty, empty, TODAY).columns) == ["unit_id", "how"]


@pytest.mark.parametrize("keys", [["k"], ["k", None]])
def test_each_row_needs_a_key(keys: list[str | None]) -> None:
    with pytest.raises(DataError) as error:
        REGISTER.resolve(pd.Series(["CUT", "CUT"], dtype="str"), pd.Series(keys, dtype="str"), TODAY)
    assert error.value.rule == "units.keys"


@pytest.mark.parametrize("day", ["01/07/2025", "2025-7-1", "2025-02-30", ""])
def test_a_day_is_iso(day: str) -> None:
    with pytest.raises(DataError) as error:
        REGISTER.valid_on(day)
    assert error.value.rule == "units.date"


UNITS_HEADER = "unit_id,name_vi,kind,unit_group,parent_id,valid_from,valid_to,sort_order\n"
HEIRS_HEADER = "old_unit_id,new_unit_id,share,effective_on,decision\n"
BAD_UNITS = (
    "# made up for the example; no official data\n"
    + UNITS_HEADER
    + "P,Tỉnh,tinh,,,2020-01-01,,0\n"
    + "A,Xã A,xa,xa,P,2025-07-01,,1\n"
    + "A,Xã A2,xa,xa,P,2025-07-01,,2\n"
    + "B,Xã B,xa,xa,Q,2025-07-01,2025-06-30,3\n"
    + "C,xã a,xa,xa,P,2026-01-01,,4\n"
    + "D,Xã D,xa,xa,E,2020-01-01,,5\n"
    + "E,Huyện E,huyen,huyen,P,2020-01-01,2025-06-30,6\n"
    + "F,Xã F,xa,xa,P,2020-01-01,2025-06-30,7\n"
    + "G,Xã G,xa,xa,P,hôm qua,,8\n"
)
BAD_HEIRS = HEIRS_HEADER + (
    "F,A,0.5,2025-07-01,\n"
    "F,A,0.4,2025-07-01,\n"
    "P,A,1,2025-07-01,\n"
    "Z,A,1,2025-07-01,\n"
    "E,Y,1,2025-06-30,\n"
    "B,C,1,2025-07-01,\n"
)


def test_every_fault_of_a_folder_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "thư mục đơn vị"
    folder.mkdir()
    (folder / "units.csv").write_text(BAD_UNITS, encoding="utf-8")
    (folder / "successors.csv").write_text(BAD_HEIRS, encoding="utf-8")
    with pytest.raises(FaultsFound) as error:
        load_register(folder)
    assert error.value.rule == "units.folder"
    found = [(fault.rule, fault.file[:5], fault.row, fault.got) for fault in error.value.faults]
    assert found == [
        ("data.field", "units", 11, "hôm qua"),
        ("units.dates_reversed", "units", 6, "2025-06-30"),
        ("units.duplicate", "units", 5, "A"),
        ("units.overlap", "units", 7, "C"),
        ("units.parent_closed", "units", 8, "E"),
        ("units.shares", "succe", 3, "0.9"),
        ("units.successor_early", "succe", 6, "2025-06-30"),
        ("units.successor_not_valid", "succe", 7, "2025-07-01"),
        ("units.successor_of_open", "succe", 4, "P"),
        ("units.successor_twice", "succe", 3, "A"),
        ("units.unknown_parent", "units", 6, "Q"),
        ("units.unknown_successor", "succe", 5, "Z"),
        ("units.unknown_successor", "succe", 6, "Y"),
    ]


def test_closed_commune_needs_a_successor_a_district_does_not() -> None:
    with pytest.raises(FaultsFound) as error:
        UnitRegister([old("O"), old("H", "huyen")])
    assert [(fault.rule, fault.got) for fault in error.value.faults] == [("units.no_successor", "O")]


def test_absent_file_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "units.csv").write_text(UNITS_HEADER, encoding="utf-8")
    with pytest.raises(FaultsFound) as error:
        load_register(tmp_path)
    assert [(fault.rule, fault.file) for fault in error.value.faults] == [("data.no_file", "successors.csv")]
