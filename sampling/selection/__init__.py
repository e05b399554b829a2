"""The draw with permanent random numbers, which anyone with a SHA-256 tool can repeat (docs/methods.md, section 3)."""

from sampling.selection.history import overlap, split_by_history
from sampling.selection.plan import APPROXIMATE, METHODS, StagePlan
from sampling.selection.release import after_release
from sampling.selection.seeds import check_seed, derived_seed, permanent_random_numbers
from sampling.selection.stages import draw, draw_stages

__all__ = [
    "APPROXIMATE",
    "METHODS",
    "StagePlan",
    "after_release",
    "check_seed",
    "derived_seed",
    "draw",
    "draw_stages",
    "overlap",
    "permanent_random_numbers",
    "split_by_history",
]
