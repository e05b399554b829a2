"""From an office's list of dossiers to the sampling frame: pseudonyms, today's units, window, duplicates.

Every row ends on the frame or beside it with a reason; rows that nobody could place (unknown unit, unreadable date)
are faults and stop the import, because a frame with holes cannot be seen to have them afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from sampling.errors import Fault, FaultsFound, shape_of
from sampling.frame import check_frame
from sipas.caseid import keyed_id
from sipas.questionnaire import normalise_header
from sipas.rounds import NEEDED_FIELDS, SurveyRound
from sipas.units import UnitRegister

ROW_REASONS = ("on_frame", "outside_window", "duplicate_dossier", "earlier_dossier", "unit_not_rated")
_DAY_LENGTH = len("2026-01-31")


@dataclass(frozen=True, eq=False)
class FrameImport:
    """The canonical SamplingFrame (with `result_status`), contacts apart, and what became of every row of the file."""

    frame: pd.DataFrame
    contacts: pd.DataFrame
    reasons: pd.Series
    crosswalk: pd.Series

    def counts(self) -> dict[str, int]:
        """Rows of the file by reason; adds up to the rows read."""
        found = self.reasons.value_counts()
        return {reason: int(found.get(reason, 0)) for reason in ROW_REASONS}


def build_frame(
    rows: pd.DataFrame,
    survey_round: SurveyRound,
    register: UnitRegister,
    key: Callable[[str], bytes],
    file: str,
) -> FrameImport:
    """Make the frame from rows of text as read from the office's file (`_sheet`, `_row` beside the cells).

    key: gives the secret key of a purpose; dossier and person numbers leave this function only as keyed hashes.
    Raises FaultsFound `frames.file` with every fault (`frames.missing_column`, `frames.blank`, `frames.date`,
    `frames.unknown_unit`, `frames.unknown_code`, `frames.split_unit`), FrameError when nothing is left.
    """
    cells = _fields(rows, survey_round, file)
    place = _Places(rows, file, {one.field: one.header for one in survey_round.headings})
    codes = {one.cell.casefold(): one.code for one in survey_round.codes if one.field == "result_status"}
    status = cells["result_status"].str.casefold().map(codes)
    dossier = keyed_id(cells["dossier_no"], key("dossier"), "dossier")
    units = _units(cells, dossier, survey_round, register)
    faults = [
        *_blank_faults(cells, place),
        *place.faults("frames.date", "event_date", cells, ~_are_days(cells["event_date"]), "2026-01-31"),
        *(
            fault
            for field in ("unit_id", "unit_id_at_event")
            for fault in place.faults("frames.unknown_unit", field, cells, units[f"bad_{field}"], "mã trong danh mục")
        ),
        *place.faults("frames.unknown_code", "result_status", cells, status.isna(), " | ".join(sorted(codes.values()))),
    ]
    if survey_round.plan.split_rule == "fail":
        faults += place.faults("frames.split_unit", "unit_id", cells, units["how"] == "split", "mã đơn vị hiện nay")
    if faults:
        raise FaultsFound("frames.file", faults, where=file)  # sorted by place
    whole = pd.DataFrame(
        {
            "frame_unit_id": dossier,
            "unit_id": units["unit_id"],
            "unit_id_at_event": cells["unit_id_at_event"],
            "person_key": keyed_id(cells["person_no"], key("person"), "person"),
            "event_date": cells["event_date"],
            "result_status": status.astype("str"),
        }
    )
    reasons = _reasons(whole, survey_round, register)
    contacts = cells.reindex(columns=["name", "phone", "address"], fill_value="").assign(frame_unit_id=dossier)
    has_contact = (contacts["phone"] != "") | (contacts["address"] != "")
    kept = whole.assign(psu_id=whole["person_key"], size=1, has_contact=has_contact)[reasons == "on_frame"]
    if survey_round.plan.target == "person":
        kept, reasons = _collapse(kept, reasons)
    frame = check_frame(kept)
    return FrameImport(frame, contacts.loc[kept.index], reasons, units["how"])


def _fields(rows: pd.DataFrame, survey_round: SurveyRound, file: str) -> pd.DataFrame:
    """Cells under their field names, blanks trimmed; fields the file does not have are "" unless they are needed."""
    known = {normalise_header(one.header): one.field for one in survey_round.headings}
    found: dict[str, str] = {}
    for column in rows.columns:
        field = known.get(normalise_header(str(column)))
        if field is not None:
            found.setdefault(field, str(column))
    headers: Mapping[str, str] = {one.field: one.header for one in survey_round.headings}
    absent = [field for field in NEEDED_FIELDS if field not in found]
    if absent:
        got = ", ".join(str(column) for column in rows.columns if not str(column).startswith("_"))
        raise FaultsFound(
            "frames.file",
            [
                Fault("frames.missing_column", file, column=headers[one], got=got, expected=headers[one])
                for one in absent
            ],
            where=file,
        )
    cells = {field: rows[column].fillna("").str.strip() for field, column in found.items()}
    return pd.DataFrame({"unit_id": pd.Series("", index=rows.index, dtype="str"), **cells})


def _units(cells: pd.DataFrame, dossier: pd.Series, survey_round: SurveyRound, register: UnitRegister) -> pd.DataFrame:
    """Today's unit of every row: as the file says where it says one, else through the crosswalk."""
    on = survey_round.units.on
    resolved = register.resolve(cells["unit_id_at_event"], dossier, on)
    said = cells["unit_id"] != ""
    today = register.resolve(cells["unit_id"].where(said, cells["unit_id_at_event"]), dossier, on)
    known = said & (today["how"] == "same")
    how = resolved["how"].mask(known & resolved["how"].isin(("split", "closed", "unknown")), "same")
    return pd.DataFrame(
        {
            "unit_id": today["unit_id"].where(known, resolved["unit_id"]),
            "how": how,
            "bad_unit_id": said & ~known,
            "bad_unit_id_at_event": resolved["how"] == "unknown",
        }
    )


