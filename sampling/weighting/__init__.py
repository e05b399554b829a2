"""Weights, one factor a step; the final weight is their product (docs/methods.md, section 4)."""

from sampling.weighting.designs import Margins, adjust_nonresponse, calibrate, poststratify, rake, trim
from sampling.weighting.recipe import RecipeResult, StepResult, apply_recipe
from sampling.weighting.report import weight_report, weight_summary
from sampling.weighting.steps import (
    CALIBRATIONS,
    STEP_NAME,
    Calibration,
    DesignStep,
    FollowUp,
    InClasses,
    Nonresponse,
    Propensity,
    Rescale,
    Trim,
    UnknownEligibility,
    WeightStep,
    check_recipe,
    step_name,
)

__all__ = [
    "CALIBRATIONS",
    "STEP_NAME",
    "Calibration",
    "DesignStep",
    "FollowUp",
    "InClasses",
    "Margins",
    "Nonresponse",
    "Propensity",
    "RecipeResult",
    "Rescale",
    "StepResult",
    "Trim",
    "UnknownEligibility",
    "WeightStep",
    "adjust_nonresponse",
    "apply_recipe",
    "calibrate",
    "check_recipe",
    "poststratify",
    "rake",
    "step_name",
    "trim",
    "weight_report",
    "weight_summary",
]
