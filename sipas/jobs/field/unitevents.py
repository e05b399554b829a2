"""Units merged or closed while a round is in the field: cases keep stratum and probability, results go to the
successor."""

from __future__ import annotations

from collections.abc import Sequence

from errors import DataError
from sipas.cells.days import is_day
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.workspace import Workspace
from sipas.unitevent import UnitEvent

_OPEN = ("drawn", "open")


def end_units(
    ws: Workspace, round_id: str, units: Sequence[str], *, into: str = "", on: str, decision: str
) -> tuple[UnitEvent, ...]:
    """Record that units were merged into another rated unit of the round, or closed (`into` left out).

    A case of a merged unit stays in its stratum with its probability and is a result of the successor; a closed unit
    leaves the population and is no longer rated. A case that rates many units keeps the units it was drawn for: its
    forms are counted under the successor, and no index is made of them. on: ISO day; decision: number of the official
    paper. Returns all events of the round.

    Raises DataError `events.no_unit`, `events.successor`, `events.day`, `events.raters`; StoreError `store.unit_gone`,
    `store.no_reason`, `store.round_state`.
    """
    bench = Workbench(ws, round_id)
    parts = bench.round_parts
    if not bench.scored_ids():
        raise DataError("events.raters", where=round_id)
    drawn = [unit.unit_id for unit in parts.units_at_draw()]
    unknown = [unit_id for unit_id in units if unit_id not in drawn]
    if unknown or not units:
        raise DataError("events.no_unit", where=round_id, got=", ".join(unknown))
    if into and (into in units or into not in {unit.unit_id for unit in parts.rated_units()}):
        raise DataError("events.successor", where=round_id, got=into)
    if not is_day(on):
        raise DataError("events.day", where=round_id, got=len(on), expected="2026-08-01")
    if any(event.successor_id in units for event in parts.events):
        raise DataError("events.successor", where=round_id, got=", ".join(units))
    with ws.ledger.write() as connection:
        if ws.rounds.unit_events.add(
            connection, round_id, [UnitEvent(unit_id, into, on, decision) for unit_id in units]
        ):
            ws.rounds.require_round(connection, round_id, *_OPEN)
    return ws.rounds.unit_events.all(round_id)
