"""No old number under a new rule: results whose inputs changed are refused, settled things stay settled."""

import threading
from pathlib import Path

import numpy as np
import pytest
from small_round import ROUND, Office, commitment_in, new_office, survey

from errors import FaultsFound, StoreError
from sipas.jobs.field.receive import receive
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.rounds import amend_round
from sipas.jobs.prepare.status import round_status
from sipas.jobs.results.export import export_csv
from sipas.jobs.results.merge import merge
from sipas.jobs.results.publish import draft_release
from sipas.jobs.results.score import score
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.survey import answers


def edit(office: Office, kind: str, name: str, file: str, change: tuple[str, str]) -> None:
    path = office.ws.root / "methodology" / kind / name / file
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")


def refused(rule: str, call, *arguments: object) -> StoreError:
    with pytest.raises(StoreError) as caught:
        call(*arguments)
    assert caught.value.rule == rule
    return caught.value


@pytest.mark.full
def test_two_copies_that_were_decided_to_be_late_do_not_stop_the_next_file(copied: Office) -> None:
    """A copy in another file is a duplicate; a decision that both came late leaves two late answers of one hash."""
    ws, instrument = copied.ws, survey(copied.ws, ROUND)
    first = copied.returned_paths()[0]
    lines = first.read_text(encoding="utf-8-sig").splitlines()
    copy = first.with_name("gửi lại.csv")
    copy.write_text("\n".join(lines[:30]) + "\n", encoding="utf-8-sig")
    receive(ws, ROUND, copy, received_on="2026-09-02")
    rows = ws.field.received.rows(instrument)
    twice = rows[rows["answer_hash"].ne("") & rows.duplicated(["case_id", "rated_unit_id", "answer_hash"], keep=False)]
    decisions = twice.assign(row_state="late", reason="nhận sau hạn")[["batch_id", "row_no", "row_state", "reason"]]
    with ws.ledger.write() as connection:
        assert ws.field.received.decide(connection, instrument, decisions) > 1
    copy.write_text("\n".join(lines[:10]) + "\n", encoding="utf-8-sig")
    assert sum(receive(ws, ROUND, copy, received_on="2026-09-03").counts.values()) == 9


@pytest.mark.full
def test_new_answers_make_every_later_result_stale_until_it_is_run_again(copied: Office) -> None:
    path = copied.returned_paths()[0]
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    answered = {line.split(";")[0] for line in lines[1:]}
    cases = copied.ws.field.cases.read(survey(copied.ws, ROUND))
    states = copied.ws.field.received.rows(survey(copied.ws, ROUND))
    free = cases[cases["is_issued"] & ~cases["case_id"].isin(states["case_id"])].iloc[0]
    assert free["case_id"] not in answered
    cells = lines[1].split(";")
    cells[0], cells[1] = free["case_id"], free["unit_id"]
    late_comer = path.with_name("phiếu đến sau.csv")
    late_comer.write_text("\n".join([lines[0], ";".join(cells)]) + "\n", encoding="utf-8-sig")
    assert receive(copied.ws, ROUND, late_comer, received_on="2026-09-02").counts["accepted"] == 1
    states_of = {one.step: one.state for one in round_status(copied.ws, ROUND).steps}
    assert states_of == {
        "frame": "current", "plan": "current", "draw": "current",
        "weight": "stale", "score": "stale", "merge": "stale", "workbook": "stale",
    }  # fmt: skip
    for call in (make_workbook, merge, draft_release, export_csv):
        assert refused("jobs.step_stale", call, copied.ws, ROUND).expected == "sipas weight"
    refused("jobs.step_stale", trace, copied.ws, f"{ROUND}/X07/thu/xa/8.1")
    for step in (weight, score, merge, make_workbook):
        assert step(copied.ws, ROUND).is_new
    assert {one.state for one in round_status(copied.ws, ROUND).steps} == {"current"}


