"""Commands: log show, log verify."""

from __future__ import annotations

import click

from flows.cli.base import Group, Session, json_option, option
from flows.speech import text


@click.group("log", cls=Group)
def log_group() -> None:
    """The append-only log."""


@log_group.command("show")
@option("--round", "round_id", default="")
@option("--last", type=click.IntRange(min=0), default=20)
@json_option
@click.pass_obj
def log_show(session: Session, round_id: str, last: int, as_json: bool) -> None:
    """The last entries, of the whole workspace or about one round."""
    from flows.cli.screen import moment, say, show_json, show_table
    from sipas.jobs.prepare.status import entries_about

    with session.open() as ws:
        entries = entries_about(ws, round_id)
        head = ws.log.head()
    chosen = entries[-last:] if last else entries
    if as_json:
        show_json({"entries": chosen, "n_entries": len(entries), "head": head})
        return
    rows = [(entry.seq, moment(entry.at), entry.actor, entry.action, entry.subject) for entry in chosen]
    names = ("number", "time", "person", "action", "subject")
    show_table(text("cli_log.title"), [text(f"cli_log.{name}") for name in names], rows, numbers=(0,))
    say("cli_log.shown", n=len(chosen), of=len(entries), head=head)


@log_group.command("verify")
@option("--head", default="")
@click.pass_obj
def log_verify(session: Session, head: str) -> int:
    """Check the whole log, and that it holds a printed head."""
    from flows.cli.screen import say, show_faults, working

    with session.open() as ws:
        with working("cli_log.verifying"):
            faults = ws.log.verify(head or None)
        entries, now = len(ws.log.entries()), ws.log.head()
    if faults:
        is_mistyped = [fault.rule for fault in faults] == ["log.head_format"]  # says nothing of the log
        if not is_mistyped:
            say("cli_log.broken")
        show_faults(faults)
        return 2 if is_mistyped else 1
    say("cli_log.whole", n=entries, head=now)
    if not head:
        say("cli_log.no_head")
    return 0


COMMANDS = (log_group,)
