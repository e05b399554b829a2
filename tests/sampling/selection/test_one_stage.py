"""Whole draws: against the core and a plain re-make, in any order of rows, batches, threads; exact at the edges."""

from fractions import Fraction

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from draws import frame_of, orders, plan_table, seeds, sha
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from errors import DesignError
from sampling.selection import StagePlan, after_release, chunks, draw, draw_stages, permanent_random_numbers, scan
from sampling.selection.choose import Units, choose
from sampling.selection.plan import Strata

SEED = "0123456789abcdef" * 4
IDS = [f"hồ sơ {one}" for one in range(12)]
SIZES = [3, 110, 7, 2, 19, 5, 60, 1, 17, 8, 4, 10]
MIXED = pd.concat(
    [frame_of([f"a{one}" for one in range(30)], "A"), frame_of([f"Đ{one}" for one in range(25)], "Đ")],
    ignore_index=True,
).assign(
    x=[f"{1 + one % 7}.{one % 4}" for one in range(55)], must=["1" if one in (3, 40) else "0" for one in range(55)]
)
MIXED_PLAN = plan_table(A=(30, 11, 2), Đ=(25, 4, 3))


def one_draw(method: str, frame=MIXED, seed: str = SEED) -> pd.DataFrame:
    if method == "coordinated":
        return draw_stages(frame, [StagePlan("srs", MIXED_PLAN, start="7edcba9876543210")], seed)
    size = None if method == "srs" else "x"
    return draw(frame, MIXED_PLAN, seed, method=method, size=size, forced="must")


def reader(frame: pd.DataFrame, rows: int) -> pa.RecordBatchReader:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=rows))


@pytest.mark.parametrize(("method", "forced"), [("srs", ()), ("srs", IDS[:2]), ("pps", ()), ("pps", IDS[7:8])], ids=str)
def test_draw_agrees_with_the_core_under_many_seeds(method: str, forced) -> None:
    sizes = np.array(SIZES) if method == "pps" else np.ones(12, dtype=np.int64)
    order, planned = orders(seeds(24), IDS, sizes, (5, 2), method, forced)
    frame = frame_of(IDS, size=[str(one) for one in SIZES], must=[one in forced for one in IDS])
    for place, seed in enumerate(seeds(24)):
        drawn = draw(
            frame,
            plan_table(h=(12, 5, 2)),
            seed,
            method=method,
            size=None if method == "srs" else "size",
            forced="must",
        ).set_index("frame_unit_id")
        expected = {one: number for one, number in zip(IDS, order[place], strict=True) if number}
        assert drawn["draw_order"].to_dict() == expected
        assert drawn["planned_inclusion_prob"].tolist() == [planned[place, IDS.index(one)] for one in drawn.index]
        assert drawn["is_reserve"].tolist() == [number > 5 for number in drawn["draw_order"]]
        assert drawn.loc[drawn["is_reserve"], ["inclusion_prob", "design_weight"]].isna().all(axis=None)
        assert drawn["prn"].tolist() == [sha(f"{seed}|{one}") for one in drawn.index]


def plain_systematic(ids: list[str], sizes: list[Fraction], take: int, seed: str) -> list[str]:
    """Systematic PPS with certainties in plain Python, decimals kept as fractions: ids in draw order."""
    size = dict(zip(ids, sizes, strict=True))
    certain: list[str] = []
    while True:
        rest = [one for one in ids if one not in certain]
        total, left = sum(size[one] for one in rest), take - len(certain)
        more = [one for one in rest if left and left * size[one] >= total]
        if not more:
            break
        certain += more
    drawn, before = [], Fraction(0)
    point = Fraction(int(sha(f"{seed}|start:h")[:16], 16), 2**64) * total
    for one in sorted(rest, key=lambda one: sha(f"{seed}|{one}")):
        after = before + left * size[one]
        drawn += [one] * any(before <= point + j * total < after for j in range(left))
        before = after
    tie = sha(f"{seed}|order")
    return [*sorted(certain, key=lambda one: sha(f"{tie}|{one}")), *sorted(drawn, key=lambda one: sha(f"{tie}|{one}"))]


