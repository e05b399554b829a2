"""Unknown eligibility, nonresponse classes and propensities, follow-up subsamples: worked by hand."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import WeightError
from sampling.design import Design
from sampling.weighting import (
    DesignStep,
    FollowUp,
    Nonresponse,
    Propensity,
    UnknownEligibility,
    adjust_nonresponse,
    apply_recipe,
)

NO_TOTALS = pd.DataFrame(columns=["margin", "category", "partition", "total", "source"])
LOOSE = {"min_respondents": 1, "max_factor": 100.0}


def issued(cases: pd.DataFrame) -> Design:
    return Design(cases, "design_weight")


def test_nonresponse_classes_by_hand() -> None:
    status = ["respondent"] * 3 + ["nonrespondent"] * 3 + ["unknown"] * 2 + ["ineligible"] * 2
    cases = pd.DataFrame({"design_weight": 2.0, "case_status": status, "response_class": "c"})
    done = adjust_nonresponse(issued(cases), "response_class", min_respondents=1)
    # a1 = 20/16; a2 = 6/3; the respondents stay: 2 x 1.25 x 2
    assert done.weights.tolist() == [5.0] * 3
    assert done.data.index.tolist() == [0, 1, 2]


def test_small_classes_join_the_next_in_the_declared_order_and_say_so() -> None:
    counts = {"a": (30, 10), "b": (5, 1), "c": (40, 10)}
    rows = [(c, s) for c, (r, n) in counts.items() for s in ["respondent"] * r + ["nonrespondent"] * n]
    cases = pd.DataFrame(rows, columns=["response_class", "case_status"]).assign(design_weight=1.0)
    done = adjust_nonresponse(issued(cases), "response_class")
    assert done.adjustments[-1].joined == (("b", "c"),)
    factor = pd.Series(done.weights).groupby(done.data["response_class"].to_numpy()).agg(["min", "max"])
    assert factor.loc["a"].tolist() == pytest.approx([40 / 30] * 2)
    assert factor.loc[["b", "c"]].to_numpy().ravel() == pytest.approx([56 / 45] * 4)
    assert done.weights.sum() == pytest.approx(len(cases))


def test_a_class_with_a_large_factor_joins_too_and_nobody_at_all_is_an_error() -> None:
    cases = pd.DataFrame(
        {
            "design_weight": 1.0,
            "case_status": ["respondent"] * 20 + ["nonrespondent"] * 60 + ["respondent"] * 30,
            "response_class": ["a"] * 80 + ["b"] * 30,
        }
    )
    assert adjust_nonresponse(issued(cases), "response_class").adjustments[0].joined == (("a", "b"),)
    nobody = cases.assign(case_status="nonrespondent")
    with pytest.raises(WeightError) as caught:
        adjust_nonresponse(issued(nobody), "response_class")
    assert caught.value.rule == "weights.no_respondents"


def test_unknown_status_is_an_error_never_a_respondent() -> None:
    cases = pd.DataFrame({"design_weight": [1.0], "case_status": ["valid"], "response_class": ["c"]})
    with pytest.raises(WeightError) as caught:
        adjust_nonresponse(issued(cases), "response_class")
    assert caught.value.rule == "disposition.status"


def test_a_missing_class_is_an_error() -> None:
    cases = pd.DataFrame({"design_weight": 1.0, "case_status": "respondent", "response_class": ["a", None]})
    with pytest.raises(WeightError) as caught:
        adjust_nonresponse(issued(cases), "response_class")
    assert (caught.value.rule, caught.value.where) == ("weights.missing", "response_class")
    with pytest.raises(WeightError) as caught:
        adjust_nonresponse(issued(cases.fillna("b")), "response_class", order=["a"])
    assert caught.value.rule == "weights.class"


def test_eligibility_and_nonresponse_may_have_classes_of_their_own() -> None:
    # region n: d = 2, 2 known of 3 -> a1 = 3/2; region s: no unknown -> 1
    cases = pd.DataFrame(
        {
            "design_weight": 2.0,
            "region": list("nnnsss"),
            "kind": list("xxyxyy"),
            "case_status": ["respondent", "unknown", "nonrespondent", "respondent", "respondent", "ineligible"],
        }
    )
    recipe = [DesignStep(), UnknownEligibility("region", **LOOSE), Nonresponse("kind", **LOOSE)]
    done = apply_recipe(cases, recipe, NO_TOTALS)
    factors = done.factors()
    assert factors["unknown_eligibility"].tolist() == [1.5, 0.0, 1.5, 1.0, 1.0, 1.0]
    # kind x: (3 + 2)/(3 + 2) = 1; kind y: nonrespondent 3, respondent 2 -> 5/2; the ineligible case keeps d a1
    assert factors["nonresponse"].tolist() == [1.0, 0.0, 0.0, 1.0, 2.5, 1.0]
    assert done.final.tolist() == [3.0, 0.0, 0.0, 2.0, 5.0, 0.0]
    assert done.final.sum() == 10.0  # the eligible share of the population, 12 less the ineligible case


def test_only_classes_with_unknown_cases_look_for_a_neighbour() -> None:
    cases = pd.DataFrame({"design_weight": 1.0, "c": list("aabb"), "case_status": ["respondent"] * 3 + ["unknown"]})
    done = apply_recipe(cases, [DesignStep(), UnknownEligibility("c", min_respondents=1)], NO_TOTALS)
    assert done.joined() == () and done.factors()["unknown_eligibility"].tolist() == [1.0, 1.0, 2.0, 0.0]
    # one known case is too few for b, the last class: it joins a, which alone would have stayed as it is
    done = apply_recipe(cases, [DesignStep(), UnknownEligibility("c")], NO_TOTALS)
    assert done.joined() == (("unknown_eligibility", "b", "a"),)
    assert done.factors()["unknown_eligibility"].tolist() == pytest.approx([4 / 3, 4 / 3, 4 / 3, 0.0])


def follow_up_cases() -> pd.DataFrame:
    phase = ["settled"] * 2 + ["drawn"] * 2 + ["not_drawn"] * 4
    status = ["respondent"] * 2 + ["respondent", "nonrespondent"] + ["nonrespondent"] * 4
    return pd.DataFrame({"design_weight": 5.0, "c": "a", "follow_up": phase, "case_status": status})


def test_follow_up_subsample_by_hand() -> None:
    # six nonrespondents, two drawn: d2 = 5 x 6/2 = 15; of the 30 drawn 15 answered -> a2 = (10 + 30)/(10 + 15)
    recipe = [DesignStep(), FollowUp("c"), Nonresponse("c", **LOOSE)]
    done = apply_recipe(follow_up_cases(), recipe, NO_TOTALS)
    assert done.factors()["follow_up"].tolist() == [1.0, 1.0, 3.0, 3.0, 0.0, 0.0, 0.0, 0.0]
    assert done.final.tolist() == pytest.approx([8.0, 8.0, 24.0, 0, 0, 0, 0, 0])
    assert done.final.sum() == pytest.approx(40.0)


@pytest.mark.parametrize(
    ("column", "row", "value", "rule"),
    [
        ("follow_up", 0, "later", "weights.follow_up"),
        ("case_status", 7, "respondent", "weights.follow_up_answer"),
        ("c", 7, "b", "weights.follow_up_empty"),
    ],
)
def test_a_follow_up_that_cannot_be_weighted(column: str, row: int, value: str, rule: str) -> None:
    cases = follow_up_cases()
    cases.loc[row, column] = value
    with pytest.raises(WeightError) as caught:
        apply_recipe(cases, [DesignStep(), FollowUp("c")], NO_TOTALS)
    assert caught.value.rule == rule


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    rng = np.random.default_rng(20261101)
    n = 4000
    data = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "area": rng.choice(["hill", "plain", "town"], n)})
    data["age"] = rng.integers(18, 80, n)
    eta = -0.5 + 0.03 * (data["age"] - 45) + 0.8 * (data["sex"] == "f") - 0.7 * (data["area"] == "town")
    answered = rng.random(n) < 1 / (1 + np.exp(-eta))
    status = np.where(answered, "respondent", "nonrespondent")
    return data.assign(design_weight=rng.uniform(1, 9, n), case_status=status)


def propensity_result(people: pd.DataFrame, **join: float):
    step = Propensity(("sex", "area", "age"), **(join or LOOSE))
    return apply_recipe(people, [DesignStep(), step], NO_TOTALS)


def test_propensity_classes_are_weighted_fifths_and_keep_the_sum(people: pd.DataFrame) -> None:
    done = propensity_result(people)
    step = done.steps[1]
    share = np.bincount(step.class_code, people["design_weight"]) / people["design_weight"].sum()
    assert share == pytest.approx(np.full(5, 0.2), abs=0.01)  # patterns are not split
    assert done.final.sum() == pytest.approx(people["design_weight"].sum())
    answered = people["case_status"] == "respondent"
    for number in range(5):
        here = step.class_code == number
        own = people["design_weight"][here]
        factor = step.factor[here & answered]
        assert factor == pytest.approx(own.sum() / own[answered[here]].sum())
    # the least likely to answer carry the largest factor
    assert [step.factor[(step.class_code == c) & answered][0] for c in (0, 4)] == sorted(
        [step.factor[(step.class_code == c) & answered][0] for c in (0, 4)], reverse=True
    )


def test_propensity_agrees_with_a_fit_on_rows_and_ignores_row_order(people: pd.DataFrame) -> None:
    statsmodels = pytest.importorskip("statsmodels.api")
    done = propensity_result(people)
    x = pd.get_dummies(people[["sex", "area"]], drop_first=True).assign(age=people["age"], one=1.0).astype(float)
    y = (people["case_status"] == "respondent").astype(float)
    family = statsmodels.families.Binomial()
    fit = statsmodels.GLM(y, x, family=family, freq_weights=people["design_weight"]).fit(tol=1e-12)
    score = np.round(fit.fittedvalues.to_numpy(), 10)
    order = np.argsort(score, kind="stable")
    reached = np.cumsum(people["design_weight"].to_numpy()[order]) / people["design_weight"].sum()
    cuts = [score[order][np.searchsorted(reached, q)] for q in (0.2, 0.4, 0.6, 0.8)]
    assert (np.searchsorted(cuts, score, side="left") == done.steps[1].class_code).mean() > 0.999
    shuffled = people.sample(frac=1, random_state=5)
    again = propensity_result(shuffled.reset_index(drop=True))
    assert (again.steps[1].class_code == done.steps[1].class_code[shuffled.index]).all()


def test_propensity_classes_with_large_factors_join_the_next(people: pd.DataFrame) -> None:
    done = propensity_result(people, min_respondents=20, max_factor=3.0)
    assert done.joined()[0] == ("propensity", "p1", "p2")
    assert done.steps[1].factor.max() <= 3.0
    assert done.final.sum() == pytest.approx(people["design_weight"].sum())


def test_separation_names_its_variables(people: pd.DataFrame) -> None:
    certain = people.assign(case_status=people["case_status"].where(people["area"] != "town", "respondent"))
    with pytest.raises(WeightError) as caught:
        propensity_result(certain)
    assert (caught.value.rule, caught.value.where) == ("weights.separation", "area = town")
    by_age = people.assign(case_status=np.where(people["age"] > 50, "respondent", "nonrespondent"))
    with pytest.raises(WeightError) as caught:
        propensity_result(by_age)
    assert caught.value.rule == "weights.separation" and "age" in caught.value.where


def test_covariates_must_be_there_and_complete(people: pd.DataFrame) -> None:
    for data, rule in ((people.drop(columns="age"), "weights.column"), (people.assign(age=np.nan), "weights.missing")):
        with pytest.raises(WeightError) as caught:
            propensity_result(data)
        assert caught.value.rule == rule


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["respondent", "nonrespondent", "ineligible", "unknown"])),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 25),
)
def test_nothing_of_the_population_is_lost_whatever_joins(people: list[tuple[str, str]], least: int) -> None:
    rows = [*people, ("a", "respondent")]
    cases = pd.DataFrame(rows, columns=["response_class", "case_status"])
    cases["design_weight"] = np.arange(1, len(rows) + 1.0)
    done = adjust_nonresponse(issued(cases), "response_class", order=list("abcd"), min_respondents=least)
    assert (done.data["case_status"] == "respondent").all() and (done.weights > 0).all()
    if not (cases["case_status"] == "ineligible").any():
        assert done.weights.sum() == pytest.approx(cases["design_weight"].sum())
    assert done.weights.sum() <= cases["design_weight"].sum() * (1 + 1e-12)
