"""Explaining every printed number of a round at once: unit by unit, each section made once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from sampling.tables import Table
from sipas.trace.address import Address
from sipas.trace.explain import RoundTrace
from sipas.trace.inputs import TraceInputs
from sipas.trace.kept import TRACE_CASES, TRACE_SECTIONS, TRACE_TERMS, TRACES, TraceTables
from sipas.trace.pieces import CaseSet, Outline, Piece
from sipas.trace.sections import Term

_UNITS_A_CHUNK: Final = 50


def explain_all(inputs: TraceInputs) -> TraceTables:
    """Explain every printed number: totals and criteria of all rulebooks, nodes and variants of all indices."""
    whole, writer = RoundTrace(inputs), _Writer()
    for place, unit_id in enumerate(whole.units(), start=1):
        writer.turn_page()
        for address, flags, outline in _of_unit(inputs, whole, unit_id):
            writer.write(address, flags, outline)
        if place % _UNITS_A_CHUNK == 0:
            writer.pack()
    return writer.tables()


def _of_unit(
    inputs: TraceInputs, whole: RoundTrace, unit_id: str
) -> Iterator[tuple[Address, tuple[bool, bool], Outline]]:
    """Every printed number of a unit: its address, is_root and is_official, its outline."""
    surveys = whole.surveys(unit_id)
    points = whole.points.page(unit_id, surveys)
    for book_id, code in points.printed():
        outline = points.outline(book_id, code)
        if outline is not None:
            yield Address(inputs.round_id, unit_id, book_id, code), (not code, True), outline
    for index_id, page in surveys.items():
        index = whole.instruments[index_id].index
        root, official = index.tree.roots[0].code, index.official.name
        for node, variant in page.printed():
            outline = page.outline(node, variant)
            if outline is not None:
                address = Address(inputs.round_id, unit_id, index_id, node, variant)
                yield address, (node == root, variant == official), outline


@dataclass
class _Writer:
    """Tables in the making. Sections and case sets of one unit are met again on its page only."""

    rows: list[tuple[object, ...]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    case_sets: list[tuple[str, str]] = field(default_factory=list)
    terms: set[Term] = field(default_factory=set)
    packed: list[tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]] = field(default_factory=list)
    count: int = 0
    of_round: dict[tuple[str, ...], int] = field(default_factory=dict)
    of_unit: dict[tuple[str, ...], int] = field(default_factory=dict)
    sets_of_unit: set[str] = field(default_factory=set)

    def turn_page(self) -> None:
        """Begin the next unit."""
        self.of_unit, self.sets_of_unit = {}, set()

    def write(self, address: Address, flags: tuple[bool, bool], outline: Outline) -> None:
        """One printed number."""
        numbers = " ".join(str(self._number(piece)) for piece in outline.pieces)
        place = (address.text(), address.unit_id, address.book_id, address.code, address.variant)
        cases = outline.cases
        self.rows.append((*place, *flags, numbers, outline.agrees, cases.name, len(cases.case_ids)))
        self._keep(cases)

    def pack(self) -> None:
        """Turn what was written into tables, which take less room than lists."""
        first = self.count - len(self.texts)
        numbered = list(enumerate(self.texts, start=first + 1))
        self.packed.append(
            (_frame(TRACES, self.rows), _frame(TRACE_SECTIONS, numbered), _frame(TRACE_CASES, self.case_sets))
        )
        self.rows, self.texts, self.case_sets = [], [], []

    def tables(self) -> TraceTables:
        """Everything written."""
        self.pack()
        traces, sections, cases = (pd.concat(parts, ignore_index=True) for parts in zip(*self.packed, strict=True))
        traces = traces.sort_values("address", ignore_index=True)
        terms = _frame(TRACE_TERMS, [(term.kind, term.code, "") for term in self.terms])
        return TraceTables(traces, sections, cases, terms)

    def _number(self, piece: Piece) -> int:
        known = self.of_unit if piece.unit_id else self.of_round
        if piece.key not in known:
            section = piece.make()
            self.count += 1
            known[piece.key] = self.count
            self.texts.append(section.text())
            self.terms.update(section.terms())
        return known[piece.key]

    def _keep(self, cases: CaseSet) -> None:
        if cases.name and cases.name not in self.sets_of_unit:
            self.sets_of_unit.add(cases.name)
            self.case_sets.append((cases.name, " ".join(cases.case_ids)))


def _frame(table: Table, rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    return table.check(pd.DataFrame(rows, columns=table.names()))