DECIMALS = ["0.7", "12.25", "3", "1.001", "100", "2.5", "0.1", "7.75", "6", "4.4"]
SMALL = list("1213121121")  # the point often lies on the border of two units
HUGE = [one + "0" * 17 for one in "1213524371"]  # products pass 2^63


@pytest.mark.full
@pytest.mark.parametrize("texts", [DECIMALS, SMALL, HUGE], ids=["decimals", "small", "huge"])
def test_pps_is_the_plain_rule_in_fractions(texts: list[str]) -> None:
    ids = [f"xã {one}" for one in range(10)]
    frame = frame_of(ids, size=texts)
    for seed in seeds(60):
        drawn = draw(frame, plan_table(h=(10, 4, 1)), seed, method="pps", size="size")
        found = drawn.sort_values("draw_order")["frame_unit_id"].tolist()
        assert found == plain_systematic(ids, [Fraction(one) for one in texts], 5, seed)


def test_sizes_times_ten_and_other_spellings_draw_the_same() -> None:
    texts = ["0.7", "12.25", "3", "1.001", "60", "2.5", "0.1", "7.75", "6", "4.4"]
    frame = frame_of([f"u{one}" for one in range(10)], size=texts)
    spelled = frame.assign(size=["0.700", "012.25", "3.0", "1.001000", "60", "2.50", "00.1", "7.75", "6", "4.40"])
    large = frame.assign(size=[(one if "." in one else one + ".") + "0" * 25 for one in texts])
    for seed in seeds(20):
        first, second, third = (
            draw(one, plan_table(h=(10, 3, 1)), seed, method="pps", size="size") for one in (frame, spelled, large)
        )
        pd.testing.assert_frame_equal(first, second)
        pd.testing.assert_frame_equal(first, third)


def test_a_probability_of_one_is_told_from_one_minus_a_trillionth() -> None:
    """2 x = X is certain; 2 x = X - 10^-12 X is not, and in floats both look alike."""
    exactly = ["1000000000000", "500000000000.5", "499999999999.0", "0.5"]
    below = ["999999999999.4", *exactly[1:]]
    for texts, certain in ((exactly, [True, False, False, False]), (below, [False] * 4)):
        frame = frame_of("abcd", size=texts)
        drawn = draw(frame, plan_table(h=(4, 2, 0)), SEED, method="pps", size="size")
        marks = drawn.set_index("frame_unit_id")["is_certain"].to_dict()
        assert marks == {one: certain["abcd".index(one)] for one in marks}
        for state in range(5):
            pd.testing.assert_frame_equal(
                drawn,
                draw(
                    frame.sample(frac=1, random_state=state), plan_table(h=(4, 2, 0)), SEED, method="pps", size="size"
                ),
            )
    prob = draw(frame, plan_table(h=(4, 2, 0)), SEED, method="pps", size="size").set_index("frame_unit_id")
    if "a" in prob.index:
        assert 0 < 1 - prob.loc["a", "inclusion_prob"] < 2e-12


@pytest.mark.parametrize("method", ["srs", "pps", "coordinated"])
def test_nothing_but_the_content_of_the_frame_counts(method: str, monkeypatch) -> None:
    expected = one_draw(method)
    for state in range(3):
        pd.testing.assert_frame_equal(expected, one_draw(method, MIXED.sample(frac=1, random_state=state)))
    for rows in (1, 7, 55):
        pd.testing.assert_frame_equal(expected, one_draw(method, reader(MIXED, rows)))
    pd.testing.assert_frame_equal(expected, one_draw(method, MIXED.astype({"stratum_id": "category"})))
    connect = chunks.duckdb.connect
    for few, chunk_rows, threads in ((0, 55, 1), (0, 55, 2), (0, 10, 2)):
        monkeypatch.setattr(chunks, "_FEW_ROWS", few)
        monkeypatch.setattr(chunks, "CHUNK_ROWS", chunk_rows)
        monkeypatch.setattr(chunks, "_PIECE_ROWS", 3)
        monkeypatch.setattr(
            chunks.duckdb, "connect", lambda place, config, n=threads: connect(place, config={"threads": n})
        )
        pd.testing.assert_frame_equal(expected, one_draw(method))


