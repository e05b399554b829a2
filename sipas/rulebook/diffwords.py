"""Words for the values that a comparison of rulebooks names."""

from __future__ import annotations

from decimal import Decimal

from sipas.cells.numbers import typed_number
from sipas.rulebook.model import Band, Criterion
from sipas.rulebook.vocabulary import label_of
from sipas.words import Language, text

Pair = tuple[str, str]


def name_words(criterion: Criterion, lang: Language = "vi") -> str:
    """Name of a criterion; the Vietnamese one where it has no other."""
    return criterion.name_en if lang == "en" and criterion.name_en else criterion.name_vi


def value_words(field: str, value: object, lang: Language = "vi") -> str:
    """Any value of a setting or criterion: closed lists in words, numbers as the language writes them."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return typed_number(value, lang)
    code = str(value).lower() if isinstance(value, bool) else str(value)
    return label_of(field, code, lang) if code else ""


def rule_words(criterion: Criterion, lang: Language = "vi") -> str:
    """The rule in a few words; for a linked one with what happens to the value."""
    words = label_of("rule", criterion.rule, lang).lower()
    return f"{words} ({label_of('transform', criterion.link.transform, lang).lower()})" if criterion.link else words


def band_words(band: Band, lang: Language = "vi") -> str:
    """ "từ 70 đến dưới 90", "trên 90", "không quá 0", "bằng 5", "mọi giá trị"."""
    start, end = typed_number(band.start, lang), typed_number(band.end, lang)
    if start and start == end:
        return text("rulebook.band_equal", lang, value=start)
    if not start and not end:
        return text("rulebook.band_all", lang)
    low = ("from" if band.start_inclusive else "above") if start else ""
    high = ("to" if band.end_inclusive else "below") if end else ""
    return text("rulebook.band_" + "_".join(part for part in (low, high) if part), lang, low=start, high=end)
