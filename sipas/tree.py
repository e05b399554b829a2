"""A tree of criteria or index nodes: codes, parents and maximum points, and the checks that hold for every such tree.

The same shape serves a rulebook (points) and an index (shares): code, parent, level, weight or max_points, direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from errors import Fault, FaultsFound, RulebookError

# Bonus and penalty points stand beside the maximum; a parent of another level does not count them in its own.
OUTSIDE_MAXIMUM: Final = ("bonus", "penalty")
_Place = tuple[str, str, int]  # file, sheet, row


@dataclass(frozen=True)
class Node:
    """One node. `parent` is "" at the top; `weight` and `max_points` are exact decimals or absent.

    `direction` "+": more is better, "-": less is better. Siblings are ordered by `sort_order`, then as given.
    """

    code: str
    parent: str = ""
    level: str = ""
    name_vi: str = ""
    name_en: str = ""
    weight: Decimal | None = None
    max_points: Decimal | None = None
    direction: Literal["+", "-"] = "+"
    sort_order: int = 0


class Tree:
    """Nodes in a fixed order with their family ties. Raises FaultsFound `tree.broken` when the nodes are no tree.

    Sums of points are not looked at here (see `check_tree`): a tree whose maxima do not add up can still be walked.
    """

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = tuple(nodes)
        faults = _structure_faults(self.nodes, _places(self.nodes, "", None))
        if faults:
            raise FaultsFound("tree.broken", faults)
        self._node = {node.code: node for node in self.nodes}
        self._children = _children_by_code(self.nodes)

    @property
    def roots(self) -> tuple[Node, ...]:
        """Nodes without a parent, in order."""
        return self._children.get("", ())

    def __contains__(self, code: object) -> bool:
        return code in self._node

    def node(self, code: str) -> Node:
        """The node called `code`; RulebookError `tree.unknown_code` when there is none."""
        if code not in self._node:
            raise RulebookError("tree.unknown_code", got=code)
        return self._node[code]

    def children(self, code: str) -> tuple[Node, ...]:
        """Direct children of `code` in order, empty for a leaf; `""` gives the roots."""
        if code:
            self.node(code)
        return self._children.get(code, ())

    def is_leaf(self, code: str) -> bool:
        """Whether `code` has no children."""
        return not self.children(code)

    def depth_first(self, code: str = "") -> Iterator[Node]:
        """All nodes, a parent before its children; with a code that node and everything below it."""
        stack = [self.node(code)] if code else list(reversed(self.roots))
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(self._children.get(node.code, ())))

    def leaves(self, code: str = "") -> tuple[Node, ...]:
        """Leaves of the whole tree, or those at or below `code`, in depth-first order."""
        return tuple(node for node in self.depth_first(code) if node.code not in self._children)

    def path(self, code: str) -> tuple[Node, ...]:
        """Nodes from the root down to `code`, both included."""
        steps = [self.node(code)]
        while steps[-1].parent:
            steps.append(self._node[steps[-1].parent])
        return tuple(reversed(steps))


def check_tree(nodes: Iterable[Node], *, file: str = "", rows: Sequence[int] | None = None) -> list[Fault]:
    """Every fault of a tree, sorted; empty when it is sound.

    Rules: `tree.no_code`, `tree.duplicate`, `tree.unknown_parent`, `tree.cycle`, and `tree.children_sum` when the
    maxima of the children (exact decimals) do not add to the parent's. `file` and `rows` (one line number per node)
    say where the nodes came from.
    """
    given = tuple(nodes)
    places = _places(given, file, rows)
    return sorted(_structure_faults(given, places) + _sum_faults(given, places))


def _places(nodes: Sequence[Node], file: str, rows: Sequence[int] | None) -> list[_Place]:
    return [(file, "", row) for row in (rows if rows is not None else [0] * len(nodes))]


def _children_by_code(nodes: Sequence[Node]) -> dict[str, tuple[Node, ...]]:
    children: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=lambda node: node.sort_order):
        children.setdefault(node.parent, []).append(node)
    return {code: tuple(family) for code, family in children.items()}


def _structure_faults(nodes: Sequence[Node], places: Sequence[_Place]) -> list[Fault]:
    faults = []
    parent_of = {node.code: node.parent for node in nodes}
    seen: set[str] = set()
    for node, place in zip(nodes, places, strict=True):
        if not node.code:
            faults.append(Fault("tree.no_code", *place, "code", node.name_vi))
        elif node.code in seen:
            faults.append(Fault("tree.duplicate", *place, "code", node.code))
        seen.add(node.code)
        if node.parent and node.parent not in parent_of:
            faults.append(Fault("tree.unknown_parent", *place, "parent", node.parent, "", {"code": node.code}))
        circle = _circle(node.code, parent_of)
        if circle:
            faults.append(Fault("tree.cycle", *place, "parent", " > ".join(circle), "", {"code": node.code}))
    return faults


def _circle(code: str, parent_of: dict[str, str]) -> list[str]:
    """Codes from `code` up through its parents and back to itself, if it is its own ancestor."""
    steps = [code]
    above = parent_of.get(code, "")
    while above and above != code:
        if above in steps:
            return []  # runs into a circle further up, reported at the nodes of that circle
        steps.append(above)
        above = parent_of.get(above, "")
    return [*steps, code] if above else []


def _sum_faults(nodes: Sequence[Node], places: Sequence[_Place]) -> list[Fault]:
    children = _children_by_code(nodes)
    faults = []
    for node, place in zip(nodes, places, strict=True):
        counted = [
            child.max_points
            for child in children.get(node.code, ())
            if child.level == node.level or child.level not in OUTSIDE_MAXIMUM
        ]
        points = [value for value in counted if value is not None]
        if node.code and node.max_points is not None and points and sum(points) != node.max_points:
            values = {"code": node.code, "name": node.name_vi}
            got, expected = str(sum(points)), str(node.max_points)
            faults.append(Fault("tree.children_sum", *place, "max_points", got, expected, values))
    return faults
