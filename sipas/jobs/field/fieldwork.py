"""Interviewers, assignments and focal points of a round: taken in from files, dealt evenly, counted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from errors import Fault, FaultsFound, StoreError
from sipas.fieldwork import (
    ASSIGNMENTS,
    FIELDWORKERS,
    FOCAL_POINTS,
    HEADERS,
    Territory,
    areas,
    deal_evenly,
    parse_assignments,
    parse_fieldworkers,
    parse_focal_points,
)
from sipas.files import read_table
from sipas.jobs.field.returns import units_of_today
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds.parts import InstrumentParts
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class FieldworkReport:
    """Rows of a file, how many of them are new or changed, how many the round has now, and how many left it."""

    file_name: str
    n_read: int
    n_new: int
    n_now: int
    n_gone: int = 0


@dataclass(frozen=True)
class AssignReport:
    """Cases newly dealt or assigned, and by unit (or group) in order: unit_id, n_issued, n_assigned, n_unassigned.

    n_closed: issued cases of units closed since the draw, which nobody is to ask any more; not in `by_unit`.
    """

    n_new: int
    by_unit: pd.DataFrame
    n_closed: int


def import_fieldworkers(
    ws: Workspace, round_id: str, path: Path, instrument_id: str = "", *, replace: bool = False
) -> FieldworkReport:
    """Take in interviewers; one who is known by id is updated. replace: whoever is not in the file leaves the list.

    Raises what `read_table` and `parse_fieldworkers` raise; FaultsFound `fieldwork.file` with `fieldwork.has_cases`
    for everyone who would leave the list with cases assigned.
    """
    bench, rows = Workbench(ws, round_id, instrument_id), _rows(ws, path, FIELDWORKERS)
    given = parse_fieldworkers(rows, territory(bench.parts), path.name)
    with _changing(bench):
        stored = ws.field.fieldwork.read(bench.instrument, FIELDWORKERS)
        if replace:
            leaving = set(stored["fieldworker_id"]) - set(given["fieldworker_id"])
            busy = leaving & set(ws.field.fieldwork.read(bench.instrument, ASSIGNMENTS)["fieldworker_id"])
            if busy:
                faults = [
                    Fault("fieldwork.has_cases", path.name, got=fieldworker_id) for fieldworker_id in sorted(busy)
                ]
                raise FaultsFound("fieldwork.file", faults, where=path.name)
        now = given if replace else _updated(stored, given, ["fieldworker_id"])
        return _save(bench, path.name, FIELDWORKERS, given=given, stored=stored, now=now)


def import_focal_points(ws: Workspace, round_id: str, path: Path, instrument_id: str = "") -> FieldworkReport:
    """Take in focal points; those of a unit in the file take the place of the unit's earlier ones.

    Raises what `read_table` and `parse_focal_points` raise.
    """
    bench = Workbench(ws, round_id, instrument_id)
    units = territory(bench.parts).conductor_of
    given = parse_focal_points(_rows(ws, path, FOCAL_POINTS), units, path.name)
    with _changing(bench):
        stored = ws.field.fieldwork.read(bench.instrument, FOCAL_POINTS)
        kept = stored[~stored["unit_id"].isin(given["unit_id"])]
        now = pd.concat([kept, given], ignore_index=True)
        return _save(bench, path.name, FOCAL_POINTS, given=given, stored=stored, now=now)


def import_assignments(ws: Workspace, round_id: str, path: Path, instrument_id: str = "") -> AssignReport:
    """Take in who has which case; a case that was assigned before goes to the one in the file.

    Raises what `read_table` and `parse_assignments` raise, StoreError `jobs.step_first` before the draw.
    """
    bench, rows = Workbench(ws, round_id, instrument_id), _rows(ws, path, ASSIGNMENTS)
    cases, everything = issued_cases(bench), _placed(bench)
    with _changing(bench):
        workers = areas(ws.field.fieldwork.read(bench.instrument, FIELDWORKERS), territory(bench.parts))
        given = parse_assignments(rows, everything, workers, path.name)
        stored = ws.field.fieldwork.read(bench.instrument, ASSIGNMENTS)
        ws.field.fieldwork.save(bench.instrument, ASSIGNMENTS, _updated(stored, given, ["case_id"]))
        return _assigned(bench, cases, len(_fresh(stored, given)))


def assign_evenly(ws: Workspace, round_id: str, instrument_id: str = "") -> AssignReport:
    """Deal the issued cases that nobody has among the interviewers of their unit, in draw order.

    Run again it deals only what is new, such as released reserves. Raises StoreError `jobs.step_first`,
    `fieldwork.no_fieldworkers`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    cases = issued_cases(bench)
    with _changing(bench):
        listed = ws.field.fieldwork.read(bench.instrument, FIELDWORKERS)
        if listed.empty:
            raise StoreError("fieldwork.no_fieldworkers", where=bench.instrument.public_id)
        workers = areas(listed, territory(bench.parts))
        stored = ws.field.fieldwork.read(bench.instrument, ASSIGNMENTS)
        dealt = deal_evenly(cases[["case_id", "unit_id"]], workers, stored)
        if len(dealt):
            ws.field.fieldwork.save(bench.instrument, ASSIGNMENTS, pd.concat([stored, dealt], ignore_index=True))
        return _assigned(bench, cases, len(dealt))


