"""Where the returns stand: every issued case and every received row, counted so that nothing can be missing."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sampling.disposition import official_counts
from sipas.jobs.desk import Desk
from sipas.jobs.raters import rated_pairs
from sipas.returns import ROW_STATES
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class ReturnsReport:
    """Forms by rated unit and by conductor (issued = returned + outstanding, returned = valid + rejected), rejected
    ones by reason, files (rows = accepted + late + duplicate + set aside), cases of the main sample withdrawn.

    Where a case is a rater with many units, a form is a pair of case and rated unit, and `by_group` counts the raters
    themselves by group (stratum_id) with the same sums; otherwise case and form are one and `by_group` is empty.
    """

    by_unit: pd.DataFrame
    by_conductor: pd.DataFrame
    by_group: pd.DataFrame
    rejections: pd.DataFrame
    batches: pd.DataFrame
    n_withdrawn: int


def returns_report(ws: Workspace, round_id: str) -> ReturnsReport:
    """Count cases, forms and rows of the round. Raises StoreError `jobs.step_first` before the draw."""
    desk = Desk(ws, round_id)
    sample = desk.table("draw", "sample").set_index("case_id")
    cases, drawn = case_outcomes(ws, round_id), ws.cases.read(round_id)
    has_raters = desk.parts.survey_round.rates_many
    forms = pair_outcomes(ws, round_id) if has_raters else cases
    forms = forms.assign(
        unit_id=units_of_today(desk, forms["unit_id"]), conductor_id=forms["case_id"].map(sample["conductor_id"])
    )
    rejected = forms[forms["outcome"] == "rejected"]
    return ReturnsReport(
        by_unit=official_counts(forms, ["unit_id"]),
        by_conductor=official_counts(forms, ["conductor_id"]),
        by_group=official_counts(cases if has_raters else cases.head(0), ["stratum_id"]),
        rejections=rejected.groupby(["unit_id", "reason"]).size().rename("n").reset_index(),
        batches=batch_table(ws, round_id),
        n_withdrawn=int((~drawn["is_issued"] & ~drawn["is_reserve"]).sum()),
    )


def units_of_today(desk: Desk, units: pd.Series) -> pd.Series:
    """Heirs of merged units; a closed unit keeps its id, so that its forms stay in the counts."""
    heirs = units.map(desk.parts.heirs()).fillna("")
    return heirs.where(heirs != "", units)


def case_outcomes(ws: Workspace, round_id: str) -> pd.DataFrame:
    """One row per issued case: case_id, unit_id, stratum_id, outcome valid | rejected | outstanding, reason.

    A case with an accepted form is valid whatever else came in for it; else it is rejected for the reason of the first
    form that named it, in order of receipt (late being a reason); else outstanding. A rater's unit_id is the own unit;
    the rater is valid from the first accepted form on: how many are still missing, `pair_outcomes` says.
    """
    cases = ws.cases.read(round_id)
    issued = cases[cases["is_issued"]][["case_id", "unit_id", "stratum_id"]]
    states = _states(ws, round_id)
    return _outcomes(issued, issued["case_id"], states, states["case_id"])


def pair_outcomes(ws: Workspace, round_id: str) -> pd.DataFrame:
    """The same for every issued form, a pair of case and rated unit; unit_id is the rated unit.

    A form that names no unit of its case belongs to no pair: it rejects its case (if nothing else came), and leaves
    all pairs outstanding. So both tables add up, each over its own rows.
    """
    pairs = rated_pairs(ws, round_id)
    issued = pairs[pairs["is_issued"]].rename(columns={"rated_unit_id": "unit_id"})
    states = _states(ws, round_id)
    own, named = issued["case_id"] + "\n" + issued["unit_id"], states["case_id"] + "\n" + states["rated_unit_id"]
    return _outcomes(issued[["case_id", "unit_id", "stratum_id"]], own, states, named)


def _states(ws: Workspace, round_id: str) -> pd.DataFrame:
    """States of all received rows in order of receipt."""
    order = {one.batch_id: place for place, one in enumerate(ws.received.batches(round_id))}
    states = ws.received.row_states(round_id)
    return states.assign(place=states["batch_id"].map(order)).sort_values(["place", "row_no"], kind="stable")


def _outcomes(issued: pd.DataFrame, own: pd.Series, states: pd.DataFrame, named: pd.Series) -> pd.DataFrame:
    """Outcome of each row of `issued`, whose forms are the states with the same key (`own` here, `named` there)."""
    accepted = set(named[states["row_state"] == "accepted"])
    refused = states.assign(key=named)[states["row_state"].isin(("late", "set_aside"))].drop_duplicates("key")
    reason = refused.set_index("key")["reason"].reindex(own).fillna("").astype("str").set_axis(issued.index)
    is_valid = own.isin(accepted)
    outcome = pd.Series("outstanding", index=issued.index, dtype="str").mask(reason != "", "rejected")
    return issued.assign(outcome=outcome.mask(is_valid, "valid"), reason=reason.mask(is_valid, "")).reset_index(
        drop=True
    )


def batch_table(ws: Workspace, round_id: str) -> pd.DataFrame:
    """Received files in the order they came, with rows by state."""
    states = ws.received.row_states(round_id)
    counts = states.groupby(["batch_id", "row_state"]).size().unstack("row_state", fill_value=0)
    found = counts.reindex(columns=list(ROW_STATES), fill_value=0).to_dict("index")
    rows = [
        {
            "batch_id": batch.batch_id,
            "file_name": batch.file_name,
            "sha256": batch.sha256,
            "received_on": batch.received_on,
            "n_rows": batch.rows,
            **{f"n_{state}": found[batch.batch_id][state] for state in ROW_STATES},
        }
        for batch in ws.received.batches(round_id)
    ]
    columns = ["batch_id", "file_name", "sha256", "received_on", "n_rows", *(f"n_{state}" for state in ROW_STATES)]
    return pd.DataFrame(rows, columns=columns)
