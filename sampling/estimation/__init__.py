"""Estimates with linearised standard errors from Totals (docs/methods.md, section 5; Sarndal et al. 1992)."""

from sampling.estimation.combinations import Combinations, degrees_of_freedom, linear_combinations
from sampling.estimation.contrasts import Contrasts, contrast, difference_table, round_differences
from sampling.estimation.estimates import (
    Precision,
    design_effect,
    index_interval,
    mean_table,
    ratio_table,
    share_table,
    total_table,
)
from sampling.estimation.quantiles import quantile
from sampling.estimation.statistics import combine, difference, mean, ratio, share, total

__all__ = [
    "Combinations",
    "Contrasts",
    "Precision",
    "combine",
    "contrast",
    "degrees_of_freedom",
    "design_effect",
    "difference",
    "difference_table",
    "index_interval",
    "linear_combinations",
    "mean",
    "mean_table",
    "quantile",
    "ratio",
    "ratio_table",
    "round_differences",
    "share",
    "share_table",
    "total",
    "total_table",
]
