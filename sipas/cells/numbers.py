"""Numbers as offices write them: "12,5" and "12.5" are twelve and a half; "1.234" may mean two things: refused."""

from __future__ import annotations

import re
from decimal import Decimal

from errors import DataError, shape_of
from errors.templates import Language

_PLAIN = re.compile(r"([+-]?)([0-9]{1,12})(?:([.,])([0-9]{1,17}))?")
_GROUPED = re.compile(r"([+-]?)([1-9][0-9]{0,2}(?:([.,\s])[0-9]{3})(?:\3[0-9]{3}){0,3})(?:([.,])([0-9]{1,12}))?")
_MOST_PLACES = 12


def reads_two_ways(whole: str, decimals: str) -> bool:
    """Whether one mark with three digits behind it may be a decimal or a group mark: 1,250 and 1.000, not 0,125."""
    return len(decimals) == 3 and len(whole) <= 3 and not whole.startswith("0")


def split_digits(text: str, mark: str = "") -> tuple[str, str, str]:
    """Sign, whole digits and decimals of a number with either decimal mark; `mark`: the one it is known to have.

    A group mark is accepted where only one reading exists: "1.234,5", "1,234.5", "1.234.567", "1 234"; also "0,125" and
    "1234,567", since nobody groups digits so. DataError `cells.ambiguous_number` for "1.234" and "1,234",
    `cells.number` for anything else.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is not None:
        sign, whole, point, decimals = plain.groups()
        if point and point != mark and reads_two_ways(whole, decimals):
            raise DataError("cells.ambiguous_number", got=shape_of(text), expected="1234 | 1,2340")
        return sign, whole, decimals or ""
    grouped = _GROUPED.fullmatch(text)
    if grouped is None or grouped[3] == grouped[4]:
        raise DataError("cells.number", got=shape_of(text), expected="12,5")
    return grouped[1], grouped[2].replace(grouped[3], ""), grouped[5] or ""


def parse_number(text: str) -> Decimal:
    """The number in a cell that a person filled in. Neither "+5" nor "1 234" nor 13 decimals are typed on purpose:
    they are refused as `cells.number`. Raises what `split_digits` raises."""
    sign, whole, decimals = split_digits(text)
    if sign == "+" or any(map(str.isspace, text)) or len(decimals) > _MOST_PLACES:
        raise DataError("cells.number", got=shape_of(text), expected="12,5")
    return Decimal(f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}")


def number_text(number: Decimal) -> str:
    """One text for one number: no exponent, no trailing zeros ("12,50" and "12.5" are both kept as "12.5")."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def typed_number(number: Decimal | None, lang: Language = "vi") -> str:
    """The same with the decimal mark of a language, as a person types it; "" for none."""
    text = "" if number is None else number_text(number)
    return text.replace(".", ",") if lang == "vi" else text
