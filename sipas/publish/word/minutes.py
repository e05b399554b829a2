"""Biên bản chọn mẫu: the minutes of a draw as a Word file, laid out after Nghị định 30/2020/NĐ-CP.

Who was there and when is left to be written by hand; what the draw was made of is printed, so that anybody who holds
the minutes can prove it later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from docx.document import Document as Paper
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.shared import Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from sipas.cells.days import VIETNAM
from sipas.publish.labels import MADE_UP, format_number
from sipas.publish.word.minutesfacts import MinutesFacts, PublicFacts
from sipas.publish.word.wordpage import (
    CENTER,
    LEFT,
    RIGHT,
    TEXT_WIDTH_MM,
    added_row,
    body,
    heading,
    keep_rows_whole,
    keep_together,
    lined_table,
    national_head,
    new_paper,
    paper_bytes,
    plain_table,
    to_fill_in,
    write,
)
from sipas.publish.xlsx.official import SIGN_HERE

_LABEL_MM: Final = 40
_HASH_LENGTH: Final = 64


def draw_minutes(facts: MinutesFacts) -> bytes:
    """The .docx of the minutes; equal facts give equal bytes."""
    paper = new_paper(f"Biên bản chọn mẫu {facts.round_id}", facts.round_id)
    national_head(paper, facts.office, "Số: ......../BB-........")
    _title(paper, facts)
    _people(paper, facts)
    heading(paper, "II. NỘI DUNG")
    _frame(paper, facts)
    if facts.coordination is None:
        _sealing(paper, facts)
    else:
        _coordination(paper, facts)
    _result(paper, facts)
    _how_to_check(paper, facts)
    _close(paper, facts)
    return paper_bytes(paper)


def moment(iso: str) -> str:
    """`2026-07-15T18:30:00+07:00` -> `18 giờ 30 phút 00 giây ngày 15/07/2026`, in the time of Viet Nam."""
    local = datetime.fromisoformat(iso).astimezone(VIETNAM)
    return f"{local:%H} giờ {local:%M} phút {local:%S} giây ngày {local:%d/%m/%Y}"


def _title(paper: Paper, facts: MinutesFacts) -> None:
    title = write(paper.add_paragraph(), "BIÊN BẢN", "bold", size=14, align=CENTER)
    title.paragraph_format.space_before = Pt(14)
    about = write(paper.add_paragraph(), f"Chọn mẫu: {facts.round_title}", "bold", size=14, align=CENTER)
    about.paragraph_format.space_after = Pt(6)
    if facts.is_made_up:
        write(paper.add_paragraph(), MADE_UP, "bold italic", size=11, align=CENTER)


def _people(paper: Paper, facts: MinutesFacts) -> None:
    body(paper, "Thời gian bắt đầu: …… giờ …… phút, ngày …… tháng …… năm ………")
    to_fill_in(paper, "Địa điểm: ")
    heading(paper, "I. THÀNH PHẦN")
    to_fill_in(paper, "1. Chủ trì: ", " Chức vụ: ")
    to_fill_in(paper, "2. Thư ký (người ghi biên bản): ")
    if facts.parties:
        body(paper, "3. Hai bên niêm phong dàn mẫu và chứng kiến việc chọn mẫu:")
    for party in facts.parties:
        body(paper, f"- {party.name}.")
        to_fill_in(paper, "Đại diện: ", " Chức vụ: ")
    to_fill_in(paper, f"{4 if facts.parties else 3}. Người chứng kiến khác (nếu có): ")


def _frame(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, "1. Dàn mẫu và phương án mẫu (mã băm SHA-256)")
    rows = [
        ("Mã đợt khảo sát", facts.round_id),
        ("Số dòng dàn mẫu", format_number(facts.frame_rows, 0)),
        ("Mã băm dàn mẫu", facts.frame_hash),
        ("Mã băm phương án", facts.plan_hash),
    ]
    _facts_table(paper, rows)


def _sealing(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, "2. Niêm phong")
    if len(facts.seals) > 1:
        body(paper, f"Dàn mẫu đã được niêm phong {len(facts.seals)} lần; lần sau cùng có hiệu lực. Các lần niêm phong:")
    for seal in facts.seals:
        rows = [
            (f"Niêm phong lần {seal.commit_no}", moment(seal.committed_at)),
            ("Mã băm niêm phong", seal.commit_hash),
        ]
        _facts_table(paper, rows)
    body(paper, "Cam kết của hai bên công bố khi niêm phong và thời điểm mở số bí mật:")
    for party in facts.parties:
        rows = [
            ("Bên niêm phong", party.name),
            ("Cam kết", party.commitment),
            ("Mở số bí mật", moment(party.opened_at)),
        ]
        _facts_table(paper, rows)
    if facts.public_value is not None:
        heading(paper, "3. Số công khai không ai biết trước")
        _facts_table(paper, _public_rows(facts.public_value))


def _public_rows(value: PublicFacts) -> list[tuple[str, str]]:
    return [("Nguồn", value.source), ("Thời điểm công bố", moment(value.at)), ("Giá trị", value.value)]


def _coordination(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, "2. Chọn mẫu phối hợp giữa các đợt")
    shared = facts.coordination
    if shared is not None:
        rows = [("Chương trình", shared.programme), ("Nguồn dàn mẫu", shared.frame_source), ("Điểm đầu", shared.start)]
        _facts_table(paper, rows)
    body(paper, "Cách chọn này lặp lại được và kiểm chứng được, nhưng không phải là không đoán trước được.")


def _result(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, f"{4 if facts.public_value else 3}. Kết quả")
    n_main, n_reserve = format_number(facts.n_main, 0), format_number(facts.n_reserve, 0)
    rows = [
        ("Số khởi tạo (seed)", facts.seed),
        ("Mã băm kết quả", facts.draw_hash),
        ("Số được rút", f"{n_main} mẫu chính và {n_reserve} mẫu dự phòng"),
    ]
    _facts_table(paper, rows)
    body(paper, "Cỡ mẫu theo đơn vị:").paragraph_format.keep_with_next = True
    _units(paper, facts)


def _units(paper: Paper, facts: MinutesFacts) -> None:
    header = ("STT", "Đơn vị", "Tổng thể", "Mẫu chính", "Mẫu dự phòng")
    table = lined_table(paper, (12, 76, 24, 24, 24), header)
    sizes = [(one.pop_size, one.sample_size, one.reserve_size) for one in facts.units]
    for number, (unit, size) in enumerate(zip(facts.units, sizes, strict=True), start=1):
        _unit_row(table, (str(number), unit.unit_vi), size)
    _unit_row(table, ("", "Tổng cộng"), [sum(one[place] for one in sizes) for place in range(3)], "bold")
    keep_rows_whole(table)


def _unit_row(table: Table, names: tuple[str, str], sizes: Sequence[int], look: str = "") -> None:
    texts = [(names[0], CENTER), (names[1], LEFT), *((format_number(one, 0), RIGHT) for one in sizes)]
    for cell, (text, align) in zip(added_row(table).cells, texts, strict=True):
        write(cell.paragraphs[0], text, look, size=12, align=align)


def _how_to_check(paper: Paper, facts: MinutesFacts) -> None:
    heading(paper, f"{5 if facts.public_value else 4}. Cách kiểm chứng")
    body(paper, "Ai có các tệp công bố cũng kiểm chứng được kết quả trên, không cần phần mềm của cơ quan:")
    for step in _steps(facts):
        body(paper, step)
    place = body(paper, "Đầu nhật ký của hệ thống khi ghi nhận mẫu đã rút: ")
    write(place, facts.log_head, "mono bold", size=12)


def _steps(facts: MinutesFacts) -> Iterable[str]:
    yield "Bước 1: tính SHA-256 của tệp frame.csv và so với mã băm dàn mẫu ở mục 1."
    if facts.public_value is None:
        yield "Bước 2: so phương án trong tệp manifest.json với mã băm phương án ở mục 1."
        command = "python verify_draw.py manifest.json frame.csv"
    else:
        yield (
            "Bước 2: so cam kết ở mục 2 với SHA-256 của “tên bên|số bí mật” ghi trong tệp manifest.json, và so số công "
            "khai ở mục 3 với nguồn đã nêu."
        )
        seal = f"niem-phong-{facts.seals[-1].commit_no:02d}.json"
        command = f"python verify_draw.py manifest.json frame.csv --commit {seal} --value {facts.public_value.value}"
    yield f"Bước 3: chạy lệnh {command}; chương trình rút lại mẫu từ đầu và báo KHỚP hoặc chỉ ra chỗ không khớp."


def _close(paper: Paper, facts: MinutesFacts) -> None:
    body(
        paper,
        "Biên bản kết thúc vào …… giờ …… phút cùng ngày, đã đọc lại cho những người có mặt cùng nghe, được thống nhất "
        "và lập thành …… bản có giá trị như nhau, mỗi bên giữ 01 bản./.",
    )
    signers = [f"ĐẠI DIỆN\n{party.name.upper()}" for party in facts.parties] + ["THƯ KÝ", "CHỦ TRÌ"]
    half = TEXT_WIDTH_MM / 2
    table = plain_table(paper, (half, half))
    for first in range(0, len(signers), 2):
        for cell, signer in zip(added_row(table).cells, signers[first : first + 2], strict=True):
            _signature(cell.paragraphs[0], signer)
            _signature_room(cell.add_paragraph())
    keep_rows_whole(table)
    receivers = write(paper.add_paragraph(), "Nơi nhận:", "bold italic", size=12)
    receivers.paragraph_format.space_before = Pt(6)
    for text in ("- Các bên có tên ở mục I;", "- Lưu: VT, hồ sơ đợt khảo sát."):
        write(paper.add_paragraph(), text, size=11)


def _signature(place: Paragraph, signer: str) -> None:
    write(place, signer, "bold", align=CENTER)
    place.paragraph_format.space_before = Pt(10)


def _signature_room(place: Paragraph) -> None:
    write(place, SIGN_HERE, "italic", size=12, align=CENTER)
    place.paragraph_format.space_after = Pt(62)


def _facts_table(paper: Paper, rows: Sequence[tuple[str, str]]) -> None:
    """Two columns, what and which; hashes in letters of one width, small enough for one line."""
    table = lined_table(paper, (_LABEL_MM, TEXT_WIDTH_MM - _LABEL_MM))
    for name, value in rows:
        left, right = added_row(table).cells
        left.vertical_alignment = right.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
        write(left.paragraphs[0], name, size=12, align=LEFT)
        is_hash = len(value) == _HASH_LENGTH
        write(right.paragraphs[0], value, "mono" if is_hash else "", size=8.5 if is_hash else 12, align=LEFT)
    keep_rows_whole(table)
    keep_together(table)
    paper.add_paragraph().paragraph_format.line_spacing = Pt(5)
