"""Command: plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flows.cli.base import Answer, Command, Session, instrument_option, option, round_option
from flows.speech import text, word

if TYPE_CHECKING:
    import pandas as pd

    from sipas.jobs.prepare.plan import PlanReport, TargetReport

_COLUMNS = ("stratum_id", "pop_size", "sample_size", "reserve_size", "expected_n", "margin", "cost")
_PRICES_SHOWN = 20


@click.command(cls=Command)
@option("--total", type=click.IntRange(min=1))
@option("--per-unit", type=click.IntRange(min=1))
@round_option
@instrument_option
@click.pass_obj
def plan(session: Session, total: int | None, per_unit: int | None, round_id: str, instrument_id: str) -> Answer:
    """Allocate the sample to strata; expected margins and costs."""
    from flows.cli.screen import working
    from sipas.jobs.prepare.plan import make_plan, preview_plan

    if total is not None and per_unit is not None:
        raise click.UsageError(text("cli_plan.one_of"))
    with session.in_round(round_id) as (ws, name), working("cli_plan.planning"):
        if total is None and per_unit is None:
            report = make_plan(ws, name, instrument_id)
        else:
            report = preview_plan(ws, name, instrument_id, total=total, per_unit=per_unit)
    _show(report)
    return Answer(_facts(report))


def _show(report: PlanReport) -> None:
    from flows.cli.screen import number, say, show_facts, show_table

    table = report.table
    if not report.is_stored:
        say("cli_plan.preview")
    rows = [
        (str(stratum), *map(number, counts), number(100 * margin, 1), number(cost))
        for stratum, *counts, margin, cost in table[list(_COLUMNS)].itertuples(index=False, name=None)
    ]
    sums = [int(table[name].sum()) for name in _COLUMNS[1:5]]
    rows.append((text("cli.sum"), *map(number, sums), number(100 * report.margin, 1), number(report.cost)))
    has_cost = report.cost == report.cost
    width = 7 if has_cost else 6  # no column of blanks when no cost is given
    columns = [text(f"cli_plan.{name}") for name in _COLUMNS[:width]]
    title = text("cli_plan.title" if report.is_stored else "cli_plan.preview_title")
    show_table(title, columns, [row[:width] for row in rows], numbers=range(1, width))
    has_margin = report.margin == report.margin
    margin = text("cli_plan.points", value=number(100 * report.margin, 2)) if has_margin else text("cli_plan.no_margin")
    facts = [
        (text("cli_plan.method"), word("allocation", report.rules.method)),
        (text("cli_plan.issued"), number(sums[1])),
        (text("cli_plan.whole_margin"), margin),
        *([(text("cli_plan.whole_cost"), number(report.cost))] if has_cost else []),
    ]
    show_facts(text("cli_plan.whole"), facts)
    if report.targets is not None:
        _show_targets(report.targets, text("cli_plan.cost_units" if has_cost else "cli_plan.forms"))
    say("cli_plan.how", deff=number(report.rules.deff, 2))
    if not report.is_stored:
        say("cli_plan.preview")


def _show_targets(targets: TargetReport, unit: str) -> None:
    """The bound, the gap, and the targets that bind, dearest first."""
    from flows.cli.screen import number, say, show_facts

    facts = {
        "target_cost": number(targets.cost),
        "dual_bound": number(targets.dual_bound, 1),
        "whole_bound": number(targets.whole_bound, 1),
        "gap": f"{number(100 * targets.gap_share, 2)} %",
        "n_targets": number(len(targets.rows)),
    }
    show_facts(text("cli_plan.targets", unit=unit), [(text(f"cli_plan.{name}"), fact) for name, fact in facts.items()])
    binding = targets.rows[targets.rows["price"] > 1e-6 * targets.cost]
    if binding.empty:
        say("cli_plan.none_binds")
    else:
        _show_prices(binding.sort_values("price", ascending=False, kind="stable"), unit)


def _show_prices(binding: pd.DataFrame, unit: str) -> None:
    """What each binding target costs, as a table, and the dearest three in words."""
    from flows.cli.screen import number, say, show_table

    rows = [
        (
            target["variable"],
            _domain(target["level"], target["domain"]),
            word("target_measure", target["measure"]),
            number(100 * target["limit"], 2),
            number(100 * target["reached"], 2),
            number(target["price"], 1 if target["price"] < 100 else 0),
        )
        for target in binding.head(_PRICES_SHOWN).to_dict("records")
    ]
    names = ("variable", "domain", "measure", "limit", "reached", "price")
    show_table(text("cli_plan.binding"), [text(f"cli_plan.{name}") for name in names], rows, numbers=(3, 4, 5))
    if len(binding) > _PRICES_SHOWN:
        say("cli_plan.more_targets", n=len(binding) - _PRICES_SHOWN)
    for variable, domain, *_, price in rows[:3]:
        say("cli_plan.loosen", variable=variable, domain=domain, price=price, unit=unit)
    say("cli_plan.prices_hold")


def _domain(level: str, domain: str) -> str:
    name = word("target_level", level)
    return name if domain == name else f"{name} {domain}"


def _facts(report: PlanReport) -> dict[str, Any]:
    """The report for a machine."""
    facts: dict[str, Any] = {
        "is_stored": report.is_stored,
        "method": report.rules.method,
        "sample_size": int(report.table["sample_size"].sum()),
        "margin": report.margin,
        "cost": report.cost,
        "strata": report.table,
    }
    if report.targets is not None:
        targets = report.targets
        bounds = {name: getattr(targets, name) for name in ("cost", "dual_bound", "whole_bound", "gap_share")}
        facts["targets"] = {**bounds, "rows": targets.rows}
    return facts
