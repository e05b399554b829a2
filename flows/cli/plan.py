"""Command: plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flows.cli.base import Session, VietnameseCommand, instrument_option, json_option, round_option

if TYPE_CHECKING:
    import pandas as pd

    from sipas.jobs.prepare.plan import PlanReport, TargetReport

_COLUMNS = ("stratum_id", "pop_size", "sample_size", "reserve_size", "expected_n", "margin", "cost")
_METHODS = {
    "proportional": "tỷ lệ với tổng thể",
    "equal": "đều nhau",
    "sqrt": "tỷ lệ với căn bậc hai của tổng thể",
    "power": "lũy thừa (Bankier)",
    "neyman": "Neyman",
    "cost_optimal": "tối ưu theo chi phí",
    "fixed": "số phiếu cố định",
    "precision": "chi phí nhỏ nhất đạt các mục tiêu sai số",
    "quotas": "danh sách kín, hỏi theo rater_quotas.csv (xem: sipas raters)",
}
_PRICES_SHOWN = 20
_PREVIEW = "XEM THỬ: không lưu gì, phương án của đợt không đổi."


@click.command(cls=VietnameseCommand)
@click.option("--total", type=click.IntRange(min=1), metavar="N", help="Xem thử với tổng số phiếu khác; không lưu gì.")
@click.option(
    "--per-unit", type=click.IntRange(min=1), metavar="N", help="Xem thử với N phiếu cho mỗi đơn vị; không lưu gì."
)
@round_option
@instrument_option
@json_option
@click.pass_obj
def plan(
    session: Session, total: int | None, per_unit: int | None, round_id: str, instrument_id: str, as_json: bool
) -> None:
    """Phân bổ cỡ mẫu cho các tầng; sai số và chi phí dự kiến."""
    from flows.cli.screen import show_json
    from sipas.jobs.prepare.plan import make_plan, preview_plan

    if total is not None and per_unit is not None:
        raise click.UsageError("chỉ chọn một trong --total và --per-unit")
    with session.open() as ws:
        name = round_id or ws.rounds.default()
        if total is None and per_unit is None:
            report = make_plan(ws, name, instrument_id)
        else:
            report = preview_plan(ws, name, instrument_id, total=total, per_unit=per_unit)
    if as_json:
        show_json(_facts(report))
    else:
        _show(report)


def _show(report: PlanReport) -> None:
    from flows.cli.screen import number, say, show_counts, show_table

    table = report.table
    if not report.is_stored:
        say(_PREVIEW)
    rows = [
        (str(stratum), *map(number, counts), number(100 * margin, 1), number(cost))
        for stratum, *counts, margin, cost in table[list(_COLUMNS)].itertuples(index=False, name=None)
    ]
    sums = [int(table[name].sum()) for name in _COLUMNS[1:5]]
    rows.append(("Cộng", *map(number, sums), number(100 * report.margin, 1), number(report.cost)))
    header = ("Tầng", "Tổng thể N", "Phát ra n", "Dự phòng", "Dự kiến thu", "Sai số ± (điểm %)", "Chi phí")
    width = 6 if report.cost != report.cost else 7  # no column of blanks when no cost is given
    title = "Phương án mẫu" if report.is_stored else "Xem thử phương án mẫu"
    show_table(title, header[:width], [row[:width] for row in rows], numbers=range(1, width))
    facts = {"Cách phân bổ": _METHODS[report.rules.method], "Tổng số phiếu phát ra": sums[1]}
    margin = (
        "không tính được: có tầng không có phiếu"
        if report.margin != report.margin
        else f"± {number(100 * report.margin, 2)} điểm %"
    )
    show_counts(
        "Chung", {**facts, "Sai số chung": margin, **({} if width == 6 else {"Tổng chi phí": number(report.cost)})}
    )
    if report.targets is not None:
        _show_targets(report.targets, "đơn vị chi phí" if width == 7 else "phiếu")
    deff = number(report.rules.deff, 2)
    say(
        f"Sai số: độ tin cậy 95 %, tỷ lệ 50 %, hệ số thiết kế {deff}, tính trên số phiếu dự kiến thu, "
        "có hiệu chỉnh tổng thể hữu hạn."
    )
    if not report.is_stored:
        say(_PREVIEW)


def _show_targets(targets: TargetReport, unit: str) -> None:
    """The bound, the gap, and the targets that bind, dearest first."""
    from flows.cli.screen import number, say, show_counts

    facts = {
        "Chi phí của phương án": number(targets.cost),
        "Cận dưới (bài toán đối ngẫu)": number(targets.dual_bound, 1),
        "Cận dưới khi số phiếu là số nguyên": number(targets.whole_bound, 1),
        "Chênh so với cận dưới": f"{number(100 * targets.gap_share, 2)} %",
        "Số mục tiêu sai số": len(targets.rows),
    }
    show_counts(f"Mục tiêu sai số (chi phí tính bằng {unit})", facts)
    binding = targets.rows[targets.rows["price"] > 1e-6 * targets.cost]
    if binding.empty:
        say("Không mục tiêu nào quyết định cỡ mẫu: số phiếu tối thiểu của các tầng đã đủ.")
    else:
        _show_prices(binding.sort_values("price", ascending=False, kind="stable"), unit)


def _show_prices(binding: pd.DataFrame, unit: str) -> None:
    """What each binding target costs, as a table, and the dearest three in words."""
    from flows.cli.screen import number, say, show_table

    rows = [
        (
            one["variable"],
            _domain(one["level"], one["domain"]),
            "CV" if one["measure"] == "cv" else "Sai số",
            number(100 * one["limit"], 2),
            number(100 * one["reached"], 2),
            number(one["price"], 1 if one["price"] < 100 else 0),
        )
        for one in binding.head(_PRICES_SHOWN).to_dict("records")
    ]
    header = ("Biến", "Phạm vi", "Loại", "Mục tiêu (%)", "Đạt (%)", "Giá của 1 điểm %")
    show_table("Mục tiêu quyết định cỡ mẫu", header, rows, numbers=(3, 4, 5))
    if len(binding) > _PRICES_SHOWN:
        say(f"... và {len(binding) - _PRICES_SHOWN} mục tiêu khác.")
    for variable, domain, *_, price in rows[:3]:
        say(f"Nới mục tiêu {variable} ở {domain} thêm 1 điểm % thì bớt được khoảng {price} {unit}.")
    say("Giá tính tại điểm tối ưu: đúng cho thay đổi nhỏ, thay đổi lớn thì bớt được ít hơn.")


def _domain(level: str, domain: str) -> str:
    from sipas.plan import LEVELS

    word = LEVELS[level]
    return word if domain == word else f"{word} {domain}"


def _facts(report: PlanReport) -> dict[str, Any]:
    """The report for a machine: absent numbers are null."""
    facts: dict[str, Any] = {
        "is_stored": report.is_stored,
        "method": report.rules.method,
        "sample_size": int(report.table["sample_size"].sum()),
        "margin": report.margin if report.margin == report.margin else None,
        "cost": report.cost if report.cost == report.cost else None,
        "strata": _records(report.table),
    }
    if report.targets is not None:
        one = report.targets
        bounds = {
            "cost": one.cost,
            "dual_bound": one.dual_bound,
            "whole_bound": one.whole_bound,
            "gap_share": one.gap_share,
        }
        facts["targets"] = {**bounds, "rows": _records(one.rows)}
    return facts


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if value != value else value for name, value in row.items()}
        for row in table.to_dict("records")
    ]
