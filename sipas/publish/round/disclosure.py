"""Which values of a unit's breakdown may be printed: few answers are hidden, and never one value alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from sipas.indices import IndexDefinition
from sipas.rulebook import Rulebook
from sipas.tree import Node

State = Literal["small", "paired"]
MIN_FORMS: Final = 10  # fewest valid forms with which a breakdown of a unit is shown


def required_nodes(rulebooks: Iterable[Rulebook], index: IndexDefinition) -> frozenset[str]:
    """Nodes whose value a decision needs of every unit: they are never hidden, only flagged."""
    links = [leaf.link for rulebook in rulebooks for leaf in rulebook.linked_leaves()]
    return frozenset(link.node_code for link in links if link is not None and link.index_id == index.id)


def forms_of(index: IndexDefinition, answers: Mapping[str, int]) -> dict[str, int]:
    """Valid forms behind each node: an item's answers, and at a node above at least those of its most answered item.

    answers: node_code -> n as the scores have it, which above items is that of the least answered one: by it a whole
    branch would be hidden because of one item. Nodes without any answer are left out.
    """
    forms: dict[str, int] = {}

    def visit(node_code: str) -> int:
        below = [visit(child.code) for child in index.tree.children(node_code)]
        n = max(below, default=0) or answers.get(node_code, 0)
        if n:
            forms[node_code] = n
        return n

    visit(index.overall.node_code)
    return forms


def hidden_nodes(index: IndexDefinition, forms: Mapping[str, int], required: frozenset[str]) -> dict[str, State]:
    """Nodes below the overall with fewer than MIN_FORMS valid forms (`forms`: node_code -> n), hidden as `small`, and
    those hidden beside them so that no small one can be worked out, as `paired`.

    A hidden node hides everything below it. Where exactly one child of a shown node would be hidden, its value
    would follow from the parent and the other children, so the sibling with the fewest forms is hidden too.
    The overall and `required` nodes (their points are decided on) are always shown.
    """
    states: dict[str, State] = {}

    def hide(node: Node, state: State) -> None:
        if node.code in required:
            visit(node.code)
            return
        states[node.code] = state
        for child in index.tree.children(node.code):
            hide(child, "small" if forms.get(child.code, MIN_FORMS) < MIN_FORMS else state)

    def visit(node_code: str) -> None:
        children = [child for child in index.tree.children(node_code) if child.code in forms]
        free = [child for child in children if child.code not in required]
        small = [child for child in free if forms[child.code] < MIN_FORMS]
        for child in small:
            hide(child, "small")
        others = [child for child in free if child not in small]
        if len(small) == 1 and others:
            hide(min(others, key=lambda child: forms[child.code]), "paired")
        for child in children:
            if child.code not in states:
                visit(child.code)

    visit(index.overall.node_code)
    return states
