"""Commands: log show, log verify."""

from __future__ import annotations

import click

from flows.cli.base import Answer, Group, Session, option
from flows.speech import text


@click.group("log", cls=Group)
def log_group() -> None:
    """The append-only log."""


@log_group.command("show")
@option("--round", "round_id", default="")
@option("--last", type=click.IntRange(min=0), default=20)
@click.pass_obj
def log_show(session: Session, round_id: str, last: int) -> Answer:
    """The last entries, of the whole workspace or about one round."""
    from flows.cli.screen import moment, say, show_table
    from sipas.jobs.prepare.status import entries_about

    with session.open() as ws:
        entries = entries_about(ws, round_id)
        head = ws.log.head()
    chosen = entries[-last:] if last else entries
    rows = [(entry.seq, moment(entry.at), entry.actor, entry.action, entry.subject) for entry in chosen]
    names = ("number", "time", "person", "action", "subject")
    show_table(text("cli_log.title"), [text(f"cli_log.{name}") for name in names], rows, numbers=(0,))
    say("cli_log.shown", n=len(chosen), of=len(entries), head=head)
    return Answer({"entries": chosen, "n_entries": len(entries), "head": head})


@log_group.command("verify")
@option("--head", default="")
@click.pass_obj
def log_verify(session: Session, head: str) -> Answer:
    """Check the whole log, and that it holds a printed head."""
    from flows.cli.machine import fault_facts
    from flows.cli.screen import say, show_faults, texts, working

    with session.open() as ws:
        with working("cli_log.verifying"):
            faults = ws.log.verify(head or None)
        entries, now = len(ws.log.entries()), ws.log.head()
    is_mistyped = [fault.rule for fault in faults] == ["log.head_format"]  # says nothing of the log
    facts = {
        "is_whole": None if is_mistyped else not faults,
        "n_entries": entries,
        "head": now,
        "faults": [fault_facts(fault, texts()) for fault in faults],
    }
    if not faults:
        say("cli_log.whole", n=entries, head=now)
        if not head:
            say("cli_log.no_head")
        return Answer(facts)
    if not is_mistyped:
        say("cli_log.broken")
    show_faults(faults)
    return Answer(facts, 2 if is_mistyped else 1)


COMMANDS = (log_group,)
