"""What an import gives: the frame, contacts apart, and what became of every row."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

ROW_REASONS = (
    "on_frame",
    "outside_window",
    "duplicate_dossier",
    "duplicate_row",
    "same_firm",
    "earlier_dossier",
    "unit_not_rated",
)


@dataclass(frozen=True, eq=False)
class FrameImport:
    """The canonical SamplingFrame (with its coded columns), contacts apart, and what became of every row of the file.

    kinds: what each row read is (`office.SOURCE_KINDS`); reasons, crosswalk, placed (unit of today, several joined
    by `;` for a firm): one value for each row of data.
    """

    frame: pd.DataFrame
    contacts: pd.DataFrame
    reasons: pd.Series
    crosswalk: pd.Series
    placed: pd.Series
    kinds: pd.Series

    def counts(self) -> dict[str, int]:
        """Rows of data by reason; adds up to the rows of data read."""
        n_by_reason = self.reasons.value_counts()
        return {reason: int(n_by_reason.get(reason, 0)) for reason in ROW_REASONS}

    def persons(self) -> dict[str, int]:
        """Persons on the frame, those with more than one row, and the most rows of one person."""
        rows = self.frame["person_key"].value_counts()
        return {"persons": len(rows), "repeated": int((rows > 1).sum()), "most": int(rows.max())}
