"""Cells of any source as clean text: numbers and dates as a person reads them, NFC, no look-alike letters.

Works on whole columns: only the distinct values that are not plain ASCII are touched one by one.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sipas.cells.text import HIDDEN, LOOK_ALIKES, clean_text

ERROR_VALUES = frozenset(
    {"#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#GETTING_DATA"}
)


def _is_clean(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and not any(chr(code) in text for code in LOOK_ALIKES)


def number_text(value: float) -> str:
    """A number as a person reads it in the cell: `5.0` is "5"; at most 15 digits, as Excel keeps."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return format(value, ".15g")


def cell_text(value: object) -> str:
    """Text of a typed cell: ISO dates and times, TRUE/FALSE, numbers by `number_text`, blank for nothing."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        number = float(value)
        return "" if number != number else number_text(number)
    if isinstance(value, datetime.datetime):
        is_day = value.time() == datetime.time()
        return value.date().isoformat() if is_day else value.isoformat(timespec="seconds")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds:02d}"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def text_column(values: Sequence[object]) -> pa.Array:
    """Arrow text column of typed cells."""
    kinds = set(map(type, values))
    if kinds <= {str}:
        return pa.array(values, pa.string())
    if kinds <= {float, type(None)}:
        numbers = pa.array(values, pa.float64(), from_pandas=True).fill_null(np.nan).dictionary_encode()
        return _decoded(numbers, [cell_text(number) for number in numbers.dictionary.to_pylist()])
    return pa.array([value if type(value) is str else cell_text(value) for value in values], pa.string())


def tidy_column(column: pa.Array, decode: Callable[[list[str]], list[str]] | None) -> pa.Array:
    """`clean_text` of every cell, decoded first where the source is not UTF-8. `column`: text without nulls."""
    if not _has_byte(column, lambda raw: raw >= 0x80):
        return column
    coded = column.dictionary_encode()
    texts: list[str] = coded.dictionary.to_pylist()
    if decode:
        texts = decode(texts)
    elif _is_clean("\n".join(texts)):
        return column
    return _decoded(coded, [clean_text(text) for text in texts])


def distinct_foreign(column: pa.Array) -> list[str]:
    """Distinct cells with a letter outside ASCII."""
    if not _has_byte(column, lambda raw: raw >= 0x80):
        return []
    distinct = column.unique()
    texts: list[str] = distinct.filter(pc.invert(pc.string_is_ascii(distinct))).to_pylist()
    return texts


def hidden_cells(column: pa.Array) -> list[tuple[int, str]]:
    """(position, "U+202E") of each cell with a hidden character, naming its first one."""
    if not _has_byte(column, lambda raw: (raw >= 0x7F) | ((raw < 0x20) & (raw != 9) & (raw != 10) & (raw != 13))):
        return []
    coded = column.dictionary_encode()
    hidden = {
        code: f"U+{ord(match.group()):04X}"
        for code, text in enumerate(coded.dictionary.to_pylist())
        if (match := HIDDEN.search(text))
    }
    codes = coded.indices.to_numpy()
    return [(int(at), hidden[int(codes[at])]) for at in np.flatnonzero(np.isin(codes, list(hidden)))]


def cells_equal(column: pa.Array, values: Sequence[str]) -> list[int]:
    """Positions of cells that are one of `values`."""
    hits = pc.is_in(column, value_set=pa.array(values, pa.string()))
    return [int(at) for at in np.flatnonzero(hits.to_numpy(zero_copy_only=False))]


def column_letters(number: int) -> str:
    """Spreadsheet letters of a 1-based column: 1 -> A, 28 -> AB."""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _decoded(coded: pa.DictionaryArray, texts: list[str]) -> pa.Array:
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(texts, pa.string())).cast(pa.string())


def _has_byte(column: pa.Array, test: Callable[[np.ndarray], np.ndarray]) -> bool:
    data = column.buffers()[2]
    return data is not None and bool(test(np.frombuffer(data, np.uint8)).any())
