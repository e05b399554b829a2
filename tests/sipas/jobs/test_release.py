"""A released number stays: whatever is edited, lost, closed or run afterwards, readers print the release."""

import json
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from small_round import NUMBERS, OPENED_AT, ROUND, SEED, Office, new_office, survey

from errors import DataError, StoreError
from sipas.example.appraisals import appraisal_inputs, appraisal_xlsx
from sipas.jobs.field.receive import receive
from sipas.jobs.field.returns import all_returns
from sipas.jobs.field.unitevents import end_units
from sipas.jobs.prepare.rounds import amend_round
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.closing import close_round, reopen_round
from sipas.jobs.results.export import export_csv, export_workbook, translated_workbook
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release, release
from sipas.jobs.results.recount import recount
from sipas.jobs.results.score import score
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.sample.commit import reveal
from sipas.jobs.stepruns import workbench
from sipas.jobs.stepruns.frozen import FrozenRound, frozen_hashes, released
from sipas.jobs.stepruns.pinned import pinned
from sipas.store.office.signing import Signature
from sipas.store.source import Code, code_of
from sipas.store.stepruns import Run, current_runs_of
from sipas.store.workspace import open_workspace

pytestmark = pytest.mark.full

ADDRESS = f"{ROUND}/X07/thu/xa/8.1"
SIGNED = Signature(person_id="minh", passphrase="mật khẩu của Minh")


@pytest.fixture
def office(copied: Office) -> Office:
    """The finished round, released by two people."""
    copied.ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    copied.ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    release(copied.ws, ROUND, draft_release(copied.ws, ROUND).release_no, SIGNED)
    return copied


def shown(office: Office, **options: bool) -> list[dict]:
    return [one.as_json() for one in trace(office.ws, ADDRESS, **options).report.sections]


def edited(office: Office) -> None:
    """A rulebook that gives other points, pinned and merged: the working state moves away from the release."""
    path = office.ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "survey_links.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("8.1,sipas,SIPAS", "8.1,sipas,I"), encoding="utf-8")
    assert amend_round(office.ws, ROUND, "sửa liên kết")
    merge(office.ws, ROUND)
    make_workbook(office.ws, ROUND)


def late_form(office: Office, name: str = "phiếu đến sau.csv", day: str = "2026-09-02", order: int = 0) -> Path:
    """A form of an issued case that had not come in; day: on which it says it was received."""
    path = office.returned_paths()[0]
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    instrument = survey(office.ws, ROUND)
    cases, rows = office.ws.field.cases.read(instrument), office.ws.field.received.rows(instrument)
    free = cases[cases["is_issued"] & ~cases["case_id"].isin(rows["case_id"])].iloc[order]
    cells, header = lines[1].split(";"), lines[0].split(";")
    cells[0], cells[1] = free["case_id"], free["unit_id"]
    cells[header.index("Ngày nhận phiếu")] = day
    made = path.with_name(name)
    made.write_text("\n".join([lines[0], ";".join(cells)]) + "\n", encoding="utf-8-sig")
    return made


def refused(rule: str, call, *arguments: object) -> None:
    with pytest.raises((StoreError, DataError)) as caught:
        call(*arguments)
    assert caught.value.rule == rule


def test_what_the_ledger_said_can_be_lost_and_made_again_for_a_release(copied: Office) -> None:
    ws = copied.ws
    ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    draft = draft_release(ws, ROUND)
    (weighed,) = [run for run in current_runs_of(ws, ROUND) if run.place.step == "weight"]
    path = ws.files.snapshots.open(weighed.inputs[weighed.place.instrument_id]["ledger/counted"])
    content = path.read_bytes()
    path.unlink()
    refused("store.snapshot_changed", release, ws, ROUND, draft.release_no, SIGNED)
    assert not weight(ws, ROUND).is_new
    assert path.read_bytes() == content
    release(ws, ROUND, draft.release_no, SIGNED)
    assert released(ws, ROUND) is not None


