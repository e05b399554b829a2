"""Contacts: names, phones and addresses, encrypted, apart from everything else, used only to make lists.

One table per instrument: the contacts of the frame in force. Those of an earlier frame are dropped and come again with
their file. A person erased for good is another matter: a keyed hash of the id stays in the ledger, and no import brings
the contact back.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select

from errors import StoreError
from sipas.acts import ContactsForgotten
from sipas.store.field.personal import PersonalFiles, text_table
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import erased_contacts
from sipas.store.rounds.instruments import Instrument

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

COLUMNS: Final = ("frame_unit_id", "name", "phone", "address")
_CONTACTS: Final = "contacts"  # also the subject of log entries that concern every instrument


class Contacts:
    """Contact store of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self.files = PersonalFiles(base, _CONTACTS, "{mark}.contacts")

    def save(self, instrument: Instrument, frame: pd.DataFrame, source: str) -> bool:
        """Make `frame` the contacts of the instrument instead of all earlier ones, save people erased for good.

        frame: text columns frame_unit_id, name, phone, address (missing parts as ""); source: what they came from
        (the same source, the same contacts). False when they are there already. StoreError `store.contact_columns`.
        """
        public_id, mark = instrument.public_id, self.files.mark(source)
        with self._base.locks.hold(_CONTACTS):
            if self.files.is_in_force(public_id, _CONTACTS, mark):
                self.files.sweep(public_id, _CONTACTS)
                return False
            self.files.save(public_id, _CONTACTS, mark, self._without_erased(public_id, _table(frame)))
        return True

    def sweep(self, instrument: Instrument) -> None:
        """Remove what a broken-off `save` left: contacts of earlier frames, which nobody can read any more."""
        with self._base.locks.hold(_CONTACTS):
            self.files.sweep(instrument.public_id, _CONTACTS)

    def is_kept(self, instrument: Instrument, source: str) -> bool:
        """Whether the contacts in force came from `source`."""
        return self.files.is_in_force(instrument.public_id, _CONTACTS, self.files.mark(source))

    def read(self, instrument: Instrument, frame_unit_ids: Sequence[str]) -> pd.DataFrame:
        """Contacts of the given ids in their order; ids without contact are left out.

        StoreError `store.sealed_damaged`, also when the file is lost: importing the frame again makes it anew.
        """
        import pandas as pd
        import pyarrow as pa
        import pyarrow.compute as pc

        from sipas.canonical import to_frame

        table = self.files.read(instrument.public_id, _CONTACTS)
        if table is None:
            return pd.DataFrame(columns=list(COLUMNS), dtype="str")
        wanted = table.filter(pc.is_in(table["frame_unit_id"], pa.array(list(frame_unit_ids), pa.string())))
        contacts = to_frame(self._without_erased(instrument.public_id, wanted)).set_index("frame_unit_id")
        present = [frame_unit_id for frame_unit_id in frame_unit_ids if frame_unit_id in contacts.index]
        return contacts.loc[present].reset_index().rename(columns={"index": "frame_unit_id"})

    def erase(self, frame_unit_ids: Collection[str], *, instrument: Instrument | None = None) -> int:
        """Remove people's contacts for good, from one instrument or from all, later ones too; returns rows removed.

        The ledger keeps hashes of the ids that nobody can test without the key, and how many rows left which file: not
        whose. They are entered first: a call broken off after that has erased, only the file is still to be rewritten.
        """
        removed = 0
        with self._base.locks.hold(_CONTACTS):
            self._enter_erased(instrument.public_id if instrument else "", frame_unit_ids)
            for public_id in self.files.public_ids():
                self.files.sweep(public_id, _CONTACTS)
            for public_id in self.files.public_ids():
                if instrument is None or public_id == instrument.public_id:
                    removed += self._rewrite(public_id)
        return removed

    def _rewrite(self, public_id: str) -> int:
        """Write a table without the people erased; returns rows removed."""
        table = self.files.read(public_id, _CONTACTS)
        if table is None:
            return 0
        kept = self._without_erased(public_id, table)
        n_erased: int = table.num_rows - kept.num_rows
        if n_erased:
            mark = self.files.mark_in_force(public_id, _CONTACTS)
            self.files.save(public_id, _CONTACTS, mark, kept, n_erased=n_erased)
        return n_erased

    def _erased(self, public_id: str) -> set[str]:
        """Keyed hashes of the ids erased from this instrument or from all."""
        query = select(erased_contacts.c.id_hash).where(erased_contacts.c.public_id.in_({public_id, ""}))
        with self._base.ledger.read() as connection:
            return set(connection.scalars(query))

    def _enter_erased(self, public_id: str, frame_unit_ids: Collection[str]) -> None:
        hashes = {self._hashed(frame_unit_id) for frame_unit_id in frame_unit_ids}
        fresh = sorted(hashes - self._erased(public_id))
        if fresh:
            with self._base.ledger.write() as connection:
                seq = self._base.log.next_seq(connection)
                rows = [{"public_id": public_id, "id_hash": id_hash, "log_seq": seq} for id_hash in fresh]
                connection.execute(insert(erased_contacts), rows)
                sealed = {"erased": {"log_seq": seq}}
                self._base.log.append(connection, public_id or _CONTACTS, ContactsForgotten(fresh), sealed=sealed)

    def _without_erased(self, public_id: str, table: pa.Table) -> pa.Table:
        import pyarrow as pa

        erased = self._erased(public_id)
        if not erased:
            return table
        ids = table["frame_unit_id"].to_pylist()
        return table.filter(pa.array([self._hashed(frame_unit_id) not in erased for frame_unit_id in ids], pa.bool_()))

    def _hashed(self, frame_unit_id: str) -> str:
        return self.files.hashed("erased", frame_unit_id)


def _table(frame: pd.DataFrame) -> pa.Table:
    if sorted(frame.columns) != sorted(COLUMNS):
        expected = ", ".join(COLUMNS)
        raise StoreError("store.contact_columns", where=_CONTACTS, got=len(frame.columns), expected=expected)
    return text_table(frame, COLUMNS)