def _reasons(whole: pd.DataFrame, survey_round: SurveyRound, register: UnitRegister) -> pd.Series:
    work = survey_round.fieldwork
    rated = {u.unit_id for g in survey_round.units.unit_groups for u in register.rated_on(survey_round.units.on, g)}
    reasons = pd.Series("on_frame", index=whole.index, dtype="str")
    reasons = reasons.mask(~whole["unit_id"].isin(rated), "unit_not_rated")
    outside = ~whole["event_date"].between(work.window_start, work.window_end)
    reasons = reasons.mask(outside & (reasons == "on_frame"), "outside_window")
    eligible = reasons == "on_frame"
    again = whole.loc[eligible, "frame_unit_id"].duplicated()
    return reasons.mask(again.reindex(whole.index, fill_value=False), "duplicate_dossier")


def _collapse(kept: pd.DataFrame, reasons: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Target person: a person's latest dossier in a unit stands for the person; `size` keeps how many there are."""
    ordered = kept.sort_values(["event_date", "frame_unit_id"], kind="stable")
    of_person = ["person_key", "unit_id"]
    size = ordered.groupby(of_person)["frame_unit_id"].transform("size")
    latest = ~ordered.duplicated(of_person, keep="last")
    reasons = reasons.copy()
    reasons.loc[ordered.index[~latest]] = "earlier_dossier"
    return ordered.assign(size=size)[latest].sort_index(), reasons


def _are_days(cells: pd.Series) -> pd.Series:
    """True where the text is a day of the calendar as YYYY-MM-DD."""
    days = pd.to_datetime(cells, format="%Y-%m-%d", errors="coerce")
    return days.notna() & (cells.str.len() == _DAY_LENGTH)


def _blank_faults(cells: pd.DataFrame, place: _Places) -> list[Fault]:
    needed = ("dossier_no", "unit_id_at_event", "person_no")
    return [fault for field in needed for fault in place.faults("frames.blank", field, cells, cells[field] == "", "")]


class _Places:
    """Where a row of the file is, as a person sees it."""

    def __init__(self, rows: pd.DataFrame, file: str, headers: Mapping[str, str]) -> None:
        self._file = file
        self._headers = headers
        self._sheet = rows["_sheet"]
        self._row = rows["_row"].astype("int64")

    def faults(self, rule: str, field: str, cells: pd.DataFrame, bad: pd.Series, expected: str) -> list[Fault]:
        """One fault for every row where `bad`; the cell is shown by its shape only."""
        places = zip(self._sheet[bad], self._row[bad], cells.loc[bad, field], strict=True)
        return [
            Fault(rule, self._file, str(sheet), int(row), self._headers[field], shape_of(str(cell)), expected)
            for sheet, row, cell in places
        ]
