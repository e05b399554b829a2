"""Command: audit."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.base import Answer, Command, Session, argument, option
from flows.speech import language, text, word
from sipas.words import has_word

if TYPE_CHECKING:
    from sipas.audit import Audit
    from sipas.publish.xlsx.annotated import Mark


@click.command(cls=Command)
@argument("table", type=click.Path(path_type=Path))
@option("--sheet", default="")
@option("--last-year", type=click.Path(path_type=Path))
@option("--out", type=click.Path(path_type=Path))
@option("--code-page", default="")
@click.pass_obj
def audit(
    session: Session, table: Path, sheet: str, last_year: Path | None, out: Path | None, code_page: str
) -> Answer:
    """Audit a table of results before it is published; exit code 1 when there are findings."""
    from errors.templates import data_folder
    from flows.cli.screen import show_lines, texts, working
    from sipas.jobs.results.audit import annotated, audit_file, marks_of

    with working("cli.reading", file=table.name):
        report = audit_file(table, data_folder() / "audit", sheet=sheet, last_year=last_year, code_page=code_page)
    marks = marks_of(report, texts(), language())
    for line in _about(report):
        click.echo(line, err=True)
    rows = io.StringIO()
    csv.writer(rows, lineterminator="\n").writerows(
        (mark.row or "", _rule(mark), mark.got, mark.expected) for mark in marks
    )
    show_lines(rows.getvalue().split("\n")[:-1])
    place = _save(session, table, out, annotated(report, marks, language())) if marks or out else None
    if place:
        click.echo(text("cli_audit.marked", file=place), err=True)
    click.echo(text("cli_audit.found", n=len(marks)) if marks else text("cli_audit.nothing_found"), err=True)
    return Answer({**_facts(report, marks), "marked_file": place}, int(bool(marks)))


def _rule(mark: Mark) -> str:
    place = "; ".join(part for part in (mark.unit, mark.column) if part)
    return f"{mark.text} [{place}]" if place else mark.text


def _about(report: Audit) -> list[str]:
    """Roles used, columns without one, rows left out, what the table showed about itself."""
    table = report.table
    roles = "; ".join(f"{column.header} = {_role(column.role)}" for column in table.columns if column.role)
    lines = [text("cli_audit.roles", roles=roles)]
    if report.unassigned:
        lines.append(text("cli_audit.unassigned", columns="; ".join(column.header for column in report.unassigned)))
    left = table.left_out
    skipped = [text(f"cli_audit.{kind}", n=left[kind]) for kind in ("summary", "section", "other") if left.get(kind)]
    lines.append(text("cli_audit.rows", n=len(table.rows), skipped=", ".join(skipped)))
    if report.relation:
        lines.append(text("cli_audit.relation", relation=word("audit_relation", report.relation)))
    lines += [
        text("cli_audit.rounding", column=header, way=word("rounding", way))
        for header, way in report.conventions.items()
    ]
    if report.unknown_units:
        lines.append(text("cli_audit.unknown_units", units="; ".join(report.unknown_units)))
    return lines


def _role(role: str) -> str:
    """Words for a role; one of a single column (`part:3.2`) as the table's own file names it."""
    return word("audit_role", role) if has_word("audit_role", role) else role


def _facts(report: Audit, marks: list[Mark]) -> dict[str, Any]:
    grid = report.table.grid
    return {
        "file": grid.file,
        "sheet": grid.sheet,
        "roles": {column.header: column.role for column in report.table.columns if column.role},
        "unassigned": [column.header for column in report.unassigned],
        "rows": len(report.table.rows),
        "relation": report.relation,
        "rounding": report.conventions,
        "unknown_units": list(report.unknown_units),
        "findings": [
            {
                "row": finding.row,
                "column": finding.column,
                "unit": finding.unit,
                "rule": finding.rule,
                "text": mark.text,
                "got": finding.got,
                "expected": finding.expected,
            }
            for finding, mark in zip(report.findings, marks, strict=True)
        ],
    }


def _save(session: Session, table: Path, out: Path | None, data: bytes) -> Path | None:
    """Where asked; else into the outputs of the workspace; nowhere without one."""
    from errors import StoreError
    from sipas.foldernames import AUDITS_FOLDER
    from sipas.store.files.outputs import write_outside

    if out is not None:
        return write_outside(out, data)
    try:
        with session.open() as ws:
            return ws.files.outputs.write_bytes(f"{AUDITS_FOLDER}/{table.stem}.xlsx", data)
    except StoreError as error:
        if error.rule == "store.no_workspace" and session.workspace is None:
            return None
        raise


COMMANDS = (audit,)
