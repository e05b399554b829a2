"""Code pages against published letter tables (data/: TCVN 5712 as iconv has it, VNI), and the judgement on files."""

from __future__ import annotations

import csv
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sipas.files.charset import CODE_PAGES, code_page_name, decoder, foreign_words, has_vietnamese, is_mojibake

DATA = Path(__file__).parent / "data"
NAMES = (DATA / "names.txt").read_text(encoding="utf-8").splitlines()


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TCVN3 = {row["nfc"]: row["latin1_char_seen"] for row in reversed(rows("tcvn3_map.csv"))}
VNI = {row["unicode"]: row["vni"] for row in rows("vn_charset_map.csv")}


def cp1258(text: str) -> bytes:
    """Letters of code page 1258: hats and horns stay, tone marks follow as bytes of their own."""
    out = b""
    for letter in text:
        base, *marks = unicodedata.normalize("NFD", letter)
        tones = [mark for mark in marks if mark in "\u0300\u0301\u0309\u0303\u0323"]
        hat = "".join(mark for mark in marks if mark not in tones)
        out += (unicodedata.normalize("NFC", base + hat) + "".join(tones)).encode("cp1258")
    return out


@pytest.mark.parametrize("row", rows("tcvn3_map.csv"), ids=lambda row: row["byte"])
def test_tcvn3_is_the_published_table(row: dict[str, str]) -> None:
    assert decoder("tcvn3")(chr(int(row["byte"], 16))) == row["nfc"]


@pytest.mark.parametrize("row", rows("vn_charset_map.csv"), ids=lambda row: row["unicode"])
def test_vni_is_the_published_table(row: dict[str, str]) -> None:
    assert unicodedata.normalize("NFC", decoder("vni")(row["vni"])) == row["unicode"]


def test_names_come_back_from_each_code_page() -> None:
    for name in NAMES:
        lower = name.lower()
        garbled = {
            "tcvn3": "".join(TCVN3.get(letter, letter) for letter in lower),
            "vni": "".join(VNI.get(letter, letter) for letter in lower),
            "cp1258": cp1258(lower).decode("latin-1"),
        }
        for page, text in garbled.items():
            assert unicodedata.normalize("NFC", decoder(page)(text)) == lower, page


def test_a_byte_without_a_letter_is_marked_as_lost() -> None:
    assert decoder("cp1258")("a\xd2") == "a\u0309"
    assert decoder("cp1252")("\x81") == "\ufffd"
    assert decoder("ascii")("\xe0") == "\ufffd"


def test_code_page_names() -> None:
    assert [code_page_name(name) for name in ("Windows-1258", "UTF_8", "65001", "ABC", "utf-16", "")] == [
        "cp1258",
        "utf-8",
        "utf-8",
        "tcvn3",
        "",
        "",
    ]
    assert all(code_page_name(page) == page for page in CODE_PAGES)
    assert decoder("utf-8") is None


def garble(name: str, way: str) -> str:
    if way == "tcvn3":
        return "".join(TCVN3.get(letter, TCVN3.get(letter.lower(), letter)) for letter in name)
    if way == "vni":
        return "".join(VNI.get(letter, letter) for letter in name)
    if way == "cp1258 as cp1252":
        return cp1258(name).decode("cp1252")
    return name.encode("utf-8").decode("latin-1")


@given(
    st.lists(st.sampled_from(NAMES), min_size=8, unique=True),
    st.sampled_from(["tcvn3", "vni", "cp1258 as cp1252", "utf-8 twice"]),
)
def test_a_wrongly_decoded_file_is_recognised(names: list[str], way: str) -> None:
    assert is_mojibake(foreign_words(garble(name, way) for name in names))


@given(st.lists(st.sampled_from(NAMES), unique=True))
def test_vietnamese_is_never_taken_for_garbage(names: list[str]) -> None:
    assert not is_mojibake(foreign_words(names))
    assert not is_mojibake(foreign_words(name.upper() for name in names))


def test_minority_and_foreign_words_are_no_proof() -> None:
    minority = ["Y Ñoan Niê", "H'Ƀlăm Kbuôr", "Krông Năng", "Đinh Hmŏk", "Rơ Čăm", "Puih Ĭn"]
    assert not is_mojibake(foreign_words(minority))
    assert not is_mojibake(foreign_words(["Công ty Müller Straße", *NAMES[:8]]))
    assert not is_mojibake(foreign_words(["120 m²", "25 °C", "½ ngày", "QĐ-UBND"]))
    assert not is_mojibake(set())


def test_letters_only_real_vietnamese_has() -> None:
    assert has_vietnamese("Tr\u1ea7n") and has_vietnamese("đ")
    assert not has_vietnamese("TrÇn ThÞ BÝch Ngäc") and not has_vietnamese("“Hoaøng”")
