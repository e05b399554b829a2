"""What a rulebook says it does not know: settings without a confirmed source, criteria whose rule was never read.

An unconfirmed setting is used and named wherever the rulebook is shown. An unscored criterion is listed with its
published maximum, counts in the maximum printed for its parent, and never earns points: no entry for it is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from errors import Fault
from sipas.rulebook.model import Criterion, Header, Unscored
from sipas.tree import Node

_HEADER_FILE: Final = "rulebook.toml"
_CRITERIA_PREFIX: Final = "criteria."
SETTINGS: Final = (
    "unit_group",
    "years",
    "max_points",
    "denominator",
    "rank_on",
    "ties",
    "rounding",
    "bonus_cap",
    "penalty_cap",
    "absent_survey",
    "empty_group",
    "no_cases",
    "classes",
)
"""Fields of rulebook.toml that may be called unconfirmed."""

COLUMNS: Final = ("name_vi", "max_points", "score_source", "rule", "low", "high", "no_cases")
"""Columns of criteria.csv that may be called unconfirmed, as `criteria.<code>.<column>`."""


def unknown_faults(header: Header, criteria: Sequence[Criterion]) -> list[Fault]:
    """Unconfirmed settings that are none (`rulebook.unconfirmed`); unscored criteria whose code is taken
    (`rulebook.unscored_code`) or whose parent has no children to stand beside (`rulebook.unscored_parent`)."""
    codes = {criterion.code for criterion in criteria}
    faults = [
        Fault("rulebook.unconfirmed", _HEADER_FILE, column="unconfirmed", got=name)
        for name in header.unconfirmed
        if not _is_setting(name, codes)
    ]
    times = Counter(node.code for node in header.unscored)
    parents = _parents(criteria)
    for place, node in enumerate(header.unscored):
        column = f"unscored.{place}"
        if node.code in codes or times[node.code] > 1:
            faults.append(Fault("rulebook.unscored_code", _HEADER_FILE, column=f"{column}.code", got=node.code))
        if node.parent not in parents:
            faults.append(Fault("rulebook.unscored_parent", _HEADER_FILE, column=f"{column}.parent", got=node.parent))
    return faults


def unscored_nodes(header: Header | None, criteria: Sequence[Criterion]) -> list[Node]:
    """Unscored criteria as tree nodes, those that have a place in the tree: they fill up the maximum of a parent."""
    codes, parents = {criterion.code for criterion in criteria}, _parents(criteria)
    nodes: dict[str, Unscored] = {}
    for node in header.unscored if header is not None else ():
        if node.parent in parents and node.code not in codes:
            nodes.setdefault(node.code, node)
    return [
        Node(node.code, node.parent, "unscored", node.name_vi, max_points=node.max_points) for node in nodes.values()
    ]


def _parents(criteria: Sequence[Criterion]) -> set[str]:
    return {"", *(criterion.code for criterion in criteria if criterion.rule == "sum")}


def _is_setting(name: str, codes: set[str]) -> bool:
    """A field of rulebook.toml, or `criteria.<code>.<column>`."""
    if not name.startswith(_CRITERIA_PREFIX):
        return name in SETTINGS
    code, _, column = name.removeprefix(_CRITERIA_PREFIX).rpartition(".")
    return code in codes and column in COLUMNS
