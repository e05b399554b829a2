"""An office's own table of criteria with maxima: title rows, merged heads, numbers, a "Cộng" row become criteria rows.

Only what the table says is taken over: code, parent, name, maximum (documents, owner where it has them). Rules stay
blank, to be filled in; a row that can be read in two ways is a fault.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from errors import Fault, FaultsFound, shape_of
from sipas.cells.text import HIDDEN, folded
from sipas.files.cells import column_letters
from sipas.files.grid import DAY, ERROR, GridRow
from sipas.rulebook.cells import cell_fault, plain_number
from sipas.rulebook.columnmap import FILE, REQUIRED, ColumnMap, Heads, find_heads, roles
from sipas.rulebook.numbering import Numbered, number_codes, split_number

_POINTS: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_TOTAL: Final = re.compile(r"(tổng|cộng)( cộng| số| điểm| toàn bộ| các lĩnh vực)*( \(.*\))?:?")
_COLUMN_NUMBER: Final = re.compile(r"\(?([0-9]{1,2}|[a-z])\)?")
_EXTRA: Final = (("bonus", ("điểm thưởng", "điểm cộng")), ("penalty", ("điểm trừ",)))
_OPTIONAL: Final = ("evidence", "owner", "article")
_LEVELS: Final = ("area", "criterion", "sub_criterion")


@dataclass(frozen=True)
class OwnSheet:
    """Rows for criteria.csv (columns code, parent, level, name_vi, max_points, rule "sum" or "", and the optional
    ones), the sum of the areas, and where each column was found."""

    criteria: Sequence[Mapping[str, str]]
    total: Decimal
    heads: Heads


@dataclass
class _Entry:
    """A numbered row: row of the sheet, printed number, cells by role, maximum (None when blank or unreadable)."""

    row: int
    printed: str
    cells: dict[str, str]
    points: Decimal | None
    children: list[_Entry] = field(default_factory=list)


def read_own_sheet(sheets: Mapping[str, Sequence[GridRow]], column_map: ColumnMap, file: str) -> OwnSheet:
    """The criteria of an office's table. Raises FaultsFound `rulebook.own_sheet` with every fault and its cell.

    Rules: `rulebook.own_no_header`, `rulebook.own_column`, `rulebook.own_doubtful`, `rulebook.own_several`,
    `rulebook.own_no_number`, `rulebook.own_points`, `rulebook.own_no_points`, `rulebook.own_deep`,
    `rulebook.own_repeated`, `rulebook.own_sum`, `rulebook.own_total`, those of `number_codes` and `cell_fault`.
    """
    heads = _heads(sheets, column_map, file)
    reading = _Reading(file, heads)
    rows = [row for row in sheets[heads.sheet] if row.row > heads.row]
    entries = [entry for row in rows if (entry := reading.entry(row)) is not None]
    numbered = number_codes([entry.printed for entry in entries])
    criteria = reading.criteria(entries, numbered)
    if not entries and not reading.faults:
        reading.faults.append(Fault("rulebook.own_no_header", file, heads.sheet, expected=FILE))
    if reading.faults:
        raise FaultsFound("rulebook.own_sheet", reading.faults, where=file)
    areas = [Decimal(criterion["max_points"]) for criterion in criteria if criterion["level"] == "area"]
    return OwnSheet(criteria, sum(areas, Decimal(0)), heads)


def _heads(sheets: Mapping[str, Sequence[GridRow]], column_map: ColumnMap, file: str) -> Heads:
    heads = find_heads(sheets, column_map)
    if not heads or not heads[0].n_required:
        fault = Fault("rulebook.own_no_header", file, column_map.sheet, expected=FILE)
        raise FaultsFound("rulebook.own_sheet", [fault], where=file)
    best = heads[0]
    faults = [
        Fault("rulebook.own_column", file, best.sheet, best.row, role, expected=" | ".join(roles()[role][:4]))
        for role in REQUIRED
        if role not in best.column_of
    ]
    faults += [
        Fault("rulebook.own_doubtful", file, best.sheet, best.row, best.header_of[name]) for name in best.doubtful
    ]
    others = [candidate.sheet for candidate in heads if candidate.n_required == best.n_required]
    if len(others) > 1:
        faults.append(Fault("rulebook.own_several", file, got=", ".join(others), expected=FILE))
    if faults:
        raise FaultsFound("rulebook.own_sheet", faults, where=file)
    return best


class _Reading:
    """Reads the rows below one header; gathers faults."""

    def __init__(self, file: str, heads: Heads) -> None:
        self.faults: list[Fault] = []
        self._file, self._heads = file, heads
        self._total: tuple[int, Decimal] | None = None

    def entry(self, row: GridRow) -> _Entry | None:
        """A numbered row; None for remarks, sums, repeated heads and column numbers."""
        cells = {role: row.cell(at) for role, at in self._heads.column_of.items()}
        if self._is_furniture(cells):
            return None
        if _is_total(cells):
            points = self._points(row, cells)
            self._total = (row.row, points) if points is not None else self._total
            return None
        if not cells["code"]:
            cells["code"], cells["name_vi"] = split_number(cells["name_vi"])
        elif not cells["name_vi"]:
            cells["code"], cells["name_vi"] = split_number(cells["code"])
        if not cells["code"] and not cells["max_points"]:
            return None
        self._check_code(row, cells)
        return _Entry(row.row, cells["code"], cells, self._points(row, cells))

    def _is_furniture(self, cells: Mapping[str, str]) -> bool:
        if folded(cells["name_vi"]) == folded(self._heads.header_of["name_vi"]):
            return True
        return all(_COLUMN_NUMBER.fullmatch(cells[role].casefold()) for role in ("name_vi", "max_points"))

    def _check_code(self, row: GridRow, cells: Mapping[str, str]) -> None:
        at = self._heads.column_of["code"]
        if row.kind(at) in (DAY, ERROR):
            fault = cell_fault(row, at, "text", place=(self._file, self._heads.sheet, self._heads.header_of["code"]))
            self.faults += [fault] if fault else []
        elif not cells["code"]:
            self._note("rulebook.own_no_number", row.row, "code")
        if HIDDEN.search(cells["name_vi"] + cells["code"]):
            self._note("rulebook.cell_hidden", row.row, "name_vi")

    def _points(self, row: GridRow, cells: Mapping[str, str]) -> Decimal | None:
        """The maximum; a sum that Excel computed is taken as it stands, since all sums are checked here."""
        at = self._heads.column_of["max_points"]
        place = (self._file, self._heads.sheet, self._heads.header_of["max_points"])
        fault = cell_fault(row, at, "number", place=place)
        if fault is not None and fault.rule != "rulebook.cell_formula":
            self.faults.append(fault)
            return None
        text = plain_number(re.sub(r"\s*(điểm|đ)\.?$", "", cells["max_points"].casefold()))
        if text and not _POINTS.fullmatch(text):
            self._note("rulebook.own_points", row.row, "max_points", got=shape_of(text), expected="2,5")
            return None
        return Decimal(text) if text else None

    def criteria(self, entries: Sequence[_Entry], numbered: Sequence[Numbered]) -> list[dict[str, str]]:
        """Rows for criteria.csv; faults where number, depth or maximum do not work out."""
        by_code: dict[str, tuple[_Entry, int]] = {}
        placed: list[tuple[_Entry, Numbered, int]] = []
        bad = {fault.row for fault in self.faults if fault.column.startswith(self._heads.header_of["code"])}
        for entry, number in zip(entries, numbered, strict=True):
            if number.rule:
                if entry.row not in bad:
                    self._note(number.rule, entry.row, "code", got=number.got, expected=number.expected)
                continue
            above = by_code.get(number.parent)
            depth = above[1] + 1 if above else 0
            if number.code in by_code:
                self._note("rulebook.own_repeated", entry.row, "code", got=shape_of(number.code))
            if depth >= len(_LEVELS):
                self._note("rulebook.own_deep", entry.row, "code", got=number.code)
            by_code[number.code] = (entry, depth)
            if above:
                above[0].children.append(entry)
            placed.append((entry, number, depth))
        if not self.faults:
            self._add_up([entry for entry, _, depth in placed if depth == 0])
        if self.faults:
            return []
        return [_criterion(entry, number, depth) for entry, number, depth in placed]

    def _add_up(self, roots: Sequence[_Entry]) -> None:
        for root in roots:
            self._sum(root)
        areas = [root.points or Decimal(0) for root in roots if _level(root, 0) == "area"]
        if self._total is not None and self._total[1] != sum(areas, Decimal(0)):
            row, got = self._total
            self._note("rulebook.own_total", row, "max_points", got=f"{got:f}", expected=f"{sum(areas, Decimal(0)):f}")

    def _sum(self, entry: _Entry) -> Decimal:
        """Maximum of a row and its rows below; a blank one is what those add up to."""
        below = sum((self._sum(child) for child in entry.children), Decimal(0))
        if entry.points is None:
            if not entry.children:
                self._note("rulebook.own_no_points", entry.row, "max_points")
            entry.points = below
        elif entry.children and entry.points != below:
            self._note("rulebook.own_sum", entry.row, "max_points", got=f"{below:f}", expected=f"{entry.points:f}")
        return entry.points

    def _note(self, rule: str, row: int, role: str, *, got: str = "", expected: str = "") -> None:
        column = f"{self._heads.header_of[role]} ({column_letters(self._heads.column_of[role] + 1)})"
        self.faults.append(Fault(rule, self._file, self._heads.sheet, row, column, got, expected))


def _is_total(cells: Mapping[str, str]) -> bool:
    texts = [folded(cells[role]) for role in ("code", "name_vi") if cells[role]]
    return len(texts) == 1 and _TOTAL.fullmatch(texts[0]) is not None


def _level(entry: _Entry, depth: int) -> str:
    name = folded(entry.cells["name_vi"])
    extra = next((level for level, starts in _EXTRA if name.startswith(starts)), "")
    return extra if extra and not depth else _LEVELS[depth]


def _criterion(entry: _Entry, number: Numbered, depth: int) -> dict[str, str]:
    cells = {
        "code": number.code,
        "parent": number.parent,
        "level": _level(entry, depth),
        "name_vi": entry.cells["name_vi"],
        "max_points": f"{entry.points:f}",
        "rule": "sum" if entry.children else "",
    }
    return cells | {role: entry.cells[role] for role in _OPTIONAL if role in entry.cells}
