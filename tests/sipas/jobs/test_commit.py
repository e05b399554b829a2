"""Sealing, opening, drawing: the order of acts, further commits, what is refused, what is logged and published."""

import json
from pathlib import Path

import pytest
from small_round import (
    COMMITTED_AT,
    NUMBERS,
    OPENED_AT,
    ROUND,
    VALUE,
    Office,
    new_office,
    open_numbers,
    seal_and_draw,
    survey,
)

from errors import DataError, DesignError, StoreError
from sampling.manifest import commit_hash, verify
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.prepare.rounds import amend_round
from sipas.jobs.sample.commit import commit_draw, new_nonce, reveal
from sipas.jobs.sample.draw import draw_sample
from sipas.jobs.stepruns.pinned import pinned
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.draw import sealed_plan


@pytest.fixture
def planned(tmp_path: Path) -> Office:
    """A round with frame and plan, not sealed."""
    return new_office(tmp_path, "planned")


def parties(office: Office) -> list[str]:
    return [one.name for one in pinned(office.ws, ROUND).survey_round.instruments[0].draw.parties]


def refused(kind: type, rule: str, call, *arguments) -> None:
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert caught.value.rule == rule


def amend(office: Office, old: str, new: str) -> None:
    path = office.ws.root / "methodology" / "rounds" / ROUND / "round.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    amend_round(office.ws, ROUND, "thử")


def test_the_acts_come_in_order(planned: Office) -> None:
    ws, (first, second) = planned.ws, parties(planned)
    refused(DesignError, "jobs.not_committed", reveal, ws, ROUND, first, NUMBERS[0], OPENED_AT)
    refused(DesignError, "jobs.not_committed", draw_sample, ws, ROUND, VALUE)
    done = commit_draw(ws, ROUND, COMMITTED_AT)
    assert done.is_new and done.record["commit_no"] == 1
    assert ws.rounds.get(ROUND).state == "committed"
    assert json.loads(done.file.read_text(encoding="utf-8")) == done.record
    assert commit_hash(done.record) == done.commit_hash
    again = commit_draw(ws, ROUND)
    assert not again.is_new and again.record == done.record
    assert reveal(ws, ROUND, first, NUMBERS[0], OPENED_AT).waiting == (second,)
    refused(DesignError, "draw.nonces", draw_sample, ws, ROUND, VALUE)
    assert reveal(ws, ROUND, second, NUMBERS[1], OPENED_AT).waiting == ()
    assert not reveal(ws, ROUND, second, NUMBERS[1], OPENED_AT).is_new
    drawn = draw_sample(ws, ROUND, VALUE)
    assert drawn.is_new and ws.rounds.get(ROUND).state == "drawn"
    assert not draw_sample(ws, ROUND).is_new
    refused(DesignError, "jobs.other_value", draw_sample, ws, ROUND, "11111")
    assert not commit_draw(ws, ROUND).is_new
    assert not reveal(ws, ROUND, second, NUMBERS[1], OPENED_AT).is_new
    actions = [entry.action for entry in ws.log.entries(ROUND)]
    assert actions.index("draw.commit") < actions.index("draw.open") < actions.index("cases.add")
    assert ws.log.verify() == []


@pytest.mark.parametrize(
    ("order", "number", "at", "rule"),
    [
        (0, NUMBERS[1], OPENED_AT, "jobs.wrong_nonce"),
        (0, NUMBERS[0], "2026-07-15T18:30:00+07:00", "jobs.opened_late"),
        (0, NUMBERS[0], "2026-07-09T18:30:00+07:00", "jobs.opened_early"),
        (0, NUMBERS[0], "2026-07-15T11:30:00+00:00", "jobs.opened_late"),
    ],
)
def test_a_number_is_opened_only_as_promised_and_in_time(planned: Office, order, number, at, rule: str) -> None:
    commit_draw(planned.ws, ROUND, COMMITTED_AT)
    refused(DesignError, rule, reveal, planned.ws, ROUND, parties(planned)[order], number, at)
    assert planned.ws.field.draws.opened(survey(planned.ws, ROUND), 1) == ()


