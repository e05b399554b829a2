"""Commands: round, units."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from errors import DataError
from flows.cli.base import (
    TRAINING_HEAD,
    Command,
    Session,
    VietnameseGroup,
    instrument_option,
    json_option,
    round_option,
)

if TYPE_CHECKING:
    from sipas.jobs.prepare.status import InstrumentStatus

_STATES = {
    "new": "mới",
    "committed": "đã niêm phong",
    "drawn": "đã rút mẫu",
    "open": "đang thu phiếu",
    "reopened": "mở lại để nhận phiếu bổ sung",
    "closed": "đã khóa",
    "cancelled": "đã hủy",
}
_VALUES_STATES = {**_STATES, "new": "chưa có số liệu", "open": "đã có số liệu"}
_STEP_STATES = {"none": "chưa", "stale": "cần chạy lại", "current": "đã có kết quả"}
STEPS = {
    "frame": "Dàn mẫu",
    "plan": "Phương án mẫu",
    "draw": "Rút mẫu",
    "weight": "Quyền số",
    "score": "Chỉ số hài lòng",
    "values": "Số liệu của cơ quan khác",
    "merge": "Tổng hợp và xếp hạng",
    "workbook": "Bảng kết quả Excel",
}


@click.group("round", cls=VietnameseGroup)
def round_group() -> None:
    """Đợt khảo sát: mở mới, xem tình hình, cập nhật phương pháp."""


@round_group.command("new")
@click.argument("round_id", metavar="MÃ_ĐỢT")
@click.option("--from", "source", default="", metavar="ĐỢT_MẪU", help="Chép tệp cấu hình từ một đợt khác.")
@click.option("--training", "is_training", is_flag=True, help="Đợt tập huấn: không bao giờ được tính kết quả.")
@click.pass_obj
def round_new(session: Session, round_id: str, source: str, *, is_training: bool) -> None:
    """Mở đợt theo tệp methodology/rounds/MÃ_ĐỢT/round.toml và chụp lại phương pháp."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rounds import new_round

    with session.open() as ws:
        is_new = new_round(ws, round_id, source, is_training=is_training)
        if is_training and is_new:
            click.echo(TRAINING_HEAD, err=True)
        say(f"Đợt {round_id}: {'đã mở' if is_new else 'đã có từ trước, không thay đổi'}.")
        if source:
            say(f"Cấu hình để sửa: {ws.files.methodology.folder('round', round_id) / 'round.toml'}")
            say(f"Sửa xong thì chạy: sipas round amend --round {round_id} --reason ...")


@round_group.command("status")
@round_option
@json_option
@click.pass_obj
def round_status_command(session: Session, round_id: str, as_json: bool) -> None:
    """Đợt đang ở bước nào; phương pháp có bị sửa sau khi chụp không."""
    from flows.cli.screen import say, show_json, show_table
    from sipas.jobs.prepare.status import round_status
    from sipas.publish.labels import label

    with session.open() as ws:
        status = round_status(ws, round_id or ws.rounds.default())
    if as_json:
        parts = {name: [vars(one) for one in getattr(status, name)] for name in ("instruments", "steps", "reopenings")}
        show_json({**vars(status), **parts})
        return
    kind = f"{label('round_kind', 'training')} - " if status.is_training else ""
    say(f"{kind}{status.round_id}: {status.title_vi}")
    say(f"Trạng thái: {_STATES[status.state]}; lần cập nhật phương pháp: {status.amend_no}")
    for reason in {one.cancelled_for for one in status.instruments if status.state == "cancelled"}:
        say(f"Đã hủy cả đợt: {reason}")
    for one in status.reopenings:
        say(f"Đã mở lại lần {one.reopen_no}, nhận phiếu đến hết {one.counts_until}: {one.reason}")
    has_many = len(status.instruments) > 1
    if has_many:
        own = [(one.instrument_id, one.title_vi, _state_of(one)) for one in status.instruments]
        show_table("Phiếu khảo sát trong đợt", ("Mã", "Tên", "Trạng thái"), own)
    rows = [
        (*((one.instrument_id or "cả đợt",) if has_many else ()), STEPS[one.step], _STEP_STATES[one.state])
        for one in status.steps
    ]
    show_table("Các bước", (*(("Phiếu",) if has_many else ()), "Bước", "Tình hình"), rows)
    if status.edited:
        say("Đã sửa sau khi chụp, chưa áp dụng: " + ", ".join(status.edited))
        say("Muốn áp dụng: sipas round amend --reason ...")


def _state_of(one: InstrumentStatus) -> str:
    state = (_STATES if one.has_respondents else _VALUES_STATES)[one.state]
    return f"{state}: {one.cancelled_for}" if one.cancelled_for else state


