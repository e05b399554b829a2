"""One reader each of text, numbers and days of people's cells."""

from __future__ import annotations

from decimal import Decimal

import pytest

from errors import DataError
from sipas.cells.days import is_day, local_day
from sipas.cells.numbers import parse_number, split_digits, typed_number
from sipas.cells.text import folded


@pytest.mark.parametrize("text", ["Đơn vị", "  ĐƠN\u00a0 VỊ\n", "\u00d0ơn vị", "Đơn vi\u0323"])
def test_texts_that_look_alike_are_compared_as_one(text: str) -> None:
    assert folded(text) == "đơn vị"


def test_a_sign_may_stand_for_a_blank() -> None:
    assert (folded("Tong_diem"), folded("Tong_diem", blanks="_")) == ("tong_diem", "tong diem")


@pytest.mark.parametrize(
    ("text", "mark", "expected"),
    [
        ("1.234,5", "", ("", "1234", "5")),
        ("-1 234 567", "", ("-", "1234567", "")),
        ("+0,125", "", ("+", "0", "125")),
        ("1.234", ".", ("", "1", "234")),
        ("1,234", ",", ("", "1", "234")),
    ],
)
def test_digits_of_a_number(text: str, mark: str, expected: tuple[str, str, str]) -> None:
    assert split_digits(text, mark) == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("1.234", "cells.ambiguous_number"),
        ("+5", "cells.number"),
        ("1 234", "cells.number"),
        ("0,1234567890123", "cells.number"),
        ("1.234.5", "cells.number"),
        ("tám", "cells.number"),
    ],
)
def test_what_nobody_types_on_purpose_is_refused(text: str, rule: str) -> None:
    with pytest.raises(DataError) as caught:
        parse_number(text)
    assert caught.value.rule == rule


def test_a_number_is_typed_with_the_decimal_mark_of_the_language() -> None:
    assert [typed_number(Decimal(text)) for text in ("1234.50", "10")] == ["1234,5", "10"]
    assert (typed_number(Decimal("1234.50"), "en"), typed_number(None)) == ("1234.5", "")


@pytest.mark.parametrize("text", ["2026-3-1", "2026-02-30", "20260301", "01/03/2026", "２０２６-03-01", ""])
def test_a_day_has_one_form(text: str) -> None:
    assert not is_day(text)
    assert local_day(text) == ""


def test_a_day_begins_by_the_clock_of_viet_nam() -> None:
    assert is_day("2026-03-01")
    assert local_day("2026-02-28T17:00:00Z") == local_day("2026-03-01") == local_day("2026-03-01T23:59") == "2026-03-01"
    assert local_day("2026-03-01T25:00") == ""
