"""One number explained: what it is counted from, and that a number which was changed no longer agrees."""

from dataclasses import replace
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from traced_round import PROVINCE, ROUND

from errors import DataError
from sipas.trace import Address, Quantity, Term, TraceInputs, TraceReport, explain, parse_address
from sipas.words import word

BOOK = "made-up-gia-dinh/2026-xa"


def report_of(inputs: TraceInputs, path: str) -> TraceReport:
    return explain(inputs, parse_address(f"{ROUND}/{path}", inputs.book_ids())).in_words(word)


def titles(report: TraceReport) -> list[str]:
    return [section.title for section in report.sections]


def with_rows(table: pd.DataFrame, where: str, **cells: object) -> pd.DataFrame:
    """The table with cells of the rows of a query set to other values."""
    changed = table.copy()
    for name, cell in cells.items():
        changed.loc[table.query(where).index, name] = cell
    return changed


def test_a_value_is_counted_again_from_every_form(inputs: TraceInputs) -> None:
    """By hand: shares of each item among the unit's valid answers, and their mean."""
    report = report_of(inputs, "X0001/sipas/SIPAS")
    data = inputs.instruments[0].forms.data.cases.query("rated_unit_id == 'X0001'")
    items = list(inputs.instruments[0].index.item_codes())
    table = next(section for section in report.sections if section.title == "Giá trị theo tiêu chí")
    assert [row[2].value for row in table.rows] == data[items].sum().tolist()
    assert [row[3].value for row in table.rows] == data[items].count().tolist()
    assert table.lines[0][1].value == pytest.approx(100 * data[items].mean().mean(), rel=1e-12)
    assert report.case_ids == tuple(data["case_id"])
    assert report.agrees


def test_users_only_counts_users_with_their_weights(inputs: TraceInputs) -> None:
    report = report_of(inputs, "X0003/sipas/I.A1/weighted")
    forms = inputs.instruments[0].forms
    cases = forms.data.cases.query("rated_unit_id == 'X0003' and `I.A1`.notna()")
    row = report.sections[1].rows[0]
    assert row[3].value == pytest.approx(cases["final_weight"].sum(), rel=1e-12)
    assert row[2].value == pytest.approx((cases["final_weight"] * cases["I.A1"]).sum(), rel=1e-12)
    users = report_of(inputs, "X0003/sipas/I.A1/users_only")
    is_own = (forms.data.cases["rated_unit_id"] == "X0003").to_numpy()
    assert users.case_ids == tuple(forms.data.cases.loc[is_own & forms.data.is_user, "case_id"])


def test_the_province_has_all_forms_and_all_strata(inputs: TraceInputs) -> None:
    report = report_of(inputs, f"{PROVINCE}/sipas")
    draw = next(section for section in report.sections if section.title == "Chọn mẫu")
    assert report.agrees
    assert len(report.case_ids) == len(inputs.instruments[0].forms.data.cases)
    assert [row[0] for row in draw.rows] == [unit.unit_id for unit in inputs.units]


def test_a_unit_without_users_has_no_value_and_a_dash(inputs: TraceInputs) -> None:
    report = report_of(inputs, "X0002/sipas/SIPAS/users_only")
    assert report.agrees
    assert report.case_ids == ()
    assert dict(report.sections[0].lines)["Giá trị (%)"] == Quantity(None, 10)
    assert all(row[4] == Quantity(None, 4) for row in report.sections[1].rows)


def test_a_linked_criterion_goes_to_the_instrument_of_its_index(inputs: TraceInputs) -> None:
    ours, other = report_of(inputs, f"X0001/{BOOK}/8.1"), report_of(inputs, f"X0001/{BOOK}/8.3")
    assert titles(ours) == titles(other)
    assert titles(ours)[1:] == titles(report_of(inputs, "X0001/sipas/SIPAS"))
    assert ours.case_ids[0].startswith("SIPAS-")
    assert other.case_ids[0].startswith("MADE-UP-DAI-BIEU-")
    assert other.sections[1:] == report_of(inputs, "X0001/made-up-dai-bieu").sections


def test_values_of_another_agency_have_sources_but_no_forms(inputs: TraceInputs) -> None:
    report = report_of(inputs, "X0001/sipas-2022")
    assert titles(report) == ["Giá trị chỉ số", "Nguồn (SHA-256)"]
    assert (report.case_ids, report.agrees) == ((), True)


def test_sources_are_told_in_words_and_are_those_of_the_instrument(inputs: TraceInputs) -> None:
    shared = {f"rulebook/{BOOK}": "r", "units/tinh": "u"}
    own = {
        f"{kind}/{one.index.id}": f"{kind}-{one.index.id}"
        for one in inputs.instruments
        for kind in ("index", "questionnaire")
    }
    delegates = inputs.instruments[1].index
    assert delegates.questionnaire == delegates.id
    section = report_of(replace(inputs, pins=shared | own), f"X0001/{delegates.id}").sections[-1]
    assert section.title == "Nguồn (SHA-256)"
    found = {(row[0], row[1]) for row in section.rows}
    assert found == {
        (Term("trace", "kept_frame"), ""),  # not the published file, whose hash is sealed
        *((Term("input", kind), "") for kind in ("sample", "weighted_cases", "index_scores")),
        (Term("input", "rulebook"), BOOK),
        (Term("input", "units"), "tinh"),
        (Term("input", "index"), delegates.id),
        (Term("input", "questionnaire"), delegates.id),
    }
    assert all(row[0].words for row in section.rows)


