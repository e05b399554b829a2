"""The sample plan of a round: settings, sizes by stratum, what they buy (docs/methods.md, sections 1 and 2)."""

from sipas.plan.settings import PlanPart, TargetPart, setting_faults, unit_faults
from sipas.plan.sizes import LEVELS, PlanPrecision, allocate_plan, plan_precision, strata_of, with_fixed_number

__all__ = [
    "LEVELS",
    "PlanPart",
    "PlanPrecision",
    "TargetPart",
    "allocate_plan",
    "plan_precision",
    "setting_faults",
    "strata_of",
    "unit_faults",
    "with_fixed_number",
]
