"""Appraised inputs: the form owners of criteria fill, reading it back, stages.

A row is one unit x leaf x stage. The self score is kept for comparison and never scored; of the others the latest
stage counts (appeal, else second, else first), as a whole row: its fields replace those of the stage before.
"""

from sipas.appraisal.form import HEADERS, STAGE_LABELS, STATUS_LABELS, rule_text_vi, template
from sipas.appraisal.numbers import parse_number
from sipas.appraisal.parse import parse_inputs
from sipas.appraisal.tables import (
    CRITERION_INPUTS,
    SCORED_STAGES,
    STAGES,
    VALUE_FIELDS,
    current_inputs,
)

__all__ = [
    "CRITERION_INPUTS",
    "HEADERS",
    "SCORED_STAGES",
    "STAGES",
    "STAGE_LABELS",
    "STATUS_LABELS",
    "VALUE_FIELDS",
    "current_inputs",
    "parse_inputs",
    "parse_number",
    "rule_text_vi",
    "template",
]
