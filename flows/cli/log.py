"""Commands: log show, log verify."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from flows.cli.base import Answer, Group, Session, option
from flows.speech import text, word

if TYPE_CHECKING:
    from sipas.entries import Entry

_HASH: Final = 64


@click.group("log", cls=Group)
def log_group() -> None:
    """The append-only log."""


@log_group.command("show")
@option("--round", "round_id", default="")
@option("--last", type=click.IntRange(min=0), default=20)
@option("--all", "with_routine", is_flag=True)
@click.pass_obj
def log_show(session: Session, round_id: str, last: int, with_routine: bool) -> Answer:
    """What people did last, in the whole workspace or in one round; as JSON every entry."""
    from flows.cli.screen import moment, number, say, show_table
    from sipas.jobs.prepare.status import entries_about, is_routine

    with session.open() as ws:
        entries = entries_about(ws, round_id)
        head = ws.log.head()
    listed = [entry for entry in entries if with_routine or not is_routine(entry)]
    chosen = listed[-last:] if last else listed
    rows = [(entry.seq, moment(entry.at), entry.actor, *_in_words(entry)) for entry in chosen]
    names = ("number", "time", "person", "action", "subject")
    show_table(text("cli_log.title"), [text(f"cli_log.{name}") for name in names], rows, numbers=(0,))
    say("cli_log.shown", n=number(len(chosen)), of=number(len(listed)))
    if len(listed) < len(entries):
        say("cli_log.routine", n=number(len(entries) - len(listed)))
    say("cli_log.head", head=head)
    return Answer({"entries": entries[-last:] if last else entries, "n_entries": len(entries), "head": head})


def _in_words(entry: Entry) -> tuple[str, str]:
    """What was done, and to what: a step by its name, a file by the beginning of its hash."""
    from sipas.words import has_word

    done = word("log_action", entry.action) if has_word("log_action", entry.action) else entry.action
    place, _, step = entry.subject.rpartition("/")
    if entry.action.startswith("steps.") and has_word("step", step):
        return f"{done}: {word('step', step)}", place
    return done, f"{entry.subject[:16]}…" if len(entry.subject) == _HASH else entry.subject


@log_group.command("verify")
@option("--head", default="")
@click.pass_obj
def log_verify(session: Session, head: str) -> Answer:
    """Check the whole log, and that it holds a printed head."""
    from flows.cli.machine import fault_facts
    from flows.cli.screen import number, say, show_faults, texts, working
    from sipas.entries import dated_back

    with session.open() as ws:
        with working("cli_log.verifying"):
            faults = ws.log.verify(head or None)
        entries, now = ws.log.entries(), ws.log.head()
    moments = dated_back(entries)
    is_mistyped = [fault.rule for fault in faults] == ["log.head_format"]  # says nothing of the log
    facts = {
        "is_whole": None if is_mistyped else not faults,
        "n_entries": len(entries),
        "head": now,
        "faults": [fault_facts(fault, texts()) for fault in faults],
        "dated_back": [fault_facts(fault, texts()) for fault in moments],
    }
    if not faults:
        say("cli_log.whole", n=number(len(entries)), head=now)
        if not head:
            say("cli_log.no_head")
    elif not is_mistyped:
        say("cli_log.broken")
    show_faults(faults)
    if moments:
        say("cli_log.dated_back", n=number(len(moments)))
        show_faults(moments)
    return Answer(facts, 2 if is_mistyped else int(bool(faults)))


COMMANDS = (log_group,)
