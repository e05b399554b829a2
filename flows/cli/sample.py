"""Commands: frame, plan (in a file of its own), draw, verify-draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.base import Answer, Command, Group, Session, argument, instrument_option, option, round_option
from flows.cli.plan import plan
from flows.speech import language, text, word

if TYPE_CHECKING:
    from sipas.frames import Coverage
    from sipas.jobs.prepare.frame import FrameReport


@click.group(cls=Group)
def frame() -> None:
    """The sampling frame."""


@frame.command("template")
@round_option
@instrument_option
@click.pass_obj
def frame_template(session: Session, round_id: str, instrument_id: str) -> Answer:
    """Make the template of the list that units fill in."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.frame_template import make_frame_template

    with session.in_round(round_id) as (ws, name):
        file = make_frame_template(ws, name, instrument_id)
    say("cli_sample.template", file=file)
    return Answer({"file": file})


@frame.command("check")
@argument("file")
@option("--counts")
@round_option
@instrument_option
@click.pass_obj
def frame_check(session: Session, file: str, counts: str | None, round_id: str, instrument_id: str) -> Answer:
    """Check a list without keeping anything; compare it with independent counts."""
    from flows.cli.screen import working
    from sipas.jobs.prepare.frame import check_coverage, check_frame_file

    with session.in_round(round_id) as (ws, name), working("cli.reading", file=Path(file).name):
        report = check_frame_file(ws, name, Path(file), instrument_id, lang=language())
        covered = check_coverage(ws, name, report, Path(counts) if counts else None, instrument_id)
    _show_frame(report)
    _show_units(report)
    _show_coverage(covered)
    return Answer(_facts(report, covered))


@frame.command("import")
@argument("file")
@round_option
@instrument_option
@click.pass_obj
def frame_import(session: Session, file: str, round_id: str, instrument_id: str) -> Answer:
    """Take in a list as the sampling frame."""
    from flows.cli.screen import say, working
    from sipas.jobs.prepare.frame import check_coverage, import_frame

    with session.in_round(round_id) as (ws, name), working("cli.reading", file=Path(file).name):
        report = import_frame(ws, name, Path(file), instrument_id, lang=language())
        covered = check_coverage(ws, name, report, instrument_id=instrument_id)
    _show_frame(report)
    _show_few(report)
    _show_coverage([unit for unit in covered if unit.is_flagged])
    say("cli_sample.imported" if report.is_new else "cli_sample.imported_before")
    return Answer(_facts(report, covered))


def _facts(report: FrameReport, covered: Sequence[Coverage]) -> dict[str, Any]:
    return {**asdict(report), "coverage": [{**asdict(unit), "ratio": unit.ratio} for unit in covered]}


def _show_frame(report: FrameReport) -> None:
    """Rows of the file by kind, rows of data by what became of them, persons, contacts, hash."""
    from flows.cli.screen import say, show_counts

    source = {word("source_row", name): n for name, n in report.source.items() if n}
    title = text("cli_sample.rows_of_file", file=report.file_name)
    show_counts(title, {**source, text("cli.sum"): report.rows_in_file})
    if report.skipped_sheets:
        say("cli_sample.skipped_sheets", sheets=", ".join(report.skipped_sheets))
    rows = {word("frame_row", name): n for name, n in report.counts.items() if n}
    show_counts(text("cli_sample.data_rows"), {**rows, text("cli.sum"): sum(report.counts.values())})
    show_counts(text("cli_sample.units_of"), {word("unit_change", name): n for name, n in report.crosswalk.items()})
    people = {
        text("cli_sample.persons"): report.persons["persons"],
        text("cli_sample.repeated"): report.persons["repeated"],
        text("cli_sample.most"): report.persons["most"],
        text("cli_sample.without_contact"): report.without_contact,
    }
    if report.spare_round:
        people[text("cli_sample.asked", round=report.spare_round)] = report.n_asked
    show_counts(text("cli_sample.people"), people)
    say("cli_sample.frame_hash", hash=report.frame_hash)


def _show_few(report: FrameReport) -> None:
    """Rated units without any case, and with fewer than the round wants."""
    from flows.cli.screen import number, say

    none = [f"{unit.unit_id} {unit.name_vi}" for unit in report.units if not unit.n_on_frame]
    few = [unit for unit in report.units if 0 < unit.n_on_frame < report.few]
    if none:
        say("cli_sample.units_without", n=len(none), units="; ".join(none))
    if few:
        names = "; ".join(f"{unit.unit_id} {unit.name_vi} ({number(unit.n_on_frame)})" for unit in few)
        say("cli_sample.units_with_few", n=len(few), few=report.few, units=names)


