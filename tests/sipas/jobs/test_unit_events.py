"""Units merged or closed in the field: no case and no probability is lost, results follow the successor."""

import numpy as np
import pytest
from small_round import ROUND, Office

from errors import DataError, StoreError
from sipas.jobs.field.returns import returns_report
from sipas.jobs.field.unitevents import end_units
from sipas.jobs.results.closing import reopen_round
from sipas.jobs.results.merge import merge
from sipas.jobs.results.read import table_of
from sipas.jobs.results.score import score
from sipas.jobs.results.trace import trace
from sipas.jobs.results.weight import weight
from sipas.jobs.results.workbook import make_workbook

DECISION = {"on": "2026-08-01", "decision": "123/QĐ-UBND (giả định)"}


def rerun(office: Office) -> None:
    weight(office.ws, ROUND)
    score(office.ws, ROUND)
    merge(office.ws, ROUND)
    make_workbook(office.ws, ROUND)


@pytest.mark.full
def test_merged_units_are_one_domain_and_keep_their_strata(copied: Office) -> None:
    ws = copied.ws
    before = table_of(ws, ROUND, "weight", "weighted_cases")
    counts = returns_report(ws, ROUND).by_unit.set_index("unit_id")["n_issued"]
    end_units(ws, ROUND, ["X08", "X09"], into="X07", **DECISION)
    rerun(copied)
    after = table_of(ws, ROUND, "weight", "weighted_cases")
    assert sorted(after["case_id"]) == sorted(before["case_id"])
    same = before.set_index("case_id").loc[after["case_id"]]
    for column in ("stratum_id", "design_weight", "pop_size"):
        assert (after[column].to_numpy() == same[column].to_numpy()).all()
    assert set(after.loc[after["stratum_id"].isin(["X07", "X08", "X09"]), "rated_unit_id"]) == {"X07"}
    frame = table_of(ws, ROUND, "frame", "frame")
    own = after.loc[after["rated_unit_id"] == "X07", "final_weight"].sum()
    assert own == pytest.approx(frame["unit_id"].isin(["X07", "X08", "X09"]).sum(), rel=1e-8)
    merged = returns_report(ws, ROUND).by_unit.set_index("unit_id")["n_issued"]
    assert merged["X07"] == counts[["X07", "X08", "X09"]].sum()
    assert merged.sum() == counts.sum()
    results = table_of(ws, ROUND, "merge", "results").query("rulebook_id == 'thu/xa'")
    assert len(results) == 58 and not results["unit_id"].isin(["X08", "X09"]).any()
    assert trace(ws, f"{ROUND}/X07/thu/xa/8.1").report.agrees


@pytest.mark.full
def test_a_closed_unit_leaves_the_population_but_not_the_counts(copied: Office) -> None:
    ws = copied.ws
    issued = returns_report(ws, ROUND).by_unit["n_issued"].sum()
    end_units(ws, ROUND, ["X08"], **DECISION)
    rerun(copied)
    after = table_of(ws, ROUND, "weight", "weighted_cases")
    frame = table_of(ws, ROUND, "frame", "frame")
    assert not (after["stratum_id"] == "X08").any()
    assert np.isclose(after["final_weight"].sum(), (frame["unit_id"] != "X08").sum(), rtol=1e-9)
    assert returns_report(ws, ROUND).by_unit["n_issued"].sum() == issued
    assert len(table_of(ws, ROUND, "merge", "results").query("rulebook_id == 'thu/xa'")) == 59


@pytest.mark.parametrize(
    ("units", "into", "change", "rule"),
    [
        (["KHONG"], "X07", {}, "events.no_unit"),
        (["X08"], "X08", {}, "events.successor"),
        (["X08"], "KHONG", {}, "events.successor"),
        (["X08"], "X07", {"on": "1/8/2026"}, "events.day"),
    ],
)
def test_an_impossible_event_is_named(copied: Office, units, into, change, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        end_units(copied.ws, ROUND, units, into=into, **{**DECISION, **change})
    assert caught.value.rule == rule


def test_an_event_is_recorded_once_with_its_paper(copied: Office) -> None:
    ws = copied.ws
    with pytest.raises(StoreError) as caught:
        end_units(ws, ROUND, ["X08"], into="X07", on="2026-08-01", decision=" ")
    assert caught.value.rule == "store.no_reason"
    end_units(ws, ROUND, ["X08"], into="X07", **DECISION)
    assert len(end_units(ws, ROUND, ["X08"], into="X07", **DECISION)) == 1
    with pytest.raises(StoreError) as caught:
        end_units(ws, ROUND, ["X08"], into="X09", **DECISION)
    assert caught.value.rule == "store.unit_gone"
    with pytest.raises(DataError):
        end_units(ws, ROUND, ["X07"], into="X09", **DECISION)  # X08 was merged into X07: step by step


def test_what_was_recorded_can_be_told_again_whatever_the_state(copied: Office) -> None:
    ws = copied.ws
    end_units(ws, ROUND, ["X08"], into="X07", **DECISION)
    with ws.ledger.write() as connection:  # by hand: a job would ask for new results first
        ws.rounds.close(connection, ROUND)
    for _ in range(2):
        assert len(end_units(ws, ROUND, ["X08"], into="X07", **DECISION)) == 1
        with pytest.raises(StoreError) as caught:
            end_units(ws, ROUND, ["X10"], into="X11", **DECISION)
        assert caught.value.rule == "store.round_state"
        assert [one.unit_id for one in ws.rounds.unit_events.all(ROUND)] == ["X08"]
        reopen_round(ws, ROUND, "nhận thêm phiếu", ws.today())


def test_a_stratum_with_one_answer_joins_its_neighbour_for_the_errors(copied: Office) -> None:
    """All answers of X08 but one are taken for missing: its stratum is lonely and stands with X09's in the errors."""
    from sipas.jobs.stepruns.workbench import Workbench
    from sipas.steps.survey import _joined

    bench = Workbench(copied.ws, ROUND).given("score")
    cases = bench.table("weight/weighted_cases")
    own = cases["stratum_id"] == "X08"
    few = cases[~own | (cases["case_id"] == cases.loc[own, "case_id"].iloc[0])].reset_index(drop=True)
    done = _joined(bench, few)
    assert done.joined == (("X08", "X09"),)
    rows = done.data.set_index("stratum_id")
    assert set(rows.loc[["X08", "X09"], "variance_stratum"]) == {"X09"}
    both = cases.drop_duplicates("stratum_id").set_index("stratum_id")["pop_size"][["X08", "X09"]].sum()
    assert set(rows.loc[["X08", "X09"], "variance_pop"]) == {both}
    assert _joined(bench, cases).joined == ()
