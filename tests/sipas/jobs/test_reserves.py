"""Reserves after the draw: order, two persons, probabilities and weights that follow, the published list."""

import json
from pathlib import Path

import numpy as np
import pytest
from small_round import ROUND, Office, new_office, survey

from errors import DesignError, StoreError, SurveyError
from sampling.manifest import verify
from sipas.jobs.field.receive import receive
from sipas.jobs.field.reserves import approve_change, propose_change, reject_change, reserve_table
from sipas.jobs.field.returns import returns_report
from sipas.jobs.results.closing import close_round
from sipas.jobs.results.weight import weight
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.weight import issued_sample
from sipas.store.office.signing import Signature

AT = "2026-08-01T09:00:00+07:00"


@pytest.fixture
def drawn(tmp_path: Path) -> Office:
    """A drawn round with two people who can sign."""
    office = new_office(tmp_path, "drawn")
    office.ws.office.people.add("lan", "Lan", "mật khẩu của Lan")
    office.ws.office.people.add("minh", "Minh", "mật khẩu của Minh")
    return office


def signature(person: str = "minh", word: str = "mật khẩu của Minh") -> Signature:
    return Signature(person_id=person, passphrase=word)


def issued_now(office: Office):
    """Issued cases with the probabilities they have now."""
    bench = Workbench(office.ws, ROUND)
    return issued_sample(bench.table("draw", "sample"), bench.table("plan", "allocation"), bench.ledger("reserves"))


def done(office: Office, kind: str, counts: dict[str, int]):
    proposal = propose_change(office.ws, ROUND, kind, counts, "thiếu phiếu")
    return approve_change(office.ws, ROUND, proposal.approval_no, signature(), AT)


def test_released_cases_are_issued_and_every_issued_case_gets_the_new_probability(drawn: Office) -> None:
    before = reserve_table(drawn.ws, ROUND).set_index("stratum_id")
    decision = done(drawn, "release", {"X07": 2, "X10": 1})
    after = reserve_table(drawn.ws, ROUND).set_index("stratum_id")
    assert (after["n_issued"] - before["n_issued"]).loc[["X07", "X10"]].tolist() == [2, 1]
    assert (after["n_issued"] - before["n_issued"]).sum() == 3
    assert [(one.stratum_id, one.change_no) for one in decision.lines] == [("X07", 1), ("X10", 2)]
    issued = issued_now(drawn)
    sums = issued.groupby("stratum_id")["design_weight"].sum()
    assert np.allclose(sums, after["pop_size"].loc[sums.index], rtol=1e-12)
    own = issued[issued["stratum_id"] == "X07"]
    assert (own["inclusion_prob"] == after.at["X07", "n_issued"] / after.at["X07", "pop_size"]).all()
    main = own[~own["is_reserve"]]
    assert (main["planned_inclusion_prob"] == before.at["X07", "n_issued"] / before.at["X07", "pop_size"]).all()
    assert set(issued["case_id"]) == set(
        drawn.ws.field.cases.read(survey(drawn.ws, ROUND)).query("is_issued")["case_id"]
    )


def test_the_published_list_proves_the_order_and_a_changed_one_is_refused(drawn: Office) -> None:
    done(drawn, "release", {"X07": 1})
    file = done(drawn, "release", {"X07": 1}).file
    folder = file.parent
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    frame, reserves = (folder / "frame.csv").read_bytes(), json.loads(file.read_text(encoding="utf-8"))
    assert verify(manifest, frame, reserves=reserves) == []
    swapped = {**reserves, "changes": reserves["changes"][::-1]}
    assert verify(manifest, frame, reserves=swapped)


def test_one_person_cannot_release_alone_and_a_proposal_can_be_rejected(drawn: Office) -> None:
    proposal = propose_change(drawn.ws, ROUND, "release", {"X07": 1}, "thiếu phiếu")
    for who in (signature("lan", "mật khẩu của Lan"), signature(word="sai mật khẩu rồi")):
        with pytest.raises(StoreError):
            approve_change(drawn.ws, ROUND, proposal.approval_no, who, AT)
    assert not drawn.ws.field.cases.read(survey(drawn.ws, ROUND)).query("is_issued and is_reserve").shape[0]
    reject_change(drawn.ws, ROUND, proposal.approval_no, signature(), "chưa cần")
    with pytest.raises(StoreError) as caught:
        approve_change(drawn.ws, ROUND, proposal.approval_no, signature(), AT)
    assert caught.value.rule == "store.approval_decided"
    assert drawn.ws.field.reserves.carried_out(survey(drawn.ws, ROUND)) == ()


