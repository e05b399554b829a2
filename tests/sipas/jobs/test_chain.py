"""The whole chain on a small round: counts, repetition, amendment, trace."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from small_round import ROUND, new_office, survey

from errors import FaultsFound, StoreError
from sampling.manifest import verify
from sipas.jobs.field.receive import receive
from sipas.jobs.field.returns import outcomes_now, returns_report
from sipas.jobs.prepare.frame import check_frame_file, import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import amend_round, new_round
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.appraisals import import_appraisals
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release, release
from sipas.jobs.results.read import table_of
from sipas.jobs.results.score import score
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.office.signing import Signature


def bytes_of_outputs(root: Path) -> dict[str, bytes]:
    return {
        p.relative_to(root).as_posix(): p.read_bytes() for p in sorted((root / "outputs").rglob("*")) if p.is_file()
    }


def test_frame_rows_add_up(finished) -> None:
    report = import_frame(finished.ws, ROUND, finished.frame_path())
    facts = finished.frame.facts
    assert not report.is_new
    assert report.counts["on_frame"] == facts.n_eligible
    assert report.counts["outside_window"] == facts.n_outside_before + facts.n_outside_after
    assert report.counts["duplicate_dossier"] == facts.n_repeated
    assert sum(report.counts.values()) == facts.n_rows
    assert report.without_contact == facts.n_no_contact


def test_check_says_the_same_and_keeps_nothing(office) -> None:
    before = bytes_of_outputs(office.ws.root)
    report = check_frame_file(office.ws, ROUND, office.frame_path())
    assert sum(report.counts.values()) == office.frame.facts.n_rows
    assert bytes_of_outputs(office.ws.root) == before
    with pytest.raises(StoreError) as caught:
        table_of(office.ws, ROUND, "frame", "frame")
    assert caught.value.rule == "jobs.step_first"


def test_every_planted_form_is_where_it_should_be(finished) -> None:
    states = finished.ws.field.received.rows(survey(finished.ws, ROUND))
    batches = {one.batch_id: one.file_name for one in finished.ws.field.received.batches(survey(finished.ws, ROUND))}
    found = {
        (batches[batch], row): (state, reason)
        for batch, row, state, reason in states[["batch_id", "row_no", "row_state", "reason"]].itertuples(index=False)
    }
    facts = finished.returned().facts
    wrong = [one for one in facts.forms if found[one.file, one.row] != (one.row_state, one.reason)]
    assert wrong == []
    planted = {(one.file, one.row) for one in facts.forms}
    others = Counter(state for place, (state, _) in found.items() if place not in planted)
    assert others == {"accepted": facts.n_accepted}
    assert len(found) == facts.n_rows


def test_rows_and_cases_reconcile(finished) -> None:
    facts = finished.returned().facts
    report = returns_report(finished.ws, ROUND)
    files = report.batches
    assert (files["n_rows"] == files[["n_accepted", "n_late", "n_duplicate", "n_set_aside"]].sum(axis=1)).all()
    assert files[["n_accepted", "n_late", "n_duplicate", "n_set_aside"]].sum().tolist() == [
        facts.n_accepted,
        facts.n_late,
        facts.n_duplicate,
        facts.n_set_aside,
    ]
    cases = report.by_unit
    assert (cases["n_issued"] == cases["n_returned"] + cases["n_outstanding"]).all()
    assert (cases["n_returned"] == cases["n_valid"] + cases["n_rejected"]).all()
    assert cases["n_issued"].sum() == facts.n_issued == 1900
    assert cases["n_valid"].sum() == facts.n_accepted
    # a form with a mistyped id cannot be told from a case that sent nothing
    assert cases["n_returned"].sum() == facts.n_answering - facts.counts.wrong_check
    rejected = report.rejections.groupby("reason")["n"].sum()
    assert rejected["returns.late"] == facts.counts.late
    assert rejected.sum() == cases["n_rejected"].sum()


def test_weights_reproduce_the_frame(finished) -> None:
    cases = table_of(finished.ws, ROUND, "weight", "weighted_cases")
    frame = table_of(finished.ws, ROUND, "frame", "frame")
    for margin in ("unit_id", "result_status"):
        reached = cases.groupby(margin)["final_weight"].sum()
        assert np.allclose(reached, frame.groupby(margin).size()[reached.index], rtol=1e-8)
    product = cases[["design_weight", "eligibility_factor", "nonresponse_factor", "calibration_factor"]].prod(axis=1)
    assert np.allclose(product, cases["final_weight"], rtol=1e-12)


def test_official_value_is_the_unweighted_mean_of_item_shares(finished) -> None:
    scores = score(finished.ws, ROUND).scores
    one = trace(finished.ws, f"{ROUND}/X05/sipas/SIPAS").report
    assert one.agrees
    table = next(section for section in one.sections if section.title == "Giá trị theo tiêu chí")
    shares = [row[2].value / row[3].value for row in table.rows]
    official = scores.query("unit_id == 'X05' and node_code == 'SIPAS' and variant == 'official'")["value_pct"].item()
    assert len(shares) == 39
    assert official == pytest.approx(100 * np.mean(shares), rel=1e-12)


def test_survey_points_are_ten_times_the_value_rounded_half_up(finished) -> None:
    sheet = table_of(finished.ws, ROUND, "merge", "unit_sheets")
    rows = sheet.query("rulebook_id == 'thu/xa' and criterion_code == '8.1'")
    assert len(rows) == 60
    for points, text in zip(rows["points"], rows["value_text"], strict=True):
        assert points == (Decimal(text) / 10).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")


@pytest.mark.full
def test_a_second_run_adds_nothing_and_writes_the_same_bytes(copied) -> None:
    before, entries = bytes_of_outputs(copied.ws.root), len(copied.ws.log.entries())
    copied.run_all()
    assert bytes_of_outputs(copied.ws.root) == before
    assert len(copied.ws.log.entries()) == entries


def test_the_same_file_again_and_from_another_name_changes_nothing(copied) -> None:
    path = copied.returned_paths()[0]
    again = receive(copied.ws, ROUND, path, received_on="2026-12-24")
    assert not again.is_new
    other = path.with_name("đổi tên bởi Zalo.csv")
    other.write_bytes(path.read_bytes())
    assert receive(copied.ws, ROUND, other).counts == again.counts


def test_an_edited_rulebook_changes_nothing_until_the_round_is_amended(copied) -> None:
    ws = copied.ws
    before = merge(ws, ROUND).results
    path = ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "rulebook.toml"
    text = path.read_text(encoding="utf-8")
    assert '"half_up"' in text
    path.write_text(text.replace('"half_up"', '"truncate"'), encoding="utf-8")
    again = merge(ws, ROUND)
    assert not again.is_new
    assert again.results.equals(before)
    assert round_status(ws, ROUND).edited == ("rulebook/thu/xa",)
    assert amend_round(ws, ROUND, "Quyết định sửa quy tắc làm tròn") == ("rulebook/thu/xa",)
    for step in (weight, score):
        step(ws, ROUND)
    after = merge(ws, ROUND)
    assert after.is_new
    assert not after.results.query("rulebook_id == 'thu/xa'").equals(before.query("rulebook_id == 'thu/xa'"))
    assert (
        after.results.query("rulebook_id == 'thu/so'")["points"].tolist()
        == before.query("rulebook_id == 'thu/so'")["points"].tolist()
    )
    reasons = [one.body for one in ws.log.entries() if one.action == "rounds.amend"]
    assert len(reasons) == 1
    with pytest.raises(StoreError) as caught:
        amend_round(ws, ROUND, "  ")
    assert caught.value.rule == "rounds.no_reason"


def test_a_round_registered_before_with_other_content_says_so(copied) -> None:
    assert not new_round(copied.ws, ROUND)
    path = copied.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("total = 1900", "total = 1950"), encoding="utf-8")
    with pytest.raises(StoreError):
        new_round(copied.ws, ROUND)


def test_trace_walks_from_points_to_forms_draw_rule_and_article(finished) -> None:
    report = trace(finished.ws, f"{ROUND}/X07/thu/xa/8.1").report
    text = json.dumps(report.as_json(), ensure_ascii=False, default=str)
    manifest = json.loads(
        finished.ws.files.snapshots.read_bytes(Workbench(finished.ws, ROUND).sha("draw", "manifest.json"))
    )
    assert report.agrees
    for needed in (manifest["seed"], manifest["frame_hash"], manifest["plan_hash"], "Phụ lục", "X07"):
        assert needed in text
    valid = outcomes_now(Workbench(finished.ws, ROUND)).query("unit_id == 'X07' and outcome == 'valid'")["case_id"]
    assert sorted(report.case_ids) == sorted(valid)


def test_trace_of_an_appraised_leaf_shows_its_stages(finished) -> None:
    entries = finished.ws.appraisals.read(ROUND, "thu/so")
    one = entries[entries["appraisal_stage"] == "second"].iloc[0]
    report = trace(finished.ws, f"{ROUND}/{one['unit_id']}/thu/so/{one['criterion_code']}").report
    stages = [row[0].code for row in report.sections[-1].rows]
    assert sorted(stages) == ["first", "second", "self"]


@pytest.mark.parametrize(
    ("address", "rule"),
    [
        (f"{ROUND}/X07", "trace.address"),
        (f"{ROUND}/X07/other/8.1", "trace.unknown_book"),
        (f"{ROUND}/X99/thu/xa/8.1", "trace.unknown_unit"),
        (f"{ROUND}/X07/thu/xa/9.9", "trace.unknown_code"),
        ("other-round/X07/thu/xa/8.1", "store.no_round"),
    ],
)
def test_a_wrong_address_is_named(finished, address: str, rule: str) -> None:
    with pytest.raises(Exception) as caught:
        trace(finished.ws, address)
    assert caught.value.rule == rule


def test_the_published_draw_verifies_from_its_files(finished) -> None:
    folder = draw_sample(finished.ws, ROUND).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    frame = (folder / "frame.csv").read_bytes()
    assert verify(manifest, frame) == []
    assert [one.rule for one in verify(manifest, frame.replace(b"done", b"Done", 1))] == ["verify.frame_hash"]


def test_nothing_personal_leaves_the_contact_store(finished) -> None:
    rows = finished.frame.rows
    names = [name for name in rows["Họ và tên"].head(400).unique() if name]
    numbers = [*rows["Số định danh"].head(400), *[one for one in rows["Số điện thoại"].head(400) if one]]
    canaries = [one.encode("utf-8") for one in (*names, *numbers, *rows["Mã hồ sơ"].head(200))]
    hits = []
    for path in sorted(finished.ws.root.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            hits += [(path.name, canary) for canary in canaries if canary in content]
    assert hits == []
    drawn = table_of(finished.ws, ROUND, "draw", "sample")["frame_unit_id"].head(50)
    kept = finished.ws.field.contacts.read(survey(finished.ws, ROUND), list(drawn))
    assert len(kept) == 50
    assert kept["name"].isin(rows["Họ và tên"]).all()


def test_release_needs_a_second_person(copied) -> None:
    ws = copied.ws
    ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    draft = draft_release(ws, ROUND)
    assert draft_release(ws, ROUND).release_no == draft.release_no
    for signature in (
        Signature(person_id="lan", passphrase="mật khẩu của Lan"),
        Signature(person_id="minh", passphrase="sai mật khẩu rồi"),
    ):
        with pytest.raises(StoreError):
            release(ws, ROUND, draft.release_no, signature)
    done = release(ws, ROUND, draft.release_no, Signature(person_id="minh", passphrase="mật khẩu của Minh"))
    assert (done.state, done.proposer, done.approver) == ("released", "lan", "minh")
    record = ws.files.outputs.path(f"{ROUND}/cong-bo-01.txt").read_text(encoding="utf-8")
    head = next(line.removeprefix("Đầu nhật ký: ") for line in record.splitlines() if line.startswith("Đầu nhật ký"))
    assert ws.log.verify(head) == []
    assert head == ws.log.head()  # the entry of the release itself: a log cut behind the paper is found
    copy = ws.files.outputs.path(f"{ROUND}/cong-bo-01-ket-qua-{ROUND}.xlsx")
    assert copy.read_bytes() == ws.files.snapshots.read_bytes(done.outputs["workbook"])


@pytest.mark.full
def test_a_unit_without_appraisal_is_named_and_nothing_is_merged(tmp_path: Path) -> None:
    office = new_office(tmp_path, "returned")
    ws = office.ws
    weight(ws, ROUND)
    score(ws, ROUND)
    import_appraisals(ws, ROUND, office.appraisal_paths()[0])
    with pytest.raises(FaultsFound) as caught:
        merge(ws, ROUND)
    assert caught.value.rule == "parindex.missing_inputs"
    units = {fault.sheet for fault in caught.value.faults}
    assert len(units) == 60
    with pytest.raises(StoreError):
        make_workbook(ws, ROUND)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (make_plan, "sipas frame import"),
        (commit_draw, "sipas frame import"),
        (weight, "sipas frame import"),
        (score, "sipas weight"),
        (merge, "sipas score"),
        (make_workbook, "sipas frame import"),
        (returns_report, "sipas draw"),
    ],
)
def test_a_step_out_of_order_names_the_command_to_run(office, step, expected: str) -> None:
    with pytest.raises(StoreError) as caught:
        step(office.ws, ROUND)
    assert (caught.value.rule, caught.value.expected) == ("jobs.step_first", expected)


def test_a_frame_no_longer_changes_after_the_draw(copied) -> None:
    path = copied.frame_path()
    changed = path.with_name("sửa.csv")
    changed.write_bytes(path.read_bytes().replace(b"2026-01-05", b"2026-01-06", 1))
    with pytest.raises(StoreError) as caught:
        import_frame(copied.ws, ROUND, changed)
    assert caught.value.rule == "store.round_state"


def test_appraisals_again_add_nothing_and_a_changed_entry_is_refused(copied) -> None:
    path = copied.appraisal_paths()[0]
    assert import_appraisals(copied.ws, ROUND, path).n_new == 0
    entries = copied.ws.appraisals.read(ROUND, "thu/so")
    row = entries[(entries["appraisal_stage"] == "first") & entries["value"].notna()].head(1)
    changed = row.assign(value="1", reason=None)
    with copied.ws.ledger.write() as connection, pytest.raises(FaultsFound) as caught:
        copied.ws.appraisals.add(connection, ROUND, "thu/so", changed)
    assert caught.value.faults[0].rule == "store.entry_differs"


def test_parts_of_a_round_must_fit_together(copied) -> None:
    ws = copied.ws
    links = ws.root / "methodology" / "rulebooks" / "thu" / "xa" / "survey_links.csv"
    text = links.read_text(encoding="utf-8")
    links.write_text(text.replace(",SIPAS,", ",KHONG_CO,", 1), encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        amend_round(ws, ROUND, "thử")
    assert [fault.rule for fault in caught.value.faults] == ["rounds.link"]
    assert pinned(ws, ROUND).survey_round.id == ROUND
