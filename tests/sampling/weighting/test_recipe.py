"""Recipes: order of the steps, products of factors, caps kept with totals, replicates, the report."""

import numpy as np
import pandas as pd
import pytest
from calibrating import fitted
from margin_tables import control_totals

from errors import WeightError
from sampling.design import Design
from sampling.estimation import total
from sampling.weighting import (
    Calibration,
    DesignStep,
    FollowUp,
    Nonresponse,
    Propensity,
    Rescale,
    Trim,
    UnknownEligibility,
    apply_recipe,
    calibrate,
    check_recipe,
    poststratify,
    rake,
    weight_report,
    weight_summary,
)

LOOSE = {"min_respondents": 1, "max_factor": 100.0}
RAKE = Calibration("rake", ("sex", "area"))
BOUNDED = Calibration("calibrate", ("sex", "area"), method="truncated", bounds=(0.1, 9))
FULL = (
    DesignStep(),
    UnknownEligibility("area", **LOOSE),
    Nonresponse("area", **LOOSE),
    Trim("times_median", 1.8),
    RAKE,
)


@pytest.fixture(scope="module")
def cases() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    n = 1200
    status = rng.choice(["respondent", "nonrespondent", "unknown", "ineligible"], n, p=[0.7, 0.2, 0.06, 0.04])
    data = pd.DataFrame({"sex": rng.choice(["f", "m"], n), "area": rng.choice(["hill", "plain", "town"], n)})
    data = data.assign(unit=rng.choice(["u1", "u2", "u3"], n), case_status=status, size=rng.uniform(1, 4, n))
    return data.assign(design_weight=np.maximum(rng.lognormal(2, 0.5, n), 1.0))


@pytest.fixture(scope="module")
def totals(cases: pd.DataFrame) -> pd.DataFrame:
    eligible = cases[cases["case_status"] != "ineligible"]
    goal = {m: eligible.groupby(m)["design_weight"].sum() for m in ("sex", "area", "unit")}
    tables = [control_totals({m: (one / one.sum() * 11000).to_dict() for m, one in goal.items()})]
    for area, own in eligible.groupby("area"):
        shares = own.groupby("sex")["design_weight"].sum()
        tables.append(control_totals({"sex": (shares / shares.sum() * goal["area"][area] * 1.02).to_dict()}, str(area)))
    return pd.concat(tables, ignore_index=True)


