"""Commands: values template, check, import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Answer, Group, Session, argument, instrument_option, option, round_option
from flows.speech import text, word

if TYPE_CHECKING:
    from sipas.jobs.field.values import ValuesReport


@click.group(cls=Group)
def values() -> None:
    """Index values that another agency measured."""


@values.command("template")
@round_option
@instrument_option
@option("-o", "--out", type=click.Path(path_type=Path))
@click.pass_obj
def values_template(session: Session, round_id: str, instrument_id: str, out: Path | None) -> Answer:
    """Make the template of the table of values."""
    from flows.cli.screen import say
    from sipas.jobs.field.values import make_values_template

    with session.in_round(round_id) as (ws, name):
        file = make_values_template(ws, name, instrument_id, out)
    say("cli_values.template", file=file)
    return Answer({"file": file})


@values.command("check")
@argument("file")
@round_option
@instrument_option
@click.pass_obj
def values_check(session: Session, file: str, round_id: str, instrument_id: str) -> Answer:
    """Check a table of values without keeping anything."""
    from sipas.jobs.field.values import check_values

    with session.in_round(round_id) as (ws, name):
        report = check_values(ws, name, Path(file), instrument_id)
    return _answer(report, "cli_values.sound")


@values.command("import")
@argument("file")
@round_option
@instrument_option
@click.pass_obj
def values_import(session: Session, file: str, round_id: str, instrument_id: str) -> Answer:
    """Import a table of values in place of an earlier one."""
    from sipas.jobs.field.values import import_values

    with session.in_round(round_id) as (ws, name):
        report = import_values(ws, name, Path(file), instrument_id)
    return _answer(report, "cli_values.imported" if report.is_new else "cli_values.imported_before")


def _answer(report: ValuesReport, end: str) -> Answer:
    """What the table holds, and what became of it."""
    from flows.cli.screen import number, say, show_facts

    facts = {
        "instrument": report.instrument_id,
        "source": report.source_vi,
        "n_units": number(report.n_units),
        "province": word("yes_no", str(report.has_province).lower()),
        "nodes": ", ".join(report.nodes),
        "with_errors": ", ".join(report.nodes_with_errors) or text("cli_values.no_errors"),
    }
    lines = [(text(f"cli_values.{name}"), fact) for name, fact in facts.items()]
    show_facts(text("cli_values.file", file=report.file_name), lines)
    if report.nodes_as_shares:
        say("cli_values.as_shares", nodes=", ".join(report.nodes_as_shares))
    if report.ended:
        say("cli_values.of_ended", units=", ".join(report.ended))
    say(end, sha256=report.sha256)
    return Answer(report)


COMMANDS = (values,)
