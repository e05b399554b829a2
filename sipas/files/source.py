"""What a reader is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa

from sampling.errors import DataError, Fault
from sipas.files.charset import CODE_PAGES, code_page_name, has_vietnamese
from sipas.files.headers import Header
from sipas.files.limits import GateLimits
from sipas.files.sheetgate import SheetFacts

CHUNK_ROWS = 100_000
_CHUNK_CELLS = 2_000_000


@dataclass(frozen=True)
class GateReport:
    """What the gate saw. `kind`: text, workbook or spss. Text: `is_utf8`, `is_ascii`, `has_mark` (UTF-8 BOM) and
    `bad_line`, the first line that is not UTF-8. Workbook: facts of each worksheet by name."""

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
    `as_grid`: every cell of a workbook is wanted, not its table."""

    path: Path
    report: GateReport
    limits: GateLimits
    code_page: str = ""
    known_headers: frozenset[str] = frozenset()
    sheet: str = ""
    as_grid: bool = False

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
    """Some rows: text columns without nulls, row numbers as a person sees them in the file, faults of the reader."""

    columns: list[pa.Array]
    rows: np.ndarray
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A table found in a file. `decode`: from Latin-1 text to real text, None when the cells are right already."""

    name: str
    header: Header
    chunks: Iterator[Chunk]
    decode: Callable[[str], str] | None = None


def chunk_rows(width: int) -> int:
    """Rows read at once: at most 100,000, fewer when the table is wide."""
    return max(1, min(CHUNK_ROWS, _CHUNK_CELLS // max(width, 1)))
