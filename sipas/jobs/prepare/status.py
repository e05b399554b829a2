"""Where a round stands: its instruments and steps, what was sealed, opened, received and released, what was edited
since it was pinned, and what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sampling.manifest import commit_hash
from sipas.acts import ACTS, StepRan
from sipas.entries import Entry
from sipas.jobs.prepare.nextstep import NextStep, next_step
from sipas.jobs.prepare.rounds import changed_since_pinned, named_now
from sipas.jobs.stepruns.steps import SHOWN
from sipas.jobs.stepruns.workbench import StepState, Workbench
from sipas.store.disk.clock import local_moment
from sipas.store.rounds.states import Reopening
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class StepStatus:
    """State of one step; instrument_id "" for a step of the round as a whole. made_at: when its result was last made or
    asked for, on the clock of Viet Nam; "" before."""

    instrument_id: str
    step: str
    state: StepState
    made_at: str


@dataclass(frozen=True)
class Opening:
    """A party of a seal, and when by the minutes it opened its number; "" while it has not."""

    party: str
    opened_at: str


@dataclass(frozen=True)
class Seal:
    """The last seal of an instrument, the public value that is waited for, and its parties."""

    commit_no: int
    committed_at: str
    commit_hash: str
    public_value: str
    value_at: str
    openings: tuple[Opening, ...]


@dataclass(frozen=True)
class InstrumentStatus:
    """An instrument of the round: id, title, state, why it was cancelled, whether anybody is asked, its seal, and how
    many files and rows came, the last of them on which day."""

    instrument_id: str
    title_vi: str
    state: str
    cancelled_for: str
    has_respondents: bool
    seal: Seal | None
    n_files: int
    n_rows: int
    last_received_on: str


@dataclass(frozen=True)
class ReleaseStatus:
    """A release or a draft of one."""

    release_no: int
    state: str
    proposer: str
    approver: str


@dataclass(frozen=True)
class RoundStatus:
    """Where a round stands: its state and that of its instruments, amendments, the state of each step, what was edited
    since it was pinned, its reopenings, its releases, and what to do next (None when nothing is left)."""

    round_id: str
    title_vi: str
    state: str
    amend_no: int
    instruments: tuple[InstrumentStatus, ...]
    steps: tuple[StepStatus, ...]
    edited: tuple[str, ...]
    reopenings: tuple[Reopening, ...]
    is_training: bool
    releases: tuple[ReleaseStatus, ...]
    next: NextStep | None


def round_status(ws: Workspace, round_id: str) -> RoundStatus:
    """State of the round, its instruments and its steps, and methodology folders edited since they were pinned."""
    entry = ws.rounds.get(round_id)
    pins = [ws.files.methodology.pin(*part) for part in named_now(ws, round_id)[1]]
    bench = Workbench(ws, round_id)
    reasons = {cancellation.instrument_id: cancellation.reason for cancellation in ws.rounds.cancellations(round_id)}
    made_at = {entry.subject: entry.at for entry in ws.log.entries() if entry.action.startswith("steps.")}
    releases = ws.office.releases.find(round_id)
    steps = _step_states(bench, made_at)
    return RoundStatus(
        round_id=round_id,
        title_vi=bench.round_parts.survey_round.head.title_vi,
        state=entry.state,
        amend_no=entry.amend_no,
        instruments=tuple(_instrument(instrument_bench, reasons) for instrument_bench in bench.instrument_benches()),
        steps=steps,
        edited=changed_since_pinned(ws, round_id, pins),
        reopenings=ws.rounds.reopenings(round_id),
        is_training=entry.is_training,
        releases=tuple(
            ReleaseStatus(release.release_no, release.state, release.proposer, release.approver) for release in releases
        ),
        next=next_step(bench, {(step.instrument_id, step.step): step.state for step in steps}),
    )


def entries_about(ws: Workspace, round_id: str = "") -> tuple[Entry, ...]:
    """Entries of the log in order; of a round: those about it, its instruments and its steps. StoreError
    `store.no_round`."""
    entries = ws.log.entries()
    if not round_id:
        return entries
    ws.rounds.get(round_id)
    return tuple(entry for entry in entries if f"{entry.subject}/".startswith(f"{round_id}/"))


def is_routine(entry: Entry) -> bool:
    """True for an entry that the program adds by itself to what a person did."""
    of_program = entry.action in ACTS and ACTS[entry.action].by_program
    return of_program or (entry.action == StepRan.action and entry.subject.rpartition("/")[2] not in SHOWN)


def _instrument(bench: Workbench, reasons: Mapping[str, str]) -> InstrumentStatus:
    instrument, ws = bench.instrument, bench.ws
    batches = ws.field.received.batches(instrument)
    return InstrumentStatus(
        instrument_id=instrument.instrument_id,
        title_vi=bench.rules.title,
        state=instrument.state,
        cancelled_for=reasons.get(instrument.instrument_id, ""),
        has_respondents=bench.holder == "survey",
        seal=_seal(bench),
        n_files=len(batches),
        n_rows=sum(batch.rows for batch in batches),
        last_received_on=max((batch.received_on for batch in batches), default=""),
    )


def _seal(bench: Workbench) -> Seal | None:
    records = bench.ws.field.draws.records(bench.instrument)
    if not records:
        return None
    last = records[-1]
    opened = {
        opening.party: opening.opened_at for opening in bench.ws.field.draws.opened(bench.instrument, last["commit_no"])
    }
    return Seal(
        commit_no=last["commit_no"],
        committed_at=last["committed_at"],
        commit_hash=commit_hash(last),
        public_value=last["public_value"]["source"],
        value_at=last["public_value"]["at"],
        openings=tuple(Opening(party["name"], opened.get(party["name"], "")) for party in last["parties"]),
    )


def _step_states(bench: Workbench, made_at: Mapping[str, str]) -> tuple[StepStatus, ...]:
    """States of the steps that are told of; made_at: when each was made, by the subject of its log entry."""

    def status(instrument_bench: Workbench, instrument_id: str, step: str) -> StepStatus:
        at = made_at.get(instrument_bench.place(step).subject, "")
        return StepStatus(instrument_id, step, instrument_bench.state(step), local_moment(at) if at else "")

    of_instruments = [
        status(instrument_bench, instrument_bench.instrument.instrument_id, step.name)
        for instrument_bench in bench.instrument_benches()
        for step in instrument_bench.steps()
        if step.name in SHOWN
    ]
    of_round = [status(bench, "", step.name) for step in bench.round_steps() if step.name in SHOWN]
    return (*of_instruments, *of_round)
