"""Commit and reveal: what is sealed before a draw, what is published after it, and the check that repeats all of it.

`sampling/verify_draw.py` does the same with the standard library only, for readers who trust no package.
"""

from sampling.manifest.changes import check_changes, issued_counts, reserves_of
from sampling.manifest.checks import CHECKS
from sampling.manifest.pairs import plan_pairs_csv
from sampling.manifest.plan import DRAW_COLUMNS, draw_csv, draw_plan, plan_of, read_frame_csv, stages_of
from sampling.manifest.reveal import Manifest, make_manifest, new_commit, verify
from sampling.manifest.seals import Opening, Party, commit_hash, programme_seed, seed_of
from sampling.manifest.shapes import is_moment

__all__ = [
    "CHECKS",
    "DRAW_COLUMNS",
    "Manifest",
    "Opening",
    "Party",
    "check_changes",
    "commit_hash",
    "draw_csv",
    "draw_plan",
    "is_moment",
    "issued_counts",
    "make_manifest",
    "new_commit",
    "plan_of",
    "plan_pairs_csv",
    "programme_seed",
    "read_frame_csv",
    "reserves_of",
    "seed_of",
    "stages_of",
    "verify",
]
