"""Numbers, days and times as a Vietnamese or an English reader writes them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.words.numbers import (
    capitalised,
    format_count,
    format_day,
    format_number,
    format_plain,
    format_time,
)


@pytest.mark.parametrize(
    ("value", "decimals", "expected"),
    [
        (Decimal("84.125"), 2, "84,13"),
        (0.125, 2, "0,13"),
        (1234567.5, 1, "1.234.567,5"),
        (12000, 0, "12.000"),
        (999, 0, "999"),
        (Decimal("-1234.5"), 2, "-1.234,50"),
        (Decimal("-0.001"), 2, "0,00"),
        (100, 2, "100,00"),
        (None, 2, ""),
        (float("nan"), 2, ""),
        (Decimal("1234.500"), None, "1.234,5"),
        (1000, None, "1.000"),
        (Decimal("-0.00"), None, "0"),
        (1e-7, None, "0,0000001"),
    ],
)
def test_number_in_vietnamese(value: Decimal | float | int | None, decimals: int | None, expected: str) -> None:
    assert format_number(value, decimals) == expected


def test_number_in_english() -> None:
    assert format_number(Decimal("1234567.891"), 2, "en") == "1,234,567.89"
    assert format_plain(Decimal("1234.50"), "en") == "1,234.5"


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6), st.integers(0, 4))
def test_number_read_back_is_within_half_a_step(value: Decimal, decimals: int) -> None:
    shown = format_number(value, decimals)
    read = Decimal(shown.replace(".", "").replace(",", "."))
    assert abs(read - value) <= Decimal(1).scaleb(-decimals) / 2
    assert len(shown.partition(",")[2]) == decimals


@pytest.mark.parametrize(
    ("value", "expected"),
    [(10, "10"), (Decimal("2.50"), "2,5"), (1500, "1.500"), (0.25, "0,25"), (-0.001, "0"), (0.125, "0,13")],
)
def test_number_in_running_text_has_no_idle_zeros(value: Decimal | float | int, expected: str) -> None:
    assert format_plain(value) == expected


def test_points_per_cent_and_counts() -> None:
    assert (format_count(12000), format_count(None)) == ("12.000", "")


@pytest.mark.parametrize(("iso", "expected"), [("2026-03-01", "01/03/2026"), ("2026-03-01T08:00:00Z", "01/03/2026")])
def test_days_are_day_month_year(iso: str, expected: str) -> None:
    assert format_day(iso) == expected
    assert format_day(iso, "en") == "2026-03-01"


def test_a_day_that_is_none_stays_as_it_is() -> None:
    assert format_day("không rõ") == "không rõ"


def test_a_time_is_told_by_the_clock_of_viet_nam() -> None:
    assert format_time("2026-03-01T20:03:04.000005Z") == "02/03/2026, 03:03"
    assert format_time("2026-07-15T18:30:00+07:00", "en") == "2026-07-15 18:30"


def test_a_word_begins_with_a_capital() -> None:
    assert (capitalised("đã khóa"), capitalised("STT"), capitalised("")) == ("Đã khóa", "STT", "")
