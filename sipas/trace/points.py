"""The points of all rulebooks, worked out again, and what of them concerns one unit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from errors import FaultsFound
from sipas.indices import INDEX_SCORES
from sipas.parindex import UNIT_SHEET, par_index, unit_sheet
from sipas.ranking import RANKED, rank
from sipas.rulebook import Criterion, Rulebook
from sipas.trace.criteria import Row, explain_children, explain_criterion, explain_entries, explain_total
from sipas.trace.inputs import ByUnit, TraceInputs
from sipas.trace.instrument import Instrument, InstrumentPage
from sipas.trace.pieces import NO_CASES, Outline, Piece
from sipas.trace.sections import Section

_SHEET_CHECKED = ("points", "max_points", "leaf_status", "value_text")
_RESULT_CHECKED = tuple(name for name in RANKED.names() if name not in (*RANKED.key, "std_error"))


class Points:
    """Sheets and results with a column `agrees`: entries and recounted values give the same points, totals, ranks."""

    def __init__(self, inputs: TraceInputs, instruments: Mapping[str, Instrument]) -> None:
        self.books = {book.id: book for book in inputs.rulebooks}
        again = [_again(book, inputs, instruments) for book in inputs.rulebooks]
        sheets = pd.concat([UNIT_SHEET.empty(), *(sheet for sheet, _ in again)], ignore_index=True)
        results = pd.concat([RANKED.empty(), *(result for _, result in again)], ignore_index=True)
        self._sheets = ByUnit(_compared(inputs.unit_sheets, sheets, UNIT_SHEET.key, _SHEET_CHECKED))
        self._results = ByUnit(_compared(inputs.results, results, RANKED.key, _RESULT_CHECKED))
        self._entries = {book_id: ByUnit(entries) for book_id, entries in inputs.entries.items()}

    def units(self) -> set[str]:
        """Units with printed points."""
        return self._sheets.units() | self._results.units()

    def page(self, unit_id: str, surveys: Mapping[str, InstrumentPage]) -> PointsPage:
        """What the rulebooks say of one unit; surveys: by index id, for linked criteria."""
        page = PointsPage(unit_id, self.books, surveys)
        for row in self._sheets.records(unit_id):
            page.sheets.setdefault(row["rulebook_id"], {})[row["criterion_code"]] = row
        page.results.update({row["rulebook_id"]: row for row in self._results.records(unit_id)})
        for book_id in page.sheets:
            of_leaf = page.entries.setdefault(book_id, {})
            for entry in self._entries[book_id].records(unit_id):
                of_leaf.setdefault(entry["criterion_code"], []).append(entry)
        return page


class PointsPage:
    """All printed points of one unit."""

    def __init__(self, unit_id: str, books: Mapping[str, Rulebook], surveys: Mapping[str, InstrumentPage]) -> None:
        self._unit_id, self._books, self._surveys = unit_id, books, surveys
        self.sheets: dict[str, dict[str, Row]] = {}
        self.results: dict[str, Row] = {}
        self.entries: dict[str, dict[str, list[Row]]] = {}

    def printed(self) -> list[tuple[str, str]]:
        """Rulebook and criterion of every number; "" for the total."""
        totals = [(book_id, "") for book_id in self.results]
        return [*totals, *((book_id, code) for book_id, sheet in self.sheets.items() for code in sheet)]

    def outline(self, book_id: str, code: str) -> Outline | None:
        """One criterion, or the total for code ""; None where the unit has no such points."""
        book, sheet = self._books[book_id], self.sheets.get(book_id, {})
        row = sheet.get(code) if code else self.results.get(book_id)
        if row is None:
            return None
        if not code:
            piece = self._piece("total", book_id, "", lambda: explain_total(book, row, sheet))
            return Outline((piece,), NO_CASES, bool(row["agrees"]))
        leaf = book.criterion(code)
        first = self._piece("criterion", book_id, code, lambda: explain_criterion(leaf, book, row))
        below = self._below(leaf, book, sheet)
        return Outline((first, *below.pieces), below.cases, bool(row["agrees"]) and below.agrees)

    def _below(self, leaf: Criterion, book: Rulebook, sheet: Mapping[str, Row]) -> Outline:
        """What the points of a criterion come from: an index value, its children, or its entries."""
        if leaf.link is not None:
            page = self._surveys.get(leaf.link.index_id)
            found = None if page is None else page.outline(leaf.link.node_code, leaf.link.variant)
            return found or _NOTHING
        if leaf.rule == "sum":
            piece = self._piece("children", book.id, leaf.code, lambda: explain_children(leaf.code, book, sheet))
        else:
            entries = self.entries[book.id].get(leaf.code, [])
            piece = self._piece("entries", book.id, leaf.code, lambda: explain_entries(entries))
        return Outline((piece,), NO_CASES, True)

    def _piece(self, kind: str, book_id: str, code: str, make: Callable[[], Section]) -> Piece:
        return Piece(self._unit_id, (kind, book_id, code), make)


_NOTHING: Final = Outline((), NO_CASES, True)


def _again(
    book: Rulebook, inputs: TraceInputs, instruments: Mapping[str, Instrument]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rulebook's sheets and results, from the entries and from the values that were counted again.

    A stored value that agrees is taken as it is stored: its tenth decimal decides what is written on the sheet. Where
    entries or values are not enough for a sheet nothing is given, so that nothing agrees.
    """
    units = [unit for unit in inputs.units if unit.unit_group == book.unit_group]
    counted = [
        scores.assign(value_pct=scores["value_pct"].where(scores["agrees"], scores["counted_pct"]))
        for scores in (instrument.scores for instrument in instruments.values())
    ]
    survey = pd.concat([INDEX_SCORES.empty(), *counted], ignore_index=True)
    official = {name: instrument.index.official.name for name, instrument in instruments.items()}
    try:
        sheet = unit_sheet(book, units, inputs.entries[book.id], survey, official_variants=official)
        return sheet, rank(par_index(sheet, book), book)
    except FaultsFound:
        return UNIT_SHEET.empty(), RANKED.empty()


def _compared(stored: pd.DataFrame, again: pd.DataFrame, key: Sequence[str], checked: Sequence[str]) -> pd.DataFrame:
    """stored with `agrees`: the row of the same key says the same in every checked column."""
    beside = stored[[*key]].merge(again[[*key, *checked]], on=[*key], how="left", validate="many_to_one")
    agrees = np.ones(len(stored), dtype=bool)
    for name in checked:
        ours, theirs = stored[name].reset_index(drop=True), beside[name]
        is_same = ours.to_numpy(dtype=object) == theirs.to_numpy(dtype=object)
        agrees &= is_same | (ours.isna() & theirs.isna()).to_numpy()
    return stored.assign(agrees=agrees)
