"""Several stages: products, seeds by stage, forced seats; an example of the size and manner of PAPI (all made up)."""

import numpy as np
import pandas as pd
import pytest
from draws import frame_of, orders, plan_table, purpose, seeds

from errors import SurveyError
from sampling.selection import StagePlan, after_release, derived_seed, draw_stages

SEED = "fedcba9876543210" * 4
COMMUNES = ["A", "B", "C", "D", "E"]
SIZES = [40, 4, 6, 5, 9]


def two_stages(people: int = 4) -> pd.DataFrame:
    upper = frame_of(COMMUNES, "h", stage="1", parent_id="", size=[str(one) for one in SIZES])
    lower = frame_of(
        [f"{commune}-{one}" for commune in COMMUNES for one in range(people)],
        "",
        stage="2",
        parent_id=np.repeat(COMMUNES, people),
        size="",
    )
    return pd.concat([upper, lower], ignore_index=True)


def plans(people: int = 4, main: int = 2, reserve: int = 1) -> list[StagePlan]:
    second = plan_table(**dict.fromkeys(COMMUNES, (people, main, reserve)))
    return [StagePlan("pps", plan_table(h=(5, 3, 0)), "size"), StagePlan("srs", second)]


def test_stages_are_the_core_stage_by_stage_with_their_own_seeds() -> None:
    many = seeds(15)
    first, planned = orders(many, COMMUNES, np.array(SIZES), (3, 0), "pps")
    second = {
        one: orders(purpose(many, "stage2"), [f"{one}-{k}" for k in range(4)], np.ones(4, dtype=np.int64), (2, 1))[0]
        for one in COMMUNES
    }
    for place, seed in enumerate(many):
        drawn = draw_stages(two_stages(), plans(), seed).set_index("frame_unit_id")
        parents = [one for k, one in enumerate(COMMUNES) if first[place, k]]
        assert drawn.index[drawn["stage"] == 1].tolist() == parents
        for one in parents:
            rows = drawn[(drawn["stratum_id"] == one) & (drawn["stage"] == 2)]
            expected = {f"{one}-{k}": second[one][place, k] for k in range(4) if second[one][place, k]}
            assert rows["draw_order"].to_dict() == expected
            assert (rows["psu_id"] == one).all()
            upper = planned[place, COMMUNES.index(one)]
            main = rows[~rows["is_reserve"]]
            assert (main["conditional_prob"] == 0.5).all()
            assert (main["inclusion_prob"] == 0.5 * upper).all()
            assert rows.loc[rows["is_reserve"], ["conditional_prob", "inclusion_prob"]].isna().all(axis=None)
            assert (rows["planned_inclusion_prob"] == 0.5 * upper).all()


def test_row_order_and_release_in_the_last_stage() -> None:
    drawn = draw_stages(two_stages(), plans(), SEED)
    pd.testing.assert_frame_equal(drawn, draw_stages(two_stages().sample(frac=1, random_state=3), plans(), SEED))
    parents = drawn.loc[drawn["stage"] == 1].set_index("frame_unit_id")["inclusion_prob"]
    issued = dict(zip(parents.index, (3, 2, 1), strict=True))
    final = after_release(drawn, plans()[1].allocation, issued)
    last = final[final["stage"] == 2]
    with_weight = last[last["design_weight"].notna()]
    assert with_weight.groupby("stratum_id").size().to_dict() == issued
    for row in with_weight.itertuples():
        assert row.conditional_prob == issued[row.stratum_id] / 4
        assert row.inclusion_prob == pytest.approx(issued[row.stratum_id] / 4 * parents[row.stratum_id], rel=1e-15)
        assert row.design_weight * row.inclusion_prob == pytest.approx(1, rel=1e-15)
    assert (last["planned_inclusion_prob"] == drawn.loc[drawn["stage"] == 2, "planned_inclusion_prob"]).all()
    pd.testing.assert_frame_equal(final[final["stage"] == 1], drawn[drawn["stage"] == 1])


def refused(rule: str, frame: pd.DataFrame, stages: list[StagePlan]) -> None:
    with pytest.raises(SurveyError) as caught:
        draw_stages(frame, stages, SEED)
    assert caught.value.rule == rule


