"""Lists for fieldwork: the only place where cases and contacts meet, one file per unit for those who need it.

People on closed lists whose own unit is not rated are on a list of their rater group. Every call is an entry
`lists.made` or `lists.removed` in the log, with kind and counts, never names. Only the owner may read the files.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from errors import DataError
from sipas.acts import ListsMade, ListsRemoved
from sipas.fieldwork import ASSIGNMENTS, FIELDWORKERS, FOCAL_POINTS
from sipas.foldernames import LISTS_FOLDER
from sipas.jobs.field.fieldwork import issued_cases, n_closed_cases
from sipas.jobs.field.returns import units_of_today
from sipas.jobs.prepare.raters import pairs_of
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.field.listforms import FIELD, PAYMENT, RATERS
from sipas.publish.field.lists import LIST_COLUMNS, ListFacts, list_workbook
from sipas.publish.field.uploads import UPLOAD_COLUMNS, upload_file
from sipas.publish.xlsx.official import Office
from sipas.rounds import InstrumentRules
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
    """Files written and what is on them: cases = assigned + unassigned; how many lack a phone or an address.

    n_closed: issued cases of the round whose unit was closed since the draw: on no list. n_removed: files of an
    earlier call that were removed, their units being no more.
    """

    folder: Path
    n_files: int
    n_cases: int
    n_assigned: int
    n_without_phone: int
    n_without_address: int
    n_closed: int
    n_removed: int


def make_lists(ws: Workspace, round_id: str, kind: str, selection: Selection, instrument_id: str = "") -> ListsReport:
    """Write outputs/<public id>/danh-sach/<kind>/<conductor>/<unit>.xlsx for the issued cases.

    kind: field | signature | payment | postal. Reserves that were not released are on no list. A call for all cases
    removes files of units that are no more. Raises StoreError `jobs.step_first` before the draw, DataError
    `lists.unit`, `lists.conductor`, `lists.none`, and `lists.payment` when round.toml says no amount for the payment
    list.
    """
    bench = Workbench(ws, round_id, instrument_id)
    rules = bench.parts.rules
    payment = rules.lists.payment_per_form
    if kind == PAYMENT and payment is None:
        raise DataError("lists.payment", where="round.toml", expected="payment_per_form")
    rows = _rows(bench, selection)
    folder = f"{bench.instrument.public_id}/{LISTS_FOLDER}/{_FOLDERS[kind]}"
    places = rows[["conductor_id", "unit_id"]].drop_duplicates().itertuples(index=False, name=None)
    names = [f"{folder}/{conductor_id}/{unit_id}.xlsx" for conductor_id, unit_id in places]
    stale = set(ws.files.outputs.names(folder)) - set(names) if selection == Selection() else set()
    n_removed = _remove(ws, bench.instrument.public_id, kind, stale)
    _log(bench, selection, kind, n_files=len(names), n_cases=len(rows))
    form = RATERS if kind == FIELD and rules.rates_many else kind
    for name, (facts, unit_rows) in zip(names, _units(bench, rows, has_pairs=form == RATERS), strict=True):
        data = list_workbook(form, facts, unit_rows[list(LIST_COLUMNS)], payment_per_form=payment or 0)
        ws.files.outputs.write_bytes(name, data, is_private=True)
    return _report(bench, ws.files.outputs.path(folder), len(names), rows, n_removed)


def make_upload(
    ws: Workspace, round_id: str, target: str, selection: Selection, instrument_id: str = "", *, with_names: bool
) -> ListsReport:
    """Write the sample file for a data collection server: outputs/<public id>/danh-sach/<target>/<selection>/mau<code>.

    target: odk | kobo | survey-solutions. The file name has letters and digits only, as `pulldata()` wants it.
    Raises as `make_lists`; DataError `lists.partly_assigned`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    rows = _rows(bench, selection)
    data = upload_file(target, rows[list(UPLOAD_COLUMNS)], with_names=with_names)
    folder, everything = f"{bench.instrument.public_id}/{LISTS_FOLDER}/{target}", "tat-ca"
    stale: set[str] = set()
    if selection == Selection():
        allowed = {everything, *rows["unit_id"], *rows["conductor_id"]}
        stale = {
            name
            for name in ws.files.outputs.names(folder)
            if name.removeprefix(f"{folder}/").split("/")[0] not in allowed
        }
    n_removed = _remove(ws, bench.instrument.public_id, target, stale)
    _log(bench, selection, target, n_files=1, n_cases=len(rows), with_names=with_names)
    place = selection.unit_id or selection.conductor_id or everything
    file = f"mau{bench.parts.rules.code}.{_SUFFIXES[target]}"
    path = ws.files.outputs.write_bytes(f"{folder}/{place}/{file}", data, is_private=True)
    return _report(bench, path.parent, 1, rows, n_removed)


def remove_lists(ws: Workspace, round_id: str) -> int:
    """Delete every list and sample file of the round, as is due when it ends; returns how many there were.

    Raises StoreError `store.no_round`, `store.output_in_use` (open in another program: the others before it are gone).
    """
    return sum(
        _remove(ws, instrument.public_id, "", ws.files.outputs.names(f"{instrument.public_id}/{LISTS_FOLDER}"))
        for instrument in ws.rounds.instruments(round_id)
    )


def _remove(ws: Workspace, subject: str, kind: str, names: Collection[str]) -> int:
    if names:
        with ws.ledger.write() as connection:
            ws.log.append(connection, subject, ListsRemoved(kind, len(names)))
    return ws.files.outputs.remove(sorted(names))


