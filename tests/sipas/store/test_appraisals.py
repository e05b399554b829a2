"""Appraised inputs are entered once; a correction is a new entry that another person approved."""

from __future__ import annotations

import pandas as pd
import pytest

from errors import FaultsFound, StoreError
from sipas.store.office.signing import Signature

BINH = Signature(person_id="binh", passphrase="mật khẩu của Bình")


def inputs(*rows: tuple[str, str, str | None]) -> pd.DataFrame:
    """(unit, criterion, value) at the first stage."""
    frame = pd.DataFrame(rows, columns=["unit_id", "criterion_code", "value"], dtype="str")
    rest = ["choice_code", "numerator", "denominator", "option_counts", "leaf_status", "evidence_id", "reason"]
    empty = {name: pd.Series([None] * len(rows), dtype="str") for name in rest}
    return frame.assign(appraisal_stage="first", entered_by="an", **empty)


def enter(ws, frame: pd.DataFrame) -> int:
    with ws.ledger.write() as connection:
        return ws.appraisals.add(connection, "r1", "b1", frame)


def correct(ws, frame: pd.DataFrame) -> int:
    with ws.ledger.write() as connection:
        return ws.appraisals.correct(connection, "r1", "b1", frame)


def allow(ws, frame: pd.DataFrame) -> None:
    with ws.ledger.write() as connection:
        payload = ws.appraisals.payload(frame)
        made = ws.office.approvals.propose(connection, "r1", "appraisal.correct", "b1", payload)
        ws.office.approvals.approve(connection, made.approval_no, BINH)


def test_inputs_are_entered_once(ws, round_id):
    frame = inputs(("X01", "1.10", "1,5"), ("X02", "1.10", None))
    assert enter(ws, frame) == 2
    head = ws.log.head()
    assert enter(ws, frame.iloc[::-1]) == 0
    assert ws.log.head() == head
    assert enter(ws, pd.concat([frame, inputs(("X03", "1.10", "2"))])) == 1
    stored = ws.appraisals.read(round_id, "b1")
    assert stored["value"].tolist()[::2] == ["1,5", "2"]
    assert stored["value"].isna().tolist() == [False, True, False]
    assert ws.appraisals.read(round_id, "other").empty


def test_another_content_is_a_correction_and_every_one_is_named(ws, round_id):
    enter(ws, inputs(("X01", "1.10", "1"), ("X02", "1.10", "2"), ("X03", "1.10", "3")))
    with pytest.raises(FaultsFound) as caught:
        enter(ws, inputs(("X01", "1.10", "9"), ("X02", "1.10", "2"), ("X03", "1.10", None), ("X04", "1.10", "4")))
    assert caught.value.rule == "store.entries_differ"
    assert [fault.column for fault in caught.value.faults] == ["X01 / 1.10 / first", "X03 / 1.10 / first"]
    assert ws.appraisals.read(round_id, "b1")["value"].tolist() == ["1", "2", "3"]


def test_repeated_keys_are_named(ws, round_id):
    with pytest.raises(FaultsFound) as caught:
        enter(ws, inputs(("X01", "1.10", "1"), ("X01", "1.10", "1")))
    assert (caught.value.rule, len(caught.value.faults)) == ("store.entries_twice", 1)


def test_a_correction_needs_an_approval_of_exactly_that(people, round_id):
    enter(people, inputs(("X01", "1.10", "1"), ("X02", "1.10", "2")))
    change = inputs(("X01", "1.10", "9"))
    with pytest.raises(StoreError) as caught:
        correct(people, change)
    assert caught.value.rule == "store.not_approved"
    allow(people, change)
    with pytest.raises(StoreError) as caught:
        correct(people, inputs(("X01", "1.10", "10")))
    assert caught.value.rule == "store.not_approved"
    assert correct(people, change) == 1
    assert correct(people, change) == 0
    assert people.appraisals.read(round_id, "b1")["value"].tolist() == ["9", "2"]
    history = people.appraisals.history(round_id, "b1")
    assert history[["unit_id", "entry_no", "value"]].to_numpy().tolist() == [
        ["X01", 1, "1"], ["X01", 2, "9"], ["X02", 1, "2"],
    ]  # fmt: skip
    assert people.log.verify() == []


def test_an_old_approval_does_not_serve_again(people, round_id):
    enter(people, inputs(("X01", "1.10", "1")))
    for value in ("9", "1"):
        allow(people, inputs(("X01", "1.10", value)))
        correct(people, inputs(("X01", "1.10", value)))
    with pytest.raises(StoreError) as caught:
        correct(people, inputs(("X01", "1.10", "9")))
    assert caught.value.rule == "store.not_approved"


def test_payload_does_not_depend_on_the_order_of_rows_or_columns(ws):
    frame = inputs(("X01", "1.10", "1"), ("X02", "1.10", None))
    assert ws.appraisals.payload(frame) == ws.appraisals.payload(frame.iloc[::-1][sorted(frame.columns)])
    assert ws.appraisals.payload(frame) != ws.appraisals.payload(inputs(("X01", "1.10", "1"), ("X02", "1.10", "")))
