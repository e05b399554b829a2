"""Commands: round, units."""

from __future__ import annotations

from string import Formatter
from typing import TYPE_CHECKING

import click

from errors import DataError
from flows.cli.base import Answer, Decorated, Group, Session, argument, instrument_option, option, round_option
from flows.speech import text, word

if TYPE_CHECKING:
    from sipas.jobs.prepare.nextstep import NextStep
    from sipas.jobs.prepare.status import InstrumentStatus, RoundStatus, Seal


@click.group("round", cls=Group)
def round_group() -> None:
    """Rounds."""


@round_group.command("new")
@argument("round_id")
@option("--from", "source", default="")
@option("--training", "is_training", is_flag=True)
@click.pass_obj
def round_new(session: Session, round_id: str, source: str, *, is_training: bool) -> Answer:
    """Open a round and pin its methodology."""
    from flows.cli.screen import say, working
    from sipas.jobs.prepare.rounds import new_round

    with session.open() as ws:
        with working("cli.at_work"):
            is_new = new_round(ws, round_id, source, is_training=is_training)
        if is_training and is_new:
            click.echo(text("cli.training"), err=True)
        file = ws.files.methodology.folder("round", round_id) / "round.toml"
    say("cli_round.opened" if is_new else "cli_round.opened_before", round=round_id)
    following = _amend(session, round_id) if source else None
    if following:
        say("cli_round.to_edit", file=file)
        say("cli_round.then_amend", command=following)
    facts = {"round_id": round_id, "is_new": is_new, "is_training": is_training, "file": file}
    return Answer({**facts, "next": following})


def _amend(session: Session, round_id: str) -> str:
    """The command that puts in force what was edited."""
    return session.command("round amend", round=round_id, reason=text("cli_help.meta.reason"))


@round_group.command("status")
@round_option
@click.pass_obj
def round_status_command(session: Session, round_id: str) -> Answer:
    """Where a round stands and what comes next."""
    from flows.cli.screen import say, working
    from sipas.jobs.prepare.status import round_status

    with session.in_round(round_id) as (ws, name), working("cli.at_work"):
        status = round_status(ws, name)
    _show_head(status)
    _show_instruments(status)
    _show_steps(status)
    if status.edited:
        say("cli_round.edited", parts=", ".join(status.edited))
        say("cli_round.amend", command=_amend(session, round_id))
    following = None if status.next is None else _typed(session, status.next, round_id)
    if following:
        say("cli_round.next", command=following)
    return Answer({**vars(status), "next": following})


def _show_head(status: RoundStatus) -> None:
    from flows.cli.screen import day, say

    kind = word("round_kind", "training") if status.is_training else ""
    say("cli_round.head", kind=kind, round=status.round_id, title=status.title_vi)
    say("cli_round.state", state=word("round_state", status.state), amend_no=status.amend_no)
    for reason in {instrument.cancelled_for for instrument in status.instruments if status.state == "cancelled"}:
        say("cli_round.all_cancelled", reason=reason)
    for reopening in status.reopenings:
        until = day(reopening.counts_until)
        say("cli_round.was_reopened", number=reopening.reopen_no, until=until, reason=reopening.reason)


def _show_instruments(status: RoundStatus) -> None:
    """Instruments of the round with what came for each, then what was sealed."""
    from flows.cli.screen import day, number, show_table

    rows = [
        (
            instrument.instrument_id,
            instrument.title_vi,
            _state_of(instrument),
            number(instrument.n_files),
            number(instrument.n_rows),
            day(instrument.last_received_on),
        )
        for instrument in status.instruments
    ]
    names = ("code", "title", "state_of", "files", "rows", "last_day")
    show_table(text("cli_round.instruments"), [text(f"cli_round.{name}") for name in names], rows, numbers=(3, 4))
    for instrument in status.instruments:
        if instrument.seal is not None:
            _show_seal(instrument.title_vi if len(status.instruments) > 1 else "", instrument.seal)


