"""Acts of the log: one class for each action, read back from the entry that tells of them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from sampling.numbers import canonical_json
from sipas.acts import ACTS, Act, FileReceived, InstrumentCancelled, PointsCorrected, PointsEntered, act_of, acts_of
from sipas.entries import Entry
from sipas.words import words_of

VALUES: dict[str, Any] = {"int": 3, "str": "x", "bool": True, "list[str]": ["x"]}


def entry(action: str, body: str, seq: int = 1) -> Entry:
    return Entry(seq, "2026-12-01T00:00:00Z", "lan", action, "r1", body, "", "")


def sample(kind: type[Act]) -> Act:
    return kind(**{part.name: VALUES.get(str(part.type), {"x": "y"}) for part in fields(kind)})  # type: ignore[arg-type]


def test_every_act_has_words_and_all_words_are_of_acts() -> None:
    assert set(ACTS) == set(words_of("log_action"))


@pytest.mark.parametrize("kind", ACTS.values(), ids=ACTS)
def test_an_act_comes_back_from_its_entry(kind: type[Act]) -> None:
    act = sample(kind)
    assert act_of(entry(kind.action, canonical_json({**act.body(), "seals": []})), kind) == act


def test_a_kind_is_not_taken_for_the_one_it_extends() -> None:
    corrected = entry("appraisals.correct", canonical_json(PointsCorrected("xa", 1).body()))
    assert act_of(corrected, PointsEntered) is None
    assert act_of(corrected, PointsCorrected) == PointsCorrected("xa", 1)
    assert [act for _, act in acts_of([corrected, entry("x", "{}")], PointsCorrected)] == [PointsCorrected("xa", 1)]


def test_entries_of_earlier_versions_are_read() -> None:
    cancelled = entry("rounds.cancel", '{"from":"new","instrument_id":"sipas","reason":"gộp"}')
    assert act_of(cancelled, InstrumentCancelled) == InstrumentCancelled("sipas", "gộp")
    counts = '"accepted":2,"batch_id":"b","instrument_id":"s","n_rows":2,"received_on":"d","round_id":"r","sha256":"h"'
    assert act_of(entry("received.record", f"{{{counts}}}"), FileReceived) == FileReceived("r", "s", "b", "h", "d", 2)


@pytest.mark.parametrize("body", ["not json", "[]", "5", '{"n_entries": 1}'])
def test_a_body_that_nobody_wrote_is_no_act(body: str) -> None:
    assert act_of(entry("appraisals.add", body), PointsEntered) is None


def test_what_moves_points_and_counts() -> None:
    moved = {kind.action: kind.moves for kind in ACTS.values() if kind.moves}
    assert moved["appraisals.correct"] == moved["appraisals.add"] == "points"
    assert moved["received.decide"] == moved["reserves.approve"] == moved["units.event"] == "counts"
    assert not {action for action, kind in ACTS.items() if kind.by_program and kind.moves not in (None, "results")}
