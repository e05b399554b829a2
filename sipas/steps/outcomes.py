"""Where the returns stand: every issued case and every received row, counted so that nothing can be missing.

Pure functions of what the ledger says: cases, current states of all rows, received files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from sampling.disposition import official_counts
from sipas.returns import ROW_STATES
from sipas.steps.receive import rated_pairs

_REFUSED = ("late", "set_aside")


@dataclass(frozen=True)
class Ledger:
    """What the ledger says of one instrument: cases, current states of rows, received files in the order they came;
    pairs: RatedPairs of the draw, None where a case rates the unit of its own row."""

    cases: pd.DataFrame
    rows: pd.DataFrame
    batches: pd.DataFrame
    pairs: pd.DataFrame | None = None


@dataclass(frozen=True)
class ReturnsReport:
    """Forms by rated unit and by conductor (issued = returned + outstanding, returned = valid + rejected), rejected
    ones by reason, files (rows = the sum over all states), cases of the main sample withdrawn.

    Where a case is a rater with many units, a form is a pair of case and rated unit, and `by_group` counts the raters
    themselves by group (stratum_id) with the same sums; otherwise case and form are one and `by_group` is empty.
    """

    by_unit: pd.DataFrame
    by_conductor: pd.DataFrame
    by_group: pd.DataFrame
    rejections: pd.DataFrame
    batches: pd.DataFrame
    n_withdrawn: int


def returns_report(ledger: Ledger, sample: pd.DataFrame, units_of_today: Mapping[str, str]) -> ReturnsReport:
    """Count cases, forms and rows of an instrument. sample: the Sample table of its draw."""
    cases = case_outcomes(ledger)
    forms = pair_outcomes(ledger) if ledger.pairs is not None else cases
    conductor = sample.set_index("case_id")["conductor_id"]
    forms = forms.assign(
        unit_id=under_today(forms["unit_id"], units_of_today), conductor_id=forms["case_id"].map(conductor)
    )
    rejected = forms[forms["outcome"] == "rejected"]
    drawn = ledger.cases
    return ReturnsReport(
        by_unit=official_counts(forms, ["unit_id"]),
        by_conductor=official_counts(forms, ["conductor_id"]),
        by_group=official_counts(cases if ledger.pairs is not None else cases.head(0), ["stratum_id"]),
        rejections=rejected.groupby(["unit_id", "reason"]).size().rename("n").reset_index(),
        batches=batch_table(ledger),
        n_withdrawn=int((~drawn["is_issued"] & ~drawn["is_reserve"]).sum()),
    )


def under_today(units: pd.Series, units_of_today: Mapping[str, str]) -> pd.Series:
    """Units of today; a closed unit keeps its id, so that its forms stay in the counts."""
    today = units.map(units_of_today).fillna("")
    return today.where(today != "", units)


def case_outcomes(ledger: Ledger) -> pd.DataFrame:
    """One row per issued case: case_id, unit_id, stratum_id, outcome valid | rejected | outstanding, reason.

    A case with an accepted form is valid whatever else came in for it; else it is rejected for the reason of the first
    form that named it, in order of receipt (late being a reason); else outstanding. A rater's unit_id is the own unit;
    the rater is valid from the first accepted form on: how many are still missing, `pair_outcomes` says.
    """
    issued = ledger.cases[ledger.cases["is_issued"]][["case_id", "unit_id", "stratum_id"]]
    rows = _in_order(ledger)
    return _outcomes(issued, issued["case_id"], rows, rows["case_id"])


def pair_outcomes(ledger: Ledger) -> pd.DataFrame:
    """The same for every issued form, a pair of case and rated unit; unit_id is the rated unit.

    A form that names no unit of its case belongs to no pair: it rejects its case (if nothing else came), and leaves
    all pairs outstanding. So both tables add up, each over its own rows.
    """
    pairs = rated_pairs(ledger.cases, ledger.pairs)
    issued = pairs[pairs["is_issued"]].rename(columns={"rated_unit_id": "unit_id"})
    rows = _in_order(ledger)
    issued_pairs, named = issued["case_id"] + "\n" + issued["unit_id"], rows["case_id"] + "\n" + rows["rated_unit_id"]
    return _outcomes(issued[["case_id", "unit_id", "stratum_id"]], issued_pairs, rows, named)


def batch_table(ledger: Ledger) -> pd.DataFrame:
    """Received files in the order they came, with rows by state."""
    counts = ledger.rows.groupby(["batch_id", "row_state"]).size().unstack("row_state", fill_value=0)
    states = counts.reindex(index=ledger.batches["batch_id"], columns=list(ROW_STATES), fill_value=0)
    named = states.rename(columns={state: f"n_{state}" for state in ROW_STATES}).reset_index(drop=True)
    files = ledger.batches.rename(columns={"rows": "n_rows"}).reset_index(drop=True)
    return pd.concat([files[["batch_id", "file_name", "sha256", "received_on", "n_rows"]], named], axis=1)


def _in_order(ledger: Ledger) -> pd.DataFrame:
    """States of all received rows in order of receipt."""
    place = ledger.rows["batch_id"].map(ledger.batches.set_index("batch_id")["place"])
    return ledger.rows.assign(place=place).sort_values(["place", "row_no"], kind="stable")


def _outcomes(issued: pd.DataFrame, issued_keys: pd.Series, rows: pd.DataFrame, named: pd.Series) -> pd.DataFrame:
    """Outcome of each row of `issued`, whose forms are the rows with the same key (in `issued_keys` and `named`)."""
    accepted = set(named[rows["row_state"] == "accepted"])
    refused = rows.assign(key=named)[rows["row_state"].isin(_REFUSED)].drop_duplicates("key")
    reason = refused.set_index("key")["reason"].reindex(issued_keys).fillna("").astype("str").set_axis(issued.index)
    is_valid = issued_keys.isin(accepted)
    outcome = pd.Series("outstanding", index=issued.index, dtype="str").mask(reason != "", "rejected")
    return issued.assign(outcome=outcome.mask(is_valid, "valid"), reason=reason.mask(is_valid, "")).reset_index(
        drop=True
    )
