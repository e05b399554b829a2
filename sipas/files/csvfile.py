"""CSV and other separated text: one separator for the whole file, quotes by RFC 4180, row numbers kept."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice

import numpy as np

from errors import DataError, Fault
from sipas.files.cells import text_column
from sipas.files.charset import CODE_PAGES, FONT_PAGES, decoder
from sipas.files.headers import HEADER_DEPTH, Header, find_header
from sipas.files.source import Chunk, Sheet, Source, chunk_rows

SEPARATORS = ";,\t"


def read_csv(source: Source) -> Sheet:
    """The table of a text file. Row numbers count records, blank ones too, as a spreadsheet shows them.

    Raises DataError `files.not_utf8`, `files.code_page_wrong`, `files.code_page_unknown`, `files.no_header`,
    `files.separator`; while reading `files.open_quote`, `files.stray_quote`, `files.long_cell`. Rows with another
    number of cells than the header are faults `files.ragged`.
    """
    csv.field_size_limit(source.limits.max_cell_chars)
    page = code_page(source)
    decode = decoder(page)
    encoding = encoding_of(source, page)
    separator, header = _sniff(source, encoding, decode)
    return Sheet("", header, _chunks(source, encoding, separator, header), decode)


def code_page(source: Source) -> str:
    """Code page the text is in; the errors of `read_csv`."""
    report, page = source.report, source.named_code_page()
    if page in ("", "utf-8"):
        if not report.is_utf8:
            expected = ", ".join(CODE_PAGES)
            raise DataError("files.not_utf8", where=source.name, got=report.bad_line, expected=expected)
        return "utf-8"
    if report.is_utf8 and not report.is_ascii and page not in FONT_PAGES:
        raise DataError("files.code_page_wrong", where=source.name, got=page, expected="utf-8")
    return "utf-8" if report.is_ascii else page


def encoding_of(source: Source, page: str) -> str:
    """How the bytes are opened: as UTF-8, or as Latin-1 to be decoded cell by cell."""
    return "utf-8-sig" if decoder(page) is None or (page in FONT_PAGES and source.report.is_utf8) else "latin-1"


def _sniff(source: Source, encoding: str, decode: Callable[[str], str] | None) -> tuple[str, Header]:
    """Separator that gives the header the most known columns, then the most rows as wide as it, then most columns."""
    with source.path.open(encoding=encoding, newline="") as file:
        lines = list(islice(file, HEADER_DEPTH))
    candidates = []
    for separator in SEPARATORS:
        rows: list[list[str]] = []
        with suppress(csv.Error):  # a broken cell further down is named when it is read
            rows.extend(csv.reader(lines, delimiter=separator, strict=True))
        if decode:
            rows = [source.decoded(row, decode) for row in rows]
        if header := find_header(rows, source.known_headers):
            n_alike = sum(len(row) == len(header.names) and _is_whole(row) for row in rows[header.position :])
            n_known = header.n_known if source.known_headers else 0
            candidates.append(((n_known, n_alike, len(header.names)), separator, header))
    if not candidates:
        raise DataError("files.no_header", where=source.name, expected="; , Tab")
    best = max(score for score, _, _ in candidates)
    winners = [(separator, header) for score, separator, header in candidates if score == best]
    if len(winners) > 1:
        raise DataError("files.separator", where=source.name, got=" ".join(map(repr, dict(winners))))
    return winners[0]


def _is_whole(row: list[str]) -> bool:
    """False when a cell holds a single quote sign: the mark of a quoted cell cut by the wrong separator."""
    return not any(cell.count('"') % 2 for cell in row)


def _chunks(source: Source, encoding: str, separator: str, header: Header) -> Iterator[Chunk]:
    width = len(header.names)
    with source.path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=separator, strict=True)
        take(reader, header.row, source, 0)
        row_no = header.row
        while records := take(reader, chunk_rows(width), source, row_no):
            yield _chunk(records, np.arange(row_no + 1, row_no + 1 + len(records)), width, source.name)
            row_no += len(records)


def take(reader: Iterator[list[str]], count: int, source: Source, row_no: int) -> list[list[str]]:
    """The next records; a broken one is named by its row (`extend` keeps those read before it)."""
    records: list[list[str]] = []
    try:
        records.extend(islice(reader, count))
    except csv.Error as error:
        row, text = row_no + len(records) + 1, str(error)
        if "field larger" in text:
            limit = source.limits.max_cell_chars
            raise DataError("files.long_cell", where=source.name, got=row, expected=limit) from None
        if "unexpected end" in text:
            raise DataError("files.open_quote", where=source.name, got=row) from None
        raise DataError("files.stray_quote", where=source.name, got=row) from None
    return records


def _chunk(records: list[list[str]], rows: np.ndarray, width: int, name: str) -> Chunk:
    faults: list[Fault] = []
    if set(map(len, records)) != {width}:
        widths = np.fromiter(map(len, records), np.int64, len(records))
        faults = [
            Fault("files.ragged", name, row=int(rows[at]), got=str(widths[at]), expected=str(width))
            for at in np.flatnonzero(widths != width)
            if any(cell.strip() for cell in records[at])
        ]
        kept = np.flatnonzero(widths == width)
        records, rows = [records[at] for at in kept], rows[kept]
    columns = list(zip(*records, strict=True)) if records else [()] * width
    return Chunk([text_column(column) for column in columns], rows, tuple(faults))
