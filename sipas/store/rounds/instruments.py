"""Instruments: the surveys that one round holds, each with its own frame, draw, cases, returns and state.

A round's state follows from its instruments' states and is stored nowhere. The first instrument bears the round's id
towards the outside (`public_id`), the others the round's id and their own: minutes of a draw, folders of files and
subjects of log entries keep their names for ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, exists, insert, select, update

from errors import StoreError
from sipas.foldernames import IN_ROUND, MAX_ID, is_free
from sipas.store.ledger.schema import instruments, job_runs

TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "new": ("committed", "open", "cancelled"),  # without a draw of its own an instrument opens at once
    "committed": ("drawn", "cancelled"),
    "drawn": ("open", "cancelled"),
    "open": ("closed", "cancelled"),
    "closed": (),
    "reopened": ("closed",),
    "cancelled": (),
}
FINISHED: Final = ("closed", "cancelled")
_RUNNING: Final = ("reopened", "open", "drawn", "committed", "new")
_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]*")


@dataclass(frozen=True)
class Instrument:
    """One survey of a round. `position` counts from 1; `public_id` is the round's id for the first instrument and
    round_id/instrument_id for the others; `state` is what it was when the instrument was read."""

    round_id: str
    instrument_id: str
    position: int
    public_id: str
    state: str

    @property
    def key(self) -> dict[str, str]:
        """The two columns that name an instrument in every table."""
        return {"round_id": self.round_id, "instrument_id": self.instrument_id}

    @property
    def is_first(self) -> bool:
        """Whether it bears the round's id."""
        return self.public_id == self.round_id


def round_state(states: Collection[str]) -> str:
    """State of a round with instruments in these states: the most advanced of those that run ("reopened" when any
    is), else "cancelled" when all are, else "closed"."""
    running = next((state for state in _RUNNING if state in states), "")
    if running:
        return running
    return "cancelled" if set(states) == {"cancelled"} else "closed"


def of_round(connection: Connection, round_id: str) -> tuple[Instrument, ...]:
    """Instruments of a round in their order."""
    query = select(*_columns()).where(instruments.c.round_id == round_id).order_by(instruments.c.position)
    return tuple(map(_instrument, connection.execute(query)))


def require(connection: Connection, round_id: str, instrument_id: str) -> Instrument:
    """An instrument as this transaction sees it. StoreError `store.no_instrument`."""
    round_instruments = of_round(connection, round_id)
    named = next((instrument for instrument in round_instruments if instrument.instrument_id == instrument_id), None)
    if named is None:
        names = ", ".join(instrument.instrument_id for instrument in round_instruments)
        raise StoreError("store.no_instrument", where=round_id, got=instrument_id, expected=names)
    return named


def chosen(candidates: Sequence[Instrument], round_id: str, instrument_id: str) -> Instrument:
    """The one with this id; for "" the only one, or the only one that was not cancelled. StoreError
    `store.which_instrument`, `store.no_instrument`."""
    if not instrument_id:
        left = [instrument for instrument in candidates if instrument.state != "cancelled"] or candidates
        if len(left) != 1:
            names = ", ".join(instrument.instrument_id for instrument in left)
            raise StoreError("store.which_instrument", where=round_id, got=len(left), expected=names)
        return left[0]
    names = ", ".join(instrument.instrument_id for instrument in candidates)
    named = [instrument for instrument in candidates if instrument.instrument_id == instrument_id]
    if not named:
        raise StoreError("store.no_instrument", where=round_id, got=instrument_id, expected=names)
    return named[0]


def same(table: Any, instrument: Instrument) -> tuple[Any, ...]:
    """Conditions: rows of this instrument."""
    return tuple(table.c[name] == value for name, value in instrument.key.items())


def set_up(connection: Connection, round_id: str, ids: Sequence[str], created: str) -> bool:
    """Make `ids`, in this order, the instruments of a round; False when they are just that.

    What an instrument has begun under its name stays: StoreError `store.instrument_fixed` when one that is past "new"
    or has a run would leave or bear another public id; `store.instrument_id` for ids that cannot be used.
    """
    wanted = _wanted(round_id, ids)
    old = {instrument.instrument_id: instrument for instrument in of_round(connection, round_id)}
    if [*old] == [*wanted]:
        return False
    fixed = {id for id, instrument in old.items() if instrument.state != "new" or _has_run(connection, instrument)}
    moved = sorted(id for id in fixed if id not in wanted or wanted[id]["public_id"] != old[id].public_id)
    if moved:
        raise StoreError("store.instrument_fixed", where=round_id, got=", ".join(moved))
    created_by_id = _created(connection, round_id)
    for id in old:
        this = (instruments.c.round_id == round_id) & (instruments.c.instrument_id == id)
        if id in fixed:
            connection.execute(update(instruments).where(this).values(position=wanted[id]["position"]))
        else:
            connection.execute(delete(instruments).where(this))
    rows = [{**row, "created": created_by_id.get(id, created)} for id, row in wanted.items() if id not in fixed]
    if rows:
        connection.execute(insert(instruments), rows)
    return True


def _is_id(id: str) -> bool:
    return _ID.fullmatch(id) is not None and len(id) <= MAX_ID and is_free(id, IN_ROUND)


def _wanted(round_id: str, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    bad = [id for id in ids if not _is_id(id)] or [id for id in ids if ids.count(id) > 1]
    if bad or not ids:
        raise StoreError("store.instrument_id", where=round_id, got=bad[0] if bad else "(blank)", expected=MAX_ID)
    return {
        id: {
            "round_id": round_id,
            "instrument_id": id,
            "position": position,
            "public_id": round_id if position == 1 else f"{round_id}/{id}",
            "state": "new",
        }
        for position, id in enumerate(ids, start=1)
    }


def _created(connection: Connection, round_id: str) -> dict[str, str]:
    query = select(instruments.c.instrument_id, instruments.c.created).where(instruments.c.round_id == round_id)
    return {row.instrument_id: row.created for row in connection.execute(query)}


def _has_run(connection: Connection, instrument: Instrument) -> bool:
    return bool(connection.scalar(select(exists().where(*same(job_runs, instrument)))))


def _columns() -> list[Any]:
    return [instruments.c[name] for name in Instrument.__dataclass_fields__]


def _instrument(row: Row[Any]) -> Instrument:
    return Instrument(**row._mapping)
