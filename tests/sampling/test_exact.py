"""Sums that are the same in any order, against exact fractions."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sampling.codes import compact
from sampling.exact import BlockSums, added, bincount, grouping, join, split, sums_by

NUMBERS = st.lists(
    st.floats(-1e13, 1e13, allow_nan=False).filter(lambda one: one == 0 or abs(one) > 1e-12), min_size=1, max_size=40
)


@given(NUMBERS, st.randoms(use_true_random=False))
def test_a_sum_is_right_and_the_same_in_any_order(values: list[float], random: object) -> None:
    x, codes = np.array(values), np.zeros(len(values), dtype=np.int64)
    total = sums_by(codes, x, 1)[0]
    exact = sum(map(Fraction, values), Fraction(0))
    largest = max(1.0, float(np.abs(x).sum()))
    assert abs(Fraction(float(total)) - exact) <= Fraction(largest) / 2**51
    random.shuffle(values)
    assert sums_by(codes, np.array(values), 1)[0] == total


@given(NUMBERS, st.integers(1, 7))
def test_parts_of_chunks_add_up_to_the_parts_of_the_whole(values: list[float], chunks: int) -> None:
    x = np.array(values)
    zero = np.zeros(len(x), dtype=np.int64)
    parts = [
        {grid: bincount(zero[at::chunks], part, 1) for grid, part in split(x[at::chunks]).items()}
        for at in range(chunks)
    ]
    assert join(added(parts, (1,)), (1,))[0] == sums_by(zero, x, 1)[0]


def test_sums_that_outgrow_a_grid_are_carried() -> None:
    big = 2.0**26 + 2.0**-24
    parts = [split(np.array([big])) for _ in range(9)]
    total = added(parts, (1,))
    assert max(total) > max(parts[0])
    assert join(total, (1,))[0] == 9 * big


@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=4, max_size=60), st.randoms(use_true_random=False))
def test_block_sums_do_not_see_the_order_inside_a_block(values: list[float], random: object) -> None:
    half = len(values) // 2
    blocks = grouping(np.repeat([0, 1], [half, len(values) - half]), 2)
    first = BlockSums(blocks).sums(np.array(values)[:, None], blocks)[:, 0]
    left, right = values[:half], values[half:]
    random.shuffle(left)
    random.shuffle(right)
    again = BlockSums(blocks).sums(np.array(left + right)[:, None], blocks)[:, 0]
    assert first.tobytes() == again.tobytes()
    for own, part in zip(first, (left, right), strict=True):
        assert math.isclose(own, math.fsum(part), rel_tol=1e-15, abs_tol=1e-15 * max(map(abs, part)))


@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=30))
def test_codes_by_flags_by_runs_and_by_sorting_agree(values: list[int]) -> None:
    codes = np.array(values)
    for given_codes, size in ((codes, 50_001), (codes % 4000, 4000), (np.sort(codes), 50_001)):
        kept, place = compact(given_codes, size)
        np.testing.assert_array_equal(kept, np.unique(given_codes))
        np.testing.assert_array_equal(kept[place], given_codes)
