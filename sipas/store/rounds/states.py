"""The state of rounds and instruments: moved on, asked for, closed, opened again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, exists, insert, select, update

from errors import StoreError
from sipas.acts import Act, InstrumentCancelled, RoundClosed, RoundReopened, StateMoved, acts_of
from sipas.cells.days import local_day
from sipas.cells.text import says_something
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import instruments as instruments_table
from sipas.store.ledger.schema import received, reopenings, rounds
from sipas.store.rounds.instruments import (
    FINISHED,
    TRANSITIONS,
    Instrument,
    chosen,
    of_round,
    require,
    round_state,
    same,
)


@dataclass(frozen=True)
class Round:
    """One province x one year x one campaign. `state` follows from its instruments; `config_sha256` is its pinned round
    file, `amend_no` counts from 0. Cases of a training round are never counted; a round is one from its first day or
    never."""

    round_id: str
    title: str
    state: str
    created: str
    config_sha256: str
    amend_no: int
    is_training: bool = False


@dataclass(frozen=True)
class Reopening:
    """A closed round that was opened again for new returns, why, and until which local day (ISO) a form that is
    received from then on counts."""

    round_id: str
    reopen_no: int
    reason: str
    counts_until: str
    log_seq: int
    created: str


@dataclass(frozen=True)
class Cancellation:
    """An instrument that takes no part any more, why, and when (UTC)."""

    instrument_id: str
    reason: str
    created: str


class RoundStates:
    """States of the rounds of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def instruments(self, round_id: str) -> tuple[Instrument, ...]:
        """Instruments of a round in their order. StoreError `store.no_round`."""
        with self._base.ledger.read() as connection:
            instruments = of_round(connection, round_id)
            if not instruments:  # every round has some
                existing_round(connection, round_id)
        return instruments

    def instrument(self, round_id: str, instrument_id: str = "") -> Instrument:
        """An instrument of a round; for "" the only one.

        StoreError `store.no_round`, `store.which_instrument` (more than one), `store.no_instrument`.
        """
        return chosen(self.instruments(round_id), round_id, instrument_id)

    def set_state(self, connection: Connection, instrument: Instrument, state: str) -> bool:
        """Move an instrument on. False when it is in that state already. StoreError `store.round_state`."""
        old = require(connection, instrument.round_id, instrument.instrument_id)
        if old.state == state:
            return False
        if state not in TRANSITIONS[old.state]:
            allowed = " | ".join(TRANSITIONS[old.state])
            got = f"{old.state} -> {state}"
            raise StoreError("store.round_state", where=old.public_id, got=got, expected=allowed)
        _move(connection, [old], state)
        self.log(connection, old.public_id, StateMoved(old.instrument_id, old.state, state))
        return True

    def require(self, connection: Connection, instrument: Instrument, *states: str) -> Instrument:
        """The instrument as this transaction sees it. StoreError `store.round_state` unless it is in one of the states
        (any, when none is named)."""
        current = require(connection, instrument.round_id, instrument.instrument_id)
        if states and current.state not in states:
            raise StoreError(
                "store.round_state", where=current.public_id, got=current.state, expected=" | ".join(states)
            )
        return current

    def by_public_id(self, public_id: str) -> Instrument:
        """The instrument that bears an id towards the outside. StoreError `store.no_round`."""
        query = select(instruments_table.c.round_id, instruments_table.c.instrument_id)
        with self._base.ledger.read() as connection:
            row = connection.execute(query.where(instruments_table.c.public_id == public_id)).first()
        if row is None:
            raise StoreError("store.no_round", where=public_id)
        return self.instrument(row.round_id, row.instrument_id)

    def require_round(self, connection: Connection, round_id: str, *states: str) -> Round:
        """The round as this transaction sees it. StoreError `store.no_round`, `store.round_state` unless its state is
        one of `states` (any, when none is named)."""
        current = existing_round(connection, round_id)
        if states and current.state not in states:
            raise StoreError("store.round_state", where=round_id, got=current.state, expected=" | ".join(states))
        return current

    def close(self, connection: Connection, round_id: str) -> bool:
        """Close every instrument that is open. False when the round is closed.

        StoreError `store.round_state` when one was not opened (cancel it or open it first) or all are cancelled.
        """
        if self.require_round(connection, round_id).state == "closed":
            return False
        self.require_round(connection, round_id, "open", "reopened")
        running = [instrument for instrument in of_round(connection, round_id) if instrument.state not in FINISHED]
        for instrument in running:
            self.require(connection, instrument, "open", "reopened")
        _move(connection, running, "closed")
        self.log(connection, round_id, RoundClosed(len(running)))
        return True

    def cancel(self, connection: Connection, instrument: Instrument, reason: str) -> bool:
        """Cancel an instrument of which no form has come in; its reason is in the log. False when it is cancelled.

        StoreError `store.no_reason`, `store.cancel_returned`, `store.round_state` (closed or reopened).
        """
        old = require(connection, instrument.round_id, instrument.instrument_id)
        if old.state == "cancelled":
            return False
        if not says_something(reason):
            raise StoreError("store.no_reason", where=old.public_id)
        self.require(connection, old, *(state for state, after in TRANSITIONS.items() if "cancelled" in after))
        if connection.scalar(select(exists().where(*same(received, old)))):
            raise StoreError("store.cancel_returned", where=old.public_id)
        _move(connection, [old], "cancelled")
        self.log(connection, old.public_id, InstrumentCancelled(old.instrument_id, reason, old.state))
        return True

    def cancellations(self, round_id: str) -> tuple[Cancellation, ...]:
        """Instruments that were cancelled, in their order."""
        cancelled = []
        for instrument in self.instruments(round_id):
            if instrument.state != "cancelled":
                continue
            for entry, act in [*acts_of(self._base.log.entries(instrument.public_id), InstrumentCancelled)][-1:]:
                cancelled.append(Cancellation(instrument.instrument_id, act.reason, entry.at))
        return tuple(cancelled)

    def reopen(self, connection: Connection, round_id: str, reason: str, counts_until: str) -> int:
        """Open a closed round again, for new returns; returns the number of the reopening. Cancelled instruments stay.
        A round that is open by just that reopening stays so.

        counts_until: local day (ISO). StoreError `store.no_reason`, `store.round_state`, `store.reopen_past` (that day
        is over).
        """
        if not says_something(reason):
            raise StoreError("store.no_reason", where=round_id)
        earlier = _reopenings(connection, round_id)
        if self.require_round(connection, round_id, "closed", "reopened").state == "reopened":
            if (earlier[-1].reason, earlier[-1].counts_until) == (reason, counts_until):
                return earlier[-1].reopen_no
            self.require_round(connection, round_id, "closed")
        today = local_day(self._base.log.now())
        if counts_until < today:
            raise StoreError("store.reopen_past", where=round_id, got=counts_until, expected=today)
        closed = [instrument for instrument in of_round(connection, round_id) if instrument.state == "closed"]
        _move(connection, closed, "reopened")
        number, seq = len(earlier) + 1, self._base.log.next_seq(connection)
        reopening = Reopening(round_id, number, reason, counts_until, seq, self._base.log.now())
        connection.execute(insert(reopenings), {**vars(reopening), "approval_no": ""})
        key = {"round_id": round_id, "reopen_no": number}
        self.log(connection, round_id, RoundReopened(number, counts_until), {"reopenings": key})
        return number

    def reopenings(self, round_id: str) -> tuple[Reopening, ...]:
        """Every reopening of a round, in order."""
        with self._base.ledger.read() as connection:
            return _reopenings(connection, round_id)

    def log(
        self,
        connection: Connection,
        subject: str,
        act: Act,
        sealed: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> None:
        """Log a change of a round (`subject`: its id or the public id of an instrument), whose instruments are sealed
        with every one."""
        of_round = {"instruments": {"round_id": subject.partition("/")[0]}}
        self._base.log.append(connection, subject, act, sealed={**of_round, **sealed})


def find(connection: Connection, round_id: str) -> Round | None:
    """A round, or None."""
    row = connection.execute(select(rounds).where(rounds.c.round_id == round_id)).first()
    if row is None:
        return None
    state = round_state([instrument.state for instrument in of_round(connection, round_id)])
    return Round(**row._mapping, state=state)


def existing_round(connection: Connection, round_id: str) -> Round:
    """A round. StoreError `store.no_round`."""
    survey_round = find(connection, round_id)
    if survey_round is None:
        raise StoreError("store.no_round", where=round_id)
    return survey_round


def _reopenings(connection: Connection, round_id: str) -> tuple[Reopening, ...]:
    columns = [reopenings.c[name] for name in Reopening.__dataclass_fields__]
    query = select(*columns).where(reopenings.c.round_id == round_id).order_by(reopenings.c.reopen_no)
    return tuple(Reopening(*row) for row in connection.execute(query))


def _move(connection: Connection, moved: Sequence[Instrument], state: str) -> None:
    for instrument in moved:
        connection.execute(update(instruments_table).where(*same(instruments_table, instrument)).values(state=state))
