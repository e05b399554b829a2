"""Points explained in Vietnamese: a criterion with its rule and article, the sum below it, its entries, a total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import pandas as pd

from sipas.appraisal import rule_text_vi
from sipas.rulebook import Criterion, Rulebook
from sipas.trace.sections import Cell, Quantity, Section, Term, number_of

Row = Mapping[str, Any]
Sheet = Mapping[str, Row]
"""Rows of a unit sheet by criterion code."""

_LISTED: Final = ("Mã", "Tên", "Điểm", "Điểm tối đa")
_ENTRY_NAMES: Final = {
    "choice_code": "Mức chọn",
    "value": "Giá trị",
    "numerator": "Tử số",
    "denominator": "Mẫu số",
    "option_counts": "Số phiếu theo mức",
    "evidence_id": "Minh chứng",
    "entered_by": "Người nhập",
    "reason": "Lý do",
}


def explain_criterion(leaf: Criterion, book: Rulebook, row: Row) -> Section:
    """Points of one criterion of one unit, with the rule and the article behind them."""
    places = book.rounding.leaf
    lines: list[tuple[str, Cell]] = [
        ("Tiêu chí", f"{leaf.code} {leaf.name_vi}"),
        ("Điểm", _points(row["points"], places)),
        ("Điểm tối đa", _points(leaf.max_points, places)),
        ("Trạng thái", Term("leaf_status", str(row["leaf_status"]))),
        ("Quy tắc chấm", Term("rule", leaf.rule)),
        ("Cách tính", rule_text_vi(leaf)),
        ("Căn cứ", leaf.article or "-"),
        ("Bộ tiêu chí", f"{book.id}: {book.decision}"),
        ("Làm tròn điểm", Term("rounding", book.rounding.mode)),
        ("Số chữ số thập phân", Quantity(places)),
    ]
    if leaf.link is not None:
        lines.insert(5, ("Cách quy đổi chỉ số", Term("rule", leaf.link.transform)))
    if not pd.isna(row["value_text"]):
        lines.insert(4, ("Giá trị được chấm", _scored(str(row["value_text"]))))
    return Section("Điểm của tiêu chí", tuple(lines))


def explain_total(book: Rulebook, row: Row, sheet: Sheet) -> Section:
    """A unit's total, index, rank and class, with the areas that are added and the caps of bonus and penalty."""
    places = book.rounding
    lines: tuple[tuple[str, Cell], ...] = (
        ("Điểm các lĩnh vực", _points(row["points"], places.leaf)),
        ("Điểm thưởng được tính", _points(row["bonus"], places.leaf)),
        ("Mức thưởng tối đa", _points(book.bonus_cap, places.leaf)),
        ("Điểm trừ được tính", _points(row["penalty"], places.leaf)),
        ("Mức trừ tối đa", _points(book.penalty_cap, places.leaf)),
        ("Tổng điểm", _points(row["total_shown"], places.total)),
        ("Điểm tối đa áp dụng cho đơn vị", _points(row["applicable_max"], places.leaf)),
        ("Chỉ số (%) = 100 x tổng điểm / điểm tối đa", _points(row["index_shown"], places.index)),
        ("Chỉ số chưa làm tròn (%)", _points(row["index_pct"], 6)),
        ("Sai số chuẩn, phần điều tra (điểm %)", number_of(row["std_error"], 4)),
        ("Xếp hạng theo", Term("rank_on", book.rank_on)),
        ("Thứ hạng", Quantity(int(row["rank"]))),
        ("Xếp loại", str(row["class_name_vi"])),
    )
    rows = _listed([one.code for one in book.criteria if not one.parent], book, sheet)
    return Section("Tổng điểm và chỉ số của đơn vị", lines, _LISTED, rows)


def explain_children(code: str, book: Rulebook, sheet: Sheet) -> Section:
    """A sum: the children whose points are added."""
    rows = _listed([node.code for node in book.tree.children(code)], book, sheet)
    return Section("Cộng từ các tiêu chí", (), _LISTED, rows)


def explain_entries(entries: Sequence[Row]) -> Section:
    """Appraised entries of one leaf, stage by stage."""
    used = [name for name in _ENTRY_NAMES if not all(pd.isna(entry[name]) for entry in entries)]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            Term("appraisal_stage", str(entry["appraisal_stage"])),
            *("" if pd.isna(entry[name]) else str(entry[name]) for name in used),
        )
        for entry in entries
    )
    return Section("Các bước thẩm định", (), ("Bước", *(_ENTRY_NAMES[name] for name in used)), rows)


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
