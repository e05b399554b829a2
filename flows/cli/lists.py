"""Commands: fieldworkers, focal-points, assign, lists."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import Answer, Command, Group, Session, argument, instrument_option, option, round_option
from flows.speech import text, word

if TYPE_CHECKING:
    from sipas.jobs.field.fieldwork import AssignReport, FieldworkReport
    from sipas.jobs.field.lists import ListsReport

_KINDS = ("field", "signature", "payment", "postal")
_TARGETS = ("odk", "kobo", "survey-solutions")


@click.group(cls=Group)
def fieldworkers() -> None:
    """Fieldworkers of the round."""


@fieldworkers.command("import")
@argument("file")
@round_option
@instrument_option
@option("--replace", is_flag=True)
@click.pass_obj
def fieldworkers_import(session: Session, file: str, round_id: str, instrument_id: str, replace: bool) -> Answer:
    """Take in the list of fieldworkers."""
    from sipas.jobs.field.fieldwork import import_fieldworkers

    with session.in_round(round_id) as (ws, name):
        report = import_fieldworkers(ws, name, Path(file), instrument_id, replace=replace)
    return _imported("cli_lists.fieldworkers", report)


@click.group("focal-points", cls=Group)
def focal_points() -> None:
    """Focal points of the units."""


@focal_points.command("import")
@argument("file")
@round_option
@instrument_option
@click.pass_obj
def focal_points_import(session: Session, file: str, round_id: str, instrument_id: str) -> Answer:
    """Take in the focal points."""
    from sipas.jobs.field.fieldwork import import_focal_points

    with session.in_round(round_id) as (ws, name):
        report = import_focal_points(ws, name, Path(file), instrument_id)
    return _imported("cli_lists.focal_points", report)


def _imported(title: str, report: FieldworkReport) -> Answer:
    from flows.cli.screen import show_counts

    counts = {"read": report.n_read, "new": report.n_new, "gone": report.n_gone, "now": report.n_now}
    show_counts(text(title, file=report.file_name), {text(f"cli_lists.{name}"): n for name, n in counts.items()})
    return Answer(report)


@click.command(cls=Command)
@argument("file", required=False, default="")
@option("--even", is_flag=True)
@round_option
@instrument_option
@click.pass_obj
def assign(session: Session, file: str, even: bool, round_id: str, instrument_id: str) -> Answer:
    """Assign cases to fieldworkers: from a file, or evenly; without either it only counts."""
    from flows.cli.screen import working
    from sipas.jobs.field.fieldwork import assign_evenly, assignment_counts, import_assignments

    if file and even:
        raise click.UsageError(text("cli_lists.file_or_even"), click.get_current_context())
    with session.in_round(round_id) as (ws, name), working("cli.at_work"):
        if file:
            report = import_assignments(ws, name, Path(file), instrument_id)
        else:
            report = (assign_evenly if even else assignment_counts)(ws, name, instrument_id)
    _show_assigned(report, is_dealt=even)
    return Answer(report)


def _show_assigned(report: AssignReport, *, is_dealt: bool) -> None:
    from flows.cli.screen import number, say, show_table

    columns = ["n_issued", "n_assigned", "n_unassigned"]
    rows = [
        (str(unit), *map(number, counts))
        for unit, *counts in report.by_unit[["unit_id", *columns]].itertuples(index=False, name=None)
    ]
    rows.append((text("cli.sum"), *(number(int(count)) for count in report.by_unit[columns].sum())))
    heads = [text("cli.unit"), *(text(f"cli_lists.{name}") for name in columns)]
    show_table(text("cli_lists.assigned"), heads, rows, numbers=range(1, 4))
    say("cli_lists.newly_assigned", n=number(report.n_new))
    left = report.by_unit[report.by_unit["n_unassigned"] > 0]
    if is_dealt and len(left):
        say("cli_lists.left_over", units=", ".join(left["unit_id"].astype(str)))
    if report.n_closed:
        say("cli_lists.of_closed_units", n=number(report.n_closed))


@click.command(cls=Command)
@option("--kind", type=click.Choice(_KINDS))
@option("--to", "target", type=click.Choice(_TARGETS))
@option("--unit", default="")
@option("--conductor", default="")
@option("--with-names", is_flag=True)
@option("--remove", is_flag=True)
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
) -> Answer:
    """Make lists on paper, or sample files for collecting software."""
    from flows.cli.screen import say, working
    from sipas.jobs.field.lists import Selection, make_lists, make_upload

    if (kind is not None) + (target is not None) + remove != 1:
        raise click.UsageError(text("cli_lists.one_of"), click.get_current_context())
    if remove and (unit or conductor):
        raise click.UsageError(text("cli_lists.removes_all"), click.get_current_context())
    if remove:
        return _remove_lists(session, round_id)
    selection = Selection(unit, conductor)
    with session.in_round(round_id) as (ws, name), working("cli.at_work"):
        if target is None:
            report = make_lists(ws, name, kind or "", selection, instrument_id)
        else:
            report = make_upload(ws, name, target, selection, instrument_id, with_names=with_names)
    if target is None:
        _show_lists(text("cli_lists.list_of", kind=word("list_kind", kind or "")), report)
    else:
        _show_lists(text("cli_lists.sample_file", target=target), report)
        say(f"cli_lists.note_{target.replace('-', '_')}")
    say("cli_lists.not_personal" if target and not with_names else "cli_lists.personal")
    return Answer(report)


def _remove_lists(session: Session, round_id: str) -> Answer:
    from flows.cli.screen import number, say
    from sipas.jobs.field.lists import remove_lists

    with session.in_round(round_id) as (ws, name):
        n_files = remove_lists(ws, name)
    say("cli_lists.removed", round=name, n=number(n_files))
    say("cli_lists.destroy_copies")
    return Answer({"round_id": name, "n_removed": n_files})


def _show_lists(title: str, report: ListsReport) -> None:
    from flows.cli.screen import number, say, show_counts

    counts = {
        "n_files": report.n_files,
        "n_cases": report.n_cases,
        "with_fieldworker": report.n_assigned,
        "n_unassigned": report.n_cases - report.n_assigned,
        "without_phone": report.n_without_phone,
        "without_address": report.n_without_address,
        "old_removed": report.n_removed,
    }
    show_counts(title, {text(f"cli_lists.{name}"): n for name, n in counts.items()})
    if report.n_closed:
        say("cli_lists.on_no_list", n=number(report.n_closed))
    say("cli_lists.folder", folder=report.folder)


COMMANDS = (fieldworkers, focal_points, assign, lists)
