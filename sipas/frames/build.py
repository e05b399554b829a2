"""The frame itself: pseudonyms, today's units, window, duplicates.

Every row ends on the frame or beside it with a reason; rows that nobody could place (unknown unit, unreadable date)
are faults and stop the import, because a frame with holes cannot be seen to have them afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

import pandas as pd

from errors import Fault, FaultsFound
from sampling.frame import check_frame
from sipas.caseid import keyed_id
from sipas.cells.text import folded
from sipas.framekinds import ID_FIELDS
from sipas.frames.cells import Places, field_cells, find_columns
from sipas.frames.dates import Days, read_days
from sipas.frames.ids import similar_ids
from sipas.frames.model import FrameImport
from sipas.frames.office import row_kinds
from sipas.frames.units import placed_firms, placed_units, rated_ids
from sipas.rounds import InstrumentRules
from sipas.units import UnitRegister

# Purpose of the key and of the pseudonym; a person has one pseudonym over all rounds and kinds of frame.
_PURPOSES = {"dossier_no": "dossier", "person_no": "person", "firm_no": "firm", "staff_no": "official"}
_AGAIN = {
    "transaction": "duplicate_dossier",
    "person": "duplicate_row",
    "firm": "same_firm",
    "official": "duplicate_row",
}


def build_frame(
    rows: pd.DataFrame,
    rules: InstrumentRules,
    register: UnitRegister,
    key: Callable[[str], bytes],
    file: str,
    spared_keys: Collection[str] = (),
) -> FrameImport:
    """Make the frame from rows of text as read from the office's file (`_sheet`, `_row` beside the cells).

    key: gives the secret key of a purpose; numbers of dossiers, persons, firms and staff leave this function only as
    keyed hashes. spared_keys: person keys drawn in the round to be spared.
    Raises FaultsFound `frames.file` with every fault (`frames.missing_column`, `frames.blank`, `frames.date`,
    `frames.date_format`, `frames.swapped_dates`, `frames.unknown_unit`, `frames.unknown_code`, `frames.split_unit`,
    `frames.similar_id`, `frames.duplicate_differs`), FrameError when nothing is left.
    """
    columns = find_columns(rows, rules, file)
    kinds = row_kinds(rows, columns, rules)
    data = rows[kinds == "data"]
    cells = field_cells(data, columns)
    place = Places(data, file, rules)
    keys = {
        field: keyed_id(cells[field], key(purpose), purpose) for field, purpose in _PURPOSES.items() if field in columns
    }
    row_key = keys[rules.layout.id_field]
    kind = rules.plan.frame_kind
    units = (placed_firms if kind == "firm" else placed_units)(cells, row_key, rules, register)
    days = read_days(cells["event_date"], rules.frame.date_format)
    coded = {field: _coded(cells[field], rules.codes_of(field)) for field in rules.coded_fields()}
    all_rows = _rows_of_data(rules, keys, units, days, coded)
    if kind == "person":
        in_unit = row_key + "|" + units["unit_id"]
        all_rows["frame_unit_id"] = keyed_id(in_unit, key("frame_unit"), "frame_unit")
    faults = [
        *_cell_faults(cells, place, rules, days),
        *_unit_faults(cells, place, rules, units),
        *_code_faults(cells, place, rules, coded),
        *_id_faults(cells, place, rules, all_rows),
    ]
    if faults:
        raise FaultsFound("frames.file", faults, where=file)  # sorted by place
    all_rows = _with_parts(all_rows, rules, register, spared_keys)
    return _kept(all_rows, cells, units, kinds, (rules, register))


def _rows_of_data(
    rules: InstrumentRules,
    keys: Mapping[str, pd.Series],
    units: pd.DataFrame,
    days: Days,
    coded: Mapping[str, pd.Series],
) -> pd.DataFrame:
    """A row of the frame for each row of data."""
    row_key = keys[rules.layout.id_field]
    columns = {
        "frame_unit_id": row_key,
        "unit_id": units["unit_id"],
        "unit_id_at_event": units["unit_id_at_event"],
        "person_key": keys.get("person_no", row_key),
        "event_date": days.days,
        **{field: values.astype("str") for field, values in coded.items()},
    }
    if "rated_units" in units:
        columns["rated_units"] = units["rated_units"]
    return pd.DataFrame(columns)


def _coded(cells: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    """Codes of wordings; null where the wording is not declared. Each distinct cell is looked up once."""
    code_of = {folded(cell): code for cell, code in codes.items()}
    numbers, distinct = pd.factorize(cells)
    coded = pd.Series([code_of.get(folded(str(cell))) for cell in distinct], dtype="str")
    return pd.Series(coded.to_numpy(dtype=object)[numbers], index=cells.index, dtype="str")


def _with_parts(
    all_rows: pd.DataFrame, rules: InstrumentRules, register: UnitRegister, spared_keys: Collection[str]
) -> pd.DataFrame:
    """Stratum parts that are not in the file: the group of the unit, and who was drawn in the round to be spared."""
    plan = rules.plan
    if "unit_group" in plan.stratum_parts:
        groups = {unit.unit_id: unit.unit_group for unit in register.valid_on(rules.units.on)}
        all_rows = all_rows.assign(unit_group=all_rows["unit_id"].map(groups).fillna("").astype("str"))
    if plan.spare_round:
        was_asked = all_rows["person_key"].isin(set(spared_keys))
        all_rows = all_rows.assign(asked_before=was_asked.map({True: "asked", False: "new"}).astype("str"))
    return all_rows


def _kept(
    all_rows: pd.DataFrame,
    cells: pd.DataFrame,
    units: pd.DataFrame,
    kinds: pd.Series,
    context: tuple[InstrumentRules, UnitRegister],
) -> FrameImport:
    rules, register = context
    contacts = cells[["name", "phone", "address"]].assign(frame_unit_id=all_rows["frame_unit_id"])
    has_contact = (contacts["phone"] != "") | (contacts["address"] != "")
    all_rows = all_rows.assign(psu_id=all_rows["person_key"], size=1, has_contact=has_contact)
    reasons = _reasons(all_rows, rules, register)
    kept = all_rows[reasons == "on_frame"]
    if rules.plan.frame_kind == "transaction" and rules.plan.target == "person":
        kept, reasons = _collapse(kept, reasons)
    frame = check_frame(kept)
    placed = units.get("rated_units", units["unit_id"])
    return FrameImport(frame, contacts.loc[kept.index], reasons, units["how"], placed, kinds)


def _reasons(all_rows: pd.DataFrame, rules: InstrumentRules, register: UnitRegister) -> pd.Series:
    """Why each row is on the frame or not. Of rows with one id the latest stays, then one with a contact."""
    kind, work = rules.plan.frame_kind, rules.fieldwork
    reasons = pd.Series("on_frame", index=all_rows.index, dtype="str")
    if kind != "official":  # members of a closed list rate others, whatever their own unit
        reasons = reasons.mask(~all_rows["unit_id"].isin(rated_ids(rules, register)), "unit_not_rated")
    if "event_date" in rules.frame_fields():
        outside = ~all_rows["event_date"].between(work.window_start, work.window_end)
        reasons = reasons.mask(outside & (reasons == "on_frame"), "outside_window")
    order = ["event_date", "has_contact", *rules.coded_fields()]
    eligible = all_rows[reasons == "on_frame"]
    if eligible["frame_unit_id"].duplicated().any():
        eligible = eligible.sort_values(order, ascending=False, kind="stable")
    again = eligible["frame_unit_id"].duplicated()
    return reasons.mask(again.reindex(all_rows.index, fill_value=False), _AGAIN[kind])


def _collapse(kept: pd.DataFrame, reasons: pd.Series) -> tuple[pd.DataFrame, pd.Series]:
    """Target person: a person's latest dossier in a unit stands for the person; `size` keeps how many there are."""
    ordered = kept.sort_values(["event_date", "frame_unit_id"], kind="stable")
    of_person = ["person_key", "unit_id"]
    size = ordered.groupby(of_person)["frame_unit_id"].transform("size")
    latest = ~ordered.duplicated(of_person, keep="last")
    reasons = reasons.copy()
    reasons.loc[ordered.index[~latest]] = "earlier_dossier"
    return ordered.assign(size=size)[latest].sort_index(), reasons


