"""A table in a web page, as portals export it under the name .xls: cells as text, merged cells at their first place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html.parser import HTMLParser

import numpy as np

from errors import DataError
from sipas.files.cells import text_column
from sipas.files.charset import decoder
from sipas.files.csvfile import code_page, encoding_of
from sipas.files.headers import HEADER_DEPTH, Header, find_header
from sipas.files.limits import GateLimits
from sipas.files.source import Chunk, Sheet, Source, chunk_rows

_BLOCK = 2**20
_SILENT = ("script", "style", "head", "title")
_MOST_SPAN = 1_000


def read_html(source: Source) -> Sheet:
    """The table of the page with the most known headers. Row numbers count the rows of that table.

    Raises DataError `files.not_utf8`, `files.code_page_wrong`, `files.code_page_unknown`, `files.no_header`,
    `files.several_sheets` (two tables equally good), `files.nested_table`, `files.far_cell`, `files.long_cell`.
    """
    page = code_page(source)
    decode = decoder(page)
    parser = _Tables(source.name, source.limits)
    with source.path.open(encoding=encoding_of(source, page), newline="") as file:
        while block := file.read(_BLOCK):
            parser.feed(block)
    parser.close()
    tables: list[tuple[Header, list[list[str]]]] = []
    for rows in parser.tables:
        head = [source.decoded(row, decode) if decode else row for row in rows[:HEADER_DEPTH]]
        header = find_header(head, source.known_headers)
        if header and len(rows) > header.row:
            tables.append((header, rows))
    if not tables:
        raise DataError("files.no_header", where=source.name)
    best = max(header.n_known for header, _ in tables)
    winners = [candidate for candidate in tables if candidate[0].n_known == best]
    if len(winners) > 1:
        raise DataError("files.several_sheets", where=source.name, got=len(winners))
    header, rows = winners[0]
    return Sheet("", header, _chunks(rows, header), decode)


def _chunks(rows: Sequence[Sequence[str]], header: Header) -> Iterator[Chunk]:
    size = chunk_rows(len(header.names))
    for start in range(header.row, len(rows), size):
        part = rows[start : start + size]
        columns = [text_column(column) for column in zip(*part, strict=True)]
        yield Chunk(columns, np.arange(start + 1, start + 1 + len(part)))


class _Tables(HTMLParser):
    """All tables of a page as rows of equal width; a merged cell stands at its upper left place, blank elsewhere."""

    def __init__(self, name: str, limits: GateLimits) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self._where, self._limits = name, limits
        self._rows: list[list[str]] | None = None
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._span = (1, 1)
        self._taken: dict[int, int] = {}  # column -> rows below that a merged cell still covers
        self._silent = 0
        self._width = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a table, row or cell; a row or cell that was left open ends here."""
        if tag in _SILENT:
            self._silent += 1
        elif tag == "table":
            if self._rows is not None:
                raise DataError("files.nested_table", where=self._where)
            self._rows, self._width, self._taken = [], 0, {}
        elif tag == "tr" and self._rows is not None:
            self._end_row()
            self._row = []
        elif tag in ("td", "th") and self._rows is not None:
            self._end_cell()
            if self._row is None:
                self._row = []
            values = dict(attrs)
            self._cell, self._span = [], (_span(values.get("colspan")), _span(values.get("rowspan")))
        elif tag == "br" and self._cell is not None:
            self._cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Close what the tag names."""
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in ("td", "th"):
            self._end_cell()
        elif tag == "tr":
            self._end_row()
        elif tag == "table":
            self._end_table()

    def handle_data(self, data: str) -> None:
        """Text of the open cell."""
        if self._cell is not None and not self._silent:
            self._cell.append(data)

    def close(self) -> None:
        """End of the file: a table left open counts too."""
        super().close()
        self._end_table()

    def _end_cell(self) -> None:
        if self._cell is None or self._row is None:
            return
        text = " ".join("".join(self._cell).split())
        if len(text) > self._limits.max_cell_chars:
            row = len(self._rows or ()) + 1
            raise DataError("files.long_cell", where=self._where, got=row, expected=self._limits.max_cell_chars)
        self._skip_taken(self._row)
        columns, rows = self._span
        for at in range(columns):
            if rows > 1:
                self._taken[len(self._row)] = rows - 1
            self._row.append("" if at else text)
        self._cell = None
        self._check_width(len(self._row))

    def _skip_taken(self, row: list[str]) -> None:
        """Go past the places that cells merged from above cover."""
        while self._taken.get(len(row), 0) > 0:
            self._taken[len(row)] -= 1
            row.append("")

    def _end_row(self) -> None:
        self._end_cell()
        if self._row is None or self._rows is None:
            return
        self._skip_taken(self._row)
        # Places further right that are covered from above, behind cells the row does not have.
        self._taken = {at: n - (at >= len(self._row)) for at, n in self._taken.items() if n}
        self._rows.append(self._row)
        self._width = max(self._width, len(self._row))
        if len(self._rows) * self._width > self._limits.max_cells:
            raise DataError("files.far_cell", where=self._where, got=f"{len(self._rows)} x {self._width}")
        self._row = None

    def _end_table(self) -> None:
        self._end_row()
        if self._rows:
            width = self._width
            self.tables.append([[*row, *[""] * (width - len(row))] for row in self._rows])
        self._rows = None

    def _check_width(self, width: int) -> None:
        if width > self._limits.max_columns:
            raise DataError("files.far_cell", where=self._where, got=width, expected=self._limits.max_columns)


def _span(value: str | None) -> int:
    """A colspan or rowspan as browsers read it: a whole number, at least 1."""
    text = (value or "").strip()
    return min(max(int(text), 1), _MOST_SPAN) if text.isdecimal() and len(text) < 5 else 1
