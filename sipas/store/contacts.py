"""Contacts: names, phones and addresses, encrypted, apart from everything else, used only to make lists.

One encrypted file per import and round; later files win for the same frame_unit_id. A file's name holds its number
and a keyed hash of what was imported, so the same import again adds nothing, also after a person was erased.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sampling.errors import StoreError
from sipas.store.atomic import sweep_temporaries, write_whole
from sipas.store.base import Base
from sipas.store.cipher import decrypt, encrypt
from sipas.store.names import check_segment

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COLUMNS: Final = ("frame_unit_id", "name", "phone", "address")


class Contacts:
    """Contact store of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "contacts"

    def add(self, round_id: str, frame: pd.DataFrame) -> bool:
        """Keep the contacts of a frame: text columns frame_unit_id, name, phone, address (missing parts as "").

        False when this very import is there already. StoreError `store.contact_columns`.
        """
        from sipas.store.canonical import content_sha256

        table = _table(frame)
        content = content_sha256(table).encode()
        mark = hmac.digest(self._base.key("contacts.mark"), content, "sha256").hex()[:32]
        folder = self._folder / check_segment(round_id)
        with self._base.locks.hold("contacts"):
            if folder.is_dir():
                sweep_temporaries(folder)
            known = list(folder.glob(f"*-{mark}.contacts"))
            path = known[0] if known else folder / f"{len(self._files(round_id)) + 1:06d}-{mark}.contacts"
            if not known:
                self._write(path, table)
            if not self._is_logged(path):
                self._log("contacts.add", path, table.num_rows)
        return not known

    def read(self, round_id: str, frame_unit_ids: Sequence[str]) -> pd.DataFrame:
        """Contacts of the given ids in their order; ids without contact are left out."""
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        from sipas.store.canonical import to_frame

        wanted = pa.array(list(frame_unit_ids), pa.string())
        tables = [self._read(path) for path in self._files(round_id)]
        found = [to_frame(table.filter(pc.is_in(table["frame_unit_id"], wanted))) for table in tables]
        frames = pd.concat([pd.DataFrame(columns=list(COLUMNS), dtype="str"), *found], ignore_index=True)
        last = frames.drop_duplicates("frame_unit_id", keep="last").set_index("frame_unit_id")
        present = [one for one in frame_unit_ids if one in last.index]
        return last.loc[present].reset_index().rename(columns={"index": "frame_unit_id"})

    def erase(self, frame_unit_ids: Collection[str], *, round_id: str = "") -> int:
        """Remove contacts for good, from one round or from all; returns the number of rows removed.

        Each file is replaced whole. The log tells how many rows left which file, not whose.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        gone = pa.array(sorted(set(frame_unit_ids)), pa.string())
        removed = 0
        with self._base.locks.hold("contacts"):
            for path in self._files(round_id):
                table = self._read(path)
                kept = table.filter(pc.invert(pc.is_in(table["frame_unit_id"], gone)))
                if kept.num_rows < table.num_rows:
                    self._write(path, kept)
                    self._log("contacts.erase", path, table.num_rows - kept.num_rows)
                    removed += table.num_rows - kept.num_rows
        return removed

    def _files(self, round_id: str) -> list[Path]:
        return sorted(self._folder.glob(f"{check_segment(round_id) if round_id else '*'}/*.contacts"))

    def _read(self, path: Path) -> pa.Table:
        from sipas.store.canonical import read_parquet

        return read_parquet(decrypt(self._base.key("contacts"), path.read_bytes(), _place(path)))

    def _write(self, path: Path, table: pa.Table) -> None:
        from sipas.store.canonical import parquet_bytes

        write_whole(path, encrypt(self._base.key("contacts"), parquet_bytes(table), _place(path)), mode=0o600)

    def _is_logged(self, path: Path) -> bool:
        entries = self._base.audit.entries(path.parent.name)
        return any(entry.action == "contacts.add" and path.stem in entry.body for entry in entries)

    def _log(self, action: str, path: Path, n_rows: int) -> None:
        body: dict[str, Any] = {"file": path.stem, "n_rows": n_rows}
        with self._base.ledger.write() as connection:
            self._base.audit.append(connection, action, path.parent.name, body)


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _table(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    from sipas.store.canonical import canonical_table

    if sorted(frame.columns) != sorted(COLUMNS):
        expected = ", ".join(COLUMNS)
        raise StoreError("store.contact_columns", where="contacts", got=len(frame.columns), expected=expected)
    texts = frame[list(COLUMNS)].astype("str").fillna("").sort_values(list(COLUMNS), ignore_index=True)
    return canonical_table(pa.Table.from_pandas(texts, preserve_index=False))
