"""Scales, regressions against R svyglm 4.1.1, shares of R^2 by identities and brute force, what is refused."""

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import DesignError
from sampling.design import Design
from sampling.drivers import cronbach_alpha, importance, importance_performance, regress, scale_quality
from sampling.weighting import calibrate

REFERENCE = Path(__file__).parents[2] / "reference"
EXPECTED = pd.read_csv(REFERENCE / "drivers" / "drivers.csv")
ROWS = pd.read_csv(REFERENCE / "designs" / "two_stage.csv").query("stratum != 4").reset_index(drop=True)
ROWS = ROWS.assign(high=(ROWS["y"] > ROWS["y"].median()) * 1.0, a=(ROWS["domain"] == "a") * 1.0)
ROWS = ROWS.assign(y_ab=ROWS["y"].where(ROWS["domain"] != "c"))
ONE = {"stratum": "stratum", "psu": "psu", "pop_size": "n_psu_pop"}
SEED = "0123456789abcdef" * 4


def calibrated() -> Design:
    totals = {"*": 1.02 * ROWS["w"].sum(), "a": 1.1 * (ROWS["w"] * ROWS["a"]).sum()}
    return calibrate(Design(ROWS, "w", **ONE), totals)


DESIGNS = {
    "one": Design(ROWS, "w", **ONE),
    "none": Design(ROWS, "w", "stratum", "psu"),
    "two": Design(ROWS, "w", "stratum", ["psu", "household"], ["n_psu_pop", "n_hh_pop"]),
    "rows": Design(ROWS, "w"),
    "calibrated": calibrated(),
}


@pytest.mark.parametrize("design", DESIGNS)
@pytest.mark.parametrize("model", ["linear", "logistic", "domain"])
def test_coefficients_and_errors_are_those_of_R(design: str, model: str) -> None:
    wanted = EXPECTED[(EXPECTED["design"] == design) & (EXPECTED["model"] == model)]
    outcome, x, missing = {
        "linear": ("y", ["x", "top", "a"], "fail"),
        "logistic": ("high", ["x", "top", "a"], "fail"),
        "domain": ("y_ab", ["x", "top"], "drop"),
    }[model]
    kind = "logistic" if model == "logistic" else "linear"
    own = regress(DESIGNS[design], outcome, x, kind, missing=missing)
    assert list(own.terms[1:]) == wanted["term"].tolist()[1:]
    np.testing.assert_allclose(own.estimate, wanted["estimate"], rtol=1e-8)
    np.testing.assert_allclose(own.std_error, wanted["std_error"], rtol=1e-8)


def test_a_regression_on_nothing_but_a_group_is_the_difference_of_means() -> None:
    own = regress(DESIGNS["one"], "y", ["a"])
    means = [np.average(part["y"], weights=part["w"]) for _, part in ROWS.groupby("a")]
    np.testing.assert_allclose(own.estimate, [means[0], means[1] - means[0]], rtol=1e-12)
    assert own.table().loc[1, "ci_low"] < own.estimate[1] < own.table().loc[1, "ci_high"]


def test_standardised_coefficients_are_those_of_scaled_variables() -> None:
    w = ROWS["w"]
    scaled = {}
    for name in ("y", "x", "top"):
        mean = np.average(ROWS[name], weights=w)
        scaled[name] = (ROWS[name] - mean) / np.sqrt(np.average((ROWS[name] - mean) ** 2, weights=w))
    plain = regress(DESIGNS["one"], "y", ["x", "top"])
    other = regress(Design(ROWS.assign(**scaled), "w", **ONE), "y", ["x", "top"])
    np.testing.assert_allclose(plain.standardised[1:], other.estimate[1:], rtol=1e-10)
    assert np.isnan(plain.standardised[0])
    fitted = plain.estimate[0] + ROWS[["x", "top"]].to_numpy() @ plain.estimate[1:]
    centre = np.average(ROWS["y"], weights=w)
    expected = 1 - (w * (ROWS["y"] - fitted) ** 2).sum() / (w * (ROWS["y"] - centre) ** 2).sum()
    assert plain.r_squared == pytest.approx(expected, rel=1e-12)


