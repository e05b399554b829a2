"""Ten tasks of a survey statistician, written from the help texts of `sampling` alone, each checked by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from errors import DesignError
from sampling import (
    Design,
    Target,
    allocate,
    allocate_for_precision,
    bootstrap,
    calibrate,
    calibration_from,
    calibration_table,
    combine,
    difference,
    draw,
    jackknife,
    margin_of_error,
    mean,
    proportion_size,
    quantile,
    rake,
    ratio,
    replicate,
    round_differences,
    share,
    total,
    yamane,
)

SEED = "0123456789abcdef" * 4


@pytest.fixture(scope="module")
def population() -> pd.DataFrame:
    """1,000 made-up dossiers of four communes."""
    rng = np.random.default_rng(8)
    commune = np.repeat(["north", "south", "east", "west"], [100, 200, 300, 400])
    data = pd.DataFrame({"frame_unit_id": [f"d{number:04d}" for number in range(1000)], "stratum_id": commune})
    data = data.assign(psu_id=data["frame_unit_id"], sex=rng.choice(["f", "m"], 1000), pages=rng.integers(1, 40, 1000))
    days = rng.gamma(3, 4, 1000).round(1)
    return data.assign(wait_days=days, on_time=(days <= 15).astype(int), visits=rng.integers(1, 4, 1000))


@pytest.fixture(scope="module")
def survey(population: pd.DataFrame) -> Design:
    """Task 1 and 2: spread 200 cases over the communes, draw them, describe what came back."""
    strata = population.groupby("stratum_id").size().rename("pop_size").reset_index()
    allocation = allocate(strata, 200, "sqrt", min_size=20)
    drawn = draw(population[["frame_unit_id", "stratum_id", "psu_id"]], allocation, SEED)
    answers = drawn[["frame_unit_id", "design_weight"]].merge(population, on="frame_unit_id")
    answers = answers.merge(strata, on="stratum_id")
    return Design(answers, weight="design_weight", stratum="stratum_id", pop_size="pop_size")


def test_how_many_forms() -> None:
    assert yamane(1000, 0.05) == 286
    n = proportion_size(1000, 0.05)
    assert margin_of_error(n, 1000) == pytest.approx(0.05)


def test_a_stratified_sample_gives_back_its_population(survey: Design) -> None:
    sizes = survey.data.groupby("stratum_id").size()
    assert sizes.sum() == 200 and sizes.min() >= 20
    assert survey.weights.sum() == pytest.approx(1000)


def test_means_and_shares_by_commune(survey: Design) -> None:
    table = share(survey, "on_time", by="stratum_id").set_index("domain")
    for name, rows in survey.data.groupby("stratum_id"):
        p, n, size = rows["on_time"].mean(), len(rows), rows["pop_size"].iloc[0]
        assert table.at[name, "estimate"] == pytest.approx(p)
        assert table.at[name, "std_error"] == pytest.approx(np.sqrt((1 - n / size) * p * (1 - p) / (n - 1)))
    assert (table["ci_low"] < table["estimate"]).all() and (table["estimate"] < table["ci_high"]).all()
    whole = mean(survey, ["wait_days", "visits"])
    assert whole["variable"].tolist() == ["visits", "wait_days"]


def test_raking_to_known_counts(survey: Design, population: pd.DataFrame) -> None:
    counts = {name: population[name].value_counts() for name in ("sex", "stratum_id")}
    raked = rake(survey, counts)
    reached = total(replace(raked, data=raked.data.assign(one=1.0)), "one", by="sex").set_index("domain")
    assert reached["estimate"].to_dict() == pytest.approx(counts["sex"].to_dict())
    assert (reached["std_error"] < 1e-7 * reached["estimate"]).all()  # a known total has no error
    kept = calibration_from(calibration_table(raked), raked.id)
    again = Design(
        raked.weighted_data(), "final_weight", "stratum_id", pop_size="pop_size", id=raked.id, adjustments=kept
    )
    assert mean(again, "wait_days").equals(mean(raked, "wait_days"))


def test_calibration_to_a_sum_lowers_the_error_of_what_goes_with_it(survey: Design, population: pd.DataFrame) -> None:
    data = survey.data.assign(effort=survey.data["pages"] + survey.data["visits"])
    design = replace(survey, data=data)
    better = calibrate(
        design, {"pages": population["pages"].sum(), "stratum_id": population["stratum_id"].value_counts()}
    )
    errors = [total(one, "effort")["std_error"].item() for one in (design, better)]
    assert errors[1] < errors[0] / 5


def test_the_difference_of_two_communes(survey: Design) -> None:
    table = difference(survey, "wait_days", "stratum_id", [("north", "south")])
    means = mean(survey, "wait_days", by="stratum_id").set_index("domain")
    gap = means.at["north", "estimate"] - means.at["south", "estimate"]
    assert table["domain"].item() == "north - south"
    assert table["estimate"].item() == pytest.approx(gap)
    assert table["std_error"].item() == pytest.approx(np.hypot(*means.loc[["north", "south"], "std_error"]))
    assert round_differences(means.reset_index(), means.reset_index())["estimate"].tolist() == [0.0] * 4


def test_a_median_and_a_ratio(survey: Design) -> None:
    data = survey.data.sort_values("wait_days")
    weights = data["design_weight"].cumsum() / data["design_weight"].sum()
    middle = quantile(survey, "wait_days", [0.5])
    assert middle["estimate"].item() == data["wait_days"][weights >= 0.5].iloc[0]
    assert middle["ci_low"].item() < middle["estimate"].item() < middle["ci_high"].item()
    rate = ratio(survey, "wait_days", "visits")["estimate"].item()
    means = mean(survey, ["wait_days", "visits"]).set_index("variable")["estimate"]
    assert rate == pytest.approx(means["wait_days"] / means["visits"])


def test_an_index_of_two_items(survey: Design) -> None:
    data = survey.data.assign(few_visits=(survey.data["visits"] == 1).astype(int))
    design = replace(survey, data=data)
    table = combine(design, {"index": {"on_time": 0.6, "few_visits": 0.4}}, by="sex", bounds=(0, 1))
    own = mean(replace(design, data=data.assign(i=0.6 * data["on_time"] + 0.4 * data["few_visits"])), "i", by="sex")
    np.testing.assert_allclose(table[["estimate", "std_error"]], own[["estimate", "std_error"]])
    assert table["ci_low"].min() > 0 and table["ci_high"].max() < 1


def test_a_sample_with_probabilities_proportional_to_size(population: pd.DataFrame) -> None:
    frame = population[["frame_unit_id", "psu_id", "pages"]].assign(stratum_id="all")
    allocation = allocate(pd.DataFrame({"stratum_id": ["all"], "pop_size": [1000]}), 50, "proportional")
    drawn = draw(frame, allocation, SEED, method="pps", size="pages").merge(population, on="frame_unit_id")
    assert drawn["inclusion_prob"].to_numpy() == pytest.approx(50 * drawn["pages"] / population["pages"].sum())
    design = Design(drawn, weight="design_weight", inclusion_prob="inclusion_prob")
    assert total(design, "pages")["estimate"].item() == pytest.approx(population["pages"].sum())


def test_the_cheapest_sample_that_is_precise_enough(population: pd.DataFrame) -> None:
    strata = population.groupby("stratum_id").agg(pop_size=("sex", "size"), std_dev_wait_days=("wait_days", "std"))
    plan = allocate_for_precision(strata.reset_index(), [Target("wait_days", limit=1.0)])
    sizes = plan.allocation.set_index("stratum_id")["sample_size"]
    weight, n = strata["pop_size"] / 1000, sizes.reindex(strata.index)
    variance = (weight**2 * strata["std_dev_wait_days"] ** 2 * (1 / n - 1 / strata["pop_size"])).sum()
    assert 0.95 < 1.959964 * np.sqrt(variance) <= 1.0


def test_replicates(survey: Design, population: pd.DataFrame) -> None:
    design = rake(replace(survey, psu="psu_id"), {"sex": population["sex"].value_counts()})
    linear = mean(design, "wait_days", by="sex")["std_error"].to_numpy()
    for replication, tolerance in ((bootstrap(design, 400, SEED), 0.15), (jackknife(design), 0.05)):
        table = replicate(replication, "wait_days", by="sex").table()
        np.testing.assert_allclose(table["std_error"], linear, rtol=tolerance)


def test_a_table_that_is_edited_in_place_changes_no_design() -> None:
    rows = pd.DataFrame({"id": range(6), "w": [1.0, 2, 3, 4, 5, 6], "x": list("aabbab"), "y": [1.0, 0, 3, 2, 5, 1]})
    raked = rake(Design(rows, weight="w", id="id"), {"x": {"a": 10, "b": 20}})
    before = mean(raked, "y", by="x")
    rows.loc[:, "y"] = rows["y"].to_numpy()[::-1].copy()
    handed_out = raked.data
    handed_out["y"] = 0.0
    rows.pop("x")
    pd.testing.assert_frame_equal(mean(raked, "y", by="x"), before)


@pytest.mark.parametrize(
    "spoil", ["a line lost", "a margin lost", "the last margin lost", "lines doubled", "a total changed"]
)
def test_a_calibration_table_that_is_not_whole_is_refused(spoil: str) -> None:
    rows = pd.DataFrame({"id": range(6), "w": [1.0, 2, 3, 4, 5, 6], "x": list("aabbab"), "s": list("fmfmfm")})
    raked = rake(Design(rows, weight="w", id="id"), {"x": {"a": 10, "b": 20}, "s": {"f": 14, "m": 16}})
    table = calibration_table(raked)
    spoiled = {
        "a line lost": table.drop(index=table.index[1]),
        "a margin lost": table[table["column_no"] > 2],
        "the last margin lost": table[table["column_no"] <= 2],
        "lines doubled": pd.concat([table, table]),
        "a total changed": table.assign(target=table["target"] * 2),
    }[spoil]
    rule = "design.adjusted_lines" if spoil == "a total changed" else "design.adjusted_count"
    with pytest.raises(DesignError) as caught:
        calibration_from(spoiled, id="id")
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("spoil", "rule", "told"),
    [
        (lambda t: t[t["step_no"] == 2], "design.adjusted_steps", "steps number 2; it was written with 2"),
        (lambda t: t[t["step_no"] == 1], "design.adjusted_steps", "steps number 1; it was written with 2"),
        (lambda t: t[t["step_no"] == 2].drop(columns="n_steps"), "design.adjusted_steps", "steps number 2\n"),
        (lambda t: t.assign(step_no="first"), "design.adjusted_steps", "steps number first"),
        (lambda t: t.assign(n_steps=np.nan), "design.adjusted_steps", "steps number 1, 2\n"),
        (lambda t: t.assign(n_lines=np.nan), "design.adjusted_count", r"12 lines; how many .*\(n_lines\) is empty"),
        (lambda t: t.assign(n_lines="many"), "design.adjusted_count", "12 lines; it was written with many"),
        (lambda t: t.assign(n_lines=7.0), "design.adjusted_count", "12 lines; it was written with 7\n"),
    ],
)
def test_a_calibration_table_without_a_step_or_without_its_counts_is_refused(spoil, rule: str, told: str) -> None:
    rows = pd.DataFrame({"id": range(6), "w": [1.0, 2, 3, 4, 5, 6], "x": list("aabbab"), "s": list("fmfmfm")})
    raked = rake(Design(rows, weight="w", id="id"), {"x": {"a": 10, "b": 20}, "s": {"f": 14, "m": 16}})
    table = calibration_table(rake(raked, {"x": {"a": 12, "b": 18}}))
    assert [step.name for step in calibration_from(table.astype({"step_no": "str"}), id="id")] == ["rake", "rake_2"]
    with pytest.raises(DesignError, match=told) as caught:
        calibration_from(spoil(table), id="id")
    assert caught.value.rule == rule


def test_a_step_with_margins_only_approached_leaves_no_gap_in_the_table() -> None:
    rows = pd.DataFrame({"id": range(6), "w": [1.0, 2, 3, 4, 5, 6], "x": list("aabbab"), "s": list("fmfmfm")})
    near = calibrate(Design(rows, weight="w", id="id"), {"x": {"a": 10, "b": 20}}, penalties={"x": 2.0})
    table = calibration_table(rake(near, {"s": {"f": 14, "m": 16}}))
    assert set(table["step_no"]) == {1} and [step.name for step in calibration_from(table, id="id")] == ["rake"]
