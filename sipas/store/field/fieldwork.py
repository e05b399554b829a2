"""Fieldwork: interviewers, assignments and focal points of an instrument, encrypted: they name people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from errors import StoreError
from sipas.store.field.personal import PersonalFiles, text_table
from sipas.store.ledger.base import Base
from sipas.store.rounds.instruments import Instrument

if TYPE_CHECKING:
    import pandas as pd

TABLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "fieldworkers": ("fieldworker_id", "name", "phone", "conductor_id", "unit_ids"),
        "assignments": ("case_id", "fieldworker_id"),
        "focal_points": ("unit_id", "name", "phone", "email"),
    }
)


class Fieldwork:
    """Who does the fieldwork of the instruments of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._files = PersonalFiles(base, "fieldwork", "{kind}-{mark}.sealed")

    def save(self, instrument: Instrument, what: str, frame: pd.DataFrame) -> bool:
        """Make `frame` (text columns of TABLES[what]) the table of the instrument; False when it is already.

        The ledger tells how many rows, not whose. StoreError `store.fieldwork_columns`.
        """
        from sipas.canonical import content_sha256

        if sorted(frame.columns) != sorted(TABLES[what]):
            got, expected = ", ".join(map(str, frame.columns)), ", ".join(TABLES[what])
            raise StoreError("store.fieldwork_columns", where=what, got=got, expected=expected)
        table = text_table(frame, TABLES[what])
        mark = self._files.mark(content_sha256(table))
        with self._base.locks.hold("fieldwork"):
            if mark == self._files.mark_in_force(instrument.public_id, what):
                return False
            self._files.save(instrument.public_id, what, mark, table)
        return True

    def read(self, instrument: Instrument, what: str) -> pd.DataFrame:
        """The table of the instrument, without rows before the first import. StoreError `store.sealed_damaged`."""
        import pandas as pd

        from sipas.canonical import to_frame

        table = self._files.read(instrument.public_id, what)
        return pd.DataFrame(columns=list(TABLES[what]), dtype="str") if table is None else to_frame(table)
