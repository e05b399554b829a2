"""Step receive: one returned file of an instrument; every row gets its first state."""

from __future__ import annotations

import pandas as pd

from sampling.tables import RESPONSES
from sipas.files import read_table
from sipas.returns import Delivery, classify
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given


def make_receive(given: Given) -> StepResult:
    """Coded answers of the rows that may count; beside them the state of every row and the faults (Classified).

    Raises what `read_table` and `classify` raise.
    """
    form = given.questionnaire
    rows = read_table(
        given.file.path,
        code_page=given.setting("code_page") or None,
        known_headers=list(form.header_map()),
        shown_as=given.file.name,
    )
    pairs = given.table("draw/pairs") if given.has("draw/pairs") else None
    classified = classify(
        rows.to_pandas(),
        form,
        rated_pairs(given.ledger("cases"), pairs)[["case_id", "rated_unit_id", "is_issued"]],
        given.ledger("earlier"),
        Delivery(
            batch_id=given.setting("batch_id"),
            received_on=given.setting("received_on"),
            cutoff=given.rules.fieldwork.cutoff,
            reopened=reopened_days(given.ledger("reopenings")),
            file=given.file.name,
        ),
        successors=given.units_of_today(),
    )
    return StepResult({"responses": RESPONSES.arrow(classified.responses)}, classified)


def reopened_days(reopenings: pd.DataFrame) -> list[tuple[str, str]]:
    """First and last local day on which a form counted although the cut-off was over, by reopening of the round."""
    return list(reopenings[["day", "counts_until"]].itertuples(index=False, name=None))


def rated_pairs(cases: pd.DataFrame, pairs: pd.DataFrame | None) -> pd.DataFrame:
    """What every case may rate: case_id, rated_unit_id, stratum_id, is_issued; a dossier has one row, a rater many.

    cases: as the ledger has them. pairs: RatedPairs of the draw, None where a case rates the unit of its own row.
    """
    columns = ["case_id", "rated_unit_id", "stratum_id", "is_issued"]
    if pairs is None:
        return cases.rename(columns={"unit_id": "rated_unit_id"})[columns]
    case_strata = cases[["case_id", "stratum_id", "is_issued"]]
    return pairs[["case_id", "rated_unit_id"]].merge(case_strata, on="case_id", validate="many_to_one")


RECEIVE = Step(
    "receive",
    "instrument",
    make_receive,
    Reads(
        maybe=("draw/pairs",),
        pins=("questionnaire", "units"),
        ledger=("cases", "events", "reopenings"),
        passing=("earlier",),
        rules=("fieldwork.cutoff",),
        head=("units",),
        file=True,
    ),
    settings=("batch_id", "received_on", "code_page"),
    roots=("sipas.files.child",),
)
