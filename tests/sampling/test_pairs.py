"""Who rates whom: both patterns by hand, over many seeds, in any row order; every fault of the lists at once."""

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sampled import sampled

from errors import DataError, DesignError, FaultsFound, FrameError
from sampling.numbers import sha256_hex
from sampling.pairs import PairDraw, draw_pairs, pairs_csv
from sampling.selection import permanent_random_numbers

SEED = "0123456789abcdef" * 4
UNITS = ("S1", "S2", "X1", "X2", "X3")


def raters(sizes: dict[str, int], own: tuple[str, ...] = ("",)) -> pd.DataFrame:
    """`sizes` people a group; their own units go round in `own`."""
    rows = [
        {"rater_id": f"{group}-{k:03d}", "rater_group": group, "own_unit_id": own[k % len(own)]}
        for group, n in sizes.items()
        for k in range(n)
    ]
    return pd.DataFrame(rows, dtype="str")


def rated(*ids: str) -> pd.DataFrame:
    groups = [{"S": "so", "X": "xa"}[one[0]] for one in ids]
    return pd.DataFrame({"rated_unit_id": ids, "unit_group": groups}, dtype="str")


def quota(group: str, target: str, pattern: str, n: int, *, own: bool = True, short: str = "census") -> dict:
    place = (
        {"unit_group": target, "rated_unit_id": ""}
        if target in ("so", "xa")
        else {"unit_group": "", "rated_unit_id": target}
    )
    return {"rater_group": group, **place, "pattern": pattern, "quota": n, "exclude_own": own, "short_list": short}


def drawn(people: pd.DataFrame, units: pd.DataFrame, rows: list[dict], seed: str = SEED) -> PairDraw:
    return draw_pairs(people, units, pd.DataFrame(rows), seed)


def test_each_unit_takes_the_smallest_digests_of_its_own_list() -> None:
    people = raters({"LD": 8}, own=("S1", "S2", "X1", ""))
    done = drawn(people, rated("X1", "X2"), [quota("LD", "xa", "each", 3)])
    for unit, left in (("X1", 6), ("X2", 8)):
        pool = people[people["own_unit_id"] != unit]["rater_id"]
        own_seed = sha256_hex(f"{SEED}|pairs:{unit}")
        expected = sorted(pool, key=lambda one, own=own_seed: sha256_hex(f"{own}|{one}"))[:3]
        mine = done.pairs[done.pairs["rated_unit_id"] == unit]
        assert sorted(mine["rater_id"]) == sorted(expected)
        assert (mine["pair_prob"] == 3 / left).all()
    assert done.lists["list_size"].tolist() == [6, 8]
    assert not done.lists["is_census"].any()


def test_all_draws_once_and_everybody_drawn_rates_every_unit_but_their_own() -> None:
    people = raters({"HD": 10}, own=("", "", "S1"))
    done = drawn(people, rated("S1", "S2", "X1"), [quota("HD", "so", "all", 4), quota("HD", "xa", "all", 2)])
    order = permanent_random_numbers(people["rater_id"], SEED).sort_values().index
    first = people.loc[order, "rater_id"].tolist()
    own = dict(zip(people["rater_id"], people["own_unit_id"], strict=True))
    by_unit = {unit: set(rows["rater_id"]) for unit, rows in done.pairs.groupby("rated_unit_id")}
    assert by_unit == {
        "S1": {one for one in first[:4] if own[one] != "S1"},
        "S2": set(first[:4]),
        "X1": set(first[:2]),  # the first of the same order: the same people fill in the second form
    }
    assert done.pairs.groupby("rated_unit_id")["pair_prob"].first().to_dict() == {"S1": 0.4, "S2": 0.4, "X1": 0.2}
    assert set(done.raters["rater_id"]) == set(first[:4])
    assert done.raters["inclusion_prob"].tolist() == pytest.approx([0.4] * 4)


def test_a_row_for_one_unit_goes_before_the_row_of_its_group() -> None:
    rows = [quota("LD", "xa", "each", 2), quota("LD", "X2", "each", 5), quota("LD", "X3", "all", 1, own=False)]
    done = drawn(raters({"LD": 9}, own=("X3",)), rated("X1", "X2", "X3"), rows)
    assert done.lists.set_index("rated_unit_id")["n_pairs"].to_dict() == {"X1": 2, "X2": 5, "X3": 1}
    none = drawn(raters({"LD": 9}), rated("X1", "X2"), [quota("LD", "xa", "each", 2), quota("LD", "X2", "each", 1)])
    assert none.pairs["rated_unit_id"].value_counts().to_dict() == {"X1": 2, "X2": 1}


