"""Made-up delegates of the commune councils: the list that their communes send, and what each of them truly thinks.

Identity numbers start with 098 (no province has that code, and nobody on the list of dossiers), telephone numbers with
0001 (no network has them). Each delegate rates the own commune on five items with four options.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pandas as pd

from sipas.example.dossiers import UnitLike
from sipas.example.people import MOST_PERSONS, full_names
from sipas.example.streams import Flags, Floats, Ints, numbered, stream, words
from sipas.publish.xlsx.styles import text_workbook

DELEGATE_HEADERS: Mapping[str, str] = {
    "unit_id": "Mã xã",
    "unit_name": "Xã, phường, đặc khu",
    "person_no": "Số định danh",
    "full_name": "Họ và tên",
    "position": "Chức danh",
    "phone": "Số điện thoại",
}
LIST_NAME = "danh-sach-dai-bieu-gia-dinh.xlsx"
DELEGATE_ITEMS: tuple[str, ...] = ("DB1", "DB2", "DB3", "DB4", "DB5")
OPTIONS: tuple[int, ...] = (0, 1, 3, 5)  # codes of D, C, B, A: fifths of the full points
_COUNTS = (22, 32)  # delegates of a commune, both included
_N_NO_PHONE, _N_REPEATED, _N_OTHER_BODY = 25, 3, 2
_POSITIONS = ("Chủ tịch HĐND", "Phó Chủ tịch HĐND", "Trưởng ban", "Trưởng ban")
_OTHER_POSITION = "Đại biểu"
# Standard deviations on the latent scale; item noise has what is left of 1.
_UNIT, _PERSON = 0.40, 0.50
_NOISE = (1 - _UNIT**2 - _PERSON**2) ** 0.5
_ITEM_OFFSETS: Floats = np.array([0.15, -0.05, -0.20, 0.10, 0.0])
_CUTS: Floats = np.array([-1.88, -1.08, 0.10])  # 3, 11, 40 and 46 % of a standard normal score
_TITLES = ("TỈNH GIẢ ĐỊNH", "DANH SÁCH ĐẠI BIỂU HỘI ĐỒNG NHÂN DÂN XÃ, PHƯỜNG, ĐẶC KHU (số liệu giả định)")
_WIDTHS = (8, 26, 16, 26, 20, 16)
_MADE_ON = datetime(2026, 7, 3, 8)


@dataclass(frozen=True)
class DelegateFacts:
    """What the list holds: n_rows = n_eligible + n_other_body + n_repeated.

    `n_repeated`: rows equal to an earlier one, at the end of the list; `n_other_body`: delegates of another council
    listed under an agency; `n_no_phone`: eligible rows without telephone. `n_by_unit`: delegates by commune.
    """

    n_rows: int
    n_eligible: int
    n_repeated: int
    n_other_body: int
    n_no_phone: int
    n_by_unit: Mapping[str, int]


@dataclass(frozen=True)
class Delegates:
    """`rows`: the list as sent, text, headers of DELEGATE_HEADERS. Beside each row: `is_eligible`, first row of a
    delegate of a commune, shape (rows,), and `items`, what the delegate would answer: codes of OPTIONS, columns
    DELEGATE_ITEMS, shape (rows, 5)."""

    rows: pd.DataFrame
    is_eligible: Flags
    items: Ints
    facts: DelegateFacts


def make_delegates(seed: int, units: Sequence[UnitLike]) -> Delegates:
    """Delegates of the communes (group "xa") among `units`, 22 to 32 each, and their answers.

    At the end of the list: two delegates under the first agency (group "so"), where there is one, then three rows
    again. Same arguments, same rows.
    """
    communes = [unit for unit in units if unit.unit_group == "xa"]
    agencies = [unit for unit in units if unit.unit_group != "xa"][:1]
    counts = stream(seed, "delegate counts").integers(_COUNTS[0], _COUNTS[1] + 1, len(communes))
    commune = np.repeat(np.arange(len(communes)), counts)
    n_eligible, n_other = len(commune), _N_OTHER_BODY * len(agencies)
    unit = np.concatenate([commune, np.full(n_other, len(communes))])
    rows = _rows(seed, [*communes, *agencies], unit)
    random = stream(seed, "delegate faults")
    no_phone = random.choice(n_eligible, _N_NO_PHONE, replace=False)
    rows.loc[no_phone, DELEGATE_HEADERS["phone"]] = ""
    again = random.choice(np.setdiff1d(np.arange(n_eligible), no_phone), _N_REPEATED, replace=False)
    order = np.concatenate([np.arange(len(rows)), again])
    facts = DelegateFacts(
        n_rows=len(order),
        n_eligible=n_eligible,
        n_repeated=_N_REPEATED,
        n_other_body=n_other,
        n_no_phone=_N_NO_PHONE,
        n_by_unit={unit.unit_id: int(count) for unit, count in zip(communes, counts, strict=True)},
    )
    is_eligible = np.arange(len(order)) < n_eligible
    return Delegates(rows.take(order).reset_index(drop=True), is_eligible, _answers(seed, unit)[order], facts)


def delegate_list(rows: pd.DataFrame) -> bytes:
    """The list as the communes' workbook: two title rows, a running number, numbers and telephones as text."""
    sink = io.BytesIO()
    workbook = text_workbook(
        sink, title="Đại biểu", comments="made up for the example", created=_MADE_ON, has_font=False
    )
    sheet = workbook.add_worksheet("Đại biểu")
    for row, title in enumerate(_TITLES):
        sheet.write_string(row, 0, title)
    for column, header in enumerate(("STT", *DELEGATE_HEADERS.values())):
        sheet.write_string(len(_TITLES) + 1, column, header)
    for column, width in enumerate(_WIDTHS, start=1):
        sheet.set_column(column, column, width)
    for number, cells in enumerate(rows[list(DELEGATE_HEADERS.values())].to_numpy(dtype=object).tolist(), start=1):
        sheet.write_number(len(_TITLES) + 1 + number, 0, number)
        for column, cell in enumerate(cells, start=1):
            if cell:
                sheet.write_string(len(_TITLES) + 1 + number, column, cell)
    workbook.close()
    return sink.getvalue()


