"""Survey sampling: sizes, allocations, draws, weights, estimates with errors, replicates.

A survey in one line each: `draw` a sample; `Design` what came back; `adjust_nonresponse`, `trim`, `rake` its weights;
`share`, `mean`, `total`, `ratio`, `quantile` by domain; `difference` between domains; `bootstrap` or `jackknife`, then
`replicate`. Formulas and sources: docs/methods.md.

A name is loaded when it is first used, so that a program which needs one part of the package runs only that part. Such
a program imports from the parts themselves: who follows imports to know which code a result rests on sees nothing here.
Types that signatures and help texts name, and the errors, are here too: `Replication`, `DesignError`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from errors import DataError, DesignError, Fault, FaultsFound, FrameError, SurveyError, WeightError
    from sampling.allocation import Target, allocate, allocate_for_precision
    from sampling.allocation.methods import AllocationMethod
    from sampling.allocation.precision import PrecisionPlan
    from sampling.allocation.targets import Measure
    from sampling.design import (
        Adjustment,
        CalibrationStep,
        Design,
        Fpc,
        Level,
        LonelyRule,
        Refit,
        Stage,
        calibration_from,
        calibration_table,
        parquet_designs,
    )
    from sampling.design.columns import ByStage
    from sampling.drivers import Importance, Regression, importance, importance_performance, regress, scale_quality
    from sampling.drivers.regression import RegressionModel
    from sampling.drivers.rows import MissingRule
    from sampling.estimation import combine, difference, mean, quantile, ratio, round_differences, share, total
    from sampling.estimation.estimates import DeffRule, DfRule
    from sampling.estimation.statistics import Variables
    from sampling.intervals import ShareInterval
    from sampling.numbers import BoolArray, FloatArray, IntArray
    from sampling.replication import (
        ReplicateEstimates,
        Replication,
        Statistic,
        balanced,
        bootstrap,
        given_replicates,
        jackknife,
        replicate,
    )
    from sampling.replication.model import Multipliers, Replay, ReplicationKind
    from sampling.replication.statistics import SumsFunction
    from sampling.selection import after_release, draw, overlap, permanent_random_numbers, split_by_history
    from sampling.selection.chunks import Frame
    from sampling.size import issued_forms, margin_of_error, proportion_size, proportion_size_for_cv, yamane
    from sampling.sums import By, CalibrationSums, Totals, totals
    from sampling.weighting import Margins, adjust_nonresponse, calibrate, poststratify, rake, trim
    from sampling.weighting.distances import CalibrationMethod
    from sampling.weighting.trim import CapRule

_PLACES = {
    "allocation": ("Target", "allocate", "allocate_for_precision"),
    "design": ("Design", "calibration_from", "calibration_table", "parquet_designs"),
    "drivers": ("importance", "importance_performance", "regress", "scale_quality"),
    "estimation": ("combine", "difference", "mean", "quantile", "ratio", "round_differences", "share", "total"),
    "replication": ("Statistic", "balanced", "bootstrap", "given_replicates", "jackknife", "replicate"),
    "selection": ("after_release", "draw", "overlap", "permanent_random_numbers", "split_by_history"),
    "size": ("issued_forms", "margin_of_error", "proportion_size", "proportion_size_for_cv", "yamane"),
    "sums": ("totals",),
    "weighting": ("adjust_nonresponse", "calibrate", "poststratify", "rake", "trim"),
}
# What signatures, fields and help texts of those name.
_TYPES = {
    "errors": ("DataError", "DesignError", "Fault", "FaultsFound", "FrameError", "SurveyError", "WeightError"),
    "sampling.allocation.methods": ("AllocationMethod",),
    "sampling.allocation.precision": ("PrecisionPlan",),
    "sampling.allocation.targets": ("Measure",),
    "sampling.design": ("Adjustment", "CalibrationStep", "Fpc", "Level", "LonelyRule", "Refit", "Stage"),
    "sampling.design.columns": ("ByStage",),
    "sampling.drivers": ("Importance", "Regression"),
    "sampling.drivers.regression": ("RegressionModel",),
    "sampling.drivers.rows": ("MissingRule",),
    "sampling.estimation.estimates": ("DeffRule", "DfRule"),
    "sampling.estimation.statistics": ("Variables",),
    "sampling.intervals": ("ShareInterval",),
    "sampling.numbers": ("BoolArray", "FloatArray", "IntArray"),
    "sampling.replication": ("ReplicateEstimates", "Replication"),
    "sampling.replication.model": ("Multipliers", "Replay", "ReplicationKind"),
    "sampling.replication.statistics": ("SumsFunction",),
    "sampling.selection.chunks": ("Frame",),
    "sampling.sums": ("By", "CalibrationSums", "Totals"),
    "sampling.weighting": ("Margins",),
    "sampling.weighting.distances": ("CalibrationMethod",),
    "sampling.weighting.trim": ("CapRule",),
}
_PLACE = {name: f"sampling.{place}" for place, names in _PLACES.items() for name in names}
_PLACE |= {name: place for place, names in _TYPES.items() for name in names}

__all__ = [
    "Adjustment",
    "AllocationMethod",
    "BoolArray",
    "By",
    "ByStage",
    "CalibrationMethod",
    "CalibrationStep",
    "CalibrationSums",
    "CapRule",
    "DataError",
    "DeffRule",
    "Design",
    "DesignError",
    "DfRule",
    "Fault",
    "FaultsFound",
    "FloatArray",
    "Fpc",
    "Frame",
    "FrameError",
    "Importance",
    "IntArray",
    "Level",
    "LonelyRule",
    "Margins",
    "Measure",
    "MissingRule",
    "Multipliers",
    "PrecisionPlan",
    "Refit",
    "Regression",
    "RegressionModel",
    "Replay",
    "ReplicateEstimates",
    "Replication",
    "ReplicationKind",
    "ShareInterval",
    "Stage",
    "Statistic",
    "SumsFunction",
    "SurveyError",
    "Target",
    "Totals",
    "Variables",
    "WeightError",
    "adjust_nonresponse",
    "after_release",
    "allocate",
    "allocate_for_precision",
    "balanced",
    "bootstrap",
    "calibrate",
    "calibration_from",
    "calibration_table",
    "combine",
    "difference",
    "draw",
    "given_replicates",
    "importance",
    "importance_performance",
    "issued_forms",
    "jackknife",
    "margin_of_error",
    "mean",
    "overlap",
    "parquet_designs",
    "permanent_random_numbers",
    "poststratify",
    "proportion_size",
    "proportion_size_for_cv",
    "quantile",
    "rake",
    "ratio",
    "regress",
    "replicate",
    "round_differences",
    "scale_quality",
    "share",
    "split_by_history",
    "total",
    "totals",
    "trim",
    "yamane",
]


def __getattr__(name: str) -> object:
    if name not in _PLACE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_PLACE[name]), name)


def __dir__() -> list[str]:
    return __all__
