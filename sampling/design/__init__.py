"""Sampling designs: what was drawn, with which probabilities, and how the weights were calibrated."""

from sampling.design.adjustments import Adjustment, CalibrationStep, Refit, row_ids
from sampling.design.collapse import Collapsed, collapse_strata
from sampling.design.model import LONELY_RULES, Design, Fpc, LonelyRule
from sampling.design.parts import parquet_designs
from sampling.design.recorded import calibration_from, calibration_table, margin_labels, recorded_calibrations
from sampling.design.stages import Level, Stage, levels

__all__ = [
    "LONELY_RULES",
    "Adjustment",
    "CalibrationStep",
    "Collapsed",
    "Design",
    "Fpc",
    "Level",
    "LonelyRule",
    "Refit",
    "Stage",
    "calibration_from",
    "calibration_table",
    "collapse_strata",
    "levels",
    "margin_labels",
    "parquet_designs",
    "recorded_calibrations",
    "row_ids",
]
