"""How a criterion is scored, in one line: a statement of the rulebook; the names of its levels stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from errors.templates import Language
from sipas.cells.numbers import typed_number
from sipas.rulebook import Band, Criterion

_SAID: Final[Mapping[Language, Mapping[str, str]]] = {
    "vi": {
        "counts_line": "Số phiếu theo từng phương án (ví dụ A=12;B=3). Tỷ trọng: {}",
        "per_cent": "{} {} %",
        "of_index_line": "Theo giá trị chỉ số (%): {}",
        "ratio_line": "Tử số / Mẫu số × {0}, không quá {0}",
        "between_line": "Tỷ lệ thuận từ {} (0 điểm) đến {} ({} điểm)",
        "points_line": "Ghi thẳng số điểm, không quá {}",
        "linear_line": "Giá trị / {1} × {0}, không quá {0}",
        "sum_line": "Cộng điểm các tiêu chí con",
        "and": " và ",
        "any": "mọi giá trị",
    },
    "en": {
        "counts_line": "Forms by option (such as A=12;B=3). Weights: {}",
        "per_cent": "{} {}%",
        "of_index_line": "By the value of the index (%): {}",
        "ratio_line": "Numerator / denominator × {0}, at most {0}",
        "between_line": "In proportion from {} (0 points) to {} ({} points)",
        "points_line": "The points themselves, at most {}",
        "linear_line": "Value / {1} × {0}, at most {0}",
        "sum_line": "Sum of the points of the criteria below it",
        "and": " and ",
        "any": "any value",
    },
}


def rule_text(leaf: Criterion, lang: Language = "vi") -> str:
    """How a leaf is scored, in one line for the form, the unit's page and the trace."""
    said, maximum = _SAID[lang], typed_number(leaf.max_points, lang)
    if leaf.rule == "choice":
        levels = ((level.level_code, level.name_vi, typed_number(level.points, lang)) for level in leaf.levels)
        return "; ".join(f"{code}: {name} ({points})" for code, name, points in levels)
    if leaf.rule == "option_weights":
        weights = ((level.level_code, typed_number(level.weight_pct, lang)) for level in leaf.levels)
        return said["counts_line"].format("; ".join(said["per_cent"].format(*weight) for weight in weights))
    if leaf.form == "band":
        shown = "; ".join(f"{_band(band, lang)}: {typed_number(band.points, lang)}" for band in leaf.bands)
        return shown if leaf.link is None else said["of_index_line"].format(shown)
    if leaf.form == "ratio":
        return said["ratio_line"].format(maximum)
    if leaf.form == "linear_between":
        return said["between_line"].format(typed_number(leaf.low, lang), typed_number(leaf.high, lang), maximum)
    if leaf.form == "linear" and leaf.high == leaf.max_points:
        return said["points_line"].format(maximum)
    if leaf.form == "linear":
        return said["linear_line"].format(maximum, typed_number(leaf.high or Decimal(100), lang))
    return said["sum_line"]


def _band(band: Band, lang: Language) -> str:
    low = "≥" if band.start_inclusive else ">"
    high = "≤" if band.end_inclusive else "<"
    parts = [f"{low} {typed_number(band.start, lang)}"] if band.start is not None else []
    parts += [f"{high} {typed_number(band.end, lang)}"] if band.end is not None else []
    return _SAID[lang]["and"].join(parts) or _SAID[lang]["any"]
