"""The draw: order and probabilities."""

import numpy as np
import pandas as pd
import pytest

from sampling.allocation import allocate
from sampling.errors import DesignError, FrameError
from sampling.frame import canonical_csv, check_frame, frame_hash
from sampling.numbers import sha256_hex
from sampling.selection import draw, permanent_random_numbers

SEED = "0123456789abcdef" * 4


def small_frame(rows: int = 60, units: int = 3) -> pd.DataFrame:
    unit = [f"U{i % units}" for i in range(rows)]
    frame = pd.DataFrame({"frame_unit_id": [f"hồ sơ-{i:03d}" for i in range(rows)], "unit_id": unit})
    return frame.assign(
        unit_id_at_event=unit,
        psu_id=[f"p{i}" for i in range(rows)],
        person_key=[f"p{i}" for i in range(rows)],
        event_date="2026-01-05",
        size=1,
        has_contact=True,
        result_status=["done", 'a "quote", comma'] * (rows // 2),
    )


def test_digest_is_plain_sha256_of_seed_bar_id() -> None:
    ids = pd.Series(["a", "Đăk Nông"], dtype="str")
    assert permanent_random_numbers(ids, SEED).tolist() == [sha256_hex(f"{SEED}|a"), sha256_hex(f"{SEED}|Đăk Nông")]


def test_the_draw_takes_the_smallest_digests_of_every_stratum_in_any_row_order() -> None:
    frame = small_frame()
    frame["stratum_id"] = frame["unit_id"]
    table = allocate(pd.DataFrame({"stratum_id": ["U0", "U1", "U2"], "pop_size": 20}), 12, "equal", reserve_share=0.25)
    drawn = draw(frame, table, SEED)
    for stratum, rows in frame.groupby("stratum_id"):
        by_digest = permanent_random_numbers(rows["frame_unit_id"], SEED).sort_values().index
        expected = rows.loc[by_digest[:5], "frame_unit_id"].tolist()
        mine = drawn[drawn["stratum_id"] == stratum].sort_values("draw_order")
        assert mine["frame_unit_id"].tolist() == expected
        assert mine["is_reserve"].tolist() == [False] * 4 + [True]
    main = drawn[~drawn["is_reserve"]]
    assert main["design_weight"].sum() == pytest.approx(60)
    assert drawn.loc[drawn["is_reserve"], "inclusion_prob"].isna().all()
    pd.testing.assert_frame_equal(drawn, draw(frame.sample(frac=1, random_state=5), table, SEED))


def test_inclusion_probabilities_of_srs_over_many_seeds() -> None:
    frame = small_frame(12, 2).assign(stratum_id=lambda f: f["unit_id"])
    ids = frame["frame_unit_id"].to_numpy()
    seeds = [sha256_hex(str(i)) for i in range(4_000)]
    hits = np.zeros(12)
    for seed in seeds:
        digests = np.array([sha256_hex(f"{seed}|{one}") for one in ids])
        for stratum in ("U0", "U1"):
            members = np.flatnonzero(frame["stratum_id"] == stratum)
            hits[members[np.argsort(digests[members])[:2]]] += 1
    pi, rounds = 2 / 6, len(seeds)
    z = np.abs(hits - rounds * pi) / np.sqrt(rounds * pi * (1 - pi))
    assert z.max() < 5.0  # two-sided normal bound at 1e-6 / 12
    table = allocate(pd.DataFrame({"stratum_id": ["U0", "U1"], "pop_size": 6}), 4, "equal")
    for seed in seeds[:20]:
        digests = {one: sha256_hex(f"{seed}|{one}") for one in ids}
        expected = [one for s in ("U0", "U1") for one in sorted(ids[frame["unit_id"] == s], key=digests.get)[:2]]
        assert sorted(draw(frame, table, seed)["frame_unit_id"]) == sorted(expected)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (lambda f: f.assign(frame_unit_id=["x", *f["frame_unit_id"][1:-1], "x"]), "frame.duplicate_id"),
        (lambda f: f.assign(frame_unit_id=["e\u0301", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=[" a", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=["a\tb", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(frame_unit_id=["", *f["frame_unit_id"][1:]]), "frame.bad_id"),
        (lambda f: f.assign(unit_id=["a\x00b", *f["unit_id"][1:]]), "frame.control_character"),
        (lambda f: f.iloc[:0], "frame.empty"),
    ],
)
def test_a_frame_that_cannot_be_drawn_from_is_refused(change, rule: str) -> None:
    with pytest.raises(FrameError) as caught:
        check_frame(change(small_frame()))
    assert caught.value.rule == rule


@pytest.mark.parametrize("seed", ["", "A" * 64, "0" * 63, "g" * 64])
def test_a_seed_of_wrong_form_draws_nothing(seed: str) -> None:
    with pytest.raises(DesignError) as caught:
        permanent_random_numbers(pd.Series(["a"], dtype="str"), seed)
    assert caught.value.rule == "draw.seed"


def test_plan_and_frame_must_count_the_same() -> None:
    frame = small_frame().assign(stratum_id=lambda f: f["unit_id"])
    for sizes, units in (([20, 20, 21], "U0 U1 U2"), ([20, 20], "U0 U1"), ([20, 20, 20, 5], "U0 U1 U2 U9")):
        table = allocate(pd.DataFrame({"stratum_id": units.split(), "pop_size": sizes}), 6, "equal")
        with pytest.raises(DesignError) as caught:
            draw(frame, table, SEED)
        assert caught.value.rule == "draw.population"


def test_canonical_csv_is_minimal_rfc4180_by_id_bytes() -> None:
    frame = pd.DataFrame({"id": ["Đ", "b", "a"], "x": ["1,2", 'say "hi"', "z"], "f": [True, False, True]})
    assert canonical_csv(frame, ["id", "x", "f"], "id") == 'id,x,f\na,z,1\nb,"say ""hi""",0\nĐ,"1,2",1\n'.encode()


def test_frame_hash_does_not_depend_on_order_of_rows_or_columns() -> None:
    frame = check_frame(small_frame())
    assert frame_hash(frame) == frame_hash(frame.sample(frac=1, random_state=1)[list(frame.columns[::-1])])
