"""Commands: rulebook new, check, export, import, diff."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.base import Answer, Group, Session, argument, option
from flows.speech import language, text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sipas.jobs.prepare.rulebooks import ImportReport
    from sipas.rulebook import Rulebook
    from sipas.rulebook.diff import Change


@click.group(cls=Group)
def rulebook() -> None:
    """Rulebooks."""


@rulebook.command("new")
@argument("rulebook_id")
@option("--from", "source", default="")
@click.pass_obj
def rulebook_new(session: Session, rulebook_id: str, source: str) -> Answer:
    """Make an empty rulebook folder that explains what has to be filled in."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rulebooks import new_rulebook

    with session.open() as ws:
        folder, is_new = new_rulebook(ws, rulebook_id, source)
    say("cli_rulebook.made" if is_new else "cli_rulebook.made_before", id=rulebook_id)
    say("cli_rulebook.folder", folder=folder)
    following = session.command(f"rulebook check {rulebook_id}") if is_new else None
    if following:
        say("cli_rulebook.then_check", command=following)
        say("cli_rulebook.in_excel", id=rulebook_id)
    return Answer({"rulebook_id": rulebook_id, "folder": folder, "is_new": is_new, "next": following})


@rulebook.command("check")
@argument("rulebook_id", required=False, default="")
@click.pass_obj
def rulebook_check(session: Session, rulebook_id: str) -> Answer:
    """Check rulebooks and run the cases that were computed by hand."""
    from flows.cli.screen import number, say, show_table, working
    from sipas.jobs.prepare.rulebooks import check_rulebooks

    with session.open() as ws, working("cli_rulebook.checking"):
        books = check_rulebooks(ws, rulebook_id)
    rows = [
        (book.id, book.unit_group, len(book.criteria), len(book.leaves()), number(book.max_points, 2), len(book.cases))
        for book in books
    ]
    heads = ("id", "group", "criteria", "leaves", "maximum", "cases")
    show_table(text("cli_rulebook.sound"), [text(f"cli_rulebook.{name}") for name in heads], rows, numbers=(2, 3, 4, 5))
    for book in books:
        if book.unconfirmed:
            say("cli_rulebook.unconfirmed", id=book.id, parts=", ".join(book.unconfirmed))
        if book.unscored:
            say("cli_rulebook.unscored", id=book.id, parts=", ".join(part.code for part in book.unscored))
    return Answer({"rulebooks": [_facts(book) for book in books]})


def _facts(book: Rulebook) -> dict[str, Any]:
    return {
        "rulebook_id": book.id,
        "unit_group": book.unit_group,
        "n_criteria": len(book.criteria),
        "n_leaves": len(book.leaves()),
        "max_points": book.max_points,
        "n_cases": len(book.cases),
        "unconfirmed": book.unconfirmed,
        "unscored": [part.code for part in book.unscored],
    }


@rulebook.command("export")
@argument("rulebook_id")
@option("--to", "kind", type=click.Choice(["xlsx"]), default="xlsx")
@click.pass_obj
def rulebook_export(session: Session, rulebook_id: str, kind: str) -> Answer:
    """Write a rulebook to an Excel file."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rulebooks import export_rulebook

    with session.open() as ws:
        place = export_rulebook(ws, rulebook_id)
    say("cli_rulebook.written", file=place)
    say("cli_rulebook.then_import")
    return Answer({"file": place})


@rulebook.command("import")
@argument("file")
@argument("rulebook_id")
@option("--columns", default=None)
@option("--replace", "replace_it", is_flag=True)
@click.pass_obj
def rulebook_import(session: Session, file: str, rulebook_id: str, columns: str | None, replace_it: bool) -> Answer:
    """Import an exported Excel file, or an office's own table of criteria."""
    from sipas.jobs.prepare.rulebooks import import_rulebook

    with session.open() as ws:
        mapping = Path(columns) if columns else None
        report = import_rulebook(ws, Path(file), rulebook_id, columns=mapping, replace_it=replace_it)
    following = session.command(f"rulebook check {rulebook_id}") if report.is_draft else None
    _show(rulebook_id, report, following)
    return Answer({"rulebook_id": rulebook_id, **vars(report), "next": following})


def _show(rulebook_id: str, report: ImportReport, following: str | None) -> None:
    from flows.cli.screen import say

    say("cli_rulebook.imported" if report.is_new else "cli_rulebook.imported_before", id=rulebook_id)
    say("cli_rulebook.folder", folder=report.folder)
    say("cli_rulebook.counts", n_criteria=report.n_criteria, n_leaves=report.n_leaves)
    if following:
        columns = ", ".join(f"{role} = “{header}”" for role, header in (report.columns or {}).items())
        say("cli_rulebook.columns", sheet=report.sheet, columns=columns)
        say("cli_rulebook.draft", n=report.n_left, command=following)
        say("cli_rulebook.in_excel", id=rulebook_id)


@rulebook.command("diff")
@argument("before")
@argument("after")
@click.pass_obj
def rulebook_diff(session: Session, before: str, after: str) -> Answer:
    """Compare two rulebooks."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rulebooks import diff_rulebooks

    with session.open() as ws:
        changes = diff_rulebooks(ws, before, after, language())
    say("cli_rulebook.changes" if changes else "cli_rulebook.same", before=before, after=after, n=len(changes))
    _show_changes(changes)
    return Answer(changes)


def _show_changes(changes: Sequence[Change]) -> None:
    from flows.cli.screen import show_lines

    for (code, name), group in groupby(changes, key=lambda change: (change.code, change.name)):
        head = f"{code} {name}" if code else text("cli_rulebook.whole")
        show_lines([head, *(f"    {change.text}" for change in group)])


COMMANDS = (rulebook,)
