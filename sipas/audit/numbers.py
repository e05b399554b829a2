"""Numbers of a printed table, exact: millionths as whole numbers, with the decimals each was printed with.

"82,15" and "82.15" are one number. "1.234" is refused unless the rest of the table shows which mark its decimals have.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import numpy as np

from errors import DataError
from sampling.numbers import BoolArray, IntArray
from sipas.cells.numbers import split_digits

SCALE: Final = 10**6
PLACES: Final = 6
_SIGNS = str.maketrans({"−": "-", "–": "-", "\u00a0": " "})
_MOST_DIGITS = 9  # millionths of it are whole numbers of 64 bits
_CLEAR = re.compile(r"[+-]?[0-9]+([.,])(?:[0-9]{1,2}|[0-9]{4,17})%?")


@dataclass(frozen=True, eq=False)
class Numbers:
    """A column. value: millionths; given: there is a number; decimals: printed ones; broken, ambiguous: cells that
    hold something else, or a number that may be read in two ways."""

    value: IntArray
    given: BoolArray
    decimals: IntArray
    broken: BoolArray
    ambiguous: BoolArray


@dataclass(frozen=True)
class _Parsed:
    value: int = 0
    given: bool = False
    decimals: int = 0
    broken: bool = False
    ambiguous: bool = False


def decimal_mark(texts: Sequence[str]) -> str:
    """The one mark that the unambiguous decimals of a table have; "" when there is none, or both occur."""
    marks = {match[1] for text in set(texts) if (match := _CLEAR.fullmatch(_tidy(text)))}
    return marks.pop() if len(marks) == 1 else ""


def parse_column(
    texts: np.ndarray,
    mark: str,
    is_blank: Callable[[str], bool],
    *,
    whole_numbers: bool = False,
    typed: BoolArray | None = None,
) -> Numbers:
    """Numbers of text cells. mark: decimal mark of the table; whole_numbers: the column holds whole numbers, so
    that "3.321" can only be 3321; typed: cells with a decimal point for certain."""
    sure = np.zeros(len(texts), bool) if typed is None else typed
    keys = np.where(sure, "t", "?").astype(object) + texts.astype(str).astype(object)
    distinct, places = np.unique(keys.astype(str), return_inverse=True)
    parsed = [
        _Parsed()
        if not key[1:].strip() or is_blank(key[1:])
        else _parse(_tidy(key[1:]), "." if key[0] == "t" else mark, whole_numbers and key[0] == "?")
        for key in distinct.tolist()
    ]
    return Numbers(
        np.array([cell.value for cell in parsed], np.int64)[places],
        np.array([cell.given for cell in parsed], bool)[places],
        np.array([cell.decimals for cell in parsed], np.int64)[places],
        np.array([cell.broken for cell in parsed], bool)[places],
        np.array([cell.ambiguous for cell in parsed], bool)[places],
    )


def written(value: int, decimals: int, mark: str) -> str:
    """Millionths as the table would print them."""
    text = format((Decimal(int(value)) / SCALE).quantize(Decimal(1).scaleb(-min(max(decimals, 0), PLACES))), "f")
    return text.replace(".", mark or ".")


def millionths(number: Decimal | str) -> int:
    """Exact millionths of a decimal with at most six places."""
    return int(Decimal(number) * SCALE)


def _tidy(text: str) -> str:
    bare = text.translate(_SIGNS).strip().casefold()
    for unit in ("%", "điểm", "đ"):
        bare = bare.removesuffix(unit).rstrip()
    return bare


def _parse(text: str, mark: str, whole_numbers: bool) -> _Parsed:
    try:
        sign, integer, decimals = split_digits(text, "" if whole_numbers else mark)
    except DataError as error:
        if error.rule == "cells.number":
            return _Parsed(broken=True)
        if not whole_numbers:
            return _Parsed(ambiguous=True)
        sign, integer, decimals = text[:1], re.sub(r"[^0-9]", "", text), ""
    # More than six decimals are an unrounded value out of a spreadsheet: kept to the nearest millionth.
    if len(integer) > _MOST_DIGITS:
        return _Parsed(broken=True)
    value = int((Decimal(f"{integer}.{decimals or 0}") * SCALE).to_integral_value())
    return _Parsed(-value if sign == "-" else value, True, len(decimals))
