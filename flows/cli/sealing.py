"""Commands: nonce, commit, reveal, minutes, reserves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flows.cli.base import (
    Answer,
    Command,
    Decorated,
    Group,
    Session,
    argument,
    instrument_option,
    option,
    round_option,
)
from flows.speech import text, word

if TYPE_CHECKING:
    from sipas.jobs.field.reserves import ReserveDecision


@click.command(cls=Command)
@argument("party")
def nonce(party: str) -> Answer:
    """Make a secret number and its commitment for a party."""
    from flows.cli.screen import say, show_facts
    from sipas.jobs.sample.commit import new_nonce

    secret, commitment = new_nonce(party)
    values = {"party": party, "secret": secret, "commitment": commitment}
    show_facts(text("cli_seal.nonce"), [(text(f"cli_seal.{name}"), value) for name, value in values.items()])
    say("cli_seal.how_committed")
    return Answer(values)


@click.command(cls=Command)
@round_option
@instrument_option
@option("--at", default="")
@click.pass_obj
def commit(session: Session, round_id: str, instrument_id: str, at: str) -> Answer:
    """Seal frame and plan before the draw."""
    from flows.cli.screen import moment, say, show_facts, working
    from sipas.jobs.sample.commit import commit_draw

    with session.in_round(round_id) as (ws, name):
        with working("cli_seal.sealing"):
            sealed = commit_draw(ws, name, at, instrument_id)
        head = ws.log.head()
    record = sealed.record
    facts = [
        (text("cli_seal.commit_no"), str(record["commit_no"])),
        (text("cli_seal.committed_at"), moment(record["committed_at"])),
        (text("cli_seal.frame_hash"), record["frame_hash"]),
        (text("cli_seal.plan_hash"), record["plan_hash"]),
        *(
            fact
            for order, party in enumerate(record["parties"], start=1)
            for fact in (
                (text("cli_seal.party_no", number=order), party["name"]),
                (text("cli_seal.commitment_of", number=order), party["commitment"]),
            )
        ),
        (text("cli_seal.public_value"), record["public_value"]["source"]),
        (text("cli_seal.value_at"), moment(record["public_value"]["at"])),
        (text("cli_seal.commit_hash"), sealed.commit_hash),
        (text("cli_seal.log_head"), head),
    ]
    show_facts(text("cli_seal.sealed" if sealed.is_new else "cli_seal.sealed_before"), facts)
    say("cli_seal.publish_file", file=sealed.file)
    words = f"reveal {text('cli_help.meta.party')} {text('cli_help.meta.number')}"
    following = session.command(words, round=round_id, instrument=instrument_id)
    say("cli_seal.then_reveal", command=following)
    return Answer({**vars(sealed), "log_head": head, "next": following})


@click.command(cls=Command)
@argument("party")
@argument("number")
@round_option
@instrument_option
@option("--at", default="")
@click.pass_obj
def reveal(session: Session, party: str, number: str, round_id: str, instrument_id: str, at: str) -> Answer:
    """Open the secret number of a party."""
    from flows.cli.screen import say
    from sipas.jobs.sample.commit import reveal as open_number

    with session.in_round(round_id) as (ws, name):
        opened = open_number(ws, name, party, number, at, instrument_id)
    say("cli_seal.opened" if opened.is_new else "cli_seal.opened_before", party=opened.party)
    if opened.waiting:
        say("cli_seal.waiting", parties=", ".join(opened.waiting))
        return Answer({**vars(opened), "next": None})
    words = f"draw --value {text('cli_help.meta.value')}"
    following = session.command(words, round=round_id, instrument=instrument_id)
    say("cli_seal.then_draw", command=following)
    return Answer({**vars(opened), "next": following})


@click.group(cls=Group)
def reserves() -> None:
    """Reserves: issued or taken back in the order of the draw."""


@reserves.command("status")
@round_option
@instrument_option
@click.pass_obj
def reserves_status(session: Session, round_id: str, instrument_id: str) -> Answer:
    """Cases by stratum, and the proposals so far."""
    from flows.cli.screen import number, show_table, working
    from sipas.jobs.field.reserves import all_changes, reserve_table

    with session.in_round(round_id) as (ws, name), working("cli.at_work"):
        table = reserve_table(ws, name, instrument_id)
        changes = all_changes(ws, name, instrument_id)
    counts = ["pop_size", "sample_size", "n_issued", "n_valid", "n_outstanding", "n_left"]
    rows = [
        (str(stratum), *(number(int(count)) for count in values))
        for stratum, *values in table[["stratum_id", *counts]].itertuples(index=False, name=None)
    ]
    rows.append((text("cli.sum"), *(number(int(count)) for count in table[counts].sum())))
    columns = [text(f"cli_seal.{name}") for name in ("stratum", *counts)]
    show_table(text("cli_seal.reserves"), columns, rows, numbers=range(1, 7))
    if changes:
        lines = [
            (
                change.approval_no,
                change.stratum_id,
                word("reserve_kind", change.kind),
                f"{change.first_order}-{change.last_order}",
                change.reason,
                change.proposer,
                change.approver,
                word("reserve_state", change.state),
            )
            for change in changes
        ]
        names = ("proposal", "stratum", "change", "order", "reason", "proposer", "approver", "state")
        show_table(text("cli_seal.changes"), [text(f"cli_seal.{name}") for name in names], lines)
    return Answer({"strata": table, "changes": changes})


def _strata_option(command: Decorated) -> Decorated:
    return option("--stratum", "strata", multiple=True, required=True)(command)


@reserves.command("release")
@_strata_option
@option("--reason", required=True)
@option("--as", "actor", default="")
@round_option
@instrument_option
@click.pass_obj
def reserves_release(
    session: Session, strata: tuple[str, ...], reason: str, actor: str, round_id: str, instrument_id: str
) -> Answer:
    """Propose to issue reserves, next in the order of the draw."""
    return _propose(session, "release", strata, reason, (actor, round_id, instrument_id))


@reserves.command("withdraw")
@_strata_option
@option("--reason", required=True)
@option("--as", "actor", default="")
@round_option
@instrument_option
@click.pass_obj
def reserves_withdraw(
    session: Session, strata: tuple[str, ...], reason: str, actor: str, round_id: str, instrument_id: str
) -> Answer:
    """Propose to take back outstanding cases, from the end of the order of the draw."""
    return _propose(session, "withdraw", strata, reason, (actor, round_id, instrument_id))


@reserves.command("approve")
@argument("approval_no", type=int)
@option("--by", "person_id", required=True)
@option("--at", default="")
@round_option
@click.pass_obj
def reserves_approve(session: Session, approval_no: int, person_id: str, at: str, round_id: str) -> Answer:
    """Approve a proposal."""
    from flows.cli.screen import ask
    from sipas.jobs.field.reserves import approve_change
    from sipas.store.office.signing import Signature

    with session.in_round(round_id) as (ws, name):
        signature = Signature(person_id=person_id, passphrase=ask("cli_seal.passphrase", is_secret=True))
        approved = approve_change(ws, name, approval_no, signature, at)
    _show(approved)
    return Answer(approved)


@reserves.command("reject")
@argument("approval_no", type=int)
@option("--by", "person_id", required=True)
@option("--reason", required=True)
@round_option
@click.pass_obj
def reserves_reject(session: Session, approval_no: int, person_id: str, reason: str, round_id: str) -> Answer:
    """Reject a proposal."""
    from flows.cli.screen import ask, say
    from sipas.jobs.field.reserves import reject_change
    from sipas.store.office.signing import Signature

    with session.in_round(round_id) as (ws, name):
        signature = Signature(person_id=person_id, passphrase=ask("cli_seal.passphrase", is_secret=True))
        reject_change(ws, name, approval_no, signature, reason)
    say("cli_seal.rejected", number=approval_no)
    return Answer({"approval_no": approval_no, "state": "rejected"})


def _propose(session: Session, kind: str, strata: tuple[str, ...], reason: str, who: tuple[str, str, str]) -> Answer:
    from flows.cli.screen import say
    from sipas.jobs.field.reserves import propose_change

    actor, round_id, instrument_id = who
    with session.in_round(round_id, actor) as (ws, name):
        proposal = propose_change(ws, name, kind, _counts(strata), reason, instrument_id)
    _show(proposal)
    words = f"reserves approve {proposal.approval_no}"
    following = session.command(words, round=name, by=text("cli_help.meta.person_id"))
    say("cli_seal.then_approve", command=following)
    return Answer({**vars(proposal), "next": following})


def _counts(strata: tuple[str, ...]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for given in strata:
        stratum, _, count = given.rpartition("=")
        if not stratum or not count.isdecimal() or stratum in counts:
            raise click.UsageError(text("cli_seal.write_stratum", given=given))
        counts[stratum] = int(count)
    return counts


def _show(proposal: ReserveDecision) -> None:
    from flows.cli.screen import number, say, show_table

    rows = [
        (line.stratum_id, word("reserve_kind", line.kind), f"{line.first_order}-{line.last_order}",
         number(line.last_order - line.first_order + 1), word("reserve_state", line.state))
        for line in proposal.lines
    ]  # fmt: skip
    columns = [text(f"cli_seal.{name}") for name in ("stratum", "change", "draw_order", "n_cases", "state")]
    show_table(text("cli_seal.proposal_no", number=proposal.approval_no), columns, rows, numbers=(3,))
    if proposal.file:
        say("cli_seal.verify_list", file=proposal.file)


@click.command(cls=Command)
@round_option
@instrument_option
@click.pass_obj
def minutes(session: Session, round_id: str, instrument_id: str) -> Answer:
    """Write the minutes of the draw, to print and sign."""
    from flows.cli.screen import say, working
    from sipas.jobs.sample.minutes import write_minutes

    with session.in_round(round_id) as (ws, name), working("cli.at_work"):
        written = write_minutes(ws, name, instrument_id)
    say("cli_seal.minutes", file=written)
    return Answer({"file": written})


COMMANDS = (nonce, commit, reveal)
AFTER_DRAW = (minutes, reserves)
