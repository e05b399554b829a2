"""Who does the fieldwork: interviewers, which case each of them has, and the focal point (đầu mối) of every unit.

Files of the conductors become tables here; all faults of a file are found at once, and one fault refuses the file.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import pandas as pd

from errors import Fault, FaultsFound, shape_of
from sipas.caseid import canonical_case_ids, check_case_id
from sipas.cells.text import folded
from sipas.words import word

FIELDWORKERS, ASSIGNMENTS, FOCAL_POINTS = "fieldworkers", "assignments", "focal_points"
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    FIELDWORKERS: ("fieldworker_id", "name", "phone", "conductor_id", "unit_ids"),
    ASSIGNMENTS: ("case_id", "fieldworker_id"),
    FOCAL_POINTS: ("unit_id", "name", "phone", "email"),
}
HEADERS: Final[Mapping[str, Mapping[str, str]]] = {
    kind: {name: word("fieldwork_field", name) for name in names} for kind, names in _FIELDS.items()
}
_NOT_NEEDED: Final = ("phone", "email", "unit_ids")
# Also the login of the interviewer on a data collection server.
_ID: Final = r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
_PHONE: Final = r"[+0][0-9 .()-]{7,}(?:[;,/ ]+[+0][0-9 .()-]{7,})*"
_EMAIL: Final = r"[^@\s]+@[^@\s]+\.[^@\s]+"
_SEPARATORS: Final = r"[;,\s]+"
# What a message may show as it is. An id has a letter and a digit and no run of digits like a telephone number; a case
# id has its own form, right or wrong in its check characters. A name or a number in the wrong column is neither.
_SHOWN_FIELDS: Final = ("fieldworker_id", "case_id", "unit_id", "unit_ids", "conductor_id")
_SHOWN_ID: Final = re.compile(
    r"(?=.*[0-9])(?=.*[A-Za-z])(?!.*[0-9]{6})[A-Za-z0-9][A-Za-z0-9._-]{0,31}"
    r"|[0-9A-Z]+(?:-[0-9A-Z]+)+-[0-9]{4,9}-[0-9A-Z]{2}"
)


@dataclass(frozen=True)
class Territory:
    """What a list is made for in order, each with its conductor: rated units, then groups of people outside them.

    successor_of: units merged into another since the draw; whoever served them serves their heir.
    """

    conductor_of: Mapping[str, str]
    successor_of: Mapping[str, str] = field(default_factory=dict)

    @property
    def conductors(self) -> tuple[str, ...]:
        """Conductors in the order of their first unit."""
        return tuple(dict.fromkeys(self.conductor_of.values()))


def parse_fieldworkers(rows: pd.DataFrame, territory: Territory, file: str) -> pd.DataFrame:
    """Interviewers of a file: fieldworker_id, name, phone, conductor_id, unit_ids (";" between; "" = all units of
    the conductor).

    rows: text as read, with `_sheet`, `_row`. Raises FaultsFound `fieldwork.file`: `fieldwork.missing_column`,
    `fieldwork.blank`, `fieldwork.id`, `fieldwork.repeated`, `fieldwork.phone`, `fieldwork.unknown_conductor`,
    `fieldwork.unknown_unit`, `fieldwork.other_conductor`.
    """
    page = _Page(rows, FIELDWORKERS, file)
    page.note("fieldwork.id", "fieldworker_id", ~_blank_or(page["fieldworker_id"], _ID), "DTV01")
    again = page["fieldworker_id"].duplicated() & page["fieldworker_id"].ne("")
    page.note("fieldwork.repeated", "fieldworker_id", again)
    page.note("fieldwork.phone", "phone", ~_blank_or(page["phone"], _PHONE), "0912345678")
    is_known = page["conductor_id"].isin(["", *territory.conductors])
    page.note("fieldwork.unknown_conductor", "conductor_id", ~is_known, ", ".join(territory.conductors))
    units = page["unit_ids"].str.split(_SEPARATORS, regex=True).explode()
    units = units[units != ""]
    owner = units.map(territory.conductor_of)
    page.note("fieldwork.unknown_unit", "unit_ids", page.any_of(owner.isna()))
    foreign = owner.notna() & owner.ne(page["conductor_id"].reindex(owner.index))
    page.note("fieldwork.other_conductor", "unit_ids", page.any_of(foreign) & is_known)
    joined = units.groupby(level=0).agg(";".join).reindex(page.index, fill_value="")
    return page.checked_cells().assign(unit_ids=joined.astype("str"))


def parse_assignments(rows: pd.DataFrame, cases: pd.DataFrame, workers: pd.DataFrame, file: str) -> pd.DataFrame:
    """Assignments of a file: case_id, fieldworker_id. cases: case_id, unit_id, is_issued; workers: see `areas`.

    Raises FaultsFound `fieldwork.file`: `fieldwork.missing_column`, `fieldwork.blank`, `fieldwork.case_check`,
    `fieldwork.unknown_case`, `fieldwork.not_issued`, `fieldwork.repeated`, `fieldwork.unknown_fieldworker`,
    `fieldwork.other_unit` (the case's unit is not one of this interviewer's).
    """
    page = _Page(rows, ASSIGNMENTS, file)
    page.cells["case_id"] = canonical_case_ids(page["case_id"])
    case, worker = page["case_id"], page["fieldworker_id"]
    given = case != ""
    sound = check_case_id(case)
    issued = case.map(cases.set_index("case_id")["is_issued"])
    page.note("fieldwork.case_check", "case_id", given & ~sound)
    page.note("fieldwork.unknown_case", "case_id", sound & issued.isna())
    page.note("fieldwork.not_issued", "case_id", issued.eq(False))
    page.note("fieldwork.repeated", "case_id", given & case.duplicated())
    is_known = worker.isin(workers["fieldworker_id"])
    page.note("fieldwork.unknown_fieldworker", "fieldworker_id", worker.ne("") & ~is_known)
    unit = case.map(cases.set_index("case_id")["unit_id"])
    served = pd.MultiIndex.from_frame(workers[["fieldworker_id", "unit_id"]])
    here = pd.MultiIndex.from_arrays([worker, unit.fillna("")]).isin(served)
    page.note("fieldwork.other_unit", "fieldworker_id", is_known & unit.notna() & ~here)
    return page.checked_cells()


def parse_focal_points(rows: pd.DataFrame, units: Collection[str], file: str) -> pd.DataFrame:
    """Focal points of a file: unit_id, name, phone, email; a unit may have several.

    Raises FaultsFound `fieldwork.file`: `fieldwork.missing_column`, `fieldwork.blank`, `fieldwork.unknown_unit`,
    `fieldwork.repeated` (the same person twice for a unit), `fieldwork.phone`, `fieldwork.email`.
    """
    page = _Page(rows, FOCAL_POINTS, file)
    page.note("fieldwork.unknown_unit", "unit_id", ~page["unit_id"].isin(["", *units]))
    page.note("fieldwork.repeated", "name", page.cells.duplicated(["unit_id", "name"]) & page["name"].ne(""))
    page.note("fieldwork.phone", "phone", ~_blank_or(page["phone"], _PHONE), "0912345678")
    page.note("fieldwork.email", "email", ~_blank_or(page["email"], _EMAIL), "ten@donvi.gov.vn")
    return page.checked_cells()


def areas(workers: pd.DataFrame, territory: Territory) -> pd.DataFrame:
    """One row per interviewer and unit they serve (fieldworker_id, unit_id), by id, units in the register's order."""
    owned = pd.Series(territory.conductor_of, dtype="str").rename_axis("unit_id").rename("conductor_id").reset_index()
    is_everywhere = workers["unit_ids"] == ""
    everywhere = workers[is_everywhere].merge(owned, on="conductor_id")
    somewhere = workers[~is_everywhere].assign(unit_id=workers["unit_ids"].str.split(";")).explode("unit_id")
    somewhere = somewhere.assign(
        unit_id=somewhere["unit_id"].map(lambda unit_id: territory.successor_of.get(unit_id, unit_id))
    )
    somewhere = somewhere[somewhere["unit_id"].isin(territory.conductor_of.keys())]
    pairs = pd.concat([area[["fieldworker_id", "unit_id"]] for area in (everywhere, somewhere)]).drop_duplicates()
    place = pairs["unit_id"].map({unit_id: place for place, unit_id in enumerate(territory.conductor_of)})
    ordered = pairs.assign(place=place).sort_values(["fieldworker_id", "place"], ignore_index=True)
    return ordered[["fieldworker_id", "unit_id"]].astype("str")


