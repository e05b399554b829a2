"""Commands: rulebook new, check, export, import, diff."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Session, VietnameseGroup, json_option

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sipas.jobs.prepare.rulebooks import ImportReport
    from sipas.rulebook.diff import Change


@click.group(cls=VietnameseGroup)
def rulebook() -> None:
    """Bộ tiêu chí: tạo mới, kiểm tra, đưa ra Excel và nhập lại, so sánh."""


@rulebook.command("new")
@click.argument("rulebook_id", metavar="MÃ_BỘ_TIÊU_CHÍ")
@click.option("--from", "source", default="", metavar="BỘ_MẪU", help="Chép từ một bộ tiêu chí khác.")
@click.pass_obj
def rulebook_new(session: Session, rulebook_id: str, source: str) -> None:
    """Tạo thư mục bộ tiêu chí trống, có lời giải thích từng chỗ cần điền."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rulebooks import new_rulebook

    with session.open() as ws:
        folder, is_new = new_rulebook(ws, rulebook_id, source)
    say(f"Bộ tiêu chí {rulebook_id}: {'đã tạo' if is_new else 'đã có từ trước, không thay đổi'}.")
    say(f"Thư mục: {folder}")
    if is_new:
        say(f"Điền xong thì chạy: sipas rulebook check {rulebook_id}")
        say(f"Muốn điền bằng Excel: sipas rulebook export {rulebook_id} --to xlsx")


@rulebook.command("check")
@click.argument("rulebook_id", required=False, default="", metavar="[BỘ_TIÊU_CHÍ]")
@click.pass_obj
def rulebook_check(session: Session, rulebook_id: str) -> None:
    """Kiểm tra bộ tiêu chí (điểm tối đa, quy tắc, khoảng, mức) và chạy các ví dụ đã tính tay."""
    from flows.cli.screen import number, say, show_table
    from sipas.jobs.prepare.rulebooks import check_rulebooks

    with session.open() as ws:
        books = check_rulebooks(ws, rulebook_id)
    size = [(len(one.criteria), len(one.leaves()), number(one.max_points, 2), len(one.cases)) for one in books]
    show_table(
        "Bộ tiêu chí: không có lỗi",
        ("Mã", "Nhóm", "Tiêu chí", "Chấm điểm", "Tối đa", "Ví dụ đúng"),
        [(one.id, one.unit_group, *map(str, counts)) for one, counts in zip(books, size, strict=True)],
        numbers=(2, 3, 4, 5),
    )
    for book in books:
        if book.unconfirmed:
            say(f"{book.id}: chưa có nguồn xác nhận: {', '.join(book.unconfirmed)}")
        if book.unscored:
            say(f"{book.id}: chưa biết cách chấm: {', '.join(one.code for one in book.unscored)}")


@rulebook.command("export")
@click.argument("rulebook_id", metavar="BỘ_TIÊU_CHÍ")
@click.option("--to", "kind", type=click.Choice(["xlsx"]), default="xlsx", metavar="xlsx", help="Định dạng: xlsx.")
@click.pass_obj
def rulebook_export(session: Session, rulebook_id: str, kind: str) -> None:
    """Đưa bộ tiêu chí ra một tệp Excel để xem, in, sửa."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rulebooks import export_rulebook

    with session.open() as ws:
        place = export_rulebook(ws, rulebook_id)
    say(f"Đã ghi: {place}")
    say("Sửa xong thì chạy: sipas rulebook import TỆP MÃ_BỘ_TIÊU_CHÍ")


@rulebook.command("import")
@click.argument("file", metavar="TỆP")
@click.argument("rulebook_id", metavar="MÃ_BỘ_TIÊU_CHÍ")
@click.option("--columns", default=None, metavar="TỆP", help="Tệp columns.toml: cột nào của bảng là gì.")
@click.option("--replace", "replace_it", is_flag=True, help="Ghi đè bộ tiêu chí cùng mã trong thư mục làm việc.")
@click.pass_obj
def rulebook_import(session: Session, file: str, rulebook_id: str, columns: str | None, replace_it: bool) -> None:
    """Nhập tệp Excel đã xuất, hoặc bảng tiêu chí riêng của cơ quan; có lỗi thì không nhập gì."""
    from sipas.jobs.prepare.rulebooks import import_rulebook

    with session.open() as ws:
        mapping = Path(columns) if columns else None
        report = import_rulebook(ws, Path(file), rulebook_id, columns=mapping, replace_it=replace_it)
    _show(rulebook_id, report)


def _show(rulebook_id: str, report: ImportReport) -> None:
    from flows.cli.screen import say

    say(f"Bộ tiêu chí {rulebook_id}: {'đã nhập' if report.is_new else 'giống bản đang có, không thay đổi'}.")
    say(f"Thư mục: {report.folder}")
    say(f"Tiêu chí: {report.n_criteria}, trong đó chấm điểm: {report.n_leaves}")
    if report.is_draft:
        columns = ", ".join(f"{role} = “{header}”" for role, header in (report.columns or {}).items())
        say(f"Đã đọc trang “{report.sheet}”: {columns} (ghi trong columns.toml)")
        say(f"Đây là bản nháp, còn {report.n_left} chỗ phải điền; xem: sipas rulebook check {rulebook_id}")
        say(f"Điền bằng Excel: sipas rulebook export {rulebook_id} --to xlsx")


@rulebook.command("diff")
@click.argument("before", metavar="BỘ_CŨ")
@click.argument("after", metavar="BỘ_MỚI")
@json_option
@click.pass_obj
def rulebook_diff(session: Session, before: str, after: str, as_json: bool) -> None:
    """So sánh hai bộ tiêu chí: thêm, bỏ, đổi tên, điểm tối đa, cách chấm, khoảng, ngưỡng xếp loại."""
    from flows.cli.screen import say, show_json
    from sipas.jobs.prepare.rulebooks import diff_rulebooks

    with session.open() as ws:
        changes = diff_rulebooks(ws, before, after)
    if as_json:
        show_json([vars(change) for change in changes])
        return
    say(f"{before} → {after}: {len(changes)} thay đổi" if changes else f"{before}, {after}: giống nhau.")
    _show_changes(changes)


def _show_changes(changes: Sequence[Change]) -> None:
    from flows.cli.screen import say

    for (code, name), own in groupby(changes, key=lambda change: (change.code, change.name)):
        say(f"{code} {name}" if code else "Chung")
        for change in own:
            say(f"    {change.text}")


COMMANDS = (rulebook,)
