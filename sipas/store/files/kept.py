"""Kept files: everything that arrives is stored as it came, under its hash, before anything reads it.

Files with personal data (frames, contact lists) are stored encrypted and read through a private temporary copy.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, insert, select, update

from errors import StoreError
from sipas.acts import FileDiscarded, FileKept
from sipas.cells.text import says_something
from sipas.store.disk.atomic import sha256_of, sweep_temporaries, temporary_beside, write_whole
from sipas.store.disk.cipher import decrypt, encrypt
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import kept_files


class Kept(NamedTuple):
    """A kept file: `already` is True when the same bytes had been kept before."""

    sha256: str
    path: Path
    already: bool


class KeptFiles:
    """Files from outside, in received/ of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "received"

    def keep(self, path: Path, *, is_personal: bool = False, expected: str = "") -> Kept:
        """Store a file under the hash of its bytes. The same file again changes nothing.

        `is_personal`: encrypted; read it through `opened`. Once personal, always personal. The same bytes under
        another suffix are stored under the new one. expected: SHA-256 that the file has to have, "" for any.
        StoreError `store.no_file`, `store.file_unreadable`, `store.other_hash`.
        """
        try:
            data = path.read_bytes()
        except FileNotFoundError as error:
            raise StoreError("store.no_file", where=path.name) from error
        except (IsADirectoryError, PermissionError) as error:
            raise StoreError("store.file_unreadable", where=path.name) from error
        digest = hashlib.sha256(data).hexdigest()
        if expected and digest != expected:
            raise StoreError("store.other_hash", where=path.name, got=digest, expected=expected)
        with self._base.locks.hold("received"):
            old = self._row(digest)
            personal = is_personal or bool(old and old.is_personal)
            target = self._target(digest, path.suffix.lower(), personal)
            if target.parent.is_dir():
                sweep_temporaries(target.parent)
            if not self._is_whole(target, digest, personal):
                stored = encrypt(self._base.key("received"), data, digest) if personal else data
                write_whole(target, stored, mode=0o600)
            if old is None or old.discard_reason or (old.suffix, old.is_personal) != (path.suffix.lower(), personal):
                self._record(digest, path, len(data), personal)
            if old is not None and self._target(digest, old.suffix, old.is_personal) != target:
                self._target(digest, old.suffix, old.is_personal).unlink(missing_ok=True)
        return Kept(digest, target, old is not None)

    @contextmanager
    def opened(self, sha256: str) -> Iterator[Path]:
        """Path of a kept file with its own suffix, hashed again; a personal file is decrypted for the block only.

        StoreError `store.file_unknown`, `store.file_changed`, `store.file_discarded`.
        """
        row = self._row(sha256)
        if row is None:
            raise StoreError("store.file_unknown", where=sha256[:64])
        if row.discard_reason:
            raise StoreError("store.file_discarded", where=row.file_name)
        path = self._target(sha256, row.suffix, row.is_personal)
        if not self._is_whole(path, sha256, row.is_personal):
            raise StoreError("store.file_changed", where=row.file_name, expected=sha256)
        if not row.is_personal:
            yield path
            return
        with self._private_copy(path, sha256, row.suffix) as copy:
            yield copy

    def discard(self, sha256: str, reason: str) -> bool:
        """Delete a personal file at the end of its retention; its row and the log entry stay. False if gone before.

        StoreError `store.file_unknown`, `store.not_personal` (answers are kept as evidence), `store.no_reason`.
        """
        if not says_something(reason):
            raise StoreError("store.no_reason", where=sha256[:16])
        with self._base.locks.hold("received"):
            row = self._row(sha256)
            if row is None:
                raise StoreError("store.file_unknown", where=sha256[:64])
            if not row.is_personal:
                raise StoreError("store.not_personal", where=row.file_name)
            if not row.discard_reason:
                with self._base.ledger.write() as connection:
                    changed = update(kept_files).where(kept_files.c.sha256 == sha256)
                    connection.execute(changed.values(discard_reason=reason))
                    self._log(connection, sha256, FileDiscarded())
            self._target(sha256, row.suffix, True).unlink(missing_ok=True)
        return not row.discard_reason

    @contextmanager
    def _private_copy(self, path: Path, sha256: str, suffix: str) -> Iterator[Path]:
        folder = self._base.root / "cache" / "private"
        with self._base.locks.hold("private"):
            if folder.is_dir():
                sweep_temporaries(folder)
            copy = temporary_beside(folder / f"{sha256}{suffix}")
            try:
                write_whole(copy, decrypt(self._base.key("received"), path.read_bytes(), sha256), mode=0o600)
                yield copy
            finally:
                copy.unlink(missing_ok=True)

    def _is_whole(self, path: Path, sha256: str, is_personal: bool) -> bool:
        if not path.is_file():
            return False
        if not is_personal:
            return sha256_of(path) == sha256
        try:
            data = decrypt(self._base.key("received"), path.read_bytes(), sha256)
        except StoreError:
            return False
        return hashlib.sha256(data).hexdigest() == sha256

    def _record(self, digest: str, path: Path, n_bytes: int, is_personal: bool) -> None:
        row = {
            "sha256": digest,
            "suffix": path.suffix.lower(),
            "file_name": path.name,
            "n_bytes": n_bytes,
            "is_personal": is_personal,
            "discard_reason": "",
            "created": self._base.log.now(),
        }
        with self._base.ledger.write() as connection:
            connection.execute(delete(kept_files).where(kept_files.c.sha256 == digest))
            connection.execute(insert(kept_files), row)
            self._log(connection, digest, FileKept(n_bytes))

    def _log(self, connection: Connection, sha256: str, act: FileKept | FileDiscarded) -> None:
        self._base.log.append(connection, sha256, act, sealed={"file": {"sha256": sha256}})

    def _row(self, sha256: str) -> Row[Any] | None:
        with self._base.ledger.read() as connection:
            return connection.execute(select(kept_files).where(kept_files.c.sha256 == sha256)).first()

    def _target(self, sha256: str, suffix: str, is_personal: bool) -> Path:
        ending = f"{suffix}.sealed" if is_personal else suffix
        return self._folder / sha256[:2] / f"{sha256}{ending}"
