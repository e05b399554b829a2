"""What a round gives out: its workbook, and machine-readable tables (CSV, UTF-8 with LF) apart from it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sipas.foldernames import TABLES_FOLDER
from sipas.indices import IndexDefinition
from sipas.jobs.results.workbook import WorkbookReport, make_workbook
from sipas.jobs.stepruns.frozen import FrozenRound, released
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.round.disclosure import breakdown, forms_of
from sipas.publish.round.make import index_facts
from sipas.publish.round.pack import DEFAULT_MIN_BREAKDOWN, IndexFacts
from sipas.rounds.parts import RoundParts
from sipas.store.workspace import Workspace

_HIDDEN = ["value_pct", "std_error", "ci_low", "ci_high"]


@dataclass(frozen=True)
class CsvReport:
    """Files written; release_no: 0 for the present state."""

    paths: tuple[Path, ...]
    release_no: int


@dataclass(frozen=True, eq=False)
class _Tables:
    parts: RoundParts
    results: pd.DataFrame
    unit_sheets: pd.DataFrame
    index_scores: pd.DataFrame


def export_workbook(ws: Workspace, round_id: str, *, working: bool = False) -> WorkbookReport:
    """The workbook of a round: of a released one as it was released, else (or working) of the present results.

    Raises as `make_workbook`; StoreError `store.snapshot_changed` when released file and copy are both damaged.
    """
    frozen = None if working else released(ws, round_id)
    if frozen is None:
        return make_workbook(ws, round_id)
    sha256, number = frozen.release.outputs["workbook"], frozen.release.release_no
    name = f"{round_id}/cong-bo-{number:02d}-ket-qua-{round_id}.xlsx"
    return WorkbookReport(ws.files.outputs.write_bytes(name, frozen.read(sha256)), sha256, False, number)


def export_csv(ws: Workspace, round_id: str, *, working: bool = False) -> CsvReport:
    """Write outputs/<round>/csv/<table>.csv for results, unit sheets and index scores of a release, or of now.

    Values the workbook hides (few answers behind a breakdown) are empty here too, with reason `hidden`; a release keeps
    what it showed. Raises StoreError `jobs.step_first`, `jobs.step_stale`.
    """
    frozen = None if working else released(ws, round_id)
    found = _now(Workbench(ws, round_id)) if frozen is None else _frozen(frozen)
    kept = "" if frozen is None else frozen.release.outputs.get("shown_scores", "")
    shown = frozen.table(kept) if frozen is not None and kept else _disclosed(found)
    tables = {"results": found.results, "unit_sheets": found.unit_sheets, "index_scores": shown}
    number = 0 if frozen is None else frozen.release.release_no
    folder = f"{round_id}/{TABLES_FOLDER}" if frozen is None else f"{round_id}/{TABLES_FOLDER}/cong-bo-{number:02d}"
    paths = []
    for name, table in tables.items():
        text = io.StringIO()
        table.to_csv(text, index=False, lineterminator="\n")
        paths.append(ws.files.outputs.write_bytes(f"{folder}/{name}.csv", text.getvalue().encode("utf-8")))
    return CsvReport(tuple(paths), number)


def shown_scores(bench: Workbench) -> pd.DataFrame:
    """IndexScores of now as they are given out: without the values that few answers stand behind."""
    return _disclosed(_now(bench))


def _now(bench: Workbench) -> _Tables:
    scores = [one.index_scores() for one in bench.scored()]
    results, sheets = bench.table("merge", "results"), bench.table("merge", "unit_sheets")
    return _Tables(bench.whole, results, sheets, pd.concat(scores, ignore_index=True))


def _frozen(frozen: FrozenRound) -> _Tables:
    outputs = frozen.release.outputs
    scores = [frozen.table(sha) for name, sha in sorted(outputs.items()) if name.split("/")[0] == "index_scores"]
    results, sheets = frozen.table(outputs["results"]), frozen.table(outputs["unit_sheets"])
    return _Tables(frozen.parts, results, sheets, pd.concat(scores, ignore_index=True))


def _disclosed(found: _Tables) -> pd.DataFrame:
    """IndexScores without the values that few answers stand behind, unit by unit and variant by variant."""
    scores = found.index_scores
    hidden = np.zeros(len(scores), dtype=bool)
    for survey in found.parts.surveys():
        hidden |= _hidden_rows(found, survey.index)
    return scores.assign(
        **{name: scores[name].mask(hidden) for name in _HIDDEN}, reason=scores["reason"].mask(hidden, "hidden")
    )


def _hidden_rows(found: _Tables, definition: IndexDefinition) -> np.ndarray:
    """Rows of one index whose values are hidden."""
    head = found.parts.survey_round.head
    index = index_facts(definition, head.year)
    links = [leaf.link for book in found.parts.rulebooks for leaf in book.linked_leaves()]
    required = frozenset(one.node_code for one in links if one is not None and one.index_id == definition.id)
    scores = found.index_scores
    hidden = np.zeros(len(scores), dtype=bool)
    own = scores[(scores["index_id"] == definition.id) & (scores["unit_id"] != head.province_id)]
    for variant in index.variants:
        needed = required if variant.is_official else frozenset()
        of_variant = own[own["variant"] == variant.variant]
        for rows in of_variant.groupby("unit_id").groups.values():
            hidden[rows] = _hidden(index, scores.loc[rows], needed)
    return hidden


def _hidden(index: IndexFacts, own: pd.DataFrame, required: frozenset[str]) -> list[bool]:
    forms = forms_of(index, dict(zip(own["node_code"], own["n"], strict=True)))
    states = breakdown(index, forms, required=required, min_forms=DEFAULT_MIN_BREAKDOWN)
    return [states.state(code) != "shown" for code in own["node_code"]]
