"""Made-up frame file of the example round: the dossiers a provincial portal would export, with its usual faults.

Nothing here is about real persons. What is wrong with the file is counted in `FrameFacts`, so that what an import
reports can be held against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from errors import FrameError
from sipas.example.dossiers import (
    RESULTS,
    SuccessorLike,
    UnitLike,
    dossier_numbers,
    fields,
    finishing_days,
    old_unit_ids,
    outside_window,
    results,
    unit_sizes,
)
from sipas.example.people import MOST_PERSONS, filers, persons
from sipas.example.streams import Flags, Ints, Words, stream, words

FRAME_HEADERS: Mapping[str, str] = {
    "dossier_no": "Mã hồ sơ",
    "unit_id_at_event": "Mã đơn vị giải quyết",
    "unit_id": "Mã đơn vị hiện nay",
    "field": "Lĩnh vực",
    "finished_on": "Ngày trả kết quả",
    "result": "Kết quả",
    "identity_no": "Số định danh",
    "full_name": "Họ và tên",
    "phone": "Số điện thoại",
    "address": "Địa chỉ",
    "birth_year": "Năm sinh",
    "sex": "Giới tính",
}
_CURRENT_ID_SHARE = 0.7
_FEWEST = 1_000  # below this, units and answer codes would be empty


@dataclass(frozen=True)
class FramePlan:
    """How many dossiers, and how many of each fault. `n_dossiers` are the distinct ones inside the window;
    `n_outside` and `n_repeated` come on top; `n_no_contact` and `n_old_units` lie within `n_dossiers`."""

    n_dossiers: int = 200_000
    n_outside: int = 200
    n_repeated: int = 60
    n_no_contact: int = 3_000
    n_old_units: int = 3_000


@dataclass(frozen=True)
class FrameFacts:
    """What the file holds: n_rows = n_eligible + n_outside_before + n_outside_after + n_repeated.

    `n_repeated`: rows that repeat an eligible dossier number, equal in every cell, at the end of the file; none of
    them counts below.
    `n_no_contact`: eligible rows without telephone and address. `n_old_unit_rows`: eligible rows of July and August
    2025 that bear the id of a unit that no longer exists. `n_by_result`: eligible rows by result code.
    `n_persons`, `n_repeat_persons`: persons in the file, and those with several dossiers.
    """

    n_rows: int
    n_eligible: int
    n_outside_before: int
    n_outside_after: int
    n_repeated: int
    n_no_contact: int
    n_old_unit_rows: int
    n_persons: int
    n_repeat_persons: int
    n_by_result: Mapping[str, int]


@dataclass(frozen=True)
class MadeUpFrame:
    """`rows`: the file as sent, text, headers of FRAME_HEADERS. Beside each row, shape (rows,): `unit_now`, today's
    unit that it was made under; `result_code`, position in RESULTS; `is_eligible`, inside the window and the first
    of its dossier number."""

    rows: pd.DataFrame
    unit_now: Words
    result_code: Ints
    is_eligible: Flags
    facts: FrameFacts


def frame_file(
    seed: int, units: Sequence[UnitLike], successors: Sequence[SuccessorLike], *, plan: FramePlan | None = None
) -> MadeUpFrame:
    """Make the frame file of window 2025-07-01..2026-06-30 for the rated `units` (groups "so" and "xa").

    `successors`: old units whose ids some rows of July and August 2025 still bear. Same arguments, same rows.
    Raises FrameError `example.plan` when the plan has too few or too many dossiers.
    """
    plan = plan or FramePlan()
    _check(plan)
    total = plan.n_dossiers + plan.n_outside
    unit = np.repeat(np.arange(len(units)), unit_sizes(seed, units, total))
    now = words([unit.unit_id for unit in units])[unit]
    outside = outside_window(seed, total, plan.n_outside)
    day = finishing_days(seed, outside)
    code = results(seed, unit, outside == 0)
    old = old_unit_ids(seed, now, np.where(outside == 0, day, "").astype(object), successors, plan.n_old_units)
    person, notes = _persons(seed, units, unit)
    columns = {
        "dossier_no": dossier_numbers(day),
        "unit_id_at_event": np.where(old != "", old, now),
        "unit_id": np.where((old == "") & (stream(seed, "current id").random(total) < _CURRENT_ID_SHARE), now, ""),
        "field": fields(seed, units, unit),
        "finished_on": day,
        "result": words(list(RESULTS.values()))[code],
    }
    no_contact, repeated = _planted(seed, plan, outside == 0, old != "")
    rows = _rows(columns, notes.take(person).reset_index(drop=True), no_contact)
    order = np.concatenate([np.lexsort((day.astype(str), unit)), repeated])
    facts = FrameFacts(
        n_rows=len(order),
        n_eligible=int((outside == 0).sum()),
        n_outside_before=int((outside < 0).sum()),
        n_outside_after=int((outside > 0).sum()),
        n_repeated=len(repeated),
        n_no_contact=int(no_contact.sum()),
        n_old_unit_rows=int((old != "").sum()),
        n_persons=len(notes),
        n_repeat_persons=int((np.bincount(person) > 1).sum()),
        n_by_result={name: int((code[outside == 0] == i).sum()) for i, name in enumerate(RESULTS)},
    )
    is_eligible = (outside[order] == 0) & (np.arange(len(order)) < total)
    return MadeUpFrame(rows.take(order).reset_index(drop=True), now[order], code[order], is_eligible, facts)


def frame_csv(rows: pd.DataFrame) -> bytes:
    """`rows` as the portal exports them: UTF-8 with BOM, `;`, every cell quoted, lines ended by CR LF."""
    table = pa.Table.from_pandas(rows, preserve_index=False).replace_schema_metadata(None)
    sink = pa.BufferOutputStream()
    pyarrow.csv.write_csv(table, sink, pyarrow.csv.WriteOptions(delimiter=";", quoting_style="needed"))
    text: bytes = sink.getvalue().to_pybytes()
    return b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n")


def _persons(seed: int, units: Sequence[UnitLike], unit: Ints) -> tuple[Ints, pd.DataFrame]:
    """Person of each dossier, and the notes about each person; home: the commune filed at, else one by size."""
    is_commune = np.array([unit.unit_group == "xa" for unit in units])[unit]
    person = filers(seed, unit, is_commune)
    home = stream(seed, "homes").choice(unit[is_commune], int(person.max()) + 1)
    home[person[is_commune]] = unit[is_commune]
    return person, persons(seed, words([unit.name_vi for unit in units])[home])


def _planted(seed: int, plan: FramePlan, inside: Flags, is_old: Flags) -> tuple[Flags, Ints]:
    """Who has no contact, shape (dossiers,), and which plain dossiers are repeated."""
    random = stream(seed, "faults")
    no_contact = np.zeros(len(inside), dtype=np.bool_)
    no_contact[random.choice(np.flatnonzero(inside), plan.n_no_contact, replace=False)] = True
    plain = np.flatnonzero(inside & ~no_contact & ~is_old)
    return no_contact, random.choice(plain, plan.n_repeated, replace=False)


def _rows(columns: Mapping[str, Words], notes: pd.DataFrame, no_contact: Flags) -> pd.DataFrame:
    rows = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()}).join(notes)
    rows.loc[no_contact, ["phone", "address"]] = ""
    return rows[list(FRAME_HEADERS)].rename(columns=FRAME_HEADERS)


def _check(plan: FramePlan) -> None:
    total = plan.n_dossiers + plan.n_outside
    most = plan.n_no_contact + plan.n_repeated + plan.n_old_units
    fewest = max(_FEWEST, most)
    if total > MOST_PERSONS or plan.n_dossiers < fewest:
        raise FrameError("example.plan", got=plan.n_dossiers, expected=f"{fewest}..{MOST_PERSONS - plan.n_outside}")
