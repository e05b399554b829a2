"""Every unit comes as often as its probability says: 20,000 real seeds through the selection core (METHODS 12).

The core is the code that `draw` runs; test_draw_one_stage.py holds the two together on whole draws.
"""

from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from draws import SEEDS, assert_included, bound, largest_z, orders, pairs_of, purpose, seeds

pytestmark = pytest.mark.full

IDS = [f"hồ sơ {one}" for one in range(12)]
SIZES = np.array([3, 11, 7, 2, 19, 5, 13, 1, 17, 8, 4, 10])
LARGE = np.array([3, 110, 7, 2, 19, 5, 60, 1, 17, 8, 4, 10])  # the first certain ones make a third one certain


def by_hand(sizes, take: int, forced=()) -> tuple[list[Fraction], int]:
    """Probabilities with certainties in plain fractions, written apart from the program; and how many are certain."""
    certain = set(forced)
    while True:
        rest = [k for k in range(len(sizes)) if k not in certain]
        total, left = sum(int(sizes[k]) for k in rest), take - len(certain)
        more = [k for k in rest if left * int(sizes[k]) >= total]
        if not more or left == 0:
            break
        certain |= set(more)
    prob = [Fraction(1) if k in certain else Fraction(left * int(sizes[k]), total) for k in range(len(sizes))]
    return prob, len(certain)


def released(sizes, take: int, issued: int, forced=()) -> np.ndarray:
    prob, number = by_hand(sizes, take, forced)
    return np.array([float(p if p == 1 else p * (issued - number) / (take - number)) for p in prob])


@pytest.mark.parametrize("n", [1, 2, 5])
def test_srs_units_and_pairs(n: int) -> None:
    order, planned = orders(seeds(SEEDS), IDS, np.ones(12, dtype=np.int64), (n, 2))
    assert (planned == n / 12).all()
    main = (order > 0) & (order <= n)
    assert_included(main, np.full(12, n / 12))
    with_reserve = order > 0
    assert_included(with_reserve, np.full(12, (n + 2) / 12))
    pairs = pairs_of(with_reserve)
    assert_included(pairs, np.full(pairs.shape[1], (n + 2) * (n + 1) / (12 * 11)))


def test_srs_with_forced_units() -> None:
    order, planned = orders(seeds(SEEDS), IDS, np.ones(12, dtype=np.int64), (5, 1), forced=IDS[:2])
    prob = np.array([1, 1] + [3 / 10] * 10)
    assert np.allclose(planned, prob, rtol=1e-15)
    assert_included((order > 0) & (order <= 5), prob)
    assert_included(order > 0, np.array([1, 1] + [4 / 10] * 10))


@pytest.mark.parametrize("sizes", [SIZES, LARGE], ids=["no certainty", "certainties"])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 10])
def test_pps(sizes: np.ndarray, n: int) -> None:
    order, planned = orders(seeds(SEEDS), IDS, sizes, (n, 0), "pps")
    prob, number = by_hand(sizes, n)
    if number >= n:
        pytest.fail("the example should leave chance something to do")
    assert ((order > 0).sum(axis=1) == n).all()
    assert np.allclose(planned, [float(p) for p in prob], rtol=1e-15)
    assert_included(order > 0, np.array([float(p) for p in prob]))


def test_pps_with_forced_units() -> None:
    order, _ = orders(seeds(SEEDS), IDS, LARGE, (6, 2), "pps", forced=IDS[7:8])
    assert_included(order > 0, released(LARGE, 8, 8, [7]))
    assert_included((order > 0) & (order <= 6), released(LARGE, 8, 6, [7]))


@pytest.mark.parametrize("issued", [3, 4, 5, 6])
@pytest.mark.parametrize("sizes", [SIZES, LARGE], ids=["no certainty", "certainties"])
def test_pps_when_the_first_m_of_n_and_r_are_issued(sizes: np.ndarray, issued: int) -> None:
    order, planned = orders(seeds(SEEDS), IDS, sizes, (4, 2), "pps")
    assert_included((order > 0) & (order <= issued), released(sizes, 6, issued))
    assert np.allclose(planned[0], released(sizes, 6, 4), rtol=1e-14)


