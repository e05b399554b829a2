"""Commands: init, demo, serve, people."""

from __future__ import annotations

import os
from pathlib import Path

import click

from flows.cli.base import Session, VietnameseCommand, VietnameseGroup


@click.command(cls=VietnameseCommand)
@click.argument("folder", default="workspace", metavar="[THƯ_MỤC]")
@click.option("--name", default="", metavar="TÊN", help="Tên cơ quan.")
@click.option("--key-file", default=None, metavar="TỆP", help="Nơi đặt tệp khóa, ngoài thư mục làm việc.")
def init(folder: str, name: str, key_file: str | None) -> None:
    """Tạo thư mục làm việc mới (sổ cái, khóa, nơi lưu tệp)."""
    from flows.cli.screen import say
    from sipas.store.workspace import init_workspace

    key = Path(key_file) if key_file else None
    with init_workspace(Path(folder), key_file=key, name=name, env=os.environ) as ws:
        say(f"Thư mục làm việc: {ws.root}")
        say(f"Tệp khóa: {ws.config.key_file}")
        say("Hãy sao lưu tệp khóa ở nơi khác: mất tệp khóa thì không đọc lại được thông tin liên hệ.")


@click.command(cls=VietnameseCommand)
@click.option("--without-prefect", is_flag=True, help="Chạy thẳng các bước, không khởi động Prefect.")
@click.pass_obj
def demo(session: Session, without_prefect: bool) -> None:
    """Chạy trọn một đợt ví dụ với số liệu giả định, đến bảng kết quả Excel."""
    from flows.cli.demo import run

    run(Path(session.workspace or os.environ.get("SIPAS_HOME") or "workspace"), with_prefect=not without_prefect)


@click.command(cls=VietnameseCommand)
@click.option("--port", default=4200, metavar="CỔNG", help="Cổng trên máy này (mặc định 4200).")
@click.pass_obj
def serve(session: Session, port: int) -> None:
    """Mở trang quản lý Prefect trên máy này và chạy các luồng theo lịch (giờ Việt Nam)."""
    from flows.deploy import serve_workspace
    from flows.inbox import inbox_places
    from sipas.store.files.inbox import make_inbox

    with session.open() as ws:
        make_inbox(ws.root, inbox_places(ws))
        root, auth, allowed = ws.root, ws.key("prefect").hex()[:32], ws.config.prefect.api_url
    serve_workspace(root, auth=auth, port=port, allowed_url=allowed)


@click.group(cls=VietnameseGroup)
def people() -> None:
    """Người lập và người duyệt, mỗi người một mật khẩu."""


@people.command("add")
@click.argument("person_id", metavar="MÃ_NGƯỜI")
@click.argument("name", metavar="HỌ_TÊN")
@click.pass_obj
def people_add(session: Session, person_id: str, name: str) -> None:
    """Ghi tên một người; mật khẩu (từ 10 ký tự) được hỏi trên màn hình."""
    from flows.cli.screen import say

    passphrase = click.prompt("Mật khẩu", hide_input=True)
    if click.prompt("Nhập lại mật khẩu", hide_input=True) != passphrase:
        raise click.UsageError("hai lần nhập mật khẩu không giống nhau")
    with session.open() as ws:
        added = ws.office.people.add(person_id, name, passphrase)
        say(f"{person_id}: {'đã ghi tên' if added else 'đã có từ trước, không thay đổi'}.")


@people.command("list")
@click.pass_obj
def people_list(session: Session) -> None:
    """Danh sách người đã ghi tên."""
    from flows.cli.screen import show_table

    with session.open() as ws:
        rows = [(one.person_id, one.name, "có" if one.is_active else "không") for one in ws.office.people.all()]
    show_table("Người được ghi tên", ("Mã", "Họ tên", "Đang dùng"), rows)


COMMANDS = (init, demo, serve, people)