def test_readers_print_the_release_and_say_so_while_the_work_goes_on(office: Office) -> None:
    before, book = shown(office), export_workbook(office.ws, ROUND)
    content, counts = book.path.read_bytes(), all_returns(office.ws, ROUND)[0]
    assert (trace(office.ws, ADDRESS).release_no, book.release_no, counts.release_no) == (1, 1, 1)
    edited(office)
    receive(office.ws, ROUND, late_form(office), received_on="2026-09-02")
    assert shown(office) == before
    again = export_workbook(office.ws, ROUND)
    assert (again.path.read_bytes(), again.release_no) == (content, 1)
    assert all_returns(office.ws, ROUND)[0].report.by_unit.equals(counts.report.by_unit)
    assert export_csv(office.ws, ROUND).release_no == 1
    for step in (weight, score, merge, make_workbook):
        step(office.ws, ROUND)
    now = trace(office.ws, ADDRESS, working=True)
    assert now.release_no == 0
    assert [one.as_json() for one in now.report.sections] != before
    assert all_returns(office.ws, ROUND, working=True)[0].report.by_unit["n_valid"].sum() == (
        counts.report.by_unit["n_valid"].sum() + 1
    )


def first_page(path: Path) -> str:
    sheet = openpyxl.load_workbook(path, read_only=True).worksheets[0]
    return "\n".join(str(cell.value) for row in sheet.iter_rows() for cell in row if cell.value)


def test_a_translation_is_made_from_what_was_released(office: Office) -> None:
    book = export_workbook(office.ws, ROUND)
    translated = translated_workbook(office.ws, ROUND, book)
    assert translated.name == f"cong-bo-01-ket-qua-{ROUND}-en.xlsx"
    assert f"with hash (SHA-256) {book.sha256} is the published one (release 1)" in first_page(translated)
    before = translated.read_bytes()
    edited(office)
    assert translated_workbook(office.ws, ROUND, export_workbook(office.ws, ROUND)).read_bytes() == before
    now = export_workbook(office.ws, ROUND, working=True)
    other = translated_workbook(office.ws, ROUND, now)
    assert other.name == f"ket-qua-{ROUND}-en.xlsx"
    assert f"{now.sha256}; nothing has been released" in first_page(other)
    assert export_workbook(office.ws, ROUND).sha256 == book.sha256


def test_another_version_of_the_program_is_a_note_once_a_round_is_finished(office: Office, monkeypatch) -> None:
    before = shown(office)
    close_round(office.ws, ROUND)

    def another(roots: tuple[str, ...]) -> Code:
        found = code_of(roots)
        return Code("0" * 64, found.modules, found.libraries)

    monkeypatch.setattr(workbench, "code_of", another)
    assert shown(office) == before
    assert trace(office.ws, ADDRESS).notes == ()
    working = trace(office.ws, ADDRESS, working=True)
    assert [one.as_json() for one in working.report.sections] == before
    assert {one.step for one in working.notes} >= {"weight", "score", "merge"}
    assert {one.state for one in round_status(office.ws, ROUND).steps} == {"current"}


def test_a_result_of_other_code_is_refused_while_a_round_is_open(copied: Office, monkeypatch) -> None:
    def another(roots: tuple[str, ...]) -> Code:
        found = code_of(roots)
        return Code("0" * 64, found.modules, found.libraries)

    monkeypatch.setattr(workbench, "code_of", another)
    refused("jobs.step_stale", trace, copied.ws, ADDRESS)


def test_a_closed_round_refuses_runs_of_every_step(office: Office) -> None:
    close_round(office.ws, ROUND)
    for call in (weight, score, merge, make_workbook):
        refused("store.round_state", call, office.ws, ROUND)
    refused("store.round_state", receive, office.ws, ROUND, late_form(office))
    refused("store.round_state", amend_round, office.ws, ROUND, "thử") if _edit(office) else None
    refused("store.round_state", import_appraisals, office.ws, ROUND, another_stage(office))
    assert trace(office.ws, ADDRESS).report.agrees


def _edit(office: Office) -> bool:
    path = office.ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "rulebook.toml"
    path.write_text(path.read_text(encoding="utf-8").replace('"half_up"', '"truncate"', 1), encoding="utf-8")
    return True


def reveal_again(office: Office) -> bool:
    """A number that was opened before the draw is opened once more; whether that is new."""
    party = pinned(office.ws, ROUND).survey_round.instruments[0].draw.parties[0].name
    return reveal(office.ws, ROUND, party, NUMBERS[0], OPENED_AT).is_new


