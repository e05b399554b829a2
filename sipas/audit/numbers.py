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

from sampling.numbers import BoolArray, IntArray

SCALE: Final = 10**6
PLACES: Final = 6
_SIGNS = str.maketrans({"−": "-", "–": "-", "\u00a0": " "})
_PLAIN = re.compile(r"([+-]?)([0-9]{1,9})(?:([.,])([0-9]{1,17}))?")
_GROUPED = re.compile(r"([+-]?)([1-9][0-9]{0,2}(?:([.,\s])[0-9]{3})(?:\3[0-9]{3})?)(?:([.,])([0-9]{1,12}))?")
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
    whole: bool = False,
    typed: BoolArray | None = None,
) -> Numbers:
    """Numbers of text cells. mark: decimal mark of the table; whole: the column holds whole numbers, so that "3.321"
    can only be 3321; typed: cells with a decimal point for certain."""
    sure = np.zeros(len(texts), bool) if typed is None else typed
    keys = np.where(sure, "t", "?").astype(object) + texts.astype(str).astype(object)
    distinct, places = np.unique(keys.astype(str), return_inverse=True)
    parsed = [
        _Parsed()
        if not key[1:].strip() or is_blank(key[1:])
        else _parse(_tidy(key[1:]), "." if key[0] == "t" else mark, whole and key[0] == "?")
        for key in distinct.tolist()
    ]
    return Numbers(
        np.array([one.value for one in parsed], np.int64)[places],
        np.array([one.given for one in parsed], bool)[places],
        np.array([one.decimals for one in parsed], np.int64)[places],
        np.array([one.broken for one in parsed], bool)[places],
        np.array([one.ambiguous for one in parsed], bool)[places],
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


def _parse(text: str, mark: str, whole: bool) -> _Parsed:
    match = _PLAIN.fullmatch(text)
    if match is not None:
        sign, integer, point, decimals = match.groups()
        if point and len(decimals) == 3 and len(integer) <= 3 and not integer.startswith("0"):
            if whole:
                return _number(sign, integer + decimals, "")
            if point != mark:
                return _Parsed(ambiguous=True)
        return _number(sign, integer, decimals or "")
    match = _GROUPED.fullmatch(text)
    if match is None or match[3] == match[4]:
        return _Parsed(broken=True)
    return _number(match[1], match[2].replace(match[3], ""), match[5] or "")


def _number(sign: str, integer: str, decimals: str) -> _Parsed:
    """More than six decimals are an unrounded value out of a spreadsheet: kept to the nearest millionth."""
    value = int((Decimal(f"{integer}.{decimals or 0}") * SCALE).to_integral_value())
    return _Parsed(-value if sign == "-" else value, True, len(decimals))
