"""Weights of a round: totals counted on the frame, factor columns, recorded calibrations rebuilt."""

import numpy as np
import pandas as pd
import pytest

from errors import WeightError
from sampling.design import Design, calibration_from
from sampling.estimation import total_table
from sampling.replication import jackknife, replicate, sums
from sampling.sums import totals
from sampling.tables import WEIGHTED_CASES
from sampling.weighting import adjust_nonresponse, rake
from sipas.datafiles import build
from sipas.weighting.recipe import WeightsPart
from sipas.weighting.weights import control_totals, weigh

KEY = ["case_id", "rated_unit_id"]
STRATA = ["u1", "u2", "u3"]
DESIGN, CLASSES = {"kind": "design"}, {"kind": "nonresponse", "classes": "stratum"}
RAKE = {"kind": "rake", "margins": ["unit_id", "result_status"]}


def part_of(*steps: dict[str, object]) -> WeightsPart:
    part = build(WeightsPart, {"steps": list(steps)}, "round.toml", 0, faults := [])
    assert part is not None, faults
    return part


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = 3000
    unit = rng.choice(STRATA, n, p=[0.5, 0.3, 0.2])
    data = pd.DataFrame({"frame_unit_id": [f"f{k:04d}" for k in range(n)], "unit_id": unit, "stratum_id": unit})
    data["psu_id"] = data["frame_unit_id"]
    return data.assign(
        result_status=rng.choice(["done", "refused"], n, p=[0.8, 0.2]), channel=rng.choice(["a", "b"], n)
    )


@pytest.fixture(scope="module")
def issued(frame: pd.DataFrame) -> pd.DataFrame:
    sizes = frame.groupby("unit_id").size()
    drawn = frame.groupby("unit_id").sample(200, random_state=3).reset_index(drop=True)
    answered = np.random.default_rng(9).random(len(drawn)) < np.where(drawn["result_status"] == "done", 0.7, 0.5)
    return pd.DataFrame(
        {
            "case_id": "c" + drawn["frame_unit_id"],
            "frame_unit_id": drawn["frame_unit_id"],
            "rated_unit_id": drawn["unit_id"],
            "stratum_id": drawn["stratum_id"],
            "psu_id": drawn["psu_id"],
            "design_weight": drawn["unit_id"].map(sizes) / 200 * np.where(drawn["channel"] == "a", 1.0, 1.6),
            "case_status": np.where(answered, "respondent", "nonrespondent"),
        }
    ).astype({"case_status": "str"})


def test_the_usual_recipe_is_classes_then_raking(issued: pd.DataFrame, frame: pd.DataFrame) -> None:
    done = weigh(issued, frame, STRATA, part_of(DESIGN, CLASSES, RAKE))
    known = issued.merge(frame[["frame_unit_id", "unit_id", "result_status"]], on="frame_unit_id")
    answered = adjust_nonresponse(Design(known, "design_weight"), "stratum_id", order=STRATA)
    by_hand = rake(answered, done.control_totals)
    rows = by_hand.data.assign(final=by_hand.weights)
    both = done.cases.merge(rows[["case_id", "final"]], on="case_id", validate="one_to_one")
    assert both["final_weight"].to_numpy() == pytest.approx(both["final"].to_numpy(), rel=1e-13)
    assert [name for name in done.cases.columns if name not in WEIGHTED_CASES.names()] == ["unit_id", "result_status"]
    for margin in ("unit_id", "result_status"):
        reached = done.cases.groupby(margin)["final_weight"].sum()
        assert reached.to_numpy() == pytest.approx(frame.groupby(margin).size().to_numpy(), rel=1e-9)


