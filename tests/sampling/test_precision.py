"""Least cost under precision targets: optimality, whole numbers that meet all targets, those out of reach by name."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled
from scipy.optimize import minimize

from errors import DesignError, FaultsFound
from sampling.allocation import PrecisionPlan, Target, allocate, allocate_for_precision
from sampling.size import issued_forms, margin_of_error, proportion_size, std_dev_of_share

Z = 1.959963984540054


def made_up(communes: int, per_commune: int, seed: int, groups: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    rows = communes * per_commune
    commune = np.repeat(np.arange(communes), per_commune)
    return pd.DataFrame(
        {
            "stratum_id": [f"h{one:05d}" for one in range(rows)],
            "pop_size": rng.lognormal(6, 0.7, rows).astype(int) + 50,
            "group": [f"g{one % groups}" for one in commune],
            "commune": [f"x{one:04d}" for one in commune],
            "std_dev_a": rng.uniform(0.2, 0.5, rows),
            "std_dev_b": rng.uniform(0.2, 0.5, rows),
            "mean_a": rng.uniform(0.3, 0.9, rows),
            "mean_b": rng.uniform(0.3, 0.9, rows),
            "unit_cost": rng.uniform(1, 3, rows).round(2),
            "response": rng.uniform(0.5, 1, rows).round(2),
        }
    )


def three_levels(whole: float, group: float, commune: float, measure: str = "margin") -> list[Target]:
    return [
        Target(variable, limit, level, measure)
        for variable in ("a", "b")
        for level, limit in (("", whole), ("group", group), ("commune", commune))
    ]


def reached(strata: pd.DataFrame, sizes: np.ndarray, target: Target, domain: str) -> float:
    """Margin or CV of one domain by the textbook formula, row by row."""
    rows = [h for h in range(len(strata)) if not target.level or strata[target.level].iloc[h] == domain]
    total = sum(int(strata["pop_size"].iloc[h]) for h in rows)
    variance = mean = 0.0
    for h in rows:
        one = strata.iloc[h]
        share = one["pop_size"] / total
        part = 1 / (sizes[h] * one.get("response", 1.0)) - 1 / one["pop_size"]
        variance += target.deff * share**2 * one[f"std_dev_{target.variable}"] ** 2 * part
        mean += share * one.get(f"mean_{target.variable}", math.nan)
    return Z * math.sqrt(variance) if target.measure == "margin" else math.sqrt(variance) / mean


def missed(strata: pd.DataFrame, targets: list[Target], sizes: np.ndarray) -> list[str]:
    """Targets that sizes do not meet, computed apart from the program."""
    found = []
    for target in targets:
        for domain in sorted(set(strata[target.level])) if target.level else [""]:
            if reached(strata, sizes, target, domain) > target.limit * (1 + 1e-9):
                found.append(f"{target.level} {domain} {target.variable}")
    return found


def sizes_of(plan: PrecisionPlan) -> np.ndarray:
    return plan.allocation["sample_size"].to_numpy()


@pytest.mark.parametrize("measure", ["margin", "cv"])
@pytest.mark.parametrize("per_commune", [1, 3])
def test_every_target_is_met_and_the_cost_is_near_the_bound(per_commune: int, measure: str) -> None:
    strata = made_up(12, per_commune, 4)
    targets = three_levels(0.03, 0.05, 0.11, measure)
    plan = allocate_for_precision(strata, targets)
    assert missed(strata, targets, sizes_of(plan)) == []
    assert plan.cost == pytest.approx(float(strata["unit_cost"] @ sizes_of(plan)))
    assert plan.dual_bound <= plan.whole_bound + 1e-6 <= plan.cost + 2e-6
    assert plan.gap_share < 0.01
    table = plan.constraints
    assert len(table) == 2 * (1 + 3 + 12)
    assert (table["reached"] <= table["limit"] * (1 + 1e-9)).all()
    for row in table.itertuples():
        target = Target(row.variable, row.limit, row.level, measure)
        assert row.reached == pytest.approx(reached(strata, sizes_of(plan), target, row.domain), rel=1e-9)


def test_no_single_form_can_be_left_out() -> None:
    strata = made_up(8, 2, 9)
    targets = three_levels(0.03, 0.06, 0.12)
    sizes = sizes_of(allocate_for_precision(strata, targets))
    for h in np.flatnonzero(sizes > 2):
        fewer = sizes.copy()
        fewer[h] -= 1
        assert missed(strata, targets, fewer) != [], h


@pytest.mark.full
def test_the_dual_bound_is_the_continuous_optimum_of_another_solver() -> None:
    """scipy trust-constr on the same problem; its optimum and the dual bound meet, and so do the multipliers (KKT)."""
    strata = made_up(4, 2, 2, groups=2)
    targets = three_levels(0.04, 0.05, 0.09)
    plan = allocate_for_precision(strata, targets)
    names = [(t, d) for t in targets for d in (sorted(set(strata[t.level])) if t.level else [""])]
    limits = np.array([target.limit for target, _ in names])

    def slack(sizes: np.ndarray) -> np.ndarray:
        return np.array([reached(strata, sizes, target, domain) for target, domain in names]) - limits

    cost = strata["unit_cost"].to_numpy()
    most = strata["pop_size"].to_numpy().astype(float)
    found = minimize(
        lambda sizes: cost @ sizes,
        most / 2,
        jac=lambda _: cost,
        method="SLSQP",
        bounds=[(2.0, one) for one in most],
        constraints=[{"type": "ineq", "fun": lambda sizes: -slack(sizes) * 1_000}],
        options={"maxiter": 500, "ftol": 1e-10},
    )
    assert found.success
    assert plan.dual_bound == pytest.approx(found.fun, rel=1e-5)
    # Stationarity: c_h = sum of price per unit of margin x what one form more takes off it, where no bound holds n_h.
    step = 1e-4 * found.x
    gradient = np.array(
        [
            (slack(found.x + step * unit) - slack(found.x - step * unit)) / (2 * s)
            for s, unit in zip(step, np.eye(8), strict=True)
        ]
    )
    keys = plan.constraints.set_index(["level", "domain", "variable"])["price"]
    prices = np.array([keys[(target.level, domain, target.variable)] for target, domain in names]) / 0.01
    inner = (found.x > 2.01) & (found.x < most - 0.01)
    assert inner.sum() >= 6
    assert (-(gradient @ prices))[inner] == pytest.approx(cost[inner], rel=2e-3)
    # Complementary slackness.
    assert prices * slack(found.x) == pytest.approx(np.zeros(len(prices)), abs=1e-3 * found.fun)


def test_a_price_is_what_one_point_saves() -> None:
    """The slope of the dual bound in one limit, by a small change of that limit to both sides."""
    strata = made_up(6, 2, 5)
    targets = three_levels(0.03, 0.5, 0.5)
    plan = allocate_for_precision(strata, targets)
    prices = plan.constraints.set_index(["level", "variable"])["price"]
    small = 1e-5
    for place in (0, 3):
        target = targets[place]
        bounds = []
        for limit in (target.limit - small, target.limit + small):
            changed = [*targets[:place], Target(target.variable, limit, target.level), *targets[place + 1 :]]
            bounds.append(allocate_for_precision(strata, changed).dual_bound)
        slope = (bounds[0] - bounds[1]) / (2 * small)
        assert prices[("", target.variable)].sum() == pytest.approx(0.01 * slope, rel=1e-3)
    assert prices.sum() > 1


def test_the_price_of_a_target_on_one_stratum() -> None:
    """One stratum a commune: n = a / V, so dn/de is known in closed form."""
    strata = pd.DataFrame({"stratum_id": ["h"], "pop_size": [10**9], "x": ["c"], "std_dev_a": [0.5]})
    plan = allocate_for_precision(strata, [Target("a", 0.05, "x")])
    assert plan.dual_bound == pytest.approx((Z * 0.5 / 0.05) ** 2, rel=1e-6)
    assert plan.constraints["price"].tolist() == pytest.approx([2 * (Z * 0.5) ** 2 / 0.05**3 * 0.01], rel=1e-6)
    assert plan.whole_bound == plan.cost == 385


@pytest.mark.parametrize(
    ("pop", "p", "deff", "response"), [(1_500, 0.5, 1.0, 1.0), (900, 0.8, 1.4, 0.35), (90, 0.6, 1.0, 0.9)]
)
def test_one_stratum_gives_the_sample_size_of_a_proportion(pop: int, p: float, deff: float, response: float) -> None:
    spread = std_dev_of_share(pop, p)
    strata = pd.DataFrame({"stratum_id": ["h"], "pop_size": [pop], "std_dev_a": [spread], "response": [response]})
    plan = allocate_for_precision(strata, [Target("a", 0.07, deff=deff)])
    needed = proportion_size(pop, 0.07, p, deff=deff)
    assert sizes_of(plan)[0] == math.ceil(needed / response)
    assert plan.constraints["reached"][0] == pytest.approx(
        margin_of_error(sizes_of(plan)[0] * response, pop, p, deff=deff), rel=1e-9
    )
    assert issued_forms(math.ceil(needed), response, pop) >= sizes_of(plan)[0]


def test_one_target_over_all_is_neymans_allocation_of_its_total() -> None:
    strata = made_up(5, 1, 8).drop(columns=["unit_cost", "response"])
    plan = allocate_for_precision(strata, [Target("a", 0.02)])
    neyman = allocate(strata.assign(std_dev=strata["std_dev_a"]), int(plan.cost), "neyman", min_size=2)
    assert abs(sizes_of(plan) - neyman["sample_size"].to_numpy()).max() <= 1


tiny = st.lists(
    st.tuples(st.integers(2, 6), st.sampled_from([0.2, 0.5, 1.0]), st.sampled_from([1, 2, 3])), min_size=1, max_size=4
)


@settings(max_examples=sampled(15, 40))
@given(tiny, st.sampled_from([0.2, 0.4, 0.7]), st.sampled_from([0.3, 0.6, 5.0]))
def test_against_every_allocation_of_a_tiny_case(case, whole: float, each: float) -> None:
    """The whole numbers are never below the bound, meet all targets, and cost at most one of the dearest forms more
    than the best there is."""
    strata = pd.DataFrame(case, columns=["pop_size", "std_dev_a", "unit_cost"])
    strata["stratum_id"] = strata["x"] = [f"h{i}" for i in range(len(strata))]
    strata["half"] = [f"d{i // 2}" for i in range(len(strata))]
    targets = [Target("a", whole), Target("a", each, "half")]
    plan = allocate_for_precision(strata, targets)
    cost = strata["unit_cost"].to_numpy()
    best = min(
        float(cost @ np.array(sizes))
        for sizes in itertools.product(*(range(2, int(one) + 1) for one in strata["pop_size"]))
        if not missed(strata, targets, np.array(sizes))
    )
    assert missed(strata, targets, sizes_of(plan)) == []
    assert plan.dual_bound <= best + 1e-6
    assert plan.whole_bound <= best + 1e-6
    assert best <= plan.cost <= best + cost.max()


@settings(max_examples=sampled(10, 25))
@given(st.integers(0, 10_000), st.integers(1, 3), st.floats(0.02, 0.2), st.floats(0.08, 0.3))
def test_random_cases_meet_all_targets_or_name_those_out_of_reach(
    seed: int, per_commune: int, whole: float, commune: float
) -> None:
    strata = made_up(6, per_commune, seed)
    strata["max_size"] = strata["pop_size"] // 2
    targets = three_levels(whole, 1.5 * whole, commune)
    try:
        plan = allocate_for_precision(strata, targets)
    except FaultsFound as error:
        assert len(error.faults) == len(missed(strata, targets, strata["max_size"].to_numpy()))
        return
    assert missed(strata, targets, sizes_of(plan)) == []
    assert (sizes_of(plan) <= strata["max_size"]).all() and (sizes_of(plan) >= 2).all()
    assert plan.dual_bound <= plan.whole_bound + 1e-6 <= plan.cost + 2e-6


def test_a_planted_shortage_is_found_by_the_check() -> None:
    strata = made_up(6, 2, 1)
    targets = three_levels(0.03, 0.05, 0.1)
    sizes = sizes_of(allocate_for_precision(strata, targets)).copy()
    sizes[3] -= 5
    assert missed(strata, targets, sizes) != []


def test_targets_out_of_reach_are_all_named() -> None:
    """Nonresponse keeps an error even in a census: with half the answers, 40 people reach 15.7 points at best."""
    strata = pd.DataFrame(
        {
            "stratum_id": ["a", "b", "c"],
            "pop_size": [40, 4_000, 40],
            "x": ["X1", "X2", "X3"],
            "std_dev_y": [std_dev_of_share(one, 0.5) for one in (40, 4_000, 40)],
            "response": [0.5] * 3,
        }
    )
    with pytest.raises(FaultsFound) as caught:
        allocate_for_precision(strata, [Target("y", 0.1, "x"), Target("y", 0.05)])
    assert caught.value.rule == "allocation.unreachable"
    assert [fault.column for fault in caught.value.faults] == ["x X1 y", "x X3 y"]
    best = margin_of_error(20, 40)
    assert caught.value.faults[0].got == f"{best:.4g}"
    assert missed(strata, [Target("y", best, "x")], np.array([40, 4_000, 40])) == []


def test_strata_outside_a_level_and_without_spread() -> None:
    strata = made_up(6, 1, 3)
    strata.loc[strata["group"] == "g0", "group"] = ""
    strata.loc[5, ["std_dev_a", "std_dev_b"]] = 0.0
    plan = allocate_for_precision(strata, [Target("a", 0.08, "group"), Target("b", 0.08, "group")])
    assert sorted(set(plan.constraints["domain"])) == ["g1", "g2"]
    assert sizes_of(plan)[[0, 3, 5]].tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("targets", "change", "rule"),
    [
        ([], {}, "allocation.target"),
        ([Target("a", 0.0)], {}, "allocation.target"),
        ([Target("a", 0.1, deff=0.0)], {}, "allocation.target"),
        ([Target("nothing", 0.1)], {}, "allocation.column"),
        ([Target("a", 0.1, "nowhere")], {}, "allocation.level"),
        ([Target("a", 0.1)], {"unit_cost": 0.0}, "allocation.column"),
        ([Target("a", 0.1)], {"response": 1.2}, "allocation.column"),
        ([Target("a", 0.1, measure="cv")], {"mean_a": 0.0}, "allocation.column"),
    ],
)
def test_nonsense_is_refused_by_name(targets: list[Target], change: dict, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        allocate_for_precision(made_up(3, 1, 1).assign(**change), targets)
    assert caught.value.rule == rule


def test_as_many_communes_as_the_country_has() -> None:
    strata = made_up(3_321, 1, 7, groups=34)
    targets = three_levels(0.005, 0.02, 0.1)
    plan = allocate_for_precision(strata, targets)
    assert (plan.constraints["reached"] <= plan.constraints["limit"] * (1 + 1e-9)).all()
    assert plan.gap_share < 0.01
