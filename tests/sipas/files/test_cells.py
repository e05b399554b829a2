"""Typed cells as text, and the cleaning of whole columns."""

from __future__ import annotations

import datetime
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.cells.text import clean_text, folded
from sipas.files.cells import cell_text, cells_equal, column_letters, hidden_cells, text_column, tidy_column


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5.0, "5"),
        (-0.0, "0"),
        (2.5, "2.5"),
        (0.1 + 0.2, "0.3"),
        (123456789012.0, "123456789012"),
        (1e15, "1e+15"),
        (float("nan"), ""),
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        ("  05 ", "  05 "),
        (datetime.date(2026, 3, 1), "2026-03-01"),
        (datetime.datetime(2026, 3, 1), "2026-03-01"),
        (datetime.datetime(2026, 3, 1, 8, 30), "2026-03-01T08:30:00"),
        (datetime.time(8, 5), "08:05:00"),
        (datetime.timedelta(hours=30, seconds=7), "30:00:07"),
    ],
)
def test_a_cell_reads_as_a_person_sees_it(value: object, text: str) -> None:
    assert cell_text(value) == text


@given(st.lists(st.one_of(st.none(), st.text(max_size=4), st.floats(), st.booleans(), st.dates()), max_size=20))
def test_a_column_is_its_cells(values: list[object]) -> None:
    assert text_column(values).to_pylist() == [cell_text(value) for value in values]


@given(st.lists(st.floats(allow_infinity=False) | st.none(), max_size=30))
def test_a_column_of_numbers_is_its_cells(values: list[float | None]) -> None:
    assert text_column(values).to_pylist() == [cell_text(value) for value in values]


def test_letters_are_put_right() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Thị Đào")
    column = pa.array([decomposed, "Ðà N\u1eb5ng", "ðường", "a\u00a0b\u202fc", "plain", ""])
    assert tidy_column(column, None).to_pylist() == ["Nguyễn Thị Đào", "Đà Nẵng", "đường", "a b c", "plain", ""]


@given(st.lists(st.text(max_size=6), max_size=20))
def test_tidy_is_clean_text_of_every_cell(texts: list[str]) -> None:
    column = pa.array(texts, pa.string())
    assert tidy_column(column, None).to_pylist() == [clean_text(text) if not text.isascii() else text for text in texts]


def test_hidden_characters_are_found_by_position() -> None:
    column = pa.array(
        ["Lê", "X\u202e07", "ok\ttab\nline", "\u200bA", "bell\x07", "lost\ufffd", "soft\u00adhyphen", "\x85"]
    )
    assert hidden_cells(column) == [
        (1, "U+202E"),
        (3, "U+200B"),
        (4, "U+0007"),
        (5, "U+FFFD"),
        (6, "U+00AD"),
        (7, "U+0085"),
    ]


def test_headers_compare_without_case_and_blanks() -> None:
    assert folded("  MÃ\u00a0 PHIẾU\n") == "mã phiếu" == folded(unicodedata.normalize("NFD", "Mã phiếu"))


def test_positions_and_letters() -> None:
    assert cells_equal(pa.array(["#N/A", "N/A", "#N/A"]), ["#N/A"]) == [0, 2]
    assert [column_letters(number) for number in (1, 26, 27, 702, 703, 16384)] == ["A", "Z", "AA", "ZZ", "AAA", "XFD"]
