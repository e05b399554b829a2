"""Which rows of an office's list are data: totals, signatures, column numbers, repeated headers, examples and lines
that only bear a number are not.

A row is like data when more than half of its needed cells are filled. Only rows that are not may be totals (their
first cell says so) or signatures (below the last row of data of their sheet, from the first row on that says so).
Whatever is left is data and has to be right. Every row is counted under one kind, so nothing drops out unseen.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sipas.cells.text import folded
from sipas.files import TableLayout
from sipas.rounds import InstrumentRules

ROW_KINDS = ("data", "column_numbers", "header_again", "example", "total", "signature", "unused")
SOURCE_KINDS = ("title", "header", "blank", *ROW_KINDS)
EXAMPLE_MARK = "VÍ DỤ"
# Not "tổng công ty" (a kind of enterprise) and not the state's name on a letterhead.
_TOTAL = r"^(?:cộng(?!\s+h[òo][àa])\b|tổng(?:\s*$|\s*[:.(=\d]|\s+(?:cộng|số|hồ sơ|toàn|chung|hợp|\d)))"
_SIGNATURE = (
    r"người lập|lập biểu|lập bảng|thủ trưởng|giám đốc|chủ tịch|trưởng phòng|kế toán|ký tên|\(ký|ghi rõ họ|"
    r"xác nhận|nơi nhận|ghi chú|\b(?:kt|tm|tl)\.|ngày\s*\S*\s*tháng\s*\S*\s*năm"
)
# The row under a header that numbers the columns for reference: (1), 2, A, b, Đ.
_COLUMN_NUMBER = r"\(?(?:\d{1,2}|[a-zđA-ZĐ])\)?"
_LOOSE_CELLS = 4  # a line of signatures has at most so many: place and date, two or three offices side by side


def row_kinds(rows: pd.DataFrame, columns: Mapping[str, str], rules: InstrumentRules) -> pd.Series:
    """One of `ROW_KINDS` for each row read (`_sheet`, `_row` beside the cells)."""
    id_field = rules.layout.id_field
    ids = rows[columns[id_field]].str.strip()
    needed = [columns[field] for field in rules.needed_fields()]
    filled = rows[needed].apply(lambda column: column.str.strip() != "").sum(axis=1)
    is_loose = filled * 2 <= len(needed)  # half or fewer of the needed cells: not like data
    kinds = pd.Series("data", index=rows.index, dtype="str")
    is_unused = ~rows[list(columns.values())].apply(lambda column: column.str.strip() != "").any(axis=1)
    cells = rows.drop(columns=["_sheet", "_row"])
    # Totals, signatures and unused rows are sought among loose rows alone. Column numbers, the template's example and a
    # repeated header fill their cells like data and are known by what they say, so they go over any kind before.
    kinds = kinds.mask(_totals(cells, is_loose), "total")
    kinds = kinds.mask(_signatures(cells, is_loose, rows) & (kinds == "data"), "signature")
    kinds = kinds.mask(is_unused & (kinds == "data"), "unused")
    kinds = kinds.mask(_column_numbers(cells, rows), "column_numbers")
    kinds = kinds.mask(ids == EXAMPLE_MARK, "example")
    # Same length first: folding every id of a long list is slow, and nearly all have another length than the header.
    as_long_as_header = ids[ids.str.len() == len(rules.header_of(id_field))].map(folded)
    is_header = (as_long_as_header == folded(rules.header_of(id_field))).reindex(rows.index, fill_value=False)
    return kinds.mask(is_header, "header_again")


def source_counts(kinds: pd.Series, rows: pd.DataFrame, layout: TableLayout) -> dict[str, int]:
    """Rows of the file by `SOURCE_KINDS`, from its first row to the last one with content, over all sheets read."""
    n_by_kind = kinds.value_counts()
    counts = dict.fromkeys(SOURCE_KINDS, 0) | {kind: int(n_by_kind.get(kind, 0)) for kind in ROW_KINDS}
    by_sheet = rows.groupby("_sheet")["_row"]
    last, filled = by_sheet.max(), by_sheet.size()
    for part in layout.parts:
        counts["title"] += part.header_row - part.header_rows
        counts["header"] += part.header_rows
        if part.sheet in last.index:
            # Rows read are those with content; up to the last of them every other row behind the header is blank.
            counts["blank"] += int(last[part.sheet]) - part.header_row - int(filled[part.sheet])
    return counts


def _totals(cells: pd.DataFrame, is_loose: pd.Series) -> pd.Series:
    """Rows whose first filled cell is a word for a sum."""
    loose = cells[is_loose]
    is_total = pd.Series(False, index=cells.index)
    if len(loose):
        texts = loose.apply(lambda column: column.str.strip().str.casefold())
        is_sum_word = texts.apply(lambda column: column.str.contains(_TOTAL, regex=True))
        is_first = (texts != "").cumsum(axis=1) == 1  # the first filled cell, and blanks right of it, which say nothing
        is_total[is_loose] = (is_sum_word & is_first).any(axis=1)
    return is_total


def _signatures(cells: pd.DataFrame, is_loose: pd.Series, rows: pd.DataFrame) -> pd.Series:
    """Rows below the last row like data of their sheet, from the first one on that speaks of signing."""
    last = rows.loc[~is_loose].groupby("_sheet")["_row"].max()
    is_tail = is_loose & (rows["_row"] > rows["_sheet"].map(last))  # a sheet without any data has no tail
    is_signature = pd.Series(False, index=cells.index)
    if is_tail.any():
        tail = cells[is_tail]
        says = tail.apply(lambda column: column.str.casefold().str.contains(_SIGNATURE, regex=True)).any(axis=1)
        # True from the first such row on: names below "Người lập" speak of nothing, but belong to it.
        begun = says.groupby(rows.loc[is_tail, "_sheet"]).cummax()
        n_cells = tail.apply(lambda column: column.str.strip() != "").sum(axis=1)
        is_signature[is_tail] = begun & (n_cells <= _LOOSE_CELLS)
    return is_signature


def _column_numbers(cells: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """First rows of a sheet that only number the columns: (1), (2), (3) or A, B, 1, 2."""
    first = ~rows["_sheet"].duplicated()  # only right below the header; further down such a row is data gone wrong
    head = cells[first]
    is_number = head.apply(lambda column: column.str.strip().str.fullmatch(_COLUMN_NUMBER) | (column.str.strip() == ""))
    # Three cells at least: a first row of data that is nearly empty could have a 1 and an A as well.
    enough = head.apply(lambda column: column.str.strip() != "").sum(axis=1) >= 3
    is_numbering = pd.Series(False, index=cells.index)
    is_numbering[first] = is_number.all(axis=1) & enough
    return is_numbering