def _show_seal(title: str, seal: Seal) -> None:
    from flows.cli.screen import moment, show_facts

    facts = [
        (text("cli_round.sealed_at"), moment(seal.committed_at)),
        (text("cli_round.seal_hash"), seal.commit_hash),
        *(
            (text("cli_round.opening"), f"{opening.party}: {moment(opening.opened_at) or text('cli_round.not_opened')}")
            for opening in seal.openings
        ),
        (text("cli_round.public_value"), f"{seal.public_value}: {moment(seal.value_at)}"),
    ]
    head = text("cli_round.seal", number=seal.commit_no)
    show_facts(f"{head}: {title}" if title else head, facts)


def _show_steps(status: RoundStatus) -> None:
    from flows.cli.screen import moment, show_table

    has_many = len(status.instruments) > 1
    rows = [
        (
            *((step.instrument_id or text("cli_round.whole"),) if has_many else ()),
            word("step", step.step),
            word("step_state", step.state),
            moment(step.made_at),
        )
        for step in status.steps
    ]
    names = (*(("instrument",) if has_many else ()), "step", "situation", "made_at")
    show_table(text("cli_round.steps"), [text(f"cli_round.{name}") for name in names], rows)
    if status.releases:
        released = [
            (str(release.release_no), word("release_state", release.state), release.proposer, release.approver)
            for release in status.releases
        ]
        names = ("release_no", "situation", "proposer", "approver")
        show_table(text("cli_round.releases"), [text(f"cli_round.{name}") for name in names], released, numbers=(0,))


def _typed(session: Session, step: NextStep, round_id: str) -> str:
    """The next command as it is typed in this workspace, with the names of what has to be filled in."""

    slots = [name for _, name, *_ in Formatter().parse(step.command) if name]
    words = step.command.format(**{name: text(f"cli_help.meta.{name}") for name in slots})
    return session.command(words, round=round_id, instrument=step.instrument_id)


def _state_of(instrument: InstrumentStatus) -> str:
    state = word("round_state" if instrument.has_respondents else "values_state", instrument.state)
    return f"{state}: {instrument.cancelled_for}" if instrument.cancelled_for else state


@round_group.command("amend")
@round_option
@option("--reason", required=True)
@click.pass_obj
def round_amend(session: Session, round_id: str, reason: str) -> Answer:
    """Bind the round to the methodology as it is now."""
    from flows.cli.screen import say
    from sipas.jobs.prepare.rounds import amend_round

    with session.in_round(round_id) as (ws, name):
        changed = amend_round(ws, name, reason)
    say("cli_round.amended" if changed else "cli_round.nothing_amended", round=name, parts=", ".join(changed))
    return Answer({"round_id": name, "changed": changed})


@round_group.command("cancel")
@round_option
@instrument_option
@option("--whole-round", is_flag=True)
@option("--reason", required=True)
@click.pass_obj
def round_cancel(session: Session, round_id: str, instrument_id: str, reason: str, *, whole_round: bool) -> Answer:
    """Cancel an instrument that has received nothing, or the whole round."""
    from flows.cli.screen import say
    from sipas.jobs.results.closing import cancel_instrument, cancel_round

    if whole_round and instrument_id:
        raise DataError("rounds.cancel_one")
    with session.in_round(round_id) as (ws, name):
        if whole_round:
            is_new = cancel_round(ws, name, reason)
            say("cli_round.cancelled" if is_new else "cli_round.cancelled_before", round=name)
            return Answer({"round_id": name, "is_new": is_new})
        cancelled = cancel_instrument(ws, name, reason, instrument_id)
    key = "cli_round.instrument_cancelled" if cancelled.is_new else "cli_round.instrument_cancelled_before"
    say(key, round=name, instrument=cancelled.instrument_id)
    if cancelled.criteria:
        say("cli_round.criteria_left", criteria=", ".join(cancelled.criteria))
    return Answer({"round_id": name, **vars(cancelled)})


