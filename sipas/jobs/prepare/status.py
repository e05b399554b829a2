"""Where a round stands: its state, its instruments, its steps, and what was edited since it was pinned."""

from __future__ import annotations

from dataclasses import dataclass

from sipas.jobs.prepare.rounds import changed_since_pinned, named_now
from sipas.jobs.stepruns.steps import SHOWN
from sipas.jobs.stepruns.workbench import StepState, Workbench
from sipas.store.rounds.states import Reopening
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class StepStatus:
    """State of one step; instrument_id "" for a step of the round as a whole."""

    instrument_id: str
    step: str
    state: StepState


@dataclass(frozen=True)
class InstrumentStatus:
    """An instrument of the round: id, title, state, why it was cancelled, and whether anybody is asked."""

    instrument_id: str
    title_vi: str
    state: str
    cancelled_for: str
    has_respondents: bool


@dataclass(frozen=True)
class RoundStatus:
    """Where a round stands: its state and that of its instruments, amendments, the state of each step, what was edited
    since it was pinned, its reopenings."""

    round_id: str
    title_vi: str
    state: str
    amend_no: int
    instruments: tuple[InstrumentStatus, ...]
    steps: tuple[StepStatus, ...]
    edited: tuple[str, ...]
    reopenings: tuple[Reopening, ...]
    is_training: bool


def round_status(ws: Workspace, round_id: str) -> RoundStatus:
    """State of the round, its instruments and its steps, and methodology folders edited since they were pinned."""
    entry = ws.rounds.get(round_id)
    pins = [ws.files.methodology.pin(*one) for one in named_now(ws, round_id)[1]]
    bench = Workbench(ws, round_id)
    survey_round = bench.round_parts.survey_round
    reasons = {one.instrument_id: one.reason for one in ws.rounds.cancellations(round_id)}
    return RoundStatus(
        round_id=round_id,
        title_vi=survey_round.head.title_vi,
        state=entry.state,
        amend_no=entry.amend_no,
        instruments=tuple(
            InstrumentStatus(
                one.instrument_id,
                survey_round.instrument(one.instrument_id).title,
                one.state,
                reasons.get(one.instrument_id, ""),
                survey_round.holder(one.instrument_id) == "survey",
            )
            for one in ws.rounds.instruments(round_id)
        ),
        steps=tuple(_step_states(bench)),
        edited=changed_since_pinned(ws, round_id, pins),
        reopenings=ws.rounds.reopenings(round_id),
        is_training=entry.is_training,
    )


def _step_states(bench: Workbench) -> list[StepStatus]:
    of_instruments = [
        StepStatus(one.instrument.instrument_id, step.name, one.state(step.name))
        for one in bench.each()
        for step in one.steps()
    ]
    of_round = [StepStatus("", step.name, bench.state(step.name)) for step in bench.round_steps()]
    return [one for one in (*of_instruments, *of_round) if one.step in SHOWN]
