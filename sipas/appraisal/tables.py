"""Tables of appraised inputs and of evidence; which stage counts; whether the evidence is there."""

from __future__ import annotations

from typing import Final

import pandas as pd

from errors import Fault
from sampling.tables import Column, Table
from sipas.rulebook import Rulebook

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
EVIDENCE: Final = Table(
    "Evidence",
    ("evidence_id",),
    (
        Column("evidence_id", "text"),
        Column("document_no", "text"),
        Column("date", "date"),
        Column("file_sha256", "text", nullable=True),
        Column("link", "text", nullable=True),
        Column("page", "text", nullable=True),
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


def check_evidence(inputs: pd.DataFrame, evidence: pd.DataFrame, rulebook: Rulebook) -> list[Fault]:
    """Entries that count without the evidence they need: none named where the criterion asks for documents
    (`appraisal.no_evidence`), or one that is not registered (`appraisal.unknown_evidence`).

    inputs: CRITERION_INPUTS, evidence: EVIDENCE. A leaf with a status instead of a score needs a reason, no document.
    """
    asked = [leaf.code for leaf in rulebook.leaves() if leaf.evidence]
    current = current_inputs(inputs)
    named = current["evidence_id"].fillna("")
    is_scored = current["leaf_status"].fillna("") == ""
    absent = current[is_scored & (named == "") & current["criterion_code"].isin(asked)]
    unknown = current[(named != "") & ~named.isin(evidence["evidence_id"])]
    faults = [
        Fault("appraisal.no_evidence", sheet=unit, column=code, expected=rulebook.criterion(code).evidence)
        for unit, code in zip(absent["unit_id"], absent["criterion_code"], strict=True)
    ]
    faults += [
        Fault("appraisal.unknown_evidence", sheet=unit, column=code, got=number)
        for unit, code, number in zip(
            unknown["unit_id"], unknown["criterion_code"], unknown["evidence_id"], strict=True
        )
    ]
    return sorted(faults)
