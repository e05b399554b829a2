"""Parquet files: every column as the text a person would read, whatever type the exporting program gave it.

Numbers read as in a workbook ("5", not "5.0"), days 2026-03-01, instants as local Vietnamese time, booleans TRUE/FALSE.
Nested and binary columns are refused. Row 1 is the first record.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as kinds

from errors import DataError
from sipas.cells.days import VIETNAM
from sipas.files.cells import number_text
from sipas.files.headers import find_header
from sipas.files.source import Chunk, Sheet, Source, TablePart, chunk_rows

if TYPE_CHECKING:
    from pyarrow.parquet import ParquetFile

_MIDNIGHT = " 00:00:00"


def read_parquet(source: Source) -> Sheet:
    """The table of a Parquet file. Runs in the child process.

    Raises DataError `files.cannot_read` (damaged, page checksums are held where the file has them),
    `files.no_header`, `files.column_type` (nested or binary), `files.too_many_columns`, `files.zip_bomb`, and while
    reading `files.long_cell`, `files.zip_bomb`.
    """
    from pyarrow.parquet import ParquetFile

    try:
        file = ParquetFile(source.path, page_checksum_verification=True)
        schema = file.schema_arrow
    except (pa.ArrowException, OSError, ValueError) as error:
        raise DataError("files.cannot_read", where=source.name) from error
    _check_shape(source, file)
    for field in schema:
        if not _is_plain(_value_type(field.type)):
            raise DataError("files.column_type", where=f"{source.name}, {field.name}", got=field.type)
    header = find_header([schema.names], source.known_headers)
    if header is None:
        raise DataError("files.no_header", where=source.name)
    return Sheet("", header, _chunks(source, file), parts=(TablePart("", 0, 0),))


def _check_shape(source: Source, file: ParquetFile) -> None:
    """Refuse before reading what would unpack beyond the limits; what dictionaries hide is counted while reading."""
    facts, limits = file.metadata, source.limits
    if facts.num_columns > limits.max_columns:
        expected = limits.max_columns
        raise DataError("files.too_many_columns", where=source.name, got=facts.num_columns, expected=expected)
    unpacked = sum(facts.row_group(at).total_byte_size for at in range(facts.num_row_groups))
    if unpacked > limits.max_unpacked:
        _refuse_bomb(source, unpacked)


def _chunks(source: Source, file: ParquetFile) -> Iterator[Chunk]:
    n_read = unpacked = 0
    try:
        for batch in file.iter_batches(batch_size=chunk_rows(file.metadata.num_columns), use_threads=False):
            columns = [text_of(column) for column in batch.columns]
            rows = np.arange(n_read + 1, n_read + 1 + batch.num_rows)
            for column in columns:
                unpacked += column.nbytes
                lengths = pc.utf8_length(column).to_numpy(zero_copy_only=False)
                if lengths.max(initial=0) > source.limits.max_cell_chars:
                    row, expected = int(rows[lengths.argmax()]), source.limits.max_cell_chars
                    raise DataError("files.long_cell", where=source.name, got=row, expected=expected)
            if unpacked > source.limits.max_unpacked:
                _refuse_bomb(source, unpacked)
            yield Chunk(columns, rows)
            n_read += batch.num_rows
    except MemoryError:  # Arrow's is an ArrowException too; the child tells what it means
        raise
    except (pa.ArrowException, OSError) as error:
        raise DataError("files.cannot_read", where=source.name) from error


def _refuse_bomb(source: Source, unpacked: int) -> None:
    ratio = f"{unpacked / source.report.size:.0f}:1"
    raise DataError("files.zip_bomb", where=source.name, got=ratio, expected=f"{source.limits.max_ratio}:1")


def text_of(column: pa.Array) -> pa.Array:
    """Text without nulls of a plain or dictionary column. Raises ArrowInvalid for bytes that are not UTF-8."""
    kind = _value_type(column.type)
    column = column.cast(kind) if kinds.is_dictionary(column.type) else column
    if kinds.is_floating(kind):
        text = _floats(column.cast(pa.float64()))
    elif kinds.is_decimal(kind):
        text = pc.replace_substring_regex(column.cast(pa.string()), r"(\.\d*?)0+$", r"\1")
        text = pc.replace_substring_regex(text, r"\.$", "")
    elif kinds.is_boolean(kind):
        text = pc.if_else(column, "TRUE", "FALSE")
    elif kinds.is_timestamp(kind):
        text = _times(column, kind)
    elif kinds.is_date64(kind):
        text = column.cast(pa.date32()).cast(pa.string())
    elif kinds.is_null(kind):
        text = pa.nulls(len(column), pa.string())
    else:
        text = column.cast(pa.string())
    text = pc.fill_null(text, "")
    text.validate(full=True)
    return text


def _floats(column: pa.Array) -> pa.Array:
    """Numbers as `number_text` writes them; each distinct one is written once. Not a number is blank."""
    coded = column.dictionary_encode()
    values = [None if value is None or value != value else number_text(value) for value in coded.dictionary.to_pylist()]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(values, pa.string())).cast(pa.string())


def _times(column: pa.Array, kind: pa.TimestampType) -> pa.Array:
    """Days where the time is midnight, else day and time to the second; an instant (with zone) in Vietnamese time."""
    local = column.cast(pa.timestamp(kind.unit))
    if kind.tz:
        local = pc.add(local, pa.scalar(VIETNAM.utcoffset(None), pa.duration(kind.unit)))
    text = pc.floor_temporal(local, unit="second").cast(pa.timestamp("s")).cast(pa.string())
    days = pc.ends_with(text, _MIDNIGHT)
    return pc.if_else(days, pc.utf8_slice_codeunits(text, 0, 10), pc.replace_substring(text, " ", "T"))


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if kinds.is_dictionary(kind) else kind


def _is_plain(kind: pa.DataType) -> bool:
    is_text = kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind)
    is_number = kinds.is_integer(kind) or kinds.is_floating(kind) or kinds.is_decimal(kind) or kinds.is_boolean(kind)
    return bool(is_text or is_number or kinds.is_date(kind) or kinds.is_timestamp(kind) or kinds.is_null(kind))
