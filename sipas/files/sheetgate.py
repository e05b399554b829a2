"""Raw cells of one worksheet: references strictly rising, none far away, where formulas and error values are.

Byte patterns and not an XML parser: the gate sees every cell of an unknown file before any library opens it, so it has
to be fast and to need little memory. It only finds cells; their values are read later, by the library.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np

from errors import DataError
from sipas.files.cells import column_letters
from sipas.files.limits import GateLimits

_WIDTH = 2**15  # above any column of three letters; a cell's key is row * _WIDTH + column
_LONGEST_ROW = 64 * 2**20  # bytes that may wait for the end of a row: what a sheet can make this keep in memory
# Bounded and without "<": a hostile sheet must not make a pattern go over the same bytes again and again.
_ATTRIBUTES = rb"[^<>]{0,250}?"
_REFERENCE = rb"""\sr=["']([A-Z]{1,3})([0-9]{1,7})["']"""
# A cell's letters, digits and "/" when it closes itself. A cell without a reference matches too, so that it is seen.
_CELL = re.compile(rb"<(?:\w+:)?c(?=[\s/>])(?:" + _ATTRIBUTES + _REFERENCE + rb")?[^<>]*?(/?)>")
# <f> as the first child of a cell: a formula, whatever value was stored with it.
_FORMULA = re.compile(rb"<(?:\w+:)?c(?=\s)" + _ATTRIBUTES + _REFERENCE + _ATTRIBUTES + rb">\s*<(?:\w+:)?f[\s/>]")
# t="e" anywhere among the attributes, before or after the reference: the cell shows #REF!, #DIV/0! and the like.
_ERROR = re.compile(rb"<(?:\w+:)?c(?=\s)(?=" + _ATTRIBUTES + rb"""\st=["']e["'])""" + _ATTRIBUTES + _REFERENCE)


@dataclass(frozen=True, eq=False)
class SheetFacts:
    """Used area of a sheet and the keys (row * 2^15 + column, both from 1) of formula and error cells."""

    part: str
    last_row: int
    last_column: int
    n_cells: int
    formulas: np.ndarray
    errors: np.ndarray

    def places(self, keys: np.ndarray) -> list[tuple[int, int]]:
        """(row, column) of keys, both from 1."""
        return [divmod(int(key), _WIDTH) for key in keys]


class SheetScan:
    """Feed the XML of one sheet in blocks, then `close` for its facts.

    Raises DataError `files.xml_markup` (comments, CDATA), `files.cell_without_reference`, `files.cell_order`,
    `files.far_cell`, `files.huge_row`.
    """

    def __init__(self, name: str, part: str, limits: GateLimits) -> None:
        self._where, self._part, self._limits = name, part, limits
        self._rest = b""
        self._last_key = -1
        self._n_cells = 0
        self._last_row, self._last_column = (0, 0), (0, 0)
        self._formulas: list[np.ndarray] = []
        self._errors: list[np.ndarray] = []
        # Plain byte signs first: most blocks hold neither, and the patterns are slow.
        self._wanted = (
            (self._formulas, _FORMULA, (b"<f", b":f")),
            (self._errors, _ERROR, (b't="e"', b"t='e'")),
        )

    def feed(self, block: bytes) -> None:
        """Take the next bytes; whole rows are scanned, the rest waits for the next block."""
        text = self._rest + block
        # Behind the last tag of a row ("</row>", "</x:row>"), so that no cell is cut in two.
        cut = text.rfind(b"row>") + 4
        if cut < 4:
            cut = 0
        self._rest = text[cut:]
        if len(self._rest) > _LONGEST_ROW:
            raise DataError("files.huge_row", where=self._where, got=self._part, expected="64 MB")
        if cut:
            self._scan(text[:cut])

    def close(self) -> SheetFacts:
        """Scan what is left and give the facts."""
        self._scan(self._rest)
        self._rest = b""
        self._check_area()
        empty = [np.empty(0, np.int64)]
        return SheetFacts(
            self._part,
            self._last_row[0],
            self._last_column[0],
            self._n_cells,
            np.concatenate(self._formulas or empty),
            np.concatenate(self._errors or empty),
        )

    def _scan(self, text: bytes) -> None:
        # Inside a comment or CDATA a parser sees no cells where these patterns would, and the other way round.
        if b"<!" in text:
            raise DataError("files.xml_markup", where=self._where, got=self._part)
        cells = _CELL.findall(text)
        if not cells:
            return
        letters, digits, closed = zip(*cells, strict=True)
        if b"" in digits:
            raise DataError("files.cell_without_reference", where=self._where, got=self._part)
        keys = _keys(letters, digits)
        # Rows from the top, cells from the left, each once: else two readers may differ on which value a cell has.
        falling = np.flatnonzero(np.diff(keys, prepend=self._last_key) <= 0)
        if falling.size:
            raise DataError("files.cell_order", where=self._where, got=_reference(int(keys[falling[0]])))
        self._last_key = int(keys[-1])
        # A cell that closes itself has a style but no content: such cells do not widen the used area.
        filled = keys[np.array(closed, dtype="S1") != b"/"]
        self._n_cells += filled.size
        self._grow(filled)
        for keys_found, pattern, signs in self._wanted:
            if any(sign in text for sign in signs) and (hits := pattern.findall(text)):
                keys_found.append(_keys(*zip(*hits, strict=True)))

    def _grow(self, keys: np.ndarray) -> None:
        """Remember the lowest and the rightmost cell with content, and its key to name it."""
        if not keys.size:
            return
        columns = keys % _WIDTH
        right = int(np.argmax(columns))
        self._last_row = (int(keys[-1]) // _WIDTH, int(keys[-1]))
        if columns[right] > self._last_column[0]:
            self._last_column = (int(columns[right]), int(keys[right]))

    def _check_area(self) -> None:
        rows, columns = self._last_row[0], self._last_column[0]
        # One forgotten cell at XFD1048576 makes a reader build the whole grid up to it, so width and area are bounded.
        too_wide = columns > self._limits.max_columns
        if too_wide or rows * columns > self._limits.max_cells:
            far = self._last_column[1] if too_wide else self._last_row[1]
            raise DataError("files.far_cell", where=self._where, got=_reference(far), part=self._part)


def _keys(letters: tuple[bytes, ...], digits: tuple[bytes, ...]) -> np.ndarray:
    columns = np.fromiter(map(_column_number, letters), np.int64, len(letters))
    rows: np.ndarray = np.array(digits, dtype="S7").astype(np.int64)  # through bytes: much faster than int() by cell
    return rows * _WIDTH + columns


@cache  # a sheet has few columns and very many cells
def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64  # b"A" is 65 and column 1
    return number


def _reference(key: int) -> str:
    row, column = divmod(key, _WIDTH)
    return f"{column_letters(column)}{row}"
