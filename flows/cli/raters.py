"""Command: raters."""

from __future__ import annotations

import click

from flows.cli.base import Answer, Command, Session, instrument_option, round_option
from flows.speech import text


@click.command(cls=Command)
@round_option
@instrument_option
@click.pass_obj
def raters(session: Session, round_id: str, instrument_id: str) -> Answer:
    """Who rates whom; a trial count before the draw."""
    from flows.cli.screen import number, say, show_table, working
    from sipas.jobs.prepare.raters import rater_report

    with session.in_round(round_id) as (ws, name), working("cli.at_work"):
        report = rater_report(ws, name, instrument_id)
    rows = [
        (group, *map(number, counts), number(middle, 1), number(most))
        for group, *counts, middle, most in report.burden.itertuples(index=False, name=None)
    ]
    names = ("group", "list", "persons", "forms", "least", "median", "most")
    title = text("cli_raters.burden_tried" if report.is_trial else "cli_raters.burden")
    show_table(title, [text(f"cli_raters.{name}") for name in names], rows, numbers=range(1, 7))
    say("cli_raters.sum", persons=number(report.n_cases), forms=number(report.n_pairs))
    census = report.lists[report.lists["is_census"]]
    if len(census):
        columns = census[["rater_group", "rated_unit_id", "quota", "list_size"]]
        lines = [
            (group, unit, *map(number, sizes)) for group, unit, *sizes in columns.itertuples(index=False, name=None)
        ]
        heads = [text(f"cli_raters.{name}") for name in ("group", "unit", "quota", "list")]
        show_table(text("cli_raters.census"), heads, lines, numbers=(2, 3))
    return Answer({"is_trial": report.is_trial, "burden": report.burden, "lists": report.lists})


COMMANDS = (raters,)
