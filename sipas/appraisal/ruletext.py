"""How a criterion is scored, in one Vietnamese line: a statement of the rulebook for readers of every language."""

from __future__ import annotations

from decimal import Decimal

from sipas.cells.numbers import comma_text
from sipas.rulebook import Band, Criterion


def rule_text_vi(leaf: Criterion) -> str:
    """How a leaf is scored, in one Vietnamese line for the form and the unit's page."""
    maximum = comma_text(leaf.max_points)
    if leaf.rule == "choice":
        return "; ".join(f"{level.level_code}: {level.name_vi} ({comma_text(level.points)})" for level in leaf.levels)
    if leaf.rule == "option_weights":
        weights = "; ".join(f"{level.level_code} {comma_text(level.weight_pct)} %" for level in leaf.levels)
        return f"Số phiếu theo từng phương án (ví dụ A=12;B=3). Tỷ trọng: {weights}"
    if leaf.form == "band":
        shown = "; ".join(f"{_band_vi(band)}: {comma_text(band.points)}" for band in leaf.bands)
        return shown if leaf.link is None else f"Theo giá trị chỉ số (%): {shown}"
    if leaf.form == "ratio":
        return f"Tử số / Mẫu số × {maximum}, không quá {maximum}"
    if leaf.form == "linear_between":
        return f"Tỷ lệ thuận từ {comma_text(leaf.low)} (0 điểm) đến {comma_text(leaf.high)} ({maximum} điểm)"
    if leaf.form == "linear" and leaf.high == leaf.max_points:
        return f"Ghi thẳng số điểm, không quá {maximum}"
    if leaf.form == "linear":
        return f"Giá trị / {comma_text(leaf.high or Decimal(100))} × {maximum}, không quá {maximum}"
    return "Cộng điểm các tiêu chí con"


def _band_vi(band: Band) -> str:
    low = "≥" if band.start_inclusive else ">"
    high = "≤" if band.end_inclusive else "<"
    parts = [f"{low} {comma_text(band.start)}"] if band.start is not None else []
    parts += [f"{high} {comma_text(band.end)}"] if band.end is not None else []
    return " và ".join(parts) or "mọi giá trị"
