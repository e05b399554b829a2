"""SPSS files through the child process: code pages of the header, user-missing codes, damaged files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from errors import FaultsFound, SurveyError
from sipas.files import read_table
from sipas.files.source import CHUNK_ROWS

MakeSav = Callable[..., Path]
FRAME = pd.DataFrame({"MA_PHIEU": ["P1", "P2"], "I_A1": [5.0, 99.0], "TEN": ["Xxx01", "Xxx02"]})
# "Hà Nộ" and "Đà Nẵ" cut to five bytes of code page 1258: à E0, ô F4, dot F2, Đ D0, ã ... written out below.
HA_NOI = b"H\xe0 N\xf4"
DA_NA = b"\xd0\xe0 Na"


def refusal(path: Path, **options: object) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        read_table(path, **options)
    assert caught.value.where == path.name
    return caught.value


def test_codes_stay_codes(make_sav: MakeSav) -> None:
    path = make_sav(
        FRAME,
        missing_ranges={"I_A1": [99]},
        variable_value_labels={"I_A1": {5.0: "Rất hài lòng", 99.0: "Từ chối"}},
        column_labels={"MA_PHIEU": "Mã phiếu"},
    )
    assert read_table(path).to_pydict() == {
        "MA_PHIEU": ["P1", "P2"],
        "I_A1": ["5", "99"],
        "TEN": ["Xxx01", "Xxx02"],
        "_sheet": ["", ""],
        "_row": [1, 2],
    }


def test_missing_dates_and_numbers(make_sav: MakeSav) -> None:
    frame = pd.DataFrame(
        {
            "id": ["P1", "P2", "P3"],
            "a": [1.5, None, 1e10],
            "d": [pd.Timestamp("2026-03-01").date(), None, pd.Timestamp("2026-12-31").date()],
            "t": [pd.Timestamp("2026-03-01 08:30"), pd.NaT, pd.Timestamp("2026-03-02")],
        }
    )
    table = read_table(make_sav(frame)).to_pydict()
    assert table["a"] == ["1.5", "", "10000000000"]
    assert table["d"] == ["2026-03-01", "", "2026-12-31"]
    assert table["t"] == ["2026-03-01T08:30:00", "", "2026-03-02"]


@pytest.mark.parametrize("page", [("windows-1258", 1258), ("", 1258), ("CP1258", 0)])
def test_code_page_1258_keeps_its_letters(make_sav: MakeSav, page: tuple[str, int]) -> None:
    name = page[0] if page[0] != "CP1258" else "cp1258"
    path = make_sav(FRAME, letters={b"Xxx01": HA_NOI, b"Xxx02": DA_NA}, code_page=(name, page[1]))
    table = read_table(path)
    assert table.column_names[:3] == ["MA_PHIEU", "I_A1", "TEN"]
    assert table["TEN"].to_pylist() == ["Hà Nô", "Đà Na"]
    assert table["MA_PHIEU"].to_pylist() == ["P1", "P2"]


def test_code_page_1258_in_the_name_of_a_variable(make_sav: MakeSav) -> None:
    frame = FRAME.rename(columns={"TEN": "XON_VI"})
    path = make_sav(frame, letters={b"XON_VI": b"\xd0\xd5N_VI"}, code_page=("windows-1258", 1258))
    assert read_table(path, known_headers=["MA_PHIEU", "đơn_vi"]).column_names[2] == "ĐƠN_VI"


def test_combining_tone_marks_are_joined(make_sav: MakeSav) -> None:
    # ê EA + acute EC = ế, ô F4 + dot F2 = ộ
    path = make_sav(
        FRAME, letters={b"Xxx01": b"B\xea\xecn ", b"Xxx02": b"b\xf4\xf2  "}, code_page=("windows-1258", 1258)
    )
    assert [name.strip() for name in read_table(path)["TEN"].to_pylist()] == ["Bến", "bộ"]


def test_tcvn3_behind_a_western_header(make_sav: MakeSav) -> None:
    # Old files in ABC fonts say 1252: "Trần" is 54 72 C7 6E, "Phạm" 50 68 B9 6D.
    frame = pd.DataFrame({"MA": ["P1", "P2", "P3"], "TEN": ["Xxx0", "Yyy0", "Zzz0"]})
    letters = {b"Xxx0": b"Tr\xc7n", b"Yyy0": b"Ph\xb9m", b"Zzz0": b"V\xe2n "}
    path = make_sav(frame, letters=letters, code_page=("windows-1252", 1252))
    assert refusal(path).rule == "files.mojibake"
    assert read_table(path, code_page="tcvn3")["TEN"].to_pylist()[:2] == ["Trần", "Phạm"]


@pytest.mark.full
@pytest.mark.parametrize("page", [("", 0), ("", 3), ("SHIFT_JIS", 932)])
def test_an_unknown_code_page_must_be_named(make_sav: MakeSav, page: tuple[str, int]) -> None:
    path = make_sav(FRAME, letters={b"Xxx01": HA_NOI}, code_page=page)
    assert refusal(path).rule == "files.sav_code_page"
    assert read_table(path, code_page="cp1258")["TEN"].to_pylist()[0] == "Hà Nô"
    assert refusal(path, code_page="big5").rule == "files.code_page_unknown"


def test_seven_bit_text_needs_no_code_page(make_sav: MakeSav) -> None:
    assert read_table(make_sav(FRAME, code_page=("", 2)))["TEN"].to_pylist() == ["Xxx01", "Xxx02"]
    error = refusal(make_sav(FRAME, letters={b"Xxx01": HA_NOI}, code_page=("", 2)))
    assert isinstance(error, FaultsFound)
    assert [(f.rule, f.row, f.column, f.got) for f in error.faults] == [
        ("files.hidden_character", 1, "TEN", "U+FFFD"),
    ]


def test_a_header_that_says_utf8_over_other_bytes(make_sav: MakeSav) -> None:
    assert refusal(make_sav(FRAME, letters={b"Xxx01": HA_NOI})).rule in ("files.cannot_read", "files.crashed")


def test_a_broken_value_label_of_a_text_variable_stops_only_the_child(make_sav: MakeSav) -> None:
    path = make_sav(
        FRAME,
        variable_value_labels={"TEN": {"Xxx01": "LABEL", "Xxx02": "other"}},
        letters={b"LABEL": b"\xd0\xff\xfe\xe0\xf4"},
    )
    assert refusal(path).rule in ("files.cannot_read", "files.crashed")


@pytest.mark.parametrize("cut", [10, 100, 170, 180, 300, 500])
def test_truncated_dictionary(make_sav: MakeSav, cut: int) -> None:
    path = make_sav(FRAME)
    path.write_bytes(path.read_bytes()[:cut])
    assert refusal(path).rule == "files.truncated_sav"


@pytest.mark.parametrize("lost", [1, 8, 24])
def test_truncated_cases(make_sav: MakeSav, lost: int) -> None:
    path = make_sav(FRAME)
    path.write_bytes(path.read_bytes()[:-lost])
    assert refusal(path).rule in ("files.cannot_read", "files.truncated_sav")


def test_more_cases_announced_than_present(make_sav: MakeSav) -> None:
    path = make_sav(FRAME)
    data = bytearray(path.read_bytes())
    data[80:84] = (3).to_bytes(4, "little")
    path.write_bytes(bytes(data))
    assert refusal(path).rule in ("files.cannot_read", "files.truncated_sav")


def test_compressed_files(make_sav: MakeSav, tmp_path: Path) -> None:
    path = make_sav(FRAME, compress=True)
    zsav = tmp_path / "a.zsav"
    path.rename(zsav)
    assert read_table(zsav)["I_A1"].to_pylist() == ["5", "99"]


@pytest.mark.full
def test_many_cases_in_chunks(make_sav: MakeSav) -> None:
    n = CHUNK_ROWS + 5
    table = read_table(make_sav(pd.DataFrame({"a": [float(i) for i in range(n)], "b": 1.0})))
    assert table["a"].to_pylist() == [str(i) for i in range(n)]
    assert table["_row"].to_pylist() == list(range(1, n + 1))
    exact = read_table(make_sav(pd.DataFrame({"a": [1.0] * CHUNK_ROWS, "b": 1.0})))
    assert exact.num_rows == CHUNK_ROWS
