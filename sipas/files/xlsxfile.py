"""Workbooks: the visible sheet with the table, every cell as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from errors import DataError, Fault
from sipas.cells.text import folded
from sipas.files.cells import cell_text, column_letters, text_column
from sipas.files.charset import FONT_PAGES, decoder
from sipas.files.grid import read_xlsx_grid
from sipas.files.headers import HEADER_DEPTH, Header, find_header
from sipas.files.sheetgate import SheetFacts
from sipas.files.source import Chunk, Sheet, Source, TablePart, chunk_rows

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_KNOWN_TOGETHER = 2  # known headers that make a sheet one of several; a list of codes beside the table has fewer


def read_xlsx(source: Source) -> Sheet:
    """The table of a workbook: the named sheet, else the visible one with the most known headers; or, with
    `source.every_sheet`, the tables of all visible sheets, see `sheets_together`.

    Formulas and error values below the header of a known column are faults `files.formula`, `files.error_value`
    (a formula's stored value may be old; the reader gives an error value as a blank). Elsewhere they do no harm.
    Raises DataError `files.no_sheet`, `files.no_header`, `files.several_sheets`, `files.cannot_read`. `source.as_grid`
    asks for `read_xlsx_grid` instead.
    """
    if source.as_grid:
        return read_xlsx_grid(source)
    # The native reader is loaded in the child process only.
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        workbook = CalamineWorkbook.from_path(str(source.path))
        sheets = _headers(source, workbook)
        headers = {name: header for name, (header, _) in sheets.items()}
        skipped: tuple[str, ...] = ()
        if source.every_sheet:
            together = sheets_together(source, headers)
            skipped = tuple(name for name in _names(source, workbook) if _is_left_out(source, name, together))
            if len(together) > 1:
                return _joined(source, {name: sheets[name] for name in together}, skipped)
            headers = {name: headers[name] for name in together} or headers
        name = _choose(source, headers)
        header, sheet = sheets[name]
        rows = sheet.to_python(skip_empty_area=False)
    except CalamineError as error:
        raise DataError("files.cannot_read", where=source.name) from error
    faults = _raw_faults(source.report.sheets[name], header, source.name, name)
    return Sheet(name, header, _chunks(rows, header, faults), _font_decoder(source), skipped=skipped)


def sheets_together(source: Source, headers: Mapping[str, Header]) -> list[str]:
    """Sheets with rows below a header of at least two known columns."""
    return [
        name
        for name, header in headers.items()
        if header.n_known >= _KNOWN_TOGETHER and source.report.sheets[name].last_row > header.row
    ]


def _is_left_out(source: Source, name: str, together: Sequence[str]) -> bool:
    return name not in together and source.report.sheets[name].n_cells > 0


def _joined(source: Source, sheets: Mapping[str, tuple[Header, CalamineSheet]], skipped: tuple[str, ...]) -> Sheet:
    """Several sheets as one table: columns by normalised name, in the order in which they come up."""
    names: dict[str, str] = {}
    known_by_name: dict[str, bool] = {}
    for header, _ in sheets.values():
        for name, is_known in zip(header.names, header.known, strict=True):
            names.setdefault(folded(name), name)
            known_by_name[folded(name)] = known_by_name.get(folded(name), False) or is_known
    first = next(iter(sheets.values()))[0]
    joined = Header(first.position, tuple(names.values()), tuple(known_by_name.values()), (), first.depth)
    parts = tuple(TablePart(name, header.row, header.depth) for name, (header, _) in sheets.items())
    return Sheet("", joined, _joined_chunks(source, sheets, list(names)), _font_decoder(source), parts, skipped)


def _joined_chunks(
    source: Source, sheets: Mapping[str, tuple[Header, CalamineSheet]], keys: Sequence[str]
) -> Iterator[Chunk]:
    for name, (header, sheet) in sheets.items():
        position_of = {folded(name): at for at, name in enumerate(header.names)}
        repeated = tuple(
            Fault("files.duplicate_header", source.name, name, header.row, column_letters(at + 1))
            for at in header.repeated
        )
        faults = (*repeated, *_raw_faults(source.report.sheets[name], header, source.name, name))
        for chunk in _chunks(sheet.to_python(skip_empty_area=False), header, faults):
            blank = pa.repeat(pa.scalar("", pa.string()), len(chunk.rows))
            columns = [chunk.columns[position_of[key]] if key in position_of else blank for key in keys]
            yield replace(chunk, columns=columns, sheet=name)


def _font_decoder(source: Source) -> Callable[[str], str] | None:
    """Workbooks are Unicode; only letters of an old font need decoding, when the operator names it."""
    page = source.named_code_page()
    if page and page != "utf-8" and page not in FONT_PAGES:
        raise DataError("files.code_page_wrong", where=source.name, got=page, expected="utf-8")
    return decoder(page)


def _headers(source: Source, workbook: CalamineWorkbook) -> dict[str, tuple[Header, CalamineSheet]]:
    """Header and cells of each sheet looked at: the named one, or all visible worksheets."""
    names = _names(source, workbook)
    if source.sheet and not names:
        raise DataError("files.no_sheet", where=source.name, expected=source.sheet)
    sheets, decode = {}, _font_decoder(source)
    for name in names:
        sheet = workbook.get_sheet_by_name(name)
        head = sheet.to_python(skip_empty_area=False, nrows=HEADER_DEPTH)
        rows = [[cell_text(cell) for cell in row] for row in head]
        if decode:
            rows = [source.decoded(row, decode) for row in rows]
        if header := find_header(rows, source.known_headers):
            sheets[name] = header, sheet
    return sheets


def _names(source: Source, workbook: CalamineWorkbook) -> list[str]:
    """The named sheet, or all visible worksheets."""
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    return [
        meta.name
        for meta in workbook.sheets_metadata
        if meta.typ == SheetTypeEnum.WorkSheet and meta.name in source.report.sheets
        if (meta.visible == SheetVisibleEnum.Visible if not source.sheet else meta.name == source.sheet)
    ]


def _choose(source: Source, headers: dict[str, Header]) -> str:
    """The sheet to read. Several equally good ones with rows are refused: reading one would lose the others."""
    if not headers:
        raise DataError("files.no_header", where=source.name, expected=source.sheet)
    filled = {n: header for n, header in headers.items() if source.report.sheets[n].last_row > header.row}
    candidates = filled or headers
    if source.known_headers:
        best = max(header.n_known for header in candidates.values())
        candidates = {name: header for name, header in candidates.items() if header.n_known == best}
        if len(candidates) > 1:
            raise DataError("files.several_sheets", where=source.name, got=", ".join(candidates))
    return next(iter(candidates))


def _raw_faults(facts: SheetFacts, header: Header, file: str, sheet: str) -> tuple[Fault, ...]:
    """A fault for each formula or error value under a known column."""
    names = {at + 1: name for at, name in enumerate(header.names) if header.known[at]}
    formulas = [
        Fault("files.formula", file, sheet, row, names[column])
        for row, column in facts.places(facts.formulas)
        if row > header.row and column in names
    ]
    errors = [
        Fault("files.error_value", file, sheet, row, names[column])
        for row, column in facts.places(facts.errors)
        if row > header.row and column in names
    ]
    return (*formulas, *errors)


def _chunks(rows: Sequence[Sequence[object]], header: Header, faults: tuple[Fault, ...]) -> Iterator[Chunk]:
    """Rows below the header, in chunks; each is given up once it is text."""
    width = len(header.names)
    for start in range(header.row, len(rows), chunk_rows(width)):
        part = rows[start : start + chunk_rows(width)]
        columns = [text_column(column) for column in zip(*part, strict=True)]
        yield Chunk(columns, np.arange(start + 1, start + 1 + len(part)), faults)
        faults = ()
