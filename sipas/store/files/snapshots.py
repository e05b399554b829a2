"""Snapshots: results as files named by their hash, never changed, and real only once their ledger row is committed.

A file is written to a temporary name, fsynced and renamed; then its row is committed. A kill in between leaves a file
without a row, which `sweep` removes. Every way to the content hashes the file again first.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, func, insert, select

from errors import StoreError
from sipas.acts import SnapshotKept
from sipas.store.disk.atomic import sha256_of, sweep_temporaries, write_whole
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import snapshot_parents, snapshots

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_KIND: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,79}")


@dataclass(frozen=True)
class SnapshotRef:
    """A committed snapshot: `sha256` of the file, `content_sha256` of the table as CSV (of the bytes otherwise)."""

    sha256: str
    content_sha256: str
    kind: str
    round_id: str
    rows: int


@dataclass(frozen=True)
class Staged:
    """A file in its place that no ledger row names yet."""

    kind: str
    sha256: str
    content_sha256: str
    suffix: str
    n_rows: int
    n_bytes: int


class Snapshots:
    """Snapshots of one workspace. `round_id` is "" for what belongs to no round (pinned methodology)."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "snapshots"

    def put(self, kind: str, round_id: str, table: pa.Table, parents: Sequence[str] = ()) -> SnapshotRef:
        """Keep a table. The same table again gives the same snapshot and writes nothing."""
        return self._put(kind, round_id, table, parents)

    def put_bytes(self, kind: str, round_id: str, data: bytes) -> SnapshotRef:
        """Keep a file that is no table; its suffix comes from `kind` ("manifest.json", "workbook.xlsx")."""
        return self._put(kind, round_id, data, ())

    def is_there(self, sha256: str) -> bool:
        """Whether the file of a snapshot exists; its content is proved by `open` and `read`."""
        return self._path(sha256, self._row(sha256).suffix).is_file()

    def open(self, sha256: str) -> Path:
        """Path of a snapshot whose bytes were just hashed again.

        StoreError `store.snapshot_unknown` (no ledger row), `store.snapshot_changed` (file absent or altered).
        """
        row = self._row(sha256)
        path = self._path(sha256, row.suffix)
        found = sha256_of(path) if path.is_file() else ""
        if found != sha256:
            raise StoreError("store.snapshot_changed", where=f"{row.kind} {path.name}", got=found[:16], expected=sha256)
        return path

    def read_bytes(self, sha256: str) -> bytes:
        """Content of a snapshot; the bytes returned are the bytes that were hashed."""
        row = self._row(sha256)
        path = self._path(sha256, row.suffix)
        data = path.read_bytes() if path.is_file() else b""
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise StoreError("store.snapshot_changed", where=f"{row.kind} {path.name}", got=found[:16], expected=sha256)
        return data

    def heal(self, sha256: str, data: bytes) -> None:
        """Put the bytes of a known snapshot back in their place. `store.snapshot_changed` for other bytes."""
        row = self._row(sha256)
        found = hashlib.sha256(data).hexdigest()
        if found != sha256:
            raise StoreError("store.snapshot_changed", where=row.kind, got=found[:16], expected=sha256)
        self._place(sha256, row.suffix, data)

    def read(self, sha256: str) -> pa.Table:
        """Table of a snapshot, as canonical Arrow table."""
        from sipas.canonical import read_parquet

        return read_parquet(self.read_bytes(sha256))

    def read_frame(self, sha256: str) -> pd.DataFrame:
        """Table of a snapshot as a frame: text "str", points Decimal, whole numbers int64 (Int64 with nulls)."""
        from sipas.canonical import to_frame

        return to_frame(self.read(sha256))

    def find(self, round_id: str, kind: str) -> tuple[SnapshotRef, ...]:
        """Snapshots of a kind, oldest first. What is current is told by `steps.current_run`."""
        query = select(snapshots).where(snapshots.c.round_id == round_id, snapshots.c.kind == kind)
        with self._base.ledger.read() as connection:
            return tuple(_ref(row) for row in connection.execute(query.order_by(snapshots.c.snapshot_no)))

    def parents(self, sha256: str) -> tuple[str, ...]:
        """Hashes of everything a snapshot was made from, sorted."""
        query = (
            select(snapshot_parents.c.parent_sha256)
            .join(snapshots, snapshots.c.snapshot_no == snapshot_parents.c.snapshot_no)
            .where(snapshots.c.sha256 == sha256)
        )
        with self._base.ledger.read() as connection:
            return tuple(sorted(set(connection.scalars(query))))

    def sweep(self) -> int:
        """Remove files without a ledger row and what broken-off writers left; returns their number."""
        with self.staging():
            return self._sweep()

    def staging(self) -> AbstractContextManager[None]:
        """Held from staging files to the commit of their rows, so that no sweep takes them in between."""
        return self._base.locks.hold("snapshots")

    def stage(self, kind: str, value: pa.Table | bytes) -> Staged:
        """Put the file in its place, without a row. The caller is inside `staging()` until the commit."""
        if not _KIND.fullmatch(kind):
            raise StoreError("store.kind", where=kind, expected="a-z 0-9 _ . -")
        if isinstance(value, bytes):
            digest = hashlib.sha256(value).hexdigest()
            suffix = Path(kind).suffix or ".bin"
            self._place(digest, suffix, value)
            return Staged(kind, digest, digest, suffix, 0, len(value))
        return self._stage_table(kind, value)

    def record(
        self, connection: Connection, round_id: str, staged: Staged, parents: Sequence[str], code_sha256: str = ""
    ) -> None:
        """Make a staged file a snapshot of the round, unless it is one; the row is sealed by an entry of its own.

        code_sha256: of the code that made it, "" for what no code made (a copied folder, what the ledger said).
        """
        same = (snapshots.c.round_id == round_id) & (snapshots.c.kind == staged.kind)
        query = select(snapshots.c.snapshot_no).where(same, snapshots.c.sha256 == staged.sha256)
        if connection.execute(query).first() is not None:
            return
        number = (connection.scalar(select(func.max(snapshots.c.snapshot_no))) or 0) + 1
        made = {"snapshot_no": number, "round_id": round_id, "created": self._base.log.now()}
        connection.execute(insert(snapshots), {**vars(staged), **made, "code_sha256": code_sha256})
        rows = [{"snapshot_no": number, "parent_sha256": parent} for parent in sorted(set(parents))]
        if rows:
            connection.execute(insert(snapshot_parents), rows)
        act, key = SnapshotKept(staged.kind, staged.sha256), {"snapshot_no": number}
        self._base.log.append(connection, round_id, act, sealed={"snapshots": key, "parents": key})

    def _put(self, kind: str, round_id: str, value: pa.Table | bytes, parents: Sequence[str]) -> SnapshotRef:
        with self.staging():
            staged = self.stage(kind, value)
            with self._base.ledger.write() as connection:
                self.record(connection, round_id, staged, parents)
        return SnapshotRef(staged.sha256, staged.content_sha256, kind, round_id, staged.n_rows)

    def _stage_table(self, kind: str, table: pa.Table) -> Staged:
        from sipas.canonical import canonical_table, content_sha256, parquet_bytes

        canonical = canonical_table(table)
        data = parquet_bytes(canonical)
        digest = hashlib.sha256(data).hexdigest()
        self._place(digest, ".parquet", data)
        return Staged(kind, digest, content_sha256(canonical), ".parquet", canonical.num_rows, len(data))

    def _place(self, digest: str, suffix: str, data: bytes) -> None:
        path = self._path(digest, suffix)
        if not (path.is_file() and sha256_of(path) == digest):
            write_whole(path, data)

    def _sweep(self) -> int:
        with self._base.ledger.read() as connection:
            known = {
                sha256 + suffix for sha256, suffix in connection.execute(select(snapshots.c.sha256, snapshots.c.suffix))
            }
        removed = 0
        for folder in sorted(self._folder.glob("??")):
            removed += sweep_temporaries(folder)
            for path in folder.iterdir():
                if path.name not in known:
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed

    def _path(self, sha256: str, suffix: str) -> Path:
        return self._folder / sha256[:2] / f"{sha256}{suffix}"

    def _row(self, sha256: str) -> Row[Any]:
        query = select(snapshots).where(snapshots.c.sha256 == sha256).order_by(snapshots.c.snapshot_no)
        with self._base.ledger.read() as connection:
            row = connection.execute(query).first()
        if row is None:
            raise StoreError("store.snapshot_unknown", where=sha256[:64])
        return row


def _ref(row: Row[Any]) -> SnapshotRef:
    return SnapshotRef(row.sha256, row.content_sha256, row.kind, row.round_id, row.n_rows)
