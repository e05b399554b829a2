"""The made-up frame file: counts as stated, nobody real, the same bytes every time, quick."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections import Counter

import numpy as np
import pandas as pd
import pytest

from errors import FrameError
from sipas.example.days import working_days
from sipas.example.population import FRAME_HEADERS, FramePlan, MadeUpFrame, frame_csv, frame_file
from sipas.example.streams import largest_remainder, stream


def _inside(rows: pd.DataFrame) -> pd.Series:
    return rows["Ngày trả kết quả"].between("2025-07-01", "2026-06-30")


def test_counts_of_faults_are_what_the_facts_say(frame: MadeUpFrame) -> None:
    rows, facts = frame.rows, frame.facts
    assert len(rows) == facts.n_rows == 200_000 + 200 + 60
    assert (rows["Ngày trả kết quả"] < "2025-07-01").sum() == facts.n_outside_before == 120
    assert (rows["Ngày trả kết quả"] > "2026-06-30").sum() == facts.n_outside_after == 80
    assert rows["Mã hồ sơ"].duplicated().sum() == facts.n_repeated == 60
    eligible = rows[_inside(rows) & ~rows["Mã hồ sơ"].duplicated()]
    assert len(eligible) == facts.n_eligible == 200_000
    silent = (eligible["Số điện thoại"] == "") & (eligible["Địa chỉ"] == "")
    assert silent.sum() == facts.n_no_contact == 3_000
    assert frame.is_eligible.sum() == 200_000
    assert eligible.index.equals(rows.index[frame.is_eligible])


def test_repeated_rows_are_equal_in_every_cell_and_stand_at_the_end(frame: MadeUpFrame) -> None:
    again = frame.rows["Mã hồ sơ"].duplicated()
    assert set(np.flatnonzero(again)) == set(range(200_200, 200_260))
    assert frame.rows.drop_duplicates().shape[0] == 200_200


def test_results_of_the_eligible_are_86_4_3_7_per_cent(frame: MadeUpFrame) -> None:
    counts = frame.rows.loc[frame.is_eligible, "Kết quả"].value_counts().to_dict()
    assert counts == {"Đã giải quyết": 172_000, "Từ chối": 8_000, "Trả lại": 6_000, "Quá hạn": 14_000}
    assert frame.facts.n_by_result == {"done": 172_000, "refused": 8_000, "returned": 6_000, "overdue": 14_000}


def test_old_ids_stand_only_in_the_first_two_months_and_without_a_present_id(frame: MadeUpFrame) -> None:
    rows = frame.rows
    is_old = rows["Mã đơn vị giải quyết"] != frame.unit_now
    assert is_old.sum() == frame.facts.n_old_unit_rows == 3_000
    assert rows.loc[is_old, "Ngày trả kết quả"].between("2025-07-01", "2025-08-31").all()
    assert (rows.loc[is_old, "Mã đơn vị hiện nay"] == "").all()
    by_unit = rows[is_old].groupby(frame.unit_now[is_old])["Mã đơn vị giải quyết"].unique()
    assert set(by_unit["X01"]) == {"O1", "O2", "O3"}
    assert set(by_unit["X02"]) == {"O9"}
    assert set(by_unit["S07"]) == {"A-S07", "B-S07"}
    given = rows["Mã đơn vị hiện nay"]
    assert (given[given != ""] == frame.unit_now[given != ""]).all()
    assert 0.65 < (given != "").mean() < 0.75


def test_communes_differ_in_size_from_about_150_to_about_8000(frame: MadeUpFrame) -> None:
    sizes = Counter(frame.unit_now[frame.is_eligible].tolist())
    communes = sorted(count for unit, count in sizes.items() if unit.startswith("X"))
    assert len(communes) == 60
    assert 130 < communes[0] < 170
    assert 7_500 < communes[-1] < 8_600


def test_about_one_person_in_eight_has_several_dossiers(frame: MadeUpFrame) -> None:
    rows = frame.rows[~frame.rows["Mã hồ sơ"].duplicated()]
    dossiers = rows.groupby("Số định danh").size()
    assert len(dossiers) == frame.facts.n_persons
    assert (dossiers > 1).sum() == frame.facts.n_repeat_persons
    assert 0.115 < (dossiers > 1).mean() < 0.125
    same = rows.groupby("Số định danh")[["Họ và tên", "Năm sinh", "Giới tính"]].nunique()
    assert (same == 1).all().all()


def test_nobody_in_the_file_can_be_real(frame: MadeUpFrame) -> None:
    rows = frame.rows
    assert rows["Số định danh"].str.fullmatch("099[0-3][0-9]{8}").all()
    assert rows.loc[rows["Số điện thoại"] != "", "Số điện thoại"].str.fullmatch("0000[0-9]{6}").all()
    years = rows["Năm sinh"].astype(int)
    assert (rows["Số định danh"].str[4:6].astype(int) == years % 100).all()
    assert years.between(1940, 2007).all()


@pytest.mark.full
def test_csv_is_what_the_portal_exports(frame: MadeUpFrame) -> None:
    data = frame_csv(frame.rows)
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\r\n") == data.count(b"\n") == 200_261
    text = data.decode("utf-8-sig")
    assert unicodedata.is_normalized("NFC", text)
    table = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
    assert table[0] == list(FRAME_HEADERS.values())
    assert table[1:] == frame.rows.to_numpy(dtype=object).tolist()


def test_same_seed_same_bytes_and_another_seed_another_file(frame: MadeUpFrame, units: list, heirs: list) -> None:
    plan = FramePlan(n_dossiers=5_000, n_outside=20, n_repeated=5, n_no_contact=75, n_old_units=60)
    once, again, other = (frame_csv(frame_file(seed, units, heirs, plan=plan).rows) for seed in (1, 1, 2))
    assert once == again
    assert once != other


@pytest.mark.parametrize(
    "plan", [FramePlan(n_dossiers=999), FramePlan(n_dossiers=2_000), FramePlan(n_dossiers=999_900, n_outside=101)]
)
def test_a_plan_that_does_not_fit_is_refused(plan: FramePlan, units: list, heirs: list) -> None:
    with pytest.raises(FrameError) as error:
        frame_file(1, units, heirs, plan=plan)
    assert error.value.rule == "example.plan"


def test_working_days_leave_out_sundays_and_holidays() -> None:
    days = pd.to_datetime(pd.Series(working_days(stream(1, "t"), "2026-02-01", "2026-03-01", 3_000)))
    assert (days.dt.day_of_week < 6).all()
    assert (days.dt.day_of_week == 5).any()
    assert not days.between("2026-02-14", "2026-02-22").any()
    assert days.min() >= pd.Timestamp("2026-02-02")


def test_largest_remainder_by_hand() -> None:
    # 10 by 1:1:1 is 3 1/3 each; the first takes the rest. 7 by 5:3:2 is 3.5, 2.1, 1.4.
    assert largest_remainder([1, 1, 1], 10).tolist() == [4, 3, 3]
    assert largest_remainder([5, 3, 2], 7).tolist() == [4, 2, 1]
