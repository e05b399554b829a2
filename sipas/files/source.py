"""What a reader is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from errors import DataError, Fault
from sipas.files.charset import CODE_PAGES, code_page_name, has_vietnamese
from sipas.files.headers import Header
from sipas.files.limits import GateLimits
from sipas.files.sheetgate import SheetFacts

CHUNK_ROWS = 100_000
_CHUNK_CELLS = 2_000_000


@dataclass(frozen=True)
class GateReport:
    """What the gate saw. `kind`: text, html, workbook, document, parquet or spss. Text and html: `is_utf8`,
    `is_ascii`, `has_mark` (UTF-8 BOM) and `bad_line`, the first line that is not UTF-8. Workbook: facts of each
    worksheet by name."""

    name: str
    kind: str
    size: int
    is_utf8: bool = True
    is_ascii: bool = True
    has_mark: bool = False
    bad_line: int = 0
    sheets: Mapping[str, SheetFacts] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A file that passed the gate. `code_page`: as the operator named it, or ""; `known_headers`: normalised;
    `as_grid`: every cell of a workbook is wanted, not its table; `every_sheet`: the tables of all its sheets."""

    path: Path
    report: GateReport
    limits: GateLimits
    code_page: str = ""
    known_headers: frozenset[str] = frozenset()
    sheet: str = ""
    as_grid: bool = False
    every_sheet: bool = False

    @property
    def name(self) -> str:
        """File name as the person knows it."""
        return self.report.name

    def decoded(self, texts: list[str], decode: Callable[[str], str]) -> list[str]:
        """`decode` of every text; DataError `files.code_page_wrong` when the letters are right already."""
        if has_vietnamese("\n".join(texts)):
            raise DataError("files.code_page_wrong", where=self.name, got=self.code_page, expected="utf-8")
        return [text if text.isascii() else decode(text) for text in texts]

    def named_code_page(self) -> str:
        """Canonical name of the code page the operator named, "" if none; DataError `files.code_page_unknown`."""
        page = code_page_name(self.code_page)
        if self.code_page and not page:
            raise DataError("files.code_page_unknown", where=self.name, expected=", ".join(CODE_PAGES))
        return page


@dataclass(frozen=True)
class Chunk:
    """Some rows: text columns without nulls, row numbers as a person sees them in the file, faults of the reader.
    `sheet`: where they stand when the table goes over several sheets, else ""."""

    columns: list[pa.Array]
    rows: np.ndarray
    faults: tuple[Fault, ...] = ()
    sheet: str = ""


@dataclass(frozen=True)
class TablePart:
    """Where the table starts on a sheet: `header_row` is the last row of its header (0 when the format has no header
    row), `header_rows` how many there are."""

    sheet: str
    header_row: int
    header_rows: int


@dataclass(frozen=True)
class Sheet:
    """A table found in a file. `decode`: from Latin-1 text to real text, None when the cells are right already.
    `parts`: where it starts, one for each sheet; `skipped`: visible sheets with content that hold no such table."""

    name: str
    header: Header
    chunks: Iterator[Chunk]
    decode: Callable[[str], str] | None = None
    parts: tuple[TablePart, ...] = ()
    skipped: tuple[str, ...] = ()

    def layout(self) -> dict[str, list[dict[str, str | int]] | list[str]]:
        """`parts` and `skipped` as plain data; the one part of the header when none is given."""
        parts = self.parts or (TablePart(self.name, self.header.row, self.header.depth),)
        return {"parts": [asdict(part) for part in parts], "skipped": list(self.skipped)}


def chunk_rows(width: int) -> int:
    """Rows read at once: at most 100,000, fewer when the table is wide."""
    return max(1, min(CHUNK_ROWS, _CHUNK_CELLS // max(width, 1)))
