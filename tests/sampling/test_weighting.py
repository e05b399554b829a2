"""Weights: raking and post-stratification against R (tests/reference/calibration), classes, identities."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sampling.design import Design
from sampling.errors import DesignError, WeightError
from sampling.estimation import estimate
from sampling.weighting import adjust_nonresponse, poststratify, rake, weight_summary

REFERENCE = Path(__file__).parents[1] / "reference"


def control_totals(margins: dict[str, dict[str, float]]) -> pd.DataFrame:
    rows = [(m, c, "", t, "test") for m, categories in margins.items() for c, t in categories.items()]
    return pd.DataFrame(rows, columns=["margin", "category", "partition", "total", "source"])


@pytest.fixture(scope="module")
def expected() -> pd.DataFrame:
    return pd.read_csv(
        REFERENCE / "calibration" / "calibration.csv", comment="#", dtype={"key": str}, skipinitialspace=True
    )


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    data = pd.read_csv(REFERENCE / "sipas_small" / "sipas_small.csv", dtype={"sex": str, "age": str})
    return data.assign(top=np.where(data["q2"].isna(), np.nan, (data["q2"] >= 4).astype(float)))


def margins_of(expected: pd.DataFrame, *names: str) -> pd.DataFrame:
    parts = {n: expected[expected["kind"] == f"margin_{n}"].set_index("key")["estimate"].to_dict() for n in names}
    return control_totals(parts)


def test_raked_weights_and_residual_errors_agree_with_calibrate_of_R(
    rows: pd.DataFrame, expected: pd.DataFrame
) -> None:
    raked = rake(rows, "w", margins_of(expected, "sex", "age"))
    data = rows.assign(raked=rows["w"] * raked.factor)
    first = expected.query("kind == 'raked_weight_first_row'")["estimate"].item()
    assert data["raked"].iloc[0] == pytest.approx(first, rel=1e-8)
    design = Design(
        data,
        weight="raked",
        stratum="stratum",
        psu="psu",
        pop_size="n_psu_pop",
        calibration=(raked.step,),
        lonely_psu="certainty",
    )
    whole = expected.query("kind == 'raked_all'").iloc[0]
    table = estimate(design, ["top"], "share").iloc[0]
    assert table["estimate"] == pytest.approx(whole["estimate"], rel=1e-8)
    assert table["std_error"] == pytest.approx(whole["std_error"], rel=1e-8)
    by_unit = expected.query("kind == 'raked_unit'").set_index("key")
    table = estimate(design, ["top"], "share", by="unit").set_index("domain").loc[by_unit.index]
    assert table["estimate"].to_numpy() == pytest.approx(by_unit["estimate"].to_numpy(), rel=1e-8)
    assert table["std_error"].to_numpy() == pytest.approx(by_unit["std_error"].to_numpy(), rel=1e-8)


def test_one_margin_raking_is_poststratification_as_in_R(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    done = poststratify(rows, "w", margins_of(expected, "sex"))
    cell = rows.groupby("sex")["w"].sum()
    goal = margins_of(expected, "sex").set_index("category")["total"]
    assert done.factor == pytest.approx((goal / cell)[rows["sex"]].to_numpy(), rel=1e-13)
    data = rows.assign(p=rows["w"] * done.factor)
    design = Design(
        data,
        weight="p",
        stratum="stratum",
        psu="psu",
        pop_size="n_psu_pop",
        calibration=(done.step,),
        lonely_psu="certainty",
    )
    whole = expected.query("kind == 'poststratified_all'").iloc[0]
    row = estimate(design, ["top"], "share").iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx([whole["estimate"], whole["std_error"]], rel=1e-10)


def test_calibrated_totals_have_no_error(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    raked = rake(rows, "w", margins_of(expected, "sex", "age"))
    data = rows.assign(raked=rows["w"] * raked.factor, one=1.0, man=(rows["sex"] == "1").astype(float))
    design = Design(
        data,
        weight="raked",
        stratum="stratum",
        psu="psu",
        pop_size="n_psu_pop",
        calibration=(raked.step,),
        lonely_psu="certainty",
    )
    table = estimate(design, ["one", "man"], "total")
    assert table.set_index("variable")["estimate"]["man"] == pytest.approx(
        margins_of(expected, "sex").set_index("category")["total"]["1"], rel=1e-9
    )
    assert (table["std_error"] / table["estimate"]).max() < 1e-6


def test_twelve_cells_of_kalton_raked() -> None:
    sample = [20, 50, 100, 30, 40, 140, 50, 100, 40, 310, 50, 70]
    population = [80, 60, 170, 55, 40, 150, 60, 165, 55, 340, 200, 125]
    cells = pd.DataFrame({"a": list("1234") * 3, "b": list("111122223333"), "n": sample, "N": population})
    rows = cells.loc[cells.index.repeat(cells["n"])].assign(w=1.0).reset_index(drop=True)
    margins = {m: cells.groupby(m)["N"].sum().astype(float).to_dict() for m in ("a", "b")}
    raked = rake(rows, "w", control_totals(margins))
    factors = pd.Series(raked.factor).groupby([rows["b"], rows["a"]]).first()
    # published to two decimals in the test of R survey (tests/kalton.R)
    assert factors["1"].round(2).tolist() == [1.81, 1.08, 2.20, 1.83]


def test_nonresponse_classes_by_hand() -> None:
    status = ["respondent"] * 3 + ["nonrespondent"] * 3 + ["unknown"] * 2 + ["ineligible"] * 2
    cases = pd.DataFrame({"design_weight": 2.0, "case_status": status, "response_class": "c"})
    done = adjust_nonresponse(cases, ["c"], min_respondents=1)
    # a1 = 20/16; a2 = 6/3; ineligibles keep d a1, unknown get 0
    assert done.eligibility_factor.tolist() == [1.25] * 6 + [0.0, 0.0] + [1.25] * 2
    assert done.nonresponse_factor.tolist() == [2.0] * 3 + [0.0] * 5 + [1.0] * 2


def test_small_classes_join_the_next_in_the_declared_order_and_say_so() -> None:
    counts = {"a": (30, 10), "b": (5, 1), "c": (40, 10)}
    rows = [(c, s) for c, (r, n) in counts.items() for s in ["respondent"] * r + ["nonrespondent"] * n]
    cases = pd.DataFrame(rows, columns=["response_class", "case_status"]).assign(design_weight=1.0)
    done = adjust_nonresponse(cases, ["a", "b", "c"])
    assert done.joined == (("b", "c"),)
    assert set(done.response_class[cases["response_class"] == "b"]) == {"c"}
    assert done.nonresponse_factor.max() == pytest.approx(40 / 30)
    assert done.nonresponse_factor[40] == pytest.approx(56 / 45)
    weight = cases["design_weight"] * done.eligibility_factor * done.nonresponse_factor
    assert weight.sum() == pytest.approx(len(cases))


def test_a_class_with_a_large_factor_joins_too_and_nobody_at_all_is_an_error() -> None:
    cases = pd.DataFrame(
        {
            "design_weight": 1.0,
            "case_status": ["respondent"] * 20 + ["nonrespondent"] * 60 + ["respondent"] * 30,
            "response_class": ["a"] * 80 + ["b"] * 30,
        }
    )
    assert adjust_nonresponse(cases, ["a", "b"]).joined == (("a", "b"),)
    nobody = cases.assign(case_status="nonrespondent")
    with pytest.raises(WeightError) as caught:
        adjust_nonresponse(nobody, ["a", "b"])
    assert caught.value.rule == "weights.no_respondents"


def test_unknown_status_is_an_error_never_a_respondent() -> None:
    cases = pd.DataFrame({"design_weight": [1.0], "case_status": ["valid"], "response_class": ["c"]})
    with pytest.raises(WeightError) as caught:
        adjust_nonresponse(cases, ["c"])
    assert caught.value.rule == "disposition.status"


@pytest.mark.parametrize(
    ("margins", "rule"),
    [
        ({"g": {"a": 10.0, "b": 10.0}, "h": {"x": 15.0, "y": 6.0}}, "weights.margins_disagree"),
        ({"g": {"a": 10.0, "b": 10.0, "c": 5.0}}, "weights.empty_cell"),
        ({"g": {"a": 20.0}}, "weights.margin_category"),
        ({"g": {"a": 20.0, "b": float("nan")}}, "weights.bad_total"),
        ({"g": {"a": 15.0, "b": 5.0}, "h": {"x": 5.0, "y": 15.0}}, "weights.not_converged"),
    ],
)
def test_margins_that_cannot_be_met_are_named(margins: dict[str, dict[str, float]], rule: str) -> None:
    rows = pd.DataFrame({"g": list("aabb"), "h": list("xxyy"), "w": 1.0})
    with pytest.raises(WeightError) as caught:
        rake(rows, "w", control_totals(margins))
    assert caught.value.rule == rule


def test_calibrated_weights_without_their_steps_are_refused() -> None:
    data = pd.DataFrame({"y": [1.0, 0.0], "final_weight": [1.1, 0.9], "calibration_factor": [1.1, 0.9]})
    with pytest.raises(DesignError) as caught:
        Design(data, weight="final_weight")
    assert caught.value.rule == "design.calibration_missing"


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0.5, 20)), min_size=25, max_size=80))
def test_raking_meets_its_margins_whatever_the_weights(people: list[tuple[str, str, float]]) -> None:
    rows = pd.DataFrame([*people, *[(g, h, 1.0) for g in "ab" for h in "xyz"]], columns=["g", "h", "w"])
    goal = {"g": {"a": 60.0, "b": 40.0}, "h": {"x": 20.0, "y": 30.0, "z": 50.0}}
    weights = rows["w"] * rake(rows, "w", control_totals(goal)).factor
    for margin, totals in goal.items():
        assert weights.groupby(rows[margin]).sum().to_dict() == pytest.approx(totals, rel=2e-9)


def test_kish() -> None:
    summary = weight_summary(np.array([1.0, 1, 3, 3]))
    assert summary["kish_deff"] == pytest.approx(1.25)
    assert summary["kish_n"] == pytest.approx(3.2)
