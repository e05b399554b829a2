"""Tracing one published number back to the forms, the draw, the rule and the article behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from sampling.errors import DataError
from sipas.jobs.desk import Desk
from sipas.jobs.returns import batch_table, case_outcomes, units_of_today
from sipas.jobs.score import survey_data
from sipas.rulebook import Criterion, Rulebook
from sipas.scoring import LeafInput, score_leaf
from sipas.store.workspace import Workspace
from sipas.trace import (
    Address,
    Section,
    explain_children,
    explain_criterion,
    explain_draw,
    explain_entries,
    explain_forms,
    explain_items,
    explain_total,
    explain_value,
    explain_weights,
    parse_address,
)

_AGREES = 1e-9


@dataclass(frozen=True)
class TraceReport:
    """Sections from the number down to the draw, the ids of the unit's counted forms, and the hashes behind it all."""

    address: Address
    sections: tuple[Section, ...]
    case_ids: tuple[str, ...]
    agrees: bool

    def as_json(self) -> dict[str, Any]:
        """Plain data for machines."""
        return {
            "address": vars(self.address),
            "agrees": self.agrees,
            "sections": [one.as_json() for one in self.sections],
            "case_ids": list(self.case_ids),
        }


def trace(ws: Workspace, text: str) -> TraceReport:
    """Explain the number at an address, round/unit/rulebook-or-index/code[/variant].

    A survey value is counted again from the forms and its points worked out again; `agrees` says whether both are the
    stored ones. Raises DataError
    `trace.address`, `trace.unknown_book`, `trace.unknown_unit`, `trace.unknown_code`; StoreError `store.no_round`,
    `jobs.step_first`.
    """
    desk = Desk(ws, text.strip().strip("/").split("/")[0])
    parts = desk.parts
    address = parse_address(text, [parts.index.id, *(book.id for book in parts.rulebooks)])
    if address.unit_id not in {parts.survey_round.province_id, *(unit.unit_id for unit in parts.rated_units())}:
        raise DataError("trace.unknown_unit", got=address.unit_id)
    if address.book_id == parts.index.id and not address.code:
        address = replace(address, code=parts.index.tree.roots[0].code)
    if address.book_id == parts.index.id:
        return _of_index(desk, address, address.code, address.variant)
    return _of_criterion(desk, address, parts.rulebook_of(address.book_id))


def _of_criterion(desk: Desk, address: Address, book: Rulebook) -> TraceReport:
    sheet = desk.table("merge", "unit_sheets")
    own = sheet[(sheet["rulebook_id"] == book.id) & (sheet["unit_id"] == address.unit_id)]
    if not address.code:
        return _of_total(desk, address, book, own)
    row = own[own["criterion_code"] == address.code]
    if row.empty:
        raise DataError("trace.unknown_code", got=f"{address.unit_id} {address.code}", expected=book.id)
    leaf = book.criterion(address.code)
    first = explain_criterion(leaf, book, _cells(row))
    if leaf.link is not None:
        below = _of_index(desk, address, leaf.link.node_code, leaf.link.variant)
        agrees = below.agrees and _points_agree(leaf, book, _cells(row))
        return TraceReport(address, (first, *below.sections), below.case_ids, agrees)
    if leaf.rule == "sum":
        return TraceReport(address, (first, explain_children(leaf.code, book, own)), (), True)
    entries = desk.entries()[book.id]
    entries = entries[(entries["unit_id"] == address.unit_id) & (entries["criterion_code"] == leaf.code)]
    return TraceReport(address, (first, explain_entries(entries)), (), True)


def _of_total(desk: Desk, address: Address, book: Rulebook, own: pd.DataFrame) -> TraceReport:
    results = desk.table("merge", "results")
    row = results[(results["rulebook_id"] == book.id) & (results["unit_id"] == address.unit_id)]
    if row.empty:
        raise DataError("trace.unknown_code", got=address.unit_id, expected=book.id)
    total = _cells(row)
    areas = own[own["criterion_code"].isin([one.code for one in book.criteria if not one.parent and not one.is_extra])]
    agrees = sum(areas["points"]) == total["points"]
    return TraceReport(address, (explain_total(book, total, own),), (), agrees)


def _points_agree(leaf: Criterion, book: Rulebook, row: Mapping[str, Any]) -> bool:
    """The stored points are what the rule gives for the stored value; true for a leaf that has a status instead."""
    if row["leaf_status"] != "scored":
        return True
    return bool(score_leaf(leaf, book, LeafInput(value=Decimal(row["value_text"]))).points == row["points"])


def _of_index(desk: Desk, address: Address, node: str, variant_name: str) -> TraceReport:
    parts, index = desk.parts, desk.parts.index
    variant = index.variant(variant_name)
    scores = desk.table("score", "index_scores")
    found = scores[
        (scores["unit_id"] == address.unit_id) & (scores["node_code"] == node) & (scores["variant"] == variant.name)
    ]
    if found.empty:
        raise DataError("trace.unknown_code", got=f"{address.unit_id} {node}", expected=index.id)
    score = _cells(found)
    data = survey_data(desk)
    mine = data.cases["rated_unit_id"].eq(address.unit_id) | (address.unit_id == parts.survey_round.province_id)
    counted = mine & data.is_user if variant.filter == "users_only" else mine
    rows = data.cases[counted].assign(one=1.0)
    weight = "final_weight" if variant.weights == "final" else "one"
    items, value = explain_items(node, index, parts.survey_round.year, rows, weight=weight)
    sections = (
        explain_value(score, index),
        items,
        *((explain_weights(data.cases[mine]),) if mine.any() else ()),
        _forms(desk, address),
        explain_draw(desk.facts("draw", "manifest.json"), sorted(data.cases.loc[mine, "stratum_id"].unique())),
        _sources(desk),
    )
    agrees = bool(np.isclose(value, score["value_pct"], rtol=_AGREES, atol=0, equal_nan=True))
    return TraceReport(address, sections, tuple(rows["case_id"]), agrees)


def _cells(row: pd.DataFrame) -> dict[str, Any]:
    """The one row found, by column name."""
    return {str(name): cell for name, cell in row.iloc[0].items()}


def _forms(desk: Desk, address: Address) -> Section:
    ws, round_id = desk.ws, desk.round_id
    outcomes = case_outcomes(ws, round_id)
    own = outcomes[
        units_of_today(desk, outcomes["unit_id"]).eq(address.unit_id)
        | (address.unit_id == desk.parts.survey_round.province_id)
    ]
    states = ws.received.row_states(round_id)
    files = set(states.loc[states["case_id"].isin(own["case_id"]), "batch_id"])
    batches = batch_table(ws, round_id)
    return explain_forms(own, batches[batches["batch_id"].isin(files)])


def _sources(desk: Desk) -> Section:
    """Hashes of everything the number was made from."""
    made = {
        "Dàn mẫu": desk.sha("frame", "frame"),
        "Mẫu": desk.sha("draw", "sample"),
        "Quyền số": desk.sha("weight", "weighted_cases"),
        "Giá trị chỉ số": desk.sha("score", "index_scores"),
    }
    return Section("Nguồn (SHA-256)", (*made.items(), *desk.parts.hashes.items()))
