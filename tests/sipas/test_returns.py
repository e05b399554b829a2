"""Rows of returned files: one state each, counts that reconcile, faults that point to the cell."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled

from errors import DataError, Fault, FaultsFound
from sipas.caseid import make_case_ids
from sipas.questionnaire import Answer, Heading, Item, Questionnaire
from sipas.returns import ROW_COLUMNS, ROW_STATES, Classified, Delivery, classify
from sipas.steps.outcomes import Ledger, case_outcomes

RATED = ("I.A1", "I.A2", "II.A1", "II.A2")
EXPERIENCE = ("Q8.1",)


def _item(code: str, scale: str, role: str) -> Item:
    rated = role == "rated"
    return Item(
        item_code=code,
        content=code.split(".")[0] if rated else "",
        factor=code[:-1] if rated else "",
        scale_id=scale,
        role=role,
        text_vi=code,
        text_en=code,
        text_status="paraphrase",
    )


def _answer(scale: str, code: str, label: str, satisfied: str = "", missing: str = "") -> Answer:
    return Answer(scale_id=scale, answer_code=code, label_vi=label, satisfied=satisfied, missing_kind=missing)


FORM = Questionnaire(
    id="form",
    title_vi="Phiếu thử",
    decision="",
    source="made up",
    years=(2026, 2026),
    min_items_share=Decimal("0.5"),
    experience_items=EXPERIENCE,
    experience_yes="1",
    items=(
        *(_item(code, "five", "rated") for code in RATED),
        _item("Q8.1", "yes", "experience"),
        _item("sex", "sex", "background"),
    ),
    scales={
        "five": (
            *(_answer("five", str(n), f"Mức {n}", "1" if n >= 4 else "0") for n in range(1, 6)),
            _answer("five", "98", "Không biết", missing="dont_know"),
            _answer("five", "99", "Không hỏi", missing="not_asked"),
        ),
        "yes": (_answer("yes", "0", "Không"), _answer("yes", "1", "Có")),
        "sex": (_answer("sex", "1", "Nam"), _answer("sex", "2", "Nữ")),
    },
    headings=(
        Heading(field="case_id", header="Mã phiếu"),
        Heading(field="rated_unit_id", header="Mã đơn vị"),
        Heading(field="mode", header="Hình thức"),
        Heading(field="received_on", header="Ngày nhận"),
        *(Heading(field=code, header=code) for code in (*RATED, *EXPERIENCE)),
        Heading(field="sex", header="Giới tính"),
    ),
)
# Six cases of X01 (the last one a reserve not issued), one case that rates two units.
IDS = [str(one) for one in make_case_ids("GD26", pd.Series(["X01"] * 7), pd.Series(range(1, 8)))]
CASES = pd.DataFrame(
    {
        "case_id": [*IDS, IDS[6]],
        "rated_unit_id": ["X01"] * 6 + ["S01", "S02"],
        "is_issued": [True] * 5 + [False, True, True],
    }
)
FOREIGN = str(make_case_ids("GD25", pd.Series(["X01"]), pd.Series([1])).iloc[0])
NOTHING = pd.DataFrame({"case_id": [], "rated_unit_id": [], "answer_hash": []}, dtype="str")
HEADERS = ["Mã phiếu", "Mã đơn vị", "Hình thức", "Ngày nhận", *RATED, *EXPERIENCE, "Giới tính"]


def row(case_id: str, answers: Sequence[str] = ("5", "4", "3", "2"), **other: str) -> list[str]:
    facts = {"unit": "X01", "mode": "post", "day": "", "used": "1", "sex": "2"} | other
    return [case_id, facts["unit"], facts["mode"], facts["day"], *answers, facts["used"], facts["sex"]]


def table(*rows: list[str], headers: Sequence[str] = HEADERS) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(headers), dtype="str")
    return frame.assign(_sheet="Phiếu", _row=np.arange(len(rows)) + 6)


def run(rows: pd.DataFrame, already: pd.DataFrame = NOTHING, *, received_on: str = "2026-09-01") -> Classified:
    return classify(
        rows,
        FORM,
        CASES,
        already,
        Delivery(batch_id="b1", received_on=received_on, cutoff="2026-09-30", file="phiếu.xlsx"),
    )


def states(done: Classified) -> list[tuple[str, str]]:
    return list(zip(done.row_states["row_state"], done.row_states["reason"], strict=True))


def test_accepted_rows_become_responses() -> None:
    done = run(table(row(IDS[1]), row(f" {IDS[0].lower()} ", ["Mức 5", "4,0", "98", "  "], mode="", unit="")))
    assert states(done) == [("accepted", ""), ("accepted", "")]
    assert done.faults == ()
    assert list(done.row_states.columns) == list(ROW_COLUMNS)
    assert done.row_states["row_no"].tolist() == [6, 7]
    expected = pd.DataFrame(
        {
            "case_id": [IDS[0], IDS[1]],
            "rated_unit_id": ["X01", "X01"],
            "row_no": [7, 6],
            "questionnaire_id": ["form", "form"],
            "batch_id": ["b1", "b1"],
            "mode": ["", "post"],
            "I.A1": ["5", "5"],
            "I.A2": ["4", "4"],
            "II.A1": ["98", "3"],
            "II.A2": [None, "2"],
            "Q8.1": ["1", "1"],
            "sex": ["2", "2"],
        }
    )
    text = {name: "str" for name in expected.columns if name != "row_no"}
    pd.testing.assert_frame_equal(done.responses, expected.astype(text))


def test_the_answer_hash_is_of_codes_and_missing_kinds() -> None:
    done = run(table(row(IDS[0], ["5", "", "98", "2"]), row(IDS[1], ["Mức 5", " ", "không biết", "2.0"], mode="phone")))
    text = "5~\n~blank\n98~dont_know\n2~\n1~\n2~"
    assert done.row_states["answer_hash"].tolist() == [hashlib.sha256(text.encode()).hexdigest()] * 2


@pytest.mark.parametrize(
    ("bad", "reason", "column", "got"),
    [
        (row(""), "returns.no_case_id", "Mã phiếu", ""),
        (
            row(IDS[0][:-1] + ("0" if IDS[0][-1] != "0" else "1")),
            "returns.bad_check_characters",
            "Mã phiếu",
            "16 characters",
        ),
        (row("Tổng cộng"), "returns.bad_check_characters", "Mã phiếu", "9 characters"),
        (row("0912345678"), "returns.bad_check_characters", "Mã phiếu", "10 digits"),
        (row(FOREIGN), "returns.unknown_case", "Mã phiếu", "16 characters"),
        (row(IDS[5]), "returns.not_issued", "Mã phiếu", "16 characters"),
        (row(IDS[6], unit=""), "returns.no_unit", "Mã đơn vị", ""),
        (row(IDS[0], unit="X02"), "returns.wrong_unit", "Mã đơn vị", "X02"),
        (row(IDS[6], unit="X01"), "returns.wrong_unit", "Mã đơn vị", "X01"),
        (row(IDS[0], day="1/2/2026"), "returns.bad_day", "Ngày nhận", "8 characters"),
        (row(IDS[0], ["6", "1", "1", "1"]), "returns.code_not_in_scale", "I.A1", "6"),
        (row(IDS[0], ["=cmd|' /C calc'!A0", "1", "1", "1"]), "returns.code_not_in_scale", "I.A1", "18 characters"),
        (row(IDS[0], sex="9"), "returns.code_not_in_scale", "Giới tính", "9"),
        (row(IDS[0], ["5", "", "98", ""]), "returns.too_few_items", "", "1"),
        (row(IDS[0], ["99", "99", "99", "99"]), "returns.too_few_items", "", "0"),
    ],
)
def test_set_aside(bad: list[str], reason: str, column: str, got: str) -> None:
    done = run(table(row(IDS[1]), bad))
    assert states(done) == [("accepted", ""), ("set_aside", reason)]
    assert [(f.rule, f.file, f.sheet, f.row, f.column, f.got) for f in done.faults] == [
        (reason, "phiếu.xlsx", "Phiếu", 7, column, got)
    ]
    assert done.row_states["answer_hash"].iloc[1] == ""
    assert done.responses["case_id"].tolist() == [IDS[1]]


def test_enough_items_of_those_asked() -> None:
    done = run(
        table(row(IDS[0], ["5", "98", "", "1"]), row(IDS[1], ["5", "", "99", "99"]), row(IDS[2], ["5", "", "98", "99"]))
    )
    # 2 of 4 asked, 1 of 2 asked, 1 of 3 asked; at least half is needed.
    assert [state for state, _ in states(done)] == ["accepted", "accepted", "set_aside"]
    assert done.faults[0].expected == "2/4"


def test_every_bad_cell_has_its_fault_but_remarks_below_the_table_have_none() -> None:
    done = run(
        table(
            row(IDS[0], ["6", "x", "3", "0"]), row(FOREIGN, ["7", "1", "1", "1"]), row("", ["Người", "lập", "biểu", ""])
        )
    )
    found = [(f.rule, f.row, f.column, f.got, f.expected) for f in done.faults]
    scale = "1, 2, 3, 4, 5, 98, 99"
    assert found == [
        ("returns.code_not_in_scale", 6, "I.A1", "6", scale),
        ("returns.code_not_in_scale", 6, "I.A2", "x", scale),
        ("returns.code_not_in_scale", 6, "II.A2", "0", scale),
        ("returns.code_not_in_scale", 7, "I.A1", "7", scale),
        ("returns.no_case_id", 8, "Mã phiếu", "", ""),
        ("returns.unknown_case", 7, "Mã phiếu", "16 characters", ""),
    ]
    assert [reason for _, reason in states(done)] == [
        "returns.code_not_in_scale",
        "returns.unknown_case",
        "returns.no_case_id",
    ]


def test_cells_that_are_no_known_ids_are_not_kept() -> None:
    kept = run(table(row("0912345678", unit="Bà Ba 0912"), row(IDS[0], unit="0987654321"))).row_states
    assert kept["case_id"].tolist() == ["", IDS[0]]
    assert kept["rated_unit_id"].tolist() == ["", ""]


def test_duplicates_in_one_file() -> None:
    done = run(table(row(IDS[0]), row(IDS[0], mode="phone"), row(IDS[0], ["5", "4", "3", "1"]), row(IDS[1])))
    assert states(done) == [
        ("accepted", ""),
        ("duplicate", "returns.duplicate_same"),
        ("duplicate", "returns.duplicate_differs"),
        ("accepted", ""),
    ]
    assert done.faults == (Fault("returns.duplicate_differs", "phiếu.xlsx", "Phiếu", 8, "Mã phiếu", "16 characters"),)


def test_a_form_set_aside_does_not_block_a_good_one() -> None:
    done = run(table(row(IDS[0], ["6", "1", "1", "1"]), row(IDS[0])))
    assert [state for state, _ in states(done)] == ["set_aside", "accepted"]


def test_one_case_may_rate_two_units() -> None:
    done = run(table(row(IDS[6], unit="S01"), row(IDS[6], unit="S02"), row(IDS[6], unit="S01")))
    assert [state for state, _ in states(done)] == ["accepted", "accepted", "duplicate"]


@pytest.mark.parametrize(
    ("day", "is_late"),
    [
        ("2026-09-30", False),
        ("2026-10-01", True),
        ("2026-09-30T23:59:00", False),
        ("2026-09-30T16:59:59Z", False),
        ("2026-09-30T17:00:00Z", True),
        ("2026-10-01T00:30:00.000+08:00", False),
        ("", False),
    ],
)
def test_late_by_the_local_day(day: str, is_late: bool) -> None:
    done = run(table(row(IDS[0], day=day)))
    assert states(done) == [("late", "returns.late") if is_late else ("accepted", "")]
    assert done.responses["row_no"].tolist() == [6]  # kept either way: what counts is decided in the ledger


@pytest.mark.parametrize("day", ["30/09/2026", "2026-02-30", "0001-01-01T00:00:00+14:00", "hôm qua", "2026-09-30Tx"])
def test_days_that_cannot_be_read(day: str) -> None:
    assert states(run(table(row(IDS[0], day=day)))) == [("set_aside", "returns.bad_day")]


def test_the_day_of_the_batch_goes_for_rows_without_one() -> None:
    done = run(table(row(IDS[0]), row(IDS[1], day="2026-09-30")), received_on="2026-10-02")
    assert [state for state, _ in states(done)] == ["late", "accepted"]
    assert done.faults == ()


def test_a_timely_form_goes_before_a_late_one_wherever_it_stands() -> None:
    late, timely = row(IDS[0], ["1", "1", "1", "1"], day="2026-10-05"), row(IDS[0])
    assert states(run(table(late, timely))) == [("duplicate", "returns.duplicate_differs"), ("accepted", "")]
    assert states(run(table(late, late))) == [("late", "returns.late"), ("duplicate", "returns.duplicate_same")]


def test_earlier_batches() -> None:
    first = run(table(row(IDS[0]), row(IDS[1], day="2026-10-05")))
    earlier = first.row_states
    again = run(table(row(IDS[0]), row(IDS[1]), row(IDS[0], ["1", "1", "1", "1"])), earlier)
    assert states(again) == [
        ("duplicate", "returns.duplicate_same"),
        ("accepted", ""),
        ("duplicate", "returns.duplicate_differs"),
    ]
    late_again = run(table(row(IDS[1], day="2026-10-06")), earlier)
    assert states(late_again) == [("duplicate", "returns.duplicate_same")]
    accepted_only = earlier.loc[earlier["row_state"] == "accepted", ["case_id", "rated_unit_id", "answer_hash"]]
    assert states(run(table(row(IDS[0])), accepted_only)) == [("duplicate", "returns.duplicate_same")]


def test_a_missing_item_column_is_never_an_unasked_item() -> None:
    rows = table(row(IDS[0])).rename(columns={"I.A2": "I.A 2", "Q8.1": "Câu 8"})
    with pytest.raises(FaultsFound) as caught:
        run(rows)
    assert [(f.rule, f.column) for f in caught.value.faults] == [
        ("returns.no_column", "I.A2"),
        ("returns.no_column", "Q8.1"),
    ]
    assert caught.value.where == "phiếu.xlsx"


def test_two_columns_of_one_field() -> None:
    form = FORM.model_copy(update={"headings": (*FORM.headings, Heading(field="I.A1", header="I_A1"))})
    with pytest.raises(FaultsFound) as caught:
        classify(
            table(row(IDS[0])).assign(I_A1="1"),
            form,
            CASES,
            NOTHING,
            Delivery(batch_id="b", received_on="2026-09-01", cutoff="2026-09-30", file="f"),
        )
    assert [(f.rule, f.column, f.expected) for f in caught.value.faults] == [("returns.double_column", "I_A1", "I.A1")]


def test_background_and_unit_columns_may_be_absent() -> None:
    rows = table(row(IDS[0]), row(IDS[6])).drop(
        columns=["Mã đơn vị", "Hình thức", "Ngày nhận", "Giới tính", "_sheet", "_row"]
    )
    done = run(rows)
    assert states(done) == [("accepted", ""), ("set_aside", "returns.no_unit")]
    assert done.row_states["row_no"].tolist() == [2, 3]
    planned = classify(
        rows.iloc[:1],
        FORM,
        CASES.assign(mode="phỏng vấn"),
        NOTHING,
        Delivery(batch_id="b", received_on="2026-09-01", cutoff="2026-09-30", file="f"),
    )
    assert planned.responses["mode"].tolist() == ["phỏng vấn"]


@pytest.mark.parametrize("day", ["1/9/2026", "2026-13-01", ""])
def test_the_days_of_the_batch_are_iso(day: str) -> None:
    with pytest.raises(DataError, match=r"returns\.batch_day"):
        run(table(row(IDS[0])), received_on=day)


def counts(states: pd.DataFrame, cases: pd.DataFrame = CASES) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """Rows by state, issued cases by outcome, rejected cases by reason, as the rest of the program counts them."""
    drawn = cases.drop_duplicates("case_id").assign(unit_id="X01", stratum_id="X01", is_reserve=False)
    rows = states.assign(batch_id="b", row_no=range(len(states)))
    outcomes = case_outcomes(Ledger(drawn, rows, pd.DataFrame({"batch_id": ["b"], "place": [0]})))
    rejected = outcomes[outcomes["outcome"] == "rejected"]["reason"].value_counts()
    by_state = states["row_state"].value_counts().reindex(ROW_STATES, fill_value=0)
    return by_state.to_dict(), outcomes["outcome"].value_counts().to_dict(), rejected.to_dict()


def test_counts_by_hand() -> None:
    first = run(
        table(row(IDS[0]), row(IDS[0]), row(IDS[1], ["6", "1", "1", "1"]), row(IDS[2], day="2026-10-02"), row("?"))
    )
    second = run(
        table(row(IDS[1], ["", "", "", "1"]), row(IDS[2], ["1", "", "", ""]), row(IDS[5]), row(FOREIGN), row(IDS[0])),
        first.row_states,
    )
    rows, cases, rejected = counts(pd.concat([first.row_states, second.row_states], ignore_index=True))
    others = {"superseded": 0, "withdrawn": 0, "waiting": 0}
    assert rows == {"accepted": 1, "late": 1, "duplicate": 2, "set_aside": 6, **others}
    # Issued: 1..5 and 7. Returned: 1 (valid), 2 (first: a code out of scale), 3 (late). The reserve 6 was never issued.
    assert cases == {"valid": 1, "rejected": 2, "outstanding": 3}
    assert rejected == {"returns.late": 1, "returns.code_not_in_scale": 1}


def test_counts_before_anything_came() -> None:
    rows, cases, rejected = counts(pd.DataFrame({name: [] for name in ROW_COLUMNS}, dtype="str"))
    assert (sum(rows.values()), cases, rejected) == (0, {"outstanding": 6}, {})


random_row = st.builds(
    row,
    st.sampled_from([*IDS, FOREIGN, "", "rác", IDS[0][:-1]]),
    st.tuples(*[st.sampled_from(["1", "5", "5,0", "Mức 2", "98", "99", "", "6", "x"])] * 4),
    unit=st.sampled_from(["X01", "X01", "S01", "S02", "", "X09"]),
    day=st.sampled_from(["", "2026-09-02", "2026-10-02", "2/9/2026"]),
)


@pytest.mark.full
@settings(max_examples=sampled(15, 60))
@given(st.lists(st.lists(random_row, min_size=1, max_size=12), min_size=1, max_size=4))
def test_counts_always_reconcile_and_sending_again_changes_nothing(batches: list[list[list[str]]]) -> None:
    ledger = run(table(row("rác"))).row_states
    for batch in batches:
        done = run(table(*batch), ledger[ledger["row_state"].isin(["accepted", "late"])])
        assert len(done.row_states) == len(batch)
        ledger = pd.concat([ledger, done.row_states], ignore_index=True)
        assert set(done.responses["case_id"]) <= set(CASES["case_id"])
    rows, cases, rejected = counts(ledger)
    assert sum(rows.values()) == len(ledger)
    assert sum(cases.values()) == 6
    assert cases.get("rejected", 0) == sum(rejected.values())
    accepted = ledger[ledger["row_state"] == "accepted"]
    assert not accepted.duplicated(["case_id", "rated_unit_id"]).any()
    assert cases.get("valid", 0) == accepted["case_id"].nunique()

    kept = ledger[ledger["row_state"].isin(["accepted", "late"])]
    again = run(table(*[one for batch in batches for one in batch]), kept)
    assert set(again.row_states["row_state"]) <= {"duplicate", "set_aside"}
    assert len(again.responses) == int((again.row_states["row_state"] == "duplicate").sum())
    before = ledger.iloc[1:].reset_index(drop=True)
    set_aside = before["row_state"] == "set_aside"
    assert (again.row_states["row_state"] == "set_aside").tolist() == set_aside.tolist()
    assert again.row_states.loc[set_aside, "reason"].tolist() == before.loc[set_aside, "reason"].tolist()
    assert counts(pd.concat([ledger, again.row_states], ignore_index=True))[1].get("valid") == cases.get("valid")


@pytest.mark.full
@settings(max_examples=sampled(10, 30))
@given(st.lists(random_row, min_size=1, max_size=15))
def test_a_batch_cut_in_two_accepts_the_same_pairs(batch: list[list[str]]) -> None:
    whole = run(table(*batch)).row_states
    ledger = run(table(*batch[:1])).row_states
    if batch[1:]:
        rest = run(table(*batch[1:]), ledger[ledger["row_state"].isin(["accepted", "late"])])
        ledger = pd.concat([ledger, rest.row_states], ignore_index=True)
    pairs = ["case_id", "rated_unit_id", "answer_hash"]
    one = whole.loc[whole["row_state"] == "accepted", pairs].reset_index(drop=True)
    two = ledger.loc[ledger["row_state"] == "accepted", pairs].reset_index(drop=True)
    pd.testing.assert_frame_equal(one, two)


def test_a_training_form_has_its_own_reason() -> None:
    practice = str(make_case_ids("0GD26", pd.Series(["X01"]), pd.Series([1])).iloc[0])
    done = run(table(row(IDS[0]), row(practice)))
    assert done.row_states["reason"].tolist() == ["", "returns.training_case"]
    assert done.row_states["case_id"].tolist() == [IDS[0], ""]
    assert [fault.rule for fault in done.faults] == ["returns.training_case"]


def test_a_case_with_many_rated_units_counts_once_for_each() -> None:
    """A delegate with 40 forms: one answer counts per unit, each unit on its own; issued is one case."""
    units = [f"X{k:02d}" for k in range(1, 41)]
    delegate, other = (str(one) for one in make_case_ids("GD26", pd.Series(["HDND"] * 2), pd.Series([1, 2])))
    cases = pd.DataFrame({"case_id": [delegate] * 40 + [other], "rated_unit_id": [*units, "X01"], "is_issued": True})
    rows = [row(delegate, unit=unit) for unit in units[:30]]
    rows += [row(delegate, unit="X01"), row(delegate, ("1", "1", "1", "1"), unit="X02")]
    rows += [row(delegate, unit=""), row(delegate, unit="X99"), row(other, unit="X02")]
    rows += [row(delegate, unit="X32", day="2026-10-02"), row(delegate, unit="X31"), row(other, unit="")]
    done = classify(
        table(*rows),
        FORM,
        cases,
        NOTHING,
        Delivery("b1", "f.xlsx", received_on="2026-09-01", cutoff="2026-09-30"),
    )
    assert states(done) == [
        *[("accepted", "")] * 30,
        ("duplicate", "returns.duplicate_same"),
        ("duplicate", "returns.duplicate_differs"),
        ("set_aside", "returns.no_unit"),
        ("set_aside", "returns.wrong_unit"),
        ("set_aside", "returns.wrong_unit"),
        ("late", "returns.late"),
        ("accepted", ""),
        ("accepted", ""),
    ]
    received, of_cases, _ = counts(done.row_states, cases)
    assert {state: n for state, n in received.items() if n} == {
        "accepted": 32, "late": 1, "duplicate": 2, "set_aside": 3,
    }  # fmt: skip
    assert of_cases == {"valid": 2}
    again = classify(
        table(row(delegate, unit="X05"), row(delegate, unit="X40")),
        FORM,
        cases,
        done.row_states[done.row_states["row_state"] == "accepted"],
        Delivery(batch_id="b2", received_on="2026-09-02", cutoff="2026-09-30", file="g.xlsx"),
    )
    assert states(again) == [("duplicate", "returns.duplicate_same"), ("accepted", "")]


OPEN_AGAIN = (("2026-11-05", "2026-11-20"),)


def reopened(*rows: list[str], already: pd.DataFrame = NOTHING, received_on: str = "2026-11-05") -> Classified:
    """Rows of a round that was opened again for a while after its cut-off."""
    days = {"received_on": received_on, "cutoff": "2026-09-30", "reopened": OPEN_AGAIN}
    return classify(table(*rows), FORM, CASES, already, Delivery(batch_id="b9", file="f.csv", **days))


def test_forms_of_the_days_on_which_a_round_is_open_again_count() -> None:
    came = [row(IDS[0]), row(IDS[1], day="2026-11-20"), row(IDS[2], day="2026-11-21"), row(IDS[3], day="2026-11-04")]
    taken, late = ("accepted", ""), ("late", "returns.late")
    assert states(reopened(*came)) == [taken, taken, late, late]
    assert states(reopened(row(IDS[4], day="2026-09-30"), received_on="2026-12-01")) == [taken]
    assert states(reopened(row(IDS[4]), received_on="2026-12-01")) == [late]


def test_what_came_late_before_a_reopening_stays_late() -> None:
    before = run(table(row(IDS[0]), row(IDS[1])), received_on="2026-10-10").row_states
    assert set(before["row_state"]) == {"late"}
    again = reopened(row(IDS[0]), row(IDS[1], ("1", "1", "1", "1")), row(IDS[2]), already=before)
    assert states(again) == [
        ("duplicate", "returns.duplicate_same"),
        ("duplicate", "returns.duplicate_differs"),
        ("accepted", ""),
    ]
    in_time = reopened(row(IDS[0], day="2026-09-29"), already=before)  # proved to be in time: as before any reopening
    assert states(in_time) == [("accepted", "")]
    both = reopened(row(IDS[3]), row(IDS[3], ("1", "1", "1", "1"), day="2026-09-29"), row(IDS[3], day="2026-11-30"))
    assert states(both) == [
        ("duplicate", "returns.duplicate_differs"),
        ("accepted", ""),
        ("duplicate", "returns.duplicate_differs"),
    ]