@pytest.mark.full
def test_an_amended_rulebook_is_not_printed_over_old_points(copied: Office) -> None:
    edit(copied, "rulebooks", "thu/xa", "rulebook.toml", ('"half_up"', '"truncate"'))
    assert amend_round(copied.ws, ROUND, "sửa làm tròn") == ("rulebook/thu/xa",)
    refused("jobs.step_stale", make_workbook, copied.ws, ROUND)
    refused("jobs.step_stale", trace, copied.ws, f"{ROUND}/X07/thu/xa/8.1")
    assert score(copied.ws, ROUND).is_new is False  # the index does not depend on the rulebook
    merge(copied.ws, ROUND)
    assert trace(copied.ws, f"{ROUND}/X07/thu/xa/8.1").report.agrees


@pytest.mark.parametrize(
    "change",
    [
        ('target = "transaction"', 'target = "person"'),
        ('window_start = "2025-07-01"', 'window_start = "2020-01-01"'),
        ('pattern = "[0-9]{5}"', 'pattern = "[0-9]{6}"'),
        ("total = 1900", "total = 1901"),
        ('stratum_parts = ["unit_id"]', 'stratum_parts = ["unit_id", "result_status"]'),
    ],
)
def test_what_the_sample_was_drawn_by_cannot_be_amended(copied: Office, change: tuple[str, str]) -> None:
    edit(copied, "rounds", ROUND, "round.toml", change)
    refused("rounds.fixed_by_draw", amend_round, copied.ws, ROUND, "thử")
    assert copied.ws.rounds.get(ROUND).amend_no == 0


def test_what_forms_were_judged_by_cannot_be_amended(copied: Office) -> None:
    edit(copied, "rounds", ROUND, "round.toml", ('cutoff = "2026-09-30"', 'cutoff = "2026-07-25"'))
    assert "cutoff" in refused("rounds.fixed_by_returns", amend_round, copied.ws, ROUND, "thử").got


def test_weights_may_be_amended_and_only_then_change(copied: Office) -> None:
    edit(copied, "rounds", ROUND, "round.toml", ('margins = ["unit_id", "result_status"]', 'margins = ["unit_id"]'))
    assert weight(copied.ws, ROUND).is_new is False
    amend_round(copied.ws, ROUND, "bỏ biên kết quả")
    done = weight(copied.ws, ROUND)
    assert done.is_new
    assert set(done.margins["margin"]) == {"unit_id"}


@pytest.mark.full
def test_two_receivers_of_one_file_lose_nothing(tmp_path: Path) -> None:
    office = new_office(tmp_path, "drawn")
    path = office.returned_paths()[0]
    reports, errors = [], []

    def call(day: str) -> None:
        try:
            reports.append(receive(office.ws, ROUND, path, received_on=day))
        except StoreError as error:
            errors.append(error)

    callers = [threading.Thread(target=call, args=(f"2026-09-0{day}",)) for day in (1, 2, 3)]
    for one in callers:
        one.start()
    for one in callers:
        one.join()
    assert errors == []
    assert sorted(one.is_new for one in reports) == [False, False, True]
    counted = office.ws.field.received.counted(survey(office.ws, ROUND))
    tables = Workbench(office.ws, ROUND).hashes_by_batch("receive/responses")
    found = answers(
        {key.split("/")[1]: office.ws.files.snapshots.read_frame(sha) for key, sha in tables.items()}, counted
    )
    assert len(found) == len(counted) == reports[0].counts["accepted"]


def test_a_lost_result_file_is_made_again(copied: Office) -> None:
    bench = Workbench(copied.ws, ROUND)
    sha = bench.sha("weight", "weighted_cases")
    before = copied.ws.files.snapshots.open(sha).read_bytes()
    copied.ws.files.snapshots.open(sha).unlink()
    refused("store.snapshot_changed", copied.ws.files.snapshots.open, sha)
    assert weight(copied.ws, ROUND).is_new is False
    assert copied.ws.files.snapshots.open(sha).read_bytes() == before


def test_a_file_sent_to_the_wrong_command_is_not_kept_in_clear(tmp_path: Path) -> None:
    office = new_office(tmp_path, "drawn")
    with pytest.raises(FaultsFound):
        receive(office.ws, ROUND, office.frame_path())
    number = office.frame.rows["Số định danh"].iloc[0].encode()
    assert [path.name for path in office.ws.root.rglob("*") if path.is_file() and number in path.read_bytes()] == []


