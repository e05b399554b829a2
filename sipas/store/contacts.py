"""Contacts: names, phones and addresses, encrypted, apart from everything else, used only to make lists.

One sealed file per round: the contacts of the frame in force, replaced whole. Its name holds a keyed hash of what it
came from, and the log names the one that counts: contacts of an earlier frame are dropped and come again with their
file. A person erased for good is another matter: a keyed hash of the id stays in the log, and no import brings the
contact back.
"""

from __future__ import annotations

import hmac
import json
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
_SAVE, _FORGET = "contacts.save", "contacts.forget"
_ALL_ROUNDS: Final = "contacts"  # subject of entries that concern every round


class Contacts:
    """Contact store of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "contacts"

    def save(self, round_id: str, frame: pd.DataFrame, source: str) -> bool:
        """Make `frame` the contacts of the round, instead of all earlier ones, save people who were erased for good.

        frame: text columns frame_unit_id, name, phone, address (missing parts as ""); source: what they came from
        (the same source, the same contacts). False when they are there already. StoreError `store.contact_columns`.
        """
        with self._base.locks.hold("contacts"):
            is_new = not self.is_kept(round_id, source)
            path = self._path(round_id, self._hashed("contacts.mark", source)[:32])
            if is_new:
                table = self._without_erased(round_id, _table(frame))
                self._write(path, table)
                self._log(_SAVE, path, table.num_rows)
            self._sweep(path.parent)
        return is_new

    def sweep(self, round_id: str) -> None:
        """Remove what a broken-off `save` left: contacts of earlier frames, which nobody can read any more."""
        with self._base.locks.hold("contacts"):
            self._sweep(self._folder / check_segment(round_id))

    def is_kept(self, round_id: str, source: str) -> bool:
        """Whether the contacts in force came from `source`."""
        mark = self._hashed("contacts.mark", source)[:32]
        return mark == self._in_force(round_id) and self._path(round_id, mark).is_file()

    def read(self, round_id: str, frame_unit_ids: Sequence[str]) -> pd.DataFrame:
        """Contacts of the given ids in their order; ids without contact are left out.

        StoreError `store.sealed_damaged`, also when the file is lost: importing the frame again makes it anew.
        """
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        from sipas.canonical import to_frame

        mark = self._in_force(round_id)
        if not mark:
            return pd.DataFrame(columns=list(COLUMNS), dtype="str")
        table = self._read(self._path(round_id, mark))
        wanted = pa.array(list(frame_unit_ids), pa.string())
        asked = table.filter(pc.is_in(table["frame_unit_id"], wanted))
        found = to_frame(self._without_erased(round_id, asked)).set_index("frame_unit_id")
        present = [one for one in frame_unit_ids if one in found.index]
        return found.loc[present].reset_index().rename(columns={"index": "frame_unit_id"})

    def erase(self, frame_unit_ids: Collection[str], *, round_id: str = "") -> int:
        """Remove people's contacts for good, from one round or from all, later ones too; returns the rows removed.

        The log keeps hashes of the ids that nobody can test without the key, and how many rows left which file: not
        whose. They are entered first: a call broken off after that has erased, only the file is still to be rewritten.
        """
        removed = 0
        with self._base.locks.hold("contacts"):
            self._log_erased(round_id, frame_unit_ids)
            for path in sorted(self._folder.glob(f"{check_segment(round_id) if round_id else '*'}/*.contacts")):
                table = self._read(path)
                kept = self._without_erased(path.parent.name, table)
                if kept.num_rows < table.num_rows:
                    self._write(path, kept)
                    self._log("contacts.erase", path, table.num_rows - kept.num_rows)
                    removed += table.num_rows - kept.num_rows
        return removed

    def _in_force(self, round_id: str) -> str:
        """Mark of the file that counts, "" before the first."""
        entries = self._base.audit.entries(round_id)
        return next((str(json.loads(one.body)["file"]) for one in reversed(entries) if one.action == _SAVE), "")

    def _sweep(self, folder: Path) -> None:
        sweep_temporaries(folder)
        kept = self._in_force(folder.name)
        for path in folder.glob("*.contacts"):
            if path.stem != kept:
                path.unlink(missing_ok=True)

    def _erased(self, round_id: str) -> set[str]:
        """Keyed hashes of the ids erased from this round (or, for "", from all rounds)."""
        entries = self._base.audit.entries(round_id or _ALL_ROUNDS)
        return {one for entry in entries if entry.action == _FORGET for one in json.loads(entry.body)["ids"]}

    def _log_erased(self, round_id: str, frame_unit_ids: Collection[str]) -> None:
        hashes = {self._hashed("contacts.erased", one) for one in frame_unit_ids}
        fresh = sorted(hashes - self._erased(round_id))
        if fresh:
            with self._base.ledger.write() as connection:
                self._base.audit.append(connection, _FORGET, round_id or _ALL_ROUNDS, {"ids": fresh})

    def _without_erased(self, round_id: str, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        erased = self._erased(round_id) | self._erased("")
        if not erased:
            return table
        ids = table["frame_unit_id"].to_pylist()
        return table.filter(pa.array([self._hashed("contacts.erased", one) not in erased for one in ids], pa.bool_()))

    def _hashed(self, purpose: str, text: str) -> str:
        return hmac.digest(self._base.key(purpose), text.encode(), "sha256").hex()

    def _path(self, round_id: str, mark: str) -> Path:
        return self._folder / check_segment(round_id) / f"{mark}.contacts"

    def _read(self, path: Path) -> pa.Table:
        from sipas.canonical import read_parquet

        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise StoreError("store.sealed_damaged", where=_place(path)) from error
        return read_parquet(decrypt(self._base.key("contacts"), sealed, _place(path)))

    def _write(self, path: Path, table: pa.Table) -> None:
        from sipas.canonical import parquet_bytes

        write_whole(path, encrypt(self._base.key("contacts"), parquet_bytes(table), _place(path)), mode=0o600)

    def _log(self, action: str, path: Path, n_rows: int) -> None:
        body: dict[str, Any] = {"file": path.stem, "n_rows": n_rows}
        with self._base.ledger.write() as connection:
            self._base.audit.append(connection, action, path.parent.name, body)


def _place(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


def _table(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    from sipas.canonical import canonical_table

    if sorted(frame.columns) != sorted(COLUMNS):
        expected = ", ".join(COLUMNS)
        raise StoreError("store.contact_columns", where="contacts", got=len(frame.columns), expected=expected)
    texts = frame[list(COLUMNS)].astype("str").fillna("").sort_values(list(COLUMNS), ignore_index=True)
    return canonical_table(pa.Table.from_pandas(texts, preserve_index=False))