def test_a_short_list_is_a_census_and_says_so() -> None:
    done = drawn(raters({"LD": 3}, own=("X1", "", "")), rated("X1", "X2"), [quota("LD", "xa", "each", 5)])
    assert done.lists["is_census"].all()
    assert done.lists["n_pairs"].tolist() == [2, 3]
    assert (done.pairs["pair_prob"] == 1).all()
    assert done.raters["inclusion_prob"].tolist() == [1, 1, 1]


def test_the_own_unit_may_be_rated_where_the_row_says_so() -> None:
    people = raters({"LD": 4}, own=("X1",))
    done = drawn(people, rated("X1"), [quota("LD", "xa", "each", 2, own=False)])
    assert done.lists["list_size"].tolist() == [4]
    assert len(done.pairs) == 2


def test_burden_counts_forms_of_those_drawn() -> None:
    people = raters({"HD": 5, "LD": 4})
    done = drawn(people, rated(*UNITS), [quota("HD", "so", "all", 2), quota("LD", "xa", "all", 9)])
    assert done.burden().to_dict("records") == [
        {
            "rater_group": "HD",
            "n_list": 5,
            "n_drawn": 2,
            "n_forms": 4,
            "min_forms": 2,
            "median_forms": 2,
            "max_forms": 2,
        },
        {
            "rater_group": "LD",
            "n_list": 4,
            "n_drawn": 4,
            "n_forms": 12,
            "min_forms": 3,
            "median_forms": 3,
            "max_forms": 3,
        },
    ]
    assert done.burden()["n_forms"].sum() == len(done.pairs)


PEOPLE = raters({"HD": 6, "LD": 7}, own=("X1", "X2", ""))
MATRIX = [quota("HD", "xa", "all", 2), quota("LD", "xa", "each", 2)]
SEEDS = 6
COPIES = sampled(100, 400)  # groups of one kind in one draw: ids differ, so each is a draw of its own
WRONG = sampled(70, 85) / 100  # a probability so far off is found


