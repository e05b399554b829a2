"""Whole numbers in Vietnamese words, as payment lists and minutes write them: "một trăm linh năm nghìn đồng"."""

from __future__ import annotations

from typing import Final

from errors import DataError

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_BILLION: Final = 1_000_000_000
_THOUSANDS: Final = ((1_000_000, "triệu"), (1_000, "nghìn"), (1, ""))
_LARGEST: Final = 10**18 - 1


def in_words(number: int) -> str:
    """`number` (0 to 10^18 - 1) in words: 21 is "hai mươi mốt", 1005 "một nghìn không trăm linh năm".

    After a tens word 1 is "mốt", 4 "tư" and 5 "lăm" (after ten only 5 changes); a group below a hundred inside a
    larger number says its "không trăm". Raises DataError `words.number_range`.
    """
    if not 0 <= number <= _LARGEST:
        raise DataError("words.number_range", got=number, expected=f"0..{_LARGEST}")
    return " ".join(_parts(number)) or _DIGITS[0]


def money_in_words(amount: int) -> str:
    """`amount` of đồng as it stands on a payment list: "Một trăm linh năm nghìn đồng"."""
    words = in_words(amount)
    return f"{words[:1].upper()}{words[1:]} đồng"


def _parts(number: int, *, is_inside: bool = False) -> list[str]:
    """Words of a number, none for 0. is_inside: something larger stands before it."""
    found: list[str] = []
    billions, rest = divmod(number, _BILLION)
    if billions:
        found += [*_parts(billions, is_inside=is_inside), "tỷ"]
    for size, name in _THOUSANDS:
        group, rest = divmod(rest, size)
        if group:
            found += [*_group(group, is_inside=is_inside or bool(found)), *([name] if name else [])]
    return found


def _group(group: int, *, is_inside: bool) -> list[str]:
    """Words of 1..999."""
    hundreds, rest = divmod(group, 100)
    tens, ones = divmod(rest, 10)
    found = [_DIGITS[hundreds], "trăm"] if hundreds or is_inside else []
    if tens:
        found += ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    elif ones and found:
        found.append("linh")
    if ones:
        found.append(_ones(tens, ones))
    return found


def _ones(tens: int, ones: int) -> str:
    """Last digit: its word changes after a tens word."""
    if ones == 5 and tens:
        return "lăm"
    if tens > 1:
        return {1: "mốt", 4: "tư"}.get(ones, _DIGITS[ones])
    return _DIGITS[ones]