def assignment_counts(ws: Workspace, round_id: str, instrument_id: str = "") -> AssignReport:
    """Where the assignments stand, nothing changed."""
    bench = Workbench(ws, round_id, instrument_id)
    return _assigned(bench, issued_cases(bench), 0)


def issued_cases(bench: Workbench) -> pd.DataFrame:
    """Issued cases to be asked (case_id, frame_unit_id, unit_id, conductor_id) by unit in order, then draw order.

    unit_id: the unit of today (the successor of a merged one); for a person on a closed list whose own unit is not
    rated, the rater group. Cases of units closed since the draw are left out: `n_closed_cases`. StoreError
    `jobs.step_first`, `jobs.cancelled`.
    """
    bench.refuse_cancelled()
    sample = bench.table("draw", "sample").drop(columns="is_reserve")
    cases = _placed(bench)
    issued = cases.loc[cases["is_issued"] & ~cases["is_closed"], ["case_id", "unit_id"]].merge(sample, on="case_id")
    place = issued["unit_id"].map({unit_id: place for place, unit_id in enumerate(territory(bench.parts).conductor_of)})
    ordered = issued.assign(place=place).sort_values(["place", "stratum_id", "draw_order"], ignore_index=True)
    return ordered[["case_id", "frame_unit_id", "unit_id", "conductor_id"]]


def n_closed_cases(bench: Workbench) -> int:
    """Issued cases of units that were closed since the draw."""
    cases = _placed(bench)
    return int((cases["is_issued"] & cases["is_closed"]).sum())


def territory(parts: InstrumentParts) -> Territory:
    """Rated units of today, then rater groups (for people from elsewhere, who belong to the first conductor)."""
    rules = parts.rules
    units = {unit.unit_id: rules.conductor_of(unit.unit_group) for unit in parts.rated_units()}
    groups = dict.fromkeys(sorted({quota.rater_group for quota in rules.quotas}), rules.conductors[0].conductor_id)
    today = parts.units_of_today()
    successors = {unit_id: successor for unit_id, successor in today.items() if successor not in ("", unit_id)}
    return Territory(
        units | {unit_group: first for unit_group, first in groups.items() if unit_group not in units}, successors
    )


def _placed(bench: Workbench) -> pd.DataFrame:
    """Cases of the ledger with `is_closed`, and unit_id as `issued_cases` says; a closed unit keeps its id."""
    parts, cases = bench.parts, bench.ws.field.cases.read(bench.instrument)
    unit = units_of_today(bench, cases["unit_id"])
    is_closed = unit.isin({event.unit_id for event in parts.events if not event.successor_id})
    is_here = is_closed | unit.isin({unit.unit_id for unit in parts.rated_units()})
    return cases.assign(unit_id=unit.where(is_here, cases["stratum_id"]), is_closed=is_closed)


def _changing(bench: Workbench) -> AbstractContextManager[None]:
    """Held from reading a table to saving it: of two people who assign at once, neither loses anything."""
    return bench.ws.lock(f"fieldwork/{bench.instrument.public_id}")


def _rows(ws: Workspace, path: Path, what: str) -> pd.DataFrame:
    """Rows of a file that is kept encrypted first: it names people."""
    kept = ws.field.received.keep(path, is_personal=True)
    headers = list(HEADERS[what].values())
    with ws.field.received.opened(kept.sha256) as stored:
        rows: pd.DataFrame = read_table(stored, known_headers=headers, shown_as=path.name).to_pandas()
    return rows


def _updated(stored: pd.DataFrame, given: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    return pd.concat([stored, given], ignore_index=True).drop_duplicates(key, keep="last", ignore_index=True)


def _fresh(stored: pd.DataFrame, given: pd.DataFrame) -> pd.DataFrame:
    """Rows of `given` that are not in `stored` as they are."""
    marked = given.merge(stored, how="left", indicator=True)
    return marked[marked["_merge"] == "left_only"]


def _save(
    bench: Workbench, file: str, what: str, *, given: pd.DataFrame, stored: pd.DataFrame, now: pd.DataFrame
) -> FieldworkReport:
    bench.ws.field.fieldwork.save(bench.instrument, what, now)
    n_gone = len(_fresh(now, stored)) if what == FOCAL_POINTS else len(set(stored[_ID]) - set(now[_ID]))
    return FieldworkReport(file, len(given), len(_fresh(stored, given)), len(now), n_gone)


def _assigned(bench: Workbench, cases: pd.DataFrame, n_new: int) -> AssignReport:
    assigned = bench.ws.field.fieldwork.read(bench.instrument, ASSIGNMENTS)["case_id"]
    held: Mapping[str, bool] = dict.fromkeys(assigned, True)
    flags = cases.assign(n_issued=1, n_assigned=cases["case_id"].map(held).eq(True).astype("int64"))
    by_unit = flags.groupby("unit_id", sort=False)[["n_issued", "n_assigned"]].sum().reset_index()
    by_unit = by_unit.assign(n_unassigned=by_unit["n_issued"] - by_unit["n_assigned"])
    return AssignReport(n_new, by_unit, n_closed_cases(bench))


_ID = "fieldworker_id"
