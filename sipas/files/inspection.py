"""Every cell that comes out of a reader passes here: letters put right, hidden characters and error values found."""

from __future__ import annotations

import json
import operator
from collections.abc import Iterable
from functools import partial, reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from errors import DataError, Fault, FaultsFound
from sipas.cells.text import HIDDEN, folded
from sipas.files.cells import ERROR_VALUES, cells_equal, column_letters, distinct_foreign, hidden_cells, tidy_column
from sipas.files.charset import CODE_PAGES, foreign_words, is_mojibake
from sipas.files.source import Chunk, Sheet, Source

LAYOUT_KEY = "sipas.layout"
_ENOUGH_WORDS = 20_000


class Inspection:
    """Cleans the chunks of one sheet and gathers what is wrong with them until `finish`."""

    def __init__(self, source: Source, sheet: Sheet) -> None:
        self._source, self._sheet = source, sheet
        self._names = sheet.header.names
        self._decode = partial(source.decoded, decode=sheet.decode) if sheet.decode else None
        self._words = foreign_words(self._names)
        self._faults: list[Fault] = []
        self._n_faults = 0
        self._n_rows = 0
        self.schema = pa.schema(
            [*((name, pa.string()) for name in self._names), ("_sheet", pa.string()), ("_row", pa.int64())],
            metadata={LAYOUT_KEY: json.dumps(sheet.layout())},
        )
        self._note(self._header_faults())

    def take(self, chunk: Chunk) -> pa.RecordBatch:
        """Clean text columns plus `_sheet` and `_row`; rows without any content are left out."""
        columns = [tidy_column(column, self._decode) for column in chunk.columns]
        self._note(chunk.faults)
        for column, name, is_known in zip(columns, self._names, self._sheet.header.known, strict=True):
            if len(self._words) < _ENOUGH_WORDS:
                self._words |= foreign_words(distinct_foreign(column))
            if is_known:
                self._note(self._cell_faults(column, name, chunk))
        sheet = pa.repeat(pa.scalar(chunk.sheet or self._sheet.name, pa.string()), len(chunk.rows))
        batch = pa.RecordBatch.from_arrays([*columns, sheet, pa.array(chunk.rows)], schema=self.schema)
        filled = batch.filter(reduce(operator.or_, map(_has_content, columns)))
        self._n_rows += filled.num_rows
        return filled

    def finish(self) -> None:
        """Refuse the file for what was found: DataError `files.mojibake`, `files.no_rows`, or FaultsFound
        `files.faults` with `files.hidden_character`, `files.error_value`, `files.formula`, `files.ragged`,
        `files.duplicate_header`."""
        name = self._source.name
        if is_mojibake(self._words):
            raise DataError("files.mojibake", where=name, expected=", ".join(CODE_PAGES))
        if self._faults:
            raise FaultsFound("files.faults", self._faults, where=name, total=self._n_faults)
        if not self._n_rows:
            raise DataError("files.no_rows", where=name)

    def _note(self, faults: Iterable[Fault]) -> None:
        """Keep the first faults, count all."""
        for fault in faults:
            self._n_faults += 1
            if len(self._faults) < self._source.limits.max_faults:
                self._faults.append(fault)

    def _header_faults(self) -> list[Fault]:
        file, sheet, header = self._source.name, self._sheet.name, self._sheet.header
        faults = [
            Fault("files.duplicate_header", file, sheet, header.row, column_letters(at + 1)) for at in header.repeated
        ]
        for at, name in enumerate(self._names):
            match = HIDDEN.search(name)
            meant = folded(HIDDEN.sub("", name)) in self._source.known_headers
            if match and (header.known[at] or meant):
                got = f"U+{ord(match.group()):04X}"
                faults.append(Fault("files.hidden_character", file, sheet, header.row, column_letters(at + 1), got))
        return faults

    def _cell_faults(self, column: pa.Array, name: str, chunk: Chunk) -> list[Fault]:
        file, sheet, rows = self._source.name, chunk.sheet or self._sheet.name, chunk.rows
        hidden = [
            Fault("files.hidden_character", file, sheet, int(rows[at]), name, got) for at, got in hidden_cells(column)
        ]
        errors = [
            Fault("files.error_value", file, sheet, int(rows[at]), name)
            for at in cells_equal(column, sorted(ERROR_VALUES))
        ]
        return hidden + errors


def _has_content(column: pa.Array) -> np.ndarray:
    lengths: np.ndarray = pc.binary_length(column).to_numpy(zero_copy_only=False)
    return lengths > 0
