"""Commands: frame, plan (in a file of its own), draw, verify-draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Session, VietnameseCommand, VietnameseGroup, instrument_option, json_option, round_option
from flows.cli.plan import plan

if TYPE_CHECKING:
    from sipas.frames import Coverage
    from sipas.jobs.prepare.frame import FrameReport

_SOURCE = {
    "title": "Dòng tiêu đề, dòng trống phía trên bảng",
    "header": "Dòng tên cột",
    "blank": "Dòng trống",
    "column_numbers": "Dòng đánh số cột",
    "header_again": "Dòng tên cột lặp lại",
    "example": "Dòng ví dụ của mẫu",
    "total": "Dòng cộng",
    "signature": "Dòng ký tên",
    "unused": "Dòng chỉ có số thứ tự hoặc ghi chú",
    "data": "Dòng số liệu",
}
_REASONS = {
    "on_frame": "Vào dàn mẫu",
    "outside_window": "Ngoài thời gian lấy hồ sơ",
    "duplicate_dossier": "Trùng mã hồ sơ",
    "duplicate_row": "Trùng người trong cùng đơn vị",
    "same_firm": "Dòng khác của cùng doanh nghiệp",
    "earlier_dossier": "Hồ sơ cũ hơn của cùng người",
    "unit_not_rated": "Đơn vị không được đánh giá",
}
_HOW = {
    "same": "Đơn vị không đổi",
    "successor": "Chuyển sang đơn vị kế thừa",
    "split": "Chia theo tỷ lệ của đơn vị bị tách",
    "closed": "Đơn vị đã giải thể",
}


@click.group(cls=VietnameseGroup)
def frame() -> None:
    """Dàn mẫu: danh sách hồ sơ, người dân, doanh nghiệp hoặc cán bộ để chọn mẫu."""


@frame.command("template")
@round_option
@instrument_option
@click.pass_obj
def frame_template(session: Session, round_id: str, instrument_id: str) -> None:
    """Tạo mẫu danh sách (Excel) để gửi các đơn vị điền."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.frame_template import make_frame_template

    with session.open() as ws:
        say(f"Mẫu danh sách: {make_frame_template(ws, round_id or ws.rounds.default(), instrument_id)}")


@frame.command("check")
@click.argument("file", metavar="TỆP")
@click.option("--counts", metavar="TỆP", help="Số liệu đối chiếu độc lập: tệp có các cột unit_id, count, source.")
@round_option
@instrument_option
@json_option
@click.pass_obj
def frame_check(
    session: Session, file: str, counts: str | None, round_id: str, instrument_id: str, as_json: bool
) -> None:
    """Kiểm tra tệp danh sách mà không lưu gì; đối chiếu với số liệu độc lập."""
    from flows.cli.screen import show_json
    from sipas.jobs.prepare.frame import check_coverage, check_frame_file

    with session.open() as ws:
        named = round_id or ws.rounds.default()
        report = check_frame_file(ws, named, Path(file), instrument_id)
        covered = check_coverage(ws, named, report, Path(counts) if counts else None, instrument_id)
    if as_json:
        show_json({**asdict(report), "coverage": [{**asdict(one), "ratio": one.ratio} for one in covered]})
        return
    _show_frame(report)
    _show_units(report)
    _show_coverage(covered)


