"""The plan as plain data, the frame file it speaks of, and the draw both of them fix once there is a seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from errors import DataError
from sampling.frame import canonical_csv, stratum_ids
from sampling.selection import StagePlan, draw_stages

DRAW_COLUMNS = ("frame_unit_id", "stage", "stratum_id", "draw_order", "is_reserve", "prn")
_SIZES = ("stratum_id", "pop_size", "sample_size", "reserve_size")
CANONICAL = "UTF-8, LF, rows by frame_unit_id"
_TEXT = pd.StringDtype(na_value=np.nan)


def plan_of(
    stratum_parts: Sequence[str],
    stages: Sequence[StagePlan],
    *,
    id_key: str,
    public_value: Mapping[str, str] | None = None,
    coordination: Mapping[str, str] | None = None,
    **rules: object,
) -> dict[str, Any]:
    """The plan that is sealed: how every stage is drawn, from which strata, and where the public value comes from.

    id_key: fingerprint of the key the public ids were made with. public_value: source, at, pattern (mode `fresh`);
    coordination: programme, frame_source, start (mode `coordinated`); the other one is left out. rules: whatever else
    the plan promises (target, window), as text, whole numbers and lists of them.
    """
    if coordination is not None:
        own: dict[str, Any] = {"mode": "coordinated", "coordination": dict(coordination)}
    else:
        own = {"mode": "fresh", "public_value": dict(public_value or {})}
    return {
        **rules,
        **own,
        "id_key": id_key,
        "stratum_parts": list(stratum_parts),
        "stages": [
            {"method": one.method, "size": one.size, "forced": one.forced, "allocation": _entries(one.allocation)}
            for one in stages
        ],
    }


def stages_of(plan: Mapping[str, Any]) -> list[StagePlan]:
    """The stages of a plan, ready to draw. In mode `coordinated` all of them share the start of the plan."""
    start = plan["coordination"]["start"] if plan["mode"] == "coordinated" else None
    return [
        StagePlan(
            method=one["method"],
            allocation=pd.DataFrame(one["allocation"]).astype({"stratum_id": "str"}).assign(method=one["method"]),
            size=one["size"],
            forced=one["forced"],
            start=start,
        )
        for one in plan["stages"]
    ]


def draw_plan(plan: Mapping[str, Any], frame: pd.DataFrame, seed: str) -> pd.DataFrame:
    """Draw what the plan says from the public frame (`read_frame_csv`). Returns the Drawn table.

    Raises what `draw_stages` raises: DesignError, FrameError, DataError.
    """
    strata = stratum_ids(frame, plan["stratum_parts"])
    if len(plan["stages"]) > 1:
        if not {"stage", "parent_id"} <= set(frame.columns):
            raise DataError("table.columns", where="frame", got=", ".join(frame.columns), expected="stage, parent_id")
        strata = strata.where(frame["stage"] == "1", frame["parent_id"])
    return draw_stages(frame.assign(stratum_id=strata), stages_of(plan), seed)


def draw_csv(drawn: pd.DataFrame) -> bytes:
    """The published list: id, stage, stratum, order, reserve, digest; canonical CSV."""
    return canonical_csv(drawn, DRAW_COLUMNS, "frame_unit_id")


def read_frame_csv(content: bytes) -> pd.DataFrame:
    """The public frame as text columns, only from its canonical form (docs/methods.md, 3).

    Other bytes for the same rows would be another file with another hash, and two readers might see two frames.
    Raises DataError `verify.frame_canonical`.
    """
    frame = parse_frame(content)
    if frame is None or not is_canonical(frame, content):
        raise DataError("verify.frame_canonical", expected=CANONICAL)
    return frame


def parse_frame(content: bytes) -> pd.DataFrame | None:
    """Rows of a CSV file as text columns; None when it is no UTF-8 CSV with ids in `frame_unit_id`."""
    parsing = arrow_csv.ParseOptions(newlines_in_values=b'"' in content)
    try:
        header = arrow_csv.open_csv(pa.BufferReader(content), parse_options=parsing).schema.names
        if "frame_unit_id" not in header or len(set(header)) < len(header):
            return None
        as_text = arrow_csv.ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False)
        table = arrow_csv.read_csv(pa.BufferReader(content), parse_options=parsing, convert_options=as_text)
    except ValueError:  # pyarrow's own errors and UnicodeDecodeError are ValueErrors
        return None
    return table.to_pandas(types_mapper={pa.string(): _TEXT}.get) if table.num_rows else None


def is_canonical(frame: pd.DataFrame, content: bytes) -> bool:
    """Whether `content` is the one canonical file of the rows read from it."""
    return canonical_csv(frame, list(frame.columns), "frame_unit_id") == content


def _entries(allocation: pd.DataFrame) -> list[dict[str, Any]]:
    rows = allocation.sort_values("stratum_id")[list(_SIZES)]
    return [dict(zip(_SIZES, row, strict=True)) for row in rows.astype(object).itertuples(index=False)]
