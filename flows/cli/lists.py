"""Commands: fieldworkers, focal-points, assign, lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Session, VietnameseCommand, VietnameseGroup, instrument_option, round_option

if TYPE_CHECKING:
    from sipas.jobs.field.fieldwork import AssignReport, FieldworkReport
    from sipas.jobs.field.lists import ListsReport

_KINDS = {"field": "phỏng vấn", "signature": "ký nhận", "payment": "chi trả", "postal": "bưu điện"}
_TARGETS = ("odk", "kobo", "survey-solutions")
_PERSONAL = (
    "CHÚ Ý: tệp có dữ liệu cá nhân (họ tên, điện thoại, địa chỉ). Chỉ giao cho người cần dùng, không gửi qua mạng xã "
    "hội, hủy khi kết thúc đợt. Việc lập danh sách đã ghi vào nhật ký."
)
_UPLOAD_NOTES = {
    "odk": "ODK Central: khai báo trước các thuộc tính đúng tên cột (trừ label) trong Entity List rồi tải tệp lên.",
    "kobo": "KoboToolbox: tải lên ở SETTINGS > Media; tra bằng pulldata() theo cột name, hoặc select_one_from_file.",
    "survey-solutions": "Survey Solutions: mỗi cột (trừ _quantity, _responsible) phải là một câu hỏi định danh "
    "(Identifying); _responsible là tên đăng nhập của điều tra viên.",
}


@click.group(cls=VietnameseGroup)
def fieldworkers() -> None:
    """Điều tra viên của đợt (mã hóa, cất riêng)."""


@fieldworkers.command("import")
@click.argument("file", metavar="TỆP")
@round_option
@instrument_option
@click.option("--replace", is_flag=True, help="Bỏ khỏi danh sách những ai không có trong tệp.")
@click.pass_obj
def fieldworkers_import(session: Session, file: str, round_id: str, instrument_id: str, replace: bool) -> None:
    """Nạp danh sách điều tra viên: mã, họ tên, điện thoại, đơn vị chủ trì, đơn vị phụ trách."""
    from sipas.jobs.field.fieldwork import import_fieldworkers

    with session.open() as ws:
        report = import_fieldworkers(ws, round_id or ws.rounds.default(), Path(file), instrument_id, replace=replace)
    _show_import("Điều tra viên", report)


@click.group("focal-points", cls=VietnameseGroup)
def focal_points() -> None:
    """Cán bộ đầu mối của các đơn vị (mã hóa, cất riêng)."""


@focal_points.command("import")
@click.argument("file", metavar="TỆP")
@round_option
@instrument_option
@click.pass_obj
def focal_points_import(session: Session, file: str, round_id: str, instrument_id: str) -> None:
    """Nạp cán bộ đầu mối: mã đơn vị, họ tên, điện thoại, thư điện tử."""
    from sipas.jobs.field.fieldwork import import_focal_points

    with session.open() as ws:
        report = import_focal_points(ws, round_id or ws.rounds.default(), Path(file), instrument_id)
    _show_import("Cán bộ đầu mối", report)


def _show_import(title: str, report: FieldworkReport) -> None:
    from flows.cli.screen import show_counts

    counts = {
        "Dòng trong tệp": report.n_read,
        "Mới hoặc thay đổi": report.n_new,
        "Đã bỏ": report.n_gone,
        "Hiện có": report.n_now,
    }
    show_counts(f"{title}: {report.file_name}", counts)


@click.command(cls=VietnameseCommand)
@click.argument("file", metavar="[TỆP]", required=False, default="")
@click.option("--even", is_flag=True, help="Chia đều phiếu chưa giao cho điều tra viên của từng đơn vị.")
@round_option
@instrument_option
@click.pass_obj
def assign(session: Session, file: str, even: bool, round_id: str, instrument_id: str) -> None:
    """Giao phiếu cho điều tra viên: từ tệp, hoặc chia đều theo thứ tự rút mẫu; không nêu gì thì chỉ đếm."""
    from sipas.jobs.field.fieldwork import assign_evenly, assignment_counts, import_assignments

    if file and even:
        raise click.UsageError("nêu tệp hoặc --even, không cả hai", click.get_current_context())
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        if file:
            report = import_assignments(ws, name, Path(file), instrument_id)
        else:
            report = (assign_evenly if even else assignment_counts)(ws, name, instrument_id)
    _show_assigned(report)


def _show_assigned(report: AssignReport) -> None:
    from flows.cli.screen import number, say, show_table

    columns = ["n_issued", "n_assigned", "n_unassigned"]
    rows = [
        (str(unit), *map(number, counts))
        for unit, *counts in report.by_unit[["unit_id", *columns]].itertuples(index=False, name=None)
    ]
    rows.append(("Cộng", *(number(int(one)) for one in report.by_unit[columns].sum())))
    header = ("Đơn vị", "Phát ra", "Đã giao", "Chưa giao")
    show_table("Giao phiếu: phát ra = đã giao + chưa giao", header, rows, numbers=range(1, 4))
    say(f"Mới giao lần này: {number(report.n_new)}")
    if report.n_closed:
        say(f"Phiếu của đơn vị đã thôi hoạt động từ sau khi rút mẫu (không giao): {number(report.n_closed)}")


@click.command(cls=VietnameseCommand)
@click.option("--kind", type=click.Choice(list(_KINDS)), help="Loại danh sách in trên giấy A4.")
@click.option("--to", "target", type=click.Choice(_TARGETS), help="Tệp mẫu cho phần mềm thu thập.")
@click.option("--unit", default="", metavar="ĐƠN_VỊ", help="Chỉ một đơn vị.")
@click.option("--conductor", default="", metavar="ĐƠN_VỊ_CHỦ_TRÌ", help="Chỉ một đơn vị chủ trì.")
@click.option("--with-names", is_flag=True, help="Với --to: kèm họ tên, điện thoại, địa chỉ.")
@click.option("--remove", is_flag=True, help="Xóa mọi danh sách và tệp mẫu của đợt: hủy khi kết thúc đợt.")
@round_option
@instrument_option
@click.pass_obj
def lists(
    session: Session,
    kind: str | None,
    target: str | None,
    unit: str,
    conductor: str,
    with_names: bool,
    remove: bool,
    round_id: str,
    instrument_id: str,
) -> None:
    """Lập danh sách phỏng vấn, ký nhận, chi trả, bưu điện, hoặc tệp mẫu cho ODK, Kobo, Survey Solutions."""
    from flows.cli.screen import say
    from sipas.jobs.field.lists import Selection, make_lists, make_upload

    if (kind is not None) + (target is not None) + remove != 1:
        raise click.UsageError("chọn đúng một trong --kind, --to và --remove", click.get_current_context())
    if remove and (unit or conductor):
        raise click.UsageError("--remove xóa của cả đợt: bỏ --unit, --conductor", click.get_current_context())
    if remove:
        _remove_lists(session, round_id)
        return
    selection = Selection(unit, conductor)
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        if kind is not None:
            _show_lists(f"Danh sách {_KINDS[kind]}", make_lists(ws, name, kind, selection, instrument_id))
            say(_PERSONAL)
        elif target is not None:
            _show_lists(
                f"Tệp mẫu {target}", make_upload(ws, name, target, selection, instrument_id, with_names=with_names)
            )
            say(_UPLOAD_NOTES[target])
            say(_PERSONAL if with_names else "Tệp không có họ tên, điện thoại, địa chỉ.")


def _remove_lists(session: Session, round_id: str) -> None:
    from flows.cli.screen import number, say
    from sipas.jobs.field.lists import remove_lists

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        n_files = remove_lists(ws, name)
    say(f"Đợt {name}: đã xóa {number(n_files)} tệp danh sách và tệp mẫu. Việc xóa đã ghi vào nhật ký.")
    say("Bản đã in hoặc đã chép đi nơi khác phải hủy riêng.")


def _show_lists(title: str, report: ListsReport) -> None:
    from flows.cli.screen import number, say, show_counts

    counts = {
        "Tệp": report.n_files,
        "Phiếu phát ra": report.n_cases,
        "Đã giao điều tra viên": report.n_assigned,
        "Chưa giao": report.n_cases - report.n_assigned,
        "Không có điện thoại": report.n_without_phone,
        "Không có địa chỉ": report.n_without_address,
        "Tệp cũ đã xóa": report.n_removed,
    }
    show_counts(title, counts)
    if report.n_closed:
        say(
            f"Phiếu của đơn vị đã thôi hoạt động từ sau khi rút mẫu (cả đợt, không có trong danh sách nào): "
            f"{number(report.n_closed)}"
        )
    say(f"Thư mục: {report.folder}")


COMMANDS = (fieldworkers, focal_points, assign, lists)
