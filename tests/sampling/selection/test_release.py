"""Reserves released in order: every issued case gets its final probability, and totals stay right."""

import numpy as np
import pandas as pd
import pytest
from draws import frame_of, plan_table, seeds

from sampling.selection import after_release, draw

PLAN = plan_table(A=(400, 20, 10), B=(220, 9, 5))
ISSUED = {"A": 27, "B": 12}


def population() -> pd.DataFrame:
    """620 persons, 310 of them satisfied: 200 of 400 in A, 110 of 220 in B."""
    frame = pd.concat([frame_of([f"A{k}" for k in range(400)], "A"), frame_of([f"B{k}" for k in range(220)], "B")])
    return frame.assign(satisfied=(np.arange(620) % 2 == 0).astype(int))


@pytest.mark.full
def test_a_total_of_310_stays_310_after_release_and_becomes_417_without() -> None:
    """A: 27 issued of 20 planned, B: 12 of 9. Keeping pi = n/N gives 200 x 27/20 + 110 x 12/9 = 416.7."""
    frame = population()
    satisfied = frame.set_index("frame_unit_id")["satisfied"]
    right, wrong = [], []
    for seed in seeds(90):
        final = after_release(draw(frame, PLAN, seed), PLAN, ISSUED)
        issued = final[final["design_weight"].notna()]
        y = issued["frame_unit_id"].map(satisfied)
        right.append((y * issued["design_weight"]).sum())
        wrong.append((y / issued["planned_inclusion_prob"]).sum())
        assert issued["design_weight"].sum() == pytest.approx(620, rel=1e-12)
    for values, expected in ((right, 310), (wrong, 200 * 27 / 20 + 110 * 12 / 9)):
        error = np.std(values, ddof=1) / np.sqrt(len(values))
        assert abs(np.mean(values) - expected) < 4 * error
        assert error < 10
    assert np.mean(wrong) - np.mean(right) > 80


def test_release_gives_m_over_n_to_the_first_m_and_nothing_to_the_others() -> None:
    drawn = draw(population(), PLAN, seeds(1)[0])
    final = after_release(drawn, PLAN, {"A": 27, "B": 4})
    for name, number, count in (("A", 27, 400), ("B", 4, 220)):
        rows = final[final["stratum_id"] == name].set_index("draw_order").sort_index()
        assert (rows.loc[:number, "inclusion_prob"] == number / count).all()
        assert (rows.loc[:number, "design_weight"] == 1 / (number / count)).all()
        assert rows.loc[number + 1 :, ["conditional_prob", "inclusion_prob", "design_weight"]].isna().all(axis=None)
    pd.testing.assert_frame_equal(final[["planned_inclusion_prob"]], drawn[["planned_inclusion_prob"]])
    assert final["is_reserve"].tolist() == drawn["is_reserve"].tolist()


def test_release_of_what_was_planned_changes_nothing() -> None:
    drawn = draw(population(), PLAN, seeds(1)[0])
    pd.testing.assert_frame_equal(after_release(drawn, PLAN, {"A": 20, "B": 9}), drawn)


def test_release_twice_is_release_of_the_last_count() -> None:
    drawn = draw(population(), PLAN, seeds(1)[0])
    once = after_release(drawn, PLAN, {"A": 22, "B": 9})
    pd.testing.assert_frame_equal(after_release(once, PLAN, ISSUED), after_release(drawn, PLAN, ISSUED))


def test_pps_release_on_paper() -> None:
    """Sizes 60, 12, 8, 8, 6, 6, n + r = 2 + 1: 60 is certain (3 x 60 >= 100), the others have p_k(3) = 2 x_k/40."""
    ids, sizes = list("abcdef"), [60, 12, 8, 8, 6, 6]
    plan = plan_table(h=(6, 2, 1))
    drawn = draw(frame_of(ids, size=sizes), plan, seeds(1)[0], method="pps", size="size")
    main = dict(zip(ids, [1, 12 / 40, 8 / 40, 8 / 40, 6 / 40, 6 / 40], strict=True))
    for issued, factor in ((2, 1), (3, 2)):
        final = after_release(drawn, plan, {"h": issued})
        with_weight = final[final["inclusion_prob"].notna()]
        assert len(with_weight) == issued
        for one, prob in zip(with_weight["frame_unit_id"], with_weight["inclusion_prob"], strict=True):
            assert prob == pytest.approx(1 if one == "a" else factor * main[one], rel=1e-14)
        x = with_weight["frame_unit_id"].map(dict(zip(ids, sizes, strict=True)))
        assert (x * with_weight["design_weight"]).sum() == pytest.approx(100, rel=1e-12)
