"""People who propose and approve, each known by a passphrase kept only as scrypt hash."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, insert, select, update

from errors import StoreError
from sipas.acts import Act, PassphraseChanged, PersonAdded, PersonDeactivated
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import people

MIN_PASSPHRASE: Final = 10
_SCRYPT_N: Final = 1 << 15  # 32 MiB and about 0.1 s a try


@dataclass(frozen=True)
class Person:
    """A registered person; one who left is not active but stays, because log entries name them."""

    person_id: str
    name: str
    is_active: bool


class People:
    """People of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def add(self, person_id: str, name: str, passphrase: str) -> bool:
        """Register a person. False when just so registered already.

        StoreError `store.passphrase_short` (under 10 characters), `store.person_id`, `store.person_exists` (other
        name or passphrase).
        """
        _check_passphrase(passphrase)
        if not person_id or not person_id.isprintable() or person_id != person_id.strip():
            raise StoreError("store.person_id", where=repr(person_id)[:40])
        salt = secrets.token_bytes(16)
        row = {"person_id": person_id, "name": name, "is_active": True, "created": self._base.log.now()}
        secret = {"salt": salt, "passphrase_hash": _hash(passphrase, salt)}
        with self._base.ledger.write() as connection:
            old = connection.execute(select(people).where(people.c.person_id == person_id)).first()
            if old is not None:
                if old.name != name or not _fits(passphrase, old.salt, old.passphrase_hash):
                    raise StoreError("store.person_exists", where=person_id)
                return False
            connection.execute(insert(people), {**row, **secret})
            self._log(connection, person_id, PersonAdded())
        return True

    def change_passphrase(self, person_id: str, passphrase: str, new: str) -> None:
        """Replace a passphrase by one who knows it. StoreError `store.bad_passphrase`, `store.passphrase_short`."""
        _check_passphrase(new)
        salt = secrets.token_bytes(16)
        secret = {"salt": salt, "passphrase_hash": _hash(new, salt)}
        with self._base.ledger.write() as connection:
            self.prove(connection, person_id, passphrase)
            connection.execute(update(people).where(people.c.person_id == person_id).values(secret))
            self._log(connection, person_id, PassphraseChanged())

    def deactivate(self, person_id: str) -> bool:
        """Take away a person's right to propose and approve. False when it was. StoreError `store.no_person`."""
        with self._base.ledger.write() as connection:
            self.require(connection, person_id, is_active=False)
            change = update(people).where(people.c.person_id == person_id, people.c.is_active.is_(True))
            changed = connection.execute(change.values(is_active=False)).rowcount == 1
            if changed:
                self._log(connection, person_id, PersonDeactivated())
        return changed

    def verify(self, person_id: str, passphrase: str) -> None:
        """StoreError `store.bad_passphrase` unless an active person of that id has this passphrase."""
        with self._base.ledger.read() as connection:
            self.prove(connection, person_id, passphrase)

    def all(self) -> tuple[Person, ...]:
        """Everybody, by id."""
        query = select(people.c.person_id, people.c.name, people.c.is_active).order_by(people.c.person_id)
        with self._base.ledger.read() as connection:
            return tuple(Person(*row) for row in connection.execute(query))

    def prove(self, connection: Connection, person_id: str, passphrase: str) -> None:
        """As `verify`, inside a transaction. An unknown person costs the same time as a wrong passphrase."""
        row = connection.execute(select(people).where(people.c.person_id == person_id)).first()
        salt, expected = (row.salt, row.passphrase_hash) if row else (bytes(16), bytes(32))
        if not _fits(passphrase, salt, expected) or row is None or not row.is_active:
            raise StoreError("store.bad_passphrase", where=person_id)

    def require(self, connection: Connection, person_id: str, *, is_active: bool = True) -> None:
        """StoreError `store.no_person` unless the person is registered (and active, unless told otherwise)."""
        row = connection.execute(select(people.c.is_active).where(people.c.person_id == person_id)).first()
        if row is None or (is_active and not row.is_active):
            raise StoreError("store.no_person", where=person_id)

    def _log(self, connection: Connection, person_id: str, act: Act) -> None:
        self._base.log.append(connection, person_id, act, sealed={"person": {"person_id": person_id}})


def _check_passphrase(passphrase: str) -> None:
    if len(passphrase.strip()) < MIN_PASSPHRASE:
        raise StoreError("store.passphrase_short", expected=MIN_PASSPHRASE)


def _hash(passphrase: str, salt: bytes) -> bytes:
    text = unicodedata.normalize("NFC", passphrase).encode()
    return hashlib.scrypt(text, salt=salt, n=_SCRYPT_N, r=8, p=1, maxmem=64 << 20, dklen=32)


def _fits(passphrase: str, salt: bytes, expected: bytes) -> bool:
    return hmac.compare_digest(_hash(passphrase, salt), expected)
