"""Allocation of a total: exact sums, bounds, ties, every measure by hand, impossible wishes by name."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DesignError
from sampling.allocation import allocate, within

CLIPPED = ["proportional", "equal", "sqrt", "power", "cost_optimal", "fixed"]


def strata(sizes: list[int], **columns: object) -> pd.DataFrame:
    return pd.DataFrame({"stratum_id": [f"h{i:03d}" for i in range(len(sizes))], "pop_size": sizes, **columns})


def sizes_of(table: pd.DataFrame) -> list[int]:
    return table["sample_size"].tolist()


def test_proportional_by_hand_with_ties_by_name() -> None:
    assert sizes_of(allocate(strata([10, 10, 20]), 5, "proportional")) == [1, 1, 3]
    assert sizes_of(allocate(strata([10, 10, 10]), 4, "equal")) == [2, 1, 1]
    assert sizes_of(allocate(strata([100, 400, 900]), 60, "sqrt")) == [10, 20, 30]


def test_minimum_is_held_and_small_strata_become_a_census() -> None:
    table = allocate(strata([5, 50, 5000]), 200, "proportional", min_size=30, reserve_share=0.2)
    assert sizes_of(table) == [5, 30, 165]
    assert table["reserve_size"].tolist() == [0, 6, 33]


def test_both_bounds_at_once_where_fixing_one_side_after_the_other_fails() -> None:
    """a = 60, 30, 10 of 100; the ceiling of the first frees 40, the floor of the last then takes 15 of them."""
    frame = strata([1_000, 500, 200], min_size=[0, 0, 25], max_size=[20, 500, 200])
    assert sizes_of(allocate(frame, 100, "proportional")) == [20, 55, 25]


def test_power_by_hand() -> None:
    """Bankier: CV X^q = .5 x 100^.5, .2 x 400^.5, 1 x 25^.5 = 5, 4, 5."""
    frame = strata([1_000] * 3, cv=[0.5, 0.2, 1.0], size_total=[100, 400, 25])
    assert sizes_of(allocate(frame, 28, "power")) == [10, 8, 10]
    assert sizes_of(allocate(frame, 34, "power", power=0.0)) == [10, 4, 20]
    by_parts = strata([1_000] * 3, std_dev=[1.0, 1.0, 1.0], mean=[2.0, 5.0, 1.0], size_total=[100, 400, 25])
    assert sizes_of(allocate(by_parts, 28, "power")) == [10, 8, 10]


def test_cost_optimal_by_hand_and_as_proportional_where_all_is_equal() -> None:
    """N S / sqrt(c) = 100 x 2 / 2, 100 x 3 / 1, 200 x 1 / 1 = 100, 300, 200."""
    frame = strata([100, 100, 200], std_dev=[2.0, 3.0, 1.0], unit_cost=[4.0, 1.0, 1.0])
    assert sizes_of(allocate(frame, 12, "cost_optimal")) == [2, 6, 4]
    flat = strata([10, 70, 320], std_dev=[0.4] * 3, unit_cost=[9.0] * 3)
    assert sizes_of(allocate(flat, 57, "cost_optimal")) == sizes_of(allocate(flat, 57, "proportional"))


def test_float_noise_breaks_no_tie() -> None:
    """9 x .1 and 3 x .3 are one measure: the tie goes to the earlier stratum, not to the last binary digit."""
    assert 9 * 0.1 != 3 * 0.3
    frame = strata([3, 9], std_dev=[0.3, 0.1], unit_cost=[1.0, 1.0])
    assert sizes_of(allocate(frame, 5, "cost_optimal")) == [3, 2]
    assert sizes_of(allocate(strata([9, 3], std_dev=[0.1, 0.3], unit_cost=[1.0] * 2), 5, "cost_optimal")) == [3, 2]


def test_fixed_numbers_as_they_are_or_scaled_to_a_total() -> None:
    frame = strata([500, 500, 20])
    fixed = {"h000": 150, "h001": 200, "h002": 150}
    assert sizes_of(allocate(frame, None, "fixed", fixed=fixed)) == [150, 200, 20]
    assert sizes_of(allocate(frame, 90, "fixed", fixed=fixed)) == [30, 40, 20]


def test_numbers_of_a_unit_split_over_its_strata() -> None:
    groups, pop = np.array([0, 1, 0, 1, 1]), np.array([30, 10, 70, 10, 10])
    assert within(groups, pop, np.array([11, 5])).tolist() == [3, 2, 8, 2, 1]


@given(st.data())
def test_split_numbers_add_up_inside_every_unit(data) -> None:
    pop = np.array(data.draw(st.lists(st.integers(1, 10**9), min_size=1, max_size=30)))
    groups = np.array(data.draw(st.lists(st.integers(0, 4), min_size=len(pop), max_size=len(pop))))
    groups = np.unique(groups, return_inverse=True)[1]
    totals = np.bincount(groups, weights=pop).astype(int)
    numbers = np.array([data.draw(st.integers(0, int(one))) for one in totals])
    split = within(groups, pop, numbers)
    assert (np.bincount(groups, weights=split) == numbers).all()
    assert (abs(split - numbers[groups] * (pop / totals[groups])) < 1 + 1e-6).all()
    assert ((split >= 0) & (split <= pop)).all()


@st.composite
def problems(draw, largest: int = 3_000):
    """Strata with every column, bounds per stratum, and a total between them."""
    size = draw(st.integers(1, 25))
    column = lambda one: draw(st.lists(one, min_size=size, max_size=size))  # noqa: E731
    pop = np.array(column(st.integers(1, largest)))
    high = np.minimum(np.array(column(st.integers(1, largest))), pop)
    low = np.minimum(np.array(column(st.integers(0, 60))), high)
    frame = strata(
        pop.tolist(),
        min_size=low,
        max_size=high,
        std_dev=column(st.floats(0.01, 10)),
        mean=column(st.floats(0.1, 10)),
        unit_cost=column(st.floats(0.1, 10)),
    )
    total = draw(st.integers(int(low.sum()), int(high.sum())))
    return frame, total


def run(frame: pd.DataFrame, total: int, method: str) -> pd.DataFrame:
    fixed = {one: 1 + int(n) % 7 for one, n in zip(frame["stratum_id"], frame["pop_size"], strict=True)}
    return allocate(frame, total, method, fixed=fixed if method == "fixed" else None, reserve_share=0.15)


def faults_of(frame: pd.DataFrame, table: pd.DataFrame, total: int) -> list[str]:
    """What every allocation must satisfy."""
    n = table["sample_size"].to_numpy()
    checks = {
        "total": n.sum() == total,
        "lower": (n >= frame["min_size"]).all(),
        "upper": (n <= frame["max_size"]).all(),
        "reserve": (n + table["reserve_size"] <= table["pop_size"]).all(),
    }
    return [name for name, holds in checks.items() if not holds]


@given(problems(), st.sampled_from(CLIPPED))
def test_totals_are_exact_and_bounds_held(problem, method: str) -> None:
    frame, total = problem
    assert faults_of(frame, run(frame, total, method), total) == []


@given(problems(largest=10**9), st.sampled_from(CLIPPED))
def test_totals_are_exact_for_large_populations(problem, method: str) -> None:
    frame, total = problem
    assert faults_of(frame, run(frame, total, method), total) == []


@given(problems(), st.sampled_from(CLIPPED))
def test_sizes_lie_within_one_of_a_common_multiple_of_the_measure(problem, method: str) -> None:
    """The clip formula itself: between its bounds, no stratum is further than 1 from lambda a_h."""
    frame, total = problem
    n = run(frame, total, method)["sample_size"].to_numpy()
    pop, low, high = (frame[name].to_numpy() for name in ("pop_size", "min_size", "max_size"))
    spread, mean, cost = (frame[name].to_numpy() for name in ("std_dev", "mean", "unit_cost"))
    measure = {
        "proportional": pop,
        "equal": np.ones(len(pop)),
        "sqrt": np.sqrt(pop),
        "power": spread / mean * np.sqrt(pop),
        "cost_optimal": pop * spread / np.sqrt(cost),
        "fixed": 1 + pop % 7,
    }[method].astype(float)
    # n_h - 1 < lambda a_h unless a lower bound holds n_h up; n_h + 1 > lambda a_h unless an upper bound holds it down.
    at_least = max(((n - 1) / measure)[n > low], default=0.0)
    at_most = min(((n + 1) / measure)[n < high], default=math.inf)
    assert at_least <= at_most * (1 + 1e-6)


@pytest.mark.parametrize("method", ["proportional", "sqrt", "cost_optimal"])
def test_a_larger_stratum_never_gets_less(method: str) -> None:
    pop = list(range(3, 400, 7))
    frame = strata(pop, std_dev=[0.5] * len(pop), unit_cost=[1.0] * len(pop))
    n = allocate(frame, 777, method, min_size=2)["sample_size"]
    assert n.is_monotonic_increasing


@pytest.mark.parametrize(("plant", "found"), [((2, 1), ["total"]), ((1, -9), ["lower"]), ((0, 9), ["upper"])])
def test_a_planted_wrong_allocation_is_caught(plant: tuple[int, int], found: list[str]) -> None:
    frame = strata([20, 30, 50], min_size=[2, 4, 2], max_size=[8, 30, 50])
    table = allocate(frame, 20, "proportional", min_size=4)
    assert faults_of(frame, table, 20) == []
    table.loc[plant[0], "sample_size"] += plant[1]
    assert set(found) <= set(faults_of(frame, table, 20))


@given(st.lists(st.integers(1, 500), min_size=2, max_size=20), st.randoms())
def test_order_of_strata_changes_nothing(sizes: list[int], random) -> None:
    frame = strata(sizes)
    order = list(range(len(sizes)))
    random.shuffle(order)
    total = sum(sizes) // 2
    first, second = allocate(frame, total, "proportional"), allocate(frame.iloc[order], total, "proportional")
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    ("sizes", "total", "method", "options", "rule"),
    [
        ([10, 20], 31, "proportional", {}, "allocation.infeasible"),
        ([10, 20], 5, "equal", {"min_size": 4}, "allocation.infeasible"),
        ([10, 0], 5, "proportional", {}, "allocation.strata"),
        ([], 5, "proportional", {}, "allocation.strata"),
        ([10, 20], 5, "guess", {}, "allocation.method"),
        ([10, 20], 5, "neyman", {}, "allocation.column"),
        ([10, 20], 5, "fixed", {}, "allocation.fixed"),
        ([10, 20], 5, "equal", {"fixed": {"h000": 1}}, "allocation.fixed"),
        ([10, 20], None, "equal", {}, "allocation.total"),
        ([10, 20], 5, "equal", {"power": 0.5}, "allocation.power"),
        ([10, 20], 5, "power", {"power": 1.5}, "allocation.power"),
    ],
)
def test_impossible_wishes_are_named(sizes: list[int], total: int, method: str, options: dict, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        allocate(strata(sizes), total, method, **options)
    assert caught.value.rule == rule


@pytest.mark.parametrize(
    ("columns", "method", "where"),
    [
        ({"std_dev": [0.5, -1.0], "unit_cost": [1.0, 1.0]}, "cost_optimal", "std_dev, h001"),
        ({"std_dev": [0.5, 0.5], "unit_cost": [0.0, 1.0]}, "cost_optimal", "unit_cost, h000"),
        ({"std_dev": [0.5, float("nan")]}, "neyman", "std_dev, h001"),
        ({"std_dev": [0.5, 0.5], "mean": [1.0, 0.0]}, "power", "mean, h001"),
    ],
)
def test_a_figure_that_cannot_be_used_is_named_with_its_stratum(columns: dict, method: str, where: str) -> None:
    with pytest.raises(DesignError) as caught:
        allocate(strata([10, 20], **columns), 5, method)
    assert (caught.value.rule, caught.value.where) == ("allocation.column", where)


def test_crossed_bounds_and_missing_numbers_name_the_stratum() -> None:
    with pytest.raises(DesignError) as caught:
        allocate(strata([10, 20], min_size=[2, 9], max_size=[5, 8]), 5, "equal")
    assert (caught.value.rule, caught.value.where) == ("allocation.bounds", "h001")
    with pytest.raises(DesignError) as caught:
        allocate(strata([10, 20]), 5, "fixed", fixed={"h000": 5})
    assert caught.value.where == "h001"


def test_a_stratum_without_measure_keeps_its_minimum() -> None:
    frame = strata([100, 100], std_dev=[0.0, 1.0], unit_cost=[1.0, 1.0])
    assert sizes_of(allocate(frame, 50, "cost_optimal", min_size=3)) == [3, 47]
    with pytest.raises(DesignError) as caught:
        allocate(frame, 104, "cost_optimal", min_size=3)
    assert caught.value.expected == "6 <= n <= 103"
