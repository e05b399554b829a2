"""Encrypted tables of people: one file per instrument and kind, replaced whole; the ledger names the one that counts.

The name of a file holds a keyed hash of what it came from, and its content is bound to its name: a file put in the
place of another is not read, and a broken-off call leaves the earlier table in force.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from errors import StoreError
from sipas.acts import ContactsErased, ContactsSaved, FieldworkErased, FieldworkSaved, PersonalSaved
from sipas.store.disk.atomic import sweep_temporaries, write_whole
from sipas.store.disk.cipher import decrypt, encrypt
from sipas.store.disk.names import check_relative
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import personal_files

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_ACTS: Final[Mapping[str, tuple[type[PersonalSaved], type[PersonalSaved]]]] = {
    "contacts": (ContactsSaved, ContactsErased),
    "fieldwork": (FieldworkSaved, FieldworkErased),
}


class PersonalFiles:
    """Encrypted tables of one subject ("contacts", "fieldwork"), which names their folder, keys and log entries.

    file_name: with {kind} and {mark}. An instrument is named by its public id, as are the folders and log entries.
    """

    def __init__(self, base: Base, subject: str, file_name: str) -> None:
        self._base = base
        self._subject = subject
        self._file_name = file_name
        self._folder = base.root / subject

    def hashed(self, purpose: str, text: str) -> str:
        """Hash of a text that nobody can test without the key."""
        return hmac.digest(self._base.key(f"{self._subject}.{purpose}"), text.encode(), "sha256").hex()

    def mark(self, source: str) -> str:
        """What a file made from `source` is called."""
        return self.hashed("mark", source)[:32]

    def mark_in_force(self, public_id: str, kind: str) -> str:
        """Mark of the file that counts, "" before the first."""
        same = (personal_files.c.public_id == public_id, personal_files.c.kind == kind)
        query = select(personal_files.c.file_mark).where(*same).order_by(personal_files.c.log_seq.desc()).limit(1)
        with self._base.ledger.read() as connection:
            return connection.scalar(query) or ""

    def is_in_force(self, public_id: str, kind: str, mark: str) -> bool:
        """Whether this is the file that counts, and is there."""
        return mark == self.mark_in_force(public_id, kind) and self._path(public_id, kind, mark).is_file()

    def read(self, public_id: str, kind: str) -> pa.Table | None:
        """The table in force, None before the first. StoreError `store.sealed_damaged`, also when the file is lost."""
        from sipas.canonical import read_parquet

        mark = self.mark_in_force(public_id, kind)
        if not mark:
            return None
        path = self._path(public_id, kind, mark)
        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise StoreError("store.sealed_damaged", where=self._place(path)) from error
        return read_parquet(decrypt(self._base.key(self._subject), sealed, self._place(path)))

    def save(self, public_id: str, kind: str, mark: str, table: pa.Table, *, n_erased: int = 0) -> None:
        """Put a table in force and remove earlier ones: who is no longer in it is forgotten. The ledger tells how many
        rows it has, or how many were erased from it, not whose."""
        self.write(public_id, kind, mark, table)
        self.enter(public_id, kind, mark, table.num_rows, n_erased)
        self.sweep(public_id, kind)

    def write(self, public_id: str, kind: str, mark: str, table: pa.Table) -> None:
        """Write the file, which counts once it is entered."""
        from sipas.canonical import parquet_bytes

        path = self._path(public_id, kind, mark)
        sealed = encrypt(self._base.key(self._subject), parquet_bytes(table), self._place(path))
        write_whole(path, sealed, mode=0o600)

    def enter(self, public_id: str, kind: str, mark: str, n_rows: int, n_erased: int) -> None:
        """Enter a file in the ledger and the log."""
        place = {"public_id": public_id, "kind": kind, "file_mark": mark}
        saved, erased = _ACTS[self._subject]
        act = (erased if n_erased else saved)(mark, n_erased or n_rows, "" if kind == self._subject else kind)
        with self._base.ledger.write() as connection:
            seq = self._base.log.next_seq(connection)
            row = {**place, "n_rows": n_rows, "n_erased": n_erased, "log_seq": seq}
            connection.execute(insert(personal_files), row)
            self._base.log.append(connection, public_id, act, sealed={"personal": {"log_seq": seq}})

    def sweep(self, public_id: str, kind: str) -> None:
        """Remove what is not in force: earlier tables, and what a broken-off call left."""
        kept = self._path(public_id, kind, self.mark_in_force(public_id, kind))
        sweep_temporaries(kept.parent)
        for path in kept.parent.glob(self._file_name.format(kind=kind, mark="*")):
            if path != kept:
                path.unlink(missing_ok=True)

    def public_ids(self) -> list[str]:
        """Instruments that have a file on disk."""
        files = self._folder.rglob(self._file_name.format(kind="*", mark="*"))
        return sorted({path.parent.relative_to(self._folder).as_posix() for path in files})

    def _path(self, public_id: str, kind: str, mark: str) -> Path:
        name = self._file_name.format(kind=kind, mark=mark)
        return self._folder.joinpath(*check_relative(public_id).parts, name)

    def _place(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()


def text_table(frame: pd.DataFrame, columns: Sequence[str]) -> pa.Table:
    """Columns of text sorted by all of them, missing cells as ""."""
    import pyarrow as pa

    from sipas.canonical import canonical_table

    texts = frame[list(columns)].astype("str").fillna("").sort_values(list(columns), ignore_index=True)
    return canonical_table(pa.Table.from_pandas(texts, preserve_index=False))
