"""A frame in pieces of bounded size, as Arrow text, and the words of its ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Final, TypeAlias

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from errors import DataError
from sampling.selection.seeds import digests_of, word_of

Frame: TypeAlias = pd.DataFrame | pa.RecordBatchReader
Words = NDArray[np.uint64]
CHUNK_ROWS: Final = 524_288
_PIECE_ROWS: Final = 65_536  # a thread of DuckDB takes one piece at a time
_FEW_ROWS: Final = 20_000  # below, opening a database costs more than hashing here
_WORDS = "select ('0x' || left(sha256($prefix || id), 16))::ubigint as word from pieces"


def chunks(frame: Frame, columns: Sequence[str]) -> Iterator[pa.Table]:
    """The columns as text (booleans 0/1), at most CHUNK_ROWS rows at a time. A reader is read once, batch by batch.

    Raises DataError `table.columns`, `table.type`.
    """
    names = list(map(str, frame.columns)) if isinstance(frame, pd.DataFrame) else frame.schema.names
    if set(columns) - set(names):
        raise DataError("table.columns", where="frame", got=", ".join(names), expected=", ".join(columns))
    for piece in _of_frame(frame, columns) if isinstance(frame, pd.DataFrame) else _of_reader(frame, columns):
        yield pa.table([_as_text(piece[name], name) for name in columns], names=list(columns))


def _of_frame(frame: pd.DataFrame, columns: Sequence[str]) -> Iterator[pa.Table]:
    for start in range(0, len(frame), CHUNK_ROWS):
        part = frame.iloc[start : start + CHUNK_ROWS]
        yield pa.table({name: _arrow(part[name], name) for name in columns})


def _of_reader(reader: pa.RecordBatchReader, columns: Sequence[str]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    rows = 0
    for batch in reader:
        batch = batch.select(list(columns))
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            waiting.append(batch.slice(start, CHUNK_ROWS))
            rows += waiting[-1].num_rows
            if rows >= CHUNK_ROWS // 2:
                yield pa.Table.from_batches(waiting)
                waiting, rows = [], 0
    if waiting:
        yield pa.Table.from_batches(waiting)


def _arrow(values: pd.Series, name: str) -> pa.Array | pa.ChunkedArray:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise DataError("table.type", where=name, got="values of several types", expected="text values") from error


def _as_text(values: pa.ChunkedArray, name: str) -> pa.Array:
    if pa.types.is_boolean(values.type):
        values = pc.cast(values, pa.int8())
    if pa.types.is_floating(values.type):
        raise DataError("table.type", where=name, got="numbers with decimals", expected="text values | whole numbers")
    text = pc.cast(values, pa.large_string())
    return text.combine_chunks() if isinstance(text, pa.ChunkedArray) else text


class Words64:
    """First 64 bits of SHA-256(seed + "|" + id) of many ids, by DuckDB in memory on two threads; opens no file."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._base: duckdb.DuckDBPyConnection | None = None

    def __enter__(self) -> Words64:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._base is not None:
            self._base.close()

    def of(self, ids: pa.Array) -> Words:
        """U_k by row. ids: Arrow large_string without nulls."""
        if len(ids) <= _FEW_ROWS:
            return np.array([word_of(digest) for digest in digests_of(ids.to_pylist(), self._seed)], dtype=np.uint64)
        if self._base is None:
            self._base = duckdb.connect(":memory:", config={"threads": 2})
        pieces = pa.table({"id": ids}).to_batches(max_chunksize=_PIECE_ROWS)
        self._base.register("pieces", pa.Table.from_batches(pieces))
        table = self._base.sql(_WORDS, params={"prefix": self._seed + "|"}).to_arrow_table()
        self._base.unregister("pieces")
        return np.asarray(table["word"].to_numpy(), dtype=np.uint64)
