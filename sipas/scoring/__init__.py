"""Scoring a leaf: rule bodies, checks of inputs, rounding, statuses, worked cases."""

from sipas.scoring.cases import run_cases
from sipas.scoring.inputs import input_faults
from sipas.scoring.leaf import (
    LeafInput,
    LeafScore,
    is_inside,
    leaf_points,
    points_per_pct,
    round_points,
    score_leaf,
    survey_decimal,
    unscored,
)
from sipas.scoring.rules import EXACT, EXACT_CONTEXT, FLOAT, INPUT_FIELDS, LeafColumns, Numbers, Ops, unrounded_points

__all__ = [
    "EXACT",
    "EXACT_CONTEXT",
    "FLOAT",
    "INPUT_FIELDS",
    "LeafColumns",
    "LeafInput",
    "LeafScore",
    "Numbers",
    "Ops",
    "input_faults",
    "is_inside",
    "leaf_points",
    "points_per_pct",
    "round_points",
    "run_cases",
    "score_leaf",
    "survey_decimal",
    "unrounded_points",
    "unscored",
]