def test_an_entered_criterion_shows_its_stages_a_sum_its_children(inputs: TraceInputs) -> None:
    leaf, area = report_of(inputs, f"X0001/{BOOK}/1.1.1"), report_of(inputs, f"X0001/{BOOK}/1")
    assert {row[0] for row in leaf.sections[-1].rows} >= {Term("appraisal_stage", "first")}
    assert [row[0] for row in area.sections[-1].rows] == ["1.1", "1.2", "1.3", "1.4", "1.5"]


@pytest.mark.full
def test_one_changed_answer_is_noticed_by_everything_above_it(inputs: TraceInputs) -> None:
    """One satisfied answer more: the item, its nodes, the linked criteria, their area and the total of that unit."""
    first = inputs.instruments[0]
    cases = first.forms.data.cases
    row = cases.query("rated_unit_id == 'X0001' and `I.A1` == 0").index[0]
    changed = cases.copy()
    changed.loc[row, "I.A1"] = 1.0
    forms = replace(first.forms, data=replace(first.forms.data, cases=changed))
    other = replace(inputs, instruments=(replace(first, forms=forms), *inputs.instruments[1:]))
    for path in ("sipas/I.A1", "sipas/I", "sipas", f"{BOOK}/8.1", f"{BOOK}/8", BOOK):
        assert report_of(inputs, f"X0001/{path}").agrees, path
        assert not report_of(other, f"X0001/{path}").agrees, path
    for path in ("X0001/sipas/I.A2", f"X0001/{BOOK}/8.3", f"X0001/{BOOK}/1", "X0003/sipas", f"X0003/{BOOK}/8.1"):
        assert report_of(other, path).agrees, path


def test_points_that_do_not_follow_from_the_entries_disagree(inputs: TraceInputs) -> None:
    sheet = with_rows(inputs.unit_sheets, "unit_id == 'X0001' and criterion_code == '1.1.1'", points=Decimal("0.01"))
    changed = replace(inputs, unit_sheets=sheet)
    assert not report_of(changed, f"X0001/{BOOK}/1.1.1").agrees
    assert report_of(changed, f"X0001/{BOOK}/1.1.2").agrees


def test_a_wrong_rank_disagrees(inputs: TraceInputs) -> None:
    changed = replace(inputs, results=with_rows(inputs.results, "unit_id == 'X0001'", rank=99))
    assert not report_of(changed, f"X0001/{BOOK}").agrees
    assert report_of(changed, f"X0002/{BOOK}").agrees


def test_entries_that_are_no_longer_there_agree_with_nothing(inputs: TraceInputs) -> None:
    entries = inputs.entries[BOOK].query("not (unit_id == 'X0001' and criterion_code == '1.1.1')")
    assert not report_of(replace(inputs, entries={BOOK: entries}), f"X0001/{BOOK}").agrees


def test_counts_do_not_depend_on_the_order_of_the_rows(inputs: TraceInputs) -> None:
    first = inputs.instruments[0]
    order = np.random.default_rng(3).permutation(len(first.forms.data.cases))
    data = replace(
        first.forms.data,
        cases=first.forms.data.cases.iloc[order].reset_index(drop=True),
        is_user=first.forms.data.is_user[order],
    )
    other = replace(
        inputs, instruments=(replace(first, forms=replace(first.forms, data=data)), *inputs.instruments[1:])
    )
    for path in ("X0001/sipas/SIPAS/weighted", f"{PROVINCE}/sipas/SIPAS/weighted"):
        assert report_of(inputs, path).sections[1] == report_of(other, path).sections[1]


@pytest.mark.parametrize(
    ("address", "error", "rule"),
    [
        (Address(ROUND, "X0099", "sipas", ""), DataError, "trace.unknown_unit"),
        (Address(ROUND, "X0001", "other", ""), DataError, "trace.unknown_book"),
        (Address(ROUND, "X0001", "sipas", "IX"), DataError, "trace.unknown_code"),
        (Address(ROUND, "X0001", BOOK, "9.9"), DataError, "trace.unknown_code"),
        (Address(ROUND, PROVINCE, BOOK, ""), DataError, "trace.unknown_code"),
        (Address(ROUND, "X0001", "sipas", "I", "other"), DataError, "trace.unknown_variant"),
        (Address(ROUND, "X0001", BOOK, "8.1", "official"), DataError, "trace.no_variants"),
    ],
)
def test_a_wrong_address_is_named(inputs: TraceInputs, address: Address, error: type, rule: str) -> None:
    with pytest.raises(error) as caught:
        explain(inputs, address)
    assert caught.value.rule == rule
