"""The empty list that units fill in: a workbook that the frame import reads as it comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from xlsxwriter.utility import xl_col_to_name

from sipas.framekinds import LAYOUTS, UNIT_SEPARATOR, FrameKind
from sipas.frames import EXAMPLE_MARK
from sipas.publish.labels import MADE_UP
from sipas.publish.xlsx.paper import row_points
from sipas.publish.xlsx.sheet import Page, Running, Sheet, Span, Titles
from sipas.publish.xlsx.styles import Styles, text_workbook
from sipas.publish.xlsx.table import Cell, Field, table_head, table_row

LIST_SHEET: Final = "Danh sách"
GUIDE_SHEET: Final = "Hướng dẫn"
CODES_SHEET: Final = "Danh mục"
_ROOM: Final = 20_000  # rows for which the drop-downs wait
_BLANK_ROWS: Final = 30  # ruled on paper
_NUMBER: Final = "STT"
_TITLES: Final[Mapping[FrameKind, str]] = {
    "transaction": "Danh sách hồ sơ đã giải quyết",
    "person": "Danh sách người dân, người đại diện tổ chức",
    "firm": "Danh sách doanh nghiệp",
    "official": "Danh sách đại biểu, cán bộ, công chức, viên chức",
}
_WIDTHS: Final[Mapping[str, float]] = {
    "dossier_no": 24,
    "unit_id_at_event": 28,
    "unit_id": 28,
    "name": 24,
    "address": 30,
    "procedure_field": 20,
}
_EXAMPLES: Final[Mapping[str, str]] = {
    "person_no": "012345678901",
    "firm_no": "0100000000",
    "staff_no": "CB0001",
    "name": "Nguyễn Văn A",
    "phone": "0900000000",
    "address": "Số 1, đường A, xã B",
}
_HOW: Final[Mapping[str, str]] = {
    "dossier_no": "mã hồ sơ đầy đủ như trên hệ thống một cửa, mỗi hồ sơ một dòng",
    "person_no": "số định danh cá nhân (hoặc mã số tổ chức), đủ cả số 0 ở đầu",
    "firm_no": "mã số thuế, đủ cả số 0 ở đầu, mỗi doanh nghiệp một dòng",
    "staff_no": "mã cán bộ hoặc mã đại biểu, mỗi người một dòng",
    "unit_id_at_event": "đơn vị tại thời điểm giải quyết: chọn trong danh sách (khi dán có thể chỉ là mã đơn vị)",
    "unit_id": "đơn vị hiện nay, nếu đơn vị cũ đã sáp nhập hoặc chia tách: chọn trong danh sách",
    "event_date": "ngày trả kết quả",
    "result_status": "kết quả giải quyết: chọn trong danh sách",
    "procedure_field": "lĩnh vực: chọn trong danh sách",
    "channel": "hình thức nộp: chọn trong danh sách",
    "rater_group": "nhóm người trả lời: chọn trong danh sách",
    "name": "họ và tên hoặc tên tổ chức",
    "phone": "số điện thoại, đủ cả số 0 ở đầu",
    "address": "địa chỉ nhận phiếu",
}
_OWN_UNIT: Final = "đơn vị công tác: chọn trong danh sách (khi dán có thể chỉ là mã đơn vị)"
_SEVERAL: Final = f'mã các đơn vị đã làm việc, cách nhau bằng dấu "{UNIT_SEPARATOR}"'


@dataclass(frozen=True)
class TemplateColumn:
    """A column of the list: its field, its header, whether it is needed, and the closed list of its cells."""

    field: str
    header: str
    is_needed: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """What the template of a round shows. `date_example`: a day written as the round reads it."""

    round_id: str
    title_vi: str
    kind: FrameKind
    window: tuple[str, str]
    date_example: str
    columns: tuple[TemplateColumn, ...]
    is_made_up: bool = False


def frame_template(template: Template) -> bytes:
    """The .xlsx: the list with one example row, how to fill it in, and the closed lists. Equal content, equal bytes.

    The example row bears `EXAMPLE_MARK` in the column of the id, and the import leaves it out.
    """
    buffer = BytesIO()
    book = text_workbook(buffer, title=_TITLES[template.kind], subject=template.round_id)
    running = Running(
        head_left=template.title_vi[:80],
        head_right="SỐ LIỆU GIẢ LẬP" if template.is_made_up else "",
        foot_left=template.round_id,
        warning=MADE_UP if template.is_made_up else "",
    )
    styles = Styles(book)
    names = (LIST_SHEET, GUIDE_SHEET, CODES_SHEET)
    sheets = {name: Sheet(book.add_worksheet(name), styles, running) for name in names}
    ranges = _draw_codes(sheets[CODES_SHEET], template)
    _draw_list(sheets[LIST_SHEET], template, ranges)
    _draw_guide(sheets[GUIDE_SHEET], template)
    sheets[LIST_SHEET].show_first()
    book.close()
    return buffer.getvalue()


def _draw_list(sheet: Sheet, template: Template, ranges: Mapping[str, str]) -> None:
    fields = [Field(_NUMBER, 6, "text center")]
    fields += [Field(one.header, _WIDTHS.get(one.field, 17), "text") for one in template.columns]
    sheet.text_columns([one.width for one in fields])
    start, end = (_day(one) for one in template.window)
    lines = (template.title_vi, f"Hồ sơ có kết quả từ {start} đến {end}" if template.kind == "transaction" else "")
    row = sheet.titles(Titles(_TITLES[template.kind], lines), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    head = row - 1
    sheet.freeze(row, 2)
    example = [Cell("", "italic quiet")]
    example += [Cell(text, "italic quiet") for text in _example(template)]
    row = table_row(sheet, row, fields, example)
    for at, column in enumerate(template.columns, start=1):
        if column.field in ranges:
            sheet.choices_from(Span(row, at, row + _ROOM, at), ranges[column.field], column.header)
    for number in range(1, _BLANK_ROWS + 1):
        row = table_row(sheet, row, fields, [str(number), *[""] * len(template.columns)])
    sheet.set_up(Page(row - 1, len(fields) - 1, landscape=True, repeat_rows=(head, head)))


def _example(template: Template) -> list[str]:
    """Cells of the example row; the column of the id says that it is one."""
    texts = {**_EXAMPLES, "event_date": template.date_example}
    cells = [one.choices[0] if one.choices else texts.get(one.field, "") for one in template.columns]
    names = [one.field for one in template.columns]
    cells[names.index(LAYOUTS[template.kind].id_field)] = EXAMPLE_MARK
    return cells


def _draw_guide(sheet: Sheet, template: Template) -> None:
    """One cell a line: a line with two cells could be taken for a header of the list."""
    sheet.text_columns([120])
    row = sheet.titles(Titles("Hướng dẫn điền danh sách", (template.title_vi,)), (0, 0))
    for text in (*_rules(template), "Các cột:", *_column_lines(template)):
        sheet.put(row, 0, text, "text")
        sheet.height(row, row_points([(text, 120)]))
        row += 1
    sheet.set_up(Page(row - 1, 0, landscape=True))


def _rules(template: Template) -> tuple[str, ...]:
    order = "ngày/tháng/năm" if "/" in template.date_example else "năm-tháng-ngày"
    return (
        f"1. Điền vào trang {LIST_SHEET}, mỗi dòng một trường hợp, không bỏ sót trường hợp nào. Không đổi tên trang, "
        "tiêu đề cột; không thêm, không bỏ cột.",
        "2. Mọi ô là ô văn bản: số 0 ở đầu số định danh, số điện thoại, mã số phải còn nguyên. Dán từ nơi khác thì "
        "chọn Dán giá trị (Values).",
        f"3. Ngày viết như {template.date_example} ({order}). Ô có mũi tên: chọn trong danh sách, "
        f"xem trang {CODES_SHEET}.",
        f'4. Dòng có chữ "{EXAMPLE_MARK}" chỉ để minh họa, phần mềm tự bỏ qua; có thể xóa.',
        "5. Dòng cộng và phần ký tên (nếu có) đặt ở cuối danh sách, sau dòng số liệu cuối cùng.",
        "6. Tệp chứa thông tin cá nhân: chỉ gửi qua kênh được phép, không gửi qua mạng xã hội.",
    )


def _column_lines(template: Template) -> list[str]:
    lines = []
    for one in template.columns:
        how = _HOW[one.field]
        if one.field == "unit_id_at_event" and template.kind in ("firm", "official"):
            how = _SEVERAL if template.kind == "firm" else _OWN_UNIT
        need = "bắt buộc" if one.is_needed else "có thể để trống"
        lines.append(f"- {one.header} ({need}): {how}.")
    return lines


def _draw_codes(sheet: Sheet, template: Template) -> dict[str, str]:
    """Closed lists side by side; the range of each by field. Titles are not headers of the list."""
    columns = [one for one in template.columns if one.choices]
    fields = [Field(f"Danh mục: {one.header}", 40, "text") for one in columns]
    fields = fields or [Field("Danh mục", 40, "text")]
    sheet.text_columns([one.width for one in fields])
    row = sheet.titles(Titles(CODES_SHEET, (template.title_vi,)), (0, len(fields) - 1))
    row = table_head(sheet, row, fields)
    ranges, last = {}, row
    for at, column in enumerate(columns):
        for number, text in enumerate(column.choices):
            sheet.put(row + number, at, text, "cell text")
        last = max(last, row + len(column.choices) - 1)
        name = xl_col_to_name(at, col_abs=True)
        ranges[column.field] = f"='{CODES_SHEET}'!{name}${row + 1}:{name}${row + len(column.choices)}"
    sheet.set_up(Page(last, len(fields) - 1, landscape=True))
    return ranges


def _day(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{day}/{month}/{year}"
