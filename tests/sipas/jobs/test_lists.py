"""Lists of a drawn round: only issued cases, in draw order, counts that add up, and names nowhere else."""

import csv
import io
import json
import re
import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest
from small_round import ROUND, Office, new_office, survey

from errors import DataError, FaultsFound
from sipas.jobs.field.fieldwork import (
    assign_evenly,
    assignment_counts,
    import_assignments,
    import_fieldworkers,
    import_focal_points,
    issued_cases,
)
from sipas.jobs.field.lists import Selection, make_lists, make_upload
from sipas.jobs.prepare.rounds import new_round
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.workspace import open_workspace

pytestmark = pytest.mark.full

WORKERS = (
    "Mã điều tra viên;Họ và tên;Điện thoại;Đơn vị chủ trì;Đơn vị phụ trách\n"
    "DTV01;Canary Văn Hậu;0911111101;BD;X07, X08\nDTV02;Canary Thị Ba;0911111102;BD;X07\n"
)
FOCAL = "Mã đơn vị;Họ và tên;Điện thoại;Thư điện tử\nX07;Canary Đầu Mối;0911111103;dau.moi@x07.vn\n"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """A drawn round with interviewers, a focal point and all kinds of lists; tests that share it only read."""
    office = new_office(tmp_path_factory.mktemp("danh sách"), "drawn")
    import_fieldworkers(office.ws, ROUND, saved(office, "dtv.csv", WORKERS))
    import_focal_points(office.ws, ROUND, saved(office, "đầu mối.csv", FOCAL))
    assign_evenly(office.ws, ROUND)
    for kind in ("field", "signature", "payment", "postal"):
        make_lists(office.ws, ROUND, kind, Selection())
    return office


@pytest.fixture
def own(drawn: Office, tmp_path: Path) -> Office:
    """A copy that a test may change."""
    root = tmp_path / "bản sao"
    shutil.copytree(drawn.ws.root, root)
    return Office(open_workspace(root, {"SIPAS_ACTOR": "lan"}), tmp_path, drawn.frame, drawn.population)


def saved(office: Office, name: str, text: str) -> Path:
    path = office.inbox / name
    path.write_text(text, encoding="utf-8-sig")
    return path


def folder(office: Office) -> Path:
    return office.ws.root / "outputs" / ROUND / "danh-sach"


def column(path: Path, header: str) -> list[str]:
    """Cells below a header of the first sheet, down to the first blank."""
    rows = list(openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True))
    top = next(place for place, row in enumerate(rows) if header in row)
    cells = [row[rows[top].index(header)] for row in rows[top + 1 :] if isinstance(row[0], (int, float))]
    return ["" if cell is None else str(cell) for cell in cells]


def test_a_list_holds_the_issued_cases_of_its_unit_in_draw_order_with_their_contacts(drawn: Office) -> None:
    bench = Workbench(drawn.ws, ROUND)
    sample = bench.table("draw", "sample")
    own = sample[sample["case_id"].str.contains("-X07-") & ~sample["is_reserve"]].sort_values("draw_order")
    path = folder(drawn) / "phong-van" / "BD" / "X07.xlsx"
    assert column(path, "Mã phiếu") == own["case_id"].tolist()
    contacts = drawn.ws.field.contacts.read(survey(drawn.ws, ROUND), own["frame_unit_id"].tolist())
    assert column(path, "Họ và tên") == contacts["name"].tolist()
    assert column(path, "Địa chỉ") == contacts["address"].tolist()


def test_every_unit_has_its_file_under_its_conductor_and_every_issued_case_is_on_one(drawn: Office) -> None:
    issued = issued_cases(Workbench(drawn.ws, ROUND))
    for kind in ("phong-van", "ky-nhan", "chi-tra", "buu-chinh"):
        paths = sorted((folder(drawn) / kind).rglob("*.xlsx"))
        pairs = issued[["conductor_id", "unit_id"]].drop_duplicates()
        assert {(path.parent.name, path.stem) for path in paths} == set(pairs.itertuples(index=False, name=None))
    found = [case for path in paths for case in column(path, "Mã phiếu")]
    assert sorted(found) == sorted(issued["case_id"])