def test_final_weight_is_the_product_of_one_factor_a_step(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    done = apply_recipe(cases, FULL, totals)
    factors = done.factors()
    assert list(factors) == ["design", "unknown_eligibility", "nonresponse", "trim", "rake"]
    assert done.final == pytest.approx(factors.prod(axis=1).to_numpy(), rel=1e-14)
    assert (done.final > 0).tolist() == (cases["case_status"] == "respondent").tolist()
    adjusted = factors["design"] * factors["unknown_eligibility"] * factors["nonresponse"]
    assert adjusted.sum() == pytest.approx(cases["design_weight"].sum())  # ineligible cases among them
    assert adjusted[done.respondents].to_numpy() == pytest.approx(done.of_respondents("nonresponse"))


def test_steps_of_a_recipe_are_the_public_functions(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    steps = FULL[:3]
    before = apply_recipe(cases, steps, totals)
    rows = cases[before.respondents].assign(w=before.of_respondents("nonresponse"))
    whole = totals[totals["partition"] == ""]
    logit = Calibration("calibrate", ("sex", "unit"), method="logit", bounds=(0.2, 5.0))
    for step, alone in (
        (RAKE, fitted(rake, rows, "w", whole[whole["margin"].isin(["sex", "area"])])),
        (Calibration("poststratify", ("unit",)), fitted(poststratify, rows, "w", whole[whole["margin"] == "unit"])),
        (
            logit,
            fitted(
                calibrate, rows, "w", whole[whole["margin"].isin(["sex", "unit"])], method="logit", bounds=(0.2, 5.0)
            ),
        ),
        (
            Calibration("rake", ("sex",), partition="area"),
            fitted(rake, rows, "w", totals[totals["partition"] != ""], partition="area"),
        ),
    ):
        done = apply_recipe(cases, (*steps, step), totals)
        assert done.steps[-1].factor[done.respondents] == pytest.approx(alone.factor, rel=1e-12)
        assert done.calibration()[0].weight_before == pytest.approx(rows["w"].to_numpy())


@pytest.mark.parametrize("step", [RAKE, Calibration("poststratify", ("area",)), BOUNDED])
@pytest.mark.parametrize("by", ["", "unit"])
def test_cap_and_totals_hold_together(cases: pd.DataFrame, totals: pd.DataFrame, step: Calibration, by: str) -> None:
    done = apply_recipe(cases, (*FULL[:3], Trim("times_median", 1.8, by), step), totals)
    before = pd.Series(done.of_respondents("nonresponse"))
    unit = cases["unit"][done.respondents].reset_index(drop=True) if by else before * 0
    cap = 1.8 * before.groupby(unit).transform("median")
    final = done.final[done.respondents]
    assert (before > cap).any() and (final <= cap * (1 + 1e-12)).all()
    margins = done.margins()
    assert margins["after"].to_numpy() == pytest.approx(margins["target"].to_numpy(), rel=1e-9)


def test_redistribution_inside_a_cell_by_hand() -> None:
    # cap 10: 30 -> 10. Of 27, 17 go to 4 and 8 in proportion: 5.67 and 11.33, above the cap, so 10 and 7
    data = pd.DataFrame({"g": "a", "design_weight": [4.0, 8.0, 30.0], "case_status": "respondent"})
    recipe = (DesignStep(), Trim("absolute", 10.0), Calibration("poststratify", ("g",)))
    done = apply_recipe(data, recipe, control_totals({"g": {"a": 27}}))
    assert done.final.tolist() == pytest.approx([7.0, 10.0, 10.0])
    assert done.factors()["trim"].tolist() == pytest.approx([1, 1, 1 / 3])
    with pytest.raises(WeightError) as caught:
        apply_recipe(data, recipe, control_totals({"g": {"a": 34}}))
    assert (caught.value.rule, caught.value.expected) == ("weights.out_of_reach", "0 .. 30")


@pytest.mark.parametrize(("rule", "value", "expected"), [("times_mean", 1.5, 9.0), ("quantile", 0.75, 6.0)])
def test_caps_by_rule(rule: str, value: float, expected: float) -> None:
    data = pd.DataFrame({"g": "a", "design_weight": [2.0, 4.0, 6.0, 12.0], "case_status": "respondent"})
    recipe = (DesignStep(), Trim(rule, value), Calibration("rake", ("g",)))
    done = apply_recipe(data, recipe, control_totals({"g": {"a": 20}}))
    assert done.steps[1].cap.tolist() == [expected] * 4


def test_a_replicate_of_ones_is_the_full_sample(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    full = apply_recipe(cases, FULL, totals)
    for replay in ("calibration", "all"):
        again = apply_recipe(cases, FULL, totals, multipliers=np.ones(len(cases)), full=full, replay=replay)
        assert again.final == pytest.approx(full.final, rel=1e-10)


def test_replicates_keep_nonresponse_factors_and_meet_the_totals_again(cases: pd.DataFrame, totals) -> None:
    full = apply_recipe(cases, FULL, totals)
    multipliers = np.random.default_rng(3).multinomial(len(cases), np.full(len(cases), 1 / len(cases))).astype(float)
    fixed = apply_recipe(cases, FULL, totals, multipliers=multipliers, full=full)
    assert (fixed.factors()["nonresponse"] == full.factors()["nonresponse"]).all()
    assert (fixed.final[multipliers == 0] == 0).all()
    # the bound stays cap/d: a case drawn b times may weigh b caps
    capped = (full.steps[3].cap[full.respondents]) * multipliers[full.respondents]
    assert (fixed.final[full.respondents] <= capped * (1 + 1e-9)).all()
    margins = fixed.margins()
    assert margins["after"].to_numpy() == pytest.approx(margins["target"].to_numpy(), rel=1e-9)


def test_replicates_may_make_nonresponse_factors_anew(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    multipliers = np.random.default_rng(3).multinomial(len(cases), np.full(len(cases), 1 / len(cases))).astype(float)
    replayed = apply_recipe(cases, FULL[:3], totals, multipliers=multipliers, replay="all")
    weight = cases["design_weight"] * multipliers
    for _, own in cases.groupby("area"):
        status, b = own["case_status"], weight[own.index]
        eligible, answered = status.isin(["respondent", "nonrespondent"]), (status == "respondent") & (b > 0)
        factor = b.sum() / b[status != "unknown"].sum() * b[eligible].sum() / b[answered].sum()
        assert replayed.final[own.index][answered] == pytest.approx((b * factor)[answered].to_numpy())


def test_a_replicate_that_loses_a_category_says_so(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    multipliers = np.where(cases["area"] == "town", 0.0, 1.0)
    with pytest.raises(WeightError) as caught:
        apply_recipe(cases, FULL, totals, multipliers=multipliers)
    assert (caught.value.rule, caught.value.where) == ("weights.empty_cell", "area = town")
    for wrong in (multipliers[:-1], -multipliers):
        with pytest.raises(WeightError) as caught:
            apply_recipe(cases, FULL, totals, multipliers=wrong)
        assert caught.value.rule == "weights.multipliers"


def test_rescale_and_margins_of_several_calibrations(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    recipe = (*FULL[:3], Calibration("poststratify", ("unit",), "first"), Calibration("rake", ("sex",), "second"))
    done = apply_recipe(cases, (*recipe, Rescale("respondents")), totals)
    assert done.final.sum() == pytest.approx(done.respondents.sum())
    assert set(done.margins()["step"]) == {"first", "second"}
    assert [step.name for step in done.calibration()] == ["first", "second"]


def test_recorded_steps_leave_no_error_in_a_calibrated_total(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    done = apply_recipe(cases, FULL, totals)
    data = cases.assign(w=done.final, row_id=range(len(cases)))[done.respondents]
    data = data.assign(man=(data["sex"] == "m").astype(float))
    design = Design(data, weight="w", id="row_id", adjustments=done.calibration())
    table = total(design, ["man", "size"]).set_index("variable")
    assert table.at["man", "std_error"] < 1e-8 * table.at["man", "estimate"] < table.at["size", "std_error"]


@pytest.mark.parametrize(
    ("recipe", "rule"),
    [
        ((), "weights.order"),
        ((RAKE,), "weights.order"),
        ((DesignStep(), RAKE, Nonresponse("area")), "weights.order"),
        ((DesignStep(), Nonresponse("area"), UnknownEligibility("area")), "weights.order"),
        ((DesignStep(), UnknownEligibility("area"), FollowUp("area")), "weights.order"),
        ((DesignStep(), Nonresponse("area"), Propensity(("sex",), name="again")), "weights.order"),
        ((DesignStep(), Rescale(10.0), RAKE), "weights.order"),
        ((DesignStep(), RAKE, Trim("absolute", 9.0)), "weights.order"),
        ((DesignStep(), DesignStep("again")), "weights.order"),
        ((DesignStep(), Trim("absolute", 9.0)), "weights.trim_alone"),
        ((DesignStep(), Trim("absolute", 9.0), Calibration("calibrate", ("a",), method="logit")), "weights.trim_alone"),
        ((DesignStep(), RAKE, RAKE), "weights.step_name"),
        ((DesignStep(), Calibration("rake", ("sex",), "Bước 1")), "weights.step_name"),
        ((DesignStep(), Calibration("rake", ())), "weights.no_margins"),
        ((DesignStep(), Calibration("rake", ("sex", "sex"))), "weights.no_margins"),
        ((DesignStep(), Calibration("poststratify", ("sex", "area"))), "weights.one_margin"),
        ((DesignStep(), Calibration("rake", ("sex",), method="logit", bounds=(0.5, 2.0))), "weights.step_options"),
        ((DesignStep(), Calibration("rake", ("sex",), penalties={"sex": 1.0})), "weights.step_options"),
    ],
)
def test_steps_that_make_no_sense_together(recipe, rule: str) -> None:
    with pytest.raises(WeightError) as caught:
        check_recipe(recipe)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("change", "step", "rule"),
    [
        ({"design_weight": 0.0}, RAKE, "weights.weight"),
        ({"design_weight": -1.0}, RAKE, "weights.weight"),
        ({"case_status": "valid"}, RAKE, "disposition.status"),
        ({"case_status": "nonrespondent"}, RAKE, "weights.no_respondents"),
        ({"sex": None}, RAKE, "weights.missing"),
        ({}, Calibration("rake", ("height",)), "weights.no_totals"),
        ({}, Nonresponse("height"), "weights.column"),
        ({}, Trim("absolute", -1.0), "weights.cap"),
    ],
)
def test_cases_that_cannot_be_weighted(cases: pd.DataFrame, totals: pd.DataFrame, change, step, rule: str) -> None:
    recipe = (DesignStep(), step, RAKE) if isinstance(step, Trim) else (DesignStep(), step)
    with pytest.raises(WeightError) as caught:
        apply_recipe(cases.assign(**change), recipe, totals)
    assert caught.value.rule == rule


def test_a_population_smaller_than_its_sample_is_refused(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    small = totals.assign(total=totals["total"] / 60)
    with pytest.raises(WeightError) as caught:
        apply_recipe(cases, (DesignStep(), RAKE), small)
    assert caught.value.rule == "weights.below_sample" and caught.value.expected.startswith(">= ")


def test_report_has_a_line_for_every_step_and_unit(cases: pd.DataFrame, totals: pd.DataFrame) -> None:
    done = apply_recipe(cases, FULL, totals)
    table = weight_report(done, cases["unit"])
    assert table.groupby("unit_id").size().to_dict() == {"": 5, "u1": 5, "u2": 5, "u3": 5}
    line = table[(table["unit_id"] == "u2") & (table["step"] == "rake")].iloc[0]
    own = done.final[(done.respondents & (cases["unit"] == "u2")).to_numpy()]
    expected = weight_summary(own)
    assert line["n"] == len(own) and line[list(expected)].to_dict() == pytest.approx(expected)


def test_kish_by_hand() -> None:
    summary = weight_summary(np.array([1.0, 1, 3, 3]))
    assert (summary["kish_deff"], summary["kish_n"], summary["cv"]) == pytest.approx((1.25, 3.2, 0.5))
    assert (summary["max_over_min"], summary["median"]) == (3.0, 2.0)
