"""Who rates whom as a sealed plan fixes it: quotas, rated units, and the frame columns that say who is who.

A plan holds all of `shapes.RATER_PARTS`, or none of them where nobody rates by quotas.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from errors import DataError
from sampling.pairs import draw_pairs, pairs_csv


def plan_pairs_csv(plan: Mapping[str, Any], frame: pd.DataFrame, seed: str) -> bytes:
    """The published pairs.csv drawn from plan and public frame (`read_frame_csv`); empty when the plan has no quotas.

    Raises DataError `table.columns` when the frame lacks a column of `rater_columns`; what `draw_pairs` raises.
    """
    if "quotas" not in plan:
        return b""
    columns: Mapping[str, str] = plan["rater_columns"]
    if not set(columns.values()) <= set(frame.columns):
        expected = ", ".join(columns.values())
        raise DataError("table.columns", where="frame", got=", ".join(frame.columns), expected=expected)
    people = pd.DataFrame({name: frame[column] for name, column in columns.items()}).assign(
        rater_id=frame["frame_unit_id"]
    )
    drawn = draw_pairs(people, pd.DataFrame(plan["rated_units"]), pd.DataFrame(plan["quotas"]), seed)
    return pairs_csv(drawn.pairs)
