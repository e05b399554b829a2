"""Allocation: exact totals, bounds, published tables."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.allocation import allocate
from sampling.errors import DesignError


def strata(sizes: list[int]) -> pd.DataFrame:
    return pd.DataFrame({"stratum_id": [f"h{i:03d}" for i in range(len(sizes))], "pop_size": sizes})


def test_binh_duong_2018_fixed_numbers_per_kind_of_commune() -> None:
    kinds = ["xa"] * 48 + ["phuong"] * 43
    frame = strata([5_000] * 91)
    fixed = {one: {"xa": 150, "phuong": 200}[kind] for one, kind in zip(frame["stratum_id"], kinds, strict=True)}
    table = allocate(frame, 15_800, "fixed", fixed=fixed)
    assert table["sample_size"].value_counts().to_dict() == {150: 48, 200: 43}


def test_proportional_by_hand_with_ties_by_name() -> None:
    assert allocate(strata([10, 10, 20]), 5, "proportional")["sample_size"].tolist() == [1, 1, 3]
    assert allocate(strata([10, 10, 10]), 4, "equal")["sample_size"].tolist() == [2, 1, 1]
    assert allocate(strata([100, 400, 900]), 60, "sqrt")["sample_size"].tolist() == [10, 20, 30]


def test_minimum_is_held_and_small_strata_become_a_census() -> None:
    table = allocate(strata([5, 50, 5000]), 200, "proportional", min_size=30, reserve_share=0.2)
    assert table["sample_size"].tolist() == [5, 30, 165]
    assert table["reserve_size"].tolist() == [0, 6, 33]


@given(
    st.lists(st.integers(1, 3_000), min_size=1, max_size=40),
    st.integers(0, 60),
    st.floats(0, 1),
    st.sampled_from(["proportional", "equal", "sqrt"]),
)
def test_totals_are_exact_and_bounds_held(sizes: list[int], minimum: int, place: float, method: str) -> None:
    lowest = sum(min(minimum, one) for one in sizes)
    total = lowest + int(place * (sum(sizes) - lowest))
    table = allocate(strata(sizes), total, method, min_size=minimum, reserve_share=0.15)
    n = table["sample_size"]
    assert n.sum() == total
    assert (n <= table["pop_size"]).all()
    assert (n >= table["pop_size"].clip(upper=minimum)).all()
    assert (n + table["reserve_size"] <= table["pop_size"]).all()


@given(st.lists(st.integers(1, 500), min_size=2, max_size=20), st.randoms())
def test_order_of_strata_changes_nothing(sizes: list[int], random) -> None:
    frame = strata(sizes)
    order = list(range(len(sizes)))
    random.shuffle(order)
    total = sum(sizes) // 2
    first, second = allocate(frame, total, "proportional"), allocate(frame.iloc[order], total, "proportional")
    pd.testing.assert_frame_equal(first, second)


@pytest.mark.parametrize(
    ("sizes", "total", "method", "rule"),
    [
        ([10, 20], 31, "proportional", "allocation.infeasible"),
        ([10, 0], 5, "proportional", "allocation.strata"),
        ([10, 20], 5, "neyman", "allocation.method"),
        ([10, 20], 5, "fixed", "allocation.fixed"),
    ],
)
def test_impossible_wishes_are_named(sizes: list[int], total: int, method: str, rule: str) -> None:
    with pytest.raises(DesignError) as caught:
        allocate(strata(sizes), total, method)
    assert caught.value.rule == rule


def test_fixed_needs_a_number_for_every_stratum() -> None:
    with pytest.raises(DesignError) as caught:
        allocate(strata([10, 20]), 5, "fixed", fixed={"h000": 5})
    assert caught.value.where == "h001"
