"""First sheet of a rulebook's workbook: what each sheet holds and how to edit without harm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Sheet, Span, Titles
from sipas.publish.xlsx.table import Field, section_row, table_head, table_row
from sipas.rulebook.vocabulary import SHEETS, TEXTS_SHEET, label_of

GUIDE: Final = "Hướng dẫn"
_RULES: Final = (
    "Mọi ô trong tệp này là ô văn bản: mã 1.10 phải giữ nguyên là 1.10. Dán từ nơi khác thì chọn Dán giá trị (Values).",
    "Không đổi tên trang, không đổi tiêu đề cột, không thêm cột. Thêm tiêu chí thì chèn dòng rồi ghi mã như văn bản.",
    "Ô có mũi tên: chọn trong danh sách. Số lẻ viết dấu phẩy (2,5); viết 1,250 sẽ bị từ chối vì có hai cách hiểu.",
    "Tổng điểm tối đa các tiêu chí con phải bằng điểm tối đa của tiêu chí cha.",
    "Không mở bằng cách nhập CSV: Excel sẽ bỏ số 0 ở cuối mã (1.10 thành 1.1) và đổi 3.2 thành ngày tháng. "
    "Tệp bị như vậy không được nhận; thông báo nêu tên tệp, trang, dòng và cột.",
    "Sửa xong thì lưu tệp, đóng Excel rồi chạy: sipas rulebook import TỆP MÃ_BỘ_TIÊU_CHÍ",
)
_CONTENTS: Final[Mapping[str, str]] = {
    "rulebook.toml": "quyết định, năm áp dụng, cách làm tròn, cách xếp hạng",
    "classes": "các loại và ngưỡng",
    "criteria.csv": "lĩnh vực, tiêu chí, tiêu chí thành phần: điểm tối đa, cách chấm, tài liệu, cơ quan theo dõi",
    "levels.csv": "các mức của tiêu chí chấm theo mức; các phương án trả lời",
    "bands.csv": "các khoảng giá trị và số điểm",
    "survey_links.csv": "tiêu chí lấy điểm từ chỉ số điều tra nào",
    "cases.csv": "ví dụ tính tay để kiểm tra",
    "unscored": "tiêu chí chưa rõ cách chấm",
}
_NEEDS: Final[Sequence[tuple[str, str, str]]] = (
    ("sum", "cộng điểm các tiêu chí con", "không ghi gì thêm"),
    ("choice", "đạt mức nào được điểm của mức đó", "trang Mức và phương án: mã mức, tên, điểm"),
    ("band", "giá trị thuộc khoảng nào được điểm của khoảng đó", "trang Khoảng điểm"),
    ("ratio", "điểm tối đa × tử số / mẫu số, không quá điểm tối đa", "không ghi gì thêm"),
    ("linear", "điểm tối đa × giá trị / mốc, không quá điểm tối đa", "Mốc điểm tối đa (để trống là 100 %)"),
    ("linear_between", "0 điểm ở mốc thấp, điểm tối đa ở mốc cao, ở giữa chia đều", "Mốc 0 điểm và Mốc điểm tối đa"),
    ("option_weights", "bình quân tỷ trọng các phương án trả lời", "trang Mức và phương án: tỷ trọng (%)"),
    ("index_link", "lấy giá trị của một chỉ số điều tra", "trang Liên kết điều tra"),
)


def draw_guide(sheet: Sheet, settings: Mapping[str, str]) -> None:
    """Title, rules for editing, sheets with links, rules of scoring with what each needs."""
    fields = [Field("Tên", 26, "text"), Field("Nội dung", 44, "text"), Field("Cần ghi", 36, "text")]
    sheet.widths([one.width for one in fields])
    titles = Titles(GUIDE, tuple(settings.get(key, "") for key in ("title_vi", "decision", "id")))
    row = sheet.titles(titles, (0, 2))
    row = section_row(sheet, row, fields, "Khi sửa")
    for number, text in enumerate(_RULES, start=1):
        row = _paragraph(sheet, row, f"{number}. {text}", fields)
    row = section_row(sheet, row + 1, fields, "Các trang")
    for part, name in SHEETS.items():
        row = table_row(sheet, row, fields, (name, _CONTENTS[part], ""))
        sheet.link(row - 1, 0, (name, "A1"), name, "cell text link")
    row = table_row(sheet, row, fields, (TEXTS_SHEET, "dòng ghi nguồn và tệp thuyết minh", ""))
    sheet.link(row - 1, 0, (TEXTS_SHEET, "A1"), TEXTS_SHEET, "cell text link")
    row = section_row(sheet, row + 1, fields, "Cách chấm")
    row = table_head(sheet, row, [Field("Cách chấm", 26), Field("Ý nghĩa", 44), Field("Cần ghi thêm", 36)])
    for code, meaning, need in _NEEDS:
        row = table_row(sheet, row, fields, (label_of("rule", code), meaning, need))
    sheet.set_up(Page(row - 1, 2))
    sheet.show_first()


def _paragraph(sheet: Sheet, row: int, text: str, fields: Sequence[Field]) -> int:

    sheet.merge(Span(row, 0, row, len(fields) - 1), text, "text")
    sheet.height(row, row_points([(text, sheet.width_of(0, len(fields) - 1))]))
    return row + 1
