"""Lists for fieldwork: the only place where cases and contacts meet, one file per unit for those who need it.

Every call is an entry `lists.made` in the log, with kind and counts, never names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from sampling.errors import DataError
from sipas.fieldwork import ASSIGNMENTS, FIELDWORKERS, FOCAL_POINTS
from sipas.jobs.desk import Desk
from sipas.jobs.fieldwork import issued_cases
from sipas.publish.listforms import PAYMENT
from sipas.publish.lists import LIST_COLUMNS, ListFacts, list_workbook
from sipas.publish.official import Office
from sipas.publish.uploads import UPLOAD_COLUMNS, upload_file
from sipas.rounds import SurveyRound
from sipas.store.workspace import Workspace

_FOLDERS = {"field": "phong-van", "signature": "ky-nhan", "payment": "chi-tra", "postal": "buu-chinh"}
_SUFFIXES = {"odk": "csv", "kobo": "csv", "survey-solutions": "tab"}


@dataclass(frozen=True)
class Selection:
    """Which cases: of one unit, of one conductor, or ("") of all."""

    unit_id: str = ""
    conductor_id: str = ""


@dataclass(frozen=True)
class ListsReport:
    """Files written and what is on them: cases = assigned + unassigned; how many lack a phone or an address."""

    folder: Path
    n_files: int
    n_cases: int
    n_assigned: int
    n_without_phone: int
    n_without_address: int


def make_lists(ws: Workspace, round_id: str, kind: str, selection: Selection) -> ListsReport:
    """Write outputs/<round>/danh-sach/<kind>/<conductor>/<unit>.xlsx for the issued cases.

    kind: field | signature | payment | postal. Reserves that were not released are on no list. Raises StoreError
    `jobs.step_first` before the draw, DataError `lists.unit`, `lists.conductor`, `lists.none`, and `lists.payment` when
    round.toml says no amount for the payment list.
    """
    desk = Desk(ws, round_id)
    rules = desk.parts.survey_round
    payment = rules.lists.payment_per_form
    if kind == PAYMENT and payment is None:
        raise DataError("lists.payment", where="round.toml", expected="payment_per_form")
    rows = _rows(desk, selection)
    _log(ws, round_id, rows, {"kind": kind, "n_files": int(rows["unit_id"].nunique())}, selection)
    folder = f"{round_id}/danh-sach/{_FOLDERS[kind]}"
    for facts, own in _units(desk, rows):
        data = list_workbook(kind, facts, own[list(LIST_COLUMNS)], payment_per_form=payment or 0)
        ws.outputs.write_bytes(f"{folder}/{own['conductor_id'].iloc[0]}/{facts.unit_id}.xlsx", data)
    return _report(ws.outputs.path(folder), int(rows["unit_id"].nunique()), rows)


def make_upload(ws: Workspace, round_id: str, target: str, selection: Selection, *, with_names: bool) -> ListsReport:
    """Write the sample file for a data collection server: outputs/<round>/danh-sach/<target>/<selection>/mau<code>.

    target: odk | kobo | survey-solutions. The file name has letters and digits only, as `pulldata()` wants it.
    Raises as `make_lists`; DataError `lists.partly_assigned`.
    """
    desk = Desk(ws, round_id)
    rows = _rows(desk, selection)
    data = upload_file(target, rows[list(UPLOAD_COLUMNS)], with_names=with_names)
    _log(ws, round_id, rows, {"kind": target, "n_files": 1, "with_names": with_names}, selection)
    place = selection.unit_id or selection.conductor_id or "tat-ca"
    file = f"mau{desk.parts.survey_round.code}.{_SUFFIXES[target]}"
    path = ws.outputs.write_bytes(f"{round_id}/danh-sach/{target}/{place}/{file}", data)
    return _report(path.parent, 1, rows)


def _rows(desk: Desk, selection: Selection) -> pd.DataFrame:
    """Issued cases in list order with contacts and interviewers: UPLOAD_COLUMNS and `interviewer` for paper."""
    ws, round_id = desk.ws, desk.round_id
    cases = _selected(desk, issued_cases(desk), selection)
    contacts = ws.contacts.read(round_id, list(cases["frame_unit_id"]))
    names = desk.parts.register.names()
    workers = ws.fieldwork.read(round_id, FIELDWORKERS)
    assigned = ws.fieldwork.read(round_id, ASSIGNMENTS).rename(columns={"fieldworker_id": "interviewer_id"})
    shown = workers["name"].str.cat(workers["fieldworker_id"], " – ")
    called = pd.DataFrame({"interviewer_id": workers["fieldworker_id"], "called": shown})
    rows = cases.merge(contacts, on="frame_unit_id", how="left").merge(assigned, on="case_id", how="left")
    rows = rows.merge(called, on="interviewer_id", how="left").assign(unit_name=rows["unit_id"].map(names))
    texts = rows.drop(columns=["frame_unit_id", "called"]).assign(interviewer=rows["called"])
    return texts.fillna("").astype("str")


def _selected(desk: Desk, cases: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    units = {unit.unit_id for unit in desk.parts.rated_units()}
    conductors = [one.conductor_id for one in desk.parts.survey_round.conductors]
    if selection.unit_id and selection.unit_id not in units:
        raise DataError("lists.unit", where=desk.round_id, got=selection.unit_id)
    if selection.conductor_id and selection.conductor_id not in conductors:
        expected = ", ".join(conductors)
        raise DataError("lists.conductor", where=desk.round_id, got=selection.conductor_id, expected=expected)
    wanted = cases["unit_id"].isin([selection.unit_id] if selection.unit_id else units)
    if selection.conductor_id:
        wanted &= cases["conductor_id"] == selection.conductor_id
    if not wanted.any():
        raise DataError("lists.none", where=desk.round_id)
    return cases[wanted].reset_index(drop=True)


def _units(desk: Desk, rows: pd.DataFrame) -> Iterator[tuple[ListFacts, pd.DataFrame]]:
    """Unit by unit in order: what stands above its list, and its rows."""
    rules = desk.parts.survey_round
    focal = desk.ws.fieldwork.read(desk.round_id, FOCAL_POINTS)
    for unit_id, own in rows.groupby("unit_id", sort=False):
        points = focal.loc[focal["unit_id"] == unit_id, ["name", "phone", "email"]]
        texts = tuple(", ".join(filter(None, parts)) for parts in points.itertuples(index=False, name=None))
        facts = ListFacts(
            round_id=desk.round_id,
            round_title=rules.title_vi,
            office=_office(rules, str(own["conductor_id"].iloc[0])),
            unit_id=str(unit_id),
            unit_vi=str(own["unit_name"].iloc[0]),
            focal_points=texts,
            is_made_up=rules.made_up,
        )
        yield facts, own


def _office(rules: SurveyRound, conductor_id: str) -> Office:
    names = {one.conductor_id: one.name_vi for one in rules.conductors}
    return Office(names[conductor_id], rules.lists.agency_vi, rules.lists.place, rules.year)


def _log(ws: Workspace, round_id: str, rows: pd.DataFrame, facts: dict[str, Any], selection: Selection) -> None:
    """Entered before the files are written: no list exists that the log does not tell of."""
    asked = {"unit_id": selection.unit_id, "conductor_id": selection.conductor_id}
    with ws.ledger.write() as connection:
        ws.audit.append(connection, "lists.made", round_id, {**facts, **asked, "n_cases": len(rows)})


def _report(folder: Path, n_files: int, rows: pd.DataFrame) -> ListsReport:
    return ListsReport(
        folder=folder,
        n_files=n_files,
        n_cases=len(rows),
        n_assigned=int((rows["interviewer_id"] != "").sum()),
        n_without_phone=int((rows["phone"] == "").sum()),
        n_without_address=int((rows["address"] == "").sum()),
    )
