"""Vietnamese words for the values that a comparison of rulebooks names."""

from __future__ import annotations

from decimal import Decimal

from sipas.cells.numbers import comma_text
from sipas.rulebook.model import Band, Criterion
from sipas.rulebook.vocabulary import label_of
from sipas.words import text

Pair = tuple[str, str]


def value_words(field: str, value: object) -> str:
    """Any value of a setting or criterion: closed lists in words, numbers with decimal comma."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return comma_text(value)
    code = str(value).lower() if isinstance(value, bool) else str(value)
    return label_of(field, code) if code else ""


def rule_words(criterion: Criterion) -> str:
    """The rule in a few words; for a linked one with what happens to the value."""
    words = label_of("rule", criterion.rule).lower()
    return f"{words} ({label_of('transform', criterion.link.transform).lower()})" if criterion.link else words


def band_words(band: Band) -> str:
    """ "từ 70 đến dưới 90", "trên 90", "không quá 0", "bằng 5", "mọi giá trị"."""
    start, end = comma_text(band.start), comma_text(band.end)
    if start and start == end:
        return text("rulebook.band_equal", value=start)
    if not start and not end:
        return text("rulebook.band_all")
    low = ("from" if band.start_inclusive else "above") if start else ""
    high = ("to" if band.end_inclusive else "below") if end else ""
    return text("rulebook.band_" + "_".join(part for part in (low, high) if part), low=start, high=end)
