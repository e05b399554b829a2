"""Replicates: identities, agreement with linearised errors, calibrated again, order and chunks, what is refused."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from errors import DesignError, SurveyError, WeightError
from sampling.design import Design
from sampling.estimation import linear_combinations, total_table
from sampling.replication import (
    Replication,
    Statistic,
    balanced,
    bootstrap,
    combinations,
    given_replicates,
    jackknife,
    replicate,
    sums,
)
from sampling.replication.balanced import sylvester
from sampling.replication.bootstrap import generator
from sampling.sums import totals
from sampling.weighting import Calibration, DesignStep, Rescale, Trim, apply_recipe, calibrate, rake

SEED = "5eed" * 16
STAGES = pd.read_csv(Path(__file__).parents[2] / "reference" / "designs" / "two_stage.csv")
STAGES = STAGES[STAGES["stratum"] != 4]


def survey(strata: int = 6, psus: int = 7, rows: int = 6) -> pd.DataFrame:
    rng = np.random.default_rng(5)
    n = strata * psus * rows
    psu = np.repeat(np.arange(strata * psus), rows)
    level = rng.normal(0, 0.6, strata * psus)[psu]
    data = pd.DataFrame({"stratum": psu // psus, "psu": psu, "w": rng.uniform(2, 9, n)})
    data = data.assign(n_psu_pop=psus * 4, unit=rng.choice(["u1", "u2", "u3"], n), sex=rng.choice(["f", "m"], n))
    data = data.assign(area=rng.choice(["hill", "plain", "town"], n), income=rng.uniform(1, 5, n))
    return data.assign(y=5 + level + rng.normal(0, 1, n), top=(level + rng.normal(0, 1, n) > 0).astype(float))


DATA = survey()
PLAN = {"stratum": "stratum", "psu": "psu", "pop_size": "n_psu_pop"}
PLAIN = Design(DATA, "w", **PLAN)


def goals(data: pd.DataFrame, weight: str, names: tuple[str, ...] = ("sex", "area")) -> pd.DataFrame:
    whole, parts = 1.05 * data[weight].sum(), []
    for name in names:
        found = data.groupby(name)[weight].sum() * np.linspace(0.9, 1.1, data[name].nunique())
        parts.append(pd.DataFrame({"margin": name, "category": found.index, "total": found / found.sum() * whole}))
    return pd.concat(parts, ignore_index=True).assign(partition="", source="made up")


def raked(data: pd.DataFrame = DATA) -> Design:
    return rake(Design(data, "w", **PLAN), goals(DATA, "w"))


RAKED = raked()


def errors(replication: Replication, statistic: Statistic | None = None, by: str | None = "unit") -> np.ndarray:
    return np.sqrt(replicate(replication, ["y", "top"], by, statistic).variance)


def multipliers(replication: Replication, at_once: int = 7) -> np.ndarray:
    return np.concatenate(list(replication.multipliers.chunks(at_once)), axis=1)


def test_jackknife_equals_the_linearised_error_of_totals() -> None:
    linear = total_table(totals(PLAIN, ["y", "top"], "unit"))["std_error"].to_numpy().reshape(3, 2)
    order = sorted(range(2), key=["y", "top"].__getitem__)
    np.testing.assert_allclose(errors(jackknife(PLAIN), sums(2))[:, order], linear, rtol=1e-10)


def test_jackknife_equals_the_linearised_error_of_a_mean_of_psu_totals() -> None:
    per_psu = DATA.assign(t=DATA["w"] * DATA["y"]).groupby(["stratum", "psu", "n_psu_pop"], as_index=False)["t"].sum()
    design = Design(per_psu.assign(w=4.0), "w", **PLAN)
    linear = linear_combinations(totals(design, ["t"]), np.eye(1)).variance
    np.testing.assert_allclose(replicate(jackknife(design), ["t"]).variance, linear, rtol=1e-10)


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(2, 6), st.integers(0, 10_000), st.booleans())
def test_jackknife_of_totals_in_any_design(strata: int, psus: int, chance: int, with_fpc: bool) -> None:
    rng = np.random.default_rng(chance)
    n = strata * psus * 3
    psu = rng.permutation(n) % (strata * psus)
    data = pd.DataFrame(
        {"h": psu // psus, "i": psu, "N": psus + 1, "w": rng.uniform(1, 9, n), "y": rng.normal(0, 5, n)}
    )
    design = Design(data, "w", "h", "i", "N" if with_fpc else None)
    linear = total_table(totals(design, ["y"]))["std_error"].iloc[0]
    own = np.sqrt(replicate(jackknife(design), ["y"], None, sums(1)).variance[0, 0])
    assert own == pytest.approx(linear, rel=1e-9, abs=1e-9)


def test_rao_wu_yue_multipliers_by_hand() -> None:
    made = bootstrap(PLAIN, 5, SEED)
    raw = generator(SEED).random_raw(5 * 6 * 6).reshape(5, 6, 6)
    left, n = np.sqrt(1 - 7 / 28), 7
    for draw in range(5):
        for stratum in range(6):
            counts = np.bincount([(int(u) >> 32) * n >> 32 for u in raw[draw, stratum]], minlength=n)
            expected = 1 - left + left * n / (n - 1) * counts
            own = multipliers(made)[stratum * n : (stratum + 1) * n, draw]
            np.testing.assert_allclose(own, expected, rtol=1e-14)
            assert own.sum() == pytest.approx(n)


@pytest.mark.parametrize("design", [PLAIN, Design(DATA, "w", "stratum", "psu")], ids=["fpc", "none"])
def test_bootstrap_errors_of_totals_are_near_the_linearised_ones(design: Design) -> None:
    linear = total_table(totals(design, ["top", "y"], "unit"))["std_error"].to_numpy().reshape(3, 2)
    own = errors(bootstrap(design, 2000, SEED), sums(2))[:, ::-1]
    assert np.abs(own / linear - 1).max() < 4 / np.sqrt(2 * 2000)


def test_bootstrap_with_raking_is_near_the_residual_errors() -> None:
    linear = linear_combinations(totals(RAKED, ["y", "top"], "unit"), np.eye(2))
    made = replicate(bootstrap(RAKED, 2000, SEED), ["y", "top"], "unit")
    assert np.abs(np.sqrt(made.variance / linear.variance) - 1).max() < 0.12
    counts = replace(RAKED, data=RAKED.data.assign(one=1.0))
    fixed = replicate(bootstrap(counts, 50, SEED), ["one"], "sex", sums(1))
    np.testing.assert_allclose(fixed.variance, 0, atol=1e-12 * fixed.value.max() ** 2)


def test_multistage_bootstrap_is_near_the_two_stage_error_and_one_stage_would_not_be() -> None:
    design = Design(STAGES, "w", "stratum", ["psu", "household"], ["n_psu_pop", "n_hh_pop"])
    made = bootstrap(design, 3000, SEED)
    assert made.kind == "multistage bootstrap"
    linear = total_table(totals(design, ["top", "y"]))["std_error"].to_numpy()
    own = errors(made, sums(2), None)[0][::-1]
    assert np.abs(own / linear - 1).max() < 4 / np.sqrt(2 * 3000)
    first = total_table(totals(Design(STAGES, "w", "stratum", "psu", "n_psu_pop"), ["top", "y"]))["std_error"]
    assert np.abs(first / linear - 1).max() > 4 / np.sqrt(2 * 3000)


def test_all_half_samples_of_a_small_design_give_the_two_stage_variance(monkeypatch: pytest.MonkeyPatch) -> None:
    data = pd.DataFrame({"i": [1, 1, 2, 2], "j": [1, 2, 3, 4], "N": 3, "M": [5, 5, 7, 7], "w": [2.0, 3.0, 4.0, 5.0]})
    design = Design(data.assign(y=[1.0, 4.0, -2.0, 6.0]), "w", psu=["i", "j"], pop_size=["N", "M"])
    made, found = bootstrap(design, 1, SEED).multipliers, []
    halves = [np.array([1.0, 0.0]), np.array([0.0, 1.0])]
    for first, second, third in itertools.product(halves, repeat=3):
        taken = iter([first, np.concatenate([second, third])])
        monkeypatch.setattr("sampling.replication.multistage._taken", lambda *_, taken=taken: next(taken))
        found.append(next(made.chunks(1))[:, 0])
    table = np.stack(found, axis=1)
    np.testing.assert_allclose(table.mean(axis=1), 1.0, rtol=1e-13)
    t = (data["w"] * [1.0, 4.0, -2.0, 6.0]).to_numpy() @ table
    linear = total_table(totals(design, ["y"]))["std_error"].iloc[0]
    assert np.sqrt(((t - t.mean()) ** 2).mean()) == pytest.approx(linear, rel=1e-12)


def test_a_census_of_clusters_varies_only_inside_them() -> None:
    data = DATA.assign(n_psu_pop=7, row=np.arange(len(DATA)), n_row=12)
    design = Design(data, "w", "stratum", ["psu", "row"], ["n_psu_pop", "n_row"])
    table = multipliers(bootstrap(design, 64, SEED))
    assert table.min() >= 0
    np.testing.assert_allclose(table.reshape(42, 6, 64).sum(axis=1), 6.0)
    linear = total_table(totals(design, ["top", "y"]))["std_error"].to_numpy()
    own = errors(bootstrap(design, 2000, SEED), sums(2), None)[0][::-1]
    assert np.abs(own / linear - 1).max() < 4 / np.sqrt(2 * 2000)


def test_small_fractions_of_two_stages_use_the_first() -> None:
    data = DATA.assign(n_psu_pop=700, row=np.arange(len(DATA)), n_row=12)
    design = Design(data, "w", "stratum", ["psu", "row"], ["n_psu_pop", "n_row"])
    assert bootstrap(design, 3, SEED).kind == "bootstrap"
    one = Design(data, "w", "stratum", "psu", "n_psu_pop")
    np.testing.assert_allclose(errors(jackknife(design)), errors(jackknife(one)), rtol=1e-13)


def bounded() -> Design:
    return calibrate(PLAIN, goals(DATA, "w"), method="truncated", bounds=(0.3, 3.0))


@pytest.mark.parametrize("full", [RAKED, bounded()], ids=["raked", "bounded"])
@pytest.mark.parametrize("make", [lambda d: bootstrap(d, 70, SEED), jackknife], ids=["bootstrap", "jackknife"])
def test_neither_row_order_nor_chunks_change_a_byte(make, full: Design) -> None:
    order = np.random.default_rng(3).permutation(len(DATA))
    other = replace(full, data=full.data.iloc[order])
    usual = replicate(make(full), ["y", "top"], "unit", keep=True)
    for design, size in ((full, 16), (other, 32), (other, None)):
        again = replicate(make(design), ["y", "top"], "unit", keep=True, at_once=size)
        assert again.variance.tobytes() == usual.variance.tobytes()
        assert again.replicates.tobytes() == usual.replicates.tobytes()


def by_recipe(design: Design, cases: pd.DataFrame, recipe, table: pd.DataFrame, b: np.ndarray) -> np.ndarray:
    """Shares by unit of every replicate, from weights made row by row by the recipe."""
    full, found = apply_recipe(cases, recipe, table), []
    for column in b.T:
        w = apply_recipe(cases, recipe, table, multipliers=column, full=full).final
        wy = (cases["y"] * w).groupby(cases["unit"]).sum()
        found.append((wy / pd.Series(w).groupby(cases["unit"]).sum()).to_numpy())
    return np.stack(found, axis=1)


RECIPES = {
    "rake": [Calibration("rake", ("sex", "area"))],
    "linear": [Calibration("calibrate", ("sex", "area"), method="linear")],
    "logit": [Calibration("calibrate", ("sex", "area"), method="logit", bounds=(0.2, 4.0))],
    "bounded": [Calibration("calibrate", ("sex", "area"), method="truncated", bounds=(0.2, 4.0))],
    "two": [Calibration("poststratify", ("area",), "first"), Calibration("rake", ("sex", "area"), "second")],
    "trim": [Trim("times_median", 1.6), Calibration("rake", ("sex", "area"))],
    "rescale": [Calibration("rake", ("sex", "area")), Rescale("respondents")],
    "partition": [Calibration("rake", ("sex",), partition="unit")],
    "number": [Calibration("calibrate", ("sex", "income"), method="linear")],
}


@pytest.mark.parametrize("name", RECIPES)
def test_replicates_are_those_of_the_recipe_row_by_row(name: str) -> None:
    cases = DATA.assign(design_weight=DATA["w"], case_status="respondent")
    table = goals(DATA, "w")
    if name == "number":
        whole = pd.DataFrame(
            {"margin": ["income"], "category": "", "total": [1.04 * (DATA["w"] * DATA["income"]).sum()]}
        )
        table = pd.concat([table[table["margin"] == "sex"], whole.assign(partition="", source="x")], ignore_index=True)
    if name == "partition":
        parts = [goals(own, "w", ("sex",)).assign(partition=unit) for unit, own in DATA.groupby("unit")]
        table = pd.concat(parts, ignore_index=True)
    recipe = [DesignStep(), *RECIPES[name]]
    done = apply_recipe(cases, recipe, table)
    rows = cases.assign(g=done.final, row_id=range(len(cases)))
    design = Design(rows, "g", **PLAN, id="row_id", adjustments=done.calibration())
    made = bootstrap(design, 12, SEED)
    own = replicate(made, ["y"], "unit", keep=True).replicates[:, 0]
    rows = multipliers(made)[made.unit]
    if name == "trim":  # a case at its cap may stay there: the bound cap/d is that of the full sample
        assert (done.steps[1].factor < 1).any()
    np.testing.assert_allclose(own, by_recipe(design, cases, recipe, table, rows), rtol=1e-8)


def test_response_classes_keep_their_sum_of_weights() -> None:
    data = DATA.assign(one=1.0, response_class=np.where(DATA["psu"] % 2 == 0, "even", "odd"))
    design = Design(data, "w", **PLAN)
    fixed = replicate(bootstrap(design, 60, SEED), ["one"], "response_class", sums(1))
    kept = bootstrap(design, 60, SEED, replay="all")
    replayed = replicate(kept, ["one"], "response_class", sums(1))
    assert (fixed.variance > 1).all()
    np.testing.assert_allclose(replayed.variance, 0, atol=1e-15 * fixed.value.max() ** 2)


def test_any_function_of_totals() -> None:
    mix = np.array([[0.2, 0.8], [1.0, -0.5]])
    made = replicate(jackknife(PLAIN), ["y", "top"], "unit", combinations(mix, ("a", "b")))
    linear = linear_combinations(totals(PLAIN, ["y", "top"], "unit"), mix)
    np.testing.assert_allclose(made.value, linear.value, rtol=1e-12)
    assert np.abs(np.sqrt(made.variance / linear.variance) - 1).max() < 0.05

    def min_max(wy: np.ndarray, wa: np.ndarray) -> np.ndarray:
        r = wy / wa
        return (r - r.min(axis=0)) / (r.max(axis=0) - r.min(axis=0))

    index = replicate(bootstrap(PLAIN, 40, SEED), ["y"], "unit", Statistic(min_max, ("index",)), keep=True)
    assert sorted(index.value[:, 0])[::2] == [0, 1]
    kept = index.replicates[:, 0]
    assert kept.min(axis=0).max() == 0 and kept.max(axis=0).min() == 1
    np.testing.assert_allclose(index.shift[:, 0], kept.mean(axis=1) - index.value[:, 0], atol=1e-14)
    np.testing.assert_allclose(index.variance[:, 0], ((kept - index.value) ** 2).mean(axis=1), rtol=1e-12)


def test_a_domain_of_one_psu_is_sparse_when_it_can_vanish() -> None:
    lone = DATA.assign(unit=np.where(DATA["psu"] == 3, "lone", DATA["unit"]))
    design = Design(lone, "w", "stratum", "psu")
    made = replicate(bootstrap(design, 200, SEED), ["y"], "unit", keep=True)
    table = made.table().set_index("domain")
    assert table.loc["lone", "reason"] == "sparse"
    assert np.isnan(table.loc["lone", "std_error"])
    assert table.loc[["u1", "u2", "u3"], "reason"].eq("").all()
    gone = multipliers(bootstrap(design, 200, SEED))[3] == 0
    place = made.domains.index("lone")
    np.testing.assert_array_equal(made.replicates[place, 0, gone], made.value[place, 0])
    one_in_42 = replicate(jackknife(design), ["y"], "unit")
    assert one_in_42.sparse[place].all()


def test_missing_answers_count_for_their_own_item() -> None:
    data = DATA.assign(y=DATA["y"].where(DATA["psu"] % 3 > 0), top=DATA["top"].where(DATA["unit"] != "u2"))
    design = Design(data, "w", **PLAN)
    made = replicate(jackknife(design), ["y", "top"], "unit")
    alone = replicate(jackknife(replace(design, data=data)), ["y"], "unit")
    np.testing.assert_array_equal(made.variance[:, 0], alone.variance[:, 0])
    assert made.table().set_index(["domain", "variable"]).loc[("u2", "top"), "reason"] == "no_answer"


def test_sylvester_columns_are_orthogonal() -> None:
    matrix = sylvester(np.arange(16), np.arange(16))
    np.testing.assert_array_equal(matrix.T @ matrix, 16 * np.eye(16))


ONE = DATA[(DATA["stratum"] > 0) | (DATA["psu"] == 0)]
TWO = Design(DATA[DATA["psu"] % 7 < 2], "w", "stratum", "psu")
DEEP = Design(STAGES, "w", "stratum", ["psu", "household"], ["n_psu_pop", "n_hh_pop"])
BY_HAND = replace(RAKED, adjustments=(replace(RAKED.calibration[0], refit=None),))
SMALL = DATA.assign(sex=np.where(DATA["psu"] == 5, "x", DATA["sex"]))
LOST = rake(Design(SMALL, "w", "stratum", "psu"), goals(SMALL, "w"))


@pytest.mark.parametrize(
    ("rule", "work"),
    [
        ("replication.lonely", lambda: jackknife(Design(ONE, "w", **PLAN))),
        ("replication.lonely", lambda: bootstrap(Design(ONE, "w", **PLAN, lonely_psu="adjust"), 9, SEED)),
        ("replication.multistage", lambda: jackknife(DEEP)),
        ("replication.nothing", lambda: jackknife(Design(DATA.assign(n_psu_pop=7), "w", **PLAN))),
        ("replication.nothing", lambda: bootstrap(Design(DATA.assign(n_psu_pop=7), "w", **PLAN), 9, SEED)),
        ("replication.psu", lambda: bootstrap(Design(DATA, "w", "stratum"), 9, SEED)),
        ("replication.replicates", lambda: bootstrap(PLAIN, 0, SEED)),
        ("draw.seed", lambda: bootstrap(PLAIN, 9, "a" * 63)),
        ("replication.pairs", lambda: balanced(Design(DATA, "w", "stratum", "psu"))),
        ("replication.fpc", lambda: balanced(Design(DATA[DATA["psu"] % 7 < 2], "w", **PLAN))),
        ("replication.rho", lambda: balanced(TWO, 1.0)),
        ("replication.step", lambda: replicate(jackknife(BY_HAND), ["y"])),
        ("replication.response_class", lambda: replicate(jackknife(PLAIN, replay="all"), ["y"])),
        ("replication.replay", lambda: jackknife(PLAIN, replay="propensity")),
        ("replication.weights", lambda: given_replicates(PLAIN, np.ones((3, 4)), 1.0)),
        ("replication.weights", lambda: given_replicates(PLAIN, np.full((len(DATA), 4), np.nan), 1.0)),
        ("replication.empty_margin", lambda: replicate(bootstrap(LOST, 99, SEED), ["y"])),
    ],
)
def test_refused(rule: str, work) -> None:
    with pytest.raises(SurveyError) as found:
        work()
    assert found.value.rule == rule
    assert isinstance(found.value, (DesignError, WeightError))


def test_a_total_out_of_the_reach_of_a_replicate_is_named() -> None:
    table = goals(DATA, "w").assign(total=lambda one: one["total"] / 1.05)
    design = calibrate(Design(DATA, "w", "stratum", "psu"), table, method="truncated", bounds=(0.8, 1.25))
    with pytest.raises(WeightError) as found:
        replicate(bootstrap(design, 40, SEED), ["y"])
    assert found.value.rule == "replication.margin"
    assert found.value.where.partition(" = ")[0] in ("sex", "area")


def test_margins_that_were_only_approached_are_refused() -> None:
    near = calibrate(PLAIN, goals(DATA, "w"), penalties={"area": 3.0})
    with pytest.raises(DesignError, match=r"replication\.step"):
        replicate(jackknife(near), ["y"])


def test_stages_below_a_stage_by_size_have_no_bootstrap() -> None:
    design = Design(STAGES[STAGES["stratum"] <= 2], "w", "stratum", ["psu", "household"], None, ["pi", "pi2"])
    with pytest.raises(DesignError, match=r"replication\.pps"):
        bootstrap(replace(design, lonely_psu="certainty"), 9, SEED)


def test_a_unanimous_item_shows_no_error() -> None:
    data = DATA.assign(top=np.where(DATA["unit"] == "u2", 1.0, DATA["top"]))
    design = rake(Design(data, "w", **PLAN), goals(data, "w"))
    table = replicate(bootstrap(design, 30, SEED), ["top"], "unit").table().set_index("domain")
    assert table.loc["u2", ["estimate", "reason"]].tolist() == [1.0, "unanimous"]
    assert np.isnan(table.loc["u2", "std_error"])
    assert table.loc["u1", "std_error"] > 0


def test_pps_is_drawn_again_with_replacement_and_certain_units_stay() -> None:
    prob = np.where(DATA["psu"] % 7 == 0, 1.0, 0.2)
    design = Design(DATA.assign(pi=prob), "w", "stratum", "psu", inclusion_prob="pi")
    made = bootstrap(design, 2000, SEED)
    assert made.is_conservative
    table = multipliers(made)
    np.testing.assert_array_equal(table[made.unit[DATA["psu"] % 7 == 0]], 1.0)
    free = replace(design, inclusion_prob=None, data=DATA[DATA["psu"] % 7 > 0])
    linear = total_table(totals(free, ["top", "y"]))["std_error"].to_numpy()
    own = errors(made, sums(2), None)[0][::-1]
    assert np.abs(own / linear - 1).max() < 4 / np.sqrt(2 * 2000)


def test_lonely_units_may_count_as_certain() -> None:
    design = Design(ONE, "w", **PLAN, lonely_psu="certainty")
    linear = total_table(totals(design, ["top", "y"]))["std_error"].to_numpy()
    np.testing.assert_allclose(errors(jackknife(design), sums(2), None)[0][::-1], linear, rtol=1e-10)
    assert (multipliers(bootstrap(design, 5, SEED))[0] == 1).all()
