"""Heads of tables: every heading is shown whole, also one shared by a single narrow column."""

import io

import openpyxl
import pytest

from sipas.publish.xlsx.sheet import Running, Sheet
from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.publish.xlsx.table import Field, table_head


@pytest.mark.parametrize(("n_columns", "lines"), [(1, 3), (4, 1)])
def test_a_shared_heading_over_few_columns_wraps(n_columns: int, lines: int) -> None:
    buffer = io.BytesIO()
    book = text_workbook(buffer, title="thử")
    fields = [
        Field("Đơn vị", 30, "text"),
        *(Field(f"Cột {n}", 11, "right", 2, "Giá trị để tham khảo (%)") for n in range(n_columns)),
    ]
    table_head(Sheet(book.add_worksheet("Bảng"), Styles(book), Running("", "", "", "")), 1, fields)
    book.close()
    read = openpyxl.load_workbook(io.BytesIO(buffer.getvalue())).active
    height = read.row_dimensions[2].height
    assert read["B2"].value == "Giá trị để tham khảo (%)"
    assert lines * 11 * 1.1 < height < (lines + 1) * 11 * 1.5 + 8
