"""Machine-readable tables of the round: CSV, UTF-8 with LF, apart from the workbook made for people."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from sipas.jobs.desk import Desk
from sipas.jobs.workbook import index_facts
from sipas.publish.disclosure import breakdown, forms_of
from sipas.publish.pack import DEFAULT_MIN_BREAKDOWN, IndexFacts
from sipas.store.workspace import Workspace

_HIDDEN = ["value_pct", "std_error", "ci_low", "ci_high"]


def export_csv(ws: Workspace, round_id: str) -> list[Path]:
    """Write outputs/<round>/csv/<table>.csv for results, unit sheets and index scores; returns the paths.

    Values the workbook hides (few answers behind a breakdown) are empty here too, with reason `hidden`. Raises
    StoreError `jobs.step_first`, `jobs.step_stale`.
    """
    desk = Desk(ws, round_id)
    tables = {
        "results": desk.table("merge", "results"),
        "unit_sheets": desk.table("merge", "unit_sheets"),
        "index_scores": _disclosed(desk),
    }
    paths = []
    for name, table in tables.items():
        text = io.StringIO()
        table.to_csv(text, index=False, lineterminator="\n")
        paths.append(ws.outputs.write_bytes(f"{round_id}/csv/{name}.csv", text.getvalue().encode("utf-8")))
    return paths


def _disclosed(desk: Desk) -> pd.DataFrame:
    """IndexScores without the values that few answers stand behind, unit by unit and variant by variant."""
    rules = desk.parts.survey_round
    index = index_facts(desk.parts.index, rules.year)
    links = [leaf.link for book in desk.parts.rulebooks for leaf in book.linked_leaves()]
    required = frozenset(link.node_code for link in links if link is not None)
    scores = desk.table("score", "index_scores")
    hidden = np.zeros(len(scores), dtype=bool)
    for variant in index.variants:
        needed = required if variant.is_official else frozenset()
        of_variant = scores[(scores["variant"] == variant.variant) & (scores["unit_id"] != rules.province_id)]
        for rows in of_variant.groupby("unit_id").groups.values():
            hidden[rows] = _hidden(index, scores.loc[rows], needed)
    return scores.assign(
        **{name: scores[name].mask(hidden) for name in _HIDDEN}, reason=scores["reason"].mask(hidden, "hidden")
    )


def _hidden(index: IndexFacts, own: pd.DataFrame, required: frozenset[str]) -> list[bool]:
    forms = forms_of(index, dict(zip(own["node_code"], own["n"], strict=True)))
    states = breakdown(index, forms, required=required, min_forms=DEFAULT_MIN_BREAKDOWN)
    return [states.state(code) != "shown" for code in own["node_code"]]
