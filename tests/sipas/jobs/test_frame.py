"""Frame jobs in a real workspace: template there and back, refusals in a workbook, counts, persons asked before."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_round import ROUND, Office, seal_and_draw, survey

from errors import FaultsFound, StoreError
from sampling.frame import frame_hash
from sipas.files import read_sheets
from sipas.frames import EXAMPLE_MARK
from sipas.jobs.field.returns import returns_report
from sipas.jobs.prepare.frame import check_coverage, check_frame_file, import_frame
from sipas.jobs.prepare.frame_template import make_frame_template
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.raters import pairs_of
from sipas.jobs.prepare.rounds import amend_round, new_round
from sipas.jobs.results.read import table_of
from sipas.jobs.results.weight import weight
from sipas.jobs.stepruns.earlier import earlier_respondents
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.field.frame_template import CODES_SHEET, GUIDE_SHEET, LIST_SHEET

KINDS = {
    "person": ["person_no", "name", "unit_id_at_event", "phone"],
    "firm": ["firm_no", "name", "unit_id_at_event", "phone"],
    "official": ["staff_no", "name", "unit_id_at_event", "rater_group"],
}


def folder_of(office: Office, round_id: str = ROUND) -> Path:
    return office.ws.root / "methodology" / "rounds" / round_id


def edit(office: Office, *changes: tuple[str, str], round_id: str = ROUND) -> None:
    path = folder_of(office, round_id) / "round.toml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")


def make_kind(office: Office, kind: str) -> None:
    """The office's round with a frame of another kind."""
    target = ('target = "transaction"', f'frame_kind = "{kind}"\ntarget = "person"')
    edit(office, target, ('margins = ["unit_id", "result_status"]', 'margins = ["unit_id"]'))
    if kind in ("firm", "official"):  # no weights are made of those who rate many units: their criteria are entered
        entered = '["made-up-gia-dinh/2026-xhh-so", "made-up-gia-dinh/2026-xhh-xa"]'
        edit(office, ('["thu/so", "thu/xa"]', entered))
    heads = "".join(f"{field},Cột {field}\n" for field in KINDS[kind])
    (folder_of(office) / "frame_columns.csv").write_text(f"field,header\n{heads}", encoding="utf-8")
    codes = "field,cell,code\nrater_group,Đại biểu HĐND,DB\nrater_group,Lãnh đạo,LD\n"
    (folder_of(office) / "frame_codes.csv").write_text(codes, encoding="utf-8")
    if kind == "official":
        lines = ('method = "proportional"', 'method = "quotas" #'), ("total = 1900", ""), ("min_per_stratum = 15", "")
        edit(office, *lines, ('stratum_parts = ["unit_id"]', 'stratum_parts = ["rater_group"]'))
        head = "rater_group,unit_group,rated_unit_id,pattern,quota,exclude_own,short_list"
        matrix = f"{head}\nLD,so,,each,2,true,census\n"
        (folder_of(office) / "rater_quotas.csv").write_text(matrix, encoding="utf-8")
    amend_round(office.ws, ROUND, "đổi loại dàn mẫu")


def fill(template: Path, target: Path, rows: list[dict[str, str]]) -> Path:
    """Fill in a template as an office would: cells below the example row, by header."""
    book = openpyxl.load_workbook(template)
    sheet = book[LIST_SHEET]
    head = next(row for row in sheet.iter_rows() if row[0].value == "STT")
    place = {cell.value: cell.column for cell in head}
    for number, row in enumerate(rows, start=head[0].row + 2):
        for header, text in row.items():
            sheet.cell(number, place[header]).value = text
    book.save(target)
    return target