@round_group.command("amend")
@round_option
@click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do, được ghi vào nhật ký.")
@click.pass_obj
def round_amend(session: Session, round_id: str, reason: str) -> None:
    """Áp dụng phương pháp như hiện nay cho đợt; kết quả cũ vẫn được lưu."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rounds import amend_round

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        changed = amend_round(ws, name, reason)
    say(f"Đợt {name}: " + (f"đã cập nhật {', '.join(changed)}." if changed else "không có gì thay đổi."))


@round_group.command("cancel")
@round_option
@instrument_option
@click.option("--whole-round", is_flag=True, help="Hủy cả đợt, với mọi phiếu khảo sát.")
@click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do, được ghi vào nhật ký và in trong bảng kết quả.")
@click.pass_obj
def round_cancel(session: Session, round_id: str, instrument_id: str, reason: str, *, whole_round: bool) -> None:
    """Hủy một phiếu khảo sát chưa nhận phiếu nào: không tham gia tổng hợp, công bố, báo cáo nữa."""
    from flows.cli.screen import say
    from sipas.jobs.results.closing import cancel_instrument, cancel_round

    if whole_round and instrument_id:
        raise DataError("rounds.cancel_one")
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        if whole_round:
            say(f"Đợt {name}: {'đã hủy cả đợt' if cancel_round(ws, name, reason) else 'đã hủy từ trước'}.")
            return
        done = cancel_instrument(ws, name, reason, instrument_id)
    say(f"Đợt {name}: phiếu khảo sát {done.instrument_id} {'đã hủy' if done.is_new else 'đã hủy từ trước'}.")
    if done.criteria:
        say(f"Tiêu chí còn lấy giá trị từ phiếu này, cần quy tắc khác trước khi tổng hợp: {', '.join(done.criteria)}")


@round_group.command("close")
@round_option
@click.pass_obj
def round_close(session: Session, round_id: str) -> None:
    """Khóa đợt: không nhận phiếu, không chạy lại bước nào nữa; kết quả đã có vẫn xem và công bố được."""
    from flows.cli.screen import say
    from sipas.jobs.results.closing import close_round

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        is_new = close_round(ws, name)
    say(f"Đợt {name}: {'đã khóa' if is_new else 'đã khóa từ trước'}.")


@round_group.command("reopen")
@round_option
@click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do, được in trong lần công bố sau.")
@click.option(
    "--until", required=True, metavar="NGÀY", help="Phiếu nhận từ hôm nay đến hết ngày này được tính (năm-tháng-ngày)."
)
@click.pass_obj
def round_reopen(session: Session, round_id: str, reason: str, until: str) -> None:
    """Mở lại đợt đã khóa, chỉ để nhận thêm phiếu, số liệu đến hết một ngày; được in trong lần công bố sau."""
    from flows.cli.screen import say
    from sipas.jobs.results.closing import reopen_round

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        number = reopen_round(ws, name, reason, until)
    say(f"Đợt {name}: đã mở lại lần {number}, chỉ để nhận phiếu đến hết {until}; phiếu đến trước đó vẫn là quá hạn.")
    say("Xong thì tính lại và khóa: sipas round close.")


@click.group(cls=VietnameseGroup)
def units() -> None:
    """Danh mục đơn vị theo thời gian hiệu lực."""


@units.command("check")
@round_option
@click.option("--register", default="", metavar="DANH_MỤC", help="Kiểm tra một danh mục thay vì của đợt.")
@click.pass_obj
def units_check(session: Session, round_id: str, register: str) -> None:
    """Kiểm tra danh mục đơn vị và bảng chuyển đổi; đếm đơn vị được đánh giá."""
    from flows.cli.screen import show_table
    from sipas.jobs.prepare.units import check_units

    with session.open() as ws:
        rows = check_units(ws, register, round_id if register else round_id or ws.rounds.default())
    show_table(
        "Danh mục đơn vị: không có lỗi",
        ("Nhóm", "Đang hiệu lực", "Đã kết thúc", "Có đơn vị kế thừa"),
        rows,
        numbers=(1, 2, 3),
    )


def _event_options(command: Command) -> Command:
    for option in (
        click.option("--on", required=True, metavar="NGÀY", help="Ngày có hiệu lực (năm-tháng-ngày)."),
        click.option("--decision", required=True, metavar="VĂN_BẢN", help="Số, ngày của quyết định."),
        round_option,
    ):
        command = option(command)
    return command


@units.command("merge")
@click.argument("gone", nargs=-1, required=True, metavar="ĐƠN_VỊ...")
@click.option("--into", required=True, metavar="ĐƠN_VỊ", help="Đơn vị tiếp nhận, đang được đánh giá trong đợt.")
@_event_options
@click.pass_obj
def units_merge(session: Session, gone: tuple[str, ...], into: str, on: str, decision: str, round_id: str) -> None:
    """Sáp nhập đơn vị giữa đợt: phiếu giữ nguyên tầng và xác suất, kết quả tính cho đơn vị tiếp nhận."""
    _end(session, round_id, (gone, into, on, decision))


@units.command("close")
@click.argument("gone", nargs=-1, required=True, metavar="ĐƠN_VỊ...")
@_event_options
@click.pass_obj
def units_close(session: Session, gone: tuple[str, ...], on: str, decision: str, round_id: str) -> None:
    """Giải thể đơn vị giữa đợt: đơn vị không còn được đánh giá, phiếu đã có vẫn được lưu và đếm."""
    _end(session, round_id, (gone, "", on, decision))


def _end(session: Session, round_id: str, event: tuple[tuple[str, ...], str, str, str]) -> None:
    from flows.cli.screen import say, show_table
    from sipas.jobs.field.unitevents import end_units
    from sipas.jobs.stepruns.pinned import pinned

    gone, into, on, decision = event
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        events = end_units(ws, name, gone, into=into, on=on, decision=decision)
        has_values = bool(pinned(ws, name).survey_round.taken_over)
    rows = [(one.unit_id, one.successor_id or "giải thể", one.effective_on, one.decision) for one in events]
    show_table("Thay đổi đơn vị trong đợt", ("Đơn vị", "Chuyển vào", "Từ ngày", "Văn bản"), rows)
    say("Quyền số, chỉ số và tổng hợp cần chạy lại: sipas weight, sipas score, sipas merge.")
    if has_values:
        say("Số liệu của cơ quan khác cũng phải nhập lại: sipas values import TỆP.")


COMMANDS = (round_group, units)
