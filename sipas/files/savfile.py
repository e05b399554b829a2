"""SPSS files (.sav, .zsav): codes as text, user-missing codes kept, letters decoded by the code page of the header."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from errors import DataError
from sipas.files.cells import text_column
from sipas.files.charset import CODE_PAGES, FONT_PAGES, code_page_name, decoder
from sipas.files.headers import find_header
from sipas.files.source import Chunk, Sheet, Source, TablePart, chunk_rows

_HEADER_BYTES = 176
_SEVEN_BIT = 2


@dataclass(frozen=True)
class SavHeader:
    """Code page by name (record 7/20) and by number (record 7/3), number of cases or -1, bytes above 127 seen."""

    encoding: str
    char_code: int
    n_cases: int


def read_sav(source: Source) -> Sheet:
    """The data view of an SPSS file; row 1 is the first case.

    The native reader shifts letters of code page 1258, so any file that is not UTF-8 is read as Latin-1 and decoded
    here; the code page is the named one, else the header's, never a guess. Raises DataError `files.truncated_sav`,
    `files.sav_code_page`, `files.code_page_unknown`, `files.no_header`, `files.cannot_read`.
    """
    with source.path.open("rb") as file:
        facts = _header(file, source.name)
    page = _code_page(source, facts)
    decode = decoder(page)
    is_unicode = decode is None or (page in FONT_PAGES and code_page_name(facts.encoding) == "utf-8")
    encoding = "UTF-8" if is_unicode else "LATIN1"
    names = list(_read(source, encoding, 0, 1))
    if decode:
        names = source.decoded(names, decode)
    header = find_header([names], source.known_headers)
    if header is None:
        raise DataError("files.no_header", where=source.name)
    chunks = _chunks(source, encoding, len(names), facts.n_cases)
    return Sheet("", header, chunks, decode, parts=(TablePart("", 0, 0),))


def _read(source: Source, encoding: str, offset: int, limit: int) -> dict[str, list[object]]:
    """Columns of `limit` cases from `offset` on, by variable name."""
    # The native reader is loaded in the child process only.
    import pyreadstat

    try:
        columns, _ = pyreadstat.read_sav(
            str(source.path),
            encoding=encoding,
            user_missing=True,
            output_format="dict",
            row_offset=offset,
            row_limit=limit,
        )
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError, UnicodeDecodeError, OverflowError) as error:
        raise DataError("files.cannot_read", where=source.name) from error
    return dict(columns)


def _chunks(source: Source, encoding: str, width: int, n_cases: int) -> Iterator[Chunk]:
    n_read, count, read = 0, chunk_rows(width), -1
    while read in (-1, count):
        columns = [text_column(column) for column in _read(source, encoding, n_read, count).values()]
        read = len(columns[0])
        yield Chunk(columns, np.arange(n_read + 1, n_read + 1 + read))
        n_read += read
    if n_cases >= 0 and n_read != n_cases:
        raise DataError("files.truncated_sav", where=source.name, got=n_read, expected=n_cases)


def _code_page(source: Source, facts: SavHeader) -> str:
    named = source.named_code_page()
    if named:
        return named
    page = code_page_name(facts.encoding) or code_page_name(str(facts.char_code))
    if not page and facts.char_code == _SEVEN_BIT:
        page = "ascii"
    if not page:
        got = facts.encoding or facts.char_code
        raise DataError("files.sav_code_page", where=source.name, got=got, expected=", ".join(CODE_PAGES))
    return page


def _header(file: BinaryIO, name: str) -> SavHeader:
    """Walk the dictionary of an SPSS file up to its end mark, reading only what the code page needs."""
    try:
        head = file.read(_HEADER_BYTES)
        order = "<" if struct.unpack("<i", head[64:68])[0] in (2, 3) else ">"
        (n_cases,) = struct.unpack(order + "i", head[80:84])
        encoding, char_code = "", 0
        while (kind := _int(file, order)) != 999:
            if kind != 7:
                _skip(file, order, kind)
                continue
            subtype, size, count = (_int(file, order) for _ in range(3))
            data = _bytes(file, size * count)
            if subtype == 3 and len(data) >= 32:
                (char_code,) = struct.unpack(order + "i", data[28:32])
            elif subtype == 20:
                encoding = data.decode("latin-1")
    except (struct.error, ValueError, EOFError) as error:
        raise DataError("files.truncated_sav", where=name) from error
    return SavHeader(encoding, char_code, n_cases)


def _skip(file: BinaryIO, order: str, kind: int) -> None:
    """Step over a record of variables (2), value labels (3, 4) or documents (6)."""
    if kind == 2:
        _, has_label, n_missing, _, _ = (_int(file, order) for _ in range(5))
        _bytes(file, 8)
        if has_label:
            _bytes(file, -(-_int(file, order) // 4) * 4)
        _bytes(file, 8 * abs(n_missing))
    elif kind == 3:
        for _ in range(_int(file, order)):
            length = _bytes(file, 9)[8]
            _bytes(file, -(-(length + 1) // 8) * 8 - 1)
    elif kind == 4:
        _bytes(file, 4 * _int(file, order))
    elif kind == 6:
        _bytes(file, 80 * _int(file, order))
    else:
        raise ValueError(kind)


def _int(file: BinaryIO, order: str) -> int:
    value: int = struct.unpack(order + "i", _bytes(file, 4))[0]
    return value


def _bytes(file: BinaryIO, size: int) -> bytes:
    if size < 0:
        raise ValueError(size)
    data = file.read(size)
    if len(data) < size:
        raise EOFError(size)
    return data
