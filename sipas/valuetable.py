"""A table of index values that another agency measured: its columns, and every fault of a filled one.

A row is a unit, a column a node of the index, a cell per cent 0..100. Beside a node's column its standard errors may
stand. A blank cell is never zero: every rated unit needs a value in every column that the table has. The province may
have a row of its own, in which a blank cell is a value that nobody gave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from errors import Fault, shape_of
from sipas.cells.text import folded
from sipas.indices import IndexDefinition, IndexNode
from sipas.rulebook import Rulebook
from sipas.units import Unit

UNIT_HEADER: Final = "Mã đơn vị"
NAME_HEADER: Final = "Tên đơn vị"
ERROR_HEADER: Final = "Sai số chuẩn"
_BOUNDS: Final = "0..100"
_PER_CENT: Final = re.compile(r"-?[0-9]{1,15}(?:[.,][0-9]{1,20})?")
_LARGEST_SHARE: Final = 1.0


@dataclass(frozen=True)
class ValuesWanted:
    """What a table must hold. units: rated today by the instrument, in order; ended: units merged or closed in the
    field; elsewhere: units of the round that the instrument does not rate; needed: linked nodes, and the criteria that
    need them."""

    index: IndexDefinition
    units: tuple[Unit, ...]
    ended: frozenset[str]
    elsewhere: frozenset[str]
    province_id: str
    needed: Mapping[str, str]


@dataclass(frozen=True)
class ValuesRead:
    """A table that was read. values: unit_id, node_code, value_pct, std_error (NaN where not given), by unit and node;
    ended: units of rows that are not used, because the units were merged or closed in the field."""

    values: pd.DataFrame
    ended: tuple[str, ...]

    def nodes(self) -> list[str]:
        """Nodes with values."""
        return sorted(self.values["node_code"].unique())

    def nodes_with_errors(self) -> list[str]:
        """Nodes of which some value has a standard error."""
        return sorted(self.values.loc[self.values["std_error"].notna(), "node_code"].unique())

    def shares(self) -> list[str]:
        """Nodes of which no value is above 1: they may have been written as shares instead of per cent."""
        largest = self.values.groupby("node_code")["value_pct"].max()
        return sorted(str(node) for node in largest.index[largest <= _LARGEST_SHARE])


def node_header(node: IndexNode) -> str:
    """Header of a node's column; its code alone is understood too."""
    return f"{node.node_code}. {node.name_vi}"


def error_header(node: IndexNode) -> str:
    """Header of the column of a node's standard errors."""
    return f"{ERROR_HEADER} {node.node_code}"


def known_headers(index: IndexDefinition) -> list[str]:
    """Every header that a table of the index may have."""
    headers = [text for node in index.nodes for text in (node.node_code, node_header(node), error_header(node))]
    return [UNIT_HEADER, NAME_HEADER, *headers]


def needed_nodes(index: IndexDefinition, rulebooks: Iterable[Rulebook]) -> dict[str, str]:
    """Nodes of the index that criteria are linked to, with those criteria in words."""
    criteria_by_node: dict[str, list[str]] = {}
    for rulebook in rulebooks:
        for leaf in rulebook.linked_leaves():
            if leaf.link is not None and leaf.link.index_id == index.id:
                criteria_by_node.setdefault(leaf.link.node_code, []).append(f"{rulebook.id} {leaf.code}")
    return {node: ", ".join(criteria) for node, criteria in criteria_by_node.items()}


def parse_values(rows: pd.DataFrame, wanted: ValuesWanted, file: str) -> tuple[ValuesRead, list[Fault]]:
    """Values of the sound rows, and every fault of the table with its place.

    rows: text, as `read_table` gives them (`_sheet`, `_row`). Numbers have a decimal comma or point; since none is
    above 100, "82.150" has one reading. `got` shows the shape of longer cells only.
    """
    columns, faults = _columns(rows, wanted, file)
    review = _Review(file, wanted, columns, faults)
    if UNIT_HEADER in columns.headers:
        for row in rows.to_dict("records"):
            review.read({str(name): str(cell) for name, cell in row.items()})
        review.faults += _missing_units(review)
    values = pd.DataFrame(review.values, columns=["unit_id", "node_code", "value_pct", "std_error"])
    values = values.astype({"unit_id": "str", "node_code": "str", "value_pct": "float64", "std_error": "float64"})
    read = ValuesRead(values.sort_values(["unit_id", "node_code"], ignore_index=True), tuple(review.ended))
    return read, sorted(review.faults, key=lambda fault: (fault.sheet, fault.row, fault))


@dataclass(frozen=True)
class _Columns:
    """Headers of the file by what they mean: the unit, nodes, and nodes whose standard errors they hold."""

    headers: Mapping[str, str]
    nodes: Mapping[str, str]
    errors: Mapping[str, str]


