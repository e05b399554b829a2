"""Raking and post-stratification against R (tests/reference/calibration), identities, impossible margins."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from calibrating import fitted
from hypothesis import given, settings
from hypothesis import strategies as st
from margin_tables import control_totals

from errors import DesignError, WeightError
from sampling.design import Design
from sampling.estimation import share, total
from sampling.weighting import poststratify, rake
from sampling.weighting.auxiliary import auxiliary
from sampling.weighting.calibration import Rules
from sampling.weighting.raking import rake_to

REFERENCE = Path(__file__).parents[2] / "reference"


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


PLAN = {"stratum": "stratum", "psu": "psu", "pop_size": "n_psu_pop", "lonely_psu": "certainty"}


def test_raked_weights_and_residual_errors_agree_with_calibrate_of_R(
    rows: pd.DataFrame, expected: pd.DataFrame
) -> None:
    design = rake(Design(rows, "w", **PLAN), margins_of(expected, "sex", "age"))
    first = expected.query("kind == 'raked_weight_first_row'")["estimate"].item()
    assert design.weights[0] == pytest.approx(first, rel=1e-8)
    whole = expected.query("kind == 'raked_all'").iloc[0]
    table = share(design, "top").iloc[0]
    assert table["estimate"] == pytest.approx(whole["estimate"], rel=1e-8)
    assert table["std_error"] == pytest.approx(whole["std_error"], rel=1e-8)
    by_unit = expected.query("kind == 'raked_unit'").set_index("key")
    table = share(design, "top", by="unit").set_index("domain").loc[by_unit.index]
    assert table["estimate"].to_numpy() == pytest.approx(by_unit["estimate"].to_numpy(), rel=1e-8)
    assert table["std_error"].to_numpy() == pytest.approx(by_unit["std_error"].to_numpy(), rel=1e-8)


def test_one_margin_raking_is_poststratification_as_in_R(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    design = poststratify(Design(rows, "w", **PLAN), margins_of(expected, "sex"))
    cell = rows.groupby("sex")["w"].sum()
    goal = margins_of(expected, "sex").set_index("category")["total"]
    assert design.weights / rows["w"].to_numpy() == pytest.approx((goal / cell)[rows["sex"]].to_numpy(), rel=1e-13)
    whole = expected.query("kind == 'poststratified_all'").iloc[0]
    row = share(design, "top").iloc[0]
    assert [row["estimate"], row["std_error"]] == pytest.approx([whole["estimate"], whole["std_error"]], rel=1e-10)


def test_calibrated_totals_have_no_error(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    data = rows.assign(one=1.0, man=(rows["sex"] == "1").astype(float))
    table = total(rake(Design(data, "w", **PLAN), margins_of(expected, "sex", "age")), ["one", "man"])
    assert table.set_index("variable")["estimate"]["man"] == pytest.approx(
        margins_of(expected, "sex").set_index("category")["total"]["1"], rel=1e-9
    )
    assert (table["std_error"] / table["estimate"]).max() < 1e-6


@pytest.mark.parametrize(
    ("margins", "rule"),
    [
        ({"g": {"a": 10.0, "b": 10.0}, "h": {"x": 15.0, "y": 6.0}}, "weights.margins_disagree"),
        ({"g": {"a": 10.0, "b": 10.0, "c": 5.0}}, "weights.empty_cell"),
        ({"g": {"a": 20.0}}, "weights.margin_category"),
        ({"g": {"a": 20.0, "b": float("nan")}}, "weights.bad_total"),
        ({"g": {"a": 20.0, "b": 0.0}}, "weights.zero_total"),
        ({"w": {"": 20.0}}, "weights.category"),
        ({"g": {"a": 15.0, "b": 5.0}, "h": {"x": 5.0, "y": 15.0}}, "weights.contradiction"),
    ],
)
def test_margins_that_cannot_be_met_are_named(margins: dict[str, dict[str, float]], rule: str) -> None:
    rows = pd.DataFrame({"g": list("aabb"), "h": list("xxyy"), "w": 1.0})
    with pytest.raises(WeightError) as caught:
        fitted(rake, rows, "w", control_totals(margins))
    assert caught.value.rule == rule


def test_calibrated_weights_without_their_steps_are_refused() -> None:
    data = pd.DataFrame({"y": [1.0, 0.0], "final_weight": [1.1, 0.9], "calibration_factor": [1.1, 0.9]})
    with pytest.raises(DesignError) as caught:
        Design(data, weight="final_weight")
    assert caught.value.rule == "design.calibration_missing"


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.floats(0.5, 20)), min_size=25, max_size=80))
def test_raking_meets_its_margins_whatever_the_weights(people: list[tuple[str, str, float]]) -> None:
    rows = pd.DataFrame([*people, *[(g, h, 1.0) for g in "ab" for h in "xyz"]], columns=["g", "h", "w"])
    goal = {"g": {"a": 60.0, "b": 40.0}, "h": {"x": 20.0, "y": 30.0, "z": 50.0}}
    weights = rows["w"] * fitted(rake, rows, "w", control_totals(goal)).factor
    for margin, totals in goal.items():
        assert weights.groupby(rows[margin]).sum().to_dict() == pytest.approx(totals, rel=2e-9)


def test_totals_by_partition_are_rakings_of_each(rows: pd.DataFrame) -> None:
    data = rows.assign(half=np.where(rows["unit"] % 2 == 0, "even", "odd"))
    parts = []
    for name, own in data.groupby("half"):
        goal = {m: (own.groupby(m)["w"].sum() * [1.1, 0.95, 1.0, 1.02][: own[m].nunique()]) for m in ("sex", "age")}
        scaled = {m: (one / one.sum() * 61000).to_dict() for m, one in goal.items()}
        parts.append(control_totals(scaled, str(name)))
    both = fitted(rake, data, "w", pd.concat(parts, ignore_index=True), partition="half")
    for part in parts:
        here = (data["half"] == part["partition"].iloc[0]).to_numpy()
        alone = fitted(rake, data[here], "w", part.assign(partition=""))
        assert both.factor[here] == pytest.approx(alone.factor, rel=1e-9)


def test_slow_fitting_is_finished_by_steps_of_newton() -> None:
    # two almost separate groups of cells: each round of fitting closes the gap by about 4e-4 only
    rows = pd.DataFrame({"g": list("aabb"), "h": list("xyxy"), "w": [1.0, 1e-4, 1e-4, 1.0]})
    goal = auxiliary(rows, control_totals({"g": {"a": 10, "b": 12}, "h": {"x": 12, "y": 10}}))
    done = rake_to(goal, rows["w"].to_numpy(), Rules(max_iterations=50))
    assert done.margins["after"].to_numpy() == pytest.approx(done.margins["target"].to_numpy(), rel=1e-9)
    assert done.iterations > 50


def test_crossings_and_rows_give_the_same_factors(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    goal = margins_of(expected, "sex", "age")
    many = fitted(rake, rows, "w", goal)
    few = rows.drop_duplicates(["sex", "age", "unit"]).head(30).reset_index(drop=True)  # more crossings than rows/4
    own = control_totals({m: (few.groupby(m)["w"].sum() * 1.1).to_dict() for m in ("sex", "age")})
    assert fitted(rake, few, "w", own).factor == pytest.approx(1.1)
    assert len(np.unique(np.round(many.factor, 12))) <= 8


def test_whole_numbers_and_categories_of_pandas_match_their_text(rows: pd.DataFrame, expected: pd.DataFrame) -> None:
    goal = margins_of(expected, "sex", "age")
    usual = fitted(rake, rows, "w", goal).factor
    assert fitted(rake, rows.astype({"sex": int, "age": "int8"}), "w", goal).factor == pytest.approx(usual, rel=1e-14)
    assert fitted(rake, rows.astype({"sex": "category", "age": "category"}), "w", goal).factor == pytest.approx(
        usual, rel=1e-14
    )
