"""Command: raters."""

from __future__ import annotations

import click

from flows.cli.base import Session, VietnameseCommand, instrument_option, json_option, round_option


@click.command(cls=VietnameseCommand)
@round_option
@instrument_option
@json_option
@click.pass_obj
def raters(session: Session, round_id: str, instrument_id: str, as_json: bool) -> None:
    """Ai đánh giá ai: danh sách, chỉ tiêu, số phiếu mỗi người; trước khi rút mẫu thì là tính thử."""
    from flows.cli.screen import number, say, show_json, show_table
    from sipas.jobs.prepare.raters import rater_report

    with session.open() as ws:
        report = rater_report(ws, round_id or ws.rounds.default(), instrument_id)
    if as_json:
        tables = {"burden": report.burden.to_dict("records"), "lists": report.lists.to_dict("records")}
        show_json({"is_trial": report.is_trial, **tables})
        return
    rows = [
        (group, *map(number, counts), number(middle, 1), number(most))
        for group, *counts, middle, most in report.burden.itertuples(index=False, name=None)
    ]
    header = ("Nhóm", "Danh sách", "Người được hỏi", "Phiếu", "Ít nhất", "Trung vị", "Nhiều nhất")
    title = "Số phiếu mỗi người" + (" (tính thử, chưa rút mẫu)" if report.is_trial else "")
    show_table(title, header, rows, numbers=range(1, 7))
    say(f"Cộng: {number(report.n_cases)} người, {number(report.n_pairs)} phiếu.")
    whole = report.lists[report.lists["is_census"]]
    if len(whole):
        columns = whole[["rater_group", "rated_unit_id", "quota", "list_size"]]
        lines = [
            (group, unit, *map(number, sizes)) for group, unit, *sizes in columns.itertuples(index=False, name=None)
        ]
        show_table("Hỏi tất cả: danh sách không dài hơn chỉ tiêu", ("Nhóm", "Đơn vị", "Chỉ tiêu", "Danh sách"), lines)


COMMANDS = (raters,)
