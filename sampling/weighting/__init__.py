"""Weights, one factor a step; the final weight is their product (docs/methods.md, section 4)."""

from sampling.weighting.adjust import recorded_step, step_auxiliary
from sampling.weighting.auxiliary import CONSTANT, indicator_matrix
from sampling.weighting.calibration import Calibrated, Rules, calibrate
from sampling.weighting.classes import JoinRule
from sampling.weighting.nonresponse import NonresponseAdjustment, adjust_nonresponse
from sampling.weighting.raking import poststratify, rake
from sampling.weighting.recipe import RecipeResult, StepResult, apply_recipe
from sampling.weighting.report import weight_report, weight_summary
from sampling.weighting.steps import (
    CALIBRATIONS,
    Calibration,
    DesignStep,
    FollowUp,
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
    "CONSTANT",
    "Calibrated",
    "Calibration",
    "DesignStep",
    "FollowUp",
    "JoinRule",
    "Nonresponse",
    "NonresponseAdjustment",
    "Propensity",
    "RecipeResult",
    "Rescale",
    "Rules",
    "StepResult",
    "Trim",
    "UnknownEligibility",
    "WeightStep",
    "adjust_nonresponse",
    "apply_recipe",
    "calibrate",
    "check_recipe",
    "indicator_matrix",
    "poststratify",
    "rake",
    "recorded_step",
    "step_auxiliary",
    "step_name",
    "weight_report",
    "weight_summary",
]
