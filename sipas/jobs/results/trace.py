"""Tracing one printed number back to the forms, the draw, the rule and the article behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from errors import DataError
from sipas.jobs.results.tracenames import TraceNames
from sipas.jobs.stepruns.frozen import FrozenRound, released
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds.parts import RoundParts
from sipas.steps.traces import trace_inputs
from sipas.store.stepruns import Place
from sipas.store.workspace import Workspace
from sipas.trace import (
    Quantity,
    Section,
    TraceReport,
    TraceTables,
    Words,
    check_variant,
    explain,
    label,
    parse_address,
    read_trace,
)
from sipas.words import Language, has_word, text, word

# What a release of the first version of the program printed, with decimals; texts as they are.
_PRINTED: Final[Mapping[str, int]] = {
    "points": 2,
    "max_points": 2,
    "value_pct": 2,
    "std_error": 4,
    "n": 0,
    "total_shown": 2,
    "index_shown": 2,
    "rank": 0,
    "class_name_vi": 0,
}


@dataclass(frozen=True)
class Traced:
    """An explanation and what it is of: release_no 0 for the present state; notes: steps whose result another version
    of the program made. is_counted: False where the release kept the number alone, so that nothing was worked out."""

    report: TraceReport
    release_no: int
    notes: tuple[Place, ...] = ()
    is_counted: bool = True

    def as_json(self) -> dict[str, Any]:
        """Plain data for machines."""
        notes = [note.subject for note in self.notes]
        own = {"release_no": self.release_no, "other_version": notes, "counted": self.is_counted}
        return {**self.report.as_json(), **own}


def trace(ws: Workspace, path: str, *, working: bool = False, lang: Language = "vi") -> Traced:
    """Explain the number at an address, round/unit/rulebook-or-index/code[/variant].

    Of a released round the number as it was released is explained, as the release kept it; working: the present state
    instead. There a survey value is counted again from the forms and its points worked out again; `agrees` says whether
    both are the stored ones. Raises DataError `trace.address`, `trace.unknown_book`, `trace.unknown_unit`,
    `trace.unknown_code`, `trace.unknown_variant`, `trace.no_variants`;
    StoreError `store.no_round`, `jobs.step_first`, `jobs.step_stale`.
    """
    round_id = path.strip().strip("/").split("/")[0]
    frozen = None if working else released(ws, round_id)
    if frozen is None:
        return trace_now(ws, round_id, path, lang)
    if not frozen.is_whole:
        return Traced(_from_tables(frozen, path, lang), frozen.release.release_no, is_counted=False)
    tables = kept_traces(frozen)
    address = parse_address(path, tables.book_ids())
    if lang == "vi":
        return Traced(read_trace(tables, address), frozen.release.release_no)
    report = _names(frozen.parts, lang).named(read_trace(tables, address, lambda kind, code: ""))
    return Traced(report.in_words(_words(lang, tables.words())), frozen.release.release_no)


def trace_now(ws: Workspace, round_id: str, path: str, lang: Language = "vi") -> Traced:
    """The same of the present state."""
    bench = Workbench(ws, round_id)
    inputs = trace_inputs(bench.given("traces"))
    report = explain(inputs, parse_address(path, inputs.book_ids()))
    return Traced(_names(bench.round_parts, lang).named(report).in_words(_words(lang)), 0, bench.notes)


def _names(parts: RoundParts, lang: Language) -> TraceNames:
    """Names of the methodology that the numbers were made by."""
    return TraceNames({book.id: book for book in parts.rulebooks}, parts.indices, lang)


def _words(lang: Language, kept: Words = lambda kind, code: "") -> Words:
    """Words of today in a language; the kept ones of a code that has none any more."""
    return lambda kind, code: word(kind, code, lang) if has_word(kind, code) else kept(kind, code)


def kept_traces(frozen: FrozenRound) -> TraceTables:
    """The explanations that a release kept, with the words its codes had."""
    outputs = frozen.release.outputs
    names = ("traces", "trace_sections", "trace_cases", "trace_words")
    return TraceTables(*(frozen.table(outputs[name]) for name in names))


def _from_tables(frozen: FrozenRound, path: str, lang: Language) -> TraceReport:
    """What a release of the first version of the program kept of a number, and what it did not."""
    books = [*frozen.parts.indices, *(book.id for book in frozen.parts.rulebooks)]
    address = parse_address(path, books)
    outputs, own = frozen.release.outputs, frozen.parts.indices.get(address.book_id)
    check_variant(address, [variant.name for variant in own.variants] if own else ())
    if address.book_id in frozen.parts.indices:
        index = frozen.parts.indices[address.book_id]
        node = address.code or index.tree.roots[0].code
        wanted = {"unit_id": address.unit_id, "node_code": node, "variant": index.variant(address.variant).name}
        table = frozen.table(outputs["index_scores"])
    elif address.code:
        wanted = {"rulebook_id": address.book_id, "unit_id": address.unit_id, "criterion_code": address.code}
        table = frozen.table(outputs["unit_sheets"])
    else:
        wanted = {"rulebook_id": address.book_id, "unit_id": address.unit_id}
        table = frozen.table(outputs["results"])
    found = table[(table[list(wanted)] == pd.Series(wanted)).all(axis=1)]
    if found.empty:
        raise DataError("trace.unknown_code", got=f"{address.unit_id} {address.code}", expected=address.book_id)
    row = {str(name): cell.item() if isinstance(cell, np.generic) else cell for name, cell in found.iloc[0].items()}
    lines = tuple(
        (label(name, kind="printed_number"), row[name] if isinstance(row[name], str) else Quantity(row[name], places))
        for name, places in _PRINTED.items()
        if name in row and not pd.isna(row[name])
    )
    kept = ((label("kept"), text("trace.kept", lang)), (label("not_kept"), text("trace.not_kept", lang)))
    sections = Section(label("printed"), lines), Section(label("old_release"), kept)
    return TraceReport(address, sections, (), True).in_words(_words(lang))
