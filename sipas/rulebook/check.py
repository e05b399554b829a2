"""Checks that a rulebook can be scored: families and maxima add up, every rule has what it needs and nothing else.

Each check takes the smallest part it can judge, so that `load` reports every fault of a folder at once even when some
rows could not be read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final

from errors import Fault
from sipas.rulebook.leaf_checks import leaf_faults
from sipas.rulebook.model import Case, Criterion, Header, Rulebook, decimals_of, nodes_of, parse_counts
from sipas.rulebook.unknowns import unknown_faults, unscored_nodes
from sipas.tree import check_tree

HEADER_FILE: Final = "rulebook.toml"
CRITERIA_FILE: Final = "criteria.csv"
CASES_FILE: Final = "cases.csv"
LINKS_FILE: Final = "survey_links.csv"
_CHILD_LEVELS: Mapping[str, tuple[str, ...]] = {
    "": ("area", "bonus", "penalty"),
    "area": ("criterion",),
    "criterion": ("sub_criterion",),
    "sub_criterion": (),
    "bonus": (),
    "penalty": (),
}


def check_rulebook(rulebook: Rulebook) -> list[Fault]:
    """Every fault of a rulebook, sorted; empty when it can be scored. File and line where the rows came from files."""
    faults = check_header(rulebook) + check_family(rulebook, rulebook.criteria)
    parents = {criterion.parent for criterion in rulebook.criteria}
    for criterion in rulebook.criteria:
        faults += leaf_faults(criterion, rulebook, has_children=criterion.code in parents)
    return sorted(faults + check_cases(rulebook.cases, {criterion.code for criterion in rulebook.criteria}))


def check_header(header: Header) -> list[Fault]:
    """Years in order; classes fall strictly, codes differ, the last starts at 0; rescaling needs an own maximum."""
    faults = []
    if header.years[0] > header.years[1]:
        faults.append(_header_fault("rulebook.years", "years", f"{header.years[0]}, {header.years[1]}"))
    cuts = [rank_class.from_pct for rank_class in header.classes]
    if any(above <= below for above, below in pairwise(cuts)):
        faults.append(_header_fault("rulebook.class_order", "classes", " > ".join(map(str, cuts))))
    if not cuts or cuts[-1] != 0:
        faults.append(_header_fault("rulebook.class_last", "classes", cuts[-1] if cuts else "", 0))
    codes = [rank_class.class_code for rank_class in header.classes]
    if len(set(codes)) < len(codes):
        faults.append(_header_fault("rulebook.class_repeated", "classes", ", ".join(codes)))
    if header.absent_survey == "rescale" and header.denominator == "full":
        faults.append(_header_fault("rulebook.rescale_full", "absent_survey", "rescale", "carry | fail"))
    return faults


def check_family(header: Header | None, criteria: Sequence[Criterion]) -> list[Fault]:
    """The tree of all criteria: codes, parents, levels, maxima that add up, caps. Needs every row to be readable.

    A maximum is what its scored and unscored children add up to.
    """
    beside = unscored_nodes(header, criteria)
    lines = [criterion.line for criterion in criteria] + [0] * len(beside)
    faults = check_tree([*nodes_of(criteria), *beside], file=CRITERIA_FILE, rows=lines)
    level_of = {criterion.code: criterion.level for criterion in criteria}
    for criterion in criteria:
        allowed = _CHILD_LEVELS[level_of.get(criterion.parent, "")] if criterion.parent in {"", *level_of} else None
        if allowed is not None and criterion.level not in allowed:
            faults.append(
                Fault(
                    "rulebook.level_order",
                    CRITERIA_FILE,
                    row=criterion.line,
                    column="level",
                    got=criterion.level,
                    expected=" | ".join(allowed) or "-",
                    values={"code": criterion.code},
                )
            )
    if header is not None:
        faults += [*_total_faults(header, criteria), *unknown_faults(header, criteria)]
    return faults


def _total_faults(header: Header, criteria: Sequence[Criterion]) -> list[Fault]:
    roots = [criterion.max_points for criterion in criteria if criterion.level == "area" and not criterion.parent]
    total = sum([*roots, *(node.max_points for node in header.unscored if not node.parent)], Decimal(0))
    faults = []
    if total != header.max_points:
        faults.append(_header_fault("rulebook.max_points", "max_points", total, header.max_points))
    for level, cap in (("bonus", header.bonus_cap), ("penalty", header.penalty_cap)):
        has_any = any(criterion.level == level for criterion in criteria)
        if has_any != (cap > 0):
            faults.append(_header_fault("rulebook.cap", f"{level}_cap", cap, "> 0" if has_any else "0"))
        if decimals_of(cap) > header.rounding.leaf:
            faults.append(_header_fault("rulebook.decimals", f"{level}_cap", cap, header.rounding.leaf))
    return faults


def _header_fault(rule: str, column: str, got: object, expected: object = "") -> Fault:
    return Fault(rule, HEADER_FILE, column=column, got=str(got), expected=str(expected))


def check_cases(cases: Iterable[Case], codes: Collection[str]) -> list[Fault]:
    """Worked cases name known criteria, each once in a case, and can be read."""
    faults = []
    seen: set[tuple[str, str]] = set()
    for case in cases:
        if (case.case, case.code) in seen:
            faults.append(Fault("rulebook.repeated", CASES_FILE, row=case.line, column="code", got=case.code))
        seen.add((case.case, case.code))
        if case.code not in codes:
            faults.append(Fault("rulebook.unknown_code", CASES_FILE, row=case.line, column="code", got=case.code))
        if case.option_counts:
            try:
                parse_counts(case.option_counts)
            except ValueError:
                faults.append(
                    Fault("rulebook.counts", CASES_FILE, row=case.line, column="option_counts", expected="A=12;B=3")
                )
    return faults


def check_links(rulebook: Rulebook, nodes: Mapping[str, Collection[str]]) -> list[Fault]:
    """Links that lead to an index or node that does not exist. `nodes`: the node codes of every known index id."""
    faults = []
    for criterion in rulebook.linked_leaves():
        link = criterion.link
        if link is None or link.node_code in nodes.get(link.index_id, ()):
            continue
        node_codes = ", ".join(nodes.get(link.index_id, sorted(nodes)))
        faults.append(
            Fault(
                "rulebook.link_to_nothing",
                LINKS_FILE,
                row=link.line,
                column="node_code" if link.index_id in nodes else "index_id",
                got=f"{link.index_id}/{link.node_code}",
                expected=node_codes,
                values={"code": criterion.code},
            )
        )
    return faults
