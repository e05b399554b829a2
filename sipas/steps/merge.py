"""Step merge: appraised and survey points of all instruments become unit sheets, totals, indices, ranks, classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import pandas as pd

from errors import Fault, FaultsFound
from sipas.indices import IndexDefinition, SurveyData, given_std_error, points_std_error
from sipas.parindex import UNIT_SHEET, par_index, unit_sheet
from sipas.ranking import RANKED, rank
from sipas.rulebook import Criterion, Rulebook
from sipas.scoring import is_inside, points_per_pct
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.steps.survey import SURVEY_READS, survey_data
from sipas.units import Unit

Slopes = dict[str, dict[tuple[str, str], float]]
"""By unit: points per percentage point, by node and variant."""


@dataclass(frozen=True, eq=False)
class Source:
    """What an instrument brings to the totals: its index, values, and the answers behind them for the errors, None
    where another agency gave the values."""

    index: IndexDefinition
    scores: pd.DataFrame
    data: SurveyData | None


def make_merge(given: Given) -> StepResult:
    """Unit sheets and results of all rulebooks, from the instruments that are counted. Raises FaultsFound
    `parindex.unlinked` naming every criterion linked to another one's index, `parindex.missing_inputs` naming every
    unit and criterion without an entry, and what `unit_sheet`, `par_index` and `rank` raise."""
    _refuse_unlinked(given)
    sources = [
        Source(survey.index, survey.table("score/index_scores"), survey_data(survey)) for survey in given.surveys
    ]
    sources += [
        Source(instrument.index, instrument.table("values/index_scores"), None) for instrument in given.taken_over
    ]
    entries = given.ledger("appraisals")
    merged = [_merged(given, rulebook, entries_of(entries, rulebook.id), sources) for rulebook in given.rulebooks]
    return StepResult(
        {
            "unit_sheets": UNIT_SHEET.arrow(pd.concat([sheet for sheet, _ in merged], ignore_index=True)),
            "results": RANKED.arrow(pd.concat([result for _, result in merged], ignore_index=True)),
        }
    )


def _refuse_unlinked(given: Given) -> None:
    index_ids = {instrument.index.id for instrument in given.instruments.values()}
    faults = [
        Fault("parindex.no_index", rulebook.id, column=leaf.code, got=leaf.link.index_id)
        for rulebook in given.rulebooks
        for leaf in rulebook.linked_leaves()
        if leaf.link is not None and leaf.link.index_id not in index_ids
    ]
    if faults:
        raise FaultsFound("parindex.unlinked", faults)


def entries_of(entries: pd.DataFrame, rulebook_id: str) -> pd.DataFrame:
    """Appraised entries of one rulebook."""
    book_entries = entries[entries["rulebook_id"] == rulebook_id]
    return book_entries.drop(columns="rulebook_id").reset_index(drop=True)


def _merged(
    given: Given, rulebook: Rulebook, inputs: pd.DataFrame, sources: Sequence[Source]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    units = [unit for unit in given.rated_units() if unit.unit_group == rulebook.unit_group]
    scores = pd.concat([source.scores for source in sources], ignore_index=True)
    variants = {source.index.id: source.index.official.name for source in sources}
    sheet = unit_sheet(rulebook, units, inputs, scores, official_variants=variants)
    errors = _std_errors(rulebook, units, sheet, sources, given.head.year)
    return sheet, rank(par_index(sheet, rulebook, survey_se=errors.reset_index()), rulebook)


def _std_errors(
    rulebook: Rulebook, units: Sequence[Unit], sheet: pd.DataFrame, sources: Sequence[Source], year: int
) -> pd.Series:
    """Standard error of the survey points by unit. Instruments draw their samples apart, so variances add; a value of
    another agency has the error which that agency gave, and adds none where it gave none."""
    rows = {unit.unit_id: sheet[sheet["unit_id"] == unit.unit_id] for unit in units}
    parts = []
    for source in sources:
        slopes: Slopes = {unit_id: _slopes(rulebook, source.index, unit_rows) for unit_id, unit_rows in rows.items()}
        if source.data is None:
            parts.append(given_std_error(source.scores, slopes))
            continue
        errors = points_std_error(source.data, source.index, year, slopes)
        parts.append(errors.mask(errors.index.isin(_without_error(source.scores, slopes))))
    if len(parts) == 1:
        return parts[0]
    variance = pd.concat([part**2 for part in parts], axis=1).sum(axis=1, skipna=False)
    return pd.Series(np.sqrt(variance), index=parts[0].index, name=parts[0].name)


def _slopes(rulebook: Rulebook, index: IndexDefinition, unit_rows: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Points per percentage point of the leaves linked to an index that were scored for one unit, by node and variant.

    A value beyond the ends of its rule moves nothing, and bands have no slope: such leaves add no error.
    """
    rows: Mapping[str, tuple[object, object]] = {
        str(code): (status, value)
        for code, status, value in unit_rows[["criterion_code", "leaf_status", "value_text"]].itertuples(
            index=False, name=None
        )
    }
    slopes: dict[tuple[str, str], float] = {}
    for leaf in rulebook.linked_leaves():
        slope, (status, value) = points_per_pct(leaf), rows[leaf.code]
        if leaf.link is None or leaf.link.index_id != index.id or slope is None:
            continue
        if status == "scored" and _moves(leaf, value):
            key = (leaf.link.node_code, index.variant(leaf.link.variant).name)
            slopes[key] = slopes.get(key, 0.0) + slope
    return slopes


def _moves(leaf: Criterion, value: object) -> bool:
    return isinstance(value, str) and is_inside(leaf, Decimal(value))


def _without_error(scores: pd.DataFrame, slopes: Slopes) -> list[str]:
    """Units with a counted value that has no standard error itself (unanimous answers): their total has none either."""
    empty = scores[scores["std_error"].isna()]
    lacking = set(zip(empty["unit_id"], empty["node_code"], empty["variant"], strict=True))
    return [unit for unit, unit_slopes in slopes.items() if any((unit, *key) in lacking for key in unit_slopes)]


MERGE = Step(
    "merge",
    "round",
    make_merge,
    Reads(pins=("units", "rulebook"), ledger=("appraisals", "events"), head=("units", "year")),
    survey_reads=replace(SURVEY_READS, outputs=("score/index_scores", *SURVEY_READS.outputs)),
    values_reads=Reads(outputs=("values/index_scores",), pins=("index",)),
)
