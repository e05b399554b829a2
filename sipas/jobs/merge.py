"""Merging: appraised and survey points become unit sheets, totals, indices, ranks and classes of every rulebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from sipas.indices import SurveyData, points_std_error
from sipas.jobs.desk import Desk, Made
from sipas.jobs.score import survey_data
from sipas.parindex import UNIT_SHEET, par_index, unit_sheet
from sipas.ranking import RANKED, rank
from sipas.rulebook import Criterion, Rulebook
from sipas.scoring import is_inside, points_per_pct
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class MergeReport:
    """Results of all rulebooks of the round with ranks and classes; whether anything is new."""

    results: pd.DataFrame
    is_new: bool


def merge(ws: Workspace, round_id: str) -> MergeReport:
    """Score all units of the round under its rulebooks.

    Raises StoreError `jobs.step_first`; FaultsFound `parindex.missing_inputs` naming every unit and criterion without
    an entry, and what `unit_sheet`, `par_index` and `rank` raise. Nothing is kept unless every rulebook is whole.
    """
    desk = Desk(ws, round_id)

    def make() -> Made:
        scores, data, entries = desk.table("score", "index_scores"), survey_data(desk), desk.entries()
        made = [_merged(desk, book, entries[book.id], (scores, data)) for book in desk.parts.rulebooks]
        return {
            "unit_sheets": UNIT_SHEET.arrow(pd.concat([sheet for sheet, _ in made], ignore_index=True)),
            "results": RANKED.arrow(pd.concat([result for _, result in made], ignore_index=True)),
        }

    result = desk.run("merge", make)
    return MergeReport(desk.table("merge", "results"), result.is_new)


def _merged(
    desk: Desk, book: Rulebook, inputs: pd.DataFrame, survey: tuple[pd.DataFrame, SurveyData]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    scores, data = survey
    index, year = desk.parts.index, desk.parts.survey_round.year
    units = [unit for unit in desk.parts.rated_units() if unit.unit_group == book.unit_group]
    sheet = unit_sheet(book, units, inputs, scores, official_variants={index.id: index.official.name})
    slopes = {unit.unit_id: _slopes(book, desk, sheet[sheet["unit_id"] == unit.unit_id]) for unit in units}
    errors = points_std_error(data, index, year, slopes)
    errors = errors.mask(errors.index.isin(_without_error(scores, slopes)))
    return sheet, rank(par_index(sheet, book, survey_se=errors.reset_index()), book)


def _slopes(book: Rulebook, desk: Desk, own: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Points per percentage point of the linked leaves that were scored for one unit, by node and variant.

    A value beyond the ends of its rule moves nothing, and bands have no slope: such leaves add no error.
    """
    rows: Mapping[str, tuple[object, object]] = {
        str(code): (status, value)
        for code, status, value in own[["criterion_code", "leaf_status", "value_text"]].itertuples(
            index=False, name=None
        )
    }
    found: dict[tuple[str, str], float] = {}
    for leaf in book.linked_leaves():
        slope, (status, value) = points_per_pct(leaf), rows[leaf.code]
        if leaf.link is None or slope is None or status != "scored" or not _moves(leaf, value):
            continue
        key = (leaf.link.node_code, desk.parts.index.variant(leaf.link.variant).name)
        found[key] = found.get(key, 0.0) + slope
    return found


def _moves(leaf: Criterion, value: object) -> bool:
    return isinstance(value, str) and is_inside(leaf, Decimal(value))


def _without_error(scores: pd.DataFrame, slopes: Mapping[str, Mapping[tuple[str, str], float]]) -> list[str]:
    """Units with a counted value that has no standard error itself (unanimous answers): their total has none either."""
    empty = scores[scores["std_error"].isna()]
    known = set(zip(empty["unit_id"], empty["node_code"], empty["variant"], strict=True))
    return [unit for unit, own in slopes.items() if any((unit, *key) in known for key in own)]