@round_group.command("close")
@round_option
@click.pass_obj
def round_close(session: Session, round_id: str) -> Answer:
    """Close the round."""
    from flows.cli.screen import say
    from sipas.jobs.results.closing import close_round

    with session.in_round(round_id) as (ws, name):
        is_new = close_round(ws, name)
    say("cli_round.closed" if is_new else "cli_round.closed_before", round=name)
    return Answer({"round_id": name, "is_new": is_new})


@round_group.command("reopen")
@round_option
@option("--reason", required=True)
@option("--until", required=True)
@click.pass_obj
def round_reopen(session: Session, round_id: str, reason: str, until: str) -> Answer:
    """Open a closed round again until the end of a day."""
    from flows.cli.screen import day, say
    from sipas.jobs.results.closing import reopen_round

    with session.in_round(round_id) as (ws, name):
        number = reopen_round(ws, name, reason, until)
    say("cli_round.reopened", round=name, number=number, until=day(until))
    following = session.command("round close", round=round_id)
    say("cli_round.then_close", command=following)
    return Answer({"round_id": name, "reopen_no": number, "counts_until": until, "next": following})


@click.group(cls=Group)
def units() -> None:
    """The register of units over time."""


@units.command("check")
@round_option
@option("--register", default="")
@click.pass_obj
def units_check(session: Session, round_id: str, register: str) -> Answer:
    """Check a register and its crosswalk; count the rated units."""
    from flows.cli.screen import show_table
    from sipas.jobs.prepare.units import check_units

    if register:
        with session.open() as ws:
            rows = check_units(ws, register, round_id)
    else:
        with session.in_round(round_id) as (ws, name):
            rows = check_units(ws, register, name)
    names = ("group", "in_force", "ended", "succeeded")
    facts = ("unit_group", "n_in_force", "n_ended", "n_succeeded")
    show_table(text("cli_round.register_sound"), [text(f"cli_round.{name}") for name in names], rows, numbers=(1, 2, 3))
    return Answer({"groups": [dict(zip(facts, row, strict=True)) for row in rows]})


def _event_options(command: Decorated) -> Decorated:
    for decorate in (option("--on", required=True), option("--decision", required=True), round_option):
        command = decorate(command)
    return command


@units.command("merge")
@argument("gone", nargs=-1, required=True)
@option("--into", required=True)
@_event_options
@click.pass_obj
def units_merge(session: Session, gone: tuple[str, ...], into: str, on: str, decision: str, round_id: str) -> Answer:
    """Merge units in the middle of a round."""
    return _end(session, round_id, (gone, into, on, decision))


@units.command("close")
@argument("gone", nargs=-1, required=True)
@_event_options
@click.pass_obj
def units_close(session: Session, gone: tuple[str, ...], on: str, decision: str, round_id: str) -> Answer:
    """Close units in the middle of a round."""
    return _end(session, round_id, (gone, "", on, decision))


def _end(session: Session, round_id: str, event: tuple[tuple[str, ...], str, str, str]) -> Answer:
    from flows.cli.screen import day, say, show_table
    from sipas.jobs.field.unitevents import end_units
    from sipas.jobs.stepruns.pinned import pinned

    gone, into, on, decision = event
    with session.in_round(round_id) as (ws, name):
        events = end_units(ws, name, gone, into=into, on=on, decision=decision)
        has_values = bool(pinned(ws, name).survey_round.taken_over)
    ended = text("cli_round.unit_closed")
    rows = [
        (change.unit_id, change.successor_id or ended, day(change.effective_on), change.decision) for change in events
    ]
    names = ("unit", "into", "from_day", "document")
    show_table(text("cli_round.unit_events"), [text(f"cli_round.{name}") for name in names], rows)
    say("cli_round.run_again")
    for step in ("weight", "score", "merge"):
        say("cli_round.one_command", command=session.command(step, round=round_id))
    if has_values:
        command = session.command(f"values import {text('cli_help.meta.file')}", round=round_id)
        say("cli_round.import_again", command=command)
    return Answer({"events": events})


COMMANDS = (round_group, units)
