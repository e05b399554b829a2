"""Sample sizes by stratum: a total spread by a rule, or the least cost that meets precision targets."""

from sampling.allocation.methods import AllocationMethod, allocate
from sampling.allocation.precision import PrecisionPlan, allocate_for_precision
from sampling.allocation.spread import within
from sampling.allocation.targets import Target

__all__ = ["AllocationMethod", "PrecisionPlan", "Target", "allocate", "allocate_for_precision", "within"]