def test_what_does_not_fit_together_is_refused() -> None:
    frame, good = two_stages(), plans()
    orphan = frame.assign(parent_id=frame["parent_id"].replace({"B": "X"}))
    refused("draw.parent", orphan, good)
    refused("draw.population", frame[frame["frame_unit_id"] != "B-1"], good)
    refused("draw.population", frame[frame["parent_id"] != "B"], good)
    refused("draw.population", frame, [good[0], StagePlan("srs", good[1].allocation.iloc[1:])])
    refused("draw.early_reserve", frame, [StagePlan("pps", plan_table(h=(5, 3, 1)), "size"), good[1]])
    refused("draw.stage", frame, good[:1])
    middle = StagePlan("srs", plans(reserve=0)[1].allocation)
    refused("draw.stage", frame, [good[0], middle, good[1]])
    refused("draw.stage", frame, [])
    refused("frame.duplicate_id", frame.replace({"frame_unit_id": {"B-1": "A"}}), good)


def units_below(parents: list[str], count: int, stage: int, rng: np.random.Generator) -> pd.DataFrame:
    ids = [f"{parent}.{one}" for parent in parents for one in range(count)]
    people = rng.integers(400, 9_000, len(ids)).astype(str)
    seat = [str(int(one == 0)) for _ in parents for one in range(count)]
    return frame_of(ids, "", stage=str(stage), parent_id=np.repeat(parents, count), people=people, seat=seat)


def papi() -> tuple[pd.DataFrame, list[StagePlan], dict[str, int]]:
    """Three made-up provinces with 3, 6 and 9 districts drawn of 12; then 2 communes, 2 villages, 16 persons each."""
    rng = np.random.default_rng(7)
    districts = {"small": 3, "middle": 6, "large": 9}
    top = units_below(list(districts), 12, 1, rng)
    top["stratum_id"] = top["parent_id"]
    parts = [top.assign(parent_id="")]
    for stage, count in ((2, 5), (3, 4), (4, 20)):
        parts.append(units_below(parts[-1]["frame_unit_id"].tolist(), count, stage, rng))
    frame = pd.concat(parts, ignore_index=True)
    allocations = [plan_table(**{name: (12, n, 0) for name, n in districts.items()})]
    for place, (count, n, reserve) in enumerate(((5, 2, 0), (4, 2, 0), (20, 16, 3))):
        allocations.append(plan_table(**dict.fromkeys(parts[place]["frame_unit_id"], (count, n, reserve))))
    by_size = [StagePlan("pps", one, "people", "seat") for one in allocations[:3]]
    return frame, [*by_size, StagePlan("srs", allocations[3])], districts


def test_a_survey_in_the_manner_of_papi() -> None:
    frame, stages, districts = papi()
    drawn = draw_stages(frame, stages, SEED)
    province = drawn["psu_id"].str.split(".").str[0]
    persons = (drawn["stage"] == 4) & ~drawn["is_reserve"]
    assert province[persons].value_counts().to_dict() == {"small": 192, "middle": 384, "large": 576}
    per_stage = drawn[~drawn["is_reserve"]].groupby([province, "stage"]).size().unstack()
    assert per_stage.loc["large"].tolist() == [9, 18, 36, 576]
    by_id = drawn.set_index("frame_unit_id")
    for name in districts:
        assert by_id.loc[f"{name}.0", ["is_certain", "conditional_prob"]].tolist() == [True, 1.0]
    for stage in (2, 3):
        rows = by_id[by_id["stage"] == stage]
        seats = rows[rows.index.str.endswith(".0")]
        assert sorted(seats["stratum_id"]) == sorted(by_id.index[by_id["stage"] == stage - 1])
        assert seats["is_certain"].all() and (seats["draw_order"] == 1).all()
    lower = by_id[(by_id["stage"] > 1) & ~by_id["is_reserve"]]
    above = by_id.loc[lower["stratum_id"], "inclusion_prob"].to_numpy()
    assert np.allclose(lower["inclusion_prob"], lower["conditional_prob"] * above, rtol=1e-15)
    assert set(lower["psu_id"]) == set(by_id.index[by_id["stage"] == 1])


def test_purposes_are_plain_digests() -> None:
    assert derived_seed(SEED, "stage2") == purpose([SEED], "stage2")[0]
