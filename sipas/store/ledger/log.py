"""The audit log in the ledger: append inside the caller's transaction, read, verify.

Bodies hold ids, counts and hashes, never names, phones or answers: the log is kept for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from errors import Fault
from sampling.numbers import canonical_json
from sipas.acts import Act
from sipas.entries import GENESIS, Entry, entry_hash, head_text, verify_chain
from sipas.store.disk.clock import Clock
from sipas.store.ledger import seals, triggers
from sipas.store.ledger.counts import uncounted
from sipas.store.ledger.engine import Ledger
from sipas.store.ledger.schema import audit_log


class Log:
    """Log of one workspace; `actor` and `now` go into every entry."""

    def __init__(self, ledger: Ledger, actor: str, now: Clock) -> None:
        self._ledger = ledger
        self.actor = actor
        self.now = now

    def append(
        self,
        connection: Connection,
        subject: str,
        act: Act,
        *,
        sealed: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
    ) -> Entry:
        """Add one entry about `subject` in the transaction of `connection`, so that it stands or falls with its act.

        `sealed` names rows written just before (see `sipas.store.ledger.seals`), for example
        {"cases": {"round_id": "r"}}: their hash goes into the body, and `verify` finds any later change that no newer
        entry tells of.
        """
        return self.append_sealing(connection, subject, act, sorted(sealed.items()))

    def append_sealing(
        self,
        connection: Connection,
        subject: str,
        act: Act,
        rows: Iterable[tuple[str, Mapping[str, Any]]],
    ) -> Entry:
        """As `append`, for any number of seals, (name, key) each."""
        last = _last(connection)
        seals_made = [seals.seal(connection, name, key) for name, key in rows]
        content = canonical_json({**act.body(), **({"seals": seals_made} if seals_made else {})})
        seq, prev_hash = (last.seq + 1, last.hash) if last else (1, GENESIS)
        parts = (seq, self.now(), self.actor, act.action, subject, content)
        entry = Entry(*parts, prev_hash, entry_hash(prev_hash, *parts))
        connection.execute(insert(audit_log), vars(entry))
        return entry

    def next_seq(self, connection: Connection) -> int:
        """Number that the next entry of this transaction gets."""
        last = _last(connection)
        return last.seq + 1 if last else 1

    def head(self) -> str:
        """What is printed on minutes and releases: "42-9f86d081884c7d65"; "" for an empty log."""
        with self._ledger.read() as connection:
            return self.head_in(connection)

    def head_in(self, connection: Connection) -> str:
        """The head as the transaction of `connection` sees it."""
        return head_text(_last(connection))

    def entries(self, subject: str = "") -> tuple[Entry, ...]:
        """Entries in order, all or of one subject."""
        query = select(audit_log).order_by(audit_log.c.seq)
        if subject:
            query = query.where(audit_log.c.subject == subject)
        with self._ledger.read() as connection:
            return tuple(map(_entry, connection.execute(query)))

    def verify(self, head: str | None = None) -> list[Fault]:
        """Faults of the whole log: the chain and a printed `head` (see `sipas.entries.verify_chain`), triggers that
        were dropped (`log.trigger_missing`), rows that are not what their entry sealed (`log.rows_changed`), rows that
        no entry sealed (`log.rows_unnamed`), and pairs that count though no decision says so, or do not though one does
        (`log.counted_differs`)."""
        with self._ledger.read() as connection:
            return self.verify_in(connection, head)

    def verify_in(self, connection: Connection, head: str | None = None) -> list[Fault]:
        """As `verify`, as the transaction of `connection` sees it."""
        entries = self.entries_in(connection)
        sealed = seals.in_force(entries)
        rows = [*seals.broken(connection, sealed), *seals.unsealed(connection, sealed), *uncounted(connection)]
        return [*verify_chain(entries, head), *triggers.faults(connection), *rows]

    def entries_in(self, connection: Connection) -> tuple[Entry, ...]:
        """All entries in order, as the transaction of `connection` sees them."""
        return tuple(map(_entry, connection.execute(select(audit_log).order_by(audit_log.c.seq))))


def _entry(row: Row[Any]) -> Entry:
    return Entry(**row._mapping)


def _last(connection: Connection) -> Entry | None:
    row = connection.execute(select(audit_log).order_by(audit_log.c.seq.desc()).limit(1)).first()
    return _entry(row) if row else None
