"""Rounds: the instruments they hold and what they are pinned to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from errors import StoreError
from sipas.acts import RoundAmended, RoundPinned
from sipas.cells.text import says_something
from sipas.foldernames import IN_WORKSPACE, is_free
from sipas.store.disk.names import check_segment
from sipas.store.files.methodology import Methodology, Pin
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import pins as pins_table
from sipas.store.ledger.schema import rounds
from sipas.store.rounds.events import UnitEvents
from sipas.store.rounds.instruments import FINISHED, TRANSITIONS, of_round, set_up
from sipas.store.rounds.states import Round, RoundStates, existing_round, find


class Rounds(RoundStates):
    """Rounds of one workspace; `default_round` comes from sipas.toml."""

    def __init__(self, base: Base, methodology: Methodology, default_round: str) -> None:
        super().__init__(base)
        self._methodology = methodology
        self._default = default_round
        self.unit_events = UnitEvents(base)

    def create(
        self,
        connection: Connection,
        round_id: str,
        title: str,
        pins: Sequence[Pin],
        instrument_ids: Sequence[str],
        *,
        is_training: bool = False,
    ) -> bool:
        """Start a round of these instruments with what it is pinned to, one pin of kind "round". False when it stands
        just so.

        StoreError `store.round_exists` (with another title, other pins or instruments, or as the other kind: training
        or real), `store.round_pin`, `store.instrument_id`, `store.file_name`.
        """
        if not is_free(check_segment(round_id), IN_WORKSPACE):
            raise StoreError("store.file_name", where=repr(round_id))
        config = _round_file(round_id, pins)
        old = find(connection, round_id)
        if old is not None:
            present = [instrument.instrument_id for instrument in of_round(connection, round_id)]
            stands = (old.title, old.is_training, _pins(connection, round_id, old.amend_no), present)
            if stands != (title, is_training, _ordered(pins), [*instrument_ids]):
                raise StoreError("store.round_exists", where=round_id)
            return False
        new_round = Round(round_id, title, "new", self._base.log.now(), config.sha256, 0, is_training)
        connection.execute(insert(rounds), {name: value for name, value in vars(new_round).items() if name != "state"})
        set_up(connection, round_id, instrument_ids, new_round.created)
        self._pin(connection, RoundPinned, new_round, pins, "")
        return True

    def amend(
        self, connection: Connection, round_id: str, pins: Sequence[Pin], reason: str, instrument_ids: Sequence[str]
    ) -> int:
        """Pin the round anew: `pins` and `instrument_ids` are the complete lists. Returns the number of the amendment;
        what stands so already changes nothing.

        StoreError `store.round_state` (closed or cancelled), `store.no_reason`, `store.instrument_fixed` (an instrument
        past "new", or with a run, would leave or lose its public id), `store.instrument_id`.
        """
        old = self.require_round(connection, round_id, *(state for state in TRANSITIONS if state not in FINISHED))
        config = _round_file(round_id, pins)
        present = [instrument.instrument_id for instrument in of_round(connection, round_id)]
        if (_pins(connection, round_id, old.amend_no), present) == (_ordered(pins), [*instrument_ids]):
            return old.amend_no
        if not says_something(reason):
            raise StoreError("store.no_reason", where=round_id)
        set_up(connection, round_id, instrument_ids, self._base.log.now())
        amended = replace(old, config_sha256=config.sha256, amend_no=old.amend_no + 1)
        change = update(rounds).where(rounds.c.round_id == round_id)
        connection.execute(change.values(config_sha256=config.sha256, amend_no=amended.amend_no))
        self._pin(connection, RoundAmended, amended, pins, reason)
        return amended.amend_no

    def get(self, round_id: str) -> Round:
        """A round. StoreError `store.no_round`."""
        with self._base.ledger.read() as connection:
            return existing_round(connection, round_id)

    def all(self) -> tuple[Round, ...]:
        """All rounds in the order they were made."""
        query = select(rounds.c.round_id).order_by(rounds.c.created, rounds.c.round_id)
        with self._base.ledger.read() as connection:
            return tuple(existing_round(connection, round_id) for round_id in connection.scalars(query).all())

    def default(self) -> str:
        """The round meant when none is named: the one set in sipas.toml, else the only unfinished one, else the only
        one there is. Beside a real round of the same kind (unfinished, or any) a training round is never meant.

        StoreError `store.no_open_round`; `store.which_round` when there is more than one.
        """
        if self._default:
            return self.get(self._default).round_id
        rounds = self.all()
        unfinished = _real([survey_round for survey_round in rounds if survey_round.state not in FINISHED])
        if len(unfinished) > 1:
            raise StoreError("store.which_round", where="--round", got=len(unfinished), expected=", ".join(unfinished))
        meant = unfinished or _real(rounds)
        if len(meant) != 1:
            raise StoreError("store.no_open_round", where="--round", expected=", ".join(meant))
        return meant[0]

    def pins(self, round_id: str) -> tuple[Pin, ...]:
        """Current pins of a round, by kind and id."""
        with self._base.ledger.read() as connection:
            return _pins(connection, round_id, existing_round(connection, round_id).amend_no)

    def pinned(self, round_id: str, kind: str, id: str = "") -> Path:
        """Folder of a pinned instrument; `id` may be left out when the round has one of that kind.

        StoreError `store.no_pin`.
        """
        pins = [pin for pin in self.pins(round_id) if pin.kind == kind]
        matching = [pin for pin in pins if id in ("", pin.id)]
        if len(matching) != 1:
            names = ", ".join(pin.id for pin in pins)
            raise StoreError("store.no_pin", where=f"{round_id} {kind} {id}".strip(), got=len(matching), expected=names)
        return self._methodology.open_pin(matching[0].sha256)

    def _pin(
        self, connection: Connection, kind: type[RoundPinned], survey_round: Round, pins: Sequence[Pin], reason: str
    ) -> None:
        place = {"round_id": survey_round.round_id, "amend_no": survey_round.amend_no}
        connection.execute(insert(pins_table), [{**place, **vars(pin), "reason": reason} for pin in _ordered(pins)])
        act = kind(survey_round.amend_no, survey_round.config_sha256, survey_round.is_training)
        sealed: dict[str, Mapping[str, Any]] = {"round": {"round_id": survey_round.round_id}, "pins": place}
        self.log(connection, survey_round.round_id, act, sealed)


def _real(rounds: Sequence[Round]) -> list[str]:
    """Ids of the rounds that are no training, of all where there is none."""
    return [real.round_id for real in rounds if not real.is_training] or [training.round_id for training in rounds]


def _ordered(pins: Sequence[Pin]) -> tuple[Pin, ...]:
    return tuple(sorted(pins, key=lambda pin: (pin.kind, pin.id)))


def _pins(connection: Connection, round_id: str, amend_no: int) -> tuple[Pin, ...]:
    columns = (pins_table.c.kind, pins_table.c.id, pins_table.c.sha256)
    query = select(*columns).where(pins_table.c.round_id == round_id, pins_table.c.amend_no == amend_no)
    return tuple(Pin(*row) for row in connection.execute(query.order_by(*columns)))


def _round_file(round_id: str, pins: Sequence[Pin]) -> Pin:
    round_pins = [pin for pin in pins if pin.kind == "round"]
    if len(round_pins) != 1 or len({(pin.kind, pin.id) for pin in pins}) != len(pins):
        raise StoreError("store.round_pin", where=round_id, got=len(round_pins), expected=1)
    return round_pins[0]
