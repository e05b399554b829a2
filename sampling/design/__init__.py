"""Sampling designs: what was drawn, with which probabilities, and how the weights were calibrated."""

from sampling.design.collapse import Collapsed, collapse_strata
from sampling.design.model import LONELY_RULES, CalibrationStep, Design, Fpc, LonelyRule, Refit
from sampling.design.parts import parquet_designs
from sampling.design.stages import Level, Stage, levels

__all__ = [
    "LONELY_RULES",
    "CalibrationStep",
    "Collapsed",
    "Design",
    "Fpc",
    "Level",
    "LonelyRule",
    "Refit",
    "Stage",
    "collapse_strata",
    "levels",
    "parquet_designs",
]
