"""Commands: weight, score, appraisals, merge, trace, export, publish."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flows.cli.base import (
    Answer,
    Command,
    Group,
    Session,
    argument,
    instrument_option,
    option,
    round_option,
    working_option,
)
from flows.speech import LANGUAGES, language, text, word

if TYPE_CHECKING:
    import pandas as pd

    from sipas.jobs.results.recount import Recounted
    from sipas.trace import TraceReport

_TINY = 0.001  # a difference that nobody needs to see
_STATISTICS = ("n", "sum", "min", "median", "max", "max_over_min", "cv", "kish_deff", "kish_n")


@click.command(cls=Command)
@round_option
@instrument_option
@click.pass_obj
def weight(session: Session, round_id: str, instrument_id: str) -> Answer:
    """Make weights by the steps of round.toml."""
    from flows.cli.screen import number, say, show_table, working
    from sipas.jobs.results.weight import weight as make_weights

    with session.in_round(round_id) as (ws, name), working("cli_results.weighting"):
        report = make_weights(ws, name, instrument_id)
    all_units = report.report[report.report["unit_id"] == ""]
    rows = [
        (_step(kind, name), number(n), number(total, 2), *(number(value, 3) for value in rest), number(kish_n, 1))
        for kind, name, n, total, *rest, kish_n in all_units[["weight_step", "step_name", *_STATISTICS]].itertuples(
            index=False, name=None
        )
    ]
    heads = [text("cli_results.after_step"), *(text(f"cli_results.{name}") for name in _STATISTICS)]
    title = text("cli_results.weights" if report.is_new else "cli_results.weights_before")
    show_table(title, heads, rows, numbers=range(1, 10))
    exact = report.margins[report.margins["is_exact"]]
    if len(exact):
        worst = (exact["after"] - exact["target"]).abs().max()
        is_tiny = worst < _TINY
        shown_worst = text("cli_results.below", bound=number(_TINY, 3)) if is_tiny else number(worst, 3)
        say("cli_results.margins", n=len(exact), worst=shown_worst)
    for margin in report.margins[~report.margins["is_exact"]].itertuples(index=False):
        named = {"margin": word("margin", str(margin.margin)), "category": margin.category}
        say("cli_results.loose_margin", **named, target=number(margin.target, 2), after=number(margin.after, 2))
    for _, source, into in report.joined:
        say("cli_results.joined", source=source, into=into)
    joined = [dict(zip(("weight_step", "source", "into"), row, strict=True)) for row in report.joined]
    facts = {"by_unit": report.report, "margins": report.margins, "joined": joined}
    return Answer({**facts, "n_respondents": report.n_respondents, "is_new": report.is_new})


def _step(kind: str, name: str) -> str:
    """Words for a step of the recipe, with its own name when it has one."""
    return word("weight_step", kind) + (f" ({name})" if name != kind else "")


@click.command(cls=Command)
@round_option
@instrument_option
@click.pass_obj
def score(session: Session, round_id: str, instrument_id: str) -> Answer:
    """Compute the satisfaction index of the province and every unit."""
    from flows.cli.screen import number, say, show_table, working
    from flows.names import short_names, with_name
    from sipas.jobs.results.score import province_rows
    from sipas.jobs.results.score import score as make_scores

    with session.in_round(round_id) as (ws, name), working("cli_results.scoring"):
        report = make_scores(ws, name, instrument_id, lang=language())
        titles = short_names(ws, name)
    columns = ["node_code", "value_pct", "std_error", "ci_low", "ci_high", "n"]
    heads = [text(f"cli_results.{name}") for name in ("node", "value", "error", "interval", "n")]
    key = "cli_results.index" if report.is_new else "cli_results.index_before"
    title = text(key, instrument=titles[report.instrument_id] if len(titles) > 1 else "")
    for variant, of_province in province_rows(report).groupby("variant", sort=False):
        rows = [
            (
                with_name(node, report.nodes),
                number(value, 2),
                number(error, 3),
                f"{number(low, 2)} - {number(high, 2)}",
                number(n),
            )
            for node, value, error, low, high, n in of_province[columns].itertuples(index=False, name=None)
        ]
        show_table(f"{title}. {report.labels[str(variant)]}", heads, rows, numbers=(1, 2, 3, 4))
    say("cli_results.n_values", n=number(len(report.scores)))
    return Answer(report.scores)


@click.group(cls=Group)
def appraisals() -> None:
    """Appraised points."""


@appraisals.command("import")
@argument("files", nargs=-1, required=True)
@round_option
@option("--rulebook", default="")
@click.pass_obj
def appraisals_import(session: Session, files: tuple[str, ...], round_id: str, rulebook: str) -> Answer:
    """Import files of appraised points."""
    from flows.cli.screen import number, show_table, working
    from sipas.jobs.results.appraisals import import_appraisals

    reports = []
    with session.in_round(round_id) as (ws, name):
        for file in map(Path, files):
            with working("cli.reading", file=file.name):
                reports.append(import_appraisals(ws, name, file, rulebook))
    rows = [(report.file_name, report.rulebook_id, number(report.n_read), number(report.n_new)) for report in reports]
    heads = [text("cli.file"), *(text(f"cli_results.{name}") for name in ("rulebook", "read", "new"))]
    show_table(text("cli_results.appraisals"), heads, rows, numbers=(2, 3))
    return Answer({"files": reports})


@click.command(cls=Command)
@round_option
@option("--parts", "table", default="")
@option("--rulebook", default="")
@option("--group", default="")
@click.pass_obj
def merge(session: Session, round_id: str, table: str, rulebook: str, group: str) -> Answer:
    """Merge appraised and survey points: totals, index, ranks, classes."""
    from flows.cli.screen import working
    from sipas.jobs.results.merge import merge as make_results
    from sipas.jobs.stepruns.pinned import pinned

    if bool(table) != bool(rulebook) or (group and not table):
        raise click.UsageError(text("cli_results.go_together"))
    if table:
        return _merge_parts(session, Path(table), rulebook, group)
    with session.in_round(round_id) as (ws, name), working("cli_results.merging"):
        report = make_results(ws, name)
        parts = pinned(ws, name)
    names, groups = parts.register.names(), {book.id: book.unit_group for book in parts.rulebooks}
    for rulebook_id, rows in report.results.groupby("rulebook_id", sort=True):
        _show_ranks(_book_title(str(rulebook_id), groups), rows, "unit_id", names)
    return Answer(report.results)


def _book_title(rulebook_id: str, groups: Mapping[str, str]) -> str:
    """Which units are ranked, in words, and the rulebook by its id."""
    from sipas.words import has_word
    from sipas.words.numbers import capitalised

    group = groups[rulebook_id]
    return f"{capitalised(word('unit_kinds', group))} ({rulebook_id})" if has_word("unit_kinds", group) else rulebook_id


def _merge_parts(session: Session, table: Path, rulebook_id: str, group: str) -> Answer:
    from errors.templates import data_folder
    from flows.cli.screen import say
    from sipas.jobs.results.parts import merge_parts
    from sipas.rulebook import load_rulebook

    folder = data_folder() / "rulebooks" / rulebook_id
    if not (folder / "rulebook.toml").is_file():
        with session.open() as ws:
            folder = ws.files.methodology.folder("rulebook", rulebook_id)
    report = merge_parts(table, load_rulebook(folder), data_folder() / "audit", group=group)
    _show_ranks(rulebook_id, report.results, "name_vi", {})
    for header, leaf in report.columns:
        say("cli_results.counted_as", header=header, leaf=leaf)
    return Answer(report.results)


def _show_ranks(title: str, results: pd.DataFrame, unit: str, names: Mapping[str, str]) -> None:
    """Units by rank. unit: the column that tells them apart; names: by its values, where it holds ids."""
    from flows.cli.screen import number, show_table

    columns = ["rank", unit, "total_shown", "applicable_max", "index_shown", "class_name_vi"]
    rows = [
        (str(rank), names.get(key, key), number(points, 2), number(top, 2), number(index, 2), kind)
        for rank, key, points, top, index, kind in results.sort_values(["rank", unit])[columns].itertuples(
            index=False, name=None
        )
    ]
    heads = ("rank", "unit", "points", "maximum", "index_pct", "class")
    show_table(title, [text(f"cli_results.{name}") for name in heads], rows, numbers=(0, 2, 3, 4))


@click.command(cls=Command)
@argument("address")
@working_option
@option("--recount", "counted_again", is_flag=True)
@click.pass_obj
def trace(session: Session, address: str, working: bool, counted_again: bool) -> Answer:
    """Explain a number."""
    from flows.cli.screen import say
    from flows.cli.screen import working as at_work
    from flows.names import short_names
    from sipas.jobs.results.recount import recount
    from sipas.jobs.results.trace import trace as explain

    if working and counted_again:
        raise click.UsageError(text("cli_results.recount_released"))
    with session.open() as ws, at_work("cli_results.tracing"):
        explained = explain(ws, address, working=working, lang=language())
        round_id = explained.report.address.round_id
        again = recount(ws, round_id) if counted_again else ()
        names = short_names(ws, round_id)
    is_same = explained.report.agrees and not any(output.n_different for output in again)
    if explained.release_no:
        say("cli_results.of_release", number=explained.release_no)
    for note in explained.notes:
        say("cli_results.other_version", step=_place(note.step, note.instrument_id, names))
    _show_trace(explained.report)
    if explained.is_counted:
        say("cli_results.agrees" if explained.report.agrees else "cli_results.disagrees")
    if again:
        _show_recount(again, names)
    return Answer({**explained.as_json(), "recount": again}, int(not is_same))


def _show_trace(report: TraceReport) -> None:
    from flows.cli.screen import say, show_facts, show_table, shown
    from sipas.trace import Quantity

    for section in report.sections:
        if section.lines:
            show_facts(section.title, [(name, shown(cell)) for name, cell in section.lines])
        if section.rows:
            flush = [at for at, cell in enumerate(section.rows[0]) if isinstance(cell, Quantity)]
            rows = [tuple(map(shown, row)) for row in section.rows]
            show_table("" if section.lines else section.title, section.columns, rows, numbers=flush)
    if report.case_ids:
        say("cli_results.cases", n=len(report.case_ids), first=", ".join(report.case_ids[:6]))


def _place(step: str, instrument_id: str, names: Mapping[str, str]) -> str:
    """Words for a step, with the instrument where the round has several."""
    suffix = f" ({names[instrument_id]})" if instrument_id and len(names) > 1 else ""
    return word("step", step) + suffix


def _show_recount(again: Sequence[Recounted], names: Mapping[str, str]) -> None:
    """What the program of today makes of the frozen inputs, output by output."""
    from flows.cli.screen import number, rough, say, show_table

    rows = [
        (
            _place(output.step, output.instrument_id, names),
            word("input", output.output),
            number(output.n_cells),
            number(output.n_different),
            rough(output.largest),
            text("cli_results.version_differs" if output.other_version else "cli_results.version_same"),
        )
        for output in again
    ]
    heads = ("step", "table", "n_cells", "n_different", "largest", "version")
    show_table(text("cli_results.recount"), [text(f"cli_results.{name}") for name in heads], rows, numbers=(2, 3, 4))
    changed = sum(output.n_different for output in again)
    say("cli_results.cells_differ" if changed else "cli_results.cells_same", n=number(changed))


@click.command(cls=Command)
@round_option
@option("--to", "kind", type=click.Choice(["xlsx", "csv"]), default="xlsx", show_default=True)
@option("--lang", type=click.Choice(LANGUAGES), expose_value=False)
@working_option
@click.pass_obj
def export(session: Session, round_id: str, kind: str, working: bool) -> Answer:
    """Write the results: a workbook, for English readers its translation too, or CSV files for machines."""
    from flows.cli.screen import say
    from flows.cli.screen import working as at_work
    from sipas.jobs.results.export import export_csv, export_workbook, translated_workbook

    with session.in_round(round_id) as (ws, name):
        if kind == "csv":
            with at_work("cli_results.exporting"):
                tables = export_csv(ws, name, working=working)
            _say_release(tables.release_no)
            for path in tables.paths:
                say("cli_results.written", file=path)
            return Answer(tables)
        with at_work("cli_results.exporting"):
            workbook = export_workbook(ws, name, working=working)
        _say_release(workbook.release_no)
        say("cli_results.workbook", file=workbook.path)
        say("cli_results.sha256" if workbook.is_new else "cli_results.sha256_same", sha256=workbook.sha256)
        translated = None
        if language() != "vi":
            with at_work("cli_results.translating"):
                translated = translated_workbook(ws, name, workbook, language())
            say("cli_results.translated", file=translated)
    return Answer({**vars(workbook), "translated": translated})


def _say_release(release_no: int) -> None:
    from flows.cli.screen import say

    if release_no:
        say("cli_results.is_release", number=release_no)


@click.command(cls=Command)
@round_option
@option("--approve", "release_no", type=int, default=0)
@option("--as", "actor", default="")
@option("--by", "person_id", default="")
@click.pass_obj
def publish(session: Session, round_id: str, release_no: int, actor: str, person_id: str) -> Answer:
    """Draft a release; with --approve a second person approves and releases it."""
    if release_no and not person_id:
        raise click.UsageError(text("cli_results.approve_needs_by"))
    return (
        _release(session, round_id, release_no, (actor, person_id)) if release_no else _draft(session, round_id, actor)
    )


def _draft(session: Session, round_id: str, actor: str) -> Answer:
    from flows.cli.screen import say, working
    from sipas.jobs.results.publish import draft_release

    with session.in_round(round_id, actor) as (ws, name):
        with working("cli_results.drafting"):
            draft = draft_release(ws, name)
        is_known = draft.proposer != ws.actor
    if draft.state == "released":
        say("cli_results.released_before", number=draft.release_no)
        return Answer({**vars(draft), "next": None})
    key = "cli_results.drafted_before" if is_known else "cli_results.drafted"
    say(key, number=draft.release_no, proposer=draft.proposer)
    words = f"publish --approve {draft.release_no} --by {text('cli_help.meta.person_id')}"
    following = session.command(words, round=name)
    say("cli_results.then_approve", command=following)
    return Answer({**vars(draft), "next": following})


def _release(session: Session, round_id: str, release_no: int, who: tuple[str, str]) -> Answer:
    from flows.cli.screen import ask, say, working
    from sipas.jobs.results.publish import release, release_record
    from sipas.store.office.signing import Signature

    actor, person_id = who
    with session.in_round(round_id, actor) as (ws, name):
        passphrase = ask("cli_results.passphrase", is_secret=True)
        with working("cli_results.releasing"):
            released = release(ws, name, release_no, Signature(person_id=person_id, passphrase=passphrase))
            record = release_record(ws, released)
    say("cli_results.released", number=released.release_no, proposer=released.proposer, approver=released.approver)
    say("cli_results.record", file=record)
    return Answer({**vars(released), "record": record})


COMMANDS = (weight, score, appraisals, merge, trace, export, publish)