@pytest.mark.parametrize(
    ("kind", "counts", "rule"),
    [
        ("release", {"X07": 999}, "reserves.not_enough"),
        ("release", {"KHONG": 1}, "reserves.no_stratum"),
        ("release", {"X07": 0}, "reserves.count"),
        ("release", {}, "reserves.count"),
        ("withdraw", {"X07": 9999}, "reserves.not_enough"),
    ],
)
def test_an_impossible_change_is_named(drawn: Office, kind, counts, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        propose_change(drawn.ws, ROUND, kind, counts, "thiếu phiếu")
    assert caught.value.rule == rule


def test_an_approval_can_be_repeated_once_the_round_is_closed(drawn: Office) -> None:
    ws = drawn.ws
    first, second = (propose_change(ws, ROUND, "release", {unit: 1}, "thiếu phiếu") for unit in ("X07", "X08"))
    approve_change(ws, ROUND, first.approval_no, signature(), AT)
    with ws.ledger.write() as connection:
        ws.rounds.set_state(connection, survey(ws, ROUND), "open")
        ws.rounds.close(connection, ROUND)
    assert approve_change(ws, ROUND, first.approval_no, signature(), AT).lines[0].state == "used"
    with pytest.raises(StoreError) as caught:
        approve_change(ws, ROUND, second.approval_no, signature(), AT)
    assert caught.value.rule == "store.round_state"


def test_a_proposal_overtaken_by_another_is_not_carried_out(drawn: Office) -> None:
    first = propose_change(drawn.ws, ROUND, "release", {"X07": 2}, "lần một")
    done(drawn, "release", {"X07": 1})
    with pytest.raises(DesignError) as caught:
        approve_change(drawn.ws, ROUND, first.approval_no, signature(), AT)
    assert caught.value.rule == "reserves.moved"


def test_withdrawn_cases_leave_from_the_end_and_the_rest_still_stand_for_everybody(drawn: Office) -> None:
    before = reserve_table(drawn.ws, ROUND).set_index("stratum_id")
    done(drawn, "withdraw", {"X07": 3})
    issued = issued_now(drawn)
    own = issued[issued["stratum_id"] == "X07"]
    assert own["draw_order"].max() == len(own) == before.at["X07", "n_issued"] - 3
    assert own["design_weight"].sum() == pytest.approx(before.at["X07", "pop_size"], rel=1e-12)
    report = returns_report(drawn.ws, ROUND)
    assert report.n_withdrawn == 3
    assert report.by_unit["n_issued"].sum() == report.by_conductor["n_issued"].sum() == 1897


@pytest.mark.full
def test_a_case_that_came_back_is_not_withdrawn_and_weights_follow_a_release(drawn: Office) -> None:
    for path in drawn.returned_paths():
        receive(drawn.ws, ROUND, path, received_on="2026-09-01")
    first = weight(drawn.ws, ROUND)
    with pytest.raises(DesignError) as caught:
        propose_change(drawn.ws, ROUND, "withdraw", {"X07": 10}, "rút bớt")
    assert caught.value.rule == "reserves.answered"
    done(drawn, "release", {"X07": 1})
    second = weight(drawn.ws, ROUND)
    assert second.is_new and second.n_respondents == first.n_respondents
    close_round(drawn.ws, ROUND)
    with pytest.raises(StoreError) as caught:
        propose_change(drawn.ws, ROUND, "release", {"X07": 1}, "sau khi khóa")
    assert caught.value.rule == "store.round_state"


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"at": "2026-07-15T18:00:00+07:00"}, "reserves.time"),  # before the public value
        ({"at": "2026-08-01 09:00:00+07:00"}, "jobs.moment"),
    ],
)
def test_a_change_that_would_not_verify_is_not_carried_out(drawn: Office, change, rule: str) -> None:
    proposal = propose_change(drawn.ws, ROUND, "release", {"X07": 1}, "thiếu phiếu")
    with pytest.raises(SurveyError) as caught:
        approve_change(drawn.ws, ROUND, proposal.approval_no, signature(), **change)
    assert caught.value.rule == rule
    assert drawn.ws.field.reserves.carried_out(survey(drawn.ws, ROUND)) == ()


def test_a_change_before_an_earlier_one_and_a_reason_of_two_lines_are_refused(drawn: Office) -> None:
    done(drawn, "release", {"X07": 1})
    proposal = propose_change(drawn.ws, ROUND, "release", {"X10": 1}, "thiếu phiếu")
    with pytest.raises(DesignError) as caught:
        approve_change(drawn.ws, ROUND, proposal.approval_no, signature(), "2026-07-31T09:00:00+07:00")
    assert caught.value.rule == "reserves.time"
    with pytest.raises(DesignError) as caught:
        propose_change(drawn.ws, ROUND, "release", {"X10": 1}, "hai\ndòng")
    assert caught.value.rule == "reserves.reason"


def test_a_stratum_is_never_emptied(drawn: Office) -> None:
    now = reserve_table(drawn.ws, ROUND).set_index("stratum_id").at["X07", "n_issued"]
    propose_change(drawn.ws, ROUND, "withdraw", {"X07": int(now) - 2}, "rút bớt")
    with pytest.raises(DesignError) as caught:
        propose_change(drawn.ws, ROUND, "withdraw", {"X07": int(now) - 1}, "rút bớt")
    assert caught.value.rule == "reserves.not_enough"


def test_the_same_person_under_another_spelling_cannot_approve(drawn: Office) -> None:
    drawn.ws.office.people.add("LAN", "Lan", "mật khẩu của LAN")
    proposal = propose_change(drawn.ws, ROUND, "release", {"X07": 1}, "thiếu phiếu")
    with pytest.raises(StoreError) as caught:
        approve_change(drawn.ws, ROUND, proposal.approval_no, signature("LAN", "mật khẩu của LAN"), AT)
    assert caught.value.rule == "store.same_person"


def test_a_list_lost_before_it_was_written_comes_back(drawn: Office) -> None:
    file = done(drawn, "release", {"X07": 1}).file
    content = file.read_bytes()
    file.unlink()
    reserve_table(drawn.ws, ROUND)
    assert file.read_bytes() == content