def test_pairs_of_systematic_pps_where_all_orders_can_be_listed() -> None:
    """No formula is short enough; with six units 720 orders and X starts give the pairs exactly."""
    sizes, n = [1, 2, 3, 4, 5, 6], 3
    total = sum(sizes)
    counts = np.zeros((6, 6))
    orders_listed = list(permutations(range(6)))
    for order in orders_listed:
        ends = np.cumsum([n * sizes[k] for k in order])
        for start in range(total):
            points = start + total * np.arange(n)
            drawn = [order[one] for one in np.searchsorted(ends, points, side="right")]
            for a in drawn:
                for b in drawn:
                    counts[a, b] += a < b
    exact = counts[np.triu_indices(6, 1)] / (len(orders_listed) * total)
    assert exact.sum() == pytest.approx(n * (n - 1) / 2)
    order, _ = orders(seeds(SEEDS), IDS[:6], np.array(sizes), (n, 0), "pps")
    assert_included(pairs_of(order > 0), exact)


def test_pairs_of_pps_with_equal_sizes_are_those_of_srs() -> None:
    order, _ = orders(seeds(SEEDS), IDS[:8], np.full(8, 7), (3, 0), "pps")
    assert_included(pairs_of(order > 0), np.full(28, 3 * 2 / (8 * 7)))


def test_two_stages_multiply() -> None:
    """Three of five communes by size, then two of each one's persons: pi is the product, for persons and for pairs
    of persons of one commune."""
    many = seeds(SEEDS)
    communes, sizes, people = ["A", "B", "C", "D", "E"], np.array([40, 4, 6, 5, 9]), 4
    first, _ = orders(many, communes, sizes, (3, 0), "pps")
    upper, number = by_hand(sizes, 3)
    assert number == 1
    lower_seeds = purpose(many, "stage2")
    is_in, prob, both, joint = [], [], [], []
    for place, commune in enumerate(communes):
        persons = [f"{commune}-{one}" for one in range(people)]
        second, _ = orders(lower_seeds, persons, np.ones(people, dtype=np.int64), (2, 0))
        drawn = (second > 0) & (first[:, [place]] > 0)
        is_in.append(drawn)
        prob += [float(upper[place]) * 2 / people] * people
        both.append(pairs_of(drawn))
        joint += [float(upper[place]) * 2 / (people * (people - 1))] * 6
    assert_included(np.hstack(is_in), np.array(prob))
    assert_included(np.hstack(both), np.array(joint))


@pytest.mark.parametrize("method", ["pareto", "sequential_poisson"])
def test_order_sampling_is_near_its_nominal_probabilities(method: str) -> None:
    """At n - c = 12 of 30 the probabilities are right to 2 %: approximate, and flagged so."""
    ids, sizes = [f"u{one}" for one in range(30)], np.tile([2, 3, 4, 5, 6, 7], 5)
    rounds = 4_000
    order, planned = orders(seeds(rounds), ids, sizes, (12, 0), method)
    assert ((order > 0).sum(axis=1) == 12).all()
    grouped = (order > 0).reshape(rounds, 5, 6).mean(axis=(0, 1))
    assert np.allclose(grouped, planned[0, :6], rtol=0.02)


def test_a_draw_with_five_percent_wrong_probabilities_fails() -> None:
    """Planted: one unit's size moved so that it comes with 1.05 times its probability, .8925 for .85."""
    right, _ = by_hand(SIZES, 5)
    prob = np.array([float(p) for p in right])
    share = 1.05 * 17 / 100
    moved = SIZES * 100_000
    moved[8] = round(share / (1 - share) * (moved.sum() - moved[8]))
    order, planned = orders(seeds(SEEDS), IDS, moved, (5, 0), "pps")
    assert planned[0, 8] == pytest.approx(1.05 * prob[8], rel=1e-5)
    assert largest_z(order > 0, planned[0]) < bound(12)
    assert largest_z(order > 0, prob) > bound(12)


def test_an_srs_with_five_percent_wrong_probabilities_fails() -> None:
    """Planted: one unit's words are shrunk so that it comes 5 % too often."""
    order, planned = orders(seeds(SEEDS), IDS, np.ones(12, dtype=np.int64), (6, 0))
    is_in = order > 0
    late = order == 0
    is_in[:, 0] |= late[:, 0] & (np.arange(SEEDS) % 20 == 0)
    assert largest_z(is_in[:, 1:], planned[0, 1:]) < bound(11)
    assert largest_z(is_in, planned[0]) > bound(12)


def test_keeping_the_planned_probability_after_release_fails() -> None:
    order, planned = orders(seeds(SEEDS), IDS, SIZES, (4, 2), "pps")
    assert largest_z((order > 0) & (order <= 5), planned[0]) > bound(12)


def test_a_missed_certain_unit_fails() -> None:
    is_in = np.ones((100, 2), dtype=bool)
    is_in[7, 0] = False
    assert largest_z(is_in, np.array([1.0, 1.0])) == float("inf")
