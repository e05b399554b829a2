"""SPSS system files (`.sav`) as bytes, in UTF-8 or in code page 1258 as Vietnamese Windows wrote them.

Written from the record layout (GNU PSPP developer's guide, "System File Format"): header, variable records, value
labels, records 7/3 (integers, character code), 7/4 (floats), 7/13 (long names), 7/20 (encoding), 999, then the
cases, not compressed. The usual writer knows only UTF-8 and stamps the hour; here the same table is the same bytes.
"""

from __future__ import annotations

import struct
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from errors import DataError
from sipas.example.streams import Floats

CodePage = Literal["utf-8", "cp1258"]
_ENCODINGS: Final[Mapping[str, tuple[int, bytes]]] = {"utf-8": (65001, b"UTF-8"), "cp1258": (1258, b"windows-1258")}
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_SEGMENT = 8
_LONGEST_TEXT = 255
_LONGEST_LABEL = 120
_LONGEST_TITLE = 64
_TEXT_FORMAT, _NUMBER_FORMAT = 1, 5
_SYSTEM_MISSING = -sys.float_info.max
_LOWEST = float(np.nextafter(_SYSTEM_MISSING, 0))


@dataclass(frozen=True)
class SavColumn:
    """A variable. `values`: floats with NaN for system-missing, shape (cases,), or texts; `labels`: value labels
    and `missing`: at most three user-missing values, both of numeric variables only."""

    name: str
    label: str
    values: Floats | Sequence[str]
    labels: Mapping[float, str] = field(default_factory=dict)
    missing: tuple[float, ...] = ()


@dataclass(frozen=True)
class _Variable:
    """A variable ready to write: `width` 0 for numbers, else bytes of its longest text; `index` counts from 1 in
    segments of 8 bytes."""

    column: SavColumn
    label: bytes
    width: int
    index: int
    cells: npt.NDArray[np.generic]

    @property
    def segments(self) -> int:
        return max(1, -(-self.width // _SEGMENT))

    @property
    def short_name(self) -> bytes:
        return f"V{self.index}".encode("ascii")


def to_cp1258(text: str) -> bytes:
    """`text` in Windows code page 1258: a letter with its shape mark in one byte, its tone as a combining mark.

    Decoding and NFC give NFC(text) back. Raises DataError `example.cp1258` for a character the page doesn't have.
    """
    parts = []
    for letter in unicodedata.normalize("NFC", text):
        marks = unicodedata.normalize("NFD", letter)
        shape = unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in _TONES))
        parts.append(shape + "".join(mark for mark in marks if mark in _TONES))
    try:
        return "".join(parts).encode("cp1258")
    except UnicodeEncodeError as error:
        raise DataError("example.cp1258", got=f"U+{ord(error.object[error.start]):04X}") from error


def sav_bytes(columns: Sequence[SavColumn], *, code_page: CodePage, title: str) -> bytes:
    """A `.sav` file of `columns` (equal lengths, ASCII names); `title` is the file label.

    Raises DataError `example.sav_text` when a text (255 bytes), a label (120) or the title (64) is too long.
    """
    variables: list[_Variable] = []
    for column in columns:
        index = 1 + sum(variable.segments for variable in variables)
        variables.append(_variable(column, index, code_page))
    parts = [
        _header(variables, _encoded(title, code_page, _LONGEST_TITLE)),
        *(_variable_record(variable) for variable in variables),
        *(_label_records(variable, code_page) for variable in variables if variable.column.labels),
        _extension_records(variables, code_page),
        struct.pack("<2i", 999, 0),
        _cases(variables),
    ]
    return b"".join(parts)


def _variable(column: SavColumn, index: int, code_page: CodePage) -> _Variable:
    label = _encoded(column.label, code_page, _LONGEST_LABEL)
    if isinstance(column.values, np.ndarray):
        numbers = np.where(np.isnan(column.values), _SYSTEM_MISSING, column.values)
        return _Variable(column, label, 0, index, numbers.astype("<f8"))
    texts = [_encoded(text, code_page, _LONGEST_TEXT) for text in column.values]
    width = max([1, *map(len, texts)])
    padded = -(-width // _SEGMENT) * _SEGMENT
    return _Variable(column, label, width, index, np.array([text.ljust(padded) for text in texts], dtype=f"S{padded}"))


def _header(variables: Sequence[_Variable], title: bytes) -> bytes:
    return struct.pack(
        "<4s60s5id9s8s64s3x",
        b"$FL2",
        b"@(#) SPSS DATA FILE made up for the example".ljust(60),
        *(2, sum(variable.segments for variable in variables), 0, 0, len(variables[0].cells)),
        100.0,
        b"01 Sep 26",
        b"08:00:00",
        title.ljust(_LONGEST_TITLE),
    )


def _variable_record(variable: _Variable) -> bytes:
    width = variable.width or 8
    form = (_TEXT_FORMAT if variable.width else _NUMBER_FORMAT) << 16 | width << 8
    missing = variable.column.missing
    record = struct.pack("<6i8s", 2, variable.width, 1, len(missing), form, form, variable.short_name.ljust(8))
    record += struct.pack("<i", len(variable.label)) + variable.label.ljust(-(-len(variable.label) // 4) * 4)
    record += struct.pack(f"<{len(missing)}d", *missing)
    continuation = struct.pack("<6i8s", 2, -1, 0, 0, form, form, b" " * 8)
    return record + continuation * (variable.segments - 1)


def _label_records(variable: _Variable, code_page: CodePage) -> bytes:
    record = struct.pack("<2i", 3, len(variable.column.labels))
    for value, text in variable.column.labels.items():
        label = _encoded(text, code_page, _LONGEST_LABEL)
        space = -(-(len(label) + 1) // 8) * 8 - 1
        record += struct.pack("<dB", value, len(label)) + label.ljust(space)
    return record + struct.pack("<3i", 4, 1, variable.index)


def _extension_records(variables: Sequence[_Variable], code_page: CodePage) -> bytes:
    number, name = _ENCODINGS[code_page]
    long_names = b"\t".join(variable.short_name + b"=" + variable.column.name.encode("ascii") for variable in variables)
    return b"".join(
        (
            struct.pack("<4i8i", 7, 3, 4, 8, *(26, 0, 0, -1, 1, 1, 2, number)),
            struct.pack("<4i3d", 7, 4, 8, 3, _SYSTEM_MISSING, sys.float_info.max, _LOWEST),
            struct.pack("<4i", 7, 13, 1, len(long_names)) + long_names,
            struct.pack("<4i", 7, 20, 1, len(name)) + name,
        )
    )


def _cases(variables: Sequence[_Variable]) -> bytes:
    layout = np.dtype([(f"v{variable.index}", variable.cells.dtype) for variable in variables])
    table = np.empty(len(variables[0].cells), dtype=layout)
    for variable in variables:
        table[f"v{variable.index}"] = variable.cells
    return table.tobytes()


def _encoded(text: str, code_page: CodePage, longest: int) -> bytes:
    data = to_cp1258(text) if code_page == "cp1258" else unicodedata.normalize("NFC", text).encode("utf-8")
    if len(data) > longest:
        raise DataError("example.sav_text", got=len(data), expected=longest)
    return data
