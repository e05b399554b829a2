"""A round of raters in a workspace: lists, trial, draw, many forms a case, counts by form and by person."""

import json
from pathlib import Path

import pandas as pd
import pytest
from rater_round import ROUND, draw, drawn_round, office_list, planned_round
from small_round import survey

from errors import DataError, DesignError, FaultsFound, StoreError
from sampling.manifest import verify
from sampling.numbers import sha256_hex
from sampling.verify_draw import check
from sipas.jobs.field.receive import receive
from sipas.jobs.field.reserves import propose_change
from sipas.jobs.field.returns import ledger_now, outcomes_now, returns_report
from sipas.jobs.field.unitevents import end_units
from sipas.jobs.prepare.frame import import_frame
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.raters import pairs_of, rater_report
from sipas.jobs.results.weight import weight
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.sample.minutes import write_minutes
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.outcomes import pair_outcomes
from sipas.store.workspace import Workspace

ANSWERS = ("XH1", "XH2", "XH3", "XH4")


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    """The example round with its lists imported and planned."""
    return planned_round(tmp_path)


@pytest.fixture
def drawn(tmp_path: Path) -> Workspace:
    """The same, drawn."""
    return drawn_round(tmp_path)


def send(ws: Workspace, name: str, pairs: pd.DataFrame, answer: str = "4", day: str = "2026-09-01"):
    path = ws.root / name
    facts = {"Mã phiếu": pairs["case_id"], "Mã đơn vị": pairs["rated_unit_id"], **dict.fromkeys(ANSWERS, answer)}
    pd.DataFrame(facts).assign(**{"Ngày nhận phiếu": day}).to_csv(path, index=False)
    return receive(ws, ROUND, path, received_on="2026-09-01")


@pytest.mark.full
def test_a_trial_shows_lists_and_burden_before_the_draw(ws) -> None:
    trial = rater_report(ws, ROUND)
    assert trial.is_trial
    assert trial.n_pairs == 18 * 90 + 602
    assert trial.burden["n_list"].sum() == 60 + 54 + 90 + 180 + 240
    draw(ws)
    done = rater_report(ws, ROUND)
    assert not done.is_trial
    pd.testing.assert_frame_equal(done.lists, trial.lists)  # sizes follow from lists and matrix, not from the seed
    assert done.n_pairs == trial.n_pairs == len(pairs_of(Workbench(ws, ROUND)))


def test_a_group_that_cannot_be_met_is_named_before_the_draw(ws, tmp_path) -> None:
    path = tmp_path / "thiếu.csv"
    path.write_bytes(office_list(ws, without="LDSO"))
    import_frame(ws, ROUND, path)
    with pytest.raises(FaultsFound) as caught:
        rater_report(ws, ROUND)
    assert [(one.rule, one.got) for one in caught.value.faults] == [("pairs.unknown", "LDSO")]


@pytest.mark.full
def test_forms_are_held_against_pairs_and_everything_adds_up(drawn) -> None:
    bench = Workbench(drawn, ROUND)
    pairs = pairs_of(Workbench(drawn, ROUND)).sort_values(["case_id", "rated_unit_id"], ignore_index=True)
    whole = pairs[pairs["stratum_id"] == "HDND"].groupby("case_id").head(5)
    first = send(drawn, "đợt 1.csv", whole)
    assert first.counts["accepted"] == len(whole)
    again = send(
        drawn, "đợt 2.csv", pd.concat([whole.head(3), pairs[pairs["stratum_id"] == "PXA"].head(40)]), answer="3"
    )
    assert {state: n for state, n in again.counts.items() if n} == {"accepted": 40, "duplicate": 3}
    late = pairs[pairs["stratum_id"] == "PSO"].head(4)
    assert send(drawn, "muộn.csv", late, day="2026-10-01").counts["late"] == 4
    stray = pairs[pairs["stratum_id"] == "LDXA"].drop_duplicates("case_id").head(6).assign(rated_unit_id="X01")
    assert send(drawn, "lạc.csv", stray).reasons == {"returns.wrong_unit": 6}

    report = returns_report(drawn, ROUND)
    for table, n in ((report.by_unit, len(pairs)), (report.by_group, len(bench.table("draw", "sample")))):
        assert table["n_issued"].sum() == n
        assert (table["n_issued"] == table["n_returned"] + table["n_outstanding"]).all()
        assert (table["n_returned"] == table["n_valid"] + table["n_rejected"]).all()
    assert report.by_unit["n_valid"].sum() == len(whole) + 40
    assert report.by_unit["n_rejected"].sum() == 4  # a stray form belongs to no pair ...
    assert report.rejections["n"].sum() == 4
    by_group = report.by_group.set_index("stratum_id")
    assert by_group.loc["HDND", "n_valid"] == whole["case_id"].nunique()
    back = by_group["n_rejected"]  # ... but its case came back
    assert back.to_dict() == {"HDND": 0, "LDSO": 0, "LDXA": 6, "PSO": late["case_id"].nunique(), "PXA": 0}
    assert len(outcomes_now(Workbench(drawn, ROUND))) == by_group["n_issued"].sum()
    assert len(pair_outcomes(ledger_now(Workbench(drawn, ROUND)))) == len(pairs)
    assert (
        report.batches["n_rows"] == report.batches[["n_accepted", "n_late", "n_duplicate", "n_set_aside"]].sum(axis=1)
    ).all()


