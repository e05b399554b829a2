"""Tracing one printed number back to the forms, the draw, the rule and the article behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from errors import DataError
from sipas.jobs.stepruns.frozen import FrozenRound, released
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.traces import trace_inputs
from sipas.store.stepruns import Place
from sipas.store.workspace import Workspace
from sipas.trace import Quantity, Section, TraceReport, TraceTables, check_variant, explain, parse_address, read_trace

# What a release of the first version of the program printed, with its words and decimals; texts as they are.
_PRINTED: Final[Mapping[str, tuple[str, int]]] = {
    "points": ("Điểm", 2),
    "max_points": ("Điểm tối đa", 2),
    "value_pct": ("Giá trị (%)", 2),
    "std_error": ("Sai số chuẩn", 4),
    "n": ("Số trả lời (của tiêu chí ít nhất)", 0),
    "total_shown": ("Tổng điểm", 2),
    "index_shown": ("Chỉ số (%)", 2),
    "rank": ("Thứ hạng", 0),
    "class_name_vi": ("Xếp loại", 0),
}
_KEPT: Final = Section(
    "Lần công bố này được lập bằng phiên bản cũ",
    (
        ("Được lưu", "bảng kết quả, phiếu điểm, giá trị chỉ số và tệp Excel"),
        ("Không được lưu", "phiếu, quyền số, chọn mẫu, bằng chứng; dùng --working để xem số liệu hiện nay"),
    ),
)


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
        notes = [one.subject for one in self.notes]
        own = {"release_no": self.release_no, "other_version": notes, "counted": self.is_counted}
        return {**self.report.as_json(), **own}


def trace(ws: Workspace, text: str, *, working: bool = False) -> Traced:
    """Explain the number at an address, round/unit/rulebook-or-index/code[/variant].

    Of a released round the number as it was released is explained, as the release kept it; working: the present state
    instead. There a survey value is counted again from the forms and its points worked out again; `agrees` says whether
    both are the stored ones. Raises DataError `trace.address`, `trace.unknown_book`, `trace.unknown_unit`,
    `trace.unknown_code`, `trace.unknown_variant`, `trace.no_variants`;
    StoreError `store.no_round`, `jobs.step_first`, `jobs.step_stale`.
    """
    round_id = text.strip().strip("/").split("/")[0]
    frozen = None if working else released(ws, round_id)
    if frozen is None:
        return trace_now(ws, round_id, text)
    if not frozen.is_whole:
        return Traced(_from_tables(frozen, text), frozen.release.release_no, is_counted=False)
    tables = kept_traces(frozen)
    return Traced(read_trace(tables, parse_address(text, tables.book_ids())), frozen.release.release_no)


def trace_now(ws: Workspace, round_id: str, text: str) -> Traced:
    """The same of the present state."""
    bench = Workbench(ws, round_id)
    inputs = trace_inputs(bench.given("traces"))
    report = explain(inputs, parse_address(text, inputs.book_ids()))
    return Traced(report, 0, bench.notes)


def kept_traces(frozen: FrozenRound) -> TraceTables:
    """The explanations that a release kept, with the words its codes had."""
    outputs = frozen.release.outputs
    names = ("traces", "trace_sections", "trace_cases", "trace_words")
    return TraceTables(*(frozen.table(outputs[name]) for name in names))


def _from_tables(frozen: FrozenRound, text: str) -> TraceReport:
    """What a release of the first version of the program kept of a number, and what it did not."""
    books = [*frozen.parts.indices, *(book.id for book in frozen.parts.rulebooks)]
    address = parse_address(text, books)
    outputs, own = frozen.release.outputs, frozen.parts.indices.get(address.book_id)
    check_variant(address, [one.name for one in own.variants] if own else ())
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
        (words, row[name] if isinstance(row[name], str) else Quantity(row[name], places))
        for name, (words, places) in _PRINTED.items()
        if name in row and not pd.isna(row[name])
    )
    return TraceReport(address, (Section("Số đã công bố", lines), _KEPT), (), True)
