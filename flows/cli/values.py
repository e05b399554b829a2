"""Commands: values template, check, import."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Session, VietnameseGroup, instrument_option, json_option, round_option

if TYPE_CHECKING:
    from sipas.jobs.field.values import ValuesReport


@click.group(cls=VietnameseGroup)
def values() -> None:
    """Giá trị chỉ số do cơ quan khác đo: phiếu khảo sát không có người trả lời."""


@values.command("template")
@round_option
@instrument_option
@click.option("-o", "--out", metavar="TỆP", type=click.Path(path_type=Path), help="Ghi mẫu ra tệp này (.xlsx).")
@click.pass_obj
def values_template(session: Session, round_id: str, instrument_id: str, out: Path | None) -> None:
    """Tạo mẫu bảng giá trị (Excel): mỗi đơn vị một dòng, mỗi mục của chỉ số một cột."""
    from flows.cli.screen import say
    from sipas.jobs.field.values import make_values_template

    with session.open() as ws:
        say(f"Mẫu bảng giá trị: {make_values_template(ws, round_id or ws.rounds.default(), instrument_id, out)}")


@values.command("check")
@click.argument("file", metavar="TỆP")
@round_option
@instrument_option
@json_option
@click.pass_obj
def values_check(session: Session, file: str, round_id: str, instrument_id: str, as_json: bool) -> None:
    """Kiểm tra bảng giá trị mà không lưu gì."""
    from flows.cli.screen import say, show_json
    from sipas.jobs.field.values import check_values

    with session.open() as ws:
        report = check_values(ws, round_id or ws.rounds.default(), Path(file), instrument_id)
    if as_json:
        show_json(asdict(report))
        return
    _show(report)
    say("Bảng giá trị: không có lỗi; chưa lưu gì.")


@values.command("import")
@click.argument("file", metavar="TỆP")
@round_option
@instrument_option
@json_option
@click.pass_obj
def values_import(session: Session, file: str, round_id: str, instrument_id: str, as_json: bool) -> None:
    """Nhập bảng giá trị, thay bảng đã nhập trước đó; tệp có lỗi thì không nhập gì."""
    from flows.cli.screen import say, show_json
    from sipas.jobs.field.values import import_values

    with session.open() as ws:
        report = import_values(ws, round_id or ws.rounds.default(), Path(file), instrument_id)
    if as_json:
        show_json(asdict(report))
        return
    _show(report)
    say(f"SHA-256 của tệp: {report.sha256}")
    say("Đã nhập." if report.is_new else "Bảng này đã nhập từ trước; số liệu đang dùng là của bảng này.")


def _show(report: ValuesReport) -> None:
    from flows.cli.screen import number, say, show_table

    rows = [
        ("Phiếu khảo sát", report.instrument_id),
        ("Nguồn số liệu", report.source_vi),
        ("Đơn vị có giá trị", number(report.n_units)),
        ("Giá trị chung của tỉnh", "có" if report.has_province else "không có"),
        ("Mục có giá trị", ", ".join(report.nodes)),
        ("Mục có sai số chuẩn", ", ".join(report.nodes_with_errors) or "không có: coi như không có sai số"),
    ]
    show_table(f"Tệp {report.file_name}", ("Nội dung", "Giá trị"), rows)
    if report.nodes_as_shares:
        nodes = ", ".join(report.nodes_as_shares)
        say(f"CHÚ Ý: mọi giá trị của {nodes} đều không quá 1; phải ghi phần trăm (82,15), không ghi tỷ lệ (0,8215).")
    if report.ended:
        say(f"Không dùng giá trị của đơn vị đã sáp nhập hoặc giải thể trong đợt: {', '.join(report.ended)}")


COMMANDS = (values,)
