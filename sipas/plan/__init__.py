"""The sample plan of a round: settings, sizes by stratum, what they buy (docs/methods.md, sections 1 and 2)."""

from sipas.plan.settings import PlanPart, TargetPart, setting_faults, unit_faults
from sipas.plan.sizes import LEVELS, Bought, allocate_plan, strata_of, what_it_buys, with_fixed_number

__all__ = [
    "LEVELS",
    "Bought",
    "PlanPart",
    "TargetPart",
    "allocate_plan",
    "setting_faults",
    "strata_of",
    "unit_faults",
    "what_it_buys",
    "with_fixed_number",
]
