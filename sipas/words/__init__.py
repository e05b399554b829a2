"""Every word a person reads: words of codes, texts of pages, numbers and days as a reader of the language writes them.

Words of codes are in data/words.csv, headings, labels and sentences in data/texts/<room>.csv; no step reaches this
room, so a changed word makes no result stale.
"""

from errors.templates import Language
from sipas.words.codes import has_word, short, word, words_of
from sipas.words.texts import text

__all__ = ["Language", "has_word", "short", "text", "word", "words_of"]
