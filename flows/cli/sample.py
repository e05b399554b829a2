"""Commands: frame, plan, draw, verify-draw."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Session, VietnameseCommand, VietnameseGroup, json_option, round_option

if TYPE_CHECKING:
    from sipas.jobs.frame import FrameReport

_REASONS = {
    "on_frame": "Vào dàn mẫu",
    "outside_window": "Ngoài thời gian lấy hồ sơ",
    "duplicate_dossier": "Trùng mã hồ sơ",
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
    """Dàn mẫu: danh sách hồ sơ để chọn mẫu."""


@frame.command("check")
@click.argument("file", metavar="TỆP")
@round_option
@click.pass_obj
def frame_check(session: Session, file: str, round_id: str) -> None:
    """Kiểm tra tệp danh sách hồ sơ mà không lưu gì."""
    from sipas.jobs.frame import check_frame_file

    with session.open() as ws:
        _show_frame(check_frame_file(ws, round_id or ws.rounds.default(), Path(file)), kept=False)


@frame.command("import")
@click.argument("file", metavar="TỆP")
@round_option
@click.pass_obj
def frame_import(session: Session, file: str, round_id: str) -> None:
    """Nạp danh sách hồ sơ thành dàn mẫu; thông tin liên hệ được mã hóa và cất riêng."""
    from sipas.jobs.frame import import_frame

    with session.open() as ws:
        _show_frame(import_frame(ws, round_id or ws.rounds.default(), Path(file)), kept=True)


def _show_frame(report: FrameReport, *, kept: bool) -> None:
    from flows.cli.screen import say, show_counts

    total = sum(report.counts.values())
    rows = {_REASONS[name]: n for name, n in report.counts.items() if n}
    show_counts(f"Tệp {report.file_name}: số dòng", {**rows, "Cộng": total})
    show_counts("Đơn vị của hồ sơ", {_HOW[name]: n for name, n in report.crosswalk.items()})
    show_counts("Thông tin liên hệ", {"Không có điện thoại và địa chỉ": report.without_contact})
    say(f"Mã băm dàn mẫu (SHA-256): {report.frame_hash}")
    if kept:
        say("Đã nạp dàn mẫu." if report.is_new else "Tệp này đã nạp từ trước, không thay đổi.")


@click.command(cls=VietnameseCommand)
@round_option
@json_option
@click.pass_obj
def plan(session: Session, round_id: str, as_json: bool) -> None:
    """Phân bổ cỡ mẫu cho các tầng; sai số dự kiến của mỗi tầng."""
    from flows.cli.screen import number, say, show_json, show_table
    from sipas.jobs.plan import make_plan

    with session.open() as ws:
        report = make_plan(ws, round_id or ws.rounds.default())
    table = report.table
    if as_json:
        show_json(table.to_dict("records"))
        return
    names = ("stratum_id", "pop_size", "sample_size", "reserve_size", "expected_n", "margin")
    rows: list[tuple[str, ...]] = [
        (str(stratum), number(pop), number(n), number(reserve), number(expected), number(100 * margin, 1))
        for stratum, pop, n, reserve, expected, margin in table[list(names)].itertuples(index=False, name=None)
    ]
    sums = table[["pop_size", "sample_size", "reserve_size", "expected_n"]].sum()
    rows.append(("Cộng", *(number(int(one)) for one in sums), ""))
    header = ("Tầng", "Tổng thể N", "Phát ra n", "Dự phòng", "Dự kiến thu", "Sai số ± (điểm %)")
    show_table("Phương án mẫu", header, rows, numbers=range(1, 6))
    say("Sai số: độ tin cậy 95 %, tỷ lệ 50 %, có hiệu chỉnh tổng thể hữu hạn.")


@click.command(cls=VietnameseCommand)
@round_option
@click.pass_obj
def draw(session: Session, round_id: str) -> None:
    """Rút mẫu theo phương án; ghi tệp để người ngoài kiểm chứng."""
    from flows.cli.screen import number, say, show_table
    from sipas.jobs.draw import draw_sample

    with session.open() as ws:
        done = draw_sample(ws, round_id or ws.rounds.default())
        head = ws.audit.head()
    rows = [
        ("Mẫu chính", number(done.n_main)),
        ("Mẫu dự phòng", number(done.n_reserve)),
        ("Số khởi tạo (seed)", done.seed),
        ("Mã băm dàn mẫu", done.frame_hash),
        ("Mã băm kế hoạch", done.plan_hash),
        ("Đầu nhật ký", head),
    ]
    show_table("Rút mẫu" if done.is_new else "Mẫu đã rút từ trước, không thay đổi", ("Nội dung", "Giá trị"), rows)
    say(f"Tệp để kiểm chứng: {done.folder}")


@click.command("verify-draw", cls=VietnameseCommand)
@click.argument("manifest", metavar="BIÊN_BẢN")
@click.argument("frame_file", metavar="DÀN_MẪU")
@click.option("--reserves", metavar="TỆP", help="Tệp phát mẫu dự phòng đã công bố.")
@click.option("--commit", metavar="TỆP", help="Bản niêm phong đã giữ lại từ trước khi rút mẫu.")
@click.option("--value", metavar="GIÁ_TRỊ", help="Giá trị công khai tự đọc trên báo.")
@json_option
def verify_draw(
    manifest: str, frame_file: str, reserves: str | None, commit: str | None, value: str | None, as_json: bool
) -> int:
    """Kiểm chứng việc rút mẫu từ biên bản và dàn mẫu; không cần thư mục làm việc."""
    from flows.cli.screen import say, show_faults, show_json
    from sipas.jobs.verify import Published, verify_files

    kept = [Path(one) if one else None for one in (reserves, commit)]
    facts, faults = verify_files(Published(Path(manifest), Path(frame_file), *kept), value)
    if as_json:
        show_json({"agrees": not faults, "mode": facts.get("mode"), "faults": [vars(one) for one in faults]})
    elif faults:
        say("KHÔNG KHỚP:")
        show_faults(faults)
    else:
        say(f"KHỚP: {facts['draw_rows']} dòng được rút đúng từ {facts['frame_rows']} dòng, seed {facts['seed']}")
        say(f"Số lần niêm phong: {len(facts['commits'])}")
        if facts["mode"] == "coordinated":
            say("Chế độ phối hợp mẫu: lặp lại được, nhưng không phải là không thể đoán trước.")
    return 1 if faults else 0


COMMANDS = (frame, plan, draw, verify_draw)
