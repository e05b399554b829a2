"""Points explained: a criterion with its rule and article, the sum below it, its entries, a total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pandas as pd

from sipas.appraisal import rule_text
from sipas.rulebook import Criterion, Rulebook
from sipas.trace.sections import Cell, Quantity, Section, Term, label, number_of

Row = Mapping[str, Any]
Sheet = Mapping[str, Row]
"""Rows of a unit sheet by criterion code."""

_POINTS: Final = label("points", kind="printed_number")
_MAX_POINTS: Final = label("max_points", kind="printed_number")
_LISTED: Final = (label("code"), label("name"), _POINTS, _MAX_POINTS)
_ENTRY_FIELDS: Final = (
    *("choice_code", "value", "numerator", "denominator", "option_counts", "evidence_id", "entered_by", "reason"),
)


def explain_criterion(leaf: Criterion, book: Rulebook, row: Row) -> Section:
    """Points of one criterion of one unit, with the rule and the article behind them."""
    places = book.rounding.leaf
    lines: list[tuple[str, Cell]] = [
        (label("criterion"), f"{leaf.code} {leaf.name_vi}"),
        (_POINTS, _points(row["points"], places)),
        (_MAX_POINTS, _points(leaf.max_points, places)),
        (label("leaf_status", kind="entry_field"), Term("leaf_status", str(row["leaf_status"]))),
        (label("rule_text", kind="entry_field"), Term("rule", leaf.rule)),
        (label("rule_text"), rule_text(leaf)),
        (label("article"), leaf.article or "-"),
        (label("rulebook"), f"{book.id}: {book.decision}"),
        (label("rounding"), Term("rounding", book.rounding.mode)),
        (label("decimals"), Quantity(places)),
    ]
    if leaf.link is not None:
        lines.insert(5, (label("transform"), Term("rule", leaf.link.transform)))
    if not pd.isna(row["value_text"]):
        lines.insert(4, (label("scored_value"), _scored(str(row["value_text"]))))
    return Section(label("criterion_points"), tuple(lines))


def explain_total(book: Rulebook, row: Row, sheet: Sheet) -> Section:
    """A unit's total, index, rank and class, with the areas that are added and the caps of bonus and penalty."""
    places = book.rounding
    lines: tuple[tuple[str, Cell], ...] = (
        (label("area_points"), _points(row["points"], places.leaf)),
        (label("bonus"), _points(row["bonus"], places.leaf)),
        (label("bonus_cap"), _points(book.bonus_cap, places.leaf)),
        (label("penalty"), _points(row["penalty"], places.leaf)),
        (label("penalty_cap"), _points(book.penalty_cap, places.leaf)),
        (label("total_shown", kind="printed_number"), _points(row["total_shown"], places.total)),
        (label("applicable_max"), _points(row["applicable_max"], places.leaf)),
        (label("index_of_total"), _points(row["index_shown"], places.index)),
        (label("index_unrounded"), _points(row["index_pct"], 6)),
        (label("survey_error"), number_of(row["std_error"], 4)),
        (label("rank_on"), Term("rank_on", book.rank_on)),
        (label("rank", kind="printed_number"), Quantity(int(row["rank"]))),
        (label("class_name_vi", kind="printed_number"), str(row["class_name_vi"])),
    )
    rows = _listed([criterion.code for criterion in book.criteria if not criterion.parent], book, sheet)
    return Section(label("total"), lines, _LISTED, rows)


def explain_children(code: str, book: Rulebook, sheet: Sheet) -> Section:
    """A sum: the children whose points are added."""
    rows = _listed([node.code for node in book.tree.children(code)], book, sheet)
    return Section(label("children"), (), _LISTED, rows)


def explain_entries(entries: Sequence[Row]) -> Section:
    """Appraised entries of one leaf, stage by stage."""
    used = [name for name in _ENTRY_FIELDS if not all(pd.isna(entry[name]) for entry in entries)]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Term("appraisal_stage", str(entry["appraisal_stage"])),
            *("" if pd.isna(entry[name]) else str(entry[name]) for name in used),
        )
        for entry in entries
    )
    return Section(
        label("entries"), (), tuple(label(name, kind="entry_field") for name in ("appraisal_stage", *used)), rows
    )


def _listed(codes: Sequence[str], book: Rulebook, sheet: Sheet) -> tuple[tuple[Cell, ...], ...]:
    """A line for every criterion that the sheet holds: code, name, points, greatest points."""
    places, names = book.rounding.leaf, ("points", "max_points")
    return tuple(
        (code, book.criterion(code).name_vi, *(_points(sheet[code][name], places) for name in names))
        for code in codes
        if code in sheet
    )


def _scored(text: str) -> Cell:
    """A scored number with the decimals it has; a level or counts as they are."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    exponent = number.as_tuple().exponent
    return Quantity(number, max(0, -exponent)) if isinstance(exponent, int) else text


def _points(value: object, decimals: int) -> Quantity:
    return Quantity(value if isinstance(value, Decimal) else None, decimals)
