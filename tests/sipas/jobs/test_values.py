"""A round with one survey and one instrument without respondents, from the import of its values to the release."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from small_round import ROUND, Office, new_office, seal_and_draw
from values_round import (
    HEADER,
    SECTION,
    SOURCE,
    VALUES,
    communes,
    import_sound,
    link,
    new_values_office,
    value_rows,
    values_file,
    with_values,
)

from errors import FaultsFound, SurveyError
from sipas.jobs.field.receive import receive
from sipas.jobs.field.reserves import reserve_table
from sipas.jobs.field.returns import all_returns
from sipas.jobs.field.unitevents import end_units
from sipas.jobs.field.values import check_values, import_values, make_values_template
from sipas.jobs.prepare.frame import check_frame_file, import_frame
from sipas.jobs.prepare.frame_template import make_frame_template
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import amend_round, new_round
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.closing import cancel_instrument, close_round, reopen_round
from sipas.jobs.results.export import export_csv
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release, release
from sipas.jobs.results.read import table_of
from sipas.jobs.results.recount import recount
from sipas.jobs.results.score import score
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.office.signing import Signature
from sipas.store.stepruns import current_run

ADDRESS = f"{ROUND}/X01/thu/xa/8.3"
SIGNED = Signature(person_id="minh", passphrase="mật khẩu của Minh")


@pytest.fixture
def amended(tmp_path: Path) -> Office:
    """The round with the instrument, before its values came."""
    return new_values_office(tmp_path, "amended")


@pytest.fixture
def merged(tmp_path: Path) -> Office:
    """The round with its values merged and printed, which a test may change."""
    return new_values_office(tmp_path)


def bench(office: Office) -> Workbench:
    return Workbench(office.ws, ROUND).at(VALUES)


def values_of(office: Office, node: str = "DVC") -> dict[str, float]:
    scores = bench(office).index_scores()
    own = scores[scores["node_code"] == node]
    return dict(zip(own["unit_id"], own["value_pct"], strict=True))


def points(office: Office) -> dict[str, Decimal]:
    """Points of 8.3 by commune."""
    sheets = table_of(office.ws, ROUND, "merge", "unit_sheets")
    own = sheets[(sheets["rulebook_id"] == "thu/xa") & (sheets["criterion_code"] == "8.3")]
    return dict(zip(own["unit_id"], own["points"], strict=True))


def refused(rule: str, call: Callable[..., object], *arguments: object, **options: object) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        call(*arguments, **options)
    assert caught.value.rule == rule
    return caught.value


def released(office: Office) -> None:
    office.ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    office.ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    release(office.ws, ROUND, draft_release(office.ws, ROUND).release_no, SIGNED)


@pytest.mark.full
def test_values_open_the_instrument_and_make_every_later_step_current(amended: Office) -> None:
    ws = amended.ws
    assert [one.state for one in ws.rounds.instruments(ROUND)] == ["open", "new"]
    assert refused("jobs.step_first", merge, ws, ROUND).expected == "sipas values import"
    path = values_file(amended, value_rows(amended))
    report = import_values(ws, ROUND, path)
    assert (report.n_units, report.has_province, report.is_new) == (60, False, True)
    assert report.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (report.nodes, report.nodes_with_errors, report.ended) == (("DVC", "DVC.2"), (), ())
    assert [one.state for one in ws.rounds.instruments(ROUND)] == ["open", "open"]
    assert values_of(amended)["X02"] == 60.25 and values_of(amended, "DVC.2")["X02"] == 89.875
    merge(ws, ROUND)
    assert points(amended) == {
        unit: Decimal(f"{2.4 + 0.01 * place:.2f}") for place, unit in enumerate(communes(amended))
    }


def test_status_tells_of_the_steps_that_each_instrument_has(merged: Office) -> None:
    status = round_status(merged.ws, ROUND)
    own = [(one.step, one.state) for one in status.steps if one.instrument_id == VALUES]
    assert own == [("values", "current")]
    assert "values" not in [one.step for one in status.steps if one.instrument_id != VALUES]
    assert [one.has_respondents for one in status.instruments] == [True, False]


def test_the_same_file_adds_nothing_and_another_one_takes_its_place(merged: Office) -> None:
    ws = merged.ws
    first = current_run(ws, bench(merged).place("values"))
    head = ws.log.head()
    again = import_values(ws, ROUND, values_file(merged, value_rows(merged), "tên khác.xlsx"))
    assert (again.is_new, again.file_name) == (False, "số liệu cổng.xlsx")
    assert ws.log.head() == head
    assert bench(merged).state("values") == "current"
    other = import_sound(merged, shift=2.0)
    assert other.is_new and values_of(merged)["X01"] == 62.0
    assert Workbench(ws, ROUND).state("merge") == "stale"
    second = current_run(ws, bench(merged).place("values"))
    assert first is not None and second is not None and first.step_key != second.step_key
    log = ws.log.entries(f"{ROUND}/{VALUES}/values")
    assert [json.loads(one.body)["step_key"] for one in log] == [first.step_key, second.step_key]
    assert ws.files.snapshots.read_frame(first.outputs["index_scores"])["value_pct"].iloc[0] == 60.0
    back = import_sound(merged)
    assert not back.is_new and values_of(merged)["X01"] == 60.0


def test_a_closed_round_takes_no_values_until_it_is_reopened(merged: Office) -> None:
    ws = merged.ws
    close_round(ws, ROUND)
    assert {one.state for one in ws.rounds.instruments(ROUND)} == {"closed"}
    other = values_file(merged, value_rows(merged, 2.0), "khác.xlsx")
    refused("store.round_state", import_values, ws, ROUND, other)
    assert values_of(merged)["X01"] == 60.0
    assert Workbench(ws, ROUND).state("merge") == "current"
    reopen_round(ws, ROUND, "cơ quan cung cấp đính chính", "2099-12-31")
    assert import_values(ws, ROUND, other).is_new
    assert values_of(merged)["X01"] == 62.0


def test_a_check_keeps_nothing(amended: Office) -> None:
    ws = amended.ws
    path = values_file(amended, value_rows(amended))
    head = ws.log.head()
    report = check_values(ws, ROUND, path)
    assert (report.n_units, report.nodes) == (60, ("DVC", "DVC.2"))
    assert ws.log.head() == head
    assert bench(amended).state("values") == "none"
    refused("store.no_file", check_values, ws, ROUND, path.with_name("không có.xlsx"))


def test_every_fault_of_a_file_at_once_and_nothing_taken_over(amended: Office) -> None:
    rows = value_rows(amended)
    rows[0][2], rows[1][2], rows[2][2] = "", "tám mươi", "101"
    rows[3][0], rows[4][0], rows[5][0] = "X99", "S01", rows[6][0]
    path = values_file(amended, rows, header=("Mã đơn vị", "Tên đơn vị", "DVC", "Lạ"))
    for call in (check_values, import_values):
        error = refused("values.file", call, amended.ws, ROUND, path)
        assert isinstance(error, FaultsFound)
        found = [(one.rule, one.row) for one in error.faults]
        assert sorted(found) == [
            ("values.missing_cell", 2),
            ("values.missing_unit", 0),
            ("values.missing_unit", 0),
            ("values.missing_unit", 0),
            ("values.number", 3),
            ("values.other_group", 6),
            ("values.range", 4),
            ("values.unit_twice", 8),
            ("values.unknown_column", 0),
            ("values.unknown_unit", 5),
        ]
    assert bench(amended).state("values") == "none"
    assert bench(amended).instrument.state == "new"


def test_a_csv_goes_the_same_way(amended: Office) -> None:
    path = amended.inbox / "cổng.csv"
    lines = ["Mã đơn vị;DVC", *(f"{unit};70,5" for unit in communes(amended))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    assert import_values(amended.ws, ROUND, path).n_units == 60
    assert set(values_of(amended).values()) == {70.5}


def test_files_pass_the_gate(amended: Office) -> None:
    path = amended.inbox / "cổng.xlsx"
    path.write_bytes(b"PK\x03\x04 broken")
    with pytest.raises(SurveyError) as caught:
        import_values(amended.ws, ROUND, path)
    assert caught.value.rule.startswith("files.")


def test_a_node_that_a_criterion_needs_later_makes_the_values_stale(merged: Office) -> None:
    ws = merged.ws
    link(ws, "DVC.1", f"8.3,{'made-up-dvc'},DVC,")
    amend_round(ws, ROUND, "lấy mục khác")
    assert bench(merged).state("values") == "stale"
    refused("jobs.step_stale", merge, ws, ROUND)
    error = refused("values.file", import_sound, merged)
    assert isinstance(error, FaultsFound)
    assert [(one.rule, one.expected, one.got) for one in error.faults] == [
        ("values.missing_node", "DVC.1", "thu/xa 8.3")
    ]


@pytest.mark.full
def test_standard_errors_add_to_those_of_the_survey(merged: Office) -> None:
    ws = merged.ws
    without = table_of(ws, ROUND, "merge", "results").query("rulebook_id == 'thu/xa'").set_index("unit_id")
    rows = [[*row, "1,5" if row[0] != "X02" else ""] for row in value_rows(merged)]
    report = import_values(ws, ROUND, values_file(merged, rows, "sai số.xlsx", (*HEADER, "Sai số chuẩn DVC")))
    assert report.nodes_with_errors == ("DVC",)
    merge(ws, ROUND)
    found = table_of(ws, ROUND, "merge", "results").query("rulebook_id == 'thu/xa'").set_index("unit_id")
    own = np.where(without.index == "X02", 0.0, 0.04 * 1.5)  # 8.3 is worth 4 points at 100 %
    share = 100 * own / without["applicable_max"].astype("float64")
    expected = np.sqrt(without["std_error"] ** 2 + share**2)
    assert found["std_error"].to_numpy() == pytest.approx(expected.to_numpy(), nan_ok=True)
    assert (found["index_pct"] == without["index_pct"]).all()
    sheets = table_of(ws, ROUND, "merge", "unit_sheets").query("criterion_code == '8.3' and rulebook_id == 'thu/xa'")
    assert sheets.set_index("unit_id")["std_error"]["X01"] == pytest.approx(0.06)


def test_the_workbook_says_whose_figures_they_are_and_what_is_not_known(merged: Office) -> None:
    report = make_workbook(merged.ws, ROUND)
    book = openpyxl.load_workbook(report.path, read_only=True)
    assert [name for name in book.sheetnames if "Cổng DVC" in name] == ["Điểm điều tra Cổng DVC"]
    cells = [str(cell) for row in book["Điểm điều tra Cổng DVC"].iter_rows(values_only=True) for cell in row if cell]
    assert any(SOURCE in cell and "được coi là không có sai số" in cell for cell in cells)
    assert not any("n nhỏ" in cell or cell.startswith("<10") for cell in cells)
    method = {row[0]: row[1] for row in book["Phương pháp"].iter_rows(values_only=True) if row[0]}
    assert (method["Nguồn"], method["Tệp nhận được"]) != ("", "")
    text = "\n".join(str(cell) for row in book["Phương pháp"].iter_rows(values_only=True) for cell in row if cell)
    sha256 = bench(merged).facts("values", "values_facts.json")["file"]
    for part in (SOURCE, "số liệu cổng.xlsx", sha256, "Giá trị không kèm sai số chuẩn được coi là không có sai số"):
        assert part in text
    assert "Không phát phiếu; giá trị do cơ quan khác cung cấp" in text


@pytest.mark.full
def test_a_trace_shows_value_source_file_and_hash(merged: Office) -> None:
    ws = merged.ws
    sha256 = bench(merged).facts("values", "values_facts.json")["file"]
    for options in ({"working": True}, {}):
        report = trace(ws, ADDRESS, **options).report
        sections = {one.title: one.as_json()["lines"] for one in report.sections}
        sources = next(one for one in report.sections if one.title == "Nguồn (SHA-256)").as_json()["rows"]
        assert report.agrees and report.case_ids == ()
        assert sections["Giá trị chỉ số"]["Giá trị (%)"] == 60.0
        assert sections["Giá trị chỉ số"]["Số trả lời (của tiêu chí ít nhất)"] is None
        assert sections["Số liệu do cơ quan khác cung cấp"] == {
            "Nguồn số liệu": SOURCE,
            "Tệp nhận được": "số liệu cổng.xlsx",
            "SHA-256 của tệp": sha256,
        }
        assert {"Nguồn": "values_file", "Mã": "", "SHA-256": sha256} in sources
        if options:
            released(merged)  # the second time the release is explained


@pytest.mark.full
def test_a_release_freezes_the_values_whatever_comes_later(merged: Office) -> None:
    ws = merged.ws
    released(merged)
    (made,) = ws.office.releases.find(ROUND)
    assert made.outputs[f"index_scores/{VALUES}"] == bench(merged).index_scores_sha()
    before = trace(ws, ADDRESS).as_json()
    import_sound(merged, shift=5.0)
    merge(ws, ROUND)
    make_workbook(ws, ROUND)
    assert trace(ws, ADDRESS).as_json() == before
    assert trace(ws, ADDRESS, working=True).as_json() != before
    again = recount(ws, ROUND)
    assert {one.step for one in again} == {"weight", "score", "merge"}
    assert [one for one in again if one.n_different] == []
    files = {path.stem: pd.read_csv(path) for path in export_csv(ws, ROUND).paths}
    own = files["index_scores"].query("index_id == 'made-up-dvc'")
    assert len(own) == 120 and own["value_pct"].notna().all() and set(own["flag"]) == {"given"}
    assert [one.instrument_id for one in all_returns(ws, ROUND)] == ["khao-sat"]
    assert refused("jobs.no_respondents", all_returns, ws, ROUND, VALUES).where == f"{ROUND}/{VALUES}"


@pytest.mark.slow
def test_units_that_end_in_the_field(merged: Office) -> None:
    ws = merged.ws
    decision = {"on": "2026-08-01", "decision": "123/QĐ-UBND (giả định)"}
    rows = value_rows(merged)
    end_units(ws, ROUND, ["X08"], into="X07", **decision)
    end_units(ws, ROUND, ["X09"], **decision)
    assert bench(merged).state("values") == "stale"
    weight(ws, ROUND)
    score(ws, ROUND)
    refused("jobs.step_stale", merge, ws, ROUND)
    report = import_values(ws, ROUND, values_file(merged, rows))
    assert (report.is_new, report.n_units, report.ended) == (True, 58, ("X08", "X09"))
    own = values_of(merged)
    assert {"X08", "X09"}.isdisjoint(own) and own["X07"] == float(rows[6][2].replace(",", "."))
    merge(ws, ROUND)
    assert set(points(merged)) == set(communes(merged))
    make_workbook(ws, ROUND)
    assert trace(ws, f"{ROUND}/X07/thu/xa/8.3").report.agrees


@pytest.mark.parametrize(
    "call",
    [
        score,
        weight,
        make_plan,
        commit_draw,
        reserve_table,
        make_frame_template,
        lambda ws, name, instrument_id: import_frame(ws, name, Path("a.csv"), instrument_id),
        lambda ws, name, instrument_id: check_frame_file(ws, name, Path("a.csv"), instrument_id),
        lambda ws, name, instrument_id: draw_sample(ws, name, "48207", instrument_id),
        lambda ws, name, instrument_id: receive(ws, name, Path("a.csv"), instrument_id),
    ],
)
def test_what_a_survey_goes_through_is_refused_with_the_command_that_fits(
    request: pytest.FixtureRequest, call: Callable[..., object]
) -> None:
    office: Office = request.getfixturevalue("read_only")
    arguments = (office.ws, ROUND, VALUES) if call is not commit_draw else (office.ws, ROUND, "", VALUES)
    error = refused("jobs.no_respondents", call, *arguments)
    assert (error.where, error.got) == (f"{ROUND}/{VALUES}", VALUES)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """The merged round for tests that only read."""
    return new_values_office(tmp_path_factory.mktemp("values"))


def test_the_survey_needs_no_name_beside_it(read_only: Office) -> None:
    assert Workbench(read_only.ws, ROUND).instrument.instrument_id == "khao-sat"
    assert not score(read_only.ws, ROUND).is_new
    assert refused("values.no_instrument", import_values, read_only.ws, ROUND, Path("a"), "khao-sat")
    assert refused("store.no_instrument", import_values, read_only.ws, ROUND, Path("a"), "khac")


def test_two_of_them_have_to_be_named(tmp_path: Path) -> None:
    office = new_office(tmp_path, "empty")
    second = SECTION.replace(VALUES, "bo-noi-vu").replace("made-up-dvc", "sipas-2022")
    with_values(office.ws, last=SECTION + second)
    new_round(office.ws, ROUND)
    error = refused("values.which_instrument", make_values_template, office.ws, ROUND)
    assert error.expected == f"{VALUES}, bo-noi-vu"
    assert make_values_template(office.ws, ROUND, "bo-noi-vu").is_file()


def test_the_template_is_read_as_it_is_filled(amended: Office) -> None:
    target = amended.inbox / "mẫu.xlsx"
    assert make_values_template(amended.ws, ROUND, target=target) == target
    inside = make_values_template(amended.ws, ROUND)
    assert inside.read_bytes() == target.read_bytes()
    assert inside.parent.parent.name == VALUES
    error = refused("values.file", check_values, amended.ws, ROUND, target)
    assert isinstance(error, FaultsFound) and {one.rule for one in error.faults} == {"values.missing_cell"}
    assert len(error.faults) == 180  # 60 communes in three columns; the blank row of the province is none
    book = openpyxl.load_workbook(target)
    sheet = book["Số liệu"]
    head = next(row for row in sheet.iter_rows() if row[0].value == "Mã đơn vị")
    for row in sheet.iter_rows(min_row=head[0].row + 1):
        for cell in row[2 : len(head)]:
            cell.value = "82,15"
    book.save(target)
    report = import_values(amended.ws, ROUND, target)
    assert (report.n_units, report.has_province, report.nodes) == (60, True, ("DVC", "DVC.1", "DVC.2"))


@pytest.mark.full
def test_as_the_first_instrument_it_bears_the_id_of_the_round(tmp_path: Path) -> None:
    office = new_office(tmp_path, "empty")
    ws = office.ws
    with_values(ws, first=SECTION, last="")
    new_round(ws, ROUND)
    assert [one.public_id for one in ws.rounds.instruments(ROUND)] == [ROUND, f"{ROUND}/khao-sat"]
    opened = new_office(tmp_path / "people")  # the same made-up people
    office.frame, office.population = opened.frame, opened.population
    import_frame(ws, ROUND, office.frame_path())
    make_plan(ws, ROUND)
    drawn = seal_and_draw(ws)
    assert drawn.folder == ws.files.outputs.path(f"{ROUND}/khao-sat/chon-mau")
    assert import_values(ws, ROUND, values_file(office, value_rows(office))).n_units == 60
    assert refused("jobs.no_respondents", score, ws, ROUND, VALUES).where == ROUND


@pytest.mark.slow
def test_a_round_may_take_over_everything(tmp_path: Path) -> None:
    """The SIPAS values a ministry announced, in the place of a survey of one's own: appraisals, values, release."""
    office = new_office(tmp_path, "empty")
    ws = office.ws
    path = ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8")
    head = [
        line
        for line in text.split("[fieldwork]")[0].splitlines()
        if not line.startswith(("code", "questionn", "index"))
    ]
    section = (
        '[[instruments]]\nid = "bo-noi-vu"\nindex = "sipas"\nrespondents = "none"\nsource_vi = "Bộ Nội vụ (giả định)"\n'
    )
    path.write_text("\n".join(head) + "\n\n" + section, encoding="utf-8")
    new_round(ws, ROUND)
    for path in office.appraisal_paths():
        import_appraisals(ws, ROUND, path)
    nodes = ["SIPAS", "I", "II", "II.A", "II.B", "II.C", "II.D"]
    units = [unit.unit_id for unit in Workbench(ws, ROUND).round_parts.rated_units()]
    rows = [[unit, *(f"{70 + place + number / 10:.1f}" for place in range(7))] for number, unit in enumerate(units)]
    sent = values_file(
        office,
        [*rows, [Workbench(ws, ROUND).round_parts.survey_round.head.province_id, *["80,25"] * 7]],
        header=("Mã đơn vị", *nodes),
    )
    report = import_values(ws, ROUND, sent)
    assert (report.n_units, report.has_province) == (78, True)
    results = merge(ws, ROUND).results
    assert len(results) == 78 and set(results["std_error"]) == {0.0}
    book = openpyxl.load_workbook(make_workbook(ws, ROUND).path, read_only=True)
    assert [name for name in book.sheetnames if name.startswith(("Điểm điều tra", "Theo tiêu chí", "Tình hình"))] == [
        "Điểm điều tra"
    ]
    assert trace(ws, f"{ROUND}/S01/thu/so/8.1").report.agrees
    released(office)
    assert refused("jobs.no_survey", all_returns, ws, ROUND).got == "bo-noi-vu"
    refused("jobs.no_survey", score, ws, ROUND)
    close_round(ws, ROUND)
    assert ws.rounds.get(ROUND).state == "closed"