def _show_units(report: FrameReport) -> None:
    """Every unit: rows, in the window, on the frame, without contact."""
    from flows.cli.screen import number, show_table

    rows = [
        (
            unit.unit_id,
            unit.name_vi,
            number(unit.n_rows),
            _percent(unit.eligible_share),
            number(unit.n_on_frame),
            _percent(unit.no_contact_share),
        )
        for unit in report.units
    ]
    names = ("n_rows", "eligible", "n_on_frame", "no_contact")
    columns = [text("cli.code"), text("cli.unit"), *(text(f"cli_sample.{name}") for name in names)]
    show_table(text("cli_sample.each_unit"), columns, rows, numbers=range(2, 6))
    _show_few(report)


def _show_coverage(covered: Sequence[Coverage]) -> None:
    """Frame against independent counts; units outside the bounds are marked."""
    from flows.cli.screen import number, say, show_table

    if not covered:
        return
    rows = [
        (
            unit.unit_id,
            unit.name_vi,
            number(unit.n_dossiers),
            number(unit.count),
            number(unit.ratio, 3),
            text("cli_sample.flag") if unit.is_flagged else "",
            unit.source,
        )
        for unit in covered
    ]
    names = ("on_frame", "counted", "ratio", "note", "source")
    columns = [text("cli.code"), text("cli.unit"), *(text(f"cli_sample.{name}") for name in names)]
    show_table(text("cli_sample.coverage"), columns, rows, numbers=range(2, 5))
    missing = [unit.unit_id for unit in covered if unit.count is None]
    if missing:
        say("cli_sample.not_counted", units=", ".join(missing))


def _percent(share: float | None) -> str:
    from flows.cli.screen import number

    return number(None if share is None else 100 * share, 1)


@click.command(cls=Command)
@round_option
@instrument_option
@option("--value", default="")
@option("--again", default="")
@click.pass_obj
def draw(session: Session, round_id: str, instrument_id: str, value: str, again: str) -> Answer:
    """Draw the sealed sample by the public value."""
    from flows.cli.screen import ask, number, say, show_facts, working
    from sipas.jobs.sample.draw import draw_sample, is_to_draw

    with session.in_round(round_id) as (ws, name):
        is_asked = is_to_draw(ws, name, value, instrument_id) and value
        if is_asked and value != (again or ask("cli_sample.value_again")):
            raise click.UsageError(text("cli_sample.values_differ"))
        with working("cli_sample.drawing"):
            drawn = draw_sample(ws, name, value, instrument_id)
        head = ws.log.head()
    facts = {
        "n_main": number(drawn.n_main),
        "n_reserve": number(drawn.n_reserve),
        "seed": drawn.seed,
        "hash_of_frame": drawn.frame_hash,
        "hash_of_plan": drawn.plan_hash,
        "log_head": head,
    }
    title = text("cli_sample.drawn" if drawn.is_new else "cli_sample.drawn_before")
    show_facts(title, [(text(f"cli_sample.{name}"), fact) for name, fact in facts.items()])
    say("cli_sample.verify_files", folder=drawn.folder)
    return Answer({**vars(drawn), "log_head": head})


@click.command("verify-draw", cls=Command)
@argument("manifest")
@argument("frame_file")
@option("--reserves")
@option("--commit")
@option("--pairs")
@option("--value")
def verify_draw(manifest: str, frame_file: str, value: str | None, **files: str | None) -> Answer:
    """Verify a draw from its manifest and frame; no workspace is needed."""
    from flows.cli.machine import fault_facts
    from flows.cli.screen import number, say, show_facts, show_faults, texts, working
    from sipas.jobs.sample.verify import Published, verify_files

    given = {name: Path(path) for name, path in files.items() if path}
    with working("cli_sample.verifying"):
        facts, faults = verify_files(Published(Path(manifest), Path(frame_file), **given), value)
    if faults:
        say("cli_sample.disagrees")
        show_faults(faults)
    else:
        say("cli_sample.agrees", rows=number(facts["draw_rows"]), of=number(facts["frame_rows"]))
        named = [("seed", facts["seed"]), ("n_commits", number(len(facts["commits"])))]
        named += [("pairs_agree", facts["pairs_hash"])] if facts["pairs_hash"] else []
        show_facts("", [(text(f"cli_sample.{name}"), fact) for name, fact in named])
        if facts["mode"] == "coordinated":
            say("cli_sample.coordinated")
    shown = [fault_facts(fault, texts()) for fault in faults]
    return Answer({"agrees": not faults, "mode": facts.get("mode"), "faults": shown}, int(bool(faults)))


FRAME_COMMANDS = (frame, plan)
COMMANDS = (draw, verify_draw)
