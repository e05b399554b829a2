"""Headings, labels and sentences of pages, screens and papers by key: `results.rank_heading` is in results.csv.

A text names facts in braces; a part in square brackets is left out without its facts (`errors.templates.fill`).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from errors import DataError
from errors.files import read_table
from errors.templates import Language, data_folder, fill, room_of

COLUMNS: Final = ("key", "vi", "en")


def text(key: str, lang: Language = "vi", **facts: str) -> str:
    """The text of a key with its facts; numbers come as text (`sipas.words.numbers`). DataError `words.no_text`."""
    found = _texts(room_of(key)).get(key)
    if found is None:
        raise DataError("words.no_text", got=key)
    return fill(found[lang], facts, lang) if facts else found[lang]


@cache
def _texts(room: str) -> Mapping[str, Mapping[Language, str]]:
    path = data_folder() / "texts" / f"{room}.csv"
    if not path.is_file():
        return {}
    return {row["key"]: {"vi": row["vi"], "en": row["en"]} for row in read_table(path, COLUMNS)}
