"""The minutes of a draw: everything that proves the draw is on the paper, read back from the file."""

import hashlib
import zipfile
from io import BytesIO

import docx
import pytest

from sampling.numbers import canonical_json
from sipas.files import read_sheets
from sipas.publish.word.minutes import draw_minutes, moment
from sipas.publish.word.minutesfacts import MinutesFacts, UnitSizes, minutes_facts
from sipas.publish.xlsx.official import MOTTO, NATION, Office


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def commit(number: int, at: str, previous: str) -> dict:
    return {
        "format": "prn1-commit",
        "round_id": "gd-2026",
        "commit_no": number,
        "prev_commit_hash": previous,
        "frame_hash": sha("frame"),
        "frame_rows": 187_654,
        "plan_hash": sha("plan"),
        "parties": [{"name": "A", "commitment": sha("a")}, {"name": "B", "commitment": sha("b")}],
        "public_value": {"source": "Xổ số", "at": "2026-07-15T18:30:00+07:00", "pattern": "[0-9]{5}"},
        "committed_at": at,
    }


FIRST = commit(1, "2026-07-10T08:00:00+07:00", "")
SECOND = commit(2, "2026-07-12T01:05:09Z", sha(canonical_json(FIRST)))
MANIFEST = {
    "format": "prn1",
    "mode": "fresh",
    "round_id": "gd-2026",
    "plan": {"mode": "fresh"},
    "plan_hash": sha("plan"),
    "frame_hash": sha("frame"),
    "frame_rows": 187_654,
    "parties": [
        {"name": "Sở Nội vụ", "commitment": sha("a"), "nonce": "bí mật 1", "opened_at": "2026-07-15T08:05:00+07:00"},
        {
            "name": "Mặt trận Tổ quốc tỉnh",
            "commitment": sha("b"),
            "nonce": "y",
            "opened_at": "2026-07-15T09:00:00+07:00",
        },
    ],
    "public_value": {"source": "Xổ số", "at": "2026-07-15T18:30:00+07:00", "pattern": "[0-9]{5}", "value": "48207"},
    "commits": [FIRST, SECOND],
    "seed": sha("seed"),
    "draw_hash": sha("draw"),
    "draw_rows": 360,
}
UNITS = [UnitSizes("Phường Cầu Sắt", 12_345, 200, 40), UnitSizes("Xã Suối Đôi", 1_000, 100, 20)]


def facts(manifest: dict = MANIFEST, **other) -> MinutesFacts:
    office = Office("Sở Nội vụ", "UBND tỉnh Giả Định", "Giả Định", 2026)
    return minutes_facts(
        manifest, UNITS, office=office, round_title="Khảo sát thử", log_head="42-9f86d081884c7d65", **other
    )


def words(data: bytes) -> str:
    paper = docx.Document(BytesIO(data))
    cells = [cell.text for table in paper.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(place.text for place in paper.paragraphs), *cells])


def test_everything_that_proves_the_draw_is_on_the_paper() -> None:
    found = words(draw_minutes(facts()))
    wanted = [NATION, MOTTO, "BIÊN BẢN", "UBND TỈNH GIẢ ĐỊNH", "SỞ NỘI VỤ", "187.654", "48207", "42-9f86d081884c7d65"]
    wanted += [sha(name) for name in ("frame", "plan", "a", "b", "seed", "draw")]
    wanted += [sha(canonical_json(FIRST)), sha(canonical_json(SECOND))]
    wanted += ["08 giờ 00 phút 00 giây ngày 10/07/2026", "08 giờ 05 phút 09 giây ngày 12/07/2026"]
    wanted += ["09 giờ 00 phút 00 giây ngày 15/07/2026", "18 giờ 30 phút 00 giây ngày 15/07/2026"]
    wanted += [
        "300 mẫu chính và 60 mẫu dự phòng",
        "niêm phong 2 lần",
        "verify_draw.py",
        "Bước 3",
        "ĐẠI DIỆN\nSỞ NỘI VỤ",
    ]
    assert [text for text in wanted if text not in found] == []
    assert "bí mật 1" not in found  # the number itself stands in the manifest, the paper holds what was promised
    assert "GIẢ LẬP" not in found
    assert "GIẢ LẬP" in words(draw_minutes(facts(is_made_up=True)))


def test_one_sealing_is_not_called_several() -> None:
    assert "niêm phong 2 lần" not in words(draw_minutes(facts({**MANIFEST, "commits": [FIRST]})))


def test_sizes_add_up_in_the_table_of_units(tmp_path) -> None:
    path = tmp_path / "biên bản.docx"
    path.write_bytes(draw_minutes(facts()))
    tables = list(read_sheets(path).values())
    rows = [list(row.cells) for table in tables for row in table]
    assert ["1", "Phường Cầu Sắt", "12.345", "200", "40"] in rows
    assert ["", "Tổng cộng", "13.345", "300", "60"] in rows


def test_equal_facts_give_equal_bytes_without_a_clock_inside() -> None:
    data = draw_minutes(facts())
    assert data == draw_minutes(facts())
    assert data != draw_minutes(facts({**MANIFEST, "seed": sha("other")}))
    with zipfile.ZipFile(BytesIO(data)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    core = docx.Document(BytesIO(data)).core_properties
    assert (core.created.year, core.modified.year, core.author) == (2000, 2000, "")


def test_a_coordinated_draw_says_what_it_is_and_needs_no_parties() -> None:
    plan = {
        "mode": "coordinated",
        "coordination": {"programme": "SIPAS", "frame_source": "Cục Thống kê", "start": "0" * 16},
    }
    manifest = {**MANIFEST, "mode": "coordinated", "plan": plan, "parties": [], "commits": []}
    del manifest["public_value"]
    found = words(draw_minutes(facts(manifest)))
    assert "không phải là không đoán trước được" in found and "Cục Thống kê" in found
    assert "Niêm phong" not in found and "CHỦ TRÌ" in found


@pytest.mark.parametrize(
    ("iso", "text"),
    [
        ("2026-07-15T18:30:00+07:00", "18 giờ 30 phút 00 giây ngày 15/07/2026"),
        ("2026-07-15T23:59:59Z", "06 giờ 59 phút 59 giây ngày 16/07/2026"),
    ],
)
def test_moments_are_shown_in_the_time_of_viet_nam(iso: str, text: str) -> None:
    assert moment(iso) == text
