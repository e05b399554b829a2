"""Commands: receive, returns."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from errors import SurveyError
from flows.cli.base import Session, VietnameseCommand, instrument_option, json_option, round_option

if TYPE_CHECKING:
    import pandas as pd

    from sipas.jobs.field.receive import ReceiveReport
    from sipas.jobs.field.returns import Returns
    from sipas.steps.outcomes import ReturnsReport


@click.command(cls=VietnameseCommand)
@click.argument("files", nargs=-1, required=True, metavar="TỆP...")
@round_option
@instrument_option
@click.option("--received-on", default="", metavar="NGÀY", help="Ngày nhận (năm-tháng-ngày), mặc định hôm nay.")
@click.option("--code-page", default="", metavar="BẢNG_MÃ", help="cp1258, tcvn3, vni ... khi tệp không phải UTF-8.")
@click.pass_obj
def receive(
    session: Session, files: tuple[str, ...], round_id: str, instrument_id: str, received_on: str, code_page: str
) -> None:
    """Nhận tệp phiếu trả lời (CSV, Excel, SPSS); mỗi dòng có đúng một trạng thái."""
    from flows.cli.screen import say
    from flows.names import command_line
    from flows.words import or_question
    from sipas.jobs.field.receive import receive as receive_file

    options = {"round": round_id, "instrument": instrument_id, "received_on": received_on}
    refused: list[SurveyError] = []
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        for file in files:
            say(f"Đang đọc {Path(file).name} ...")
            try:
                report = receive_file(ws, name, Path(file), instrument_id, received_on=received_on, code_page=code_page)
            except SurveyError as error:
                command = command_line("receive", file, workspace=session.workspace or "", **options)
                refused.append(or_question(error, command))
                say(f"{Path(file).name}: chưa nhận được; lý do ở cuối.")
            else:
                _show_file(report)
    if refused:
        _show_refused(refused, len(files))
        click.get_current_context().exit(1)


def _show_file(report: ReceiveReport) -> None:
    from flows.cli.screen import say, show_faults

    _show([report])
    if not report.counts["accepted"]:
        say(f"CHÚ Ý: không dòng nào của {report.file_name} được tính cho đợt này; có thể tệp thuộc đợt khác.")
    if report.faults:
        say(f"{report.file_name}: {len(report.faults)} lỗi cần xem; danh sách đầy đủ: {report.fault_file}")
        show_faults(report.faults[:5])


def _show_refused(errors: list[SurveyError], n_files: int) -> None:
    """Every file that is not in, on stderr: why, what to do, or what is asked of the office."""
    from flows.cli.screen import show_error

    for error in errors:
        logging.getLogger("sipas").error("refused: %s", error.rule)
        show_error(error, os.environ)
    if n_files > 1:
        line = f"{len(errors)} trong {n_files} tệp chưa được nhận; các tệp khác đã nhận và không cần gửi lại."
        click.echo(line, err=True)


def _show(reports: list[ReceiveReport]) -> None:
    from flows.cli.screen import number, show_table
    from sipas.publish.labels import label

    rows = []
    for report in reports:
        total = sum(report.counts.values())
        counts = [number(report.counts[state]) for state in ("accepted", "late", "duplicate", "set_aside")]
        rows.append((report.file_name, number(total), *counts, "mới" if report.is_new else "đã nhận từ trước"))
    header = ("Tệp", "Dòng", "Chấp nhận", "Quá hạn", "Trùng", "Để riêng", "Lần nhận")
    show_table("Tệp phiếu: dòng = chấp nhận + quá hạn + trùng + để riêng", header, rows, numbers=range(1, 6))
    reasons = [
        (report.file_name, label("reason", reason), number(n))
        for report in reports
        for reason, n in report.reasons.items()
    ]
    if reasons:
        show_table("Lý do của các dòng không được tính", ("Tệp", "Lý do", "Dòng"), reasons, numbers=(2,))


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@click.option("--working", is_flag=True, help="Số liệu hiện nay, thay vì bản đã công bố.")
@json_option
@click.pass_obj
def returns(session: Session, round_id: str, instrument_id: str, working: bool, as_json: bool) -> None:
    """Tình hình thu phiếu: phát ra = thu về + chưa thu về, thu về = hợp lệ + không hợp lệ."""
    from flows.cli.screen import say, show_json
    from sipas.jobs.field.returns import all_returns
    from sipas.jobs.stepruns.pinned import pinned

    with session.open() as ws:
        name = round_id or ws.rounds.default()
        found = all_returns(ws, name, instrument_id, working=working)
        parts = pinned(ws, name)
    if as_json:
        show_json({"instruments": [_facts(one) for one in found], "release_no": found[0].release_no})
        return
    if found[0].release_no:
        say(f"Đợt đã công bố: số phiếu của bản công bố lần {found[0].release_no} (--working: số liệu hiện nay).")
    for one in found:
        if len(found) > 1:
            say(f"\n{one.title_vi} ({one.instrument_id})")
        conductors = parts.of_instrument(one.instrument_id).rules.conductors
        names = {own.conductor_id: own.name_vi for own in conductors}
        _show_report(one.report, parts.register.names(), names)


def _facts(one: Returns) -> dict[str, Any]:
    report = one.report
    return {
        "instrument_id": one.instrument_id,
        "by_unit": report.by_unit.to_dict("records"),
        "by_conductor": report.by_conductor.to_dict("records"),
        "n_withdrawn": report.n_withdrawn,
        "by_group": report.by_group.to_dict("records"),
        "rejections": report.rejections.to_dict("records"),
        "files": report.batches.to_dict("records"),
    }


def _show_report(report: ReturnsReport, units: Mapping[str, str], conductors: Mapping[str, str]) -> None:
    from flows.cli.screen import number, say, show_table
    from sipas.publish.labels import label

    _show_counts("Tình hình phiếu", "Đơn vị", report.by_unit, units)
    if len(report.by_group):
        _show_counts("Người được hỏi (có ít nhất một phiếu hợp lệ là hợp lệ)", "Nhóm", report.by_group, {})
    _show_counts("Theo đơn vị thực hiện", "Đơn vị\nthực hiện", report.by_conductor, conductors)
    if report.n_withdrawn:
        say(f"Phiếu của mẫu chính đã rút bớt (có biên bản): {number(report.n_withdrawn)}")
    reasons = report.rejections.groupby("reason")["n"].sum()
    if len(reasons):
        lines = [(label("reason", str(reason)), number(int(n))) for reason, n in reasons.items()]
        show_table("Phiếu không hợp lệ theo lý do", ("Lý do", "Phiếu"), lines, numbers=(1,))


def _show_counts(title: str, name: str, table: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Counts by unit or group, with their names, and their sum."""
    from flows.cli.screen import number, show_table
    from flows.names import with_name

    counts = ["n_issued", "n_returned", "n_valid", "n_rejected", "n_outstanding"]
    whole = table[counts].sum()
    columns = table[[table.columns[0], *counts, "valid_over_issued_share"]]
    rows = [
        (with_name(one, names), *map(number, values), number(100 * share, 1))
        for one, *values, share in columns.itertuples(index=False, name=None)
    ]
    rows.append(("Cộng", *(number(int(one)) for one in whole), number(100 * whole["n_valid"] / whole["n_issued"], 1)))
    header = (name, "Phát ra", "Thu về", "Hợp lệ", "Không\nhợp lệ", "Chưa\nthu về", "Hợp lệ/\nphát ra\n(%)")
    show_table(title, header, rows, numbers=range(1, 7))


COMMANDS = (receive, returns)