def test_interviewers_share_a_unit_evenly_and_stand_on_the_list(drawn: Office) -> None:
    shown = column(folder(drawn) / "phong-van" / "BD" / "X07.xlsx", "Điều tra viên")
    assert shown[:3] == ["Canary Văn Hậu – DTV01", "Canary Thị Ba – DTV02", "Canary Văn Hậu – DTV01"]
    assert abs(shown.count(shown[0]) - shown.count(shown[1])) <= 1 and "" not in shown
    assert set(column(folder(drawn) / "phong-van" / "BD" / "X09.xlsx", "Điều tra viên")) == {""}


def test_issued_is_assigned_and_unassigned(drawn: Office) -> None:
    counts = assignment_counts(drawn.ws, ROUND).by_unit
    assert (counts["n_issued"] == counts["n_assigned"] + counts["n_unassigned"]).all()
    assert counts["n_issued"].sum() == drawn.ws.field.cases.read(survey(drawn.ws, ROUND))["is_issued"].sum()
    assert counts.loc[counts["n_assigned"] > 0, "unit_id"].tolist() == ["X07", "X08"]


def test_a_reserve_is_on_a_list_once_it_is_released_and_not_before(own: Office) -> None:
    cases = own.ws.field.cases.read(survey(own.ws, ROUND))
    reserve = cases.loc[cases["is_reserve"] & (cases["unit_id"] == "X07"), "case_id"].iloc[0]
    path = folder(own) / "phong-van" / "BD" / "X07.xlsx"
    assert reserve not in column(path, "Mã phiếu")
    with own.ws.ledger.write() as connection:
        own.ws.field.cases.set_issued(connection, survey(own.ws, ROUND), [reserve], is_issued=True)
    assert assign_evenly(own.ws, ROUND).n_new == 1
    make_lists(own.ws, ROUND, "field", Selection(unit_id="X07"))
    assert column(path, "Mã phiếu").count(reserve) == 1


def test_names_and_phones_are_on_the_lists_and_nowhere_else(own: Office) -> None:
    unit = issued_cases(Workbench(own.ws, ROUND)).query("unit_id == 'X07'")
    person = own.ws.field.contacts.read(survey(own.ws, ROUND), unit["frame_unit_id"].tolist()).iloc[0]
    make_upload(own.ws, ROUND, "odk", Selection(unit_id="X07"), with_names=False)
    secrets = [person["name"], person["phone"], person["address"], "Canary", "0911111101", "0911111103"]
    lists = folder(own)
    for path in own.ws.root.rglob("*"):
        if path.is_file() and path.suffix != ".xlsx":
            content = path.read_bytes()
            assert [word for word in secrets if word.encode() in content] == [], path
    other = [path for path in own.ws.root.rglob("*.xlsx") if not path.is_relative_to(lists)]
    for path in other:
        with zipfile.ZipFile(path) as archive:
            assert not any(word.encode() in archive.read(part) for part in archive.namelist() for word in secrets)
    assert person["name"] in column(lists / "phong-van" / "BD" / "X07.xlsx", "Họ và tên")
    for entry in own.ws.log.entries():
        assert not any(word in f"{entry.subject}{entry.body}" for word in secrets)


def test_every_list_made_is_logged_with_kind_and_counts(own: Office) -> None:
    before = len(own.ws.log.entries(ROUND))
    report = make_lists(own.ws, ROUND, "payment", Selection(conductor_id="SNV"))
    entry = own.ws.log.entries(ROUND)[before]
    assert entry.action == "lists.made" and entry.actor == "lan"
    assert json.loads(entry.body) == {
        "kind": "payment",
        "n_files": report.n_files,
        "n_cases": report.n_cases,
        "unit_id": "",
        "conductor_id": "SNV",
        "with_names": False,
    }
    assert own.ws.log.verify() == []


