"""What was sealed before a draw and what was opened: commit records and the parties' numbers, never changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from sampling.errors import StoreError
from sampling.numbers import canonical_json, sha256_hex
from sipas.store.base import Base
from sipas.store.schema import draw_commits, draw_openings


class Opened(NamedTuple):
    """A party's number as it was opened, and when by the minutes."""

    party: str
    nonce: str
    opened_at: str


class DrawBook:
    """Commits and openings of the rounds of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def commit(self, connection: Connection, round_id: str, record: Mapping[str, Any]) -> bool:
        """Keep a commit record, numbered one after the last. False when just this record is the last one.

        StoreError `store.commit_order` when its number or what it follows is not the last commit's.
        """
        known = self._records(connection, round_id)
        if known and known[-1] == dict(record):
            return False
        if record["commit_no"] != len(known) + 1:
            raise StoreError("store.commit_order", where=round_id, got=record["commit_no"], expected=len(known) + 1)
        text = canonical_json(dict(record))
        row = {
            "round_id": round_id,
            "commit_no": record["commit_no"],
            "record": text,
            "commit_hash": sha256_hex(text),
            "created": self._base.audit.now(),
        }
        connection.execute(insert(draw_commits), row)
        body = {"commit_no": record["commit_no"], "commit_hash": row["commit_hash"]}
        sealed = {"commit": {"round_id": round_id, "commit_no": record["commit_no"]}}
        self._base.audit.append(connection, "draw.commit", round_id, body, sealed=sealed)
        return True

    def open(self, connection: Connection, round_id: str, commit_no: int, opened: Opened) -> bool:
        """Keep an opened number. False when just so opened. StoreError `store.opened_otherwise`."""
        for one in self._opened(connection, round_id, commit_no):
            if one.party == opened.party:
                if one.nonce != opened.nonce:
                    raise StoreError("store.opened_otherwise", where=round_id, got=opened.party)
                return False
        place = {"round_id": round_id, "commit_no": commit_no}
        row = {**place, **opened._asdict(), "created": self._base.audit.now()}
        connection.execute(insert(draw_openings), row)
        body = {"commit_no": commit_no, "party": opened.party, "opened_at": opened.opened_at}
        self._base.audit.append(connection, "draw.open", round_id, body, sealed={"openings": place})
        return True

    def records(self, round_id: str) -> tuple[dict[str, Any], ...]:
        """All commit records of a round in order."""
        with self._base.ledger.read() as connection:
            return self._records(connection, round_id)

    def opened(self, round_id: str, commit_no: int) -> tuple[Opened, ...]:
        """Numbers opened for one commit, by party."""
        with self._base.ledger.read() as connection:
            return self._opened(connection, round_id, commit_no)

    def commitments(self, *, other_than: str) -> dict[str, str]:
        """Commitments that other rounds used, and in which round."""
        query = select(draw_commits.c.round_id, draw_commits.c.record).where(draw_commits.c.round_id != other_than)
        with self._base.ledger.read() as connection:
            return {
                party["commitment"]: row.round_id
                for row in connection.execute(query)
                for party in json.loads(row.record)["parties"]
            }

    def _records(self, connection: Connection, round_id: str) -> tuple[dict[str, Any], ...]:
        query = select(draw_commits.c.record).where(draw_commits.c.round_id == round_id)
        return tuple(json.loads(text) for text in connection.scalars(query.order_by(draw_commits.c.commit_no)))

    def _opened(self, connection: Connection, round_id: str, commit_no: int) -> tuple[Opened, ...]:
        columns = [draw_openings.c[name] for name in Opened._fields]
        same = (draw_openings.c.round_id == round_id) & (draw_openings.c.commit_no == commit_no)
        return tuple(Opened(*row) for row in connection.execute(select(*columns).where(same).order_by(columns[0])))
