from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import FaultsFound, RulebookError
from sipas.tree import Node, Tree, check_tree


def points(code: str, parent: str, maximum: str, level: str = "", sort_order: int = 0) -> Node:
    return Node(code, parent, level, max_points=Decimal(maximum), sort_order=sort_order)


# 100 = 60 + 40; 60 = 35.5 + 24.5
SMALL = [
    points("A", "", "100"),
    points("A.1", "A", "60"),
    points("A.2", "A", "40"),
    points("A.1.1", "A.1", "35.5"),
    points("A.1.2", "A.1", "24.5"),
]


def codes(nodes: object) -> list[str]:
    return [node.code for node in nodes]  # type: ignore[attr-defined]


def test_walks_in_order() -> None:
    tree = Tree(SMALL)
    assert codes(tree.roots) == ["A"]
    assert codes(tree.depth_first()) == ["A", "A.1", "A.1.1", "A.1.2", "A.2"]
    assert codes(tree.leaves()) == ["A.1.1", "A.1.2", "A.2"]
    assert codes(tree.leaves("A.1")) == ["A.1.1", "A.1.2"]
    assert codes(tree.leaves("A.2")) == ["A.2"]
    assert codes(tree.children("A")) == ["A.1", "A.2"]
    assert codes(tree.children("")) == ["A"]
    assert codes(tree.path("A.1.2")) == ["A", "A.1", "A.1.2"]
    assert tree.is_leaf("A.2")
    assert not tree.is_leaf("A.1")
    assert "A.2" in tree
    assert "B" not in tree


def test_stored_order_wins_over_given_order() -> None:
    tree = Tree([points("10", "", "1", sort_order=2), points("9", "", "1", sort_order=1)])
    assert codes(tree.roots) == ["9", "10"]


def test_unknown_code_is_named() -> None:
    tree = Tree(SMALL)
    for ask in (tree.node, tree.children, tree.leaves, tree.path):
        with pytest.raises(RulebookError) as error:
            ask("X")
        assert error.value.rule == "tree.unknown_code"
        assert error.value.got == "X"


def test_sound_tree_has_no_fault() -> None:
    assert check_tree(SMALL) == []


def test_sum_of_children_is_exact() -> None:
    # 0.1 + 0.2 is 0.3 in decimals, not in floats; 14.49 + 0.5 is a hundredth short of 15
    assert check_tree([points("B", "", "0.3"), points("B.1", "B", "0.1"), points("B.2", "B", "0.2")]) == []
    (fault,) = check_tree([points("C", "", "15"), points("C.1", "C", "14.49"), points("C.2", "C", "0.5")])
    assert (fault.rule, fault.got, fault.expected) == ("tree.children_sum", "14.99", "15")
    assert fault.values["code"] == "C"


def test_bonus_stands_beside_the_maximum() -> None:
    nodes = [
        points("A", "", "10", "area"),
        points("A.1", "A", "10", "criterion"),
        points("A.T", "A", "2", "bonus"),
        points("A.P", "A", "3", "penalty"),
    ]
    assert check_tree(nodes) == []
    bonus = [points("T", "", "2", "bonus"), points("T.1", "T", "1", "bonus"), points("T.2", "T", "0.5", "bonus")]
    assert [fault.rule for fault in check_tree(bonus)] == ["tree.children_sum"]


def test_nodes_without_points_are_not_summed() -> None:
    assert check_tree([Node("SIPAS"), Node("I", "SIPAS"), Node("II", "SIPAS")]) == []


def test_every_structure_fault_at_once_with_its_row() -> None:
    nodes = [Node("A"), Node("A"), Node("B", "Z"), Node("C", "D"), Node("D", "C"), Node("E", "C"), Node("")]
    faults = check_tree(nodes, file="criteria.csv", rows=[2, 3, 4, 5, 6, 7, 8])
    assert [(fault.rule, fault.row, fault.got) for fault in faults] == [
        ("tree.cycle", 5, "C > D > C"),
        ("tree.cycle", 6, "D > C > D"),
        ("tree.duplicate", 3, "A"),
        ("tree.no_code", 8, ""),
        ("tree.unknown_parent", 4, "Z"),
    ]
    assert {fault.file for fault in faults} == {"criteria.csv"}


def test_broken_nodes_are_no_tree() -> None:
    with pytest.raises(FaultsFound) as error:
        Tree([Node("A", "A")])
    assert error.value.rule == "tree.broken"
    assert [fault.got for fault in error.value.faults] == ["A > A"]


@given(st.lists(st.integers(0, 10**6), max_size=40))
def test_any_growth_is_a_tree_and_is_walked_once(choices: list[int]) -> None:
    """Node k hangs below an earlier node or at the top: always a tree; each node once, leaves of roots = all leaves."""
    nodes = []
    for k, choice in enumerate(choices):
        above = choice % (k + 1)
        nodes.append(Node(f"n{k}", f"n{above - 1}" if above else ""))
    tree = Tree(nodes)
    walked = codes(tree.depth_first())
    assert sorted(walked) == sorted(codes(nodes))
    place = {code: position for position, code in enumerate(walked)}
    assert all(place[node.parent] < place[node.code] for node in nodes if node.parent)
    assert codes(tree.leaves()) == [leaf for root in tree.roots for leaf in codes(tree.leaves(root.code))]
    assert all(codes(tree.path(code))[-1] == code for code in walked)
