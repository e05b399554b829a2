"""Contacts: names, phones and addresses, encrypted, apart from everything else, used only to make lists.

One sealed file per instrument: the contacts of the frame in force, replaced whole. Its name holds a keyed hash of what
it came from, and the log names the one that counts: contacts of an earlier frame are dropped and come again with their
file. A person erased for good is another matter: a keyed hash of the id stays in the log, and no import brings the
contact back.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from errors import StoreError
from sipas.store.disk.atomic import sweep_temporaries, write_whole
from sipas.store.disk.cipher import decrypt, encrypt
from sipas.store.disk.names import check_relative
from sipas.store.ledger.base import Base
from sipas.store.rounds.instruments import Instrument

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COLUMNS: Final = ("frame_unit_id", "name", "phone", "address")
_SAVE, _FORGET = "contacts.save", "contacts.forget"
_EVERYWHERE: Final = "contacts"  # subject of entries that concern every instrument


class Contacts:
    """Contact store of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "contacts"

    def save(self, instrument: Instrument, frame: pd.DataFrame, source: str) -> bool:
        """Make `frame` the contacts of the instrument instead of all earlier ones, save people erased for good.

        frame: text columns frame_unit_id, name, phone, address (missing parts as ""); source: what they came from
        (the same source, the same contacts). False when they are there already. StoreError `store.contact_columns`.
        """
        with self._base.locks.hold("contacts"):
            is_new = not self.is_kept(instrument, source)
            path = self._path(instrument.public_id, self._hashed("contacts.mark", source)[:32])
            if is_new:
                table = self._without_erased(instrument.public_id, _table(frame))
                self._write(path, table)
                self._log(_SAVE, path, table.num_rows)
            self._sweep(path.parent)
        return is_new

    def sweep(self, instrument: Instrument) -> None:
        """Remove what a broken-off `save` left: contacts of earlier frames, which nobody can read any more."""
        with self._base.locks.hold("contacts"):
            self._sweep(self._home(instrument.public_id))

    def is_kept(self, instrument: Instrument, source: str) -> bool:
        """Whether the contacts in force came from `source`."""
        mark = self._hashed("contacts.mark", source)[:32]
        return mark == self._in_force(instrument.public_id) and self._path(instrument.public_id, mark).is_file()

    def read(self, instrument: Instrument, frame_unit_ids: Sequence[str]) -> pd.DataFrame:
        """Contacts of the given ids in their order; ids without contact are left out.

        StoreError `store.sealed_damaged`, also when the file is lost: importing the frame again makes it anew.
        """
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        from sipas.canonical import to_frame

        mark = self._in_force(instrument.public_id)
        if not mark:
            return pd.DataFrame(columns=list(COLUMNS), dtype="str")
        table = self._read(self._path(instrument.public_id, mark))
        wanted = pa.array(list(frame_unit_ids), pa.string())
        asked = table.filter(pc.is_in(table["frame_unit_id"], wanted))
        found = to_frame(self._without_erased(instrument.public_id, asked)).set_index("frame_unit_id")
        present = [one for one in frame_unit_ids if one in found.index]
        return found.loc[present].reset_index().rename(columns={"index": "frame_unit_id"})

    def erase(self, frame_unit_ids: Collection[str], *, instrument: Instrument | None = None) -> int:
        """Remove people's contacts for good, from one instrument or from all, later ones too; returns rows removed.

        The log keeps hashes of the ids that nobody can test without the key, and how many rows left which file: not
        whose. They are entered first: a call broken off after that has erased, only the file is still to be rewritten.
        """
        removed = 0
        with self._base.locks.hold("contacts"):
            public_id = instrument.public_id if instrument else ""
            self._log_erased(public_id, frame_unit_ids)
            found = self._home(public_id).glob("*.contacts") if public_id else self._folder.rglob("*.contacts")
            for path in sorted(found):
                table = self._read(path)
                kept = self._without_erased(self._owner(path), table)
                if kept.num_rows < table.num_rows:
                    self._write(path, kept)
                    self._log("contacts.erase", path, table.num_rows - kept.num_rows)
                    removed += table.num_rows - kept.num_rows
        return removed

    def _in_force(self, public_id: str) -> str:
        """Mark of the file that counts, "" before the first."""
        entries = self._base.log.entries(public_id)
        return next((str(json.loads(one.body)["file"]) for one in reversed(entries) if one.action == _SAVE), "")

    def _sweep(self, folder: Path) -> None:
        sweep_temporaries(folder)
        kept = self._in_force(folder.relative_to(self._folder).as_posix())
        for path in folder.glob("*.contacts"):
            if path.stem != kept:
                path.unlink(missing_ok=True)

    def _erased(self, public_id: str) -> set[str]:
        """Keyed hashes of the ids erased from this instrument (or, for "", from all)."""
        entries = self._base.log.entries(public_id or _EVERYWHERE)
        return {one for entry in entries if entry.action == _FORGET for one in json.loads(entry.body)["ids"]}

    def _log_erased(self, public_id: str, frame_unit_ids: Collection[str]) -> None:
        hashes = {self._hashed("contacts.erased", one) for one in frame_unit_ids}
        fresh = sorted(hashes - self._erased(public_id))
        if fresh:
            with self._base.ledger.write() as connection:
                self._base.log.append(connection, _FORGET, public_id or _EVERYWHERE, {"ids": fresh})

    def _without_erased(self, public_id: str, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        erased = self._erased(public_id) | self._erased("")
        if not erased:
            return table
        ids = table["frame_unit_id"].to_pylist()
        return table.filter(pa.array([self._hashed("contacts.erased", one) not in erased for one in ids], pa.bool_()))

    def _hashed(self, purpose: str, text: str) -> str:
        return hmac.digest(self._base.key(purpose), text.encode(), "sha256").hex()

    def _path(self, public_id: str, mark: str) -> Path:
        return self._home(public_id) / f"{mark}.contacts"

    def _home(self, public_id: str) -> Path:
        return self._folder.joinpath(*check_relative(public_id).parts)

    def _owner(self, path: Path) -> str:
        """Public id of the instrument whose contacts a file holds."""
        return path.parent.relative_to(self._folder).as_posix()

    def _place(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _read(self, path: Path) -> pa.Table:
        from sipas.canonical import read_parquet

        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise StoreError("store.sealed_damaged", where=self._place(path)) from error
        return read_parquet(decrypt(self._base.key("contacts"), sealed, self._place(path)))

    def _write(self, path: Path, table: pa.Table) -> None:
        from sipas.canonical import parquet_bytes

        write_whole(path, encrypt(self._base.key("contacts"), parquet_bytes(table), self._place(path)), mode=0o600)

    def _log(self, action: str, path: Path, n_rows: int) -> None:
        body: dict[str, Any] = {"file": path.stem, "n_rows": n_rows}
        with self._base.ledger.write() as connection:
            self._base.log.append(connection, action, self._owner(path), body)


def _table(frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    from sipas.canonical import canonical_table

    if sorted(frame.columns) != sorted(COLUMNS):
        expected = ", ".join(COLUMNS)
        raise StoreError("store.contact_columns", where="contacts", got=len(frame.columns), expected=expected)
    texts = frame[list(COLUMNS)].astype("str").fillna("").sort_values(list(COLUMNS), ignore_index=True)
    return canonical_table(pa.Table.from_pandas(texts, preserve_index=False))