@dataclass
class _Review:
    """The rows of one table as they are read: values and faults so far, and where each unit was met."""

    file: str
    wanted: ValuesWanted
    columns: _Columns
    faults: list[Fault]
    values: list[tuple[str, str, float, float]] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)

    def read(self, row: Mapping[str, str]) -> None:
        """One row; rows in which neither a unit nor a value stands (titles, signatures) are passed over."""
        unit_id = row[self.columns.headers[UNIT_HEADER]].strip()
        filled = [header for header in self.columns.nodes.values() if row[header].strip()]
        if not unit_id:
            if filled:
                self.note("values.no_unit", row, UNIT_HEADER)
            return
        if not self._is_wanted(unit_id, row):
            return
        self.seen[unit_id] = int(row["_row"])
        for node, header in self.columns.nodes.items():
            value = self._number(row, header, is_needed=unit_id != self.wanted.province_id)
            beside = self.columns.errors.get(node)
            error = None if beside is None else self._number(row, beside, is_needed=False)
            if value is not None:
                self.values.append((unit_id, node, value, float("nan") if error is None else error))

    def note(self, rule: str, row: Mapping[str, str], header: str, *, got: str = "", expected: str = "") -> None:
        """A fault of one cell."""
        place = (self.file, row.get("_sheet", ""), int(row["_row"]), header)
        self.faults.append(Fault(rule, *place, shape_of(got) if got else "", expected))

    def _is_wanted(self, unit_id: str, row: Mapping[str, str]) -> bool:
        wanted = self.wanted
        if unit_id in wanted.ended:
            self.ended.append(unit_id)
        elif unit_id in wanted.elsewhere:
            self.note("values.other_group", row, UNIT_HEADER, got=unit_id)
        elif unit_id not in {wanted.province_id, *(unit.unit_id for unit in wanted.units)}:
            self.note("values.unknown_unit", row, UNIT_HEADER, got=unit_id)
        elif unit_id in self.seen:
            self.note("values.unit_twice", row, UNIT_HEADER, got=unit_id, expected=str(self.seen[unit_id]))
        else:
            return True
        return False

    def _number(self, row: Mapping[str, str], header: str, *, is_needed: bool) -> float | None:
        """The number in a cell; None where it is blank or a fault."""
        text = row[header].strip()
        if not text:
            if is_needed:
                self.note("values.missing_cell", row, header)
            return None
        if not _PER_CENT.fullmatch(text):
            self.note("values.number", row, header, got=text, expected="82,15")
            return None
        number = float(text.replace(",", "."))
        if not 0 <= number <= 100:
            self.note("values.range", row, header, got=text, expected=_BOUNDS)
            return None
        return number


def _columns(rows: pd.DataFrame, wanted: ValuesWanted, file: str) -> tuple[_Columns, list[Fault]]:
    """The columns by meaning; faults of unknown, repeated and missing ones."""
    means = {folded(name): ("about", name) for name in (UNIT_HEADER, NAME_HEADER)}
    for node in wanted.index.nodes:
        means |= {folded(text): ("value", node.node_code) for text in (node.node_code, node_header(node))}
        means[folded(error_header(node))] = ("error", node.node_code)
    headers_by_key: dict[tuple[str, str], list[str]] = {}
    faults = []
    for header in map(str, rows.columns):
        if header in ("_sheet", "_row"):
            continue
        meaning = means.get(folded(header))
        if meaning is None:
            if not _is_blank(rows[header]):
                expected = ", ".join(node.node_code for node in wanted.index.nodes)
                faults.append(Fault("values.unknown_column", file, column=header, expected=expected))
            continue
        headers_by_key.setdefault(meaning, []).append(header)
    faults += [
        Fault("values.repeated_column", file, column=headers[1], got=headers[0])
        for headers in headers_by_key.values()
        if len(headers) > 1
    ]
    first: dict[str, dict[str, str]] = {"about": {}, "value": {}, "error": {}}
    for (kind, name), headers in headers_by_key.items():
        first[kind][name] = headers[0]
    columns = _Columns(first["about"], first["value"], first["error"])
    return columns, [*faults, *_missing_columns(columns, wanted, file)]


def _missing_columns(columns: _Columns, wanted: ValuesWanted, file: str) -> Iterator[Fault]:
    for node, criteria in wanted.needed.items():
        if node not in columns.nodes:
            yield Fault("values.missing_node", file, column=node, got=criteria, expected=node)
    absent = [UNIT_HEADER] if UNIT_HEADER not in columns.headers else []
    absent += [wanted.index.tree.roots[0].code] if not columns.nodes and not wanted.needed else []
    for header in absent:
        yield Fault("values.no_column", file, column=header, expected=header)
    for node, header in columns.errors.items():
        if node not in columns.nodes:
            yield Fault("values.error_alone", file, column=header, expected=node)


def _missing_units(review: _Review) -> Iterator[Fault]:
    for unit in review.wanted.units:
        if unit.unit_id not in review.seen:
            yield Fault("values.missing_unit", review.file, column=UNIT_HEADER, got=unit.unit_id, expected=unit.name_vi)


def _is_blank(cells: pd.Series) -> bool:
    return bool((cells.astype("str").str.strip() == "").all())