@pytest.mark.full
def test_contacts_are_those_of_the_current_frame(office: Office) -> None:
    whole = office.frame_path()
    import_frame(office.ws, ROUND, whole)
    ids = Workbench(office.ws, ROUND).table("frame", "frame")["frame_unit_id"]
    assert len(office.ws.field.contacts.read(survey(office.ws, ROUND), list(ids))) == len(ids)
    lines = whole.read_bytes().split(b"\r\n")
    part = whole.with_name("một phần.csv")
    part.write_bytes(b"\r\n".join([lines[0], *lines[2001:]]))
    import_frame(office.ws, ROUND, part)
    kept = Workbench(office.ws, ROUND).table("frame", "frame")["frame_unit_id"]
    assert len(kept) < len(ids)
    assert set(office.ws.field.contacts.read(survey(office.ws, ROUND), list(ids))["frame_unit_id"]) == set(kept)


def test_exported_tables_hide_what_the_workbook_hides(copied: Office) -> None:
    import pandas as pd

    paths = {path.name: path for path in export_csv(copied.ws, ROUND).paths}
    assert set(paths) == {"results.csv", "unit_sheets.csv", "index_scores.csv"}
    table = pd.read_csv(paths["index_scores.csv"])
    units = table[(table["unit_id"] != "made-up-gia-dinh") & (table["node_code"] != "SIPAS")]
    linked = {
        leaf.link.node_code
        for book in Workbench(copied.ws, ROUND).round_parts.rulebooks
        for leaf in book.linked_leaves()
    }
    items = units[units["node_code"].str.contains(r"\d") & ~units["node_code"].isin(linked)]
    assert (items["n"] < 10).any()
    assert items.loc[items["n"] < 10, "value_pct"].isna().all()
    assert table.loc[table["node_code"] == "SIPAS", "value_pct"].notna().all()


def test_errors_of_points_follow_what_was_scored(finished: Office) -> None:
    bench = Workbench(finished.ws, ROUND)
    sheet, results = bench.table("merge", "unit_sheets"), bench.table("merge", "results")
    scores = bench.table("score", "index_scores")
    assert (results["std_error"].dropna() > 0).all()
    overall = scores[(scores["node_code"] == "SIPAS") & (scores["variant"] == "official")].set_index("unit_id")[
        "std_error"
    ]
    for row in results[results["rulebook_id"] == "thu/xa"].itertuples():
        own = sheet[(sheet["unit_id"] == row.unit_id) & (sheet["rulebook_id"] == "thu/xa")]
        linked = own[own["score_source"] == "index"]
        bound = (
            float(linked.loc[linked["leaf_status"] == "scored", "max_points"].sum()) / float(row.applicable_max) * 100
        )
        assert np.isnan(row.std_error) or row.std_error <= bound
    assert overall.notna().all()


def test_a_person_with_one_of_two_dossiers_answered_is_not_fully_observed(finished: Office) -> None:
    """Sampling units are dossiers: f = 1 and SE 0 only when every dossier was answered."""
    bench = Workbench(finished.ws, ROUND)
    cases, frame = bench.table("weight", "weighted_cases"), bench.table("frame", "frame")
    rows = frame.groupby("unit_id").size()
    persons = cases.groupby("rated_unit_id")["psu_id"].nunique()
    assert (cases.groupby("rated_unit_id")["pop_size"].first() == rows[persons.index]).all()
    assert (persons <= rows[persons.index]).all()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (("year = 2026", "year = 2030"), "rounds.no_combiner"),
        (("year = 2026", "year = 2025"), "rounds.rulebook_year"),
        (('province_id = "made-up-gia-dinh"', 'province_id = "X01"'), "rounds.province"),
        (('rulebooks = ["thu/so", "thu/xa"]', 'rulebooks = ["thu/so"]'), "rounds.group_rulebook"),
        (('margins = ["unit_id", "result_status"]', 'margins = ["unit_id", "unit_id"]'), "weights.no_margins"),
        (('stratum_parts = ["unit_id"]', 'stratum_parts = ["area"]'), "rounds.stratum_part"),
        (('cutoff = "2026-09-30"', 'cutoff = "2026-99-99"'), "data.field"),
        (('cutoff = "2026-09-30"', 'cutoff = "2024-09-30"'), "rounds.dates"),
        (('id = "thu-2026"', 'id = "other"'), "rounds.id"),
    ],
)
def test_a_round_file_is_checked_before_anything_is_registered(
    tmp_path: Path, change: tuple[str, str], rule: str
) -> None:
    from errors import SurveyError
    from sipas.jobs.prepare.rounds import new_round

    office = new_office(tmp_path, "empty")
    edit(office, "rounds", ROUND, "round.toml", change)
    with pytest.raises(SurveyError) as caught:
        new_round(office.ws, ROUND)
    found = {fault.rule for fault in getattr(caught.value, "faults", ())} | {caught.value.rule}
    assert rule in found
    assert office.ws.rounds.all() == ()