def test_steps_that_share_a_declared_factor_have_their_own_columns(issued: pd.DataFrame, frame: pd.DataFrame) -> None:
    trim = {"kind": "trim", "rule": "times_median", "value": 1.4}
    first = {"kind": "poststratify", "name": "first", "margins": ["unit_id"]}
    within = {"kind": "rake", "name": "within", "margins": ["result_status"], "partition": "unit_id"}
    part = part_of(DESIGN, {"kind": "unknown_eligibility", "classes": "stratum"}, CLASSES, trim, first, within)
    done = weigh(issued, frame, STRATA, part)
    cases = done.cases
    own = ["factor_trim", "factor_first", "factor_within"]
    assert cases[own].dtypes.tolist() == ["float64"] * 3
    assert cases["calibration_factor"].to_numpy() == pytest.approx(cases[own].prod(axis=1).to_numpy(), rel=1e-14)
    product = cases[["design_weight", "eligibility_factor", "nonresponse_factor", "calibration_factor"]].prod(axis=1)
    assert cases["final_weight"].to_numpy() == pytest.approx(product.to_numpy(), rel=1e-13)
    steps = calibration_from(done.calibration, KEY)
    assert [one.name for one in steps] == ["first", "within"]
    before = cases["design_weight"] * cases["nonresponse_factor"] * cases["factor_trim"]
    assert steps[0].weight_before == pytest.approx(before.to_numpy(), rel=1e-13)
    assert steps[1].weight_before == pytest.approx((before * cases["factor_first"]).to_numpy(), rel=1e-13)
    assert (steps[0].x.shape[1], steps[1].x.shape[1]) == (3, 6)
    assert (steps[0].refit.upper[before > before.median()] < np.inf).all()  # caps are kept as bounds of w/d
    reached = np.sort(np.asarray(steps[1].x.T @ cases["final_weight"].to_numpy()))
    assert reached == pytest.approx(np.sort(frame.groupby(["unit_id", "result_status"]).size().to_numpy()), rel=1e-9)
    again = WEIGHTED_CASES.check(cases)
    assert again["factor_trim"].dtype == "float64"
    assert WEIGHTED_CASES.arrow(cases).schema.field("factor_trim").type == "double"


@pytest.mark.parametrize("kind", [RAKE, RAKE | {"kind": "calibrate", "method": "linear"}])
def test_rebuilt_steps_are_calibrated_again_in_replicates(issued, frame, kind: dict[str, object]) -> None:
    part = part_of(DESIGN, CLASSES, kind, {"kind": "rescale", "to": "respondents"})
    done = weigh(issued, frame, STRATA, part)
    cases = done.cases.assign(one=1.0, y=np.random.default_rng(2).random(len(done.cases)))
    steps = calibration_from(done.calibration, KEY)
    design = Design(cases, "final_weight", "stratum_id", "psu_id", id=KEY, adjustments=steps)
    made = replicate(jackknife(design), ["one", "y"], "result_status", sums(2))
    np.testing.assert_allclose(made.variance[:, 0], 0, atol=1e-14 * float(made.value.max()) ** 2)
    linear = total_table(totals(design, ["y"], "result_status"))["std_error"]
    np.testing.assert_allclose(np.sqrt(made.variance[:, 1]), linear, rtol=0.04)


def test_report_and_classes_of_propensities(issued: pd.DataFrame, frame: pd.DataFrame) -> None:
    part = part_of(DESIGN, {"kind": "propensity", "covariates": ["stratum", "result_status"]}, RAKE)
    done = weigh(issued, frame, STRATA, part)
    assert set(done.cases["response_class"]) <= {"p1", "p2", "p3", "p4", "p5"}
    whole = done.report[done.report["unit_id"] == ""]
    assert whole["weight_step"].tolist() == ["design", "propensity", "rake"]
    assert whole["sum"].iloc[-1] == pytest.approx(len(frame))
    assert set(done.report["unit_id"]) == {"", *STRATA}


def test_a_recipe_without_calibration_has_no_steps_to_record(issued: pd.DataFrame, frame: pd.DataFrame) -> None:
    part = part_of(DESIGN, CLASSES)
    done = weigh(issued, frame, STRATA, part)
    assert (done.cases["calibration_factor"] == 1).all() and len(done.margins) == 0
    assert calibration_from(done.calibration, KEY) == () and len(done.control_totals) == 0


def test_totals_are_counted_by_partition_and_a_wanted_column_must_be_on_the_frame(issued, frame) -> None:
    part = part_of(DESIGN, {"kind": "rake", "margins": ["result_status"], "partition": "unit_id"})
    table = control_totals(frame, part)
    assert len(table) == 6 and table["total"].sum() == len(frame)
    with pytest.raises(WeightError) as caught:
        weigh(issued, frame.drop(columns="result_status"), STRATA, part)
    assert (caught.value.rule, caught.value.got) == ("weights.column", "result_status")
