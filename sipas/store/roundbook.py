"""Rounds: their state and the instruments they are pinned to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, select, update

from sampling.errors import StoreError
from sipas.store.base import Base
from sipas.store.methodology import Methodology, Pin
from sipas.store.names import check_segment
from sipas.store.schema import pins as pins_table
from sipas.store.schema import rounds

TRANSITIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "new": ("committed", "cancelled"),
    "committed": ("drawn", "cancelled"),
    "drawn": ("open", "cancelled"),
    "open": ("closed", "cancelled"),
    "closed": (),
    "cancelled": (),
}
_FINISHED: Final = ("closed", "cancelled")


@dataclass(frozen=True)
class Round:
    """One province x one year x one campaign. `config_sha256` is its pinned round file, `amend_no` counts from 0.
    Cases of a training round are never counted; a round is one from its first day or never."""

    round_id: str
    title: str
    state: str
    created: str
    config_sha256: str
    amend_no: int
    is_training: bool = False


class RoundBook:
    """Rounds of one workspace; `default_round` comes from sipas.toml."""

    def __init__(self, base: Base, methodology: Methodology, default_round: str) -> None:
        self._base = base
        self._methodology = methodology
        self._default = default_round

    def create(
        self, connection: Connection, round_id: str, title: str, pins: Sequence[Pin], *, is_training: bool = False
    ) -> bool:
        """Start a round with its pinned instruments, one of them of kind "round". False when it stands just so.

        StoreError `store.round_exists` (with another title, other pins, or as the other kind: training or real),
        `store.round_pin`, `store.file_name`.
        """
        check_segment(round_id)
        config = _round_file(round_id, pins)
        row = connection.execute(select(rounds).where(rounds.c.round_id == round_id)).first()
        if row is not None:
            if (row.title, row.is_training) != (title, is_training) or _pins(
                connection, round_id, row.amend_no
            ) != _ordered(pins):
                raise StoreError("store.round_exists", where=round_id)
            return False
        made = Round(round_id, title, "new", self._base.audit.now(), config.sha256, 0, is_training)
        connection.execute(insert(rounds), vars(made))
        self._pin(connection, "rounds.create", made, pins, "")
        return True

    def amend(self, connection: Connection, round_id: str, pins: Sequence[Pin], reason: str) -> int:
        """Pin the round anew: `pins` is the complete list. Returns the number of the amendment; pins that are the
        current ones change nothing. StoreError `store.round_state` (closed or cancelled), `store.no_reason`."""
        row = self._require(connection, round_id, tuple(state for state in TRANSITIONS if state not in _FINISHED))
        config = _round_file(round_id, pins)
        if _pins(connection, round_id, row.amend_no) == _ordered(pins):
            return row.amend_no
        if not reason.strip():
            raise StoreError("store.no_reason", where=round_id)
        amended = replace(row, config_sha256=config.sha256, amend_no=row.amend_no + 1)
        change = update(rounds).where(rounds.c.round_id == round_id)
        connection.execute(change.values(config_sha256=config.sha256, amend_no=amended.amend_no))
        self._pin(connection, "rounds.amend", amended, pins, reason)
        return amended.amend_no

    def set_state(self, connection: Connection, round_id: str, state: str) -> bool:
        """Move a round on. False when it is in that state already. StoreError `store.round_state`."""
        row = self._require(connection, round_id, ())
        if row.state == state:
            return False
        if state not in TRANSITIONS[row.state]:
            allowed = " | ".join(TRANSITIONS[row.state])
            raise StoreError("store.round_state", where=round_id, got=f"{row.state} -> {state}", expected=allowed)
        connection.execute(update(rounds).where(rounds.c.round_id == round_id).values(state=state))
        sealed = {"round": {"round_id": round_id}}
        body = {"from": row.state, "to": state}
        self._base.audit.append(connection, "rounds.state", round_id, body, sealed=sealed)
        return True

    def require(self, connection: Connection, round_id: str, *states: str) -> None:
        """StoreError `store.round_state` unless the round is in one of the states, seen in this transaction."""
        self._require(connection, round_id, states)

    def get(self, round_id: str) -> Round:
        """A round. StoreError `store.no_round`."""
        with self._base.ledger.read() as connection:
            return self._require(connection, round_id, ())

    def all(self) -> tuple[Round, ...]:
        """All rounds in the order they were made."""
        with self._base.ledger.read() as connection:
            rows = connection.execute(select(rounds).order_by(rounds.c.created, rounds.c.round_id))
            return tuple(map(_round, rows))

    def default(self) -> str:
        """The round meant when none is named: the one set in sipas.toml, else the only unfinished one; a training
        round only where no real one is unfinished.

        StoreError `store.which_round` when there is none or more than one.
        """
        if self._default:
            return self.get(self._default).round_id
        running = [one for one in self.all() if one.state not in _FINISHED]
        unfinished = [one.round_id for one in [one for one in running if not one.is_training] or running]
        if len(unfinished) != 1:
            raise StoreError("store.which_round", where="--round", got=len(unfinished), expected=", ".join(unfinished))
        return unfinished[0]

    def pins(self, round_id: str) -> tuple[Pin, ...]:
        """Current pins of a round, by kind and id."""
        with self._base.ledger.read() as connection:
            return _pins(connection, round_id, self._require(connection, round_id, ()).amend_no)

    def pinned(self, round_id: str, kind: str, id: str = "") -> Path:
        """Folder of a pinned instrument; `id` may be left out when the round has one of that kind.

        StoreError `store.no_pin`.
        """
        pins = [pin for pin in self.pins(round_id) if pin.kind == kind]
        found = [pin for pin in pins if id in ("", pin.id)]
        if len(found) != 1:
            names = ", ".join(pin.id for pin in pins)
            raise StoreError("store.no_pin", where=f"{round_id} {kind} {id}".strip(), got=len(found), expected=names)
        return self._methodology.open_pin(found[0].sha256)

    def _require(self, connection: Connection, round_id: str, states: tuple[str, ...]) -> Round:
        row = connection.execute(select(rounds).where(rounds.c.round_id == round_id)).first()
        if row is None:
            raise StoreError("store.no_round", where=round_id)
        if states and row.state not in states:
            raise StoreError("store.round_state", where=round_id, got=row.state, expected=" | ".join(states))
        return _round(row)

    def _pin(self, connection: Connection, action: str, made: Round, pins: Sequence[Pin], reason: str) -> None:
        place = {"round_id": made.round_id, "amend_no": made.amend_no}
        connection.execute(insert(pins_table), [{**place, **vars(pin), "reason": reason} for pin in _ordered(pins)])
        body = {"amend_no": made.amend_no, "config_sha256": made.config_sha256, "is_training": made.is_training}
        sealed: dict[str, Mapping[str, Any]] = {"round": {"round_id": made.round_id}, "pins": place}
        self._base.audit.append(connection, action, made.round_id, body, sealed=sealed)


def _ordered(pins: Sequence[Pin]) -> tuple[Pin, ...]:
    return tuple(sorted(pins, key=lambda pin: (pin.kind, pin.id)))


def _pins(connection: Connection, round_id: str, amend_no: int) -> tuple[Pin, ...]:
    columns = (pins_table.c.kind, pins_table.c.id, pins_table.c.sha256)
    query = select(*columns).where(pins_table.c.round_id == round_id, pins_table.c.amend_no == amend_no)
    return tuple(Pin(*row) for row in connection.execute(query.order_by(*columns)))


def _round_file(round_id: str, pins: Sequence[Pin]) -> Pin:
    found = [pin for pin in pins if pin.kind == "round"]
    if len(found) != 1 or len({(pin.kind, pin.id) for pin in pins}) != len(pins):
        raise StoreError("store.round_pin", where=round_id, got=len(found), expected=1)
    return found[0]


def _round(row: Row[Any]) -> Round:
    return Round(**row._mapping)