def test_an_empty_round_file_names_what_is_missing(tmp_path: Path) -> None:
    from sipas.rounds import load_round

    for name, text in (
        ("round.toml", ""),
        ("frame_columns.csv", "field,header\n"),
        ("frame_codes.csv", "field,cell,code\n"),
    ):
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(FaultsFound) as caught:
        load_round(tmp_path)
    missing = {fault.column for fault in caught.value.faults if fault.expected == "this entry is missing"}
    assert {"id", "units", "plan", "draw"} <= missing


def test_weights_before_any_answer_say_which_command_comes_first(tmp_path: Path) -> None:
    office = new_office(tmp_path, "drawn")
    refused("jobs.no_answers", weight, office.ws, ROUND)


@pytest.mark.full
def test_evidence_on_the_sheet_is_that_of_the_entry_that_counts(finished: Office) -> None:
    from sipas.appraisal import current_inputs
    from sipas.publish.round.make import round_results

    bench = Workbench(finished.ws, ROUND)
    given = bench.given("workbook")
    given._settings = {"software_version": "thử"}
    sheets = round_results(given).unit_sheets
    entries = finished.ws.appraisals.read(ROUND, "thu/so")
    counted = current_inputs(entries).set_index(["unit_id", "criterion_code"])["evidence_id"]
    shown = sheets[sheets["rulebook_id"] == "thu/so"].set_index(["unit_id", "criterion_code"])["evidence_id"]
    both = counted.dropna().index
    assert len(both) > 100
    assert (shown[both] == counted[both]).all()


@pytest.mark.full
def test_a_total_is_traced_to_its_areas_caps_rank_and_class(finished: Office) -> None:
    report = trace(finished.ws, f"{ROUND}/X07/thu/xa").report
    results = Workbench(finished.ws, ROUND).table("merge", "results")
    row = results[results["unit_id"] == "X07"].iloc[0]
    section = report.sections[0].as_json()
    assert report.agrees
    assert section["lines"]["Thứ hạng"] == row["rank"]
    assert section["lines"]["Xếp loại"] == row["class_name_vi"]
    assert len(section["rows"]) == 10  # eight areas, bonus, penalty


@pytest.mark.full
def test_commitments_of_another_round_are_refused(tmp_path: Path) -> None:
    from errors import DesignError
    from sipas.jobs.prepare.plan import make_plan
    from sipas.jobs.sample.commit import commit_draw

    office = new_office(tmp_path)
    path = office.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8")
    used = "d8e5a9704b2881c1624ff5aa245d9f788cf95640c7a1148e7476554cad288f13"
    path.write_text(text.replace(commitment_in(text, 0), used), encoding="utf-8")
    amend_round(office.ws, ROUND, "thử")
    import_frame(office.ws, ROUND, office.frame_path())
    make_plan(office.ws, ROUND)
    with pytest.raises(DesignError) as caught:
        commit_draw(office.ws, ROUND)
    assert (caught.value.rule, caught.value.got) == ("jobs.used_nonce", "made-up-gia-dinh-2026")
