"""The made-up round of the size of a province, and words that are not Vietnamese."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

import pytest
from made_up_results import make_results

from sipas.publish.round.roundresults import RoundResults

# Syllables of written Vietnamese without tone marks: what no English word but the shortest looks like.
SYLLABLE = re.compile(
    r"(ngh|ng|nh|gh|gi|g|kh|k|ch|c|th|tr|t|ph|qu|b|d|đ|h|l|m|n|p|r|s|v|x)?[aăâeêioôơuưy]{1,3}(ng|nh|ch|c|m|n|p|t)?"
)
ABBREVIATIONS = {
    "sipas",
    "kad",
    "kps",
    "stt",
    "ktc",
    "sha",
    "bc",
    "cchc",
    "qđ",
    "ubnd",
    "bnv",
    "kish",
    "xlsx",
    "csv",
    "b",
    "c",
    "d",
    "s",
    "x",
    "l",
    "n",
}
ENGLISH_SYLLABLES = {"the", "at", "it", "up", "not", "but", "out", "one", "due", "day", "date", "done", "mean", "note"}
TONES = "\u0300\u0301\u0303\u0309\u0323"


@pytest.fixture(scope="session")
def results() -> RoundResults:
    return make_results()


def find_strange_words(texts: Iterable[str]) -> set[str]:
    """Words that are not Vietnamese syllables, abbreviations of the office, or numbers and hashes."""
    strange = set()
    for text in set(texts):
        for word in re.findall(r"[^\W\d_]+", re.sub(r"\b[0-9a-f]*\d[0-9a-f]*\b", "", text.casefold())):
            parts = unicodedata.normalize("NFD", word)
            plain = unicodedata.normalize("NFC", "".join(part for part in parts if part not in TONES))
            if word not in ABBREVIATIONS and (not SYLLABLE.fullmatch(plain) or word in ENGLISH_SYLLABLES):
                strange.add(word)
    return strange


@pytest.fixture(scope="session")
def strange_words() -> Callable[[Iterable[str]], set[str]]:
    return find_strange_words
