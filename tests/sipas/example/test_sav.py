"""The .sav writer: what pyreadstat reads back, in UTF-8 and in code page 1258 by way of LATIN1."""

from __future__ import annotations

import math
import struct
import unicodedata
from pathlib import Path

import numpy as np
import pyreadstat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import DataError
from sipas.example.sav import CodePage, SavColumn, sav_bytes, to_cp1258

# The 12 vowels with 5 tones each, plain vowels and đ, in both cases, from their parts.
_VOWELS = "aăâeêioôơuưy"
_TONES = ("", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323")
_LOWER = "đ" + "".join(unicodedata.normalize("NFC", vowel + tone) for vowel in _VOWELS for tone in _TONES)
LETTERS = _LOWER + _LOWER.upper()
TEXTS = ["Nguyễn Thị Ngọc Ánh", _LOWER, _LOWER.upper(), "", "a;\"b'", "  đầu dòng", "Quý IV/2026 – “tốt”"]
LABELS = {1.0: "Rất không hài lòng", 5.0: "Rất hài lòng", 98.0: "Không biết", 99.0: "Từ chối"}


def _columns() -> list[SavColumn]:
    codes = np.array([1.0, 5.0, 98.0, 99.0, np.nan, 3.0, 2.5])
    return [
        SavColumn("MA_PHIEU", "Mã phiếu", [f"GD26-X07-{i:04d}-K3" for i in range(7)]),
        SavColumn("I_A1", "Câu I.A1", codes, LABELS, (98.0, 99.0)),
        SavColumn("Y_KIEN_KHAC", "Ý kiến khác", TEXTS),
        SavColumn("Q8_1", "Câu Q8.1", codes[::-1].copy(), {0.0: "Không", 1.0: "Có"}),
    ]


def _decoded(text: str, code_page: CodePage) -> str:
    raw = text.encode("latin-1").decode("cp1258") if code_page == "cp1258" else text
    return unicodedata.normalize("NFC", raw)


def test_there_are_146_letters() -> None:
    assert len(LETTERS) == 2 * (12 * 6 + 1) == len(set(LETTERS))


@pytest.mark.parametrize("code_page", ["utf-8", "cp1258"])
def test_everything_comes_back(code_page: CodePage, tmp_path: Path) -> None:
    path = tmp_path / "phiếu.sav"
    path.write_bytes(sav_bytes(_columns(), code_page=code_page, title="Phiếu giả định"))
    encoding = "LATIN1" if code_page == "cp1258" else None
    table, meta = pyreadstat.read_sav(path, encoding=encoding, user_missing=True)
    assert meta.column_names == ["MA_PHIEU", "I_A1", "Y_KIEN_KHAC", "Q8_1"]
    assert [_decoded(text, code_page) for text in meta.column_labels] == [
        *("Mã phiếu", "Câu I.A1", "Ý kiến khác", "Câu Q8.1")
    ]
    assert [_decoded(text, code_page) for text in table["Y_KIEN_KHAC"]] == TEXTS
    assert table["MA_PHIEU"].tolist() == [f"GD26-X07-{i:04d}-K3" for i in range(7)]
    codes = table["I_A1"].tolist()
    assert codes[:4] == [1.0, 5.0, 98.0, 99.0] and math.isnan(codes[4]) and codes[5:] == [3.0, 2.5]
    labels = {value: _decoded(text, code_page) for value, text in meta.variable_value_labels["I_A1"].items()}
    assert labels == LABELS
    assert meta.missing_ranges == {"I_A1": [{"lo": 98.0, "hi": 98.0}, {"lo": 99.0, "hi": 99.0}]}
    assert _decoded(meta.file_label, code_page) == "Phiếu giả định"


def test_codes_98_and_99_are_missing_to_whoever_does_not_ask_for_them(tmp_path: Path) -> None:
    path = tmp_path / "a.sav"
    path.write_bytes(sav_bytes(_columns(), code_page="utf-8", title=""))
    table, _ = pyreadstat.read_sav(path)
    assert table["I_A1"].isna().tolist() == [False, False, True, True, True, False, False]


@pytest.mark.parametrize(
    ("code_page", "number", "name"), [("utf-8", 65001, b"UTF-8"), ("cp1258", 1258, b"windows-1258")]
)
def test_the_header_names_the_code_page(code_page: CodePage, number: int, name: bytes) -> None:
    data = sav_bytes(_columns(), code_page=code_page, title="")
    start = data.index(struct.pack("<4i", 7, 3, 4, 8)) + 16
    assert struct.unpack_from("<8i", data, start)[7] == number
    assert struct.pack("<4i", 7, 20, 1, len(name)) + name in data


def test_bytes_of_code_page_1258() -> None:
    # ệ is ê (EA) with dot below (F2); ướ is ư (FD) and ơ (F5) with acute (EC); đ is F0; à is a with grave (CC)
    assert to_cp1258("ệ") == b"\xea\xf2"
    assert to_cp1258("nước đà") == b"n\xfd\xf5\xecc \xf0a\xcc"


@given(st.text(alphabet=LETTERS + " abcXYZ09.,;-", max_size=60))
def test_any_vietnamese_text_survives_code_page_1258(text: str) -> None:
    assert unicodedata.normalize("NFC", to_cp1258(text).decode("cp1258")) == text
    assert to_cp1258(unicodedata.normalize("NFD", text)) == to_cp1258(text)


def test_a_letter_outside_the_page_is_refused() -> None:
    with pytest.raises(DataError) as error:
        to_cp1258("Ðắk Lắk 中")
    assert (error.value.rule, error.value.got) == ("example.cp1258", "U+00D0")


@pytest.mark.parametrize(
    ("column", "title"),
    [
        (SavColumn("A", "a", ["ấ" * 100]), ""),
        (SavColumn("A", "a" * 121, ["x"]), ""),
        (SavColumn("A", "a", np.array([1.0]), {1.0: "b" * 121}), ""),
        (SavColumn("A", "a", ["x"]), "c" * 65),
    ],
)
def test_texts_longer_than_the_format_holds_are_refused(column: SavColumn, title: str) -> None:
    with pytest.raises(DataError) as error:
        sav_bytes([column], code_page="utf-8", title=title)
    assert error.value.rule == "example.sav_text"


def test_a_file_without_cases_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "empty.sav"
    columns = [SavColumn("A", "a", []), SavColumn("B", "b", np.array([], dtype=float))]
    path.write_bytes(sav_bytes(columns, code_page="utf-8", title=""))
    table, meta = pyreadstat.read_sav(path)
    assert meta.column_names == ["A", "B"]
    assert len(table) == 0
