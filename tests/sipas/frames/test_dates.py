"""Days: ISO always, d/m/y only when declared, never a guess."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.frames.dates import read_days


def text(*cells: str) -> pd.Series:
    return pd.Series(cells, dtype="str")


@pytest.mark.parametrize(
    ("cell", "iso", "dmy"),
    [
        ("2026-03-01", "2026-03-01", "2026-03-01"),
        ("2026-03-01T08:30:00", "2026-03-01", "2026-03-01"),
        ("01/02/2026", "undeclared", "2026-02-01"),
        ("25/12/2026", "undeclared", "2026-12-25"),
        ("1.2.2026 08:30", "undeclared", "2026-02-01"),
        ("16:45 1-2-2026", "undeclared", "2026-02-01"),
        ("12/25/2026", "bad", "bad"),
        ("30/02/2026", "bad", "bad"),
        ("1/2/26", "bad", "bad"),
        ("2026-02-30", "bad", "bad"),
        ("2026-2-3", "bad", "bad"),
        ("46000", "bad", "bad"),
        ("", "bad", "bad"),
        ("2026-03-01 x", "bad", "bad"),
    ],
)
def test_a_cell_under_both_settings(cell: str, iso: str, dmy: str) -> None:
    for setting, expected in (("iso", iso), ("d/m/y", dmy)):
        days = read_days(text(cell), setting)
        said = "bad" if days.is_bad[0] else "undeclared" if days.is_dmy[0] and not days.days[0] else days.days[0]
        assert said == expected


@given(st.lists(st.dates(datetime.date(1990, 1, 1), datetime.date(2030, 12, 31)), min_size=1))
def test_every_day_comes_back(days: list[datetime.date]) -> None:
    written = text(*(f"{day.day}/{day.month:02d}/{day.year}" for day in days))
    assert read_days(written, "d/m/y").days.tolist() == [day.isoformat() for day in days]
    assert read_days(written, "iso").is_dmy.all()


def test_days_that_excel_turned_round() -> None:
    # Written 01/07 .. 31/07/2026; American Excel made days of the first twelve, month and day changed places.
    cells = [f"2026-{day:02d}-07" if day <= 12 else f"{day}/07/2026" for day in range(1, 32)]
    assert read_days(text(*cells), "d/m/y").n_swapped == 12
    honest = [f"2026-07-{day:02d}" if day % 2 else f"{day}/07/2026" for day in range(1, 32)]
    assert read_days(text(*honest), "d/m/y").n_swapped == 0
    assert read_days(text(*cells[:4], *cells[12:]), "d/m/y").n_swapped == 0  # too few to say
