"""Satisfaction index of every unit, node and variant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sampling.design import Collapsed, collapse_strata
from sipas.indices import INDEX_SCORES, SurveyData, index_scores, item_values
from sipas.jobs.desk import Desk, Made
from sipas.jobs.weight import accepted_responses
from sipas.store.workspace import Workspace
from sipas.weights import calibration_steps

_VARIANCE = ("variance_stratum", "variance_psu", "variance_pop")


@dataclass(frozen=True)
class ScoreReport:
    """IndexScores of the round, the id of the province's own rows, names of the variants, whether anything is new."""

    scores: pd.DataFrame
    province_id: str
    labels: Mapping[str, str]
    is_new: bool


def score(ws: Workspace, round_id: str) -> ScoreReport:
    """Compute the round's index from weights and answers.

    Raises StoreError `jobs.step_first`; what Design, `totals` and `satisfaction_index` raise.
    """
    desk = Desk(ws, round_id)
    rules = desk.parts.survey_round

    def make() -> Made:
        data = survey_data(desk)
        scores = index_scores(data, desk.parts.index, rules.year)
        return {"index_scores": INDEX_SCORES.arrow(scores)}

    result = desk.run("score", make)
    index = desk.parts.index
    labels = {one.name: one.label_vi for one in index.variants}
    return ScoreReport(desk.table("score", "index_scores"), rules.province_id, labels, result.is_new)


def survey_data(desk: Desk) -> SurveyData:
    """Weighted respondents with their item values (0..1) and the users-only filter, sorted by case and rated unit."""
    form, index, rules = desk.parts.questionnaire, desk.parts.index, desk.parts.survey_round
    cases, key = desk.table("weight", "weighted_cases"), ["case_id", "rated_unit_id"]
    own = cases[key].merge(accepted_responses(desk), on=key, how="left", validate="one_to_one")
    coded = form.decode(own[[item.item_code for item in form.items if item.item_code in own.columns]])
    experience = coded.codes[list(form.experience_items)]
    whole = pd.concat([cases, item_values(coded.values[list(index.item_codes())], index)], axis=1)
    rule = rules.weights.lonely_psu
    return SurveyData(
        cases=_joined(desk, whole).data if rule == "collapse" else whole,
        is_user=(experience == form.experience_yes).any(axis=1).to_numpy(),
        calibration=calibration_steps(cases, rules.weights),
        lonely_psu="adjust" if rule == "collapse" else rule,
        province_id=rules.province_id,
        variance=_VARIANCE if rule == "collapse" else SurveyData.variance,
    )


def joined_strata(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Strata with one answering PSU and those they were joined to for the errors."""
    if desk.parts.survey_round.weights.lonely_psu != "collapse":
        return ()
    return _joined(desk, desk.table("weight", "weighted_cases")).joined


def _joined(desk: Desk, cases: pd.DataFrame) -> Collapsed:
    """Cases with columns for the errors: a stratum of one answering PSU joins its neighbour in the register's order.

    A person with dossiers in both strata counts there as two PSUs.
    """
    order = desk.facts("weight", "joined.json")["strata"]
    neighbours = {one: [*order[place + 1 :], *order[:place][::-1]] for place, one in enumerate(order)}
    stratum, psu, pop = _VARIANCE
    psus = cases["stratum_id"] + "\n" + cases["psu_id"]
    own = cases.assign(**{stratum: cases["stratum_id"], psu: psus, pop: cases["pop_size"]})
    return collapse_strata(own, stratum, psu, pop, neighbours)
