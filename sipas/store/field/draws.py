"""What was sealed before a draw and what was opened: commit records and the parties' numbers, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from errors import StoreError
from sampling.numbers import canonical_json, sha256_hex
from sipas.acts import DrawCommitted, NumberOpened
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import draw_commits, draw_openings, instruments
from sipas.store.rounds.instruments import Instrument, same


class Opened(NamedTuple):
    """A party's number as it was opened, and when by the minutes."""

    party: str
    nonce: str
    opened_at: str


class Draws:
    """Commits and openings of the instruments of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def commit(self, connection: Connection, instrument: Instrument, record: Mapping[str, Any]) -> bool:
        """Keep a commit record, numbered one after the last. False when just this record is the last one.

        StoreError `store.commit_order` when its number or what it follows is not the last commit's.
        """
        records = self._records(connection, instrument)
        if records and records[-1] == dict(record):
            return False
        if record["commit_no"] != len(records) + 1:
            raise StoreError(
                "store.commit_order", where=instrument.public_id, got=record["commit_no"], expected=len(records) + 1
            )
        text = canonical_json(dict(record))
        row = {
            **instrument.key,
            "commit_no": record["commit_no"],
            "record": text,
            "commit_hash": sha256_hex(text),
            "created": self._base.log.now(),
        }
        connection.execute(insert(draw_commits), row)
        act = DrawCommitted(record["commit_no"], sha256_hex(text))
        sealed = {"commit": {**instrument.key, "commit_no": record["commit_no"]}}
        self._base.log.append(connection, instrument.public_id, act, sealed=sealed)
        return True

    def open(self, connection: Connection, instrument: Instrument, commit_no: int, opened: Opened) -> bool:
        """Keep an opened number. False when just so opened. StoreError `store.opened_otherwise`."""
        for earlier in self._opened(connection, instrument, commit_no):
            if earlier.party == opened.party:
                if earlier.nonce != opened.nonce:
                    raise StoreError("store.opened_otherwise", where=instrument.public_id, got=opened.party)
                return False
        place = {**instrument.key, "commit_no": commit_no}
        row = {**place, **opened._asdict(), "created": self._base.log.now()}
        connection.execute(insert(draw_openings), row)
        act = NumberOpened(commit_no, opened.party, opened.opened_at)
        self._base.log.append(connection, instrument.public_id, act, sealed={"openings": place})
        return True

    def records(self, instrument: Instrument) -> tuple[dict[str, Any], ...]:
        """All commit records of an instrument in order."""
        with self._base.ledger.read() as connection:
            return self._records(connection, instrument)

    def opened(self, instrument: Instrument, commit_no: int) -> tuple[Opened, ...]:
        """Numbers opened for one commit, by party."""
        with self._base.ledger.read() as connection:
            return self._opened(connection, instrument, commit_no)

    def commitments(self, *, other_than: Instrument) -> dict[str, str]:
        """Commitments that other instruments used, of this round or another one, and the public id of each."""
        query = select(instruments.c.public_id, draw_commits.c.record).join_from(
            draw_commits,
            instruments,
            (instruments.c.round_id == draw_commits.c.round_id)
            & (instruments.c.instrument_id == draw_commits.c.instrument_id),
        )
        with self._base.ledger.read() as connection:
            return {
                party["commitment"]: row.public_id
                for row in connection.execute(query.where(instruments.c.public_id != other_than.public_id))
                for party in json.loads(row.record)["parties"]
            }

    def _records(self, connection: Connection, instrument: Instrument) -> tuple[dict[str, Any], ...]:
        query = select(draw_commits.c.record).where(*same(draw_commits, instrument))
        return tuple(json.loads(text) for text in connection.scalars(query.order_by(draw_commits.c.commit_no)))

    def _opened(self, connection: Connection, instrument: Instrument, commit_no: int) -> tuple[Opened, ...]:
        columns = [draw_openings.c[name] for name in Opened._fields]
        this = (*same(draw_openings, instrument), draw_openings.c.commit_no == commit_no)
        return tuple(Opened(*row) for row in connection.execute(select(*columns).where(*this).order_by(columns[0])))