def test_once_cancelled_it_takes_no_part(merged: Office) -> None:
    ws = merged.ws
    done = cancel_instrument(ws, ROUND, "cơ quan khác không cung cấp", VALUES)
    assert (done.is_new, done.criteria) == (True, ("thu/xa/8.3",))
    refused("parindex.unlinked", merge, ws, ROUND)
    refused("store.round_state", import_values, ws, ROUND, values_file(merged, value_rows(merged, 3.0), "muộn.xlsx"))
    assert [one.step for one in round_status(ws, ROUND).steps if one.instrument_id == VALUES] == []


def test_a_training_round_takes_no_values(tmp_path: Path) -> None:
    office = new_office(tmp_path, "empty")
    with_values(office.ws)
    new_round(office.ws, ROUND, is_training=True)
    refused("jobs.training", import_values, office.ws, ROUND, office.inbox / "a.xlsx")


def test_who_is_asked_is_settled_once_something_was_done(merged: Office) -> None:
    ws = merged.ws
    path = ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8")
    swapped = text.replace('id = "khao-sat"', 'id = "x"').replace(f'id = "{VALUES}"', 'id = "khao-sat"')
    path.write_text(swapped.replace('id = "x"', f'id = "{VALUES}"'), encoding="utf-8")
    folder = path.parent
    (folder / "khao-sat").rename(folder / VALUES)
    refused("rounds.fixed_kind", amend_round, ws, ROUND, "đổi loại")
