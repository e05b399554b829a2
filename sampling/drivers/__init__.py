"""Quality of scales, regressions with design-based errors, and drivers (docs/methods.md, section 7)."""

from sampling.drivers.regression import Regression, regress
from sampling.drivers.scales import cronbach_alpha, scale_quality
from sampling.drivers.shares import Importance, importance, importance_performance

__all__ = [
    "Importance",
    "Regression",
    "cronbach_alpha",
    "importance",
    "importance_performance",
    "regress",
    "scale_quality",
]
