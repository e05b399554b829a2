"""Whole-number codes for labels and for pairs of codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from numbers import Real

import numpy as np
import pandas as pd

from sampling.numbers import IntArray


def label_codes(values: pd.Series) -> tuple[IntArray, np.ndarray]:
    """(codes (n,), sorted labels) of a column without gaps; whole numbers of a narrow range without hashing."""
    if values.dtype.kind in "iu" and isinstance(values.dtype, np.dtype) and len(values):
        plain = values.to_numpy().astype(np.int64)
        low = int(plain.min())
        if int(plain.max()) - low < 4 * len(plain) + 1024:
            kept, codes = compact(plain - low, int(plain.max()) - low + 1)
            return codes, kept + low
    codes, labels = pd.factorize(values, sort=True)
    return codes.astype(np.int64), np.asarray(labels)


_WHOLE = re.compile(r"(-?(?:0|[1-9][0-9]*))(?:\.0+)?")  # 1 and 1.0, not 01: that is a code of its own


def spellings(values: Iterable[object], names: Sequence[str]) -> list[str]:
    """Every value as the name that means it: its own text, else for a number the one name with the same whole number.

    A column of whole numbers holds 1.0 instead of 1 as soon as one of them is missing. A number for which both 1 and
    1.0 are names keeps its own text, which may be neither; text matches letter by letter.
    """
    exact, by_number = set(names), _by_number(names)
    return [_spelling(value, exact, by_number) for value in values]


def same_number(names: Sequence[str]) -> list[str]:
    """Names that are one whole number written in two ways, such as 1 and 1.0."""
    return [name for alike in _by_number(names).values() if len(alike) > 1 for name in alike]


def _by_number(names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in names:
        if match := _WHOLE.fullmatch(name):
            found.setdefault(match[1], []).append(name)
    return found


def _spelling(value: object, exact: set[str], by_number: dict[str, list[str]]) -> str:
    text = str(value)
    if text in exact or not isinstance(value, Real) or not (match := _WHOLE.fullmatch(text)):
        return text
    alike = by_number.get(match[1], [])
    return alike[0] if len(alike) == 1 else text


def compact(codes: IntArray, size: int) -> tuple[IntArray, IntArray]:
    """(sorted distinct codes, position of every code among them), codes in 0..size-1."""
    if size < 4 * len(codes) + 4096:
        # Few possible codes: marking each on a list of all is cheaper than sorting the rows.
        is_present = np.zeros(size, dtype=bool)
        is_present[codes] = True
        kept = np.flatnonzero(is_present)
        place = np.empty(size, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        return kept, place[codes]
    if bool((codes[1:] >= codes[:-1]).all()):
        is_new = np.append(True, codes[1:] != codes[:-1])
        return codes[is_new], np.cumsum(is_new) - 1
    kept, position = np.unique(codes, return_inverse=True)
    return kept, position.astype(np.int64)
