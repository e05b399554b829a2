"""Burden between rounds: counted, and spared by splitting strata."""

import pandas as pd
from draws import frame_of, plan_table, seeds

from sampling.selection import draw, overlap, split_by_history

FRAME = frame_of([f"u{k}" for k in range(40)], ["A"] * 20 + ["B"] * 20)


def test_overlap_counts_main_and_reserve_apart() -> None:
    drawn = draw(FRAME, plan_table(A=(20, 4, 2), B=(20, 5, 0)), seeds(1)[0])
    by_order = drawn[drawn["stratum_id"] == "A"].set_index("draw_order")["frame_unit_id"]
    earlier = {by_order[1], by_order[3], by_order[6], "someone else"}
    table = overlap(drawn, earlier).set_index("stratum_id")
    assert table.loc["A"].tolist() == [4, 2, 1, 0.5]
    assert table.loc["B"].tolist() == [5, 0, 0, 0.0]


def test_strata_split_by_history_keep_known_probabilities() -> None:
    asked = [f"u{k}" for k in (0, 1, 2, 3, 4, 5, 25, 26)]
    part = split_by_history(FRAME, asked)
    assert part.value_counts().to_dict() == {"new": 32, "asked_before": 8}
    split = FRAME.assign(stratum_id=FRAME["stratum_id"] + "|" + part)
    sizes = {"A|asked_before": (6, 2, 0), "A|new": (14, 4, 0), "B|asked_before": (2, 2, 0), "B|new": (18, 5, 0)}
    drawn = draw(split, plan_table(**sizes), seeds(1)[0])
    assert drawn["design_weight"].sum() == 40
    assert overlap(drawn, asked).set_index("stratum_id")["n_again"].to_dict() == {
        "A|asked_before": 2,
        "A|new": 0,
        "B|asked_before": 2,
        "B|new": 0,
    }


def test_history_may_go_by_person() -> None:
    frame = FRAME.assign(person_key=[f"p{k % 30}" for k in range(40)])
    part = split_by_history(frame, {"p3"}, "person_key")
    assert part[part == "asked_before"].index.tolist() == [3, 33]
    assert isinstance(part.dtype, pd.StringDtype)
