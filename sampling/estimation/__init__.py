"""Estimates with linearised standard errors from Totals (docs/methods.md, section 5; Sarndal et al. 1992)."""

from sampling.estimation.combinations import Combinations, combine, degrees_of_freedom
from sampling.estimation.contrasts import Contrasts, contrast, difference_table, round_differences
from sampling.estimation.estimates import (
    Precision,
    design_effect,
    estimate,
    index_interval,
    mean_table,
    ratio_table,
    share_table,
    total_table,
)
from sampling.estimation.quantiles import quantiles

__all__ = [
    "Combinations",
    "Contrasts",
    "Precision",
    "combine",
    "contrast",
    "degrees_of_freedom",
    "design_effect",
    "difference_table",
    "estimate",
    "index_interval",
    "mean_table",
    "quantiles",
    "ratio_table",
    "round_differences",
    "share_table",
    "total_table",
]
