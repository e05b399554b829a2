"""The draw: one stage, or stage by stage down to persons (docs/methods.md, section 3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa

from errors import DesignError
from sampling.arguments import check_table
from sampling.frame import check_ids
from sampling.numbers import FloatArray
from sampling.selection.choose import Units, choose, draw_orders
from sampling.selection.chunks import Frame
from sampling.selection.measures import forced_rows, sizes_of
from sampling.selection.plan import StagePlan, strata_of
from sampling.selection.scan import Kept, scan
from sampling.selection.seeds import check_seed, derived_seed, digests_of
from sampling.tables import DRAWN


def draw(
    frame: Frame,
    allocation: pd.DataFrame,
    seed: str,
    *,
    method: str = "srs",
    size: str | None = None,
    forced: str | None = None,
) -> pd.DataFrame:
    """Draw n + r units in every stratum of a frame; the same for any order of rows, batch size or number of threads.

    frame: columns frame_unit_id, stratum_id, psu_id, and the ones named by size and forced; a reader is read once.
    allocation: the Allocation table (stratum_id, pop_size, sample_size, reserve_size, method), as `allocate` gives it;
    pop_size must equal the rows of the frame. seed: 64 characters 0-9a-f. method: srs, simple random sampling; pps,
    probabilities proportional to the column `size` of positive numbers (random-order systematic, Hartley, Rao 1962).
    forced: column of 0 and 1, units drawn with certainty. inclusion_prob is pi, design_weight 1/pi.
    draw_order counts 1.. within a stratum; the first n are the main sample, the others its reserve, which has no
    probability and no weight until it is released (`after_release`). Returns the Drawn table.
    Raises DesignError `draw.seed`, `draw.method`, `draw.numbers`, `draw.size`, `draw.population`, `draw.size_measure`,
    `draw.forced`, `draw.certain`; FrameError `frame.bad_id`, `frame.duplicate_id`; DataError of a table; DesignError
    `arguments.table`.

    >>> import pandas as pd
    >>> from sampling import allocate
    >>> frame = pd.DataFrame({"frame_unit_id": list("abcdef"), "stratum_id": "s", "psu_id": list("abcdef")})
    >>> allocation = allocate(pd.DataFrame({"stratum_id": ["s"], "pop_size": [6]}), 2, "proportional")
    >>> drawn = draw(frame, allocation, seed="5eed" * 16)
    >>> drawn[["frame_unit_id", "design_weight"]].values.tolist()
    [['d', 3.0], ['e', 3.0]]
    """
    if not isinstance(frame, pa.RecordBatchReader):
        check_table("frame", frame)
    check_table("allocation", allocation)
    return draw_stages(frame, [StagePlan(method, allocation, size, forced)], seed)


def draw_stages(frame: Frame, stages: Sequence[StagePlan], seed: str) -> pd.DataFrame:
    """Draw stage by stage; the units of all stages are rows of one frame, told apart by `stage` ("1", "2", ...).

    parent_id is the frame_unit_id one stage up and the stratum from stage 2 on, whose allocation has a row for every
    parent in the frame. Stage 1 uses seed, stage k the seed of purpose `stage<k>`. Returns the drawn units of every
    stage: inclusion_prob is the product of conditional probabilities, psu_id the stage-1 unit; reserves exist in the
    last stage only. Raises what `draw` raises and DesignError `draw.stage`, `draw.parent`, `draw.early_reserve`.
    """
    check_seed(seed)
    if not stages:
        raise DesignError("draw.stage", got=0, expected=">= 1")
    if len(stages) == 1:
        return DRAWN.check(_with_products(draw_stage(_only_stage(frame), stages[0], seed), 1.0))
    for number, plan in enumerate(stages[:-1], start=1):
        if plan.allocation["reserve_size"].any():
            raise DesignError("draw.early_reserve", where=str(number))
    full_frame = frame if isinstance(frame, pd.DataFrame) else frame.read_all().to_pandas()
    check_ids(full_frame["frame_unit_id"])
    parts = _by_stage(full_frame, len(stages))
    upper = _with_products(draw_stage(parts[0], stages[0], seed), 1.0).assign(psu_id=lambda rows: rows["frame_unit_id"])
    drawn = [upper]
    for number, plan in enumerate(stages[1:], start=2):
        part = parts[number - 1].assign(stratum_id=parts[number - 1]["parent_id"])
        _check_parents(part, parts[number - 2]["frame_unit_id"], plan.allocation)
        rows = part[part["stratum_id"].isin(upper["frame_unit_id"])]
        allocation = plan.allocation[plan.allocation["stratum_id"].isin(upper["frame_unit_id"])]
        lower = draw_stage(rows, replace(plan, allocation=allocation), derived_seed(seed, f"stage{number}"))
        upper = _below(lower.assign(stage=number), upper)
        drawn.append(upper)
    return DRAWN.check(pd.concat(drawn, ignore_index=True))


def draw_stage(frame: Frame, plan: StagePlan, seed: str) -> pd.DataFrame:
    """Drawn units of one stage with `planned` and conditional probabilities; columns of Drawn but the products."""
    check_seed(seed)
    plan.check()
    strata = strata_of(plan.allocation)
    kept = scan(frame, plan, strata, seed)
    units = _units(kept, plan)
    chosen = choose(plan.method, units, strata, strata.starts(seed) if plan.method == "pps" else np.zeros(0))
    rows = np.flatnonzero(chosen.is_drawn)
    ids = kept.rows["frame_unit_id"].take(pa.array(rows)).to_pylist()
    digests = np.array(digests_of(ids, seed), dtype=object)
    stratum = kept.stratum[rows]
    tie = rows if plan.method == "srs" else np.array(digests_of(ids, derived_seed(seed, "order")))
    order, draw_order = draw_orders(stratum, chosen.is_certain[rows], tie)
    is_reserve = draw_order > strata.main[stratum[order]]
    planned = chosen.planned(rows[order])
    text = kept.rows.take(pa.array(rows[order]))
    return pd.DataFrame(
        {
            **{
                name: pd.Series(text[name].to_pylist(), dtype="str")
                for name in ("frame_unit_id", "stratum_id", "psu_id")
            },
            "prn": pd.Series(digests[order], dtype="str"),
            "stage": 1,
            "planned": planned,
            "conditional_prob": np.where(is_reserve, np.nan, planned),
            "draw_order": draw_order,
            "is_reserve": is_reserve,
            "is_certain": chosen.is_certain[rows[order]],
            "is_approximate": plan.is_approximate,
        }
    )


def _units(kept: Kept, plan: StagePlan) -> Units:
    count = kept.rows.num_rows
    size = np.ones(count, dtype=np.int64) if plan.size is None else sizes_of(kept.rows[plan.size], plan.size)
    forced = np.zeros(count, dtype=np.bool_)
    if plan.forced is not None:
        forced = forced_rows(kept.rows[plan.forced], plan.forced)
    return Units(kept.stratum, kept.word, size, forced)


def _only_stage(frame: Frame) -> Frame:
    """A frame of one stage; a `stage` column may say nothing but 1."""
    if isinstance(frame, pd.DataFrame) and "stage" in frame.columns:
        return _by_stage(frame, 1)[0]
    return frame


def _by_stage(frame: pd.DataFrame, count: int) -> list[pd.DataFrame]:
    if "stage" not in frame.columns:
        frame = frame.assign(stage="1")
    stage = frame["stage"].astype("str")
    names = [str(number) for number in range(1, count + 1)]
    absent = [name for name in names if not (stage == name).any()]
    if absent or not stage.isin(names).all():
        raise DesignError("draw.stage", got=", ".join(sorted(stage.fillna("").unique())), expected=", ".join(names))
    return [frame[stage == name] for name in names]


def _with_products(drawn: pd.DataFrame, above: FloatArray | float) -> pd.DataFrame:
    prob = drawn["conditional_prob"] * above
    planned = drawn["planned"] * above
    return drawn.drop(columns="planned").assign(
        inclusion_prob=prob, planned_inclusion_prob=planned, design_weight=1 / prob
    )


def _below(drawn: pd.DataFrame, upper: pd.DataFrame) -> pd.DataFrame:
    """Probabilities of a lower stage times those of its parents; psu_id and the approximate mark come down too."""
    parents = upper.set_index("frame_unit_id").loc[drawn["stratum_id"]]
    marked = drawn.assign(
        psu_id=pd.Series(parents["psu_id"].tolist(), dtype="str"),
        is_approximate=drawn["is_approximate"].to_numpy() | parents["is_approximate"].to_numpy(),
    )
    return _with_products(marked, parents["inclusion_prob"].to_numpy())


def _check_parents(part: pd.DataFrame, parents: pd.Series, allocation: pd.DataFrame) -> None:
    """The whole stage, drawn parents or not: every parent has its row in the plan and as many units as it says."""
    strange = part.loc[~part["stratum_id"].isin(parents), "stratum_id"]
    if len(strange):
        raise DesignError("draw.parent", where=str(strange.min()), got=len(strange), expected=0)
    strata = strata_of(allocation)
    counts = part["stratum_id"].value_counts()
    planned = pd.Series(strata.pop, index=pd.Index(strata.ids, dtype="str"))
    everyone = planned.index.union(pd.Index(parents.astype("str")))
    got, expected = counts.reindex(everyone, fill_value=0), planned.reindex(everyone, fill_value=0)
    wrong = everyone[(got != expected) | (expected == 0)]
    if len(wrong):
        first = wrong[0]
        raise DesignError("draw.population", where=str(first), got=int(got[first]), expected=int(expected[first]))