def another_stage(office: Office) -> Path:
    """Entries of the first rulebook at a later stage, which are not in yet."""
    parts = pinned(office.ws, ROUND)
    book, units = parts.rulebooks[0], parts.rated_units()
    path = office.inbox / "lần sau.xlsx"
    later = appraisal_inputs(book, units, SEED).query("appraisal_stage == 'first'").reset_index(drop=True)
    path.write_bytes(appraisal_xlsx(later.assign(appraisal_stage="appeal", reason="phúc tra"), book, units))
    return path


def test_a_reopened_round_takes_returns_only_and_the_next_release_prints_it(office: Office) -> None:
    lost = late_form(office, "đến trước khi mở lại.csv", day="", order=1)
    assert receive(office.ws, ROUND, lost, received_on="2026-10-20").counts["late"] == 1
    close_round(office.ws, ROUND)
    office.ws.close()
    office.ws = open_workspace(office.ws.root, {"SIPAS_ACTOR": "lan"}, clock=lambda: "2026-11-05T02:00:00.000000Z")
    reason, until = "phiếu bưu điện thất lạc, đã tìm thấy", "2026-11-20"
    refused("store.no_reason", reopen_round, office.ws, ROUND, " ", until)
    refused("store.reopen_past", reopen_round, office.ws, ROUND, reason, "2026-11-04")
    for day in ("20/11/2026", "", "2026-11-31"):
        refused("rounds.reopen_day", reopen_round, office.ws, ROUND, reason, day)
    assert [reopen_round(office.ws, ROUND, reason, until) for _ in range(2)] == [1, 1]
    refused("store.round_state", reopen_round, office.ws, ROUND, reason, "2026-11-21")
    status = round_status(office.ws, ROUND)
    assert (status.state, [one.counts_until for one in status.reopenings]) == ("reopened", [until])
    again = late_form(office, "gửi lại.csv", day="", order=0)  # the same case as the lost form: it came late before
    again.write_text(lost.read_text(encoding="utf-8-sig") + "\n", encoding="utf-8-sig")
    assert receive(office.ws, ROUND, again).counts["duplicate"] == 1
    assert receive(office.ws, ROUND, late_form(office, day="")).counts["accepted"] == 1  # today, cut-off 30 September
    late = receive(office.ws, ROUND, late_form(office, "quá hạn.csv", day="2026-11-21"))
    assert late.counts["late"] == 1
    assert reveal_again(office) is False
    _edit(office)
    refused("store.round_state", amend_round, office.ws, ROUND, "thử")
    assert import_appraisals(office.ws, ROUND, office.appraisal_paths()[0]).n_new == 0  # what is there already
    refused("store.round_state", import_appraisals, office.ws, ROUND, another_stage(office))
    with pytest.raises(StoreError) as caught:
        end_units(office.ws, ROUND, ["X10"], into="X11", on="2026-08-01", decision="1/QĐ")
    assert caught.value.rule == "store.round_state"
    before = shown(office)
    for step in (weight, score, merge, make_workbook):
        step(office.ws, ROUND)
    assert shown(office) == before  # the release stands until the next one
    made = release(office.ws, ROUND, draft_release(office.ws, ROUND).release_no, SIGNED)
    record = (office.ws.root / "outputs" / ROUND / "cong-bo-02.txt").read_text(encoding="utf-8")
    assert "Mở lại đợt lần 1 ngày 05/11/2026, nhận phiếu đến hết ngày 20/11/2026" in record
    book = openpyxl.load_workbook(export_workbook(office.ws, ROUND).path, read_only=True)
    told = [str(cell.value) for sheet in ("Phương pháp", "Mục lục") for row in book[sheet].iter_rows() for cell in row]
    assert sum("20/11/2026" in one and "thất lạc" in one for one in told) == 2
    assert "thất lạc" in record
    assert (made.release_no, trace(office.ws, ADDRESS).release_no) == (2, 2)
    assert close_round(office.ws, ROUND)
    first = (office.ws.root / "outputs" / ROUND / "cong-bo-01.txt").read_text(encoding="utf-8")
    assert "Mở lại" not in first


