"""Opening a round: its methodology is copied into the workspace, so that later edits change nothing by themselves."""

from __future__ import annotations

from errors import DataError, FaultsFound, StoreError
from sipas.cells.text import says_something
from sipas.jobs.stepruns.pinned import pin_hashes
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds import AnyRules, InstrumentRules, SurveyRound, load_round
from sipas.rounds.parts import Named, RoundParts, load_parts, named_folders, unscored_links
from sipas.store.files.methodology import Pin
from sipas.store.workspace import Workspace

_EDITABLE = ("new", "committed", "drawn", "open")


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
        ws.files.methodology.copy("round", source, round_id)
    survey_round, named = named_now(ws, round_id)
    _refuse_unscored(load_parts({part: ws.files.methodology.folder(*part) for part in named}))
    pins = [ws.files.methodology.pin(*part) for part in named]
    ids = survey_round.instrument_ids()
    with ws.ledger.write() as connection:
        title = survey_round.head.title_vi
        is_new = ws.rounds.create(connection, round_id, title, pins, ids, is_training=is_training)
    if not is_new and changed_since_pinned(ws, round_id, pins):
        raise StoreError("rounds.changed", where=round_id, got=", ".join(changed_since_pinned(ws, round_id, pins)))
    return is_new


def amend_round(ws: Workspace, round_id: str, reason: str) -> tuple[str, ...]:
    """Bind the round to the methodology as it is now. Returns what changed, as kind/id; nothing changed: empty.

    What a sample was drawn by stays from its draw on, what forms were judged by from the first receipt on. Raises
    StoreError `rounds.no_reason`, `rounds.fixed_by_draw`, `rounds.fixed_by_returns`, `store.round_state`,
    `store.instrument_fixed`; what `load_parts` raises when a folder is at fault.
    """
    if not says_something(reason):
        raise StoreError("rounds.no_reason", where=round_id)
    ws.rounds.get(round_id)
    survey_round, named = named_now(ws, round_id)
    wanted = load_parts({part: ws.files.methodology.folder(*part) for part in named})
    pins = [ws.files.methodology.pin(*part) for part in named]
    changed = changed_since_pinned(ws, round_id, pins)
    if changed:
        _refuse_unscored(wanted)
        _refuse_settled(ws, round_id, wanted, changed)
        with ws.ledger.write() as connection:
            ws.rounds.require_round(connection, round_id, *_EDITABLE)
            ws.rounds.amend(connection, round_id, pins, reason, survey_round.instrument_ids())
    return changed


def _refuse_unscored(parts: RoundParts) -> None:
    """FaultsFound `rounds.parts` with `rounds.link_unscored` for criteria linked to an index that no weights are made
    for. Only of what is wanted: rounds that are pinned so are still read."""
    faults = list(unscored_links(parts))
    if faults:
        raise FaultsFound("rounds.parts", faults, where=parts.survey_round.id)


def _refuse_settled(ws: Workspace, round_id: str, wanted: RoundParts, changed: tuple[str, ...]) -> None:
    """What was settled for an instrument must be the same in the wanted methodology."""
    after = {rules.id: rules for rules in wanted.survey_round.instruments}
    for bench in Workbench(ws, round_id).instrument_benches():
        before, now = bench.rules, after.get(bench.rules.id)
        if now is None:
            continue  # the store refuses it, unless nothing was done with that instrument yet
        if not (isinstance(before, InstrumentRules) and isinstance(now, InstrumentRules)):
            _refuse_other_kind(bench, now)
            continue
        if bench.is_drawn:
            old, new = before.fixed_by_draw(), now.fixed_by_draw()
            moved = [name for name in old if old[name] != new[name]] + [
                part for part in changed if part.startswith("units/")
            ]
            if moved:
                raise StoreError("rounds.fixed_by_draw", where=before.public_id, got=", ".join(moved))
        if ws.field.received.batches(bench.instrument):
            moved = [part for part in changed if part == f"questionnaire/{before.questionnaire}"]
            moved += ["questionnaire"] if before.questionnaire != now.questionnaire else []
            moved += ["fieldwork.cutoff"] if before.fieldwork.cutoff != now.fieldwork.cutoff else []
            if moved:
                raise StoreError("rounds.fixed_by_returns", where=before.public_id, got=", ".join(moved))


def _refuse_other_kind(bench: Workbench, now: AnyRules) -> None:
    """Whether anybody is asked is settled once something was done with an instrument."""
    begun = bench.instrument.state != "new" or any(bench.state(step.name) != "none" for step in bench.steps())
    if begun and type(now) is not type(bench.rules):
        raise StoreError("rounds.fixed_kind", where=bench.rules.public_id, got="respondents")


def named_now(ws: Workspace, round_id: str) -> tuple[SurveyRound, list[Named]]:
    """The round file as it is now and everything it names, as (kind, id)."""
    survey_round = load_round(ws.files.methodology.folder("round", round_id))
    if survey_round.id != round_id:
        raise DataError("rounds.id", where="round.toml", got=survey_round.id, expected=round_id)
    return survey_round, named_folders(survey_round)


def changed_since_pinned(ws: Workspace, round_id: str, pins: list[Pin]) -> tuple[str, ...]:
    """What differs from the pinned copies, and what is no longer named, as kind/id."""
    before = pin_hashes(ws, round_id)
    now = {f"{pin.kind}/{pin.id}": pin.sha256 for pin in pins}
    moved = [name for name, sha in now.items() if before.get(name) != sha]
    return (*moved, *(name for name in before if name not in now))
