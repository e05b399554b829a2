"""Which values of a unit's breakdown may be printed: few answers are hidden, and never one value alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sipas.publish.round.pack import IndexFacts, NodeFacts

State = Literal["shown", "small", "paired"]


@dataclass(frozen=True)
class Breakdown:
    """States of the hidden nodes of one unit."""

    states: Mapping[str, State]

    def state(self, node_code: str) -> State:
        """shown; small (fewer answers than allowed); paired (hidden so that no small one can be worked out)."""
        return self.states.get(node_code, "shown")


def forms_of(index: IndexFacts, answers: Mapping[str, int]) -> dict[str, int]:
    """Valid forms behind each node: an item's answers, and at a node above at least those of its most answered item.

    answers: node_code -> n as the scores have it, which above items is that of the least answered one: by it a whole
    branch would be hidden because of one item. Nodes without any answer are left out.
    """
    forms: dict[str, int] = {}

    def visit(node: NodeFacts) -> int:
        below = [visit(child) for child in index.children(node.node_code)]
        found = max(below, default=0) or answers.get(node.node_code, 0)
        if found:
            forms[node.node_code] = found
        return found

    visit(index.overall)
    return forms


def breakdown(index: IndexFacts, forms: Mapping[str, int], *, required: frozenset[str], min_forms: int) -> Breakdown:
    """Hide nodes below the overall with fewer than `min_forms` valid forms (`forms`: node_code -> n).

    A hidden node hides everything below it. Where exactly one child of a shown node would be hidden, its value
    would follow from the parent and the other children, so the sibling with the fewest forms is hidden too.
    The overall and `required` nodes (their points are decided on) are always shown.
    """
    states: dict[str, State] = {}

    def hide(node: NodeFacts, state: State) -> None:
        if node.node_code in required:
            visit(node)
            return
        states[node.node_code] = state
        for child in index.children(node.node_code):
            small = forms.get(child.node_code, min_forms) < min_forms
            hide(child, "small" if small else state)

    def visit(node: NodeFacts) -> None:
        children = [child for child in index.children(node.node_code) if child.node_code in forms]
        free = [child for child in children if child.node_code not in required]
        small = [child for child in free if forms[child.node_code] < min_forms]
        for child in small:
            hide(child, "small")
        others = [child for child in free if child not in small]
        if len(small) == 1 and others:
            hide(min(others, key=lambda child: forms[child.node_code]), "paired")
        for child in children:
            if child.node_code not in states:
                visit(child)

    visit(index.overall)
    return Breakdown(states)
