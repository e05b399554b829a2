"""Opening a round: its methodology is copied into the workspace, so that later edits change nothing by themselves."""

from __future__ import annotations

from dataclasses import dataclass

from sampling.errors import DataError, StoreError
from sipas.jobs.desk import Desk, StepState
from sipas.jobs.pinned import Pinned, load_parts
from sipas.rounds import SurveyRound, load_round
from sipas.store.methodology import Pin
from sipas.store.workspace import Workspace

_EDITABLE = ("new", "committed", "drawn", "open")


@dataclass(frozen=True)
class RoundStatus:
    """Where a round stands: its state, amendments, the state of each step, and what was edited since it was pinned."""

    round_id: str
    title_vi: str
    state: str
    amend_no: int
    steps: tuple[tuple[str, StepState], ...]
    edited: tuple[str, ...]
    is_training: bool


def new_round(ws: Workspace, round_id: str, source: str = "", *, is_training: bool = False) -> bool:
    """Register the round described in methodology/rounds/<round_id>; True when it is new.

    source: another round whose folder is copied first, to be edited. is_training: to practise on, from the frame to
    the returns; its case ids begin with 0 and nothing of it is ever weighted, scored or published. Nothing is
    registered unless all parts load and fit together. Raises what `load_parts` raises; StoreError
    `store.no_methodology`, `store.round_exists`, `rounds.changed` (registered before with other content: amend it);
    DataError `rounds.id`.
    """
    if source:
        ws.methodology.copy("round", source, round_id)
    survey_round, named = _named(ws, round_id)
    load_parts({one: ws.methodology.folder(*one) for one in named})
    pins = [ws.methodology.pin(*one) for one in named]
    with ws.ledger.write() as connection:
        is_new = ws.rounds.create(connection, round_id, survey_round.title_vi, pins, is_training=is_training)
    if not is_new and _changed(ws, round_id, pins):
        raise StoreError("rounds.changed", where=round_id, got=", ".join(_changed(ws, round_id, pins)))
    return is_new


def amend_round(ws: Workspace, round_id: str, reason: str) -> tuple[str, ...]:
    """Bind the round to the methodology as it is now. Returns what changed, as kind/id; nothing changed: empty.

    What the sample was drawn by stays from the draw on, what forms were judged by from the first receipt on. Raises
    StoreError `rounds.no_reason`, `rounds.fixed_by_draw`, `rounds.fixed_by_returns`, `store.round_state`; what
    `load_parts` raises when a folder is at fault.
    """
    if not reason.strip():
        raise StoreError("rounds.no_reason", where=round_id)
    ws.rounds.get(round_id)
    _, named = _named(ws, round_id)
    wanted = load_parts({one: ws.methodology.folder(*one) for one in named})
    pins = [ws.methodology.pin(*one) for one in named]
    changed = _changed(ws, round_id, pins)
    if changed:
        _refuse_settled(ws, round_id, wanted, changed)
        with ws.ledger.write() as connection:
            ws.rounds.require(connection, round_id, *_EDITABLE)
            ws.rounds.amend(connection, round_id, pins, reason)
    return changed


def close_round(ws: Workspace, round_id: str) -> bool:
    """Close a round: nothing more is received, released or merged. False when it was. StoreError
    `store.round_state`."""
    with ws.ledger.write() as connection:
        return ws.rounds.set_state(connection, round_id, "closed")


def _refuse_settled(ws: Workspace, round_id: str, wanted: Pinned, changed: tuple[str, ...]) -> None:
    desk = Desk(ws, round_id)
    before, after = desk.parts.survey_round, wanted.survey_round
    if desk.is_drawn:
        old, new = before.settled_by_draw(), after.settled_by_draw()
        moved = [name for name in old if old[name] != new[name]] + [one for one in changed if one.startswith("units/")]
        if moved:
            raise StoreError("rounds.fixed_by_draw", where=round_id, got=", ".join(moved))
    if ws.received.batches(round_id):
        moved = [one for one in changed if one.startswith("questionnaire/")]
        if before.fieldwork.cutoff != after.fieldwork.cutoff:
            moved.append("fieldwork.cutoff")
        if moved:
            raise StoreError("rounds.fixed_by_returns", where=round_id, got=", ".join(moved))


def round_status(ws: Workspace, round_id: str) -> RoundStatus:
    """State of the round, of its steps, and methodology folders edited since they were pinned."""
    entry = ws.rounds.get(round_id)
    pins = [ws.methodology.pin(*one) for one in _named(ws, round_id)[1]]
    desk = Desk(ws, round_id)
    states = tuple((step, desk.state(step)) for step in desk.steps())
    title = desk.parts.survey_round.title_vi
    changed = _changed(ws, round_id, pins)
    return RoundStatus(round_id, title, entry.state, entry.amend_no, states, changed, entry.is_training)


def _named(ws: Workspace, round_id: str) -> tuple[SurveyRound, list[tuple[str, str]]]:
    """The round file as it is now and everything it names, as (kind, id)."""
    survey_round = load_round(ws.methodology.folder("round", round_id))
    if survey_round.id != round_id:
        raise DataError("rounds.id", where="round.toml", got=survey_round.id, expected=round_id)
    return survey_round, [
        ("round", round_id),
        ("units", survey_round.units.register_id),
        ("questionnaire", survey_round.questionnaire),
        ("index", survey_round.index),
        *(("rulebook", rulebook_id) for rulebook_id in survey_round.rulebooks),
    ]


def _changed(ws: Workspace, round_id: str, pins: list[Pin]) -> tuple[str, ...]:
    before = {(pin.kind, pin.id): pin.sha256 for pin in ws.rounds.pins(round_id)}
    return tuple(f"{pin.kind}/{pin.id}" for pin in pins if before.get((pin.kind, pin.id)) != pin.sha256)
