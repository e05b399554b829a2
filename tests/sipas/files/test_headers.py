"""Header rows: one or two, found by what is known."""

from __future__ import annotations

from sipas.cells.text import folded
from sipas.files.headers import find_header

KNOWN = frozenset(map(folded, ("Mã", "Họ tên", "Đơn vị - Mã")))


def test_two_rows_by_their_own_name_or_with_the_one_above() -> None:
    rows = [
        ["DANH SÁCH", "", "", ""],
        ["Mã", "Người", "Đơn vị", ""],
        ["", "họ  tên", "Mã ", "Tên"],
        ["1", "a", "b", "c"],
    ]
    found = find_header(rows, KNOWN)
    assert found and found.names == ("Mã", "họ tên", "Đơn vị - Mã", "Đơn vị - Tên")
    assert (found.row, found.depth, found.known, found.repeated) == (3, 2, (True, True, True, False), ())


def test_a_row_of_data_is_no_second_header() -> None:
    filled = [["Mã", "x"], ["Họ tên", "Họ tên"]]  # under a known column there is text
    nothing_known = [["Mã", "x"], ["", "ghi chú"]]
    for rows in (filled, nothing_known):
        found = find_header(rows, KNOWN)
        assert found and (found.row, found.depth, found.names) == (1, 1, ("Mã", "x"))


def test_without_known_headers_there_is_one_row() -> None:
    found = find_header([["a", "b"], ["", "c"]], frozenset())
    assert found and (found.row, found.depth) == (1, 1)


def test_a_known_column_in_both_rows_is_repeated() -> None:
    found = find_header([["Mã", "", "x"], ["", "Mã", "Họ tên"]], KNOWN)
    assert found and found.repeated == (1,)
