"""Designs that are right or refused, identities of the variance, and what must not change a single byte."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from calibrating import by_hand
from scipy import sparse

from errors import DesignError
from sampling.design import CalibrationStep, Design, collapse_strata
from sampling.estimation import (
    contrast,
    difference_table,
    linear_combinations,
    mean,
    mean_table,
    quantile,
    ratio,
    round_differences,
    share,
    total,
)
from sampling.sums import totals

FOLDER = Path(__file__).parents[1] / "reference" / "designs"
ROWS = pd.read_csv(FOLDER / "two_stage.csv")
OK, PPS = ROWS[ROWS["stratum"] != 4].reset_index(drop=True), ROWS[ROWS["stratum"] <= 2].reset_index(drop=True)
TWO = {"stratum": "stratum", "psu": ["psu", "household"], "pop_size": ["n_psu_pop", "n_hh_pop"]}


def raked_by_hand(data: pd.DataFrame) -> tuple[pd.DataFrame, tuple[CalibrationStep, CalibrationStep]]:
    """Two linear calibrations, one after the other: on domain counts, then on the sum of x and the number of rows."""
    first = sparse.csr_matrix(pd.get_dummies(data["domain"]).to_numpy(dtype=float))
    second = sparse.csr_matrix(np.column_stack([np.ones(len(data)), data["x"]]))
    weight, steps = data["w"].to_numpy(), []
    for name, x in (("first", first), ("second", second)):
        goal = np.asarray(x.T @ weight) * np.linspace(1.05, 0.97, x.shape[1])
        square = np.asarray((x.multiply(weight[:, None])).T @ x.todense())
        after = weight * (1 + x @ np.linalg.solve(square, goal - np.asarray(x.T @ weight)))
        steps.append(by_hand(name, x, weight, after, pd.Series(range(len(data)))))
        weight = after
    return data.assign(g=weight, row=range(len(data))), (steps[0], steps[1])


def variance_by_rows(data: pd.DataFrame, u: np.ndarray, *, with_pi: bool = False) -> float:
    """V of a total of u by loops over strata, PSUs and households: the formulas of the methods page as they stand."""
    total = 0.0
    for _, stratum in data.assign(u=u).groupby("stratum"):
        sums = stratum.groupby("psu")["u"].sum()
        known = stratum.groupby("psu")[["n_psu_pop", "n_hh_pop", "pi", "pi2"]].first()
        if with_pi:
            free = known["pi"] < 1
            q, rest = 1 - known["pi"][free], sums[free]
            total += len(rest) / (len(rest) - 1) * float((q * (rest - rest.mean()) ** 2).sum())
        elif len(sums) > 1:
            f = len(sums) / known["n_psu_pop"].iloc[0]
            total += (1 - f) * len(sums) * float(sums.var())
        for psu, rows in stratum.groupby("psu"):
            inner = rows.groupby("household")["u"].sum()
            m = len(inner)
            upper = known["pi"][psu] if with_pi else len(sums) / known["n_psu_pop"][psu]
            if with_pi:
                q = 1 - rows.groupby("household")["pi2"].first() if m >= 3 else 1.0
                total += upper * m / (m - 1) * float((q * (inner - inner.mean()) ** 2).sum())
            else:
                total += upper * (1 - m / known["n_hh_pop"][psu]) * m * float(inner.var())
    return total


def residuals(data: pd.DataFrame, z: np.ndarray, steps: tuple[CalibrationStep, ...]) -> np.ndarray:
    for step in reversed(steps):
        x = np.asarray(step.x.todense())
        z = z - x @ np.linalg.solve(x.T @ (x * step.weight_before[:, None]), x.T @ (step.weight_before * z))
    return z


@pytest.mark.parametrize("kind", ["counts", "probabilities"])
def test_two_stages_with_two_calibrations_equal_the_row_wise_formula(kind: str) -> None:
    with_pi = kind == "probabilities"
    data, steps = raked_by_hand(PPS if with_pi else OK)
    given = {"inclusion_prob": ["pi", "pi2"]} if with_pi else {"pop_size": ["n_psu_pop", "n_hh_pop"]}
    design = Design(data, "g", "stratum", ["psu", "household"], id="row", adjustments=steps, **given)
    means = mean(design, ["y", "top"], "domain").set_index(["domain", "variable"])
    sums = total(design, ["y"], "domain").set_index("domain")
    w = data["g"].to_numpy()
    for domain in ("a", "b", "c"):
        inside = (data["domain"] == domain).to_numpy()
        variance = variance_by_rows(data, w * residuals(data, data["y"] * inside, steps), with_pi=with_pi)
        assert sums.loc[domain, "std_error"] == pytest.approx(np.sqrt(variance), rel=1e-9)
        for name in ("y", "top"):
            z = inside * (data[name] - means.loc[(domain, name), "estimate"]) / w[inside].sum()
            expected = np.sqrt(variance_by_rows(data, w * residuals(data, z.to_numpy(), steps), with_pi=with_pi))
            assert means.loc[(domain, name), "std_error"] == pytest.approx(expected, rel=1e-9)


def test_many_columns_of_x_give_the_same_errors_as_few(monkeypatch: pytest.MonkeyPatch) -> None:
    data, steps = raked_by_hand(OK)
    design = Design(data, "g", **TWO, id="row", adjustments=steps)
    usual = mean(design, ["y", "top"], "domain")
    monkeypatch.setattr("sampling.estimation.residuals._LARGEST_DENSE", 0)
    other = mean(design, ["y", "top"], "domain")
    np.testing.assert_allclose(other["std_error"], usual["std_error"], rtol=1e-10)


@pytest.mark.parametrize("rule", ["adjust", "average", "certainty"])
def test_lonely_rules_under_calibration_equal_the_row_wise_formula(rule: str) -> None:
    data, steps = raked_by_hand(ROWS)
    design = Design(data, "g", "stratum", "psu", "n_psu_pop", id="row", adjustments=steps, lonely_psu=rule)
    table = mean(design, ["y"], "domain").set_index("domain")
    for domain in ("a", "b", "c"):
        inside = (data["domain"] == domain).to_numpy()
        z = inside * (data["y"] - table.loc[domain, "estimate"]) / data["g"][inside].sum()
        t = (data["g"] * residuals(data, z.to_numpy(), steps)).groupby([data["stratum"], data["psu"]]).sum()
        usual = 0.0
        for stratum, own in t.groupby("stratum"):
            population = data.loc[data["stratum"] == stratum, "n_psu_pop"].iloc[0]
            usual += (1 - len(own) / population) * len(own) * float(own.var()) if len(own) > 1 else 0.0
        lonely = (1 - 1 / 4) * (float(t.loc[4].iloc[0]) - t.mean()) ** 2
        expected = {"adjust": usual + lonely, "average": usual * 5 / 4, "certainty": usual}[rule]
        assert table.loc[domain, "std_error"] == pytest.approx(np.sqrt(expected), rel=1e-9)


def test_a_mean_is_the_ratio_to_its_own_count_and_a_total_to_one() -> None:
    design = Design(OK.assign(one=1.0), "w", **TWO)
    means, ratios = mean(design, "y", "domain"), ratio(design, "y", "one", "domain")
    np.testing.assert_array_equal(means["estimate"], ratios["estimate"])
    np.testing.assert_allclose(means["std_error"], ratios["std_error"], rtol=1e-14)


def test_covariances_make_the_variance_of_a_sum_and_a_shared_unit_is_counted_once() -> None:
    sums = totals(Design(OK, "w", "stratum", "psu", "n_psu_pop"), ["y", "top"], "domain")
    one = contrast(sums, [{("a", "y"): 1.0}, {("b", "y"): 1.0}, {("a", "y"): 1.0, ("b", "y"): -1.0}])
    c = one.covariance
    assert c[2, 2] == pytest.approx(c[0, 0] + c[1, 1] - 2 * c[0, 1], rel=1e-12)
    assert c[0, 1] != 0
    table = mean_table(sums).set_index(["domain", "variable"])
    assert one.std_error[0] == pytest.approx(table.loc[("a", "y"), "std_error"], rel=1e-13)
    whole = contrast(sums, [{("a", "y"): 0.5, ("b", "top"): 0.5}])
    inside = [
        (OK["domain"] == name).to_numpy() * (OK[v] - table.loc[(name, v), "estimate"])
        for name, v in (("a", "y"), ("b", "top"))
    ]
    w = OK["w"]
    z = 0.5 * sum(one / w[OK["domain"] == name].sum() for one, name in zip(inside, "ab", strict=True))
    only_first = OK.assign(n_hh_pop=OK.groupby(["stratum", "psu"])["household"].transform("nunique"))
    assert whole.covariance[0, 0] == pytest.approx(variance_by_rows(only_first, (w * z).to_numpy()), rel=1e-10)
    with pytest.raises(DesignError) as caught:
        contrast(sums, [{("d", "y"): 1.0}])
    assert caught.value.rule == "estimation.no_cell"


def test_raters_as_units_leaf_over_groups_by_hand() -> None:
    # two groups of raters, each rater rates both units; leaf = .6 of group g and .4 of group h
    data = pd.DataFrame(
        {
            "rater": ["g1", "g1", "g2", "g2", "h1", "h1", "h2", "h2", "h3"],
            "group": list("gggghhhhh"),
            "unit": ["u", "v", "u", "v", "u", "v", "u", "v", "u"],
            "y": [1.0, 0.5, 0.0, 0.5, 1.0, 1.0, 0.5, 0.0, 0.0],
            "w": 1.0,
            "N": [4] * 4 + [3] * 5,
        }
    )
    sums = totals(Design(data, "w", "group", "rater", "N"), ["y"], ["unit", "group"])
    assert sums.domains == ("u | g", "u | h", "v | g", "v | h")
    leaf = contrast(sums, [{("u | g", "y"): 0.6, ("u | h", "y"): 0.4}])
    assert leaf.value[0] == pytest.approx(0.6 * 0.5 + 0.4 * 0.5, rel=1e-15)
    # group h is a census of its 3 raters; group g: (1 - 2/4) s^2/2 with s^2 = .5
    assert leaf.covariance[0, 0] == pytest.approx(0.6**2 * 0.5 * 0.5 / 2, rel=1e-14)
    assert leaf.df.tolist() == [1.0]


def test_rounds_add_their_squared_errors() -> None:
    now = mean(Design(OK, "w", "stratum", "psu", "n_psu_pop"), ["y"], "domain")
    before = mean(Design(PPS, "w", "stratum", "psu", "n_psu_pop"), ["y"], "domain")
    table = round_differences(now, before)
    np.testing.assert_allclose(table["estimate"], now["estimate"] - before["estimate"])
    np.testing.assert_allclose(table["std_error"], np.hypot(now["std_error"], before["std_error"]))
    assert table["df"].tolist() == (now["df"] + before["df"]).tolist()
    # the same people in both rounds: one design, the person is the PSU, and equal answers differ by nothing
    people = pd.concat([OK.assign(round="1"), OK.assign(round="2")], ignore_index=True)
    both = difference_table(totals(Design(people, "w", "stratum", "psu", "n_psu_pop"), ["y"], "round"), [("1", "2")])
    assert both["std_error"].tolist() == [0.0]


def test_a_certainty_unit_and_a_census_of_units_add_their_next_stage_only() -> None:
    inner = OK[OK["stratum"] == 5]
    one = mean(Design(inner, "w", "stratum", "psu", "n_psu_pop"), ["y"])
    assert one["std_error"].tolist() == [0.0]
    two = mean(Design(inner, "w", **TWO), ["y"]).iloc[0]
    as_strata = mean(Design(inner, "w", "psu", "household", "n_hh_pop"), ["y"]).iloc[0]
    assert two["std_error"] == pytest.approx(as_strata["std_error"], rel=1e-14)
    assert two["df"] == as_strata["df"] > 0
    sure = PPS.assign(pi=1.0)
    by_pi = mean(Design(sure, "w", "stratum", ["psu", "household"], [None, "n_hh_pop"], ["pi", None]), ["y"]).iloc[0]
    strata = mean(Design(sure.assign(s=sure["stratum"] * 1000 + sure["psu"]), "w", "s", "household", "n_hh_pop"), ["y"])
    assert by_pi["std_error"] == pytest.approx(strata["std_error"].iloc[0], rel=1e-13)


def test_equal_probabilities_are_the_stratified_formula_and_few_units_are_conservative() -> None:
    n = PPS.groupby("stratum")["psu"].transform("nunique")
    equal = PPS.assign(pi=n / PPS["n_psu_pop"])
    a = mean(Design(equal, "w", "stratum", "psu", inclusion_prob="pi"), ["y"]).iloc[0]
    b = mean(Design(equal, "w", "stratum", "psu", "n_psu_pop"), ["y"]).iloc[0]
    assert a["std_error"] == pytest.approx(b["std_error"], rel=1e-13)
    few = ROWS[ROWS["stratum"].isin([2, 3])].assign(pi=0.4)
    design = Design(few, "w", "stratum", "psu", inclusion_prob="pi")
    assert mean(design, ["y"])["reason"].tolist() == ["conservative"]
    with_replacement = Design(few[few["stratum"] == 3], "w", "stratum", "psu")
    own = replace(design, data=few[few["stratum"] == 3])
    assert mean(own, ["y"])["std_error"].tolist() == mean(with_replacement, ["y"])["std_error"].tolist()


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"pop_size": "n_psu_pop", "inclusion_prob": "pi"}, "design.pps_pop_size"),
        ({"psu": ["psu", "household"], "pop_size": "n_psu_pop"}, "design.stages"),
        ({"psu": ["psu", "household"], "pop_size": [None, "n_hh_pop"]}, "design.stages"),
        ({"psu": [None, "household"], "pop_size": ["n_psu_pop", "n_hh_pop"]}, "design.stages"),
        ({"psu": ["psu", "household"]}, "design.stages"),
        ({"inclusion_prob": "w"}, "design.inclusion_prob"),
        ({"inclusion_prob": "n_psu_pop"}, "design.inclusion_prob"),
        ({"pop_size": "household"}, "design.pop_size"),
        ({"psu": ["psu", "household"], "pop_size": ["n_psu_pop", "pi2"]}, "design.pop_size"),
        ({"fpc": "some"}, "design.fpc"),
        ({"lonely_psu": "drop"}, "design.lonely_rule"),
        ({"psu": "nobody"}, "design.column"),
    ],
)
def test_what_a_design_refuses(changed: dict[str, object], rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        Design(OK, **{"weight": "w", "stratum": "stratum", "psu": "psu", **changed})
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("options", "rule"),
    [
        ({"interval": "wald"}, "estimation.interval"),
        ({"df": "some"}, "estimation.option"),
        ({"deff": "some"}, "estimation.option"),
        ({"confidence": 95}, "estimation.option"),
    ],
)
def test_what_an_estimate_refuses(options: dict[str, object], rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        share(Design(OK, "w", "stratum", "psu"), "top", **options)
    assert caught.value.rule == rule


def test_a_lonely_household_fails_or_is_left_to_the_rule() -> None:
    data = OK[~((OK["psu"] == 101) & (OK["household"] > 1))]
    with pytest.raises(DesignError) as caught:
        mean(Design(data, "w", **TWO), ["y"])
    assert (caught.value.rule, caught.value.where) == ("estimation.lonely", "psu[2]")
    with pytest.raises(DesignError) as caught:
        mean(Design(data, "w", **TWO, lonely_psu="average"), ["y"])
    assert caught.value.rule == "design.lonely_stage"
    left, moved = (
        mean(Design(data, "w", **TWO, lonely_psu=rule), ["y"])["std_error"][0] for rule in ("remove", "adjust")
    )
    assert moved > left > 0


def test_all_strata_lonely_under_average_have_no_error_and_say_so() -> None:
    row = mean(Design(ROWS[ROWS["stratum"] == 4], "w", "stratum", "psu", lonely_psu="average"), ["y"]).iloc[0]
    assert np.isnan(row["std_error"])
    assert row["reason"] == "lonely"


def test_collapsing_joins_by_the_list_and_adds_populations() -> None:
    made = collapse_strata(ROWS, "stratum", "psu", "n_psu_pop", {"4": ["9", "3", "1"]})
    assert made.joined == (("4", "3"),)
    joined = made.data[made.data["stratum"] == "3"]
    assert joined["n_psu_pop"].unique().tolist() == [11]
    assert set(joined["psu"]) == {301, 302, 401}
    assert mean(Design(made.data, "w", "stratum", "psu", "n_psu_pop"), ["y"])["std_error"][0] > 0
    assert collapse_strata(ROWS, "stratum", "psu", "n_psu_pop", {}).joined == ()
    with pytest.raises(DesignError) as caught:
        collapse_strata(ROWS.replace({"psu": {401: 301}}), "stratum", "psu", "n_psu_pop", {"4": ["3"]})
    assert caught.value.rule == "design.collapse_psu"


def test_shares_beyond_their_reach_are_empty() -> None:
    data = pd.DataFrame({"y": [1.0, 1, 0, 1, 1], "d": list("aabbb"), "p": [1, 1, 2, 2, 2], "w": 1.0, "N": 9})
    table = share(Design(data, "w", psu="p", pop_size="N"), ["y"], "d").set_index("domain")
    assert table["reason"].to_dict() == {"a": "unanimous", "b": "no_df"}
    assert np.isnan(table.loc["b", ["ci_low", "ci_high"]].to_numpy(dtype=float)).all()
    assert np.isnan(table.loc["a", "std_error"])
    flat = share(Design(data, "w", psu="p", pop_size="N"), ["y"], "d", deff="wr", df="design", interval="korn_graubard")
    assert flat["df"].tolist() == [1.0, 1.0]
    assert np.isfinite(share(Design(data, "w"), ["y"], df="inf")["ci_low"]).all()


def test_korn_graubard_is_the_beta_interval_with_the_size_capped_at_n() -> None:
    design = Design(OK, "w", "stratum", "psu", "n_psu_pop")
    made = {
        name: share(design, ["top"], "domain", interval=name)
        for name in ("beta", "korn_graubard", "wilson_kg", "wilson")
    }
    width = {name: (table["ci_high"] - table["ci_low"]).to_numpy() for name, table in made.items()}
    assert (width["korn_graubard"] >= width["beta"] - 1e-15).all()
    assert (np.abs(width["wilson_kg"] / width["wilson"] - 1) < 0.1).all()


def test_a_quantile_by_hand_and_codes_refused() -> None:
    data = pd.DataFrame({"y": [10.0, 20, 30, 40], "w": [1.0, 1, 1, 1], "q": [1, 5, 3, 3]})
    row = quantile(Design(data, "w"), "y", [0.5]).iloc[0]
    # the smallest y with half of the weight; p = .5 +- t_3 sqrt(.25 / 3) = -.42 .. 1.42: no limit inside 0..1
    assert row["estimate"] == 20.0
    assert np.isnan(row["ci_low"]) and np.isnan(row["ci_high"])
    with pytest.raises(DesignError) as caught:
        quantile(Design(data, "w"), "q", [0.5])
    assert caught.value.rule == "estimation.quantile_codes"


def test_a_difference_of_items_without_one_of_them_is_empty() -> None:
    data = pd.DataFrame({"a": [1.0, 0, 1, 1], "b": [np.nan] * 4, "w": 1.0})
    result = linear_combinations(totals(Design(data, "w"), ["a", "b"]), np.array([[1.0, -1.0]]))
    assert np.isnan(result.value[0, 0])
    assert result.incomplete[0, 0]
