"""What a round gives out: its workbook, and machine-readable tables (CSV, UTF-8 with LF) apart from it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from errors import StoreError
from sipas.foldernames import TABLES_FOLDER
from sipas.indices import IndexDefinition
from sipas.jobs.results.workbook import WorkbookReport, make_workbook, software_version
from sipas.jobs.stepruns.frozen import FrozenRound, released
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.round.disclosure import forms_of, hidden_nodes, required_nodes
from sipas.publish.round.make import round_results
from sipas.publish.round.roundresults import Original
from sipas.publish.round.workbook import round_workbook
from sipas.rounds.parts import RoundParts
from sipas.store.workspace import Workspace
from sipas.words import Language

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


def translated_workbook(ws: Workspace, round_id: str, of: WorkbookReport, lang: Language = "en") -> Path:
    """A copy of a workbook just written in another language, beside it and named so; kept nowhere else.

    of: a release's is made again from what the release froze, so that both say the same. Raises StoreError
    `release.not_kept` (of a release made by a version of the program that froze no inputs, or less than is read today).
    """
    if of.release_no:
        frozen = released(ws, round_id)
        if frozen is None or not frozen.is_whole:
            raise StoreError("release.not_kept", where=f"{round_id} {of.release_no}")
        given = frozen.given(frozen.run("workbook"))
    else:
        given = Workbench(ws, round_id).given("workbook", {"software_version": software_version()})
    results = round_results(given, lang, Original(of.sha256, of.release_no))
    name = f"{round_id}/{of.path.stem}-{lang}{of.path.suffix}"
    return ws.files.outputs.write_bytes(name, round_workbook(results))


def export_csv(ws: Workspace, round_id: str, *, working: bool = False) -> CsvReport:
    """Write outputs/<round>/csv/<table>.csv for results, unit sheets and index scores of a release, or of now.

    Values the workbook hides (few answers behind a breakdown) are empty here too, with reason `hidden`; a release keeps
    what it showed. Raises StoreError `jobs.step_first`, `jobs.step_stale`.
    """
    frozen = None if working else released(ws, round_id)
    tables = _now(Workbench(ws, round_id)) if frozen is None else _frozen(frozen)
    kept = "" if frozen is None else frozen.release.outputs.get("shown_scores", "")
    shown = frozen.table(kept) if frozen is not None and kept else _disclosed(tables)
    files = {"results": tables.results, "unit_sheets": tables.unit_sheets, "index_scores": shown}
    number = 0 if frozen is None else frozen.release.release_no
    folder = f"{round_id}/{TABLES_FOLDER}" if frozen is None else f"{round_id}/{TABLES_FOLDER}/cong-bo-{number:02d}"
    paths = []
    for name, table in files.items():
        text = io.StringIO()
        table.to_csv(text, index=False, lineterminator="\n")
        paths.append(ws.files.outputs.write_bytes(f"{folder}/{name}.csv", text.getvalue().encode("utf-8")))
    return CsvReport(tuple(paths), number)


def shown_scores(bench: Workbench) -> pd.DataFrame:
    """IndexScores of now as they are given out: without the values that few answers stand behind."""
    return _disclosed(_now(bench))


def _now(bench: Workbench) -> _Tables:
    scores = [scored.index_scores() for scored in bench.scored()]
    results, sheets = bench.table("merge", "results"), bench.table("merge", "unit_sheets")
    return _Tables(bench.round_parts, results, sheets, pd.concat(scores, ignore_index=True))


def _frozen(frozen: FrozenRound) -> _Tables:
    outputs = frozen.release.outputs
    scores = [frozen.table(sha) for name, sha in sorted(outputs.items()) if name.split("/")[0] == "index_scores"]
    results, sheets = frozen.table(outputs["results"]), frozen.table(outputs["unit_sheets"])
    return _Tables(frozen.parts, results, sheets, pd.concat(scores, ignore_index=True))


def _disclosed(tables: _Tables) -> pd.DataFrame:
    """IndexScores without the values that few answers stand behind, unit by unit and variant by variant."""
    scores = tables.index_scores
    hidden = np.zeros(len(scores), dtype=bool)
    for survey in tables.parts.surveys():
        hidden |= _hidden_rows(tables, survey.index)
    return scores.assign(
        **{name: scores[name].mask(hidden) for name in _HIDDEN}, reason=scores["reason"].mask(hidden, "hidden")
    )


def _hidden_rows(tables: _Tables, index: IndexDefinition) -> np.ndarray:
    """Rows of one index whose values are hidden."""
    required = required_nodes(tables.parts.rulebooks, index)
    scores, province_id = tables.index_scores, tables.parts.survey_round.head.province_id
    hidden = np.zeros(len(scores), dtype=bool)
    of_units = scores[(scores["index_id"] == index.id) & (scores["unit_id"] != province_id)]
    for _, group in of_units.groupby(["variant", "unit_id"]):
        needed = required if group["variant"].iloc[0] == index.official.name else frozenset()
        hidden[group.index] = _is_hidden(index, group, needed)
    return hidden


def _is_hidden(index: IndexDefinition, scores: pd.DataFrame, required: frozenset[str]) -> list[bool]:
    """Which of the scores of one unit and variant are hidden."""
    forms = forms_of(index, dict(zip(scores["node_code"], scores["n"], strict=True)))
    hidden = hidden_nodes(index, forms, required)
    return [code in hidden for code in scores["node_code"]]
