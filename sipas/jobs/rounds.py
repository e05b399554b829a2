"""Opening a round: its methodology is copied into the workspace, so that later edits change nothing by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sampling.errors import DataError, FaultsFound, StoreError
from sipas.jobs.frozen import released
from sipas.jobs.pinned import pin_hashes, pinned
from sipas.jobs.steps import SHOWN
from sipas.jobs.workbench import StepState, Workbench
from sipas.jobs.workbook import make_workbook
from sipas.rounds import AnyRules, InstrumentRules, SurveyRound, is_day, load_round
from sipas.rounds.parts import Named, RoundParts, load_parts, named_folders, unscored_links
from sipas.store.methodology import Pin
from sipas.store.roundstates import Reopening
from sipas.store.steps import Place, current_run
from sipas.store.workspace import Workspace

_EDITABLE = ("new", "committed", "drawn", "open")


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
class Cancelled:
    """An instrument that was cancelled, whether just now, and the criteria that were to take their value from it
    (rulebook/code): they need another rule before the round can be merged."""

    instrument_id: str
    is_new: bool
    criteria: tuple[str, ...]


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


def new_round(ws: Workspace, round_id: str, source: str = "", *, is_training: bool = False) -> bool:
    """Register the round described in methodology/rounds/<round_id>; True when it is new.

    source: another round whose folder is copied first, to be edited. is_training: to practise on, from the frame to
    the returns; its case ids begin with 0 and nothing of it is ever weighted, scored or published. Nothing is
    registered unless all parts load and fit together, and every linked criterion can get its value. Raises what
    `load_parts` raises, FaultsFound `rounds.parts`; StoreError
    `store.no_methodology`, `store.round_exists`, `rounds.changed` (registered before with other content: amend it);
    DataError `rounds.id`.
    """
    if source:
        ws.methodology.copy("round", source, round_id)
    survey_round, named = _named(ws, round_id)
    _refuse_unscored(load_parts({one: ws.methodology.folder(*one) for one in named}))
    pins = [ws.methodology.pin(*one) for one in named]
    ids = survey_round.instrument_ids()
    with ws.ledger.write() as connection:
        title = survey_round.head.title_vi
        is_new = ws.rounds.create(connection, round_id, title, pins, ids, is_training=is_training)
    if not is_new and _changed(ws, round_id, pins):
        raise StoreError("rounds.changed", where=round_id, got=", ".join(_changed(ws, round_id, pins)))
    return is_new


def amend_round(ws: Workspace, round_id: str, reason: str) -> tuple[str, ...]:
    """Bind the round to the methodology as it is now. Returns what changed, as kind/id; nothing changed: empty.

    What a sample was drawn by stays from its draw on, what forms were judged by from the first receipt on. Raises
    StoreError `rounds.no_reason`, `rounds.fixed_by_draw`, `rounds.fixed_by_returns`, `store.round_state`,
    `store.instrument_fixed`; what `load_parts` raises when a folder is at fault.
    """
    if not reason.strip():
        raise StoreError("rounds.no_reason", where=round_id)
    ws.rounds.get(round_id)
    survey_round, named = _named(ws, round_id)
    wanted = load_parts({one: ws.methodology.folder(*one) for one in named})
    pins = [ws.methodology.pin(*one) for one in named]
    changed = _changed(ws, round_id, pins)
    if changed:
        _refuse_unscored(wanted)
        _refuse_settled(ws, round_id, wanted, changed)
        with ws.ledger.write() as connection:
            ws.rounds.require_round(connection, round_id, *_EDITABLE)
            ws.rounds.amend(connection, round_id, pins, reason, survey_round.instrument_ids())
    return changed


def close_round(ws: Workspace, round_id: str) -> bool:
    """Close a round: nothing more is received or run of it. False when it was.

    Results that were never released get their workbook and explanations first, so that a closed round can be released.
    StoreError `store.round_state`, `jobs.step_stale` (such results that are no longer of the present data).
    """
    is_finished = ws.rounds.get(round_id).state in ("closed", "cancelled")
    if not is_finished and released(ws, round_id) is None and current_run(ws, Place(round_id, "", "merge")) is not None:
        make_workbook(ws, round_id)
    with ws.ledger.write() as connection:
        return ws.rounds.close(connection, round_id)


def cancel_instrument(ws: Workspace, round_id: str, reason: str, instrument_id: str = "") -> Cancelled:
    """Cancel one instrument of which no form has come in: it takes no part in anything that follows.

    The last one is not cancelled this way, since the round would go with it. Raises StoreError `rounds.cancel_last`,
    `store.which_instrument`, `store.no_instrument`, `store.no_reason`, `store.cancel_returned`, `store.round_state`.
    """
    instrument = ws.rounds.instrument(round_id, instrument_id)
    with ws.ledger.write() as connection:
        is_new = ws.rounds.cancel(connection, instrument, reason)
        if is_new and ws.rounds.require_round(connection, round_id).state == "cancelled":
            raise StoreError("rounds.cancel_last", where=round_id, got=instrument.instrument_id)
    return Cancelled(instrument.instrument_id, is_new, _linked(pinned(ws, round_id), instrument.instrument_id))


def cancel_round(ws: Workspace, round_id: str, reason: str) -> bool:
    """Cancel a round of which no form has come in, with all its instruments. False when it was.

    StoreError `store.no_reason`, `store.cancel_returned`, `store.round_state` (closed or reopened).
    """
    with ws.ledger.write() as connection:
        done = [ws.rounds.cancel(connection, one, reason) for one in ws.rounds.instruments(round_id)]
    return any(done)


def _linked(parts: RoundParts, instrument_id: str) -> tuple[str, ...]:
    """Criteria that take their value from an instrument, as rulebook/code."""
    index_id = parts.index_of(instrument_id).id
    leaves = [(book.id, leaf) for book in parts.rulebooks for leaf in book.linked_leaves()]
    return tuple(f"{id}/{leaf.code}" for id, leaf in leaves if leaf.link is not None and leaf.link.index_id == index_id)


def reopen_round(ws: Workspace, round_id: str, reason: str, until: str) -> int:
    """Reopen a closed round for new returns only; the number of the reopening, which the next release prints.

    until: local day (ISO); a form that is received from today to that day counts, one that came before stays late.
    StoreError `store.no_reason`, `store.round_state` (not closed), `store.reopen_past`; DataError `rounds.reopen_day`.
    """
    if not is_day(until):
        raise DataError("rounds.reopen_day", where=round_id, got=len(until), expected="2026-09-30")
    with ws.ledger.write() as connection:
        return ws.rounds.reopen(connection, round_id, reason, until)


def round_status(ws: Workspace, round_id: str) -> RoundStatus:
    """State of the round, its instruments and its steps, and methodology folders edited since they were pinned."""
    entry = ws.rounds.get(round_id)
    pins = [ws.methodology.pin(*one) for one in _named(ws, round_id)[1]]
    bench = Workbench(ws, round_id)
    survey_round = bench.whole.survey_round
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
        edited=_changed(ws, round_id, pins),
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


def _refuse_unscored(parts: RoundParts) -> None:
    """FaultsFound `rounds.parts` with `rounds.link_unscored` for criteria linked to an index that no weights are made
    for. Only of what is wanted: rounds that are pinned so are still read."""
    faults = list(unscored_links(parts))
    if faults:
        raise FaultsFound("rounds.parts", faults, where=parts.survey_round.id)


def _refuse_settled(ws: Workspace, round_id: str, wanted: RoundParts, changed: tuple[str, ...]) -> None:
    """What was settled for an instrument must be the same in the wanted methodology."""
    after = {rules.id: rules for rules in wanted.survey_round.instruments}
    for bench in Workbench(ws, round_id).each():
        before, now = bench.rules, after.get(bench.rules.id)
        if now is None:
            continue  # the store refuses it, unless nothing was done with that instrument yet
        if not (isinstance(before, InstrumentRules) and isinstance(now, InstrumentRules)):
            _refuse_other_kind(bench, now)
            continue
        if bench.is_drawn:
            old, new = before.settled_by_draw(), now.settled_by_draw()
            moved = [name for name in old if old[name] != new[name]] + [
                one for one in changed if one.startswith("units/")
            ]
            if moved:
                raise StoreError("rounds.fixed_by_draw", where=before.public_id, got=", ".join(moved))
        if ws.received.batches(bench.instrument):
            moved = [one for one in changed if one == f"questionnaire/{before.questionnaire}"]
            moved += ["questionnaire"] if before.questionnaire != now.questionnaire else []
            moved += ["fieldwork.cutoff"] if before.fieldwork.cutoff != now.fieldwork.cutoff else []
            if moved:
                raise StoreError("rounds.fixed_by_returns", where=before.public_id, got=", ".join(moved))


def _refuse_other_kind(bench: Workbench, now: AnyRules) -> None:
    """Whether anybody is asked is settled once something was done with an instrument."""
    begun = bench.instrument.state != "new" or any(bench.state(one.name) != "none" for one in bench.steps())
    if begun and type(now) is not type(bench.rules):
        raise StoreError("rounds.fixed_kind", where=bench.rules.public_id, got="respondents")


def _named(ws: Workspace, round_id: str) -> tuple[SurveyRound, list[Named]]:
    """The round file as it is now and everything it names, as (kind, id)."""
    survey_round = load_round(ws.methodology.folder("round", round_id))
    if survey_round.id != round_id:
        raise DataError("rounds.id", where="round.toml", got=survey_round.id, expected=round_id)
    return survey_round, named_folders(survey_round)


def _changed(ws: Workspace, round_id: str, pins: list[Pin]) -> tuple[str, ...]:
    """What differs from the pinned copies, and what is no longer named, as kind/id."""
    before = pin_hashes(ws, round_id)
    now = {f"{pin.kind}/{pin.id}": pin.sha256 for pin in pins}
    moved = [name for name, sha in now.items() if before.get(name) != sha]
    return (*moved, *(name for name in before if name not in now))
