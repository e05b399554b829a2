"""Rounds side by side: how many people are drawn again, and strata split so that they can be spared."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

ASKED, NEW = "asked_before", "new"


def split_by_history(frame: pd.DataFrame, asked_ids: Collection[str], column: str = "frame_unit_id") -> pd.Series:
    """Stratum part "asked_before" or "new" of every row: was its `column` (a unit or person key) asked last round?

    The plan then gives the asked part a smaller n_h (>= 2); both parts keep their own N_h, so every probability stays
    known. Returns text named `history`, same index.

    >>> import pandas as pd
    >>> frame = pd.DataFrame({"frame_unit_id": ["a", "b", "c"]})
    >>> split_by_history(frame, {"b"}).tolist()
    ['new', 'asked_before', 'new']
    """
    asked = frame[column].isin(list(asked_ids))
    return asked.map({True: ASKED, False: NEW}).astype("str").rename("history")


def overlap(drawn: pd.DataFrame, earlier_ids: Collection[str], column: str = "frame_unit_id") -> pd.DataFrame:
    """Per stratum how many drawn cases were asked in an earlier round.

    drawn: Drawn rows of the last stage count, reserves apart; column: what is compared (join a person key first when
    ids change between rounds). Returns stratum_id, n_drawn, n_again, n_reserve_again, again_share (of the main sample).

    >>> import pandas as pd
    >>> drawn = pd.DataFrame({"frame_unit_id": ["a", "b"], "stratum_id": "s", "stage": 1, "is_reserve": False})
    >>> overlap(drawn, {"b"})[["n_drawn", "n_again", "again_share"]].values.tolist()
    [[2.0, 1.0, 0.5]]
    """
    last = drawn[drawn["stage"] == drawn["stage"].max()]
    again = last[column].isin(list(earlier_ids))
    is_main = ~last["is_reserve"].astype(bool)
    counted = pd.DataFrame(
        {
            "stratum_id": last["stratum_id"],
            "n_drawn": is_main.astype("int64"),
            "n_again": (again & is_main).astype("int64"),
            "n_reserve_again": (again & ~is_main).astype("int64"),
        }
    )
    table = counted.groupby("stratum_id", as_index=False, sort=True).sum()
    return table.assign(again_share=table["n_again"] / table["n_drawn"].where(table["n_drawn"] > 0))
