"""Lists when units end in the field and when the units asked about are not the units people belong to."""

import os
import threading
import time
from itertools import chain
from pathlib import Path

import openpyxl
import pytest
import rater_round
from small_round import ROUND, Office, new_office, survey

from sipas.jobs.field.fieldwork import (
    assign_evenly,
    assignment_counts,
    import_assignments,
    import_fieldworkers,
    import_focal_points,
    issued_cases,
)
from sipas.jobs.field.lists import Selection, make_lists, make_upload, remove_lists
from sipas.jobs.field.unitevents import end_units
from sipas.jobs.prepare.raters import pairs_of
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.field.fieldwork import TABLES
from sipas.store.rounds.instruments import Instrument
from sipas.store.workspace import Workspace

pytestmark = pytest.mark.full

DECISION = {"on": "2026-08-01", "decision": "123/QĐ-UBND (giả định)"}
HEAD = "Mã điều tra viên;Họ và tên;Điện thoại;Đơn vị chủ trì;Đơn vị phụ trách\n"
NAME = "Mã phiếu;Mã điều tra viên\n"


@pytest.fixture
def own(tmp_path: Path) -> Office:
    """A drawn round."""
    return new_office(tmp_path, "drawn")


def saved(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8-sig")
    return path


def column(path: Path, header: str) -> list[str]:
    """Cells below a header of the first sheet, down to the first blank."""
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    top = next(place for place, row in enumerate(rows) if header in row)
    cells = [row[rows[top].index(header)] for row in rows[top + 1 :] if isinstance(row[0], (int, float))]
    return ["" if cell is None else str(cell) for cell in cells]


def cases_on(folder: Path) -> dict[str, list[str]]:
    """Case ids by file, for all lists of a folder."""
    paths = sorted(folder.rglob("*.xlsx"))
    return {path.relative_to(folder).as_posix(): column(path, "Mã phiếu") for path in paths}


def issued_of(ws: Workspace, round_id: str) -> list[str]:
    cases = ws.field.cases.read(ws.rounds.instrument(round_id))
    return sorted(cases.loc[cases["is_issued"], "case_id"])


def test_cases_of_merged_units_are_on_the_list_of_their_heir_and_can_be_assigned(own: Office) -> None:
    ws = own.ws
    import_fieldworkers(ws, ROUND, saved(own.inbox, "dtv.csv", HEAD + "DTV08;Canary An;;BD;X08\n"))
    focal = "Mã đơn vị;Họ và tên\nX08;Canary Đầu Mối\n"
    import_focal_points(ws, ROUND, saved(own.inbox, "đm.csv", focal))
    first = make_lists(ws, ROUND, "field", Selection())
    assert (first.folder / "BD" / "X08.xlsx").is_file()
    end_units(ws, ROUND, ["X08", "X09"], into="X07", **DECISION)
    report = make_lists(ws, ROUND, "field", Selection())
    found = cases_on(report.folder)
    assert sorted(chain(*found.values())) == issued_of(ws, ROUND)
    assert (report.n_cases, report.n_closed, report.n_removed) == (first.n_cases, 0, 2)
    assert report.n_files == first.n_files - 2 == len(found)
    assert {one.split("-")[1] for one in found["BD/X07.xlsx"]} == {"X07", "X08", "X09"}
    heads = openpyxl.load_workbook(report.folder / "BD" / "X07.xlsx").worksheets[0].iter_rows(values_only=True)
    assert any("Cán bộ đầu mối: Canary Đầu Mối" in row for row in heads)
    dealt = assign_evenly(ws, ROUND)  # whoever served X08 serves X07 now
    counts = dealt.by_unit.set_index("unit_id")
    assert dealt.n_new == counts.loc["X07", "n_assigned"] == counts.loc["X07", "n_issued"] == len(found["BD/X07.xlsx"])
    assert counts["n_issued"].sum() == first.n_cases
    case = next(one for one in found["BD/X07.xlsx"] if "-X09-" in one)
    assert import_assignments(ws, ROUND, saved(own.inbox, "giao.csv", f"{NAME}{case};DTV08\n")).n_new == 0


def test_cases_of_a_closed_unit_are_on_no_list_but_counted(own: Office) -> None:
    ws = own.ws
    first = make_lists(ws, ROUND, "field", Selection())
    closed = [one for one in issued_of(ws, ROUND) if "-X08-" in one]
    end_units(ws, ROUND, ["X08"], **DECISION)
    report = make_lists(ws, ROUND, "field", Selection())
    found = list(chain(*cases_on(report.folder).values()))
    assert sorted([*found, *closed]) == issued_of(ws, ROUND)
    assert report.n_closed == assignment_counts(ws, ROUND).n_closed == len(closed) > 0
    assert report.n_cases + report.n_closed == first.n_cases


def test_lists_are_for_their_owner_and_go_when_the_round_ends(own: Office) -> None:
    ws = own.ws
    report = make_lists(ws, ROUND, "payment", Selection())
    upload = make_upload(ws, ROUND, "kobo", Selection(), with_names=True)
    top = ws.files.outputs.path(f"{ROUND}/danh-sach")
    if os.name != "nt":
        for path in [top, *top.rglob("*")]:
            assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    other = ws.files.outputs.write_bytes(f"{ROUND}/khac.txt", b"x")
    assert remove_lists(ws, ROUND) == report.n_files + upload.n_files
    assert not top.exists() and other.is_file()
    assert remove_lists(ws, ROUND) == 0
    entries = [one for one in ws.log.entries(ROUND) if one.action == "lists.removed"]
    assert [one.body for one in entries] == [f'{{"kind":"","n_files":{report.n_files + 1}}}']


def test_only_a_call_for_everything_removes_what_is_no_more(own: Office) -> None:
    ws = own.ws
    make_upload(ws, ROUND, "kobo", Selection(unit_id="X08"), with_names=True)
    make_upload(ws, ROUND, "kobo", Selection(unit_id="X07"), with_names=True)
    signed = make_lists(ws, ROUND, "signature", Selection(unit_id="X08"))
    end_units(ws, ROUND, ["X08"], into="X07", **DECISION)
    assert make_lists(ws, ROUND, "field", Selection(unit_id="X07")).n_removed == 0
    assert make_upload(ws, ROUND, "kobo", Selection(conductor_id="BD"), with_names=False).n_removed == 0
    assert make_upload(ws, ROUND, "kobo", Selection(), with_names=False).n_removed == 1
    kept = {name.split("/")[3] for name in ws.files.outputs.names(f"{ROUND}/danh-sach/kobo")}
    assert kept == {"BD", "X07", "tat-ca"}
    assert (signed.folder / "BD" / "X08.xlsx").is_file()  # another kind


@pytest.fixture(scope="module")
def raters(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return rater_round.drawn_round(tmp_path_factory.mktemp("người trả lời"))


def test_everybody_asked_is_on_a_list_with_the_units_they_rate(raters: Workspace) -> None:
    round_id = rater_round.ROUND
    report = make_lists(raters, round_id, "field", Selection())
    found = cases_on(report.folder)
    assert sorted(chain(*found.values())) == issued_of(raters, round_id)
    assert report.n_cases == len(issued_of(raters, round_id))
    cases = raters.field.cases.read(raters.rounds.instrument(round_id)).set_index("case_id")
    assert sorted(found["SNV/HDND.xlsx"]) == sorted(cases.index[cases["unit_id"] == "GD"])
    own = make_lists(raters, round_id, "signature", Selection(unit_id="HDND"))
    assert (own.n_files, own.n_cases) == (1, len(found["SNV/HDND.xlsx"]))
    pairs = pairs_of(Workbench(raters, round_id))
    for name in ("SNV/HDND.xlsx", "SNV/S01.xlsx", "BD/X60.xlsx"):
        shown = column(report.folder / name, "Đơn vị được đánh giá")
        for case, units in zip(found[name], shown, strict=True):
            assert sorted(units.split(", ")) == sorted(pairs.loc[pairs["case_id"] == case, "rated_unit_id"])
    names = [row[2] for row in openpyxl.load_workbook(report.folder / "SNV/HDND.xlsx").worksheets[1].values]
    assert len(names) == 1 + len(Workbench(raters, round_id).parts.rated_units())


def test_people_from_outside_the_rated_units_can_be_assigned(raters: Workspace, tmp_path: Path) -> None:
    round_id = rater_round.ROUND
    workers = "DTV1;Canary An;;SNV;HDND\nDTV2;Canary Ba;;BD;\n"
    import_fieldworkers(raters, round_id, saved(tmp_path, "dtv.csv", HEAD + workers))
    counts = assign_evenly(raters, round_id).by_unit.set_index("unit_id")
    assert counts.loc["HDND", "n_assigned"] == counts.loc["HDND", "n_issued"] > 0
    assert counts["n_issued"].sum() == len(issued_of(raters, round_id))


def test_two_people_who_assign_at_once_lose_nothing(own: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    ws = own.ws
    import_fieldworkers(ws, ROUND, saved(own.inbox, "dtv.csv", HEAD + "DTV1;Canary An;;BD;\n"))
    cases = issued_cases(Workbench(ws, ROUND)).query("conductor_id == 'BD'")["case_id"].head(6).tolist()
    files = [saved(own.inbox, f"giao {n}.csv", NAME + f"{case};DTV1\n") for n, case in enumerate(cases)]
    read = ws.field.fieldwork.read

    def slowly(instrument: Instrument, what: str):
        table = read(instrument, what)
        time.sleep(0.05 if what == "assignments" else 0)
        return table

    monkeypatch.setattr(ws.field.fieldwork, "read", slowly)
    threads = [threading.Thread(target=import_assignments, args=(ws, ROUND, path)) for path in files]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    found = read(survey(ws), "assignments")
    assert list(found.columns) == list(TABLES["assignments"])
    assert sorted(found["case_id"]) == sorted(cases)
