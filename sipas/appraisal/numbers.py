"""Numbers as offices write them: "12,5" and "12.5" are twelve and a half; "1.234" may mean two things: refused."""

from __future__ import annotations

import re
from decimal import Decimal

from errors import DataError, shape_of

_PLAIN = re.compile(r"(-?)([0-9]{1,12})(?:([.,])([0-9]{1,12}))?")
_GROUPED = re.compile(r"(-?)([0-9]{1,3}(?:([.,])[0-9]{3})(?:\3[0-9]{3}){0,3})(?:([.,])([0-9]{1,12}))?")


def parse_number(text: str) -> Decimal:
    """The number in a cell, either separator; DataError when it is none or may be read in two ways.

    A group separator is accepted where only one reading exists: "1.234,5", "1,234.5", "1.234.567"; also "0,125" and
    "1234,567", since nobody groups digits so. "1.234" and "1,234" are refused with `appraisal.ambiguous_number`,
    anything else with `appraisal.number`.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        sign, whole, separator, decimals = plain.groups()
        if separator is None:
            return Decimal(sign + whole)
        if len(decimals) == 3 and len(whole) <= 3 and not whole.startswith("0"):
            raise DataError("appraisal.ambiguous_number", got=shape_of(text), expected="1234 | 1,2340")
        return Decimal(f"{sign}{whole}.{decimals}")
    grouped = _GROUPED.fullmatch(text)
    if grouped is None or grouped[2].startswith("0"):
        raise DataError("appraisal.number", got=shape_of(text), expected="12,5")
    sign, whole, group, decimal_mark, decimals = grouped.groups()
    if group == decimal_mark:
        raise DataError("appraisal.number", got=shape_of(text), expected="12,5")
    digits = whole.replace(group, "")
    return Decimal(f"{sign}{digits}.{decimals}" if decimals else f"{sign}{digits}")


def number_text(number: Decimal) -> str:
    """One text for one number: no exponent, no trailing zeros ("12,50" and "12.5" are both kept as "12.5")."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
