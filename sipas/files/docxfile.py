"""Tables of a .docx as grids: every top-level table, merged cells as their first cell and blanks.

Only document.xml is read, with the standard library, in the child process, after the gate has refused document type
declarations, oversized parts and other encodings. Deleted text of tracked changes is not text.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa

from errors import DataError
from sipas.files.cells import column_letters
from sipas.files.grid import BLANK, KINDS_COLUMN, NAME_COLUMN, TEXT
from sipas.files.headers import Header, find_header
from sipas.files.source import Chunk, Sheet, Source

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT: Final = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_DEEPEST = 200
Rows = list[list[str]]


def read_docx(source: Source) -> Sheet:
    """The table of a document with a known header, or the one named "Bảng 2" (or "2").

    Raises DataError `files.no_sheet`, `files.no_header`, `files.several_sheets`, `files.cannot_read`. With
    `source.as_grid` all tables, as `read_xlsx_grid` gives sheets.
    """
    tables = _tables(source)
    if source.as_grid:
        return _as_grid(tables, source)
    wanted = {name: rows for name, rows in tables.items() if source.sheet in ("", name, name.removeprefix("Bảng "))}
    if not wanted:
        raise DataError("files.no_sheet", where=source.name, expected=source.sheet)
    headers = {name: header for name, rows in wanted.items() if (header := find_header(rows, source.known_headers))}
    if not headers:
        raise DataError("files.no_header", where=source.name, expected=source.sheet)
    best = max(header.n_known for header in headers.values())
    names = [name for name, header in headers.items() if header.n_known == best]
    if len(names) > 1:
        raise DataError("files.several_sheets", where=source.name, got=", ".join(names))
    header, rows = headers[names[0]], tables[names[0]]
    return Sheet(names[0], header, iter([_chunk(rows, header.row)] if len(rows) > header.row else []))


def _tables(source: Source) -> dict[str, Rows]:
    """Cells of each table by name, all rows equally wide."""
    try:
        with zipfile.ZipFile(source.path) as archive, archive.open("word/document.xml") as part:
            root = ElementTree.parse(part).getroot()  # noqa: S314  (the gate has refused declarations)
    except (ElementTree.ParseError, zipfile.BadZipFile, zlib.error, KeyError, RecursionError) as error:
        raise DataError("files.cannot_read", where=source.name) from error
    space = _STRICT if root.tag.startswith(_STRICT) else _W
    tables = {}
    for number, table in enumerate(_top_tables(root, space), start=1):
        name = _table_name(number)
        rows = [_row(row, space, source) for row in _children(table, space, "tr")]
        width = max(map(len, rows), default=0)
        if width > source.limits.max_columns or width * len(rows) > source.limits.max_cells:
            raise DataError("files.far_cell", where=source.name, got=name, part="word/document.xml")
        tables[name] = [row + [""] * (width - len(row)) for row in rows]
    return tables


def _table_name(number: int) -> str:
    """What people call a table of a document: it has no name of its own."""
    return f"Bảng {number}"


def _top_tables(node: ElementTree.Element, space: str, depth: int = 0) -> Iterator[ElementTree.Element]:
    """Tables in reading order; those inside a table belong to its cells."""
    if depth > _DEEPEST:
        return
    for child in node:
        if child.tag == f"{space}tbl":
            yield child
        elif child.tag != f"{space}p":
            yield from _top_tables(child, space, depth + 1)


def _children(node: ElementTree.Element, space: str, tag: str) -> Iterator[ElementTree.Element]:
    """Rows of a table, cells of a row: direct ones, or inside content controls and tracked changes."""
    for child in node:
        if child.tag == f"{space}{tag}":
            yield child
        elif child.tag in (f"{space}sdt", f"{space}sdtContent", f"{space}ins", f"{space}customXml"):
            yield from _children(child, space, tag)


def _row(row: ElementTree.Element, space: str, source: Source) -> list[str]:
    cells = [""] * _number(row.find(f"{space}trPr/{space}gridBefore"), space, source, default=0)
    for cell in _children(row, space, "tc"):
        span = _number(cell.find(f"{space}tcPr/{space}gridSpan"), space, source, default=1)
        merge = cell.find(f"{space}tcPr/{space}vMerge")
        is_below = merge is not None and merge.get(f"{space}val", "continue") == "continue"
        cells += ["" if is_below else _text(cell, space), *[""] * (span - 1)]
    return cells


def _number(node: ElementTree.Element | None, space: str, source: Source, *, default: int) -> int:
    text = node.get(f"{space}val", "") if node is not None else ""
    if not (text.isascii() and text.isdigit()):
        return default
    return min(int(text), source.limits.max_columns + 1)


def _text(cell: ElementTree.Element, space: str) -> str:
    """Paragraphs of a cell on one line; breaks and tabs are blanks."""
    lines = []
    for paragraph in cell.iter(f"{space}p"):
        parts = []
        for node in paragraph.iter():
            if node.tag == f"{space}t":
                parts.append(node.text or "")
            elif node.tag in (f"{space}tab", f"{space}br", f"{space}cr"):
                parts.append(" ")
            elif node.tag == f"{space}noBreakHyphen":
                parts.append("-")
        lines.append("".join(parts))
    return " ".join(" ".join(lines).split())


def _chunk(rows: Rows, start: int) -> Chunk:
    columns = [pa.array(column, pa.string()) for column in zip(*rows[start:], strict=True)]
    return Chunk(columns, np.arange(start + 1, len(rows) + 1))


def _as_grid(tables: dict[str, Rows], source: Source) -> Sheet:
    width = max((len(rows[0]) for rows in tables.values() if rows), default=0)
    if not width:
        raise DataError("files.no_header", where=source.name)
    names = (*(column_letters(at + 1) for at in range(width)), KINDS_COLUMN, NAME_COLUMN)
    return Sheet("", Header(-1, names, (False,) * len(names), ()), _grid_chunks(tables, width))


def _grid_chunks(tables: dict[str, Rows], width: int) -> Iterator[Chunk]:
    for name, rows in tables.items():
        wide = [row + [""] * (width - len(row)) for row in rows]
        kinds = ["".join(TEXT if cell else BLANK for cell in row).rstrip() for row in wide]
        marked = [[*row, kind, name if kind else ""] for row, kind in zip(wide, kinds, strict=True)]
        if marked:
            yield _chunk(marked, 0)