def _rows(seed: int, bodies: Sequence[UnitLike], unit: Ints) -> pd.DataFrame:
    """A row for each delegate; `unit`: position in `bodies`, delegates of a body together."""
    random = stream(seed, "delegates")
    count = len(unit)
    is_woman = random.random(count) < 0.34
    birth_year = np.clip(np.round(random.normal(1979, 8, count)), 1955, 2003).astype(np.int64)
    serial = random.permutation(MOST_PERSONS)[:count]
    century_and_sex = is_woman + 2 * (birth_year >= 2000)
    place = np.arange(count) - np.searchsorted(unit, unit)
    columns = {
        "unit_id": words([body.unit_id for body in bodies])[unit],
        "unit_name": words([body.name_vi for body in bodies])[unit],
        "person_no": "098" + numbered(century_and_sex, 1) + numbered(birth_year % 100, 2) + numbered(serial, 6),
        "full_name": full_names(random, is_woman),
        "position": words((*_POSITIONS, _OTHER_POSITION))[np.minimum(place, len(_POSITIONS))],
        "phone": "0001" + numbered(random.permutation(MOST_PERSONS)[:count], 6),
    }
    return pd.DataFrame({DELEGATE_HEADERS[name]: pd.Series(cells, dtype="str") for name, cells in columns.items()})


def _answers(seed: int, unit: Ints) -> Ints:
    """Codes from a latent score: commune + delegate + item, plus noise; cut where a standard normal score would be."""
    random = stream(seed, "delegate answers")
    effect = _UNIT * random.standard_normal(int(unit.max()) + 1)[unit] + _PERSON * random.standard_normal(len(unit))
    noise = _NOISE * random.standard_normal((len(unit), len(DELEGATE_ITEMS)))
    score = effect[:, None] + _ITEM_OFFSETS + noise
    return np.asarray(np.array(OPTIONS, dtype=np.int64)[np.searchsorted(_CUTS, score)], dtype=np.int64)
