"""Satisfaction index of every unit, node and variant, and the error of the survey points of every rulebook."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from sampling.tables import Column, Table
from sipas.indices import INDEX_SCORES, SurveyData, index_scores, points_std_error, satisfied
from sipas.jobs.pinned import Pinned, pinned
from sipas.jobs.results import output_of, table_of
from sipas.jobs.weight import accepted_responses, response_inputs
from sipas.rulebook import Rulebook
from sipas.scoring import points_per_pct
from sipas.store.steps import run_step
from sipas.store.workspace import Workspace
from sipas.weights import calibration_steps

SURVEY_SE = Table(
    "SurveyPointsError",
    ("rulebook_id", "unit_id"),
    (Column("rulebook_id", "text"), Column("unit_id", "text"), Column("std_error", "float")),
)


@dataclass(frozen=True)
class ScoreReport:
    """IndexScores of the round, the id of the province's own rows, and whether anything is new."""

    scores: pd.DataFrame
    province_id: str
    official: str
    is_new: bool


def score(ws: Workspace, round_id: str) -> ScoreReport:
    """Compute the round's index from weights and answers.

    Raises StoreError `jobs.step_first`; what Design, `totals` and `satisfaction_index` raise.
    """
    parts = pinned(ws, round_id)
    responses = response_inputs(ws, round_id)
    inputs = {
        "weighted_cases": output_of(ws, round_id, "weight", "weighted_cases"),
        **responses,
        **parts.inputs("round", "questionnaire", "index", "rulebook"),
    }

    def make() -> dict[str, pa.Table | bytes]:
        cases = table_of(ws, round_id, "weight", "weighted_cases")
        data = survey_data(cases, accepted_responses(ws, responses), parts)
        rules = parts.survey_round
        scores = index_scores(data, parts.index, rules.year, rules.weights.confidence)
        return {
            "index_scores": INDEX_SCORES.arrow(scores),
            "survey_se": SURVEY_SE.arrow(_errors(data, parts)),
        }

    result = run_step(ws, round_id=round_id, step="score", params={}, inputs=inputs, make=make)
    scores = ws.snapshots.read_frame(result.outputs["index_scores"])
    return ScoreReport(scores, parts.survey_round.province_id, parts.index.official.name, result.is_new)


def survey_data(cases: pd.DataFrame, responses: pd.DataFrame, parts: Pinned) -> SurveyData:
    """Weighted respondents with 0/1 satisfied columns and the users-only filter, sorted by case and rated unit."""
    form, rules = parts.questionnaire, parts.survey_round
    key = ["case_id", "rated_unit_id"]
    own = cases[key].merge(responses, on=key, how="left", validate="one_to_one")
    answers = form.decode(own[[item.item_code for item in form.items if item.item_code in own.columns]]).values
    items = list(parts.index.item_codes())
    users = (answers[list(form.experience_items)] == 1).any(axis=1).to_numpy()
    return SurveyData(
        cases=pd.concat([cases, satisfied(answers[items], parts.index.satisfied_codes)], axis=1),
        is_user=users,
        calibration=calibration_steps(cases, rules.weights.margins),
        lonely_psu=rules.weights.lonely_psu,
        province_id=rules.province_id,
    )


def slopes(rulebook: Rulebook, parts: Pinned) -> dict[tuple[str, str], float]:
    """Points per percentage point of every linked node and variant; leaves scored by bands have no slope."""
    found: dict[tuple[str, str], float] = {}
    for leaf in rulebook.linked_leaves():
        slope = points_per_pct(leaf)
        if leaf.link is not None and slope is not None:
            key = (leaf.link.node_code, parts.index.variant(leaf.link.variant).name)
            found[key] = found.get(key, 0.0) + slope
    return found


def _errors(data: SurveyData, parts: Pinned) -> pd.DataFrame:
    tables = []
    for book in parts.rulebooks:
        errors = points_std_error(data, parts.index, parts.survey_round.year, slopes(book, parts))
        own = [unit.unit_id for unit in parts.rated_units() if unit.unit_group == book.unit_group]
        kept = errors[errors.index.isin(own)].rename_axis("unit_id").rename("std_error").reset_index()
        tables.append(kept.assign(rulebook_id=book.id))
    return SURVEY_SE.check(pd.concat(tables, ignore_index=True))
