"""Adjusted weights stay with their rows and their steps, whatever happens to the table: sorted, merged, saved, cut."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from errors import DesignError, WeightError
from errors.messages import load_messages
from errors.templates import data_folder
from sampling import (
    Design,
    adjust_nonresponse,
    calibrate,
    calibration_from,
    calibration_table,
    mean,
    poststratify,
    rake,
    share,
    trim,
)

SMALL = Path(__file__).parents[1] / "reference" / "sipas_small" / "sipas_small.csv"
PLAN = {"stratum": "stratum", "psu": "psu", "pop_size": "n_psu_pop", "lonely_psu": "certainty"}
MARGINS = {"sex": {"1": 62000, "2": 61000}, "age": {"1": 30000, "2": 31000, "3": 32000, "4": 30000}}


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    data = pd.read_csv(SMALL, dtype={"sex": str, "age": str})
    data = data.assign(top=np.where(data["q2"].isna(), np.nan, (data["q2"] >= 4).astype(float)))
    return data.assign(form=[f"F{number:05d}" for number in range(len(data))])


@pytest.fixture(scope="module")
def raked(rows: pd.DataFrame) -> Design:
    return rake(Design(rows, "w", **PLAN), {name: MARGINS[name] for name in ("sex",)} | {"age": ages(rows)})


def ages(rows: pd.DataFrame) -> pd.Series:
    counts = rows.groupby("age")["w"].sum()
    return counts / counts.sum() * 123000


def errors(design: Design) -> pd.DataFrame:
    return share(design, "top", by="unit")[["domain", "estimate", "std_error"]]


def test_sorted_rows_and_new_columns_keep_weights_and_errors(raked: Design) -> None:
    usual = errors(raked)
    for changed in (
        raked.data.sample(frac=1, random_state=1),
        raked.data.sort_values(["top", "w"]).reset_index(drop=True),
        raked.data.merge(pd.DataFrame({"unit": raked.data["unit"].unique(), "more": 1.0}), on="unit", how="right"),
    ):
        moved = replace(raked, data=changed)
        pd.testing.assert_frame_equal(errors(moved), usual, check_exact=True)
        weight = dict(zip(raked.data["row_id"], raked.weights, strict=True))
        assert moved.weights.tolist() == [weight[one] for one in changed["row_id"]]


def test_the_final_weights_are_no_column_that_could_be_used_without_their_steps(raked: Design) -> None:
    assert not any(np.allclose(raked.data[name], raked.weights) for name in raked.data.select_dtypes("number"))
    plain = Design(raked.data, raked.weight, **PLAN)
    assert plain.weights.tolist() == raked.data["w"].tolist()


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda data: data.head(100), "design.adjusted_rows"),
        (lambda data: data[data["unit"] == data["unit"].iloc[0]], "design.adjusted_rows"),
        (lambda data: data.drop(columns="row_id"), "design.id"),
        (lambda data: data.assign(row_id=data["row_id"].where(data["row_id"] > 3)), "design.id"),
        (lambda data: data.assign(row_id=data["row_id"] + 1), "design.adjusted_rows"),
        (lambda data: pd.concat([data, data.head(1)]), "design.id_repeated"),
        (lambda data: data.assign(row_id=data["row_id"].to_numpy()[::-1]), "design.adjusted"),
        (lambda data: data.assign(w=data["w"] ** 2), "design.adjusted"),
        (lambda data: data.rename(columns={"w": "weight"}), "design.column"),
    ],
)
def test_rows_lost_ids_lost_and_other_weights_are_refused(raked: Design, change, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        replace(raked, data=change(raked.data))
    assert caught.value.rule == rule


@pytest.mark.parametrize("id", [None, "form", ["unit", "form"]], ids=str)
def test_a_design_comes_back_from_files_in_any_order(rows: pd.DataFrame, id) -> None:
    capped = trim(Design(rows, "w", **PLAN, id=id), "times_median", 3)
    design = calibrate(poststratify(capped, {"sex": MARGINS["sex"]}), {"age": ages(rows)}, method="raking")
    data, table = design.weighted_data(), calibration_table(design)
    texts = {"sex": str, "age": str, "category": str}
    back = [
        pd.read_csv(io.StringIO(one.sample(frac=1, random_state=2).to_csv(index=False)), dtype=texts)
        for one in (data, table)
    ]
    steps = calibration_from(back[1], design.id)
    again = Design(back[0], "final_weight", **PLAN, id=design.id, adjustments=steps)
    pd.testing.assert_frame_equal(errors(again), errors(design), rtol=1e-12)
    assert [one.name for one in again.calibration] == ["poststratify", "calibrate"]
    for now, before in zip(again.calibration, design.calibration, strict=True):
        mine = now.for_rows(before.row_id)
        np.testing.assert_allclose(mine.refit.upper, before.refit.upper, rtol=1e-12)
        assert (mine.x != before.x).nnz == 0 and mine.refit.labels == before.refit.labels
        assert (mine.refit.method, list(mine.refit.target)) == (before.refit.method, list(before.refit.target))


@pytest.mark.parametrize("name", ["final_weight", "renamed"])
def test_weights_from_a_file_without_their_steps_are_refused_whatever_their_name(raked: Design, name: str) -> None:
    data = raked.weighted_data().rename(columns={"final_weight": name})
    with pytest.raises(DesignError) as caught:
        Design(data, name, **PLAN)
    assert caught.value.rule == "design.calibration_missing"
    assert Design(data.assign(one=1.0), "one", **PLAN).weights.sum() == len(data)
    assert Design(data, "weight_before", **PLAN).weights.tolist() == raked.data["w"].tolist()


def test_a_table_without_a_column_is_refused(raked: Design) -> None:
    with pytest.raises(DesignError) as caught:
        calibration_from(calibration_table(raked).drop(columns="value"))
    assert (caught.value.rule, caught.value.got) == ("design.adjusted_table", "value")
    assert load_messages(data_folder() / "messages").render(caught.value).startswith("Bảng hiệu chỉnh thiếu cột: value")
    assert calibration_from(calibration_table(Design(raked.data, "w"))) == ()


def test_margins_as_dict_series_and_table_are_the_same(rows: pd.DataFrame) -> None:
    sex = pd.Series(MARGINS["sex"])
    table = pd.DataFrame({"margin": "sex", "category": sex.index, "total": sex.to_numpy()})
    weights = [poststratify(Design(rows, "w"), one).weights for one in ({"sex": MARGINS["sex"]}, {"sex": sex}, table)]
    assert weights[0].tolist() == weights[1].tolist() == weights[2].tolist()
    numbers = poststratify(Design(rows.astype({"sex": int}), "w"), {"sex": {1: 62000, 2: 61000}})
    assert numbers.weights.tolist() == weights[0].tolist()


def test_steps_in_an_order_that_makes_no_sense_are_refused(rows: pd.DataFrame, raked: Design) -> None:
    for work in (
        lambda: trim(raked, "times_median", 2),
        lambda: adjust_nonresponse(replace(raked, data=raked.data.assign(case_status="respondent")), "unit"),
    ):
        with pytest.raises(WeightError) as caught:
            work()
        assert caught.value.rule == "weights.order"


def test_steps_of_one_kind_have_names_of_their_own_and_nonresponse_comes_first(rows: pd.DataFrame) -> None:
    data = rows.assign(case_status=np.where(rows["q1"].isna(), "nonrespondent", "respondent"), kind="all")
    design = adjust_nonresponse(Design(data, "w", id="form"), "kind")
    assert design.weights.sum() == pytest.approx(rows["w"].sum())
    twice = rake(rake(design, {"sex": MARGINS["sex"]}), {"sex": {"1": 63000, "2": 60000}})
    assert [one.name for one in twice.adjustments] == ["nonresponse", "rake", "rake_2"]
    assert twice.weights.sum() == pytest.approx(123000)
    assert mean(twice, "top")["estimate"].item() == pytest.approx(
        mean(rake(Design(design.data.assign(w=design.weights), "w"), {"sex": {"1": 63000, "2": 60000}}), "top")[
            "estimate"
        ].item()
    )