def _cell_faults(cells: pd.DataFrame, place: Places, rules: InstrumentRules, days: Days) -> Iterator[Fault]:
    """Needed cells that are blank, and days that cannot be read."""
    apart = (*rules.coded_fields(), "event_date")
    for field in rules.needed_fields():
        if field not in apart:
            yield from place.faults("frames.blank", field, cells, cells[field] == "", "")
    if "event_date" not in rules.frame_fields():
        return
    yield from place.faults("frames.date", "event_date", cells, days.is_bad, "2026-01-31")
    yield from place.faults("frames.date_format", "event_date", cells, days.is_dmy, 'date_format = "d/m/y"')
    if days.n_swapped:
        column = place.header("event_date")
        yield Fault("frames.swapped_dates", place.file, column=column, got=str(days.n_swapped))


def _unit_faults(cells: pd.DataFrame, place: Places, rules: InstrumentRules, units: pd.DataFrame) -> Iterator[Fault]:
    for field in ("unit_id", "unit_id_at_event"):
        yield from place.faults("frames.unknown_unit", field, cells, units[f"bad_{field}"], "id in the register")
    if rules.plan.split_rule == "fail":
        field = "unit_id" if "unit_id" in rules.layout.fields else "unit_id_at_event"
        yield from place.faults("frames.split_unit", field, cells, units["how"] == "split", "id of a unit of today")


def _code_faults(
    cells: pd.DataFrame, place: Places, rules: InstrumentRules, coded: Mapping[str, pd.Series]
) -> Iterator[Fault]:
    for field, values in coded.items():
        expected = " | ".join(sorted(set(rules.codes_of(field).values())))
        yield from place.faults("frames.unknown_code", field, cells, values.isna(), expected)


def _compared(rules: InstrumentRules) -> list[str]:
    """Columns in which two rows of one id may not differ. Rows of a firm differ by unit; visits of a person by day, and
    the latest stands for the person."""
    kind, coded = rules.plan.frame_kind, rules.coded_fields()
    if kind == "person" and "event_date" in rules.frame_fields():
        return []
    rest = () if kind in ("firm", "person") else ("unit_id", "unit_id_at_event", "person_key", "event_date")
    return [*coded, *rest]


def _id_faults(cells: pd.DataFrame, place: Places, rules: InstrumentRules, all_rows: pd.DataFrame) -> Iterator[Fault]:
    """Ids that differ only by form; rows of one id that say different things."""
    id_field = rules.layout.id_field
    for field in ID_FIELDS:
        if field in rules.frame_fields():
            yield from place.faults("frames.similar_id", field, cells, similar_ids(cells[field]), "")
    compared = _compared(rules)
    repeated = all_rows[(cells[id_field] != "") & all_rows["frame_unit_id"].duplicated(keep=False)]
    if len(repeated) and compared:
        kinds = repeated.drop_duplicates(["frame_unit_id", *compared])
        differ = kinds.loc[kinds["frame_unit_id"].duplicated(keep=False), "frame_unit_id"]
        yield from place.faults(
            "frames.duplicate_differs", id_field, cells, all_rows["frame_unit_id"].isin(set(differ)), ""
        )
