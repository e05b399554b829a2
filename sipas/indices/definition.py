"""Satisfaction indices as data: nodes, the combiner of each year, variants, and the coefficients of node values.

An item's value is the share of satisfied answers among valid ones, or their mean over the highest code; every node
above is a fixed linear combination of item values. Which value and which combination hold, and on what ground, stands
in the index file. An index that is only ever taken over from another agency has nodes and a variant, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from pydantic import Field

from errors import Fault, FaultsFound, RulebookError
from sampling.numbers import FloatArray
from sipas.datafiles import Model, build, read_models, read_toml
from sipas.tree import Node, Tree, check_tree

CombinerName = Literal["items", "factors", "contents"]
LEVELS: Final = ("overall", "content", "factor", "item")
_GROUP_LEVEL: Final[dict[CombinerName, str]] = {"items": "", "factors": "factor", "contents": "content"}
_TOML: Final = "index.toml"
_NODES: Final = "nodes.csv"

Name = Annotated[str, Field(min_length=1)]


class Combiner(Model):
    """How items make the nodes above them from one year to another (both included).

    `items`: every node is the mean of the items below it. `factors`: a content is the mean of its factors, the overall
    value the mean of all factors. `contents`: a content is the mean of its items, the overall value the mean of the
    contents. `basis` says how sure that is: read in a source, worked out from published values, or not confirmed.
    """

    from_year: int
    to_year: int
    combiner: CombinerName
    basis: Literal["stated", "derived", "unconfirmed"]
    note: str = ""


class Variant(Model):
    """One way to compute the index: which weights, whose answers. Exactly one is official."""

    name: Name
    label_vi: Name
    weights: Literal["none", "final"]
    filter: Literal["all", "users_only"]
    official: bool = False


class IndexFacts(Model):
    """Content of index.toml. `min_n`: below that many valid forms a value carries a flag.

    item_value `share`: share of `satisfied_codes` among valid answers; `mean`: mean answer code / `full_code`, so that
    only the highest answer makes 100 %; `given`: another agency gives the values, so there is no questionnaire, no
    combiner and no `min_n`, and exactly one variant.
    """

    id: Name
    title_vi: Name
    definition: Name
    questionnaire: str = ""
    item_value: Literal["share", "mean", "given"] = "share"
    satisfied_codes: tuple[str, ...] = ()
    full_code: Annotated[int, Field(gt=0)] | None = None
    min_n: Annotated[int, Field(ge=1)] = 1
    decision: str
    source: Name
    made_up: bool = False
    notes: tuple[str, ...] = ()
    combiners: tuple[Combiner, ...] = ()
    variants: Annotated[tuple[Variant, ...], Field(min_length=1)]


class IndexNode(Model):
    """A node of the index; items, and only items, name the questionnaire item they stand for, unless the index is
    given."""

    node_code: Annotated[str, Field(pattern=r"^[\w.-]+$")]
    parent: str
    level: Literal["overall", "content", "factor", "item"]
    name_vi: Name
    name_en: str
    item_code: str


class IndexDefinition(IndexFacts):
    """An index with its nodes in order."""

    nodes: tuple[IndexNode, ...]

    @cached_property
    def tree(self) -> Tree:
        """The nodes as a tree."""
        return Tree(_tree_nodes(self.nodes))

    @property
    def is_given(self) -> bool:
        """True where nothing of it is counted from answers."""
        return self.item_value == "given"

    @property
    def overall(self) -> IndexNode:
        """The node that is the index itself."""
        return self.of_level("overall")[0]

    def of_level(self, level: str) -> tuple[IndexNode, ...]:
        """Nodes of a level in order."""
        return tuple(node for node in self.nodes if node.level == level)

    @cached_property
    def official(self) -> Variant:
        """The variant that becomes points unless a rulebook names another."""
        return next(variant for variant in self.variants if variant.official)

    def variant(self, name: str = "") -> Variant:
        """The variant of this name, the official one for ""; RulebookError `indices.unknown_variant`."""
        for variant in self.variants:
            if variant.name == (name or self.official.name):
                return variant
        names = " | ".join(variant.name for variant in self.variants)
        raise RulebookError("indices.unknown_variant", where=self.id, got=name, expected=names)

    def combiner(self, year: int) -> Combiner:
        """The combiner of a year; RulebookError `indices.no_combiner` when the index file names none for it."""
        for combiner in self.combiners:
            if combiner.from_year <= year <= combiner.to_year:
                return combiner
        years = ", ".join(f"{combiner.from_year}-{combiner.to_year}" for combiner in self.combiners)
        raise RulebookError("indices.no_combiner", where=self.id, got=year, expected=years)

    def item_codes(self) -> tuple[str, ...]:
        """Questionnaire items of the index in the order of its leaves."""
        item_of = {node.node_code: node.item_code for node in self.nodes}
        return tuple(item_of[leaf.code] for leaf in self.tree.leaves())


def coefficients(definition: IndexDefinition, year: int) -> tuple[tuple[str, ...], tuple[str, ...], FloatArray]:
    """(node_codes, item_codes, C): node values = C @ item values of the year when every item has an answer.

    C has shape (nodes, items), nodes depth first, each row non-negative with sum 1. Item j has 1/k in a node with k
    items below it, except that groups between are given equal weight where the combiner says so (see `Combiner`): with
    G groups of k_g items a node has 1/(G k_g). Values and C are dimensionless; shares in give shares out.
    Raises RulebookError `indices.no_combiner`.
    """
    tree = definition.tree
    combiner = definition.combiner(year).combiner
    leaves = [leaf.code for leaf in tree.leaves()]
    column = {code: position for position, code in enumerate(leaves)}
    nodes = [node.code for node in tree.depth_first()]
    matrix = np.zeros((len(nodes), len(leaves)))
    for row, code in enumerate(nodes):
        groups = _groups(tree, code, combiner)
        for group in groups:
            items = [column[leaf.code] for leaf in tree.leaves(group)]
            matrix[row, items] = 1.0 / (len(groups) * len(items))
    return tuple(nodes), definition.item_codes(), matrix


def _groups(tree: Tree, code: str, combiner: CombinerName) -> list[str]:
    """Nodes whose item means are averaged with equal weight into the value of `code`; the node itself if none."""
    level = _GROUP_LEVEL[combiner]
    return [node.code for node in tree.depth_first(code) if node.level == level] or [code]


def check_against(
    definition: IndexDefinition, *, questionnaire_id: str, rated_items: Collection[str], satisfied: Collection[str]
) -> list[Fault]:
    """Faults between an index and the questionnaire of a round, sorted; empty when they fit.

    `indices.given` (its values come from another agency), `indices.other_questionnaire`, `indices.unknown_item` (no
    rated item of that form), `indices.satisfied_codes` (a share counts other codes than the form's scales call
    satisfied).
    """
    if definition.is_given:
        return [Fault("indices.given", _TOML, column="item_value", got=definition.id)]
    faults = []
    if definition.questionnaire != questionnaire_id:
        faults.append(
            Fault(
                "indices.other_questionnaire", _TOML, "", 0, "questionnaire", definition.questionnaire, questionnaire_id
            )
        )
    for code in definition.item_codes():
        if code not in rated_items:
            faults.append(Fault("indices.unknown_item", _NODES, "", 0, "item_code", code, questionnaire_id))
    if definition.item_value == "share" and set(definition.satisfied_codes) != set(satisfied):
        got, expected = ", ".join(sorted(definition.satisfied_codes)), ", ".join(sorted(satisfied))
        faults.append(Fault("indices.satisfied_codes", _TOML, "", 0, "satisfied_codes", got, expected))
    return sorted(faults)


def load_index(folder: Path) -> IndexDefinition:
    """Index of a folder; FaultsFound `indices.folder` with every fault of index.toml and nodes.csv."""
    faults: list[Fault] = []
    header = read_toml(folder / _TOML, faults)
    facts = build(IndexFacts, header, _TOML, 0, faults) if header else None
    nodes = read_models(folder / _NODES, IndexNode, faults)
    lines, given = [line for line, _ in nodes], [node for _, node in nodes]
    tree_faults = check_tree(_tree_nodes(given), file=_NODES, rows=lines)
    faults += [*tree_faults, *_node_faults(nodes, is_given=facts is not None and facts.item_value == "given")]
    faults += [*_fact_faults(facts), *_entry_faults(facts)] if facts else []
    if facts and not tree_faults:
        faults += _group_faults(facts, Tree(_tree_nodes(given)))
    if faults or facts is None:
        raise FaultsFound("indices.folder", faults, where=folder.name)
    return IndexDefinition(**facts.model_dump(), nodes=tuple(given))


def _tree_nodes(nodes: Sequence[IndexNode]) -> list[Node]:
    return [
        Node(node.node_code, node.parent, node.level, node.name_vi, node.name_en, sort_order=position)
        for position, node in enumerate(nodes)
    ]


def _entry_faults(facts: IndexFacts) -> Iterator[Fault]:
    """Entries that an index counted from answers needs, and that a given one cannot have."""
    is_given = facts.item_value == "given"
    for column in ("questionnaire", "min_n", "combiners"):
        is_there = column in facts.model_fields_set and bool(getattr(facts, column))
        if is_there == is_given:
            yield Fault(
                "indices.entry", _TOML, column=column, got=column if is_there else "", expected=facts.item_value
            )
    if is_given and len(facts.variants) > 1:
        names = ", ".join(variant.name for variant in facts.variants)
        yield Fault("indices.given_variants", _TOML, column="variants", got=names)


def _fact_faults(facts: IndexFacts) -> Iterator[Fault]:
    for column, wanted_by in (("satisfied_codes", "share"), ("full_code", "mean")):
        given = getattr(facts, column)
        if bool(given) != (facts.item_value == wanted_by):
            yield Fault("indices.item_value", _TOML, column=column, got=str(given or ""), expected=facts.item_value)
    official = [variant.name for variant in facts.variants if variant.official]
    if len(official) != 1:
        yield Fault("indices.official", _TOML, column="variants.official", got=", ".join(official) or "0", expected="1")
    names = [variant.name for variant in facts.variants]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Fault("indices.duplicate_variant", _TOML, column="variants.name", got=name)
    end = None
    for combiner in sorted(facts.combiners, key=lambda combiner: (combiner.from_year, combiner.to_year)):
        got = f"{combiner.from_year}-{combiner.to_year}"
        if combiner.to_year < combiner.from_year:
            yield Fault("indices.years", _TOML, column="combiners.to_year", got=got)
        if end is not None and combiner.from_year <= end:
            yield Fault("indices.years_overlap", _TOML, column="combiners.from_year", got=got, expected=str(end + 1))
        end = max(combiner.to_year, end or combiner.to_year)


def _group_faults(facts: IndexFacts, tree: Tree) -> Iterator[Fault]:
    """Items that no group of a combiner holds would silently fall out of the overall value."""
    levels = {level for combiner in facts.combiners if (level := _GROUP_LEVEL[combiner.combiner])}
    for leaf in tree.leaves():
        for level in sorted(levels - {node.level for node in tree.path(leaf.code)}):
            yield Fault("indices.ungrouped", _NODES, column="parent", got=leaf.code, expected=level)


def _node_faults(nodes: Sequence[tuple[int, IndexNode]], *, is_given: bool) -> Iterator[Fault]:
    level_of = {node.node_code: LEVELS.index(node.level) for _, node in nodes}
    parents = {node.parent for _, node in nodes}
    roots = [node.node_code for _, node in nodes if not node.parent]
    if len(roots) != 1:
        yield Fault("indices.one_root", _NODES, column="parent", got=", ".join(roots) or "0", expected="1")
    items: set[str] = set()
    for line, node in nodes:
        at = (_NODES, "", line)
        is_item = node.level == "item"
        is_below = level_of.get(node.parent, -1) < level_of[node.node_code]
        if not is_below or bool(node.parent) == (node.level == "overall"):
            yield Fault("indices.level", *at, "level", node.level, " > ".join(LEVELS))
        if bool(node.item_code) != (is_item and not is_given):
            yield Fault("indices.item_code", *at, "item_code", node.item_code, node.level)
        if node.item_code and node.item_code in items:
            yield Fault("indices.item_twice", *at, "item_code", node.item_code)
        items.add(node.item_code)
        if not is_item and node.node_code not in parents and not is_given:
            yield Fault("indices.no_items", *at, "node_code", node.node_code)
