"""Rulebooks (bộ tiêu chí): who is scored, by which criteria, rules, classes. Data folders become frozen models.

A rulebook folder holds rulebook.toml and six CSV files (see `load`); a new province is a new folder and no code.
"""

from sipas.rulebook.check import check_links, check_rulebook
from sipas.rulebook.load import load_rulebook
from sipas.rulebook.model import (
    Band,
    Case,
    Criterion,
    Header,
    Level,
    Link,
    RankClass,
    Rounding,
    Rulebook,
    Unscored,
    parse_counts,
)

__all__ = [
    "Band",
    "Case",
    "Criterion",
    "Header",
    "Level",
    "Link",
    "RankClass",
    "Rounding",
    "Rulebook",
    "Unscored",
    "check_links",
    "check_rulebook",
    "load_rulebook",
    "parse_counts",
]
