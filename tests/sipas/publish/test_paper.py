"""A4 arithmetic and names of sheets."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.publish.round.sheets import SheetNames
from sipas.publish.xlsx.paper import column_points, n_lines, page_columns, printable, row_points


def test_a4_leaves_the_margins_free() -> None:
    width, height = printable(landscape=False)
    assert width == pytest.approx((8.27 - 0.9) * 72)
    assert height == pytest.approx((11.69 - 1.4) * 72)
    assert printable(landscape=True)[0] > height


def test_column_of_ten_digits() -> None:
    assert column_points(10) == pytest.approx(10 * 5.5 + 3.75)


def test_a_text_takes_more_lines_in_a_narrow_column() -> None:
    text = "Mức độ hài lòng của người dân, tổ chức"
    assert n_lines(text, 60) == 1
    assert n_lines(text, 20) == 2
    assert n_lines("một\nhai\nba", 60) == 3
    assert row_points([(text, 20), ("x", 5)]) > row_points([(text, 60), ("x", 5)])


def test_pages_are_cut_between_sections() -> None:
    assert page_columns([[30, 30], [30, 30], [30]], first=20, width=150) == [4]
    assert page_columns([[30, 30], [30, 30, 30], [30]], first=20, width=120) == [2, 5]


def test_a_section_wider_than_a_page_is_cut_where_the_page_is_full() -> None:
    assert page_columns([[40, 40, 40, 40]], first=20, width=100) == [2]


@given(
    st.lists(st.lists(st.integers(5, 40), min_size=1, max_size=8), min_size=1, max_size=8),
    st.integers(45, 200),
)
def test_no_page_is_overfull_and_no_column_is_lost(sections: list[list[int]], width: int) -> None:
    columns = [points for section in sections for points in section]
    breaks = page_columns(sections, first=0, width=width)
    edges = [0, *breaks, len(columns)]
    assert edges == sorted(set(edges))
    assert all(sum(columns[a:b]) <= width for a, b in itertools.pairwise(edges))


def test_sheet_names_are_cut_at_a_comma() -> None:
    names = SheetNames("Mục lục")
    assert names.take("Kết quả", "xã, phường, đặc khu") == "Kết quả xã, phường, đặc khu"
    assert names.take("Phiếu chi tiết", "xã, phường, đặc khu") == "Phiếu chi tiết xã, phường"


def test_same_name_twice_gets_a_number() -> None:
    names = SheetNames("Mục lục")
    assert [names.take("mục lục"), names.take("Mục lục")] == ["mục lục (2)", "Mục lục (3)"]


@given(st.lists(st.tuples(st.text(min_size=1, max_size=40), st.text(max_size=60)), max_size=8))
def test_sheet_names_are_always_such_as_excel_takes(given_names: list[tuple[str, str]]) -> None:
    names = SheetNames()
    taken = [names.take(f"Bảng {words}", about) for words, about in given_names]
    assert len({name.casefold() for name in taken}) == len(taken)
    for name in taken:
        assert 0 < len(name) <= 31
        assert not set(name) & set("[]:*?/\\")
        assert not name.startswith("'")
        assert not name.endswith("'")
