"""The table of appraised inputs, and which stage counts."""

from __future__ import annotations

from typing import Final

import pandas as pd

from sampling.tables import Column, Table

STAGES: Final = ("self", "first", "second", "appeal")
SCORED_STAGES: Final = ("first", "second", "appeal")
ENTRY_STATUSES: Final = ("", "not_applicable", "no_cases")
VALUE_FIELDS: Final = ("choice_code", "value", "numerator", "denominator", "option_counts")

CRITERION_INPUTS: Final = Table(
    "CriterionInputs",
    ("unit_id", "criterion_code", "appraisal_stage"),
    (
        Column("unit_id", "text"),
        Column("criterion_code", "text"),
        Column("appraisal_stage", "text", choices=STAGES),
        *(Column(name, "text", nullable=True) for name in VALUE_FIELDS),
        Column("leaf_status", "text", nullable=True, choices=ENTRY_STATUSES),
        Column("evidence_id", "text", nullable=True),
        Column("entered_by", "text", nullable=True),
        Column("reason", "text", nullable=True),
    ),
)


def current_inputs(inputs: pd.DataFrame) -> pd.DataFrame:
    """The entry that counts for each unit x leaf: latest of first, second, appeal; the self score never counts.

    inputs: CRITERION_INPUTS. Same columns out, sorted by unit and criterion, one row each.
    """
    order = inputs["appraisal_stage"].map({stage: number for number, stage in enumerate(SCORED_STAGES)})
    scored = inputs.assign(stage_order=order).dropna(subset=["stage_order"])
    latest = scored.sort_values(["unit_id", "criterion_code", "stage_order"], kind="stable")
    kept = latest.drop_duplicates(["unit_id", "criterion_code"], keep="last", ignore_index=True)
    return kept.drop(columns="stage_order")
