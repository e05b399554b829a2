"""Neyman allocation in whole numbers: no other allocation within the bounds has a smaller variance."""

import itertools
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sampling.allocation import allocate
from sampling.numbers import exact


def strata(pop: list[int], std_dev: list[float], **columns: object) -> pd.DataFrame:
    ids = [f"h{i:04d}" for i in range(len(pop))]
    return pd.DataFrame({"stratum_id": ids, "pop_size": pop, "std_dev": std_dev, **columns})


def variance(frame: pd.DataFrame, sizes: list[int]) -> Fraction:
    """sum N^2 S^2 / n, exactly."""
    terms = zip(frame["pop_size"], frame["std_dev"], sizes, strict=True)
    return sum(((int(pop) * exact(float(s))) ** 2 / int(n) for pop, s, n in terms), Fraction(0))


def brute_force(frame: pd.DataFrame, total: int) -> Fraction:
    """Smallest variance over all allocations within the bounds."""
    lower = np.minimum(np.maximum(frame.get("min_size", 1), 1), frame["pop_size"])
    upper = np.minimum(frame.get("max_size", frame["pop_size"]), frame["pop_size"])
    ranges = [range(int(low), int(high) + 1) for low, high in zip(lower, upper, strict=True)]
    return min(variance(frame, list(sizes)) for sizes in itertools.product(*ranges) if sum(sizes) == total)


def one_by_one(frame: pd.DataFrame, total: int) -> list[int]:
    """Wright's rule as written, unit after unit, in exact fractions."""
    pop = frame["pop_size"].tolist()
    squares = [(n * exact(float(s))) ** 2 for n, s in zip(pop, frame["std_dev"], strict=True)]
    sizes = [1] * len(pop)
    while sum(sizes) < total:
        open_ones = [h for h in range(len(pop)) if sizes[h] < pop[h]]
        best = max(open_ones, key=lambda h: (squares[h] / (sizes[h] * (sizes[h] + 1)), squares[h], -h))
        sizes[best] += 1
    return sizes


small = st.integers(1, 4).flatmap(
    lambda size: st.tuples(
        st.lists(st.integers(1, 7), min_size=size, max_size=size),
        st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.5, 1.0, 2.5]), min_size=size, max_size=size),
    )
)


@given(small, st.floats(0, 1))
def test_no_other_allocation_is_better(case, place: float) -> None:
    pop, std_dev = case
    frame = strata(pop, std_dev)
    total = len(pop) + int(place * (sum(pop) - len(pop)))
    sizes = allocate(frame, total, "neyman")["sample_size"].tolist()
    assert sum(sizes) == total
    assert variance(frame, sizes) == brute_force(frame, total)


@given(small, st.floats(0, 1), st.data())
def test_no_other_allocation_is_better_within_bounds(case, place: float, data) -> None:
    pop, std_dev = case
    high = [data.draw(st.integers(1, one)) for one in pop]
    low = [data.draw(st.integers(1, one)) for one in high]
    frame = strata(pop, std_dev, min_size=low, max_size=high)
    total = sum(low) + int(place * (sum(high) - sum(low)))
    sizes = allocate(frame, total, "neyman")["sample_size"].tolist()
    assert variance(frame, sizes) == brute_force(frame, total)


@given(
    st.lists(st.tuples(st.integers(1, 400), st.sampled_from([0.0, 0.1, 0.3, 0.31, 7.5])), min_size=1, max_size=12),
    st.floats(0, 1),
)
def test_threshold_and_heap_are_the_rule_unit_by_unit(case, place: float) -> None:
    pop, std_dev = (list(one) for one in zip(*case, strict=True))
    frame = strata(pop, std_dev)
    total = len(pop) + int(place * (sum(pop) - len(pop)))
    assert allocate(frame, total, "neyman")["sample_size"].tolist() == one_by_one(frame, total)


def test_wright_ties_by_hand() -> None:
    """N S = 6, 6, 3: units go to 1, 2 (6/sqrt 2 each), then 1, 2 (6/sqrt 6) before 3 (3/sqrt 2 = 2.12 < 2.45)."""
    frame = strata([6, 6, 6], [1.0, 1.0, 0.5])
    assert [allocate(frame, n, "neyman")["sample_size"].tolist() for n in (4, 5, 6, 7, 8)] == [
        [2, 1, 1],
        [2, 2, 1],
        [3, 2, 1],
        [3, 3, 1],
        [3, 3, 2],
    ]


def test_equal_priorities_that_differ_in_the_last_binary_digit_are_ties() -> None:
    assert 9 * 0.1 != 3 * 0.3
    assert allocate(strata([3, 9], [0.3, 0.1]), 3, "neyman")["sample_size"].tolist() == [2, 1]
    assert allocate(strata([9, 3], [0.1, 0.3]), 3, "neyman")["sample_size"].tolist() == [2, 1]


def test_a_larger_total_takes_from_nobody() -> None:
    frame = strata([40, 9, 25, 60], [0.2, 1.5, 0.7, 0.2])
    tables = [allocate(frame, n, "neyman")["sample_size"].to_numpy() for n in range(4, 135)]
    assert all((later - sooner).min() >= 0 for sooner, later in itertools.pairwise(tables))


@pytest.mark.parametrize("total", [3_321, 40_000, 900_000])
def test_many_strata_and_a_large_total(total: int) -> None:
    rng = np.random.default_rng(3)
    frame = strata(rng.integers(300, 9_000, 3_321).tolist(), rng.uniform(0.1, 0.5, 3_321).tolist())
    table = allocate(frame, total, "neyman")
    assert table["sample_size"].sum() == total


def test_rounding_the_real_optimum_is_not_good_enough() -> None:
    """A wrong way that looks right: the proportional-to-N S rule with largest fractions is beaten by the exact one."""
    rng = np.random.default_rng(5)
    worse = 0
    for _ in range(60):
        frame = strata(rng.integers(3, 40, 6).tolist(), rng.uniform(0.05, 3, 6).round(2).tolist(), unit_cost=[1.0] * 6)
        exactly = allocate(frame, 14, "neyman")["sample_size"].tolist()
        rounded = allocate(frame, 14, "cost_optimal", min_size=1)["sample_size"].tolist()
        assert variance(frame, exactly) <= variance(frame, rounded)
        worse += variance(frame, exactly) < variance(frame, rounded)
    assert worse > 0