def test_weights_of_raters_are_refused_not_made_wrongly(drawn) -> None:
    with pytest.raises(StoreError) as caught:
        weight(drawn, ROUND)
    assert caught.value.rule == "jobs.rater_weights"


def test_closed_lists_have_no_reserve_and_no_mergers(drawn) -> None:
    with pytest.raises(DesignError) as caught:
        propose_change(drawn, ROUND, "withdraw", {"HDND": 1}, "thử")
    assert caught.value.rule == "reserves.raters"
    with pytest.raises(DataError) as caught:
        end_units(drawn, ROUND, ["X08"], into="X07", on="2026-08-01", decision="thử")
    assert caught.value.rule == "events.raters"
    assert write_minutes(drawn, ROUND).is_file()


@pytest.mark.full
def test_the_draw_of_raters_verifies_with_its_pairs(drawn) -> None:
    folder = drawn.files.outputs.path(f"{ROUND}/chon-mau")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    frame, pairs = (folder / "frame.csv").read_bytes(), (folder / "pairs.csv").read_bytes()
    assert manifest["pairs_hash"] == sha256_hex(pairs)
    assert verify(manifest, frame, pairs_file=pairs) == check(manifest, frame, pairs=pairs) == []
    assert len(manifest["plan"]["quotas"]) == len(pinned(drawn, ROUND).survey_round.instruments[0].quotas) > 0
    units = [one["rated_unit_id"] for one in manifest["plan"]["rated_units"]]
    assert units == sorted(units) and len(units) == 78
    forged = b"".join(pairs.splitlines(keepends=True)[:-1])
    assert [one.column for one in verify(manifest, frame, pairs_file=forged)] == ["pairs.csv"]
    assert len(check({**manifest, "pairs_hash": sha256_hex(forged)}, frame, pairs=forged)) == 2


@pytest.mark.full
def test_pairs_that_the_sealed_plan_does_not_give_are_not_published(ws, monkeypatch) -> None:
    monkeypatch.setattr("sipas.steps.draw.pairs_csv", lambda pairs: b"other pairs")
    with pytest.raises(DesignError) as caught:
        draw(ws)
    assert (caught.value.rule, caught.value.where) == ("verify.pairs_hash", "pairs.csv")


def test_lists_that_miss_a_group_are_not_sealed(ws, tmp_path) -> None:
    """Once the numbers are open nothing may turn up that stops the draw."""
    path = tmp_path / "thiếu.csv"
    path.write_bytes(office_list(ws, without="LDSO"))
    import_frame(ws, ROUND, path)
    make_plan(ws, ROUND)
    with pytest.raises(FaultsFound) as caught:
        commit_draw(ws, ROUND, "2026-07-10T09:00:00+07:00")
    assert caught.value.rule == "pairs.quotas"
    assert [(one.rule, one.file, one.got) for one in caught.value.faults] == [
        ("pairs.unknown", "rater_quotas.csv", "LDSO")
    ]
    assert ws.field.draws.records(survey(ws, ROUND)) == ()
    assert ws.rounds.get(ROUND).state == "new"