def test_an_unknown_party_and_an_unreadable_moment_are_named(planned: Office) -> None:
    commit_draw(planned.ws, ROUND, COMMITTED_AT)
    refused(DesignError, "jobs.no_party", reveal, planned.ws, ROUND, "Sở Khác", NUMBERS[0], OPENED_AT)
    refused(DataError, "jobs.moment", reveal, planned.ws, ROUND, parties(planned)[0], NUMBERS[0], "15/7/2026")
    refused(DataError, "jobs.moment", commit_draw, planned.ws, ROUND, "2026-07-10T09:00:00")


def test_sealing_after_the_public_value_is_refused(planned: Office) -> None:
    with pytest.raises(DesignError):
        commit_draw(planned.ws, ROUND, "2026-07-16T09:00:00+07:00")
    assert planned.ws.field.draws.records(survey(planned.ws, ROUND)) == ()
    assert planned.ws.rounds.get(ROUND).state == "new"


def test_a_frame_with_units_that_none_of_several_conductors_has_is_not_sealed(planned: Office) -> None:
    bench = Workbench(planned.ws, ROUND)
    frame, allocation = bench.table("frame", "frame"), bench.table("plan", "allocation")
    rules, units = bench.parts.rules, bench.parts.units_at_draw()
    sealed = sealed_plan(rules, frame, allocation, units, "k")
    stray = frame.assign(unit_id=frame["unit_id"].mask(frame.index == 0, "Z99"))
    with pytest.raises(DesignError) as caught:
        sealed_plan(rules, stray, allocation, units, "k")
    assert (caught.value.rule, caught.value.got) == ("draw.no_conductor", "Z99")
    alone = rules.model_copy(update={"conductors": rules.conductors[:1]})
    assert sealed_plan(alone, stray, allocation, units, "k") == sealed


@pytest.mark.full
def test_a_plan_changed_after_sealing_needs_another_seal_that_the_manifest_prints(planned: Office) -> None:
    ws = planned.ws
    first = commit_draw(ws, ROUND, COMMITTED_AT)
    open_numbers(ws)
    amend(planned, "total = 1900", "total = 1950")
    make_plan(ws, ROUND)
    refused(DesignError, "jobs.commit_stale", draw_sample, ws, ROUND, VALUE)
    fresh = [new_nonce(name) for name in parties(planned)]
    for party, (_, commitment) in zip(first.record["parties"], fresh, strict=True):
        amend(planned, party["commitment"], commitment)
    second = commit_draw(ws, ROUND, "2026-07-11T09:00:00+07:00")
    assert second.record["commit_no"] == 2
    assert second.record["prev_commit_hash"] == first.commit_hash
    refused(DesignError, "draw.nonces", draw_sample, ws, ROUND, VALUE)  # numbers opened for the first seal don't count
    for party, number in zip(parties(planned), [secret for secret, _ in fresh], strict=True):
        reveal(ws, ROUND, party, number, OPENED_AT)
    folder = draw_sample(ws, ROUND, VALUE).folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert [one["commit_no"] for one in manifest["commits"]] == [1, 2]
    assert verify(manifest, (folder / "frame.csv").read_bytes(), commit=second.record, public_value=VALUE) == []
    assert verify(manifest, (folder / "frame.csv").read_bytes(), commit=first.record)


