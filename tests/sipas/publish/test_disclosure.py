"""Few answers are hidden, and no hidden value can be worked out from its neighbours."""

from __future__ import annotations

import pytest
from made_up_results import make_index

from sipas.indices import IndexDefinition
from sipas.publish.round.disclosure import forms_of, hidden_nodes

NONE: frozenset[str] = frozenset()


@pytest.fixture(scope="module")
def index() -> IndexDefinition:
    """Overall T; contents I (factors A, B of 3 and 2 items) and II (factor C of 2 items)."""
    nodes = [("T", "", "overall"), ("I", "T", "content"), ("A", "I", "factor")]
    nodes += [(code, "A", "item") for code in ("a1", "a2", "a3")] + [("B", "I", "factor")]
    nodes += [("b1", "B", "item"), ("b2", "B", "item"), ("II", "T", "content"), ("C", "II", "factor")]
    nodes += [("c1", "C", "item"), ("c2", "C", "item")]
    return make_index(
        ((code, parent, level, code) for code, parent, level in nodes),
        id="t", title_vi="T", definition="d", questionnaire="q", decision="", min_n=30,
    )  # fmt: skip


def hidden(index: IndexDefinition, answers: dict[str, int], required: frozenset[str] = NONE) -> dict[str, str]:
    return dict(hidden_nodes(index, forms_of(index, answers), required))


def items(**few: int) -> dict[str, int]:
    return {code: few.get(code, 40) for code in ("a1", "a2", "a3", "b1", "b2", "c1", "c2")}


def test_enough_answers_everywhere_hides_nothing(index: IndexDefinition) -> None:
    assert hidden(index, items()) == {}


def test_ten_is_enough_and_nine_is_not(index: IndexDefinition) -> None:
    assert hidden(index, items(a1=10, a2=10)) == {}
    assert hidden(index, items(a1=9, a2=9)) == {"a1": "small", "a2": "small"}


def test_one_small_item_takes_the_sibling_with_fewest_forms_along(index: IndexDefinition) -> None:
    assert hidden(index, items(a1=9, a2=30)) == {"a1": "small", "a2": "paired"}


def test_small_unit_shows_only_the_overall(index: IndexDefinition) -> None:
    states = hidden(index, dict.fromkeys(items(), 6))
    assert set(states) == {node.node_code for node in index.nodes} - {"T"}
    assert set(states.values()) == {"small"}


def test_required_node_is_shown_and_its_items_are_not(index: IndexDefinition) -> None:
    states = hidden(index, dict.fromkeys(items(), 6), frozenset({"B"}))
    assert "B" not in states
    assert states["b1"] == states["b2"] == "small"


def test_small_factor_takes_a_whole_other_branch_along(index: IndexDefinition) -> None:
    states = hidden(index, items(b1=5, b2=5))
    assert states == {
        "B": "small", "b1": "small", "b2": "small",
        "A": "paired", "a1": "paired", "a2": "paired", "a3": "paired",
    }  # fmt: skip


def test_item_nobody_answered_is_not_hidden_but_absent(index: IndexDefinition) -> None:
    assert hidden(index, items(a1=0)) == {}


def test_forms_above_items_are_those_of_the_most_answered_item(index: IndexDefinition) -> None:
    answers = {**items(a1=7), "A": 7, "I": 7, "T": 7}
    forms = forms_of(index, answers)
    assert (forms["a1"], forms["A"], forms["I"], forms["T"]) == (7, 40, 40, 40)