def items(n: int = 400, count: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(8)
    trait = rng.normal(0, 1, n)
    answers = {f"q{j}": np.clip(np.rint(3 + trait + rng.normal(0, 0.7 + 0.2 * j, n)), 1, 5) for j in range(count)}
    overall = trait + 0.4 * answers["q1"] + rng.normal(0, 0.5, n)
    return pd.DataFrame({"w": rng.integers(1, 5, n), "psu": np.arange(n), **answers, "overall": overall})


ITEMS = items()
NAMES = [f"q{j}" for j in range(5)]
PLAN = Design(ITEMS, "w", psu="psu")


def test_alpha_and_item_correlations_are_those_of_repeated_rows() -> None:
    rows = ITEMS.loc[ITEMS.index.repeat(ITEMS["w"]), NAMES]
    table = scale_quality(PLAN, {"F": NAMES, "G": NAMES[:2]})
    cov = np.cov(rows.T.to_numpy(), bias=True)
    expected = 5 / 4 * (1 - np.trace(cov) / cov.sum())
    assert table.loc[0, "alpha"] == pytest.approx(expected, rel=1e-12)
    for place, name in enumerate(NAMES):
        rest = rows.drop(columns=name).sum(axis=1)
        row = table.iloc[place]
        assert row["item_total"] == pytest.approx(np.corrcoef(rows[name], rows.sum(axis=1))[0, 1], rel=1e-10)
        assert row["item_rest"] == pytest.approx(np.corrcoef(rows[name], rest)[0, 1], rel=1e-10)
        without = scale_quality(PLAN, {"F": [one for one in NAMES if one != name]})
        assert row["alpha_without"] == pytest.approx(without.loc[0, "alpha"], rel=1e-12)
    assert np.isnan(table.loc[5, "alpha_without"])


def test_alpha_of_equal_and_of_unrelated_items() -> None:
    assert cronbach_alpha(np.ones((4, 4))) == pytest.approx(1)
    assert cronbach_alpha(np.eye(4)) == pytest.approx(0)


def brute_force(data: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Mean gain of R^2 over all orders, each R^2 from a least squares fit of weighted rows."""
    w = np.sqrt(data["w"].to_numpy())
    y = data["overall"] - np.average(data["overall"], weights=data["w"])
    x = np.column_stack([data[name] - np.average(data[name], weights=data["w"]) for name in names])

    def explained(places: tuple[int, ...]) -> float:
        own = x[:, places]
        b = np.linalg.lstsq(own * w[:, None], y * w, rcond=None)[0]
        return float(1 - ((y - own @ b) ** 2 * w * w).sum() / ((y * w) ** 2).sum())

    gains = np.zeros(len(names))
    orders = list(itertools.permutations(range(len(names))))
    for order in orders:
        for place, one in enumerate(order):
            gains[one] += explained(order[: place + 1]) - (explained(order[:place]) if place else 0.0)
    return gains / len(orders)


def test_shares_are_those_of_all_orders_and_add_up_to_r_squared() -> None:
    own = importance(PLAN, "overall", NAMES[:4])
    np.testing.assert_allclose(own.lmg, brute_force(ITEMS, NAMES[:4]), rtol=1e-8)
    assert own.lmg.sum() == pytest.approx(regress(PLAN, "overall", NAMES[:4]).r_squared, rel=1e-10)
    assert own.table()["lmg_pct"].sum() == pytest.approx(100)
    assert (own.mc_error == 0).all()


@settings(max_examples=30)
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_shares_add_up_and_are_never_negative(count: int, chance: int) -> None:
    rng = np.random.default_rng(chance)
    names = [f"x{place}" for place in range(count)]
    data = pd.DataFrame(rng.normal(0, 1, (30, count)) @ rng.normal(0, 1, (count, count)), columns=names)
    data = data.assign(y=data.sum(axis=1) + rng.normal(0, 2, 30), w=rng.uniform(1, 5, 30))
    own = importance(Design(data, "w"), "y", names)
    assert (own.lmg >= 0).all()
    assert own.lmg.sum() == pytest.approx(regress(Design(data, "w"), "y", names).r_squared, rel=1e-6)


def test_orthogonal_regressors_share_by_their_squared_correlations() -> None:
    corners = np.array(list(itertools.product((-1.0, 1.0), repeat=3)))
    data = pd.DataFrame(corners, columns=["a", "b", "c"]).assign(w=2.0)
    data["y"] = 3 * data["a"] - data["b"] + 0.5 * data["a"] * data["b"]
    own = importance(Design(data, "w"), "y", ["a", "b", "c"])
    np.testing.assert_allclose(own.lmg, data[["a", "b", "c"]].corrwith(data["y"]).to_numpy() ** 2, atol=1e-12)


def test_random_orders_are_near_the_exact_shares_and_say_how_near(monkeypatch: pytest.MonkeyPatch) -> None:
    exact = importance(PLAN, "overall", NAMES)
    monkeypatch.setattr("sampling.drivers.shares.MOST_EXACT", 3)
    near = importance(PLAN, "overall", NAMES, seed=SEED, permutations=2000)
    assert near.permutations == 2000
    assert near.lmg.sum() == pytest.approx(exact.r_squared, rel=1e-10)
    assert (near.mc_error > 0).all()
    assert (np.abs(near.lmg - exact.lmg) < 4 * near.mc_error).all()
    fewer = importance(PLAN, "overall", NAMES, seed=SEED, permutations=200)
    np.testing.assert_allclose(fewer.mc_error / near.mc_error, np.sqrt(10), rtol=0.3)
    with pytest.raises(DesignError, match=r"drivers\.seed"):
        importance(PLAN, "overall", NAMES)
    with pytest.raises(DesignError, match=r"drivers\.permutations"):
        importance(PLAN, "overall", NAMES, seed=SEED, permutations=1)


def test_row_order_changes_no_byte() -> None:
    other = Design(ITEMS.sample(frac=1, random_state=1), "w", psu="psu")
    assert importance(PLAN, "overall", NAMES).lmg.tobytes() == importance(other, "overall", NAMES).lmg.tobytes()
    one, two = (regress(design, "overall", NAMES) for design in (PLAN, other))
    assert one.estimate.tobytes() == two.estimate.tobytes()
    assert one.covariance.tobytes() == two.covariance.tobytes()


def test_importance_and_performance_are_cut_at_their_means() -> None:
    table = importance_performance(PLAN, importance(PLAN, "overall", NAMES)).set_index("variable")
    assert table["importance"].sum() == pytest.approx(100)
    for name, row in table.iterrows():
        assert row["performance"] == pytest.approx(np.average(ITEMS[name], weights=ITEMS["w"]))
        important = row["importance"] >= table["importance"].mean()
        high = row["performance"] >= table["performance"].mean()
        expected = {(1, 1): "keep_up", (1, 0): "improve", (0, 1): "relax", (0, 0): "low_priority"}
        assert row["quadrant"] == expected[int(important), int(high)]


def changed(**columns: object) -> Design:
    return Design(ITEMS.assign(**columns), "w", psu="psu")


GAP = ITEMS["q2"].where(ITEMS["psu"] != 7)
SPLIT = (ITEMS["q0"] > 3) * 1.0


@pytest.mark.parametrize(
    ("rule", "where", "work"),
    [
        ("constant", "q1", lambda: importance(changed(q1=2), "overall", NAMES)),
        ("constant", "q1", lambda: scale_quality(changed(q1=2), {"F": NAMES})),
        ("missing", "q2 (1)", lambda: regress(changed(q2=GAP), "overall", NAMES)),
        ("missing_rule", "", lambda: regress(PLAN, "overall", NAMES, missing="ignore")),
        ("too_few", "", lambda: regress(Design(ITEMS.head(6), "w"), "overall", NAMES)),
        ("variable", "nothing", lambda: regress(PLAN, "overall", ["nothing"])),
        ("regressors", "overall", lambda: regress(PLAN, "overall", [])),
        ("regressors", "overall", lambda: importance(PLAN, "overall", [])),
        ("variable", "text", lambda: regress(changed(text="x"), "overall", ["text"])),
        ("variable", "q1", lambda: regress(PLAN, "overall", ["q1", "q1"])),
        ("variable", "", lambda: regress(changed(q1=np.inf), "overall", ["q1"])),
        ("collinear", "q4", lambda: regress(changed(q4=ITEMS["q0"] + 2 * ITEMS["q1"]), "overall", NAMES)),
        ("collinear", "q4", lambda: importance(changed(q4=ITEMS["q0"] + 2 * ITEMS["q1"]), "overall", NAMES)),
        ("model", "", lambda: regress(PLAN, "overall", NAMES, "probit")),
        ("outcome", "overall", lambda: regress(PLAN, "overall", NAMES, "logistic")),
        ("separation", "q0", lambda: regress(changed(high=SPLIT), "high", ["q0", "q1"], "logistic")),
        ("items", "F", lambda: scale_quality(PLAN, {"F": ["q1"]})),
        ("zero_sum", "F", lambda: scale_quality(changed(q1=-ITEMS["q0"]), {"F": ["q0", "q1"]})),
    ],
)
def test_refused(rule: str, where: str, work) -> None:
    with pytest.raises(DesignError) as found:
        work()
    assert found.value.rule == f"drivers.{rule}"
    assert where in found.value.where


def test_quasi_separation_is_named_too() -> None:
    high = np.where(ITEMS["q0"] == 5, 1.0, (ITEMS["psu"] % 2 == 0) * 1.0)
    data = ITEMS.assign(high=high, five=(ITEMS["q0"] == 5) * 1.0)
    with pytest.raises(DesignError, match=r"drivers\.separation.*five"):
        regress(Design(data, "w"), "high", ["five", "q1"], "logistic")


def test_dropped_rows_are_a_domain_and_not_another_design() -> None:
    design = changed(q2=ITEMS["q2"].where(ITEMS["psu"] > 40))
    whole = regress(design, "overall", ["q2"], missing="drop")
    alone = regress(Design(ITEMS[ITEMS["psu"] > 40], "w", psu="psu"), "overall", ["q2"])
    np.testing.assert_allclose(whole.estimate, alone.estimate, rtol=1e-12)
    assert whole.n_rows == alone.n_rows == 359
    assert (whole.std_error != alone.std_error).all()
