"""Survey sampling: sizes, allocations, draws, weights, estimates with errors, replicates.

A survey in one line each: `draw` a sample; `Design` what came back; `adjust_nonresponse`, `trim`, `rake` its weights;
`share`, `mean`, `total`, `ratio`, `quantile` by domain; `difference` between domains; `bootstrap` or `jackknife`, then
`replicate`. Formulas and sources: docs/methods.md.

A name is loaded when it is first used, so that a program which needs one part of the package runs only that part. Such
a program imports from the parts themselves: who follows imports to know which code a result rests on sees nothing here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sampling.allocation import Target, allocate, allocate_for_precision
    from sampling.design import Design, calibration_from, calibration_table, parquet_designs
    from sampling.drivers import importance, importance_performance, regress, scale_quality
    from sampling.estimation import combine, difference, mean, quantile, ratio, round_differences, share, total
    from sampling.replication import Statistic, balanced, bootstrap, given_replicates, jackknife, replicate
    from sampling.selection import draw, overlap, permanent_random_numbers, split_by_history
    from sampling.size import issued_forms, margin_of_error, proportion_size, proportion_size_for_cv, yamane
    from sampling.sums import totals
    from sampling.weighting import adjust_nonresponse, calibrate, poststratify, rake, trim

_PLACES = {
    "allocation": ("Target", "allocate", "allocate_for_precision"),
    "design": ("Design", "calibration_from", "calibration_table", "parquet_designs"),
    "drivers": ("importance", "importance_performance", "regress", "scale_quality"),
    "estimation": ("combine", "difference", "mean", "quantile", "ratio", "round_differences", "share", "total"),
    "replication": ("Statistic", "balanced", "bootstrap", "given_replicates", "jackknife", "replicate"),
    "selection": ("draw", "overlap", "permanent_random_numbers", "split_by_history"),
    "size": ("issued_forms", "margin_of_error", "proportion_size", "proportion_size_for_cv", "yamane"),
    "sums": ("totals",),
    "weighting": ("adjust_nonresponse", "calibrate", "poststratify", "rake", "trim"),
}
_PLACE = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [
    "Design",
    "Statistic",
    "Target",
    "adjust_nonresponse",
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
    return getattr(import_module(f"{__name__}.{_PLACE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