def test_everything_behind_a_release_is_there_twice_and_heals(office: Office) -> None:
    frozen = released(office.ws, ROUND)
    hashes = {frozen.release.contents, *frozen.release.outputs.values(), *frozen_hashes(frozen.contents)}
    folder = office.ws.root / "releases" / ROUND / "01"
    assert {one.name for one in folder.iterdir()} == hashes
    before = shown(office)
    for sha in frozen.release.outputs.values():
        office.ws.files.snapshots.open(sha).write_bytes(b"altered")
    assert shown(office) == before
    assert export_workbook(office.ws, ROUND).sha256 == frozen.release.outputs["workbook"]
    for name in ("traces", "workbook"):
        office.ws.files.snapshots.open(frozen.release.outputs[name])  # healed
    sha = frozen.release.outputs["traces"]
    office.ws.files.snapshots.open(sha).write_bytes(b"altered")
    (folder / sha).write_bytes(b"altered too")
    refused("store.snapshot_changed", trace, office.ws, ADDRESS)


def test_a_release_counted_again_gives_every_cell(office: Office) -> None:
    found = recount(office.ws, ROUND)
    assert {(one.step, one.output) for one in found} >= {
        ("weight", "weighted_cases"),
        ("score", "index_scores"),
        ("merge", "results"),
        ("merge", "unit_sheets"),
    }
    assert all(one.n_cells and not one.n_different and not one.other_version for one in found)


def test_a_release_from_before_calibrations_were_kept_is_counted_again(office: Office, monkeypatch) -> None:
    """What the program of that time did not make is made of what its step was given, if all else comes out alike."""
    from sipas.steps import weight as module

    runs = FrozenRound.runs

    def without(run: Run) -> Run:
        inputs = {
            of: {name: sha for name, sha in own.items() if name != "weight/calibration"}
            for of, own in run.inputs.items()
        }
        outputs = {name: sha for name, sha in run.outputs.items() if name != "calibration"}
        return replace(run, inputs=inputs, outputs=outputs)

    monkeypatch.setattr(FrozenRound, "runs", lambda self: tuple(map(without, runs(self))))
    found = recount(office.ws, ROUND)
    assert {one.step for one in found} == {"weight", "score", "merge"}
    assert all(one.n_cells and not one.n_different for one in found)
    original = module.weigh

    def other(*arguments: object):
        done = original(*arguments)
        return replace(done, cases=done.cases.assign(final_weight=done.cases["final_weight"] * 1.5))

    monkeypatch.setattr(module, "weigh", other)
    refused("release.not_kept", recount, office.ws, ROUND)


def test_a_wrong_formula_shows_when_a_release_is_counted_again(office: Office, monkeypatch) -> None:
    from sipas.steps import score as module

    original = module.index_scores

    def wrong(*arguments: object):
        table = original(*arguments)
        return table.assign(value_pct=table["value_pct"] + 0.5)

    monkeypatch.setattr(module, "index_scores", wrong)
    found = {(one.step, one.output): one for one in recount(office.ws, ROUND)}
    assert found["score", "index_scores"].largest == pytest.approx(0.5)
    assert found["score", "index_scores"].n_different > 1_000
    assert found["merge", "results"].n_different == 0  # each step from its frozen inputs: the fault is in one place


def test_the_contents_of_a_release_name_every_run_and_the_log_number(office: Office) -> None:
    frozen = released(office.ws, ROUND)
    steps = {one.place.step.split("/")[0] for one in frozen.runs()}
    assert steps == {"frame", "plan", "draw", "receive", "weight", "score", "merge", "workbook", "traces"}
    assert 0 < frozen.release.log_seq < len(office.ws.log.entries())
    assert json.loads(office.ws.files.snapshots.read_bytes(frozen.release.contents))["round_id"] == ROUND
    assert draft_release(office.ws, ROUND).state == "released"  # nothing new: no second draft


def test_an_unknown_number_of_a_release_is_named(office: Office) -> None:
    for address, rule in (
        (f"{ROUND}/X99/thu/xa/8.1", "trace.unknown_unit"),
        (f"{ROUND}/X07/thu/xa/9.9", "trace.unknown_code"),
        (f"{ROUND}/X07/khac/8.1", "trace.unknown_book"),
    ):
        with pytest.raises(DataError) as caught:
            trace(office.ws, address)
        assert caught.value.rule == rule


