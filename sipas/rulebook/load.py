"""Reading a rulebook folder: rulebook.toml, criteria.csv, levels.csv, bands.csv, survey_links.csv, cases.csv.

Rows that cannot be read become faults; checks that would only repeat such a fault in other words are left out (the sum
of an area one of whose criteria could not be read), all others still run, so one look shows everything to mend.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from errors import Fault, FaultsFound
from sipas.datafiles import Model, Row, build, read_rows, read_toml
from sipas.rulebook.check import (
    CASES_FILE,
    CRITERIA_FILE,
    HEADER_FILE,
    LINKS_FILE,
    check_cases,
    check_family,
    check_header,
)
from sipas.rulebook.leaf_checks import leaf_faults
from sipas.rulebook.model import Band, Case, Criterion, Header, Level, Link, Rulebook

LEVELS_FILE: Final = "levels.csv"
BANDS_FILE: Final = "bands.csv"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    CRITERIA_FILE: (
        "code",
        "parent",
        "level",
        "name_vi",
        "name_en",
        "max_points",
        "score_source",
        "rule",
        "low",
        "high",
        "article",
        "evidence",
        "owner",
        "no_cases",
    ),
    LEVELS_FILE: ("code", "level_code", "name_vi", "points", "weight_pct"),
    BANDS_FILE: ("code", "from", "from_inclusive", "to", "to_inclusive", "points"),
    LINKS_FILE: ("code", "index_id", "node_code", "variant", "transform"),
    CASES_FILE: (
        "case",
        "code",
        "choice_code",
        "value",
        "numerator",
        "denominator",
        "option_counts",
        "leaf_status",
        "points",
    ),
}
P = TypeVar("P", bound=Model)


def load_rulebook(folder: Path) -> Rulebook:
    """The rulebook in `folder`, checked. Raises FaultsFound `rulebook.folder` with every fault, its file and line."""
    faults: list[Fault] = []
    content = read_toml(folder / HEADER_FILE, faults)
    before = len(faults)
    rows = {name: read_rows(folder / name, columns, faults) for name, columns in COLUMNS.items()}
    rulebook = assemble(content, rows, faults, is_whole=len(faults) == before)
    if faults or rulebook is None:
        raise FaultsFound("rulebook.folder", _with_lines(faults, folder / HEADER_FILE), where=folder.name)
    return rulebook


def assemble(
    content: Mapping[str, Any], rows: Mapping[str, Sequence[Row]], faults: list[Fault], *, is_whole: bool
) -> Rulebook | None:
    """A rulebook from the keys of its header and its rows by file, wherever they were read; None with new faults.

    is_whole: no file and no row was left out because of its shape, so that what is absent is absent.
    """
    before = len(faults)
    header = build(Header, content, HEADER_FILE, 0, faults) if content else None
    if header is not None:
        faults += check_header(header)
    parts = _parts(rows, faults, is_whole)
    criteria = _criteria(parts, faults)
    cases = [build(Case, {**row.cells, "line": row.line}, CASES_FILE, row.line, faults) for row in rows[CASES_FILE]]
    readable = [case for case in cases if case is not None]
    faults += _checks(header, criteria, parts)
    faults += check_cases(readable, parts.codes)
    if len(faults) > before or header is None:
        return None
    fields = {name: getattr(header, name) for name in Header.model_fields}
    return Rulebook(**fields, criteria=tuple(criteria), cases=tuple(readable))


@dataclass(frozen=True)
class _Parts:
    """Rows by file, the parts of each criterion, and the codes with a row that could not be read.

    `is_whole` is false when a file or a row has another shape than its header, so that rows may be absent.
    """

    rows: Mapping[str, Sequence[Row]]
    is_whole: bool
    levels: Mapping[str, list[Level]]
    bands: Mapping[str, list[Band]]
    links: Mapping[str, list[Link]]
    broken: set[str] = field(default_factory=set)

    @property
    def codes(self) -> set[str]:
        """Codes in criteria.csv, readable or not."""
        return {row["code"] for row in self.rows[CRITERIA_FILE]}


def _with_lines(faults: Sequence[Fault], path: Path) -> list[Fault]:
    """Faults of the header get the line of their key."""
    if not any(fault.file == HEADER_FILE and fault.column for fault in faults):
        return list(faults)
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [
        replace(fault, row=_toml_line(lines, fault.column)) if fault.file == HEADER_FILE and fault.column else fault
        for fault in faults
    ]


def _toml_line(lines: Sequence[str], column: str) -> int:
    """Line of a key such as `rounding.mode` or `classes.1.from_pct`; 0 when it is not written in the file."""
    key, *rest = column.split(".")
    wanted = int(rest[0]) if rest and rest[0].isdigit() else 0
    pattern = re.compile(rf"\s*\[*{re.escape(key)}\b")
    line_numbers = [number for number, line in enumerate(lines, start=1) if pattern.match(line)]
    if wanted >= len(line_numbers):
        return 0
    for number, line in enumerate(lines[line_numbers[wanted] :], start=line_numbers[wanted] + 1):
        if line.startswith("["):
            break
        if len(rest) > 1 and line.startswith(rest[1]):
            return number
    return line_numbers[wanted]


def _parts(rows: Mapping[str, Sequence[Row]], faults: list[Fault], is_whole: bool) -> _Parts:
    parts = _Parts(rows, is_whole, defaultdict(list), defaultdict(list), defaultdict(list))
    _collect(Level, parts.levels, LEVELS_FILE, parts=parts, faults=faults)
    _collect(Band, parts.bands, BANDS_FILE, parts=parts, faults=faults)
    _collect(Link, parts.links, LINKS_FILE, parts=parts, faults=faults)
    return parts


def _collect(model: type[P], into: Mapping[str, list[P]], file: str, *, parts: _Parts, faults: list[Fault]) -> None:
    """Rows of one part file by the code of their criterion."""
    for row in parts.rows[file]:
        cells = {name: cell for name, cell in row.cells.items() if name != "code"}
        part = build(model, {**cells, "line": row.line}, file, row.line, faults)
        if row["code"] not in parts.codes:
            faults.append(Fault("rulebook.unknown_code", file, row=row.line, column="code", got=row["code"]))
        elif part is None:
            parts.broken.add(row["code"])
        else:
            into[row["code"]].append(part)


def _criteria(parts: _Parts, faults: list[Fault]) -> list[Criterion]:
    criteria = []
    for row in parts.rows[CRITERIA_FILE]:
        code = row["code"]
        links = parts.links.get(code, [])
        values = {
            **row.cells,
            "levels": tuple(parts.levels.get(code, ())),
            "bands": tuple(parts.bands.get(code, ())),
            "link": links[0] if links else None,
            "line": row.line,
        }
        for again in links[1:]:
            faults.append(Fault("rulebook.repeated", LINKS_FILE, row=again.line, column="code", got=code))
        criterion = build(Criterion, values, CRITERIA_FILE, row.line, faults)
        if criterion is not None:
            criteria.append(criterion)
    return criteria


def _checks(header: Header | None, criteria: Sequence[Criterion], parts: _Parts) -> list[Fault]:
    """Checks across rows, as far as the rows they look at could be read."""
    rows = parts.rows[CRITERIA_FILE]
    if not parts.is_whole or not rows:
        return []
    faults = check_family(header, criteria) if len(criteria) == len(rows) else []
    parents = {row["parent"] for row in rows}
    for criterion in criteria:
        if criterion.code not in parts.broken:
            faults += leaf_faults(criterion, header, has_children=criterion.code in parents)
    return faults