def test_a_filled_template_imports_as_it_is(office: Office) -> None:
    template = make_frame_template(office.ws, ROUND)
    assert make_frame_template(office.ws, ROUND).read_bytes() == template.read_bytes()
    book = openpyxl.load_workbook(template)
    assert book.sheetnames == [LIST_SHEET, GUIDE_SHEET, CODES_SHEET]
    sheet = book[LIST_SHEET]
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    lists = {str(one.sqref).split(":")[0][0]: one.formula1 for one in sheet.data_validations.dataValidation}
    head = next(row for row in sheet.iter_rows() if row[0].value == "STT")
    letters = {cell.value: cell.column_letter for cell in head}
    assert set(lists) == {letters[one] for one in ("Mã đơn vị giải quyết", "Mã đơn vị hiện nay", "Kết quả")}
    codes = book[CODES_SHEET]
    first, last = (codes[one.replace("$", "")] for one in lists[letters["Kết quả"]].split("!")[1].split(":"))
    offered = [codes.cell(row, first.column).value for row in range(first.row, last.row + 1)]
    assert offered == ["Đã giải quyết", "Từ chối", "Trả lại", "Quá hạn"]
    units = [cell.value for cell in codes["A"] if cell.value and cell.value.startswith("X05 - ")]
    assert len(units) == 1
    rows = [
        {
            "Mã hồ sơ": f"00{n}",
            "Mã đơn vị giải quyết": units[0],
            "Ngày trả kết quả": "2026-03-01",
            "Kết quả": offered[n % 4],
            "Số định danh": f"00120000000{n}",
            "Số điện thoại": "0912345678",
        }
        for n in range(1, 4)
    ]
    report = import_frame(office.ws, ROUND, fill(template, office.inbox / "đã điền.xlsx", rows))
    assert report.counts["on_frame"] == 3
    assert (report.source["example"], report.source["data"], report.source["unused"]) == (1, 3, 27)
    assert report.skipped_sheets == (GUIDE_SHEET, CODES_SHEET)
    contacts = office.ws.field.contacts.read(
        survey(office.ws, ROUND), list(table_of(office.ws, ROUND, "frame", "frame")["frame_unit_id"])
    )
    assert set(contacts["phone"]) == {"0912345678"}


@pytest.mark.parametrize("kind", list(KINDS))
def test_templates_of_other_kinds(office: Office, kind: str) -> None:
    make_kind(office, kind)
    template = make_frame_template(office.ws, ROUND)
    cells = [cell for rows in read_sheets(template).values() for row in rows for cell in row.cells]
    assert EXAMPLE_MARK in cells
    units = sorted({cell for cell in cells if cell.startswith(("X05 - ", "X06 - "))})
    unit = "X05;X06" if kind == "firm" else units[0]
    row = {"Cột name": "Lan", "Cột unit_id_at_event": unit, "Cột phone": "09", "Cột rater_group": "Lãnh đạo"}
    row = {name: cell for name, cell in row.items() if name.removeprefix("Cột ") in KINDS[kind]}
    rows = [{**row, f"Cột {KINDS[kind][0]}": f"00{n}"} for n in range(1, 5)]
    report = import_frame(office.ws, ROUND, fill(template, office.inbox / "đã điền.xlsx", rows))
    assert (report.kind, report.counts["on_frame"]) == (kind, 4)
    by_unit = {one.unit_id: one.n_on_frame for one in report.units if one.n_on_frame}
    assert by_unit == ({"X05": 4, "X06": 4} if kind == "firm" else {"X05": 4})


