"""A rulebook folder to be filled in, and the folder that an office's own table begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from sipas.files.cells import normal_header
from sipas.rulebook.check import CASES_FILE, CRITERIA_FILE, HEADER_FILE, LINKS_FILE
from sipas.rulebook.columnmap import FILE as COLUMNS_TOML
from sipas.rulebook.columnmap import column_map_text
from sipas.rulebook.content import Content
from sipas.rulebook.load import BANDS_FILE, COLUMNS, LEVELS_FILE
from sipas.rulebook.ownsheet import OwnSheet
from sipas.rulebook.vocabulary import SETTINGS, fields_of, label_of

_ABOUT: Final[Mapping[str, tuple[str, ...]]] = {
    HEADER_FILE: (
        "Thông tin chung của bộ tiêu chí: điền vào giữa hai dấu ngoặc kép; số chữ số lẻ và năm là số nguyên, không có "
        "ngoặc kép.",
        "Sau dấu # là lời giải thích; chỗ có dấu | là danh sách, chỉ ghi một trong các mã đứng trước dấu hai chấm.",
        "Mỗi loại là một đoạn [[classes]]: class_code mã loại, name_vi tên loại, from_pct từ bao nhiêu phần trăm; "
        'xếp từ cao xuống thấp, loại cuối from_pct = "0".',
        "Điền xong thì chạy: sipas rulebook check",
    ),
    CRITERIA_FILE: ("Mỗi dòng một lĩnh vực, tiêu chí hoặc tiêu chí thành phần; số lẻ viết dấu chấm: 2.5",),
    LEVELS_FILE: ("Các mức của tiêu chí choice (ghi points), các phương án của option_weights (ghi weight_pct)",),
    BANDS_FILE: (
        "Các khoảng của tiêu chí band; from, to để trống là không giới hạn; inclusive: 1 kể cả mốc, 0 không kể",
    ),
    LINKS_FILE: ("Tiêu chí index_link lấy giá trị từ chỉ số, mục nào; variant để trống là phương án chính thức",),
    CASES_FILE: ("Ví dụ tự tính tay, được chạy như kiểm thử; points là kết quả đúng",),
}
_README: Final = """# Bộ tiêu chí {id}

1. Điền `rulebook.toml` và các tệp CSV; hoặc xuất ra Excel (`sipas rulebook export {id} --to xlsx`), điền rồi nhập lại
   (`sipas rulebook import TỆP {id} --replace`).
2. Kiểm tra: `sipas rulebook check {id}`. Mọi chỗ thiếu hoặc sai được nêu cùng một lúc, kèm tệp và dòng.
3. Ghi nguồn của số liệu vào đây: văn bản, điều, phụ lục, nơi lưu bản gốc.
"""


def skeleton(rulebook_id: str) -> Content:
    """Every setting blank but the id, every table empty but one class from 0, comments that say what to write.

    Nothing is chosen for the office: `load_rulebook` names what is not filled in.
    """
    settings = {key: "" for key in SETTINGS if key != "unconfirmed"}
    settings |= {"id": rulebook_id, "made_up": "false", "result_kind": "par"}
    return Content(
        settings,
        {"classes": [{"class_code": "", "name_vi": "", "from_pct": "0"}], **dict.fromkeys(COLUMNS, ())},
        {name: [f"# {line}" for line in (*lines, *_column_notes(name))] for name, lines in _ABOUT.items()},
        {"README.md": _README.format(id=rulebook_id)},
    )


def _column_notes(file: str) -> list[str]:
    if file == HEADER_FILE:
        return []
    notes = []
    for column in fields_of(file):
        words = " | ".join(
            f"{code} {label_of(column.name, code)}" for code in column.choices if code not in ("", "0", "1")
        )
        notes.append(f"  {column.name}: {column.header}" + (f" ({words})" if words else ""))
    return notes


def draft(own: OwnSheet, base: Content) -> Content:
    """`base` with the criteria and the total of an office's table, and its column mapping as columns.toml.

    What `base` holds for a criterion of the same code and name (rule, owner, levels, ...) is kept, the rest left out.
    """
    before = {row["code"]: row for row in base.tables[CRITERIA_FILE]}
    criteria = [_kept(row, before.get(row["code"], {})) for row in own.criteria]
    codes = {row["code"] for row in criteria if row["rule"] != "sum"}
    tables = {
        part: [row for row in rows if row["code"] in codes] if part in COLUMNS else rows
        for part, rows in base.tables.items()
    }
    settings = {**base.settings, "max_points": f"{own.total:f}"}
    others = {**base.others, COLUMNS_TOML: column_map_text(own.heads)}
    return replace(base, settings=settings, tables={**tables, CRITERIA_FILE: criteria}, others=others)


def _kept(row: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    if not before or normal_header(before["name_vi"]) != normal_header(row["name_vi"]):
        return dict(row)
    known = {column: cell for column, cell in row.items() if cell}
    rule = row["rule"] or ("" if before["rule"] == "sum" else before["rule"])
    return {**before, **known, "rule": rule}
