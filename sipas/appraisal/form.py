"""The form that owners fill: Vietnamese headers, one row per unit x leaf, what to enter said in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from sipas.appraisal.ruletext import rule_text
from sipas.appraisal.tables import ENTRY_STATUSES
from sipas.cells.numbers import typed_number
from sipas.rulebook import Rulebook
from sipas.units import Unit
from sipas.words import word, words_of

HEADERS: Final[Mapping[str, str]] = words_of("entry_field")
"""Field -> header of the form. Files may use either."""

CONTEXT_FIELDS: Final = ("unit_name", "criterion_name", "max_points", "rule_text", "evidence_asked", "owner")
"""Columns that help the person who fills the form; they are not read back."""

STAGE_LABELS: Final[Mapping[str, str]] = words_of("appraisal_stage")
STATUS_LABELS: Final[Mapping[str, str]] = {status: word("leaf_status", status) for status in ENTRY_STATUSES if status}


def template(rulebook: Rulebook, units: Iterable[Unit], *, stage: str = "first") -> pd.DataFrame:
    """An empty form: a row per unit and leaf that somebody enters (linked leaves come from the index), all text.

    Units in the order given, criteria in rulebook order, headers of HEADERS; `stage` is written into every row.
    """
    leaves = [leaf for leaf in rulebook.leaves() if leaf.link is None]
    blank = dict.fromkeys(HEADERS, "")
    rows = [
        {
            **blank,
            "unit_id": unit.unit_id,
            "unit_name": unit.name_vi,
            "criterion_code": leaf.code,
            "criterion_name": leaf.name_vi,
            "max_points": typed_number(leaf.max_points),
            "rule_text": rule_text(leaf),
            "evidence_asked": leaf.evidence,
            "owner": leaf.owner,
            "appraisal_stage": STAGE_LABELS[stage],
        }
        for unit in units
        for leaf in leaves
    ]
    return pd.DataFrame(rows, columns=list(HEADERS), dtype="str").rename(columns=dict(HEADERS))