def _rows(bench: Workbench, selection: Selection) -> pd.DataFrame:
    """Issued cases in list order with contacts and interviewers: UPLOAD_COLUMNS; for paper `interviewer`, `rated`."""
    ws, instrument = bench.ws, bench.instrument
    cases = _selected(bench, issued_cases(bench), selection)
    contacts = ws.field.contacts.read(instrument, list(cases["frame_unit_id"]))
    workers = ws.field.fieldwork.read(instrument, FIELDWORKERS)
    assigned = ws.field.fieldwork.read(instrument, ASSIGNMENTS).rename(columns={"fieldworker_id": "interviewer_id"})
    shown = workers["name"].str.cat(workers["fieldworker_id"], " – ")
    called = pd.DataFrame({"interviewer_id": workers["fieldworker_id"], "called": shown})
    rows = cases.merge(contacts, on="frame_unit_id", how="left").merge(assigned, on="case_id", how="left")
    rows = rows.merge(called, on="interviewer_id", how="left").assign(unit_name=rows["unit_id"].map(_names(bench)))
    texts = rows.drop(columns=["frame_unit_id", "called"]).assign(interviewer=rows["called"])
    texts["rated"] = _rated(bench).reindex(texts["case_id"]).set_axis(texts.index)
    return texts.fillna("").astype("str")


def _names(bench: Workbench) -> dict[str, str]:
    """Names of units, and of rater groups as round.toml words them, by id."""
    codes = [code for code in bench.parts.rules.codes if code.field == "rater_group"]
    return {**{code.code: code.cell for code in codes}, **bench.parts.register.names()}


def _rated(bench: Workbench) -> pd.Series:
    """Rated units by case, in order, where a case may have many; else nothing."""
    if not bench.parts.rules.rates_many:
        return pd.Series(dtype="str")
    order = {unit.unit_id: place for place, unit in enumerate(bench.parts.rated_units())}
    pairs = pairs_of(bench)
    pairs = pairs.assign(place=pairs["rated_unit_id"].map(order)).sort_values(["case_id", "place"])
    return pairs.groupby("case_id")["rated_unit_id"].agg(", ".join)


def _selected(bench: Workbench, cases: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    units = {*(unit.unit_id for unit in bench.parts.rated_units()), *cases["unit_id"]}
    conductors = [conductor.conductor_id for conductor in bench.parts.rules.conductors]
    if selection.unit_id and selection.unit_id not in units:
        raise DataError("lists.unit", where=bench.instrument.public_id, got=selection.unit_id)
    if selection.conductor_id and selection.conductor_id not in conductors:
        expected = ", ".join(conductors)
        raise DataError(
            "lists.conductor", where=bench.instrument.public_id, got=selection.conductor_id, expected=expected
        )
    wanted = pd.Series(True, index=cases.index)
    if selection.unit_id:
        wanted &= cases["unit_id"] == selection.unit_id
    if selection.conductor_id:
        wanted &= cases["conductor_id"] == selection.conductor_id
    if not wanted.any():
        raise DataError("lists.none", where=bench.instrument.public_id)
    return cases[wanted].reset_index(drop=True)


def _units(bench: Workbench, rows: pd.DataFrame, *, has_pairs: bool) -> Iterator[tuple[ListFacts, pd.DataFrame]]:
    """Unit by unit in order (by conductor, where a merger joined cases of two): what stands above, and the rows.

    has_pairs: the list shows which units each person rates, so their names go with it.
    """
    rules = bench.parts.rules
    focal = bench.ws.field.fieldwork.read(bench.instrument, FOCAL_POINTS)
    focal = focal.assign(unit_id=units_of_today(bench, focal["unit_id"]))
    units = {unit.unit_id: unit.name_vi for unit in bench.parts.rated_units()}
    for (conductor_id, unit_id), unit_rows in rows.groupby(["conductor_id", "unit_id"], sort=False):
        points = focal.loc[focal["unit_id"] == unit_id, ["name", "phone", "email"]]
        texts = tuple(", ".join(filter(None, parts)) for parts in points.itertuples(index=False, name=None))
        facts = ListFacts(
            round_id=bench.instrument.public_id,
            round_title=rules.title,
            office=_office(rules, str(conductor_id)),
            unit_id=str(unit_id),
            unit_vi=str(unit_rows["unit_name"].iloc[0]),
            focal_points=texts,
            is_made_up=rules.made_up,
            is_group=unit_id not in units,
            rated_units=tuple(units.items()) if has_pairs else (),
        )
        yield facts, unit_rows


def _office(rules: InstrumentRules, conductor_id: str) -> Office:
    names = {conductor.conductor_id: conductor.name_vi for conductor in rules.conductors}
    return Office(names[conductor_id], rules.lists.agency_vi, rules.lists.place, rules.year)


def _log(
    bench: Workbench, selection: Selection, kind: str, *, n_files: int, n_cases: int, with_names: bool = False
) -> None:
    """Entered before the files are written: no list exists that the log does not tell of."""
    act = ListsMade(kind, n_files, n_cases, selection.unit_id, selection.conductor_id, with_names)
    with bench.ws.ledger.write() as connection:
        bench.ws.log.append(connection, bench.instrument.public_id, act)


def _report(bench: Workbench, folder: Path, n_files: int, rows: pd.DataFrame, n_removed: int) -> ListsReport:
    return ListsReport(
        folder=folder,
        n_files=n_files,
        n_cases=len(rows),
        n_assigned=int((rows["interviewer_id"] != "").sum()),
        n_without_phone=int((rows["phone"] == "").sum()),
        n_without_address=int((rows["address"] == "").sum()),
        n_closed=n_closed_cases(bench),
        n_removed=n_removed,
    )
