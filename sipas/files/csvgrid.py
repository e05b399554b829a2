"""A text file as it lies there: every row, titles above the table and signatures below it included."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice

import numpy as np
import pyarrow as pa

from errors import DataError, Fault
from sipas.files.cells import column_letters
from sipas.files.charset import decoder
from sipas.files.csvfile import SEPARATORS, code_page, encoding_of, take
from sipas.files.grid import BLANK, KINDS_COLUMN, NAME_COLUMN, TEXT
from sipas.files.headers import Header
from sipas.files.source import Chunk, Sheet, Source, chunk_rows

_SAMPLE = 400
_LOOSE_CELLS = 2


def read_csv_grid(source: Source) -> Sheet:
    """All rows as columns A, B, ..., `_kinds`, `_name` (blank). Runs in the child process.

    The width is that of most rows. A shorter row is filled up with blanks when it holds at most two cells (titles,
    headings, signatures), else it is a fault `files.ragged`, as a longer one is. Raises the errors of `read_csv`.
    """
    csv.field_size_limit(source.limits.max_cell_chars)
    page = code_page(source)
    decode = decoder(page)
    encoding = encoding_of(source, page)
    separator, width = _shape(source, encoding)
    names = (*(column_letters(at + 1) for at in range(width)), KINDS_COLUMN, NAME_COLUMN)
    header = Header(-1, names, (False,) * len(names), ())
    return Sheet("", header, _chunks(source, encoding, separator, width), decode)


def _shape(source: Source, encoding: str) -> tuple[str, int]:
    """Separator and width: those that most rows share, then the wider table."""
    with source.path.open(encoding=encoding, newline="") as file:
        lines = list(islice(file, _SAMPLE))
    shapes = []
    for separator in SEPARATORS:
        rows: list[list[str]] = []
        with suppress(csv.Error):  # named when the rows are read
            rows.extend(csv.reader(lines, delimiter=separator, strict=True))
        widths = Counter(len(row) for row in rows if len(row) > 1)
        if widths:
            width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
            shapes.append((count, width, separator))
    if not shapes:
        raise DataError("files.no_header", where=source.name, expected="; , Tab")
    _, width, separator = max(shapes)
    if width > source.limits.max_columns:
        raise DataError("files.no_header", where=source.name, expected="; , Tab")
    return separator, width


def _chunks(source: Source, encoding: str, separator: str, width: int) -> Iterator[Chunk]:
    with source.path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        n_read = 0
        while records := take(reader, chunk_rows(width), source, n_read):
            yield _chunk(records, np.arange(n_read + 1, n_read + 1 + len(records)), width, source.name)
            n_read += len(records)


def _chunk(records: list[list[str]], rows: np.ndarray, width: int, name: str) -> Chunk:
    faults = []
    fitted = []
    for at, record in enumerate(records):
        filled = [cell for cell in record if cell.strip()]
        while len(record) > width and not record[-1].strip():
            record = record[:-1]
        is_short = len(record) < width and len(filled) > _LOOSE_CELLS
        if (len(record) > width or is_short) and not (filled and filled[0].startswith("#")):
            faults.append(Fault("files.ragged", name, row=int(rows[at]), got=str(len(record)), expected=str(width)))
        cells = [*record[:width], *[""] * (width - len(record))]
        kinds = "".join(TEXT if cell.strip() else BLANK for cell in cells).rstrip()
        fitted.append([*cells, kinds, ""])
    columns = [pa.array(column, pa.string()) for column in zip(*fitted, strict=True)]
    return Chunk(columns, rows, tuple(faults))
