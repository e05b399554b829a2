"""Vietnamese words for the values that a comparison of rulebooks names."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from sipas.rulebook.model import Band, Criterion
from sipas.rulebook.vocabulary import label_of

Pair = tuple[str, str]

FIELD_WORDS: Final[Mapping[str, str]] = {
    "code": "Đổi mã",
    "parent": "Chuyển sang thuộc",
    "name_vi": "Tên",
    "level": "Cấp",
    "rule": "Cách chấm",
    "max_points": "Điểm tối đa",
    "score_source": "Nguồn điểm",
    "low": "Mốc 0 điểm",
    "high": "Mốc điểm tối đa",
    "no_cases": "Khi không phát sinh",
    "article": "Căn cứ",
    "evidence": "Tài liệu kiểm chứng",
    "owner": "Cơ quan theo dõi",
    "levels": "Các mức",
    "bands": "Các khoảng",
    "index_id": "Chỉ số liên kết",
    "node_code": "Mục của chỉ số",
    "variant": "Phương án của chỉ số",
    "transform": "Cách quy đổi",
}


def number_words(number: Decimal | None) -> str:
    """A number with decimal comma and no zeros at its end; "" for none."""
    if number is None:
        return ""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", ",")


def value_words(field: str, value: object) -> str:
    """Any value of a setting or criterion: closed lists in words, numbers with decimal comma."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return number_words(value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return label_of(field, text) if text else ""


def rule_words(criterion: Criterion) -> str:
    """The rule in a few words; for a linked one with what happens to the value."""
    words = label_of("rule", criterion.rule).lower()
    return f"{words} ({label_of('transform', criterion.link.transform).lower()})" if criterion.link else words


def band_words(band: Band) -> str:
    """ "từ 70 đến dưới 90", "trên 90", "không quá 0", "bằng 5", "mọi giá trị"."""
    start, end = number_words(band.start), number_words(band.end)
    if start and start == end:
        return f"bằng {start}"
    low = f"{'từ' if band.start_inclusive else 'trên'} {start}" if start else ""
    if not end:
        return (low and (f"{low} trở lên" if band.start_inclusive else low)) or "mọi giá trị"
    if not low:
        return f"{'không quá' if band.end_inclusive else 'dưới'} {end}"
    return f"{low} đến {end}" if band.end_inclusive else f"{low} đến dưới {end}"
