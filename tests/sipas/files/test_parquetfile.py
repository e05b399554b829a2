"""Parquet files as text: every type as a person reads it, nothing nested, nothing damaged or swollen."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from errors import SurveyError
from sipas.files import GateLimits, layout_of, read_table
from sipas.files.cells import cell_text
from sipas.files.parquetfile import text_of

UTC = datetime.UTC


def save(path: Path, **columns: object) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def refusal(path: Path, **options: object) -> SurveyError:
    with pytest.raises(SurveyError) as caught:
        read_table(path, **options)
    return caught.value


@pytest.mark.full
@pytest.mark.parametrize(
    ("column", "text"),
    [
        (pa.array(["001", " NA", None]), ["001", " NA", ""]),
        (pa.array(["e\u0302", "Ð"], pa.large_string()), ["ê", "Đ"]),
        (pa.array([79012345678, -1, None], pa.int64()), ["79012345678", "-1", ""]),
        (pa.array([2**64 - 1], pa.uint64()), ["18446744073709551615"]),
        (pa.array([5.0, 2.5, np.nan, np.inf, None]), ["5", "2.5", "", "inf", ""]),
        (pa.array([np.float32(0.5)], pa.float32()), ["0.5"]),
        (pa.array([Decimal("5.00"), Decimal("2.50"), Decimal("100.00")], pa.decimal128(9, 2)), ["5", "2.5", "100"]),
        (pa.array([Decimal(100), Decimal(20)], pa.decimal128(9, 0)), ["100", "20"]),
        (pa.array([True, False, None]), ["TRUE", "FALSE", ""]),
        (pa.array([datetime.date(2026, 3, 1), None]), ["2026-03-01", ""]),
        (pa.array([datetime.date(2026, 3, 1)], pa.date64()), ["2026-03-01"]),
        (
            pa.array([datetime.datetime(2026, 3, 1), datetime.datetime(2026, 3, 1, 8, 5, 1, 999)], pa.timestamp("us")),
            ["2026-03-01", "2026-03-01T08:05:01"],
        ),
        (  # 17:00 in UTC is midnight of the next day in Viet Nam
            pa.array([datetime.datetime(2026, 2, 28, 17, tzinfo=UTC)], pa.timestamp("ms", "UTC")),
            ["2026-03-01"],
        ),
        (pa.array(["x", "y", None, "x"]).dictionary_encode(), ["x", "y", "", "x"]),
        (pa.array([7, 8]).dictionary_encode(), ["7", "8"]),
        (pa.nulls(2), ["", ""]),
    ],
)
def test_types(tmp_path: Path, column: pa.Array, text: list[str]) -> None:
    read = read_table(save(tmp_path / "a.parquet", mã=[f"P{n}" for n in range(len(column))], cột=column))
    assert read["cột"].to_pylist() == text
    assert read["_row"].to_pylist() == list(range(1, len(column) + 1))
    assert layout_of(read).parts[0].header_rows == 0


@given(st.lists(st.one_of(st.none(), st.floats(-1e16, 1e16), st.integers(-(10**6), 10**6).map(float))))
def test_floats_read_as_in_a_workbook(values: list[float | None]) -> None:
    assert text_of(pa.array(values, pa.float64())).to_pylist() == [cell_text(value) for value in values]


@given(st.lists(st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2040, 1, 1))))
def test_times_read_as_in_a_workbook(values: list[datetime.datetime]) -> None:
    whole = [value.replace(microsecond=0) for value in values]
    for unit in ("s", "ms", "us", "ns"):
        assert text_of(pa.array(whole, pa.timestamp(unit))).to_pylist() == [cell_text(value) for value in whole]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[1], [2]]),
        pa.array([{"a": 1}, {"a": 2}]),
        pa.array([b"a", b"b"]),
        pa.array([datetime.timedelta(1)] * 2),
        pa.array([datetime.time(8)] * 2),
    ],
)
def test_columns_that_are_no_text(tmp_path: Path, column: pa.Array) -> None:
    error = refusal(save(tmp_path / "a.parquet", mã=["1", "2"], cột=column))
    assert error.rule == "files.column_type" and error.where == "a.parquet, cột"


def test_letters_that_are_no_text(tmp_path: Path) -> None:
    broken = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())
    assert refusal(save(tmp_path / "a.parquet", mã=["1"], cột=broken)).rule == "files.cannot_read"


def test_hidden_characters_and_mojibake_are_found(tmp_path: Path) -> None:
    hidden = save(tmp_path / "a.parquet", mã=["1\u200b"], tên=["Lê"])
    assert refusal(hidden).faults[0].rule == "files.hidden_character"
    garbled = save(tmp_path / "b.parquet", mã=["1", "2"], tên=["TrÇn H­ng §¹o", "Ph­êng BÕn NghÐ"])
    assert refusal(garbled).rule == "files.mojibake"


@pytest.mark.full
def test_a_small_file_that_unpacks_to_a_large_one(tmp_path: Path) -> None:
    path = save(tmp_path / "a.parquet", mã=pa.array(["x" * 20_000] * 60_000).dictionary_encode(), b=["1"] * 60_000)
    assert path.stat().st_size < 2**20
    error = refusal(path, limits=GateLimits(max_unpacked=100 * 2**20))
    assert error.rule in ("files.zip_bomb", "files.out_of_memory")
    assert refusal(path, limits=GateLimits(max_cell_chars=1_000)).rule in ("files.long_cell", "files.out_of_memory")


@pytest.mark.full
def test_chunks_and_wide_tables(tmp_path: Path) -> None:
    numbers = [str(n) for n in range(250_000)]
    read = read_table(save(tmp_path / "a.parquet", mã=numbers, b=["x"] * len(numbers)))
    assert read["mã"].to_pylist() == numbers and read["_row"].to_pylist()[-1] == 250_000
    wide = save(tmp_path / "b.parquet", **{f"c{n}": ["1"] for n in range(30)})
    assert refusal(wide, limits=GateLimits(max_columns=29)).rule == "files.too_many_columns"


@pytest.mark.full
def test_damage_is_refused_and_never_changes_a_cell(tmp_path: Path) -> None:
    cells = [f"P{n:04d}" for n in range(400)]
    table = pa.table({"mã": cells, "tên": ["Lê"] * 400})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, write_page_checksum=True)
    whole, random = path.read_bytes(), np.random.Generator(np.random.PCG64(5))
    for _ in range(12):
        data = bytearray(whole)
        data[int(random.integers(4, len(data) - 600))] ^= 0x10  # in a page, not in the footer
        path.write_bytes(data)
        try:
            assert read_table(path)["mã"].to_pylist() == cells
        except SurveyError as error:
            assert error.rule.startswith("files.")
    path.write_bytes(whole[:-100])
    assert refusal(path).rule == "files.cannot_read"
