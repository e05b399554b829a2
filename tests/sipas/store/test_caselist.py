"""Cases of a draw are never overwritten; every change of one is counted and logged."""

from __future__ import annotations

import pandas as pd
import pytest

from errors import StoreError


def cases(*rows: tuple[str, bool]) -> pd.DataFrame:
    frame = pd.DataFrame({"case_id": [one for one, _ in rows], "is_reserve": [reserve for _, reserve in rows]})
    return frame.assign(unit_id="X07", stratum_id="s1", is_issued=~frame["is_reserve"])


def add(ws, frame: pd.DataFrame) -> int:
    with ws.ledger.write() as connection:
        return ws.field.cases.add(connection, ws.rounds.instrument("r1", "sipas"), frame)


def test_cases_are_added_once_and_never_overwritten(ws, survey):
    frame = cases(("c2", True), ("c1", False))
    assert add(ws, frame) == 2
    head = ws.log.head()
    assert add(ws, frame) == 0
    assert ws.log.head() == head
    assert add(ws, cases(("c1", False), ("c3", False))) == 1
    for column, value in (("unit_id", "X08"), ("stratum_id", "s2"), ("is_reserve", True)):
        with pytest.raises(StoreError) as caught:
            add(ws, cases(("c1", False)).assign(**{column: value}))
        assert (caught.value.rule, caught.value.where) == ("store.case_differs", "r1 c1")
    assert ws.field.cases.read(survey)["case_id"].tolist() == ["c1", "c2", "c3"]


def test_issued_reserves_and_their_draw_again(ws, survey):
    frame = cases(("c1", False), ("c2", True), ("c3", True))
    add(ws, frame)
    with ws.ledger.write() as connection:
        assert ws.field.cases.set_issued(connection, survey, ["c2", "c1"], is_issued=True) == 1
        assert ws.field.cases.set_issued(connection, survey, ["c2"], is_issued=True) == 0
    assert ws.field.cases.read(survey)["is_issued"].tolist() == [True, True, False]
    assert add(ws, frame) == 0
    assert ws.field.cases.read(survey)["is_issued"].tolist() == [True, True, False]


def test_status_is_set_and_counted_when_it_changes(ws, survey):
    add(ws, cases(("c1", False), ("c2", False)))
    outcome = pd.DataFrame(
        {"case_id": ["c1", "c2"], "case_status": ["respondent", "nonrespondent"], "reason": ["", "refused"]}
    )
    with ws.ledger.write() as connection:
        assert ws.field.cases.set_status(connection, survey, outcome) == 2
        assert ws.field.cases.set_status(connection, survey, outcome) == 0
        assert ws.field.cases.set_status(connection, survey, outcome.assign(reason="late")) == 2
    stored = ws.field.cases.read(survey)
    assert stored["case_status"].tolist() == ["respondent", "nonrespondent"]
    assert stored["reason"].tolist() == ["late", "late"]
    assert {name: str(kind) for name, kind in stored.dtypes.items()} == {
        "case_id": "str", "unit_id": "str", "stratum_id": "str", "is_issued": "bool", "is_reserve": "bool",
        "case_status": "str", "reason": "str",
    }  # fmt: skip
    assert ws.log.verify() == []


def test_unknown_cases_and_statuses_are_named(ws, survey):
    add(ws, cases(("c1", False)))
    outcome = pd.DataFrame({"case_id": ["c1"], "case_status": ["gone"], "reason": [""]})
    with ws.ledger.write() as connection:
        with pytest.raises(StoreError) as caught:
            ws.field.cases.set_issued(connection, survey, ["c9", "c8"], is_issued=True)
        assert (caught.value.rule, caught.value.where, caught.value.got) == ("store.no_case", "r1 c8", "2")
        with pytest.raises(StoreError) as caught:
            ws.field.cases.set_status(connection, survey, outcome)
        assert (caught.value.rule, caught.value.got) == ("store.case_status", "gone")
        with pytest.raises(StoreError) as caught:
            ws.field.cases.set_status(connection, survey, outcome.assign(case_id="c9"))
        assert caught.value.rule == "store.no_case"


def test_a_case_id_of_another_instrument_or_round_is_not_touched(ws, survey, other):
    add(ws, cases(("c1", True)))
    with ws.ledger.write() as connection:
        ws.rounds.create(connection, "r2", "Đợt hai", ws.rounds.pins("r1"), ["sipas"])
    second = ws.rounds.instrument("r2")
    for instrument in (second, other):
        with ws.ledger.write() as connection:
            ws.field.cases.add(connection, instrument, cases(("c1", True)))
            ws.field.cases.set_issued(connection, instrument, ["c1"], is_issued=True)
    assert [ws.field.cases.read(one)["is_issued"].tolist() for one in (survey, second, other)] == [
        [False],
        [True],
        [True],
    ]
    assert ws.log.entries("r1/dai-bieu")[-1].action == "cases.issue"
    assert ws.log.verify() == []