@frame.command("import")
@click.argument("file", metavar="TỆP")
@round_option
@instrument_option
@click.pass_obj
def frame_import(session: Session, file: str, round_id: str, instrument_id: str) -> None:
    """Nạp danh sách thành dàn mẫu; thông tin liên hệ được mã hóa và cất riêng."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.frame import check_coverage, import_frame

    with session.open() as ws:
        named = round_id or ws.rounds.default()
        report = import_frame(ws, named, Path(file), instrument_id)
        covered = check_coverage(ws, named, report, instrument_id=instrument_id)
    _show_frame(report)
    _show_few(report)
    _show_coverage([one for one in covered if one.is_flagged])
    say("Đã nạp dàn mẫu." if report.is_new else "Tệp này đã nạp từ trước, không thay đổi.")


def _show_frame(report: FrameReport) -> None:
    """Rows of the file by kind, rows of data by what became of them, persons, contacts, hash."""
    from flows.cli.screen import say, show_counts

    source = {_SOURCE[name]: n for name, n in report.source.items() if n}
    show_counts(f"Tệp {report.file_name}: các dòng", {**source, "Cộng": report.rows_in_file})
    if report.skipped_sheets:
        say(f"Trang tính không có danh sách, không đọc: {', '.join(report.skipped_sheets)}")
    rows = {_REASONS[name]: n for name, n in report.counts.items() if n}
    show_counts("Dòng số liệu", {**rows, "Cộng": sum(report.counts.values())})
    show_counts("Đơn vị của hồ sơ", {_HOW[name]: n for name, n in report.crosswalk.items()})
    people = {
        "Số người trong dàn mẫu": report.persons["persons"],
        "Số người có nhiều hơn một dòng": report.persons["repeated"],
        "Số dòng của người có nhiều nhất": report.persons["most"],
        "Không có điện thoại và địa chỉ": report.without_contact,
    }
    if report.spare_round:
        people[f"Dòng của người đã được hỏi ở {report.spare_round}"] = report.n_asked
    show_counts("Người và thông tin liên hệ", people)
    say(f"Mã băm dàn mẫu (SHA-256): {report.frame_hash}")


def _show_few(report: FrameReport) -> None:
    """Rated units without any case, and with fewer than the round wants."""
    from flows.cli.screen import number, say

    none = [f"{one.unit_id} {one.name_vi}" for one in report.units if not one.n_on_frame]
    few = [one for one in report.units if 0 < one.n_on_frame < report.few]
    if none:
        say(f"CHÚ Ý: {len(none)} đơn vị không có trường hợp nào trong dàn mẫu: {'; '.join(none)}")
    if few:
        names = "; ".join(f"{one.unit_id} {one.name_vi} ({number(one.n_on_frame)})" for one in few)
        say(f"CHÚ Ý: {len(few)} đơn vị có ít hơn {report.few} trường hợp: {names}")


def _show_units(report: FrameReport) -> None:
    """Every unit: rows, in the window, on the frame, without contact."""
    from flows.cli.screen import number, show_table

    rows = [
        (
            one.unit_id,
            one.name_vi,
            number(one.n_rows),
            _percent(one.eligible_share),
            number(one.n_on_frame),
            _percent(one.no_contact_share),
        )
        for one in report.units
    ]
    header = ("Mã", "Đơn vị", "Số dòng", "Trong thời gian (%)", "Vào dàn mẫu", "Không có liên hệ (%)")
    show_table("Từng đơn vị", header, rows, numbers=range(2, 6))
    _show_few(report)


def _show_coverage(covered: Sequence[Coverage]) -> None:
    """Frame against independent counts; units outside the bounds are marked."""
    from flows.cli.screen import number, say, show_table

    if not covered:
        return
    rows = [
        (
            one.unit_id,
            one.name_vi,
            number(one.n_dossiers),
            number(one.count),
            number(one.ratio, 3),
            "CHÚ Ý" if one.is_flagged else "",
            one.source,
        )
        for one in covered
    ]
    header = ("Mã", "Đơn vị", "Trong dàn mẫu", "Số đối chiếu", "Tỷ số", "", "Nguồn")
    show_table("Đối chiếu với số liệu độc lập", header, rows, numbers=range(2, 5))
    missing = [one.unit_id for one in covered if one.count is None]
    if missing:
        say(f"Chưa có số đối chiếu: {', '.join(missing)}")


def _percent(share: float | None) -> str:
    from flows.cli.screen import number

    return number(None if share is None else 100 * share, 1)


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@click.option("--value", default="", metavar="GIÁ_TRỊ", help="Giá trị công khai vừa có, ví dụ kết quả xổ số.")
@click.option("--again", default="", metavar="GIÁ_TRỊ", help="Gõ lại giá trị đó lần nữa (không có thì máy hỏi).")
@click.pass_obj
def draw(session: Session, round_id: str, instrument_id: str, value: str, again: str) -> None:
    """Rút mẫu đã niêm phong bằng giá trị công khai; ghi tệp để người ngoài kiểm chứng."""
    if value and value != (again or click.prompt("Gõ lại giá trị công khai (rút xong không sửa được)")):
        raise click.UsageError("hai lần gõ giá trị công khai khác nhau; chưa rút gì")
    from flows.cli.screen import number, say, show_table
    from sipas.jobs.sample.draw import draw_sample

    with session.open() as ws:
        done = draw_sample(ws, round_id or ws.rounds.default(), value, instrument_id)
        head = ws.log.head()
    rows = [
        ("Mẫu chính", number(done.n_main)),
        ("Mẫu dự phòng", number(done.n_reserve)),
        ("Số khởi tạo (seed)", done.seed),
        ("Mã băm dàn mẫu", done.frame_hash),
        ("Mã băm phương án", done.plan_hash),
        ("Đầu nhật ký", head),
    ]
    show_table("Rút mẫu" if done.is_new else "Mẫu đã rút từ trước, không thay đổi", ("Nội dung", "Giá trị"), rows)
    say(f"Tệp để kiểm chứng: {done.folder}")


@click.command("verify-draw", cls=VietnameseCommand)
@click.argument("manifest", metavar="BIÊN_BẢN")
@click.argument("frame_file", metavar="DÀN_MẪU")
@click.option("--reserves", metavar="TỆP", help="Tệp phát mẫu dự phòng đã công bố.")
@click.option("--commit", metavar="TỆP", help="Bản niêm phong đã giữ lại từ trước khi rút mẫu.")
@click.option("--pairs", metavar="TỆP", help="Danh sách ai đánh giá ai (pairs.csv) đã công bố.")
@click.option("--value", metavar="GIÁ_TRỊ", help="Giá trị công khai tự đọc trên báo.")
@json_option
def verify_draw(manifest: str, frame_file: str, value: str | None, as_json: bool, **files: str | None) -> int:
    """Kiểm chứng việc rút mẫu từ biên bản và dàn mẫu; không cần thư mục làm việc."""
    from flows.cli.screen import say, show_faults, show_json
    from sipas.jobs.sample.verify import Published, verify_files

    given = {name: Path(one) for name, one in files.items() if one}
    facts, faults = verify_files(Published(Path(manifest), Path(frame_file), **given), value)
    if as_json:
        show_json({"agrees": not faults, "mode": facts.get("mode"), "faults": [vars(one) for one in faults]})
    elif faults:
        say("KHÔNG KHỚP:")
        show_faults(faults)
    else:
        say(f"KHỚP: {facts['draw_rows']} dòng được rút đúng từ {facts['frame_rows']} dòng, seed {facts['seed']}")
        say(f"Số lần niêm phong: {len(facts['commits'])}")
        if facts["pairs_hash"]:
            say(f"Ai đánh giá ai: đúng như phương án đã niêm phong, mã băm {facts['pairs_hash']}")
        if facts["mode"] == "coordinated":
            say("Chế độ phối hợp mẫu: lặp lại được, nhưng không phải là không thể đoán trước.")
    return 1 if faults else 0


FRAME_COMMANDS = (frame, plan)
COMMANDS = (draw, verify_draw)
