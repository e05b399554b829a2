"""The form that owners fill: Vietnamese headers, one row per unit x leaf, what to enter said in words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import pandas as pd

from sipas.rulebook import Band, Criterion, Rulebook
from sipas.units import Unit

HEADERS: Final[Mapping[str, str]] = {
    "unit_id": "Mã đơn vị",
    "unit_name": "Tên đơn vị",
    "criterion_code": "Mã tiêu chí",
    "criterion_name": "Tên tiêu chí",
    "max_points": "Điểm tối đa",
    "rule_text": "Cách chấm",
    "evidence_asked": "Tài liệu kiểm chứng cần có",
    "owner": "Cơ quan theo dõi",
    "appraisal_stage": "Lần chấm",
    "choice_code": "Mã mức đạt",
    "value": "Giá trị",
    "numerator": "Tử số",
    "denominator": "Mẫu số",
    "option_counts": "Số phiếu theo phương án",
    "leaf_status": "Tình trạng",
    "evidence_id": "Mã tài liệu kiểm chứng",
    "entered_by": "Người nhập",
    "reason": "Lý do",
}
"""Field -> header of the form. Files may use either."""

CONTEXT_FIELDS: Final = ("unit_name", "criterion_name", "max_points", "rule_text", "evidence_asked", "owner")
"""Columns that help the person who fills the form; they are not read back."""

STAGE_LABELS: Final[Mapping[str, str]] = {
    "self": "Tự chấm",
    "first": "Thẩm định lần 1",
    "second": "Thẩm định lần 2",
    "appeal": "Kiến nghị",
}
STATUS_LABELS: Final[Mapping[str, str]] = {"not_applicable": "Không áp dụng", "no_cases": "Không phát sinh"}


def template(rulebook: Rulebook, units: Iterable[Unit], *, stage: str = "first") -> pd.DataFrame:
    """An empty form: a row per unit and leaf that somebody enters (linked leaves come from the index), all text.

    Units in the order given, criteria in rulebook order, headers of HEADERS; `stage` is written into every row.
    """
    leaves = [leaf for leaf in rulebook.leaves() if leaf.link is None]
    blank = dict.fromkeys(HEADERS, "")
    rows = [
        {
            **blank,
            "unit_id": unit.unit_id,
            "unit_name": unit.name_vi,
            "criterion_code": leaf.code,
            "criterion_name": leaf.name_vi,
            "max_points": _number_vi(leaf.max_points),
            "rule_text": rule_text_vi(leaf),
            "evidence_asked": leaf.evidence,
            "owner": leaf.owner,
            "appraisal_stage": STAGE_LABELS[stage],
        }
        for unit in units
        for leaf in leaves
    ]
    return pd.DataFrame(rows, columns=list(HEADERS), dtype="str").rename(columns=dict(HEADERS))


def normalised(text: str) -> str:
    """NFC, one case, single blanks: how headers and labels are compared."""
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", text)).strip().casefold()


def rule_text_vi(leaf: Criterion) -> str:
    """How a leaf is scored, in one Vietnamese line for the form and the unit's page."""
    maximum = _number_vi(leaf.max_points)
    if leaf.rule == "choice":
        return "; ".join(f"{level.level_code}: {level.name_vi} ({_number_vi(level.points)})" for level in leaf.levels)
    if leaf.rule == "option_weights":
        weights = "; ".join(f"{each.level_code} {_number_vi(each.weight_pct)} %" for each in leaf.levels)
        return f"Số phiếu theo từng phương án (ví dụ A=12;B=3). Quyền số: {weights}"
    if leaf.form == "band":
        shown = "; ".join(f"{_band_vi(band)}: {_number_vi(band.points)}" for band in leaf.bands)
        return shown if leaf.link is None else f"Theo giá trị chỉ số (%): {shown}"
    if leaf.form == "ratio":
        return f"Tử số / Mẫu số × {maximum}, không quá {maximum}"
    if leaf.form == "linear_between":
        return f"Tỷ lệ thuận từ {_number_vi(leaf.low)} (0 điểm) đến {_number_vi(leaf.high)} ({maximum} điểm)"
    if leaf.form == "linear" and leaf.high == leaf.max_points:
        return f"Ghi thẳng số điểm, không quá {maximum}"
    if leaf.form == "linear":
        return f"Giá trị / {_number_vi(leaf.high or Decimal(100))} × {maximum}, không quá {maximum}"
    return "Tổng điểm các tiêu chí thành phần"


def _number_vi(number: Decimal | None) -> str:
    return "" if number is None else format(number, "f").replace(".", ",")


def _band_vi(band: Band) -> str:
    low = "≥" if band.start_inclusive else ">"
    high = "≤" if band.end_inclusive else "<"
    parts = [f"{low} {_number_vi(band.start)}"] if band.start is not None else []
    parts += [f"{high} {_number_vi(band.end)}"] if band.end is not None else []
    return " và ".join(parts) or "mọi giá trị"
