"""The round's pages still ask here for what `sipas.words` says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sipas.words import short, word, words_of
from sipas.words.codes import kinds
from sipas.words.numbers import format_day as format_date
from sipas.words.numbers import format_number, format_plain, is_absent

__all__ = [
    "LABELS",
    "MADE_UP",
    "TRAINING",
    "format_date",
    "format_number",
    "format_plain",
    "is_absent",
    "label",
    "labels",
]

MADE_UP: Final = word("notice", "made_up")
TRAINING: Final = word("notice", "training")
LABELS: Final[Mapping[str, Mapping[str, str]]] = {kind: words_of(kind) for kind in kinds()}


def label(kind: str, code: str) -> str:
    """The Vietnamese word for a code; `leaf_status_short` asks for the short one, blank where points were given."""
    if kind == "leaf_status_short":
        return "" if code == "scored" else short("leaf_status", code)
    return word(kind, code)


def labels(kind: str, codes: str) -> str:
    """Words for several codes joined by `;`, each once, in their order: `"small_n;no_df"`."""
    words = [label(kind, code.strip()) for code in codes.split(";")]
    return "; ".join(dict.fromkeys(one for one in words if one))
