"""Explanations in another language: what they hold in Vietnamese is looked up again where the data have a name for it.

An explanation holds codes, and Vietnamese texts of the methodology it was made from. Names of units, decisions,
articles and evidence have no other language and stay.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from errors.templates import Language
from sipas.appraisal import rule_text
from sipas.indices import IndexDefinition
from sipas.jobs.results.names import index_title, name_of, variant_label
from sipas.rulebook import Criterion, Rulebook
from sipas.trace import Address, Cell, Section, TraceReport, label


@dataclass(frozen=True)
class TraceNames:
    """Names in one language from the methodology of a round: rulebooks and indices by id."""

    rulebooks: Mapping[str, Rulebook]
    indices: Mapping[str, IndexDefinition]
    lang: Language

    def named(self, report: TraceReport) -> TraceReport:
        """The same report, yet without words for its codes, with the names of the language."""
        if self.lang == "vi":
            return report
        return replace(report, sections=tuple(self._section(report.address, section) for section in report.sections))

    def _section(self, address: Address, section: Section) -> Section:
        book, (index, variant) = self.rulebooks.get(address.book_id), self._index(address)
        criteria = {criterion.code: criterion for criterion in book.criteria} if book else {}
        if section.title == label("criterion_points") and address.code in criteria:
            return _with_lines(section, self._of_criterion(criteria[address.code]))
        if section.title in (label("total"), label("children")):
            return _with_names(section, {code: name_of(criterion, self.lang) for code, criterion in criteria.items()})
        if section.title == label("value") and index:
            return _with_lines(section, self._of_value(index, variant))
        if section.title == label("items") and index:
            return _with_names(section, {node.item_code: name_of(node, self.lang) for node in index.nodes})
        return section

    def _index(self, address: Address) -> tuple[IndexDefinition | None, str]:
        """The index of the address and the variant, or those that its criterion is linked to."""
        if address.book_id in self.indices:
            return self.indices[address.book_id], address.variant
        book = self.rulebooks.get(address.book_id)
        link = {leaf.code: leaf.link for leaf in book.criteria}.get(address.code) if book else None
        return (self.indices.get(link.index_id), link.variant) if link else (None, "")

    def _of_criterion(self, leaf: Criterion) -> dict[str, Callable[[Cell], Cell]]:
        return {
            label("criterion"): lambda _: f"{leaf.code} {name_of(leaf, self.lang)}",
            label("rule_text"): lambda _: rule_text(leaf, self.lang),
        }

    def _of_value(self, index: IndexDefinition, variant: str) -> dict[str, Callable[[Cell], Cell]]:
        """In old releases the node stands behind the title of the index, in brackets."""
        nodes = {node.node_code: f"{node.node_code} {name_of(node, self.lang)}" for node in index.nodes}

        def titled(cell: Cell) -> Cell:
            given = str(cell)
            is_own = given.startswith(index.title_vi)
            return f"{index_title(index, self.lang)}{given.removeprefix(index.title_vi)}" if is_own else cell

        def node_named(cell: Cell) -> Cell:
            return nodes.get(str(cell).partition(" ")[0], cell)

        known = index.variant(variant)
        return {
            label("index"): titled,
            label("node"): node_named,
            label("variant"): lambda _: variant_label(index, known, self.lang),
        }


def _with_lines(section: Section, changed: Mapping[str, Callable[[Cell], Cell]]) -> Section:
    lines = tuple((name, changed[name](cell) if name in changed else cell) for name, cell in section.lines)
    return replace(section, lines=lines)


def _with_names(section: Section, names: Mapping[str, str]) -> Section:
    """A table whose first two columns are a code and its name."""
    rows = tuple((code, names.get(str(code), name), *rest) for code, name, *rest in section.rows)
    return replace(section, rows=rows)