def drawn_many_times() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pairs and drawn raters of SEEDS x COPIES groups of seven: X1 and X2 by `all`, two people; X3 by `each`, three."""
    people = raters(
        {f"G{k}": 7 for k in range(COPIES)}, own=("X1", "X3", "", "", "", "", "")
    )  # one of X1 and one of X3 in each
    rows = [one for k in range(COPIES) for one in (quota(f"G{k}", "xa", "all", 2), quota(f"G{k}", "X3", "each", 3))]
    done = [drawn(people, rated("X1", "X2", "X3"), rows, sha256_hex(str(seed))) for seed in range(SEEDS)]
    both = [
        pd.concat([getattr(one, name).assign(seed=seed) for seed, one in enumerate(done)])
        for name in ("pairs", "raters")
    ]
    return tuple(table.assign(place=table["rater_id"].str.split("-").str[1]) for table in both)


def z_of(found: pd.Series, stated: pd.Series) -> float:
    """Largest |z| = |O - R pi|/sqrt(R pi (1 - pi)), over the bound at 1e-6 after Bonferroni: above 1 it is wrong."""
    runs = SEEDS * COPIES
    z = (found - runs * stated) / np.sqrt(runs * stated * (1 - stated))
    return float(z.abs().max() / NormalDist().inv_cdf(1 - 1e-6 / (2 * len(z))))


@pytest.mark.slow
def test_inclusion_probabilities_over_many_draws() -> None:
    """Pairs of both patterns, raters, and couples of raters, against what the draw states; a wrong pi is found."""
    pairs, people = drawn_many_times()
    for table, key, stated in ((pairs, ["place", "rated_unit_id"], "pair_prob"), (people, ["place"], "inclusion_prob")):
        of = table.groupby(key)[stated].agg(["size", "min", "max"])
        assert of["max"].to_numpy() == pytest.approx(of["min"].to_numpy(), rel=1e-12)
        assert z_of(of["size"], of["min"]) < 1
        assert z_of(of["size"], of["min"] * WRONG) > 1
    assert len(pairs.groupby(["place", "rated_unit_id"])) == 7 * 3 - 2  # nobody rates their own
    for unit, joint in (("X2", 2 * 1 / (7 * 6)), ("X3", 3 * 2 / (6 * 5))):
        own = pairs[pairs["rated_unit_id"] == unit].assign(
            run=lambda rows: rows["rater_group"] + rows["seed"].astype("str")
        )
        couples = own.merge(own, on="run").query("place_x < place_y").groupby(["place_x", "place_y"]).size()
        assert len(couples) == {"X2": 21, "X3": 15}[unit]
        assert z_of(couples, pd.Series(joint, index=couples.index)) < 1


@pytest.mark.full
def test_units_draw_their_raters_apart() -> None:
    """Under `each` two units have independent samples: a rater is in both q1 q2/(N1 N2) of the time."""
    n = sampled(400, 1_500)
    units = rated(*(f"X{k}" for k in range(2 * n)))
    done = drawn(raters({"LD": 5}), units, [quota("LD", "xa", "each", 2)])
    mine = set(done.pairs.loc[done.pairs["rater_id"] == "LD-000", "rated_unit_id"])
    both = sum({f"X{2 * k}", f"X{2 * k + 1}"} <= mine for k in range(n))
    pi = (2 / 5) ** 2
    assert abs(both - n * pi) / np.sqrt(n * pi * (1 - pi)) < 4.9


@pytest.mark.full
@settings(max_examples=25)
@given(
    order=st.randoms(use_true_random=False),
    sizes=st.dictionaries(st.sampled_from(["HD", "LD", "PX"]), st.integers(2, 9), min_size=1),
    own=st.lists(st.sampled_from(["", *UNITS]), min_size=2, max_size=6, unique=True),
    n=st.integers(1, 12),
    patterns=st.tuples(st.sampled_from(["each", "all"]), st.sampled_from(["each", "all"])),
)
def test_any_row_order_same_bytes_and_nobody_rates_their_own(order, sizes, own, n, patterns) -> None:
    people, units = raters(sizes, ("", *own)), rated(*UNITS)
    rows = [quota(g, target, p, n) for g in sizes for target, p in zip(("so", "xa"), patterns, strict=True)]
    done = drawn(people, units, rows)
    mixed = [
        frame.sample(frac=1, random_state=order.randint(0, 2**31)) for frame in (people, units, pd.DataFrame(rows))
    ]
    again = draw_pairs(*mixed, SEED)
    assert pairs_csv(again.pairs) == pairs_csv(done.pairs)
    pd.testing.assert_frame_equal(again.raters, done.raters)
    pd.testing.assert_frame_equal(again.lists, done.lists)
    both = done.pairs.merge(people, on=["rater_id", "rater_group"])
    assert (both["own_unit_id"] != both["rated_unit_id"]).all()
    assert done.lists["n_pairs"].sum() == len(done.pairs) == done.raters["n_forms"].sum()
    each = done.lists[done.lists["pattern"] == "each"]
    assert (each["n_pairs"] == np.minimum(each["quota"], each["list_size"])).all()


def test_every_fault_of_the_lists_at_once() -> None:
    people = pd.concat([raters({"LD": 3, "X": 1, "OWN": 2}, own=("X1",)), raters({"LD": 1})])
    rows = [
        quota("LD", "xa", "each", 9, short="fail"),
        quota("LD", "xa", "each", 2),
        quota("HD", "xa", "all", 1),
        quota("LD", "X9", "each", 1),
        quota("OWN", "X1", "each", 1),
        quota("OWN", "X2", "each", -1),
        {**quota("OWN", "so", "each", 1), "rated_unit_id": "X1"},
    ]
    with pytest.raises(FaultsFound) as caught:
        drawn(people, rated("X1", "X1", "X2", "S1"), rows)
    found = {(one.rule, one.column, one.got) for one in caught.value.faults}
    assert found == {
        ("pairs.repeated", "rater_id", "LD-000"),
        ("pairs.repeated", "rated_unit_id", "X1"),
        ("pairs.repeated", "rater_group", "LD / xa"),
        ("pairs.unknown", "rater_group", "HD"),
        ("pairs.unknown", "rated_unit_id", "X9"),
        ("pairs.no_quota", "rater_group", "X"),
        ("pairs.target", "unit_group", "OWN so X1"),
        ("pairs.quota", "quota", "OWN -1"),
        ("pairs.unrated", "rated_unit_id", "S1"),
        ("pairs.empty_list", "quota", "0"),
        ("pairs.short_list", "quota", "3"),
        ("pairs.short_list", "quota", "0"),
    }


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda: drawn(PEOPLE, rated("X1"), [quota("HD", "xa", "some", 1), quota("LD", "xa", "each", 1)]), DataError),
        (lambda: drawn(PEOPLE.drop(columns="own_unit_id"), rated("X1"), MATRIX), DataError),
        (lambda: drawn(PEOPLE, rated("X1", "X2", "X3"), MATRIX, "123"), DesignError),
        (lambda: drawn(PEOPLE.replace("HD-000", " HD-000"), rated("X1", "X2", "X3"), MATRIX), FrameError),
    ],
)
def test_unusable_tables_are_refused(change, error) -> None:
    with pytest.raises(error):
        change()
