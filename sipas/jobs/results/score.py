"""Index of an instrument for every unit, node and variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sipas.jobs.results.names import name_of, variant_label
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.score import SCORE
from sipas.store.workspace import Workspace
from sipas.words import Language


@dataclass(frozen=True)
class ScoreReport:
    """IndexScores of the instrument, the id of the province's own rows, the top node of the index, names of its nodes
    and variants, whether anything is new."""

    instrument_id: str
    scores: pd.DataFrame
    province_id: str
    top_node: str
    nodes: Mapping[str, str]
    labels: Mapping[str, str]
    is_new: bool


def province_rows(report: ScoreReport) -> pd.DataFrame:
    """Values of the province itself: the index and its large parts, whose codes have no digit."""
    scores = report.scores
    is_large = ~scores["node_code"].str.contains(r"\d", regex=True)
    return scores[(scores["unit_id"] == report.province_id) & is_large]


def score(ws: Workspace, round_id: str, instrument_id: str = "", *, lang: Language = "vi") -> ScoreReport:
    """Compute the index of an instrument from weights and answers. lang: of the names of nodes and variants.

    Raises StoreError `jobs.step_first`, `store.round_state` (closed); what Design, `totals` and `satisfaction_index`
    raise.
    """
    bench = Workbench(ws, round_id, instrument_id)
    result = bench.run(SCORE).run
    index = bench.parts.index
    labels = {variant.name: variant_label(index, variant, lang) for variant in index.variants}
    scores = bench.table("score", "index_scores")
    return ScoreReport(
        instrument_id=bench.instrument.instrument_id,
        scores=scores,
        province_id=bench.parts.rules.province_id,
        top_node=index.tree.roots[0].code,
        nodes={node.node_code: name_of(node, lang) for node in index.nodes},
        labels=labels,
        is_new=result.is_new,
    )