@pytest.mark.parametrize("method", ["srs", "pps"])
def test_equal_words_are_told_apart_by_the_whole_digest(method: str, monkeypatch) -> None:
    expected = one_draw(method)
    words = chunks.Words64.of
    monkeypatch.setattr(chunks.Words64, "of", lambda self, ids: words(self, ids) & np.uint64(0xF << 60))
    pd.testing.assert_frame_equal(expected, one_draw(method))


def test_the_chosen_are_the_smallest_after_the_start_of_a_coordinated_round() -> None:
    start = 0x7EDCBA9876543210
    drawn = one_draw("coordinated")
    for stratum, plan in MIXED_PLAN.set_index("stratum_id").iterrows():
        ids = MIXED.loc[MIXED["stratum_id"] == stratum, "frame_unit_id"]
        digests = permanent_random_numbers(ids, SEED)
        key = [(int(one[:16], 16) - start) % 2**64 for one in digests]
        by_key = ids.iloc[np.argsort(np.array(key, dtype=np.uint64))].tolist()
        mine = drawn[drawn["stratum_id"] == stratum].sort_values("draw_order")["frame_unit_id"].tolist()
        assert mine == by_key[: plan["sample_size"] + plan["reserve_size"]]


@pytest.mark.parametrize("method", ["pareto", "sequential_poisson"])
def test_order_sampling_takes_the_smallest_ranking_values_and_is_flagged(method: str) -> None:
    ids = [f"u{one}" for one in range(40)]
    sizes = [Fraction(str(2 + one % 5 / 2)) for one in range(40)]
    sizes[7] = Fraction(90)
    frame = frame_of(ids, size=[str(float(one)) for one in sizes])
    for seed in seeds(20):
        plan = StagePlan(method, plan_table(h=(40, 13, 2)), "size", start=seed[:16])
        drawn = draw_stages(frame, [plan], seed)
        words = [(int(sha(f"{seed}|{one}")[:16], 16) - int(seed[:16], 16)) % 2**64 for one in ids]
        total = sum(sizes) - 90
        share = [14 * one / total for one in sizes]
        chance = [Fraction(one, 2**64) for one in words]
        rank = {
            one: u / p if method == "sequential_poisson" else u * (1 - p) / ((1 - u) * p)
            for one, u, p in zip(ids, chance, share, strict=True)
            if one != "u7"
        }
        assert set(drawn["frame_unit_id"]) == {"u7", *sorted(rank, key=rank.__getitem__)[:14]}
        assert drawn["is_approximate"].all()
        assert drawn.set_index("frame_unit_id").loc["u7", ["is_certain", "draw_order"]].tolist() == [True, 1]
    assert not one_draw("pps")["is_approximate"].any()


def test_equal_ranking_values_at_the_border_are_compared_exactly() -> None:
    """Sizes so alike that floats cannot order u/size: the exact order decides."""
    words = np.uint64(2**63) + np.arange(24, dtype=np.uint64)
    sizes = 10**18 + 7 * (np.arange(24) * 5 % 24)
    assert len(set((words / sizes).tolist())) < 4
    units = Units(np.zeros(24, dtype=np.int64), words, sizes, np.zeros(24, dtype=bool))
    strata = Strata(("h",), *(np.array([one]) for one in (24, 11, 0)))
    total = int(sizes.sum())
    chance = {k: (Fraction(int(words[k]), 2**64), Fraction(11 * int(sizes[k]), total)) for k in range(24)}
    for method, rank in (
        ("sequential_poisson", {k: u / p for k, (u, p) in chance.items()}),
        ("pareto", {k: u * (1 - p) / ((1 - u) * p) for k, (u, p) in chance.items()}),
    ):
        chosen = choose(method, units, strata, np.zeros(0))
        assert np.flatnonzero(chosen.is_drawn).tolist() == sorted(sorted(rank, key=rank.__getitem__)[:11])


