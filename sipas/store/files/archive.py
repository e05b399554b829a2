"""Second copies of what a release froze, apart from the snapshots: a lost or altered file changes no printed number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from errors import StoreError
from sipas.store.disk.atomic import sweep_temporaries, write_whole
from sipas.store.disk.names import check_segment
from sipas.store.files.snapshots import Snapshots
from sipas.store.ledger.base import Base


class Archive:
    """releases/<round>/<number>/ of one workspace: every file of the closed set under its hash."""

    def __init__(self, base: Base, snapshots: Snapshots) -> None:
        self._folder = base.root / "releases"
        self._snapshots = snapshots

    def keep(self, round_id: str, release_no: int, hashes: Iterable[str]) -> int:
        """Copy snapshots into the archive of a release; returns how many files it holds. Files that are there whole
        stay. StoreError `store.snapshot_changed`, `store.snapshot_unknown`."""
        folder = self._folder / check_segment(round_id) / f"{release_no:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        sweep_temporaries(folder)
        wanted = sorted(set(hashes))
        for sha256 in wanted:
            path = folder / sha256
            if not (path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256):
                write_whole(path, self._snapshots.read_bytes(sha256))
        return len(wanted)

    def read(self, round_id: str, release_no: int, sha256: str) -> bytes:
        """A file of a release: the snapshot, or where that is lost or altered the copy, which then heals it.

        StoreError `store.snapshot_changed` when neither is whole.
        """
        try:
            return self._snapshots.read_bytes(sha256)
        except StoreError as error:
            if error.rule != "store.snapshot_changed":
                raise
            path = self._folder / check_segment(round_id) / f"{release_no:02d}" / sha256
            data = path.read_bytes() if path.is_file() else b""
            if hashlib.sha256(data).hexdigest() != sha256:
                raise
        self._snapshots.heal(sha256, data)
        return data
