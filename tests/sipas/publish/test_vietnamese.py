"""Words are Vietnamese: no code and no English word is printed as a label."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sipas.words import words_of
from sipas.words.codes import kinds

# Names that stand among the words.
NAMES = {"excel", "neyman", "bankier", "rater", "raters", "quotas", "par", "frame", "cv"}


def test_all_words_are_vietnamese(strange_words: Callable[[Iterable[str]], set[str]]) -> None:
    assert strange_words(one for kind in kinds() for one in words_of(kind).values()) == NAMES


def test_the_search_for_foreign_words_finds_codes(strange_words: Callable[[Iterable[str]], set[str]]) -> None:
    codes = {"score", "rank", "survey", "missing", "class", "late", "weight", "accepted", "official", "date", "note"}
    assert strange_words(codes) == codes
    assert strange_words(["nghiêng quyết phường", "Tiêu chí được giải quyết, 12 khoảng 3f1c9a7b"]) == set()
