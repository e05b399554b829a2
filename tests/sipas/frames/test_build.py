"""Four kinds of frame, ids that only look different, duplicates, stratum parts."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from errors import FaultsFound
from sampling.frame import frame_csv, frame_hash, stratum_ids
from sipas.frames.ids import similar_ids


def faults_of(run, *args) -> list[tuple[str, int, str]]:
    with pytest.raises(FaultsFound) as caught:
        run(*args)
    assert caught.value.rule == "frames.file"
    return [(one.rule, one.row, one.column) for one in caught.value.faults]


def test_a_dossier_as_before(make_round, imported, row) -> None:
    done = imported(make_round(), [row(1)])
    one = done.frame.iloc[0]
    assert (one["unit_id"], one["result_status"], one["size"], one["has_contact"]) == ("X05", "done", 1, False)
    assert one["psu_id"] == one["person_key"] != one["frame_unit_id"]
    assert "H01" not in frame_csv(done.frame).decode() and "012000000001" not in frame_csv(done.frame).decode()


def test_a_unit_as_the_template_writes_it(make_round, imported, row, register) -> None:
    label = f"X05 - {register.get('X05').name_vi.upper()}"
    done = imported(make_round(), [row(1, unit_id_at_event=label)])
    assert (done.frame["unit_id"].item(), done.frame["unit_id_at_event"].item()) == ("X05", "X05")
    wrong = row(1, unit_id_at_event=f"X06 - {register.get('X05').name_vi}")
    assert faults_of(imported, make_round(), [wrong]) == [("frames.unknown_unit", 2, "unit_id_at_event")]


def test_persons_one_row_for_a_person_and_unit(make_round, imported) -> None:
    rules = make_round("person", ["phone", "channel"], stratum_parts=("unit_id", "channel"))
    base = {"person_no": "001", "unit_id_at_event": "X05", "name": "Lan", "channel": "Trực tuyến"}
    rows = [base, {**base, "phone": "09"}, {**base, "unit_id_at_event": "X06"}, {**base, "person_no": "002"}]
    done = imported(rules, rows)
    assert done.counts() | {"on_frame": 3, "duplicate_row": 1} == done.counts()
    assert done.frame["person_key"].nunique() == 2 and done.frame["frame_unit_id"].is_unique
    kept = done.frame.sort_values(["unit_id", "has_contact"])
    assert kept["has_contact"].tolist() == [False, True, False]  # of equal rows the one with a phone stays
    assert set(done.frame["event_date"]) == {""}
    assert set(stratum_ids(done.frame, ["unit_id", "channel"])) == {"X05|online", "X06|online"}
    assert done.persons() == {"persons": 2, "repeated": 1, "most": 2}


def test_visits_of_a_person_the_latest_in_the_window_stands(make_round, imported) -> None:
    rules = make_round("person", ["event_date", "channel"])
    base = {"person_no": "001", "unit_id_at_event": "X05", "name": "Lan"}
    days = {"2026-01-05": "Trực tuyến", "2026-02-05": "Trực tiếp", "2020-01-01": "Trực tiếp"}
    done = imported(rules, [{**base, "event_date": day, "channel": channel} for day, channel in days.items()])
    assert done.frame[["event_date", "channel"]].to_numpy().tolist() == [["2026-02-05", "counter"]]
    assert done.counts() | {"on_frame": 1, "duplicate_row": 1, "outside_window": 1} == done.counts()


def test_firms_units_of_all_rows_together(make_round, imported) -> None:
    rules = make_round("firm", ["phone"])
    rows = [
        {"firm_no": "0100", "unit_id_at_event": "X07; X05", "name": "Công ty A"},
        {"firm_no": "0100", "unit_id_at_event": "X06;X05;", "name": "Công ty A"},
        {"firm_no": "0200", "unit_id_at_event": "S01", "name": "Tổng công ty B"},
    ]
    done = imported(rules, rows)
    found = done.frame.set_index("rated_units")
    assert sorted(found.index) == ["S01", "X05;X06;X07"]
    assert found.loc["X05;X06;X07", "unit_id"] == "X05"
    assert found.loc["X05;X06;X07", "unit_id_at_event"] == "X05;X06;X07"
    assert done.counts() | {"on_frame": 2, "same_firm": 1} == done.counts()
    assert (done.frame["psu_id"] == done.frame["frame_unit_id"]).all()
    again = imported(rules, rows[::-1])
    assert frame_csv(again.frame) == frame_csv(done.frame)
    bad = [{**rows[0], "unit_id_at_event": "X05;X999"}]
    assert faults_of(imported, rules, bad) == [("frames.unknown_unit", 2, "unit_id_at_event")]


def test_officials_need_not_come_from_a_rated_unit(make_round, imported, register) -> None:
    day = "2026-07-01"
    rated = {one.unit_id for one in register.rated_on(day)}
    others = [one.unit_id for one in register.valid_on(day) if one.unit_id not in rated]
    rules = make_round("official", stratum_parts=("rater_group", "unit_group"))
    rows = [
        {"staff_no": "1", "unit_id_at_event": unit, "name": "A", "rater_group": "Đại biểu HĐND"}
        for unit in (others[:1] or ["X05"])
    ]
    done = imported(
        rules, [*rows, {"staff_no": "2", "unit_id_at_event": "X05", "name": "B", "rater_group": "Lãnh đạo"}]
    )
    assert done.counts()["on_frame"] == 2
    assert sorted(done.frame["rater_group"]) == ["delegate", "head"]
    assert "xa" in set(done.frame["unit_group"])


def test_all_faults_of_a_file_at_once(make_round, imported, row) -> None:
    rules = make_round(fields=["channel"])
    rows = [
        row(1, channel="Trực tiếp"),
        row(2, channel="Bồ câu"),
        row(3, channel="Trực tiếp", event_date="31/12/2025"),
        row(4, channel="Trực tiếp", event_date="2026-02-30"),
        row(5, channel="trực  TIẾP", person_no=""),
        row(6, channel="Trực tiếp", dossier_no="h01-0001 "),
    ]
    assert faults_of(imported, rules, rows) == [
        ("frames.blank", 6, "person_no"),
        ("frames.date", 5, "event_date"),
        ("frames.date_format", 4, "event_date"),
        ("frames.similar_id", 2, "dossier_no"),
        ("frames.similar_id", 7, "dossier_no"),
        ("frames.unknown_code", 3, "channel"),
    ]


def test_a_declared_column_must_be_there(make_round, imported, row) -> None:
    assert faults_of(imported, make_round(fields=["channel", "phone"]), [row(1)]) == [
        ("frames.missing_column", 0, "channel")
    ]


def test_two_rows_of_a_dossier_that_differ(make_round, imported, row) -> None:
    same = imported(make_round(), [row(1), row(1), row(2)])
    assert same.counts() | {"on_frame": 2, "duplicate_dossier": 1} == same.counts()
    rows = [row(1), row(1, result_status="Từ chối"), row(2), row(2)]
    assert faults_of(imported, make_round(), rows) == [
        ("frames.duplicate_differs", 2, "dossier_no"),
        ("frames.duplicate_differs", 3, "dossier_no"),
    ]


def test_persons_asked_before(make_round, imported, row) -> None:
    plain = imported(make_round(), [row(1), row(2), row(3)])
    asked = [plain.frame["person_key"][0], "unknown"]
    rules = make_round(spare_round="earlier", stratum_parts=("unit_id", "asked_before"))
    done = imported(rules, [row(1), row(2), row(3)], asked)
    assert done.frame.set_index("person_key")["asked_before"].to_dict() == {
        key: "asked" if key == asked[0] else "new" for key in plain.frame["person_key"]
    }
    assert set(stratum_ids(done.frame, rules.plan.stratum_parts)) == {"X05|asked", "X05|new"}
    assert "asked_before" not in plain.frame


def test_person_as_target_keeps_how_many_dossiers(make_round, imported, row) -> None:
    rows = [row(1), row(2, person_no="012000000001", event_date="2026-04-01"), row(3)]
    done = imported(make_round(target="person"), rows)
    assert done.counts() | {"on_frame": 2, "earlier_dossier": 1} == done.counts()
    assert sorted(done.frame["size"]) == [1, 2]
    assert done.frame.loc[done.frame["size"] == 2, "event_date"].item() == "2026-04-01"


@pytest.mark.full
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(order=st.permutations(range(12)))
def test_row_order_changes_no_byte(make_round, imported, row, order) -> None:
    rows = [row(n % 9, person_no=f"0120000{n % 9 // 2:05d}", phone="09" if n > 8 else "") for n in range(12)]
    for target in ("transaction", "person"):
        rules = make_round(fields=["phone"], target=target)
        shuffled = imported(rules, [rows[n] for n in order])
        assert frame_hash(shuffled.frame) == frame_hash(imported(rules, rows).frame)


@given(st.text(alphabet="0123456789", min_size=1, max_size=9))
def test_forms_of_one_number_are_similar(number: str) -> None:
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    cells = pd.Series([number, f"0{number}", wide, f"{number[0]} {number[1:]}".strip(), "X", "X"], dtype="str")
    found = similar_ids(cells)
    assert found.tolist()[:3] == [True, True, True]
    assert found.tolist()[4:] == [False, False]
    other = pd.Series([f"1{number}", f"2{number}", f"A-{number}", f"A{number}"], dtype="str")
    assert not similar_ids(other).any()
