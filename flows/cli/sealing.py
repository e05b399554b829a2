"""Commands: nonce, commit, reveal, minutes, reserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flows.cli.base import Session, VietnameseCommand, VietnameseGroup, instrument_option, json_option, round_option

if TYPE_CHECKING:
    from sipas.jobs.field.reserves import ReserveDecision

_AT = "Thời điểm theo biên bản, ví dụ 2026-07-14T09:00:00+07:00 (mặc định: bây giờ)."
_KINDS = {"release": "phát thêm", "withdraw": "rút bớt"}
_STATES = {"proposed": "chờ duyệt", "approved": "đã duyệt", "used": "đã thực hiện", "rejected": "bị từ chối"}


@click.command(cls=VietnameseCommand)
@click.argument("party", metavar="TÊN_BÊN")
def nonce(party: str) -> None:
    """Tạo một số bí mật và lời cam kết cho một bên niêm phong; chương trình không lưu lại gì."""
    from flows.cli.screen import say, show_table
    from sipas.jobs.sample.commit import new_nonce

    secret, commitment = new_nonce(party)
    rows = [("Tên bên", party), ("Số bí mật (giữ kín đến khi mở)", secret), ("Cam kết (nộp trước)", commitment)]
    show_table("Số bí mật và cam kết", ("Nội dung", "Giá trị"), rows)
    say("Cam kết = SHA-256 của dòng: tên bên|số bí mật. Ghi cam kết vào mục draw.parties của round.toml.")


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@click.option("--at", default="", metavar="THỜI_ĐIỂM", help=_AT)
@click.pass_obj
def commit(session: Session, round_id: str, instrument_id: str, at: str) -> None:
    """Niêm phong dàn mẫu và phương án mẫu trước khi rút; in mã băm để công bố."""
    from flows.cli.screen import say, show_table
    from flows.names import command_line
    from sipas.jobs.sample.commit import commit_draw

    with session.open() as ws:
        done = commit_draw(ws, round_id or ws.rounds.default(), at, instrument_id)
        head = ws.log.head()
    record = done.record
    rows = [
        ("Lần niêm phong", str(record["commit_no"])),
        ("Thời điểm", record["committed_at"]),
        ("Mã băm dàn mẫu", record["frame_hash"]),
        ("Mã băm phương án", record["plan_hash"]),
        *(
            row
            for order, one in enumerate(record["parties"], start=1)
            for row in ((f"Bên {order}", one["name"]), (f"Cam kết của bên {order}", one["commitment"]))
        ),
        ("Giá trị công khai", record["public_value"]["source"]),
        ("Có vào lúc", record["public_value"]["at"]),
        ("Mã băm niêm phong", done.commit_hash),
        ("Đầu nhật ký", head),
    ]
    show_table(
        "Đã niêm phong" if done.is_new else "Đã niêm phong từ trước, không thay đổi", ("Nội dung", "Giá trị"), rows
    )
    say(f"Tệp để công bố ngay: {done.file}")
    own = command_line("reveal TÊN_BÊN SỐ_BÍ_MẬT", round=round_id, instrument=instrument_id)
    say(f"Tiếp theo: hai bên mở số bí mật trước thời điểm trên: {own}")


@click.command(cls=VietnameseCommand)
@click.argument("party", metavar="TÊN_BÊN")
@click.argument("number", metavar="SỐ_BÍ_MẬT")
@round_option
@instrument_option
@click.option("--at", default="", metavar="THỜI_ĐIỂM", help=_AT)
@click.pass_obj
def reveal(session: Session, party: str, number: str, round_id: str, instrument_id: str, at: str) -> None:
    """Mở số bí mật của một bên, sau khi niêm phong và trước khi có giá trị công khai."""
    from flows.cli.screen import say
    from flows.names import command_line
    from sipas.jobs.sample.commit import reveal as open_number

    with session.open() as ws:
        done = open_number(ws, round_id or ws.rounds.default(), party, number, at, instrument_id)
    say(f"{done.party}: " + ("đã mở, đúng cam kết." if done.is_new else "đã mở từ trước, không thay đổi."))
    if done.waiting:
        say("Còn chờ: " + ", ".join(done.waiting))
    else:
        own = command_line("draw --value GIÁ_TRỊ", round=round_id, instrument=instrument_id)
        say(f"Hai bên đã mở. Khi có giá trị công khai: {own}")


@click.group(cls=VietnameseGroup)
def reserves() -> None:
    """Mẫu dự phòng: phát thêm hoặc rút bớt theo đúng thứ tự rút, một người đề nghị, người khác duyệt."""


@reserves.command("status")
@round_option
@instrument_option
@json_option
@click.pass_obj
def reserves_status(session: Session, round_id: str, instrument_id: str, as_json: bool) -> None:
    """Mỗi tầng: đã phát, hợp lệ, chưa thu về, còn dự phòng; các đề nghị đã có."""
    from flows.cli.screen import number, show_json, show_table
    from sipas.jobs.field.reserves import all_changes, reserve_table

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        table = reserve_table(ws, name, instrument_id)
        changes = all_changes(ws, name, instrument_id)
    if as_json:
        show_json({"strata": table.to_dict("records"), "changes": [vars(one) for one in changes]})
        return
    counts = ["pop_size", "sample_size", "n_issued", "n_valid", "n_outstanding", "n_left"]
    rows = [
        (str(stratum), *(number(int(one)) for one in values))
        for stratum, *values in table[["stratum_id", *counts]].itertuples(index=False, name=None)
    ]
    rows.append(("Cộng", *(number(int(one)) for one in table[counts].sum())))
    header = ("Tầng", "Tổng thể N", "Phương án n", "Đã phát", "Hợp lệ", "Chưa thu về", "Còn dự phòng")
    show_table("Mẫu và dự phòng theo tầng", header, rows, numbers=range(1, 7))
    if changes:
        lines = [
            (str(one.approval_no), one.stratum_id, _KINDS[one.kind], f"{one.first_order}-{one.last_order}",
             one.reason, one.proposer, one.approver, _STATES[one.state])
            for one in changes
        ]  # fmt: skip
        names = ("Đề nghị", "Tầng", "Việc", "Thứ tự", "Lý do", "Người đề nghị", "Người duyệt", "Tình trạng")
        show_table("Phát thêm và rút bớt", names, lines)


def _strata_option(command: click.decorators.FC) -> click.decorators.FC:
    return click.option(
        "--stratum", "strata", multiple=True, required=True, metavar="TẦNG=SỐ", help="Tầng và số phiếu; lặp lại được."
    )(command)


@reserves.command("release")
@_strata_option
@click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do một dòng, ghi vào nhật ký và danh sách công bố.")
@click.option("--as", "actor", default="", metavar="MÃ_NGƯỜI", help="Người đề nghị.")
@round_option
@instrument_option
@click.pass_obj
def reserves_release(
    session: Session, strata: tuple[str, ...], reason: str, actor: str, round_id: str, instrument_id: str
) -> None:
    """Đề nghị phát thêm phiếu dự phòng, tiếp theo thứ tự rút."""
    _propose(session, "release", strata, reason, (actor, round_id, instrument_id))


@reserves.command("withdraw")
@_strata_option
@click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do một dòng, ghi vào nhật ký và danh sách công bố.")
@click.option("--as", "actor", default="", metavar="MÃ_NGƯỜI", help="Người đề nghị.")
@round_option
@instrument_option
@click.pass_obj
def reserves_withdraw(
    session: Session, strata: tuple[str, ...], reason: str, actor: str, round_id: str, instrument_id: str
) -> None:
    """Đề nghị rút bớt phiếu chưa thu về, từ cuối thứ tự rút."""
    _propose(session, "withdraw", strata, reason, (actor, round_id, instrument_id))


@reserves.command("approve")
@click.argument("approval_no", type=int, metavar="SỐ_ĐỀ_NGHỊ")
@click.option("--by", "person_id", required=True, metavar="MÃ_NGƯỜI", help="Người duyệt (nhập mật khẩu).")
@click.option("--at", default="", metavar="THỜI_ĐIỂM", help=_AT)
@round_option
@click.pass_obj
def reserves_approve(session: Session, approval_no: int, person_id: str, at: str, round_id: str) -> None:
    """Duyệt một đề nghị; phiếu được phát thêm hoặc rút bớt, danh sách để kiểm chứng được ghi lại."""
    from sipas.jobs.field.reserves import approve_change
    from sipas.store.office.signing import Signature

    with session.open() as ws:
        signature = Signature(person_id=person_id, passphrase=click.prompt("Mật khẩu của người duyệt", hide_input=True))
        _show(approve_change(ws, round_id or ws.rounds.default(), approval_no, signature, at))


@reserves.command("reject")
@click.argument("approval_no", type=int, metavar="SỐ_ĐỀ_NGHỊ")
@click.option("--by", "person_id", required=True, metavar="MÃ_NGƯỜI", help="Người duyệt (nhập mật khẩu).")
@click.option("--reason", required=True, metavar="LÝ_DO", help="Lý do từ chối.")
@round_option
@click.pass_obj
def reserves_reject(session: Session, approval_no: int, person_id: str, reason: str, round_id: str) -> None:
    """Từ chối một đề nghị; không phiếu nào thay đổi."""
    from flows.cli.screen import say
    from sipas.jobs.field.reserves import reject_change
    from sipas.store.office.signing import Signature

    with session.open() as ws:
        signature = Signature(person_id=person_id, passphrase=click.prompt("Mật khẩu của người duyệt", hide_input=True))
        reject_change(ws, round_id or ws.rounds.default(), approval_no, signature, reason)
    say(f"Đã từ chối đề nghị {approval_no}.")


def _propose(session: Session, kind: str, strata: tuple[str, ...], reason: str, who: tuple[str, str, str]) -> None:
    from flows.cli.screen import say
    from sipas.jobs.field.reserves import propose_change

    actor, round_id, instrument_id = who
    with session.open(actor) as ws:
        name = round_id or ws.rounds.default()
        done = propose_change(ws, name, kind, _counts(strata), reason, instrument_id)
        _show(done)
        say(f"Người khác duyệt: sipas reserves approve {done.approval_no} --round {name} --by MÃ_NGƯỜI")


def _counts(strata: tuple[str, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in strata:
        stratum, _, count = one.rpartition("=")
        if not stratum or not count.isdecimal() or stratum in found:
            raise click.UsageError(f"--stratum {one}: viết TẦNG=SỐ, mỗi tầng một lần, ví dụ X07=12")
        found[stratum] = int(count)
    return found


def _show(done: ReserveDecision) -> None:
    from flows.cli.screen import number, say, show_table

    rows = [
        (one.stratum_id, _KINDS[one.kind], f"{one.first_order}-{one.last_order}",
         number(one.last_order - one.first_order + 1), _STATES[one.state])
        for one in done.lines
    ]  # fmt: skip
    header = ("Tầng", "Việc", "Thứ tự rút", "Số phiếu", "Tình trạng")
    show_table(f"Đề nghị số {done.approval_no}", header, rows, numbers=(3,))
    if done.file:
        say(f"Danh sách để kiểm chứng: {done.file}")


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@click.pass_obj
def minutes(session: Session, round_id: str, instrument_id: str) -> None:
    """Lập biên bản chọn mẫu (Word) từ kết quả rút, để in và ký."""
    from flows.cli.screen import say
    from sipas.jobs.sample.minutes import write_minutes

    with session.open() as ws:
        say(f"Biên bản chọn mẫu: {write_minutes(ws, round_id or ws.rounds.default(), instrument_id)}")


COMMANDS = (nonce, commit, reveal)
AFTER_DRAW = (minutes, reserves)