def test_a_draft_is_of_one_moment(office: Office, monkeypatch) -> None:
    """Another process amends and merges while a draft is being put together."""
    from sipas.jobs.results import publish

    whole, moved = publish.contents_of, []

    def meanwhile(*arguments: object) -> bytes:
        if not moved:
            moved.append(True)
            edited(office)
        return whole(*arguments)

    edited_once = len(office.ws.office.releases.find(ROUND))
    monkeypatch.setattr(publish, "contents_of", meanwhile)
    refused("release.not_closed", draft_release, office.ws, ROUND)
    assert len(office.ws.office.releases.find(ROUND)) == edited_once
    made = draft_release(office.ws, ROUND)
    contents = json.loads(office.ws.files.snapshots.read_bytes(made.contents))
    outputs = {sha for run in contents["runs"] for sha in run["outputs"].values()}
    assert {sha for name, sha in made.outputs.items() if name not in ("trace_words", "shown_scores")} <= outputs


def test_forms_that_come_while_a_draft_is_made_stop_it(office: Office, monkeypatch) -> None:
    from sipas.jobs.results import publish

    words = publish._words

    def meanwhile(bench: object) -> str:
        receive(office.ws, ROUND, late_form(office), received_on="2026-09-02")
        return words(bench)

    reopened_free = len(office.ws.office.releases.find(ROUND))
    monkeypatch.setattr(publish, "_words", meanwhile)
    refused("release.moved", draft_release, office.ws, ROUND)
    assert len(office.ws.office.releases.find(ROUND)) == reopened_free


def test_a_round_closed_while_a_step_is_at_work_gets_no_new_result(copied: Office, monkeypatch) -> None:
    made, before = workbench.Workbench.make, workbench.Workbench(copied.ws, ROUND).result("score")
    receive(copied.ws, ROUND, late_form(copied), received_on="2026-09-02")
    weight(copied.ws, ROUND)

    def slowly(self, *arguments: object):
        done = made(self, *arguments)
        with copied.ws.ledger.write() as connection:
            copied.ws.rounds.close(connection, ROUND)
        return done

    monkeypatch.setattr(workbench.Workbench, "make", slowly)
    refused("store.round_state", score, copied.ws, ROUND)
    monkeypatch.undo()
    assert workbench.Workbench(copied.ws, ROUND).last("score").step_key == before.step_key


def test_a_wrong_passphrase_copies_nothing(copied: Office) -> None:
    copied.ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    copied.ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    number = draft_release(copied.ws, ROUND).release_no
    wrong = Signature(person_id="minh", passphrase="mật khẩu đoán mò")
    refused("store.bad_passphrase", release, copied.ws, ROUND, number, wrong)
    assert not list((copied.ws.root / "releases").rglob("*"))
    assert release(copied.ws, ROUND, number, SIGNED).state == "released"


def test_a_round_closed_before_its_export_can_still_be_released(tmp_path: Path) -> None:
    office = new_office(tmp_path, "returned")
    weight(office.ws, ROUND)
    score(office.ws, ROUND)
    for path in office.appraisal_paths():
        import_appraisals(office.ws, ROUND, path)
    merge(office.ws, ROUND)
    assert close_round(office.ws, ROUND)
    office.ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    office.ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    assert release(office.ws, ROUND, draft_release(office.ws, ROUND).release_no, SIGNED).state == "released"


def test_results_that_are_stale_are_not_closed_in(copied: Office) -> None:
    receive(copied.ws, ROUND, late_form(copied), received_on="2026-09-02")
    refused("jobs.step_stale", close_round, copied.ws, ROUND)
    assert copied.ws.rounds.get(ROUND).state == "open"


def test_a_release_shows_what_it_hid_whatever_is_hidden_today(office: Office, monkeypatch) -> None:
    path = next(one for one in export_csv(office.ws, ROUND).paths if one.name == "index_scores.csv")
    before = path.read_bytes()
    monkeypatch.setattr("sipas.publish.round.disclosure.MIN_FORMS", 30)
    export_csv(office.ws, ROUND)
    assert path.read_bytes() == before
    now = next(one for one in export_csv(office.ws, ROUND, working=True).paths if one.name == "index_scores.csv")
    assert now.read_bytes() != before
