"""Names of criteria, indices and variants as a reader of the language reads them; Vietnamese where the data have no
other."""

from __future__ import annotations

from typing import Final

from errors.templates import Language
from sipas.indices import IndexDefinition, IndexNode, Variant
from sipas.rulebook import Criterion
from sipas.words import text, word
from sipas.words.numbers import capitalised

_OFFICIAL: Final = "official"


def name_of(one: Criterion | IndexNode, lang: Language = "vi") -> str:
    """Name of a criterion or a node of an index."""
    return one.name_en if lang == "en" and one.name_en else one.name_vi


def index_title(index: IndexDefinition, lang: Language = "vi") -> str:
    """Title of an index; in English the name of its top node, for a title of its own has none."""
    return capitalised(name_of(index.overall, lang)) if lang == "en" and index.overall.name_en else index.title_vi


def variant_label(index: IndexDefinition, variant: Variant, lang: Language = "vi") -> str:
    """What a variant counts. Its Vietnamese label stands in the index; another is made from its codes."""
    if lang == "vi":
        return variant.label_vi
    if index.is_given:
        return text("trace.given_variant", lang)
    weights, people = word("index_weights", variant.weights, lang), word("respondents", variant.filter, lang)
    said = f"{weights}, {people[:1].lower()}{people[1:]}"
    is_marked = variant.official and len(index.variants) > 1
    return f"{word('variant', _OFFICIAL, lang)}: {said[:1].lower()}{said[1:]}" if is_marked else said
