"""The four kinds of file in which forms come back: CSV from the post room, a sheet keyed by hand, two `.sav`.

Rows count as a person sees them: line of the CSV (header = 1), row of the sheet, case number in the .sav.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd

from sipas.example.answers import EXPERIENCE_ITEMS, ITEMS
from sipas.example.forms import FORM_FIELDS
from sipas.example.sav import CodePage, SavColumn, sav_bytes
from sipas.publish.xlsx.styles import text_workbook

FORM_HEADERS: Mapping[str, str] = {
    "case_id": "Mã phiếu",
    "rated_unit_id": "Mã đơn vị được đánh giá",
    "mode": "Hình thức trả lời",
    "received_on": "Ngày nhận phiếu",
    "sex": "Giới tính",
    "age_group": "Nhóm tuổi",
    "comment": "Ý kiến",
}
SAV_NAMES: Mapping[str, str] = {
    "case_id": "MA_PHIEU",
    "rated_unit_id": "MA_DON_VI",
    "mode": "HINH_THUC",
    "received_on": "NGAY_NHAN",
    "sex": "GIOI_TINH",
    "age_group": "NHOM_TUOI",
    "comment": "Y_KIEN",
    **{item: item.replace(".", "_") for item in (*ITEMS, *EXPERIENCE_ITEMS)},
}
KEYED_SHEET = "Phiếu"
_TITLES = (
    "TỈNH GIẢ ĐỊNH",
    "BẢNG NHẬP PHIẾU KHẢO SÁT MỨC ĐỘ HÀI LÒNG NĂM 2026 (số liệu giả định, không phải số liệu chính thức)",
    "Tổ nhập liệu số 2",
)
_SAV_TITLE = "Phiếu khảo sát 2026 (made up)"
_ITEM_LABELS: Mapping[float, str] = {
    1.0: "Rất không hài lòng",
    2.0: "Không hài lòng",
    3.0: "Bình thường",
    4.0: "Hài lòng",
    5.0: "Rất hài lòng",
    98.0: "Không biết",
    99.0: "Từ chối",
}
_YES_NO_LABELS: Mapping[float, str] = {0.0: "Không", 1.0: "Có"}
_SEX_LABELS: Mapping[float, str] = {1.0: "Nam", 2.0: "Nữ"}
_AGE_LABELS: Mapping[float, str] = {
    1.0: "18-24",
    2.0: "25-34",
    3.0: "35-49",
    4.0: "50-60",
    5.0: "Trên 60",
    99.0: "Từ chối",
}
_LABELS: Mapping[str, Mapping[float, str]] = {
    **dict.fromkeys(ITEMS, _ITEM_LABELS),
    **dict.fromkeys(EXPERIENCE_ITEMS, _YES_NO_LABELS),
    "sex": _SEX_LABELS,
    "age_group": _AGE_LABELS,
}
_NO_ANSWER = (98.0, 99.0)
_MADE_ON = datetime(2026, 9, 1, 8)


@dataclass(frozen=True)
class FormFile:
    """A returned file: its name, the row in which the first form stands, and the writer of its bytes from forms
    (columns FORM_FIELDS, text)."""

    name: str
    first_row: int
    write: Callable[[pd.DataFrame], bytes]


def post_csv(forms: pd.DataFrame, fields: Sequence[str] = FORM_FIELDS) -> bytes:
    """UTF-8 with BOM, `;`, lines ended by CR LF, cells quoted where they need it."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(_headers(fields))
    writer.writerows(_cells(forms, fields))
    return text.getvalue().encode("utf-8-sig")


def keyed_xlsx(forms: pd.DataFrame) -> bytes:
    """Forms of the survey keyed by hand, with codes of items, sex and age group as numbers."""
    return keyed_sheet(forms, FORM_FIELDS, _TITLES, _LABELS)


def keyed_sheet(forms: pd.DataFrame, fields: Sequence[str], titles: Sequence[str], numeric: Collection[str]) -> bytes:
    """A sheet keyed by hand: title rows, a blank one, headers; a running number in column A, codes of the fields
    `numeric` as numbers, dates as dates."""
    sink = io.BytesIO()
    workbook = text_workbook(
        sink, title=KEYED_SHEET, comments="made up for the example", created=_MADE_ON, has_font=False
    )
    sheet = workbook.add_worksheet(KEYED_SHEET)
    day = workbook.add_format({"num_format": "dd/mm/yyyy"})
    header_row = len(titles) + 2
    for row, title in enumerate(titles):
        sheet.write_string(row, 0, title)
    for column, header in enumerate(("STT", *_headers(fields))):
        sheet.write_string(header_row - 1, column, header)
    for number, cells in enumerate(_cells(forms, fields)):
        sheet.write_number(header_row + number, 0, number + 1)
        for column, (name, cell) in enumerate(zip(fields, cells, strict=True), start=1):
            place = (header_row + number, column)
            if name == "received_on":
                sheet.write_datetime(*place, date.fromisoformat(cell), day)
            elif name in numeric and cell.isdigit():
                sheet.write_number(*place, int(cell))
            elif cell:
                sheet.write_string(*place, cell)
    workbook.close()
    return sink.getvalue()


def utf8_sav(forms: pd.DataFrame) -> bytes:
    """SPSS system file in UTF-8: codes as numbers, 98 and 99 user-missing, blanks system-missing."""
    return _sav(forms, "utf-8")


def cp1258_sav(forms: pd.DataFrame) -> bytes:
    """The same in code page 1258, labels and texts too, as older programs on Vietnamese Windows saved it."""
    return _sav(forms, "cp1258")


FILES: tuple[FormFile, ...] = (
    FormFile("1 Phiếu bưu điện (giả định).csv", 2, post_csv),
    FormFile("2 Phiếu nhập tay (giả định).xlsx", len(_TITLES) + 3, keyed_xlsx),
    FormFile("3 Phiếu trực tuyến (giả định).sav", 1, utf8_sav),
    FormFile("4 Phiếu điện thoại cp1258 (giả định).sav", 1, cp1258_sav),
)


def _headers(fields: Sequence[str]) -> list[str]:
    return [FORM_HEADERS.get(name, name) for name in fields]


def _cells(forms: pd.DataFrame, fields: Sequence[str]) -> list[list[str]]:
    cells: list[list[str]] = forms[list(fields)].to_numpy(dtype=object).tolist()
    return cells


def _sav(forms: pd.DataFrame, code_page: CodePage) -> bytes:
    columns = [_sav_column(name, forms[name]) for name in FORM_FIELDS]
    return sav_bytes(columns, code_page=code_page, title=_SAV_TITLE)


def _sav_column(name: str, cells: pd.Series) -> SavColumn:
    label = FORM_HEADERS.get(name, f"Câu {name}")
    if name not in _LABELS:
        return SavColumn(SAV_NAMES[name], label, cells.tolist())
    codes = pd.to_numeric(cells, errors="raise").to_numpy(dtype=np.float64)
    labels = _LABELS[name]
    return SavColumn(SAV_NAMES[name], label, codes, labels, tuple(code for code in labels if code in _NO_ANSWER))
