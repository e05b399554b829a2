"""One table, one sequence of bytes: canonical Arrow types, Parquet without metadata, and a hash of the content."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

_POINTS: Final = pa.decimal128(18, 6)


def canonical_table(table: pa.Table) -> pa.Table:
    """`table` in one chunk with types text, int64, float64 (NaN as null), bool and decimal128(18, 6) only.

    Whatever made the table (dictionary or large strings, small integers, all-null columns), the same values become
    the same table. StoreError `store.table_type` names a column that fits none of these.
    """
    columns = [
        _canonical(name, column.combine_chunks())
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]
    fields = [pa.field(name, column.type) for name, column in zip(table.column_names, columns, strict=True)]
    return pa.Table.from_arrays(columns, schema=pa.schema(fields)).combine_chunks()


def parquet_bytes(table: pa.Table) -> bytes:
    """A canonical table as Parquet; the same pyarrow version makes the same bytes of it."""
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, version="2.6", compression="zstd", compression_level=3, store_schema=False)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def read_parquet(data: bytes) -> pa.Table:
    """Table in the bytes of a snapshot."""
    import pyarrow.parquet as pq

    return pq.read_table(pa.BufferReader(data))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Frame of a canonical table: text "str", points Decimal, whole numbers int64, or Int64 where some are null."""
    import pandas as pd

    frame: pd.DataFrame = table.to_pandas()
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_integer(column.type) and column.null_count:
            frame[name] = column.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        if pa.types.is_string(column.type):
            frame[name] = frame[name].astype("str")
    return frame


def content_sha256(table: pa.Table) -> str:
    """SHA-256 of a canonical table as CSV: UTF-8, LF, header, text in double quotes, numbers bare, null as nothing.

    It does not depend on Parquet and its version, so another computer can compare results by it.
    """
    import pyarrow.csv as csv

    sink = _HashSink()
    with pa.PythonFile(sink, mode="w") as file:
        csv.write_csv(table, file)
    return sink.digest.hexdigest()


class _HashSink:
    """File-like object that keeps only the hash of what is written to it."""

    closed = False

    def __init__(self) -> None:
        self.digest = hashlib.sha256()

    def write(self, data: Any) -> int:
        self.digest.update(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits."""

    def close(self) -> None:
        self.closed = True


def _canonical(name: str, column: Any) -> Any:
    kind = column.type
    types = pa.types
    if types.is_dictionary(kind):
        column = column.dictionary_decode()
        kind = column.type
    if types.is_null(kind) or types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind):
        wanted = pa.string()
    elif types.is_integer(kind):
        wanted = pa.int64()
    elif types.is_floating(kind):
        return _without_nan(column.cast(pa.float64()))
    elif types.is_boolean(kind):
        wanted = pa.bool_()
    elif types.is_decimal(kind):
        wanted = _POINTS
    else:
        raise StoreError("store.table_type", where=name, got=kind, expected="text, int, float, bool, decimal")
    try:
        return column.cast(wanted)
    except pa.ArrowInvalid as error:
        raise StoreError("store.table_type", where=name, got=kind, expected=wanted) from error


def _without_nan(column: Any) -> Any:
    import pyarrow.compute as pc

    return pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)