populations = st.lists(st.integers(1, 10**6), min_size=4, max_size=40)


@pytest.mark.full
@settings(max_examples=60)
@given(sizes=populations, data=st.data())
def test_identities_of_a_pps_draw(sizes: list[int], data) -> None:
    """Probabilities of all units add to n; x/pi of the drawn ones adds to X, before and after release."""
    n = data.draw(st.integers(1, len(sizes) - 1))
    ids = [f"u{one}" for one in range(len(sizes))]
    seed = sha(str(sizes))
    try:
        _, planned = orders([seed], ids, np.array(sizes), (n, 0), "pps")
    except DesignError as error:
        assert error.rule == "draw.certain"
        return
    assert planned.sum() == pytest.approx(n, rel=1e-12)
    frame = frame_of(ids, size=sizes)
    drawn = draw(frame, plan_table(h=(len(sizes), n, 0)), seed, method="pps", size="size")
    assert len(drawn) == n
    x = drawn["frame_unit_id"].map(dict(zip(ids, sizes, strict=True)))
    assert (x * drawn["design_weight"]).sum() == pytest.approx(sum(sizes), rel=1e-12)
    again = after_release(drawn, plan_table(h=(len(sizes), n, 0)), {"h": n})
    pd.testing.assert_frame_equal(drawn, again, rtol=1e-12, atol=0)


@settings(max_examples=30)
@given(pops=st.lists(st.integers(3, 60), min_size=1, max_size=5), data=st.data())
def test_srs_weights_add_to_the_population_in_every_stratum(pops: list[int], data) -> None:
    parts, sizes = [], {}
    for place, count in enumerate(pops):
        n = data.draw(st.integers(1, count))
        sizes[f"s{place}"] = (count, n, data.draw(st.integers(0, count - n)))
        parts.append(frame_of([f"{place}-{one}" for one in range(count)], f"s{place}"))
    drawn = draw(pd.concat(parts), plan_table(**sizes), SEED)
    main = drawn[~drawn["is_reserve"]]
    for name, (count, n, reserve) in sizes.items():
        weights = main.loc[main["stratum_id"] == name, "design_weight"]
        assert len(weights) == n and weights.sum() == pytest.approx(count, rel=1e-12)
        assert (drawn["stratum_id"] == name).sum() == n + reserve


def test_a_threshold_set_too_low_is_noticed(monkeypatch) -> None:
    """A table is read again; a reader, which cannot be, is refused: never a short or wrong draw."""
    frame = frame_of([f"u{one}" for one in range(3_000)])
    plan = plan_table(h=(3_000, 5, 1))
    expected = draw(frame, plan, SEED)
    by_digest = permanent_random_numbers(frame["frame_unit_id"], SEED).sort_values().index[:6]
    assert set(expected["frame_unit_id"]) == set(frame.loc[by_digest, "frame_unit_id"])
    monkeypatch.setattr(scan, "_limits", lambda strata: np.full(1, np.uint64(2**50)))
    pd.testing.assert_frame_equal(expected, draw(frame, plan, SEED))
    with pytest.raises(DesignError, match=r"draw\.read_again"):
        draw(reader(frame, 500), plan, SEED)


def test_the_threshold_hardly_ever_keeps_too_few() -> None:
    take = np.repeat([0, 1, 2, 12, 100, 5_000], 4)
    pop = np.tile([300, 3_000, 100_000, 10**7], 6).clip(take)
    strata = Strata(tuple(map(str, range(24))), pop, take, np.zeros(24, dtype=np.int64))
    limits = scan._limits(strata)
    is_partial = limits < np.uint64(2**64 - 1)
    miss = binom.cdf(take - 1, pop, limits.astype(float) / 2**64)
    assert is_partial.any() and (~is_partial).any()
    assert miss[is_partial].sum() < 1e-12
