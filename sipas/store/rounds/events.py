"""Units that were merged into another or closed while a round was in the field: what was decided, never changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from sqlalchemy import Connection, insert, select

from errors import StoreError
from sipas.acts import UnitsEnded
from sipas.cells.text import says_something
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import unit_events
from sipas.unitevent import UnitEvent


class UnitEvents:
    """Unit events of the rounds of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def add(self, connection: Connection, round_id: str, events: Iterable[UnitEvent]) -> int:
        """Keep events; returns how many are new. StoreError `store.unit_gone` (another event of that unit is there),
        `store.no_reason` (no decision)."""
        events_by_unit = {event.unit_id: event for event in self._all(connection, round_id)}
        new = []
        for event in events:
            if not says_something(event.decision):
                raise StoreError("store.no_reason", where=event.unit_id)
            if events_by_unit.get(event.unit_id, event) != event:
                raise StoreError("store.unit_gone", where=event.unit_id, got=events_by_unit[event.unit_id].decision)
            if event.unit_id not in events_by_unit:
                new.append({"round_id": round_id, **asdict(event), "created": self._base.log.now()})
        if new:
            connection.execute(insert(unit_events), new)
            act = UnitsEnded([event_row["unit_id"] for event_row in new])
            sealed = {"unit_events": {"round_id": round_id}}
            self._base.log.append(connection, round_id, act, sealed=sealed)
        return len(new)

    def all(self, round_id: str) -> tuple[UnitEvent, ...]:
        """Events of a round by unit."""
        with self._base.ledger.read() as connection:
            return self._all(connection, round_id)

    def _all(self, connection: Connection, round_id: str) -> tuple[UnitEvent, ...]:
        columns = [unit_events.c[name] for name in UnitEvent.__dataclass_fields__]
        query = select(*columns).where(unit_events.c.round_id == round_id).order_by(unit_events.c.unit_id)
        return tuple(UnitEvent(*row) for row in connection.execute(query))
