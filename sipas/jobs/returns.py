"""Where the returns stand: every issued case and every received row, counted so that nothing can be missing."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sampling.disposition import official_counts
from sipas.jobs.desk import Desk
from sipas.returns import ROW_STATES
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class ReturnsReport:
    """Cases by unit and by conductor (issued = returned + outstanding, returned = valid + rejected), rejected cases by
    reason, files (rows = accepted + late + duplicate + set aside), and cases of the main sample that were withdrawn."""

    by_unit: pd.DataFrame
    by_conductor: pd.DataFrame
    rejections: pd.DataFrame
    batches: pd.DataFrame
    n_withdrawn: int


def returns_report(ws: Workspace, round_id: str) -> ReturnsReport:
    """Count cases and rows of the round. Raises StoreError `jobs.step_first` before the draw."""
    desk = Desk(ws, round_id)
    desk.result("draw")
    outcomes = case_outcomes(ws, round_id)
    outcomes["unit_id"] = units_of_today(desk, outcomes["unit_id"])
    rejected = outcomes[outcomes["outcome"] == "rejected"]
    sample, cases = desk.table("draw", "sample").set_index("case_id"), ws.cases.read(round_id)
    outcomes["conductor_id"] = outcomes["case_id"].map(sample["conductor_id"])
    return ReturnsReport(
        by_unit=official_counts(outcomes, ["unit_id"]),
        by_conductor=official_counts(outcomes, ["conductor_id"]),
        rejections=rejected.groupby(["unit_id", "reason"]).size().rename("n").reset_index(),
        batches=batch_table(ws, round_id),
        n_withdrawn=int((~cases["is_issued"] & ~cases["is_reserve"]).sum()),
    )


def units_of_today(desk: Desk, units: pd.Series) -> pd.Series:
    """Heirs of merged units; a closed unit keeps its id, so that its forms stay in the counts."""
    heirs = units.map(desk.parts.heirs()).fillna("")
    return heirs.where(heirs != "", units)


def case_outcomes(ws: Workspace, round_id: str) -> pd.DataFrame:
    """One row per issued case: case_id, unit_id, stratum_id, outcome valid | rejected | outstanding, reason.

    A case with an accepted form is valid whatever else came in for it; else it is rejected for the reason of the first
    form that named it, in order of receipt (late being a reason); else outstanding.
    """
    cases = ws.cases.read(round_id)
    issued = cases[cases["is_issued"]][["case_id", "unit_id", "stratum_id"]]
    order = {one.batch_id: place for place, one in enumerate(ws.received.batches(round_id))}
    states = ws.received.row_states(round_id)
    states = states.assign(place=states["batch_id"].map(order)).sort_values(["place", "row_no"], kind="stable")
    named = states[states["case_id"].isin(issued["case_id"])]
    accepted = set(named.loc[named["row_state"] == "accepted", "case_id"])
    refused = named[named["row_state"].isin(("late", "set_aside"))].drop_duplicates("case_id", keep="first")
    reason = issued["case_id"].map(refused.set_index("case_id")["reason"].astype("str")).astype("str").fillna("")
    is_valid = issued["case_id"].isin(accepted)
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
