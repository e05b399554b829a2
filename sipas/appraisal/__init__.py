"""Appraised inputs: stages; the form owners of criteria fill (`form`), reading it back (`parse`).

A row is one unit x leaf x stage. The self score is kept for comparison and never scored; of the others the latest
stage counts (appeal, else second, else first), as a whole row: its fields replace those of the stage before.
"""

from sipas.appraisal.ruletext import rule_text
from sipas.appraisal.tables import (
    CRITERION_INPUTS,
    SCORED_STAGES,
    STAGES,
    VALUE_FIELDS,
    current_inputs,
)

__all__ = [
    "CRITERION_INPUTS",
    "SCORED_STAGES",
    "STAGES",
    "VALUE_FIELDS",
    "current_inputs",
    "rule_text",
]