def deal_evenly(cases: pd.DataFrame, workers: pd.DataFrame, assigned: pd.DataFrame) -> pd.DataFrame:
    """Assignments for the cases that have none: the cases of a unit, in the order given, go one by one to the
    interviewer of that unit who has the fewest there, ties by id.

    cases: case_id, unit_id, in draw order; workers: see `areas`; assigned: case_id, fieldworker_id. Cases of a unit
    without interviewer stay unassigned. Loads of the interviewers of a unit differ by at most one unless `assigned`
    already differs more.
    """
    held = cases.merge(assigned, on="case_id")
    free = cases[~cases["case_id"].isin(assigned["case_id"])]
    dealt = [
        pd.DataFrame(
            {
                "case_id": unit_rows["case_id"].to_numpy(),
                "fieldworker_id": _turns(unit_id, workers, held, len(unit_rows)),
            }
        )
        for unit_id, unit_rows in free.groupby("unit_id", sort=False)
        if (workers["unit_id"] == unit_id).any()
    ]
    return pd.concat([assigned.head(0), *dealt], ignore_index=True).astype("str")


def _turns(unit_id: object, workers: pd.DataFrame, held: pd.DataFrame, n_cases: int) -> np.ndarray:
    """Who gets the next n cases: places (load, id) from each interviewer's load on, the lowest first."""
    ids = np.sort(workers.loc[workers["unit_id"] == unit_id, "fieldworker_id"].to_numpy(dtype=object))
    n_held = held.loc[held["unit_id"] == unit_id, "fieldworker_id"].value_counts()
    loads = n_held.reindex(ids, fill_value=0).to_numpy(dtype="int64")
    places = (loads[:, None] + np.arange(n_cases)).ravel()
    who = np.repeat(np.arange(len(ids)), n_cases)
    turns: np.ndarray = ids[who[np.lexsort((who, places))[:n_cases]]]
    return turns