@pytest.mark.full
def test_faults_in_a_workbook_and_nothing_stored(office: Office) -> None:
    lines = office.frame_path().read_text(encoding="utf-8-sig").splitlines()
    path = office.inbox / "lỗi.csv"
    lines[5] = lines[5].replace(lines[5].split(";")[1], "X999", 1)
    path.write_text("\n".join([*lines[:9], lines[9].replace("-", "/"), *lines[10:]]) + "\n", encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        import_frame(office.ws, ROUND, path)
    error = caught.value
    assert error.rule == "frames.refused" and error.values["total"] == str(len(error.faults)) != "0"
    (rows,) = read_sheets(Path(error.values["fault_file"])).values()
    assert len(rows) == len(error.faults) + 1
    assert [row.cell(2) for row in rows[1:]] == [str(one.row) for one in error.faults]
    assert {6, 10} <= {one.row for one in error.faults}
    with pytest.raises(StoreError):
        table_of(office.ws, ROUND, "frame", "frame")
    with pytest.raises(FaultsFound) as again:
        check_frame_file(office.ws, ROUND, path)
    assert again.value.faults == error.faults
    with pytest.raises(FaultsFound) as english:
        check_frame_file(office.ws, ROUND, path, lang="en")
    (rows,) = read_sheets(Path(english.value.values["fault_file"])).values()
    assert [rows[0].cell(at) for at in (2, 4, 5)] == ["Row", "Fault", "What to do"]
    broken = office.inbox / "ẩn.csv"
    broken.write_text("\n".join([lines[0], lines[1].replace("-", "\u200b-", 1)]) + "\n", encoding="utf-8")
    with pytest.raises(FaultsFound) as hidden:
        check_frame_file(office.ws, ROUND, broken)
    assert hidden.value.rule == "frames.refused" and hidden.value.faults[0].rule == "files.hidden_character"


@pytest.mark.full
def test_parquet_gives_the_same_frame_as_csv(office: Office) -> None:
    report = check_frame_file(office.ws, ROUND, office.frame_path())
    path = office.inbox / "danh sách hồ sơ.parquet"
    rows = office.frame.rows
    pq.write_table(pa.Table.from_pandas(rows, preserve_index=False), path)
    found = check_frame_file(office.ws, ROUND, path)
    assert (found.frame_hash, found.counts, found.rows_in_file) == (report.frame_hash, report.counts, len(rows))
    assert report.rows_in_file == len(rows) + 1


@pytest.mark.full
def test_units_and_counts(office: Office) -> None:
    report = check_frame_file(office.ws, ROUND, office.frame_path())
    assert sum(one.n_on_frame for one in report.units) == report.counts["on_frame"]
    assert sum(one.n_no_contact for one in report.units) == report.without_contact
    assert check_coverage(office.ws, ROUND, report) == ()
    path = office.inbox / "đếm.csv"
    table = [(one.unit_id, one.n_on_frame * (2 if one.unit_id == "X05" else 1)) for one in report.units]
    lines = ["unit_id,count,source", *(f"{unit},{n},cổng dịch vụ công" for unit, n in table)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    covered = check_coverage(office.ws, ROUND, report, path)
    assert [one.unit_id for one in covered if one.is_flagged] == ["X05"]
    assert len(covered) == len(report.units)
    shutil.copy(path, folder_of(office) / "dossier_counts.csv")
    amend_round(office.ws, ROUND, "có số đối chiếu")
    assert check_coverage(office.ws, ROUND, report) == covered


@pytest.mark.full
def test_persons_of_an_earlier_round_are_marked(office: Office) -> None:
    import_frame(office.ws, ROUND, office.frame_path())
    later = "sau-2026"
    shutil.copytree(folder_of(office), folder_of(office, later))
    changes = (
        (f'id = "{ROUND}"', f'id = "{later}"'),
        ('code = "THU26"', 'code = "SAU26"'),
        ('target = "transaction"', f'target = "transaction"\nspare_round = "{ROUND}"'),
        ('stratum_parts = ["unit_id"]', 'stratum_parts = ["unit_id", "asked_before"]'),
    )
    edit(office, *changes, ("min_per_stratum = 15", "min_per_stratum = 5"), round_id=later)
    new_round(office.ws, later)
    with pytest.raises(StoreError) as caught:
        import_frame(office.ws, later, office.frame_path())
    assert caught.value.rule == "frames.spare_not_drawn"
    shutil.rmtree(folder_of(office, later))  # its sealed numbers are copies; the round itself reads its pinned folder
    make_plan(office.ws, ROUND)
    seal_and_draw(office.ws)
    asked = set(earlier_respondents(office.ws, ROUND))
    report = import_frame(office.ws, later, office.frame_path())
    frame = table_of(office.ws, later, "frame", "frame")
    assert (frame["asked_before"] == "asked").sum() == report.n_asked == frame["person_key"].isin(asked).sum() > 0
    assert report.frame_hash == frame_hash(frame)
    strata = set(make_plan(office.ws, later).table["stratum_id"])
    assert {"X05|asked", "X05|new"} <= strata
    assert not import_frame(office.ws, later, office.frame_path()).is_new


@pytest.mark.parametrize(
    ("changes", "columns", "rule"),
    [
        ((('target = "transaction"', 'frame_kind = "person"\ntarget = "transaction"'),), "", "rounds.frame_target"),
        ((('target = "transaction"', 'frame_kind = "person"\ntarget = "person"'),), "", "rounds.frame_field"),
        ((('stratum_parts = ["unit_id"]', 'stratum_parts = ["asked_before"]'),), "", "rounds.stratum_part"),
        ((('stratum_parts = ["unit_id"]', 'stratum_parts = ["channel"]'),), "", "rounds.stratum_part"),
        ((('target = "transaction"', f'target = "transaction"\nspare_round = "{ROUND}"'),), "", "rounds.spare_itself"),
        ((), "channel,Hình thức\n", "rounds.frame_code"),
        ((), "dossier_no,Mã số\n", "rounds.frame_field"),
    ],
)
def test_a_layout_that_does_not_fit(tmp_path: Path, changes: tuple, columns: str, rule: str) -> None:
    from small_round import new_office

    made = new_office(tmp_path, "empty")
    edit(made, *changes)
    path = folder_of(made) / "frame_columns.csv"
    path.write_text(path.read_text(encoding="utf-8") + columns, encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        new_round(made.ws, ROUND)
    assert rule in {one.rule for one in caught.value.faults}


def test_a_margin_needs_its_column(office: Office) -> None:
    with pytest.raises(FaultsFound) as caught:
        make_kind_with_margins(office)
    assert {one.rule for one in caught.value.faults} == {"rounds.margin"}


def make_kind_with_margins(office: Office) -> None:
    path = folder_of(office) / "round.toml"
    text = path.read_text(encoding="utf-8")
    heads = "".join(f"{field},Cột {field}\n" for field in KINDS["person"])
    (folder_of(office) / "frame_columns.csv").write_text(f"field,header\n{heads}", encoding="utf-8")
    path.write_text(
        text.replace('target = "transaction"', 'frame_kind = "person"\ntarget = "person"'), encoding="utf-8"
    )
    amend_round(office.ws, ROUND, "thử")


@pytest.mark.full
def test_date_format_is_a_setting_of_the_round(office: Office) -> None:
    rows = office.frame.rows.copy()
    column = pinned(office.ws, ROUND).survey_round.instruments[0].header_of("event_date")
    before = check_frame_file(office.ws, ROUND, office.frame_path())
    rows[column] = rows[column].str.replace(r"(\d+)-(\d+)-(\d+)", r"\3/\2/\1", regex=True)
    path = office.inbox / "ngày.csv"
    rows.to_csv(path, sep=";", index=False, encoding="utf-8-sig")
    with pytest.raises(FaultsFound) as caught:
        check_frame_file(office.ws, ROUND, path)
    assert {one.rule for one in caught.value.faults} == {"frames.date_format"}
    edit(office, ("[plan]", '[frame]\ndate_format = "d/m/y"\n\n[plan]'))
    amend_round(office.ws, ROUND, "tệp ghi ngày/tháng/năm")
    assert check_frame_file(office.ws, ROUND, path).frame_hash == before.frame_hash


@pytest.mark.full
def test_a_firm_rates_every_unit_it_dealt_with(office: Office) -> None:
    make_kind(office, "firm")
    path = office.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8").replace("total = 1900", "total = 30").replace("= 15", "= 5")
    path.write_text(text, encoding="utf-8")
    amend_round(office.ws, ROUND, "ít phiếu")
    units = ["X05", "X05;X06", "X06", "X06;X07;X05"]
    rows = [f"01{n:04d},Công ty {n},{units[n % 4]},09000{n:05d}" for n in range(80)]
    file = office.inbox / "doanh nghiệp.csv"
    head = ",".join(f"Cột {name}" for name in ("firm_no", "name", "unit_id_at_event", "phone"))
    file.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    import_frame(office.ws, ROUND, file)
    make_plan(office.ws, ROUND)
    seal_and_draw(office.ws)
    frame = table_of(office.ws, ROUND, "frame", "frame").set_index("frame_unit_id")
    sample = table_of(office.ws, ROUND, "draw", "sample")
    pairs = pairs_of(Workbench(office.ws, ROUND))
    wanted = frame.loc[sample["frame_unit_id"], "rated_units"].str.split(";").str.len().sum()
    assert len(pairs) == wanted > len(sample)
    report = returns_report(office.ws, ROUND)
    assert report.by_unit["n_issued"].sum() == pairs["is_issued"].sum()
    assert set(report.by_unit["unit_id"]) == {"X05", "X06", "X07"}
    stored = table_of(office.ws, ROUND, "draw", "pairs")
    prob = stored.merge(sample, on="case_id")
    main = prob[~prob["is_reserve"]]
    pd.testing.assert_series_equal(main["pair_prob"], main["inclusion_prob"], check_names=False)
    with pytest.raises(StoreError) as caught:
        weight(office.ws, ROUND)
    assert caught.value.rule == "jobs.rater_weights"
