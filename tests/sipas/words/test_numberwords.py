"""Numbers in Vietnamese words, against values written by hand and read back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError
from sipas.words.numberwords import in_words, money_in_words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (1, "một"),
        (4, "bốn"),
        (5, "năm"),
        (10, "mười"),
        (11, "mười một"),
        (14, "mười bốn"),
        (15, "mười lăm"),
        (20, "hai mươi"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (25, "hai mươi lăm"),
        (100, "một trăm"),
        (101, "một trăm linh một"),
        (105, "một trăm linh năm"),
        (110, "một trăm mười"),
        (111, "một trăm mười một"),
        (115, "một trăm mười lăm"),
        (555, "năm trăm năm mươi lăm"),
        (1_000, "một nghìn"),
        (1_005, "một nghìn không trăm linh năm"),
        (1_010, "một nghìn không trăm mười"),
        (50_000, "năm mươi nghìn"),
        (105_000, "một trăm linh năm nghìn"),
        (1_000_001, "một triệu không trăm linh một"),
        (1_005_000, "một triệu không trăm linh năm nghìn"),
        (7_850_000, "bảy triệu tám trăm năm mươi nghìn"),
        (21_324_515, "hai mươi mốt triệu ba trăm hai mươi tư nghìn năm trăm mười lăm"),
        (1_000_000_000, "một tỷ"),
        (1_000_000_005, "một tỷ không trăm linh năm"),
        (2_000_000_000_000, "hai nghìn tỷ"),
        (1_000_005_000_000_000, "một triệu không trăm linh năm tỷ"),
    ],
)
def test_words_written_by_hand(number: int, words: str) -> None:
    assert in_words(number) == words


def test_money_begins_with_a_capital() -> None:
    assert money_in_words(105_000) == "Một trăm linh năm nghìn đồng"
    assert money_in_words(0) == "Không đồng"


@pytest.mark.parametrize("number", [-1, 10**18])
def test_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(DataError) as caught:
        in_words(number)
    assert caught.value.rule == "words.number_range"


ONES = {"không": 0, "một": 1, "mốt": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "lăm": 5}
ONES |= {"sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
SCALES = {"nghìn": 10**3, "triệu": 10**6}


def read_back(words: str) -> int:
    """An own reader: digits are kept until a size word says what they were."""
    total = below = group = digit = 0
    for word in words.split():
        if word in ONES:
            digit = ONES[word]
        elif word == "trăm":
            group, digit = group + digit * 100, 0
        elif word == "mươi":
            group, digit = group + digit * 10, 0
        elif word == "mười":
            group += 10
        elif word == "tỷ":
            total, below, group, digit = (total + below + group + digit) * 10**9, 0, 0, 0
        elif word in SCALES:
            below, group, digit = below + (group + digit) * SCALES[word], 0, 0
        else:
            assert word == "linh"
    return total + below + group + digit


@given(st.one_of(st.integers(0, 10**18 - 1), st.integers(0, 10**6)))
def test_every_number_reads_back(number: int) -> None:
    assert read_back(in_words(number)) == number
