"""What became of every issued case, and the response rates (docs/methods.md, section 10)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from errors import WeightError
from sampling.tables import CASE_STATUSES


def check_status(status: pd.Series) -> pd.Series:
    """Status must be respondent, nonrespondent, ineligible or unknown; anything else is an error, never "respondent".

    Raises WeightError `disposition.status`.
    """
    bad = ~status.isin(CASE_STATUSES)
    if bad.any():
        raise WeightError("disposition.status", got=int(bad.sum()), expected=" | ".join(CASE_STATUSES))
    return status


def official_counts(cases: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Forms issued, returned, valid, rejected and outstanding per group, with valid/issued as a share.

    cases: one row per issued case with `outcome` in valid | rejected | outstanding and the columns `by`.
    n_issued = n_returned + n_outstanding and n_returned = n_valid + n_rejected by construction.
    Raises WeightError `disposition.outcome`.
    """
    outcomes = ("valid", "rejected", "outstanding")
    bad = ~cases["outcome"].isin(outcomes)
    if bad.any():
        raise WeightError("disposition.outcome", got=int(bad.sum()), expected=" | ".join(outcomes))
    counts = (
        cases.groupby([*by, "outcome"]).size().unstack("outcome", fill_value=0).reindex(columns=outcomes, fill_value=0)
    )
    table = pd.DataFrame(
        {
            "n_issued": counts.sum(axis=1),
            "n_returned": counts["valid"] + counts["rejected"],
            "n_valid": counts["valid"],
            "n_rejected": counts["rejected"],
            "n_outstanding": counts["outstanding"],
        }
    )
    return table.assign(valid_over_issued_share=table["n_valid"] / table["n_issued"]).reset_index()
