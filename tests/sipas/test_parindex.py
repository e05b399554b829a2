"""Unit sheets and the index: a round worked on paper, missing inputs, own maxima, survey policies, errors."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled

from errors import DataError, Fault, FaultsFound
from sipas.appraisal import CRITERION_INPUTS
from sipas.parindex import PAR_RESULT, UNIT_SHEET, par_index, unit_sheet
from sipas.rulebook import Case, Criterion, Rulebook, check_rulebook, load_rulebook
from sipas.units import Unit

EXAMPLES = Path(__file__).parents[2] / "data" / "rulebooks" / "made-up-gia-dinh"
D = Decimal
OTHER_INDEX = {"DBHD": "made-up-dai-bieu"}  # by node; every other node is of SIPAS


def unit(unit_id: str, group: str = "so") -> Unit:
    return Unit(unit_id=unit_id, name_vi=f"Sở {unit_id}", kind="so", unit_group=group, valid_from="2025-07-01")


A, B, C = unit("S01"), unit("S02"), unit("S03")


def criterion(code: str, parent: str, max_points: str, rule: str, **parts: object) -> Criterion:
    source = {"sum": "", "index_link": "index"}.get(rule, "appraisal")
    level = {0: "area", 1: "criterion"}.get(code.count("."), "sub_criterion")
    cells = {"code": code, "parent": parent, "level": level, "name_vi": f"Tiêu chí {code}", "rule": rule}
    extra = {"owner": "Sở Nội vụ", "article": "1", "score_source": source, "max_points": max_points}
    return Criterion.model_validate({**cells, **extra, **parts})


def link(node: str) -> dict[str, str]:
    return {"index_id": "sipas", "node_code": node, "transform": "linear"}


@pytest.fixture(scope="module")
def small() -> Rulebook:
    """20 points: 1 = 1.1 ratio 6 + 1.2 linear 4; 2 = 2.1 SIPAS 7 + 2.2 I 3; bonus and penalty 3, capped at 2."""
    example = load_rulebook(EXAMPLES / "2026-so")
    criteria = (
        criterion("1", "", "10", "sum"),
        criterion("1.1", "1", "6", "ratio", no_cases="full"),
        criterion("1.2", "1", "4", "linear"),
        criterion("2", "", "10", "sum"),
        criterion("2.1", "2", "7", "index_link", link=link("SIPAS")),
        criterion("2.2", "2", "3", "index_link", link=link("I")),
        example.criterion("T1"),
        example.criterion("P1"),
    )
    changes: dict[str, object] = {"criteria": criteria, "max_points": D(20), "absent_survey": "fail", "cases": ()}
    rulebook = example.model_copy(update=changes)
    assert check_rulebook(rulebook) == []
    return rulebook


def inputs(*rows: tuple[str, str, dict[str, str]]) -> pd.DataFrame:
    blank = {column.name: None for column in CRITERION_INPUTS.columns}
    frame = pd.DataFrame(
        [
            {**blank, "appraisal_stage": "first", **cells, "unit_id": unit_id, "criterion_code": code}
            for unit_id, code, cells in rows
        ],
        columns=list(blank),
    )
    return CRITERION_INPUTS.check(frame)


def entries(unit_id: str, **changes: dict[str, str]) -> list[tuple[str, str, dict[str, str]]]:
    """All four entries of a unit; T1 and P1 nothing unless changed ("1.1" is written _1_1)."""
    rows = {
        "1.1": {"numerator": "2", "denominator": "3"},
        "1.2": {"value": "87.6"},
        "T1": {"leaf_status": "no_cases"},
        "P1": {"leaf_status": "no_cases"},
    }
    rows |= {name.strip("_").replace("_", "."): cells for name, cells in changes.items()}
    return [(unit_id, code, cells) for code, cells in rows.items()]


def survey(*rows: tuple[str, str, float], variant: str = "official", definition: str = "share_4_5") -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "unit_id": unit_id,
                "index_id": OTHER_INDEX.get(node, "sipas"),
                "node_code": node,
                "variant": variant,
                "value_pct": value,
                "std_error": 2.0,
                "n": 40,
                "definition_id": definition,
            }
            for unit_id, node, value in rows
        ],
        columns=["unit_id", "index_id", "node_code", "variant", "value_pct", "std_error", "n", "definition_id"],
    )


def both_nodes(unit_id: str, overall: float = 84.0912345678, content: float = 80.0) -> list[tuple[str, str, float]]:
    return [(unit_id, "SIPAS", overall), (unit_id, "I", content)]


def points_of(sheet: pd.DataFrame, unit_id: str) -> dict[str, Decimal | None]:
    rows = sheet[sheet["unit_id"] == unit_id]
    return dict(zip(rows["criterion_code"], rows["points"], strict=True))


def faults_of(rule: str, *args: object, **kwargs: object) -> tuple[Fault, ...]:
    with pytest.raises(FaultsFound) as caught:
        unit_sheet(*args, **kwargs)  # type: ignore[arg-type]
    assert caught.value.rule == rule
    return caught.value.faults


# --- a round on paper -----------------------------------------------------------------------------------------------


def test_a_round_on_paper(small: Rulebook) -> None:
    """S01: 6 x 2/3 = 4.00; 4 x .876 = 3.504 -> 3.50; 7 x .840912345678 = 5.886 -> 5.89; 3 x .8 = 2.40; sum 15.79.
    S02: 1.1 does not apply; 3.50 + 5.89 + 2.40 = 11.79 of 14; bonus 3 held to 2, penalty 1.5."""
    rows = [
        *entries("S01"),
        *entries("S02", _1_1={"leaf_status": "not_applicable"}, T1={"choice_code": "A"}, P1={"value": "2"}),
    ]
    sheet = unit_sheet(small, (A, B), inputs(*rows), survey(*both_nodes("S01"), *both_nodes("S02")))
    assert points_of(sheet, "S01") == {
        "1": D("7.50"),
        "1.1": D("4.00"),
        "1.2": D("3.50"),
        "2": D("8.29"),
        "2.1": D("5.89"),
        "2.2": D("2.40"),
        "T1": D(0),
        "P1": D(0),
    }
    assert points_of(sheet, "S02") == {
        "1": D("3.50"),
        "1.1": None,
        "1.2": D("3.50"),
        "2": D("8.29"),
        "2.1": D("5.89"),
        "2.2": D("2.40"),
        "T1": D(3),
        "P1": D("1.5"),
    }
    result = par_index(sheet, small).set_index("unit_id")
    first, second = result.loc["S01"], result.loc["S02"]
    assert (first["points"], first["applicable_max"], first["total_shown"]) == (D("15.79"), D(20), D("15.79"))
    assert (first["index_pct"], first["index_shown"]) == (D("78.95"), D("78.95"))
    assert (second["points"], second["bonus"], second["penalty"]) == (D("11.79"), D(2), D("1.5"))
    assert (second["applicable_max"], second["total_shown"]) == (D(14), D("12.29"))
    assert (second["index_pct"], second["index_shown"]) == (D("87.785714"), D("87.79"))  # 1229/14 = 87.785714...


def test_the_sheet_says_what_was_scored(small: Rulebook) -> None:
    rows = entries("S01", _1_2={"value": "87.6", "reason": "Giải trình", "appraisal_stage": "second"})
    sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01"))).set_index("criterion_code")
    assert sheet["value_text"].fillna("").to_dict() == {
        "1": "",
        "1.1": "2/3",
        "1.2": "87.6",
        "2": "",
        "2.1": "84.0912345678",
        "2.2": "80.0000000000",
        "P1": "",
        "T1": "",
    }
    assert sheet.loc["1.2", "override_reason"] == "Giải trình"
    assert sheet["leaf_status"].to_dict() == {
        **dict.fromkeys(["1", "1.1", "1.2", "2", "2.1", "2.2"], "scored"),
        "P1": "no_cases",
        "T1": "no_cases",
    }
    assert sheet.loc["2.1", "std_error"] == pytest.approx(0.14)  # 7/100 x 2
    assert np.isnan(sheet.loc["1.1", "std_error"])
    assert sheet.loc["2.1", "score_source"] == "index"


def test_tables_are_declared_ones(small: Rulebook) -> None:
    sheet = unit_sheet(small, (A,), inputs(*entries("S01")), survey(*both_nodes("S01")))
    assert UNIT_SHEET.arrow(sheet).num_rows == 8
    assert PAR_RESULT.arrow(par_index(sheet, small)).num_rows == 1


def test_a_sheet_read_back_from_arrow_gives_the_same_index(small: Rulebook) -> None:
    rows = entries("S01", _1_1={"leaf_status": "not_applicable"})
    sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01")))
    again = UNIT_SHEET.arrow(sheet).to_pandas()
    pd.testing.assert_frame_equal(par_index(again, small), par_index(sheet, small))


def test_row_and_unit_order_change_nothing(small: Rulebook) -> None:
    rows = [*entries("S01"), *entries("S02", _1_2={"value": "12.5"})]
    values = [*both_nodes("S01"), *both_nodes("S02", 70.0, 60.0)]
    forward = unit_sheet(small, (A, B), inputs(*rows), survey(*values))
    backward = unit_sheet(small, (B, A), inputs(*rows).iloc[::-1], survey(*reversed(values)))
    pd.testing.assert_frame_equal(forward, backward)
    pd.testing.assert_frame_equal(par_index(forward, small), par_index(backward.iloc[::-1], small))


def test_later_stages_replace_and_self_scores_do_not_count(small: Rulebook) -> None:
    rows = [
        *entries("S01"),
        ("S01", "1.2", {"value": "100", "appraisal_stage": "self"}),
        ("S01", "1.2", {"value": "50", "appraisal_stage": "appeal", "reason": "x"}),
    ]
    sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01")))
    assert points_of(sheet, "S01")["1.2"] == D("2.00")


# --- every rule in the shipped rulebooks ----------------------------------------------------------------------------


def given_by(case: Case) -> dict[str, str]:
    fields = ("choice_code", "value", "numerator", "denominator", "option_counts", "leaf_status")
    given = {name: getattr(case, name) for name in fields}
    return {name: str(cell) for name, cell in given.items() if cell not in (None, "")}


@pytest.mark.full
@pytest.mark.parametrize("name", ["2026-so", "2026-xa"])
def test_worked_cases_come_out_of_the_columns_too(name: str) -> None:
    """Cases of one leaf are given to as many made-up units; the other leaves of these units do not apply."""
    rulebook = load_rulebook(EXAMPLES / name)
    for leaf in rulebook.leaves():
        cases = [case for case in rulebook.cases if case.code == leaf.code]
        units = [unit(f"U{number}", rulebook.unit_group) for number, _ in enumerate(cases)]
        rows = [
            (each.unit_id, other.code, {"leaf_status": "not_applicable"})
            for each in units
            for other in rulebook.leaves()
            if other.code != leaf.code
        ]
        values = []
        for each, case in zip(units, cases, strict=True):
            if leaf.link is not None and case.value is not None:
                values.append((each.unit_id, leaf.link.node_code, float(case.value)))
            else:
                rows.append((each.unit_id, leaf.code, given_by(case)))
        sheet = unit_sheet(rulebook, units, inputs(*rows), survey(*values))
        got = sheet.loc[sheet["criterion_code"] == leaf.code].set_index("unit_id")["points"]
        assert {key: got[key] for key in got.index} == {
            each.unit_id: case.points for each, case in zip(units, cases, strict=True)
        }


@pytest.mark.parametrize("name", ["2026-so", "2026-xa"])
def test_full_marks_everywhere_make_exactly_one_hundred(name: str) -> None:
    rulebook = load_rulebook(EXAMPLES / name)
    best = {
        "choice": {"choice_code": "A"},
        "ratio": {"numerator": "5", "denominator": "5"},
        "linear": {"value": "100"},
        "option_weights": {"option_counts": "A=9"},
    }
    rows = []
    for leaf in rulebook.leaves():
        if leaf.link is None and not leaf.is_extra:
            value = {"value": "0" if leaf.high == 0 or leaf.code == "5.3" else "100"}
            rows.append(("S01", leaf.code, best.get(leaf.rule, value)))
    rows += [("S01", "T1", {"choice_code": "C"}), ("S01", "P1", {"value": "0"})]
    nodes = {leaf.link.node_code for leaf in rulebook.linked_leaves() if leaf.link}
    one = unit("S01", rulebook.unit_group)
    sheet = unit_sheet(rulebook, (one,), inputs(*rows), survey(*[("S01", node, 100.0) for node in sorted(nodes)]))
    [row] = par_index(sheet, rulebook).to_dict("records")
    assert (row["points"], row["applicable_max"], row["index_shown"]) == (D(100), D(100), D(100))


# --- own maximum ----------------------------------------------------------------------------------------------------


def test_full_denominator_keeps_the_maximum(small: Rulebook) -> None:
    book = small.model_copy(update={"denominator": "full"})
    rows = entries("S01", _1_1={"leaf_status": "not_applicable"})
    [row] = par_index(unit_sheet(book, (A,), inputs(*rows), survey(*both_nodes("S01"))), book).to_dict("records")
    assert (row["points"], row["applicable_max"], row["index_shown"]) == (D("11.79"), D(20), D("58.95"))


def test_no_cases_earns_what_the_leaf_says(small: Rulebook) -> None:
    rows = entries("S01", _1_1={"leaf_status": "no_cases"})
    sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01")))
    assert points_of(sheet, "S01")["1.1"] == D(6)


def test_an_area_that_does_not_apply_at_all(small: Rulebook) -> None:
    none = {"leaf_status": "not_applicable"}
    rows = entries("S01", _1_1=none, _1_2=none)
    sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01")))
    area = sheet[sheet["criterion_code"] == "1"].iloc[0]
    assert (area["points"], area["max_points"], area["leaf_status"]) == (None, D(0), "not_applicable")
    [row] = par_index(sheet, small).to_dict("records")
    assert (row["points"], row["applicable_max"], row["index_shown"]) == (D("8.29"), D(10), D("82.90"))


def test_a_unit_to_which_nothing_applies_has_no_index(small: Rulebook) -> None:
    none = {"leaf_status": "not_applicable"}
    rows = [*entries("S01", _1_1=none, _1_2=none), ("S01", "2.1", none), ("S01", "2.2", none)]
    sheet = unit_sheet(small, (A,), inputs(*rows), survey())
    with pytest.raises(FaultsFound) as caught:
        par_index(sheet, small)
    assert [(fault.rule, fault.sheet) for fault in caught.value.faults] == [("parindex.no_maximum", "S01")]


def test_a_penalty_may_take_the_index_below_zero(small: Rulebook) -> None:
    rows = entries("S01", _1_1={"numerator": "0", "denominator": "1"}, _1_2={"value": "0"}, P1={"value": "9"})
    sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01", 0.0, 0.0)))
    [row] = par_index(sheet, small).to_dict("records")
    assert (row["points"], row["penalty"], row["total_shown"]) == (D(0), D(2), D(-2))
    assert row["index_shown"] == D("-10.00")


def test_totals_are_rounded_for_show_only(small: Rulebook) -> None:
    """Leaf 2, total 1, index 1 place, truncated: 15.78 is shown 15.7, and the index is made from that: 78.5."""
    rounding = small.rounding.model_copy(update={"mode": "truncate", "total": 1, "index": 1})
    book = small.model_copy(update={"rounding": rounding})
    sheet = unit_sheet(book, (A,), inputs(*entries("S01")), survey(*both_nodes("S01")))
    [row] = par_index(sheet, book).to_dict("records")
    assert points_of(sheet, "S01")["2.1"] == D("5.88")  # 5.886 cut
    assert (row["points"], row["total_shown"]) == (D("15.78"), D("15.7"))
    assert (row["index_pct"], row["index_shown"]) == (D("78.9"), D("78.5"))


# --- missing and bad inputs -----------------------------------------------------------------------------------------


def test_missing_inputs_are_named_and_never_zero(small: Rulebook) -> None:
    rows = [row for row in [*entries("S01"), *entries("S02")] if row[:2] not in {("S01", "1.2"), ("S02", "T1")}]
    rows.append(("S01", "1.2", {"value": "50", "appraisal_stage": "self"}))
    found = faults_of("parindex.missing_inputs", small, (A, B), inputs(*rows), survey(*both_nodes("S01")))
    assert {(fault.rule, fault.sheet, fault.column) for fault in found} == {
        ("parindex.missing_input", "S01", "1.2"),
        ("parindex.missing_input", "S02", "T1"),
        ("parindex.missing_survey", "S02", "2.1"),
        ("parindex.missing_survey", "S02", "2.2"),
    }
    assert found[0].values == {"unit": "Sở S01", "criterion": "Tiêu chí 1.2"}
    assert found[0].file == small.id


def test_a_unit_without_any_sheet_is_missing(small: Rulebook) -> None:
    found = faults_of("parindex.missing_inputs", small, (A, C), inputs(*entries("S01")), survey(*both_nodes("S01")))
    assert {fault.sheet for fault in found} == {"S03"}
    assert len(found) == 6


@pytest.mark.parametrize(
    ("code", "cells", "rule"),
    [
        ("1.1", {"numerator": "1", "denominator": "0"}, "scoring.zero_denominator"),
        ("1.2", {"value": "100.5"}, "scoring.percent"),
        ("T1", {"choice_code": "Z"}, "scoring.unknown_choice"),
        ("1.2", {"leaf_status": "no_cases"}, "scoring.no_cases"),
        ("9.9", {"value": "1"}, "parindex.not_a_leaf"),
        ("1", {"value": "1"}, "parindex.not_a_leaf"),
    ],
)
def test_bad_inputs_are_named(small: Rulebook, code: str, cells: dict[str, str], rule: str) -> None:
    rows = [row for row in entries("S01") if row[1] != code]
    found = faults_of(
        "parindex.bad_inputs", small, (A,), inputs(*rows, ("S01", code, cells)), survey(*both_nodes("S01"))
    )
    assert [(fault.rule, fault.sheet, fault.column) for fault in found] == [(rule, "S01", code)]


def test_a_survey_value_that_is_no_per_cent(small: Rulebook) -> None:
    found = faults_of("parindex.bad_inputs", small, (A,), inputs(*entries("S01")), survey(*both_nodes("S01", 840.0)))
    assert [(fault.rule, fault.column) for fault in found] == [("scoring.percent", "2.1")]


def test_text_that_never_went_through_the_form(small: Rulebook) -> None:
    rows = entries("S01", _1_2={"value": "tám"})
    with pytest.raises(DataError, match=r"parindex\.unreadable"):
        unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01")))


def test_units_of_another_group_or_twice(small: Rulebook) -> None:
    found = faults_of("parindex.units", small, (A, A, unit("X01", "xa")), inputs(), survey())
    assert [(fault.rule, fault.sheet) for fault in found] == [
        ("parindex.repeated_unit", "S01"),
        ("parindex.wrong_group", "X01"),
    ]


def test_inputs_of_other_units_are_not_looked_at(small: Rulebook) -> None:
    rows = [*entries("S01"), ("X01", "7.7", {"value": "3"})]
    values = survey(*both_nodes("S01"), ("X01", "SIPAS", 3.0))
    assert set(unit_sheet(small, (A,), inputs(*rows), values)["unit_id"]) == {"S01"}


# --- survey values --------------------------------------------------------------------------------------------------


def test_one_definition_and_one_value_per_unit(small: Rulebook) -> None:
    values = pd.concat(
        [
            survey(*both_nodes("S01"), ("S01", "I", 70.0)),
            survey(("S02", "SIPAS", 80.0), definition="mean_5"),
            survey(("S02", "I", 80.0)),
        ]
    )
    found = faults_of("parindex.bad_inputs", small, (A, B), inputs(*entries("S01"), *entries("S02")), values)
    assert [(fault.rule, fault.column) for fault in found] == [
        ("parindex.mixed_definitions", "2.1"),
        ("parindex.repeated_value", "2.2"),
    ]
    assert found[0].got == "mean_5, share_4_5"


def test_the_official_variant_unless_the_link_names_one(small: Rulebook) -> None:
    values = pd.concat([survey(*both_nodes("S01")), survey(*both_nodes("S01", 50.0, 50.0), variant="weighted")])
    rows = inputs(*entries("S01"))
    assert points_of(unit_sheet(small, (A,), rows, values), "S01")["2.1"] == D("5.89")
    renamed = unit_sheet(small, (A,), rows, values, official_variants={"sipas": "weighted"})
    assert points_of(renamed, "S01")["2.1"] == D("3.50")
    linked = small.criterion("2.1")
    assert linked.link is not None
    other = linked.model_copy(update={"link": linked.link.model_copy(update={"variant": "weighted"})})
    book = small.model_copy(update={"criteria": tuple(other if c.code == "2.1" else c for c in small.criteria)})
    named = points_of(unit_sheet(book, (A,), rows, values), "S01")
    assert (named["2.1"], named["2.2"]) == (D("3.50"), D("2.40"))


@pytest.mark.parametrize("absent", [[("S01", "I", 80.0)], [("S01", "SIPAS", float("nan")), ("S01", "I", 80.0)]])
def test_absent_survey_rescaled(small: Rulebook, absent: list[tuple[str, str, float]]) -> None:
    book = small.model_copy(update={"absent_survey": "rescale"})
    sheet = unit_sheet(book, (A,), inputs(*entries("S01")), survey(*absent))
    row = sheet[sheet["criterion_code"] == "2.1"].iloc[0]
    assert (row["points"], row["max_points"], row["leaf_status"]) == (None, D(0), "not_applicable")
    assert row["override_reason"] == "absent_survey_rescale"
    [result] = par_index(sheet, book).to_dict("records")
    assert (result["points"], result["applicable_max"]) == (D("9.90"), D(13))


def test_absent_survey_carried(small: Rulebook) -> None:
    book = small.model_copy(update={"absent_survey": "carry"})
    rows, now, before = inputs(*entries("S01")), survey(("S01", "I", 80.0)), survey(*both_nodes("S01", 60.0, 10.0))
    sheet = unit_sheet(book, (A,), rows, now, carried=before).set_index("criterion_code")
    assert (sheet.loc["2.1", "points"], sheet.loc["2.2", "points"]) == (D("4.20"), D("2.40"))
    assert sheet.loc["2.1", "override_reason"] == "absent_survey_carry"
    assert pd.isna(sheet.loc["2.2", "override_reason"])
    for carried in (None, survey(("S01", "I", 80.0))):
        found = faults_of("parindex.missing_inputs", book, (A,), rows, now, carried=carried)
        assert [(fault.rule, fault.column) for fault in found] == [("parindex.nothing_to_carry", "2.1")]


def test_a_survey_leaf_may_be_stated_not_applicable(small: Rulebook) -> None:
    none = {"leaf_status": "not_applicable"}
    rows = [*entries("S01"), *entries("S02"), ("S01", "2.1", none), ("S02", "2.2", none)]
    sheet = unit_sheet(small, (A, B), inputs(*rows), survey(*both_nodes("S01"), *both_nodes("S02")))
    first, second = points_of(sheet, "S01"), points_of(sheet, "S02")
    assert (first["2.1"], first["2.2"], first["2"]) == (None, D("2.40"), D("2.40"))
    assert (second["2.1"], second["2.2"], second["2"]) == (D("5.89"), None, D("5.89"))


def test_survey_columns_are_needed(small: Rulebook) -> None:
    with pytest.raises(DataError, match=r"parindex\.survey_columns"):
        unit_sheet(small, (A,), inputs(*entries("S01")), survey(*both_nodes("S01")).drop(columns="definition_id"))


# --- errors of the survey part --------------------------------------------------------------------------------------


def test_standard_error_needs_the_covariance_inside_one_sample(small: Rulebook) -> None:
    rows = [*entries("S01"), *entries("S02"), ("S02", "2.2", {"leaf_status": "not_applicable"})]
    sheet = unit_sheet(small, (A, B), inputs(*rows), survey(*both_nodes("S01"), *both_nodes("S02")))
    alone = par_index(sheet, small).set_index("unit_id")["std_error"]
    assert np.isnan(alone["S01"])  # two leaves of one sample
    assert alone["S02"] == pytest.approx(100 * 0.14 / 17)  # one leaf: 7 x 2/100 points of 17
    given_se = pd.DataFrame({"unit_id": ["S02", "S01"], "std_error": [0.3, 0.25]})
    stated = par_index(sheet, small, survey_se=given_se).set_index("unit_id")["std_error"]
    assert stated.to_dict() == pytest.approx({"S01": 100 * 0.25 / 20, "S02": 100 * 0.3 / 17})


def test_errors_of_different_samples_add_in_squares(small: Rulebook) -> None:
    leaf = small.criterion("2.2")
    assert leaf.link is not None
    other = leaf.model_copy(update={"link": leaf.link.model_copy(update={"index_id": "ddci"})})
    book = small.model_copy(update={"criteria": tuple(other if c.code == "2.2" else c for c in small.criteria)})
    values = pd.concat([survey(("S01", "SIPAS", 84.0)), survey(("S01", "I", 80.0)).assign(index_id="ddci")])
    [row] = par_index(unit_sheet(book, (A,), inputs(*entries("S01")), values), book).to_dict("records")
    assert row["std_error"] == pytest.approx(5 * (0.14**2 + 0.06**2) ** 0.5)


# --- sheets that do not fit -----------------------------------------------------------------------------------------


def test_a_sheet_of_another_rulebook_is_refused(small: Rulebook) -> None:
    sheet = unit_sheet(small, (A,), inputs(*entries("S01")), survey(*both_nodes("S01")))
    with pytest.raises(DataError, match=r"parindex\.other_rulebook"):
        par_index(sheet, small.model_copy(update={"id": "made-up-gia-dinh/2026-xa"}))


@pytest.mark.parametrize("code", ["2", "P1"])
def test_a_sheet_without_an_area_or_penalty_is_refused(small: Rulebook, code: str) -> None:
    sheet = unit_sheet(small, (A,), inputs(*entries("S01")), survey(*both_nodes("S01")))
    with pytest.raises(FaultsFound) as caught:
        par_index(sheet[sheet["criterion_code"] != code], small)
    assert [(f.rule, f.sheet, f.column) for f in caught.value.faults] == [("parindex.no_row", "S01", code)]


# --- properties -----------------------------------------------------------------------------------------------------


@pytest.mark.full
@given(
    numerator=st.integers(0, 60),
    value=st.decimals(0, 100, places=2),
    overall=st.floats(0, 100),
    gain=st.sampled_from(["1.1", "1.2", "2.1"]),
)
@settings(max_examples=sampled(20, 60))
def test_a_better_answer_never_lowers_the_index(
    small: Rulebook, numerator: int, value: Decimal, overall: float, gain: str
) -> None:
    better_value = min(value + 1, D(100)) if gain == "1.2" else value
    better_overall = min(overall + 1, 100.0) if gain == "2.1" else overall
    results = []
    for top, number, pct in (
        (numerator, value, overall),
        (numerator + (gain == "1.1"), better_value, better_overall),
    ):
        rows = entries("S01", _1_1={"numerator": str(top), "denominator": "40"}, _1_2={"value": str(number)})
        sheet = unit_sheet(small, (A,), inputs(*rows), survey(*both_nodes("S01", pct)))
        [row] = par_index(sheet, small).to_dict("records")
        assert row["points"] <= row["applicable_max"]
        results.append(row["index_pct"])
    assert results[0] <= results[1]