def test_the_same_list_again_is_the_same_file(own: Office) -> None:
    path = folder(own) / "buu-chinh" / "BD" / "X07.xlsx"
    before = path.read_bytes()
    path.unlink()
    make_lists(own.ws, ROUND, "postal", Selection(unit_id="X07"))
    assert path.read_bytes() == before


def test_a_file_of_assignments_counts_and_moves_cases(own: Office) -> None:
    unit = issued_cases(Workbench(own.ws, ROUND)).query("unit_id == 'X08'")["case_id"].tolist()
    free = issued_cases(Workbench(own.ws, ROUND)).query("unit_id == 'X07'")["case_id"].tolist()
    text = f"Mã phiếu;Mã điều tra viên\n{unit[0]};DTV01\n{free[0]};DTV02\n"
    assert import_assignments(own.ws, ROUND, saved(own, "giao.csv", text)).n_new == 1  # the first was so already
    make_lists(own.ws, ROUND, "field", Selection(unit_id="X07"))
    shown = column(folder(own) / "phong-van" / "BD" / "X07.xlsx", "Điều tra viên")
    assert shown[0] == "Canary Thị Ba – DTV02"
    with pytest.raises(FaultsFound) as caught:
        import_assignments(own.ws, ROUND, saved(own, "sai.csv", f"Mã phiếu;Mã điều tra viên\n{unit[0]};DTV02\n"))
    assert [fault.rule for fault in caught.value.faults] == ["fieldwork.other_unit"]


def test_an_interviewer_with_cases_does_not_leave_the_list(own: Office) -> None:
    only = saved(own, "ít hơn.csv", "\n".join(WORKERS.splitlines()[:2]) + "\n")
    with pytest.raises(FaultsFound) as caught:
        import_fieldworkers(own.ws, ROUND, only, replace=True)
    assert [(one.rule, one.got) for one in caught.value.faults] == [("fieldwork.has_cases", "DTV02")]
    assert import_fieldworkers(own.ws, ROUND, only).n_now == 2


def test_sample_files_hold_the_same_cases(own: Office) -> None:
    report = make_upload(own.ws, ROUND, "survey-solutions", Selection(unit_id="X07"), with_names=False)
    text = (report.folder / "mauTHU26.tab").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
    assert [row["case_id"] for row in rows] == column(folder(own) / "phong-van" / "BD" / "X07.xlsx", "Mã phiếu")
    assert {row["_responsible"] for row in rows} == {"DTV01", "DTV02"}
    with pytest.raises(DataError) as caught:
        make_upload(own.ws, ROUND, "survey-solutions", Selection(), with_names=False)
    assert caught.value.rule == "lists.partly_assigned"
    everybody = make_upload(own.ws, ROUND, "kobo", Selection(), with_names=False)
    assert everybody.n_cases == own.ws.field.cases.read(survey(own.ws, ROUND))["is_issued"].sum()


@pytest.mark.parametrize(
    ("selection", "rule"),
    [
        (Selection(unit_id="X99"), "lists.unit"),
        (Selection(conductor_id="ABC"), "lists.conductor"),
        (Selection(unit_id="X07", conductor_id="SNV"), "lists.none"),
    ],
)
def test_a_wrong_choice_is_refused_and_not_logged(own: Office, selection: Selection, rule: str) -> None:
    head = own.ws.log.head()
    with pytest.raises(DataError) as caught:
        make_lists(own.ws, ROUND, "field", selection)
    assert caught.value.rule == rule
    assert own.ws.log.head() == head


def test_a_payment_list_needs_an_amount(tmp_path: Path) -> None:
    office = new_office(tmp_path, "empty")
    path = office.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^payment_per_form = .*$", "", text), encoding="utf-8")
    new_round(office.ws, ROUND)
    with pytest.raises(DataError) as caught:
        make_lists(office.ws, ROUND, "payment", Selection())
    assert caught.value.rule == "lists.payment"
