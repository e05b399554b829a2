"""Answers that count, put together with weights: what scoring, merging and explaining start from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from errors import DataError
from sampling.design import Collapsed, calibration_from, collapse_strata
from sampling.tables import RESPONSES
from sipas.indices import SurveyData, item_values
from sipas.steps.declare import Reads
from sipas.steps.given import Given

KEY = ["case_id", "rated_unit_id"]
_VARIANCE = ("variance_stratum", "variance_psu", "variance_pop")
SURVEY_READS = Reads(
    outputs=("weight/weighted_cases", "weight/calibration", "weight/joined.json"),
    every=("receive/responses",),
    pins=("units", "questionnaire", "index"),
    ledger=("counted", "events"),
    rules=("weights.lonely_psu",),
    head=("units", "year", "province_id"),
)


def counted_pairs(given: Given) -> pd.DataFrame:
    """Case and rated unit of every answer that counts, about units still rated, under the unit of today."""
    return _of_today(given.ledger("counted")[KEY], given.units_of_today())


def counted_answers(given: Given) -> pd.DataFrame:
    """Coded answers that count, about units still rated, under the unit of today: Responses, a row for each pair."""
    all_answers = answers(given.tables("receive/responses"), given.ledger("counted"))
    return RESPONSES.check(_of_today(all_answers, given.units_of_today()))


def answers(by_batch: Mapping[str, pd.DataFrame], counted: pd.DataFrame) -> pd.DataFrame:
    """The rows of the received tables that the ledger counts.

    by_batch: responses by batch. counted: case_id, rated_unit_id, batch_id, row_no, first_state. Tables of the first
    version of the program bear no row number but whether a row was late: among them a pair has one row of each kind.
    Raises DataError `steps.answers_lost` when an answer that counts is in no table.
    """
    parts = []
    for batch_id, batch_rows in counted.groupby("batch_id", sort=True):
        table = by_batch.get(str(batch_id), pd.DataFrame(columns=[*KEY, "row_no"]))
        if "row_no" in table.columns:
            parts.append(table.merge(batch_rows[[*KEY, "row_no"]], on=[*KEY, "row_no"]))
        else:
            wanted = batch_rows.assign(is_late=batch_rows["first_state"] == "late")[[*KEY, "row_no", "is_late"]]
            parts.append(table.merge(wanted, on=[*KEY, "is_late"]).drop(columns="is_late"))
    all_answers = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=RESPONSES.names())
    if len(all_answers) != len(counted):
        raise DataError("steps.answers_lost", got=len(all_answers), expected=len(counted))
    return all_answers


def survey_data(given: Given) -> SurveyData:
    """Weighted respondents with their item values (0..1) and the users-only filter, sorted by case and rated unit."""
    form, index = given.questionnaire, given.index
    cases = given.table("weight/weighted_cases")
    case_answers = cases[KEY].merge(counted_answers(given), on=KEY, how="left", validate="one_to_one")
    coded = form.decode(case_answers[[item.item_code for item in form.items if item.item_code in case_answers.columns]])
    experience = coded.codes[list(form.experience_items)]
    with_items = pd.concat([cases, item_values(coded.values[list(index.item_codes())], index)], axis=1)
    rule = given.rules.weights.lonely_psu
    is_joined = rule == "collapse"
    return SurveyData(
        cases=_joined(given, with_items).data if is_joined else with_items,
        is_user=(experience == form.experience_yes).any(axis=1).to_numpy(),
        calibration=calibration_from(given.table("weight/calibration"), KEY),
        lonely_psu="adjust" if rule == "collapse" else rule,
        province_id=given.head.province_id,
        variance=_VARIANCE if is_joined else SurveyData.variance,
    )


def joined_strata(given: Given) -> tuple[tuple[str, str], ...]:
    """Strata with one answering PSU and those they were joined to for the errors."""
    if given.rules.weights.lonely_psu != "collapse":
        return ()
    return _joined(given, given.table("weight/weighted_cases")).joined


def _of_today(rows: pd.DataFrame, units_of_today: Mapping[str, str]) -> pd.DataFrame:
    """Rows under the unit of today; those of units closed since the draw are left out."""
    today = rows["rated_unit_id"].map(units_of_today)
    return rows.assign(rated_unit_id=today)[today != ""]


def _joined(given: Given, cases: pd.DataFrame) -> Collapsed:
    """Cases with columns for the errors: a stratum of one answering PSU joins its neighbour in the register's order.

    A person with dossiers in both strata counts there as two PSUs.
    """
    facts: dict[str, Any] = given.facts("weight/joined.json")
    order = facts["strata"]
    neighbours = {group: [*order[place + 1 :], *order[:place][::-1]] for place, group in enumerate(order)}
    stratum, psu, pop = _VARIANCE
    psus = cases["stratum_id"] + "\n" + cases["psu_id"]
    with_design = cases.assign(**{stratum: cases["stratum_id"], psu: psus, pop: cases["pop_size"]})
    return collapse_strata(with_design, stratum, psu, pop, neighbours)
