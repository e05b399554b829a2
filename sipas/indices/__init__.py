"""Satisfaction indices: their definition as data, their values from totals, and the survey data behind them."""

from sipas.indices.definition import (
    Combiner,
    IndexDefinition,
    IndexNode,
    Variant,
    check_against,
    coefficients,
    load_index,
)
from sipas.indices.survey import (
    SurveyData,
    given_std_error,
    index_scores,
    item_values,
    points_std_error,
    satisfied,
    variant_totals,
)
from sipas.indices.values import INDEX_SCORES, definition_id, given_id, satisfaction_index, taken_over_scores

__all__ = [
    "INDEX_SCORES",
    "Combiner",
    "IndexDefinition",
    "IndexNode",
    "SurveyData",
    "Variant",
    "check_against",
    "coefficients",
    "definition_id",
    "given_id",
    "given_std_error",
    "index_scores",
    "item_values",
    "load_index",
    "points_std_error",
    "satisfaction_index",
    "satisfied",
    "taken_over_scores",
    "variant_totals",
]