def test_opened_numbers_stay_and_another_number_is_refused_by_the_ledger(planned: Office) -> None:
    from sipas.store.field.draws import Opened

    ws = planned.ws
    commit_draw(ws, ROUND, COMMITTED_AT)
    open_numbers(ws)
    name = parties(planned)[0]
    with ws.ledger.write() as connection, pytest.raises(StoreError) as caught:
        ws.field.draws.open(connection, survey(ws, ROUND), 1, Opened(name, "another", OPENED_AT))
    assert caught.value.rule == "store.opened_otherwise"
    with ws.ledger.write() as connection, pytest.raises(StoreError) as caught:
        ws.field.draws.commit(
            connection,
            survey(ws, ROUND),
            {**ws.field.draws.records(survey(ws, ROUND))[0], "commit_no": 3},
        )
    assert caught.value.rule == "store.commit_order"


def test_two_nonces_differ_and_fit_their_commitments() -> None:
    from sampling.manifest import Party

    one, two = new_nonce("Sở Nội vụ"), new_nonce("Sở Nội vụ")
    assert one != two and len(one[0]) == 32
    assert Party("Sở Nội vụ", one[0]).commitment == one[1]


def test_a_draw_log_changed_behind_the_log_is_found(planned: Office, tmp_path: Path) -> None:
    seal_and_draw(planned.ws)
    planned.ws.close()
    import sqlite3

    with sqlite3.connect(planned.ws.root / "sipas.db") as base:
        base.execute("UPDATE draw_openings SET nonce = 'x' WHERE party = ?", (parties(planned)[0],))
    assert [fault.sheet for fault in planned.ws.log.verify()] == ["draw_openings"]


def test_numbers_opened_for_one_seal_do_not_seal_again(planned: Office) -> None:
    commit_draw(planned.ws, ROUND, COMMITTED_AT)
    open_numbers(planned.ws)
    amend(planned, "total = 1900", "total = 1950")
    make_plan(planned.ws, ROUND)
    refused(DesignError, "jobs.opened_nonce", commit_draw, planned.ws, ROUND, "2026-07-15T17:30:00+07:00")
    assert len(planned.ws.field.draws.records(survey(planned.ws, ROUND))) == 1


def test_another_time_for_the_same_seal_is_refused(planned: Office) -> None:
    commit_draw(planned.ws, ROUND, COMMITTED_AT)
    refused(DesignError, "jobs.other_time", commit_draw, planned.ws, ROUND, "2026-07-10T09:01:00+07:00")
    refused(DataError, "jobs.moment", commit_draw, planned.ws, ROUND, "2026-07-10 09:00:00+07:00")
    refused(
        DataError, "jobs.moment", reveal, planned.ws, ROUND, parties(planned)[0], NUMBERS[0], "2026-07-15 17:00+07:00"
    )


@pytest.mark.full
def test_a_real_round_is_sealed_opened_and_drawn_by_the_clock(planned: Office) -> None:
    """The example is made up and older than the clock; a real round cannot be sealed once its value is known."""
    from sipas.store.workspace import open_workspace

    amend(planned, "made_up = true", "made_up = false")
    root, env = planned.ws.root, {"SIPAS_ACTOR": "lan"}

    def at(clock: str):
        return open_workspace(root, env, clock=lambda: clock)

    with at("2026-07-16T01:00:00.000000Z") as late:
        refused(DesignError, "jobs.sealed_late", commit_draw, late, ROUND, COMMITTED_AT)
    with at("2026-07-10T01:59:00.000000Z") as early:
        refused(DataError, "jobs.moment_future", commit_draw, early, ROUND, COMMITTED_AT)
    with at("2026-07-10T02:00:01.000000Z") as ws:
        commit_draw(ws, ROUND, COMMITTED_AT)
    with at("2026-07-15T12:00:00.000000Z") as late:
        refused(DesignError, "jobs.opened_late", reveal, late, ROUND, parties(planned)[0], NUMBERS[0], OPENED_AT)
    with at("2026-07-15T10:30:00.000000Z") as ws:
        open_numbers(ws)
        refused(DesignError, "jobs.drawn_early", draw_sample, ws, ROUND, VALUE)
    with at("2026-07-15T11:30:00.000000Z") as ws:
        assert draw_sample(ws, ROUND, VALUE).is_new