def _is_id(cell: str) -> bool:
    """Whether a cell holds nothing but ids: those of interviewers, cases, units or conductors."""
    parts = re.split(_SEPARATORS, cell)
    return all(_SHOWN_ID.fullmatch(part) for part in parts)


def _blank_or(cells: pd.Series, pattern: str) -> pd.Series:
    return cells.eq("") | cells.str.fullmatch(pattern).astype(bool)


class _Page:
    """Cells of a file by field, and the faults found so far."""

    def __init__(self, rows: pd.DataFrame, what: str, file: str) -> None:
        self._headers = HEADERS[what]
        self._file = file
        self._faults: list[Fault] = []
        self.index = pd.RangeIndex(len(rows))
        self.cells = self._fields(rows)
        self._places = rows[["_sheet", "_row"]].set_axis(self.index)
        for needed in self._headers.keys() - set(_NOT_NEEDED):
            self.note("fieldwork.blank", needed, self.cells[needed].eq(""))

    def __getitem__(self, field: str) -> pd.Series:
        return self.cells[field]

    def _fields(self, rows: pd.DataFrame) -> pd.DataFrame:
        column_of = {folded(str(column)): str(column) for column in reversed(rows.columns)}
        named = {field: column_of.get(folded(header)) for field, header in self._headers.items()}
        absent = [field for field, column in named.items() if column is None and field not in _NOT_NEEDED]
        if absent:
            got = ", ".join(str(column) for column in rows.columns if not str(column).startswith("_"))
            missing = [
                Fault("fieldwork.missing_column", self._file, column=self._headers[column], got=got)
                for column in absent
            ]
            raise FaultsFound("fieldwork.file", missing, where=self._file)
        blank = pd.Series("", index=self.index, dtype="str")
        return pd.DataFrame(
            {
                field: blank if column is None else rows[column].fillna("").str.strip().set_axis(self.index)
                for field, column in named.items()
            }
        )

    def any_of(self, exploded: pd.Series) -> pd.Series:
        """True for the rows of which any part is true."""
        return exploded.groupby(level=0).any().reindex(self.index, fill_value=False)

    def note(self, rule: str, field: str, bad: pd.Series, expected: str = "") -> None:
        """A fault for every row where `bad`; what has the form of an id is shown as it is, all else by its shape."""
        self._faults += self._of(rule, field, bad.to_numpy(dtype=bool), expected)

    def _of(self, rule: str, field: str, bad: np.ndarray, expected: str) -> Iterator[Fault]:
        cells = zip(self._places[bad].itertuples(index=False, name=None), self.cells.loc[bad, field], strict=True)
        for (sheet, row), cell in cells:
            got = cell if field in _SHOWN_FIELDS and _is_id(cell) else shape_of(cell)
            yield Fault(rule, self._file, str(sheet), int(row), self._headers[field], got, expected)

    def checked_cells(self) -> pd.DataFrame:
        """The cells, or every fault."""
        if self._faults:
            raise FaultsFound("fieldwork.file", self._faults, where=self._file)
        return self.cells.astype("str")
