"""Commands: receive, returns."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from errors import SurveyError
from flows.cli.base import (
    Answer,
    Command,
    Session,
    argument,
    instrument_option,
    option,
    round_option,
    working_option,
)
from flows.speech import language, text, word

if TYPE_CHECKING:
    import pandas as pd

    from sipas.jobs.field.receive import ReceiveReport
    from sipas.jobs.field.returns import Returns
    from sipas.steps.outcomes import ReturnsReport


@click.command(cls=Command)
@argument("files", nargs=-1, required=True)
@round_option
@instrument_option
@option("--received-on", default="")
@option("--code-page", default="")
@option("--sha256", default="")
@click.pass_obj
def receive(session: Session, /, files: tuple[str, ...], round_id: str, instrument_id: str, **given: str) -> Answer:
    """Receive files of returned forms; every row ends in exactly one state."""
    from flows.cli.machine import error_facts
    from flows.cli.screen import say, texts, working
    from flows.words import or_question
    from sipas.jobs.faults import faults_kept
    from sipas.jobs.field.receive import receive as receive_file

    if given["sha256"] and len(files) > 1:
        raise click.UsageError(text("cli_returns.one_hash"), click.get_current_context())
    options = {"round": round_id, "instrument": instrument_id, "received_on": given["received_on"]}
    received: list[dict[str, Any]] = []
    refused: list[SurveyError] = []
    with session.in_round(round_id) as (ws, name):
        for file in map(Path, files):
            try:
                with working("cli.reading", file=file.name), faults_kept(ws, name, language()):
                    report = receive_file(ws, name, file, instrument_id, **given, lang=language())
            except SurveyError as error:
                command = session.command("receive", str(file), **options)
                refused.append(or_question(error, command))
                say("cli_returns.not_received", file=file.name)
            else:
                _show_file(report)
                received.append(_file_facts(report))
    if refused:
        _show_refused(refused, len(files))
    facts = {"files": received, "refused": [error_facts(error, texts()) for error in refused]}
    return Answer(facts, int(bool(refused)))


def _file_facts(report: ReceiveReport) -> dict[str, Any]:
    from flows.cli.machine import fault_facts
    from flows.cli.screen import texts

    return {**vars(report), "faults": [fault_facts(fault, texts()) for fault in report.faults]}


def _show_file(report: ReceiveReport) -> None:
    from flows.cli.screen import number, say, show_faults, show_table

    total = sum(report.counts.values())
    states = ("accepted", "late", "duplicate", "set_aside")
    receipt = text("cli_returns.new" if report.is_new else "cli_returns.known")
    row = (report.file_name, number(total), *(number(report.counts[state]) for state in states), receipt)
    heads = (text("cli.file"), text("cli.rows"), *(word("row_state", state) for state in states))
    show_table(text("cli_returns.file"), (*heads, text("cli_returns.receipt")), [row], numbers=range(1, 6))
    if report.is_hash_checked:
        say("cli_returns.hash_checked")
    if report.reasons:
        reasons = [(word("reason", reason), number(n)) for reason, n in report.reasons.items()]
        heads = (text("cli_returns.reason"), text("cli.rows"))
        show_table(text("cli_returns.reasons"), heads, reasons, numbers=(1,))
    if not report.counts["accepted"]:
        say("cli_returns.none_counts", file=report.file_name)
    if report.faults:
        show_faults(report.faults, report.fault_file)


def _show_refused(errors: list[SurveyError], n_files: int) -> None:
    """Every file that is not in, on stderr: why, what to do, or what is asked of the office."""
    from flows.cli.screen import tell_error

    for error in errors:
        logging.getLogger("sipas").error("refused: %s", error.rule)
        tell_error(error)
    if n_files > 1:
        click.echo(text("cli_returns.refused_of", n=len(errors), of=n_files), err=True)


@click.command(cls=Command)
@round_option
@instrument_option
@working_option
@click.pass_obj
def returns(session: Session, round_id: str, instrument_id: str, working: bool) -> Answer:
    """Cases issued and returned, by unit, by conductor, by reason."""
    from flows.cli.screen import say
    from flows.cli.screen import working as at_work
    from flows.names import short_names
    from sipas.jobs.field.returns import all_returns
    from sipas.jobs.stepruns.pinned import pinned

    with session.in_round(round_id) as (ws, name), at_work("cli.at_work"):
        collected = all_returns(ws, name, instrument_id, working=working)
        parts, titles = pinned(ws, name), short_names(ws, name)
    if collected[0].release_no:
        say("cli_returns.released", number=collected[0].release_no)
    for returned in collected:
        conductors = parts.of_instrument(returned.instrument_id).rules.conductors
        names = {conductor.conductor_id: conductor.name_vi for conductor in conductors}
        title = titles[returned.instrument_id] if len(collected) > 1 else ""
        _show_report(returned.report, title, parts.register.names(), names)
    return Answer({"instruments": [_facts(returned) for returned in collected], "release_no": collected[0].release_no})


def _facts(returned: Returns) -> dict[str, Any]:
    report = returned.report
    return {
        "instrument_id": returned.instrument_id,
        "by_unit": report.by_unit,
        "by_conductor": report.by_conductor,
        "n_withdrawn": report.n_withdrawn,
        "by_group": report.by_group,
        "rejections": report.rejections,
        "files": report.batches,
    }


def _show_report(
    report: ReturnsReport, instrument: str, units: Mapping[str, str], conductors: Mapping[str, str]
) -> None:
    """Tables of one instrument, named in their titles where the round has several."""
    from flows.cli.screen import number, say, show_table

    def titled(key: str) -> str:
        return text(f"cli_returns.{key}", instrument=instrument)

    _show_counts(titled("by_unit"), text("cli.unit"), report.by_unit, units)
    if len(report.by_group):
        _show_counts(titled("by_group"), text("cli_returns.group"), report.by_group, {})
    _show_counts(titled("by_conductor"), text("cli_returns.conductor"), report.by_conductor, conductors)
    if report.n_withdrawn:
        say("cli_returns.withdrawn", n=number(report.n_withdrawn))
    reasons = report.rejections.groupby("reason")["n"].sum()
    if len(reasons):
        lines = [(word("reason", str(reason)), number(int(n))) for reason, n in reasons.items()]
        heads = (text("cli_returns.reason"), text("cli_returns.forms"))
        show_table(titled("rejections"), heads, lines, numbers=(1,))


def _show_counts(title: str, name: str, table: pd.DataFrame, names: Mapping[str, str]) -> None:
    """Counts by unit or group, with their names where they have any, and their sum."""
    from flows.cli.screen import number, show_table

    counts = ["n_issued", "n_returned", "n_valid", "n_rejected", "n_outstanding"]
    sums = table[counts].sum()
    columns = table[[table.columns[0], *counts, "valid_over_issued_share"]]
    rows = [
        (code, *([names.get(code, "")] if names else []), *map(number, values), number(100 * share, 1))
        for code, *values, share in columns.itertuples(index=False, name=None)
    ]
    share = number(100 * sums["n_valid"] / sums["n_issued"], 1)
    rows.append((text("cli.sum"), *([""] if names else []), *(number(int(count)) for count in sums), share))
    leading = (text("cli.code"), name) if names else (name,)
    heads = (*leading, *(text(f"cli_returns.{count}") for count in counts), text("cli_returns.share"))
    show_table(title, heads, rows, numbers=range(len(leading), len(heads)))


COMMANDS = (receive, returns)
