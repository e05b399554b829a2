"""Which column of an office's own table is which: known headers, and a saved mapping (columns.toml) that goes first."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from errors import Fault
from errors.files import read_table
from errors.templates import data_folder
from sipas.cells.text import clean_text, folded
from sipas.datafiles import Model, build, read_toml
from sipas.files.grid import GridRow
from sipas.words import text

FILE: Final = "columns.toml"
REQUIRED: Final = ("code", "name_vi", "max_points")
HEADER_DEPTH: Final = 40


class ColumnMap(Model):
    """columns.toml: the header of each column (two levels joined by one blank), and the sheet; "" = not fixed."""

    sheet: str = ""
    columns: Mapping[str, str] = {}


@dataclass(frozen=True)
class Heads:
    """A header found: sheet, last row of the header, 0-based column and header text of each role.

    doubtful: roles for which several columns would do.
    """

    sheet: str
    row: int
    column_of: Mapping[str, int]
    header_of: Mapping[str, str]
    doubtful: tuple[str, ...] = field(default=())

    @property
    def n_required(self) -> int:
        """Required roles found."""
        return sum(role in self.column_of for role in REQUIRED)


@cache
def roles() -> Mapping[str, tuple[str, ...]]:
    """Column of criteria.csv -> headers under which offices keep it, the surest first, normalised."""
    headers: dict[str, tuple[str, ...]] = {}
    for row in read_table(data_folder() / "rulebooks" / "headers.csv", ("column", "header")):
        headers[row["column"]] = (*headers.get(row["column"], ()), row["header"])
    return headers


def read_column_map(path: Path, faults: list[Fault]) -> ColumnMap:
    """A saved mapping. Faults `data.toml`, `data.field`, `rulebook.unknown_role`."""
    column_map = build(ColumnMap, read_toml(path, faults), path.name, 0, faults) or ColumnMap()
    faults += [
        Fault("rulebook.unknown_role", path.name, column=role, expected=", ".join(roles()))
        for role in column_map.columns
        if role not in roles()
    ]
    return column_map


def column_map_text(heads: Heads) -> str:
    """columns.toml for next time's table of the same office."""
    lines = [
        f"# {text('rulebook.about_columns')}",
        f"sheet = {json.dumps(heads.sheet, ensure_ascii=False)}",
        "",
        "[columns]",
        *(f"{role} = {json.dumps(text, ensure_ascii=False)}" for role, text in heads.header_of.items()),
    ]
    return "\n".join(lines) + "\n"


def find_heads(sheets: Mapping[str, Sequence[GridRow]], column_map: ColumnMap) -> list[Heads]:
    """The best header of each sheet (of the mapped one only), best first; sheets without any known header left out."""
    names = [name for name in sheets if not column_map.sheet or name == column_map.sheet]
    candidates = [heads for name in names if (heads := _heads_of(name, sheets[name], column_map)) is not None]
    return sorted(candidates, key=lambda heads: -heads.n_required)


def _heads_of(sheet: str, rows: Sequence[GridRow], column_map: ColumnMap) -> Heads | None:
    best: Heads | None = None
    for at, row in enumerate(rows[:HEADER_DEPTH]):
        below = rows[at + 1] if at + 1 < len(rows) and rows[at + 1].row == row.row + 1 else None
        # One level is tried first: a second one must name more columns to be taken for a header.
        for second in (None, below) if below is not None else (None,):
            heads = _match(sheet, row, second, column_map)
            if heads.column_of and (best is None or len(heads.column_of) > len(best.column_of)):
                best = heads
    return best


def _match(sheet: str, row: GridRow, below: GridRow | None, column_map: ColumnMap) -> Heads:
    labels = _labels(row, below)
    column_of: dict[str, int] = {}
    header_of: dict[str, str] = {}
    doubtful = []
    for role, usual in roles().items():
        names = [folded(column_map.columns[role])] if role in column_map.columns else list(usual)
        for name in names:
            columns = [at for at, texts in enumerate(labels) if name in map(_bare, texts)]
            if columns:
                column_of[role] = columns[0]
                header_of[role] = next(text for text in labels[columns[0]] if _bare(text) == name)
                doubtful += [role] if len(columns) > 1 else []
                break
    return Heads(sheet, (below or row).row, column_of, header_of, tuple(doubtful))


def _labels(row: GridRow, below: GridRow | None) -> list[list[str]]:
    """What each column may be called: joined two levels, then each level. A merged head stands over blanks."""
    labels = []
    group = ""
    for at in range(len(row.cells)):
        top = _one_line(row.cell(at))
        low = _one_line(below.cell(at)) if below is not None else ""
        group = top or (group if low else "")
        joined = [f"{group} {low}"] if group and low else []
        labels.append([text for text in (*joined, top, low) if text])
    return labels


def _one_line(text: str) -> str:
    return " ".join(clean_text(text).split())


def _bare(text: str) -> str:
    return folded(text).removesuffix(":").strip()
