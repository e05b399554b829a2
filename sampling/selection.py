"""The draw with permanent random numbers, which anyone with a SHA-256 tool can repeat (docs/methods.md, section 3)."""

from __future__ import annotations

import re

import duckdb
import numpy as np
import pandas as pd

from sampling.errors import DesignError
from sampling.frame import check_ids
from sampling.numbers import sha256_hex
from sampling.tables import ALLOCATION, DRAWN

_DRAW = """
with hashed as (
    select frame_unit_id, stratum_id, psu_id, sha256($seed || '|' || frame_unit_id) as prn from frame
), ordered as (
    select *, row_number() over (partition by stratum_id order by prn) as draw_order from hashed
)
select o.*, a.pop_size, a.sample_size, a.reserve_size
from ordered o join sizes a using (stratum_id)
where o.draw_order <= a.sample_size + a.reserve_size
order by frame_unit_id
"""


def check_seed(seed: str) -> None:
    """A seed is 64 characters 0-9a-f, hashed as text. Raises DesignError `draw.seed`."""
    if not re.fullmatch(r"[0-9a-f]{64}", seed):
        raise DesignError("draw.seed", got=f"{len(seed)} characters", expected="64 characters 0-9a-f")


def permanent_random_numbers(ids: pd.Series, seed: str) -> pd.Series:
    """Digest of every id: hex SHA-256(utf8(seed + "|" + id)); ascending order of the hex text is the draw order.

    ids: NFC text, unique. Returns text of 64 characters, same index. Raises FrameError `frame.bad_id`, DesignError
    `draw.seed`.
    """
    check_seed(seed)
    check_ids(ids)
    prefix = seed + "|"
    return ids.map(lambda one: sha256_hex(prefix + one)).astype("str").rename("prn")


def draw(frame: pd.DataFrame, allocation: pd.DataFrame, seed: str) -> pd.DataFrame:
    """Simple random sample without replacement in every stratum: the n_h smallest digests, then the reserve.

    frame: columns frame_unit_id, stratum_id, psu_id; allocation: the Allocation table, whose pop_size must equal the
    rows of the frame. draw_order counts 1.. within a stratum; pi = n_h/N_h for the main sample; a reserve case has no
    probability and no weight until it is released. Returns the Drawn table; the same for any order of rows.
    Raises DesignError `draw.seed`, `draw.population`, `draw.size`; FrameError `frame.bad_id`.
    """
    check_seed(seed)
    check_ids(frame["frame_unit_id"])
    sizes = ALLOCATION.check(allocation)
    _check_population(frame, sizes)
    with duckdb.connect(":memory:", config={"threads": 2}) as base:
        base.register("frame", frame[["frame_unit_id", "stratum_id", "psu_id"]])
        base.register("sizes", sizes)
        rows = base.execute(_DRAW, {"seed": seed}).df()
    is_reserve = (rows["draw_order"] > rows["sample_size"]).to_numpy()
    prob = np.where(is_reserve, np.nan, rows["sample_size"] / rows["pop_size"])
    drawn = rows[["frame_unit_id", "stratum_id", "psu_id", "prn", "draw_order"]].assign(
        stage=1,
        conditional_prob=prob,
        inclusion_prob=prob,
        planned_inclusion_prob=prob,
        design_weight=1 / prob,
        is_reserve=is_reserve,
        is_certain=False,
    )
    return DRAWN.check(drawn)


def _check_population(frame: pd.DataFrame, sizes: pd.DataFrame) -> None:
    counted = frame.groupby("stratum_id").size()
    planned = sizes.set_index("stratum_id")["pop_size"]
    if not counted.index.isin(planned.index).all() or not planned.index.isin(counted.index).all():
        wrong = sorted(set(counted.index) ^ set(planned.index))
        raise DesignError(
            "draw.population", where=wrong[0], got=int(counted.get(wrong[0], 0)), expected="in plan and frame"
        )
    different = counted[counted != planned.reindex(counted.index)]
    if len(different):
        first = str(different.index[0])
        raise DesignError("draw.population", where=first, got=int(different.iloc[0]), expected=int(planned[first]))
    too_many = sizes[sizes["sample_size"] + sizes["reserve_size"] > sizes["pop_size"]]
    if len(too_many):
        row = too_many.iloc[0]
        raise DesignError(
            "draw.size", where=row["stratum_id"], got=row["sample_size"], expected=f"<= {row['pop_size']}"
        )
