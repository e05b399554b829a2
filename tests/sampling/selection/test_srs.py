"""The default draw on a small frame, checked against sorting digests by hand."""

import pandas as pd
import pytest
from draws import frame_of

from errors import DesignError
from sampling.allocation import allocate
from sampling.numbers import sha256_hex
from sampling.selection import draw, permanent_random_numbers

SEED = "0123456789abcdef" * 4


def small_frame() -> pd.DataFrame:
    unit = [f"U{i % 3}" for i in range(60)]
    return frame_of([f"hồ sơ-{i:03d}" for i in range(60)], unit, unit_id=unit)


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


def test_plan_and_frame_must_count_the_same() -> None:
    frame = small_frame().assign(stratum_id=lambda f: f["unit_id"])
    for sizes, units in (([20, 20, 21], "U0 U1 U2"), ([20, 20], "U0 U1"), ([20, 20, 20, 5], "U0 U1 U2 U9")):
        table = allocate(pd.DataFrame({"stratum_id": units.split(), "pop_size": sizes}), 6, "equal")
        with pytest.raises(DesignError) as caught:
            draw(frame, table, SEED)
        assert caught.value.rule == "draw.population"
