"""Fieldwork: interviewers, assignments and focal points of an instrument, encrypted: they name people.

One sealed file per table, replaced whole. Its name holds a keyed hash of its content, and the log names the one that
counts: a file put in the place of another is not read, and a broken-off call leaves the earlier table in force.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
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

TABLES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "fieldworkers": ("fieldworker_id", "name", "phone", "conductor_id", "unit_ids"),
        "assignments": ("case_id", "fieldworker_id"),
        "focal_points": ("unit_id", "name", "phone", "email"),
    }
)
_ACTION: Final = "fieldwork.save"


class Fieldwork:
    """Who does the fieldwork of the instruments of one workspace."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._folder = base.root / "fieldwork"

    def save(self, instrument: Instrument, what: str, frame: pd.DataFrame) -> bool:
        """Make `frame` (text columns of TABLES[what]) the table of the instrument; False when it is already.

        The log tells how many rows, not whose. StoreError `store.fieldwork_columns`.
        """
        from sipas.canonical import content_sha256, parquet_bytes

        table = _table(what, frame)
        mark = hmac.digest(self._base.key("fieldwork.mark"), content_sha256(table).encode(), "sha256").hex()[:32]
        with self._base.locks.hold("fieldwork"):
            if mark == self._mark(instrument, what):
                return False
            path = self._path(instrument, what, mark)
            sealed = encrypt(self._base.key("fieldwork"), parquet_bytes(table), self._place(path))
            write_whole(path, sealed, mode=0o600)
            body: dict[str, Any] = {"table": what, "file": mark, "n_rows": table.num_rows}
            with self._base.ledger.write() as connection:
                self._base.log.append(connection, _ACTION, instrument.public_id, body)
            self._sweep(path, what)
        return True

    def read(self, instrument: Instrument, what: str) -> pd.DataFrame:
        """The table of the instrument, without rows before the first import. StoreError `store.sealed_damaged`."""
        import pandas as pd

        from sipas.canonical import read_parquet, to_frame

        mark = self._mark(instrument, what)
        if not mark:
            return pd.DataFrame(columns=list(TABLES[what]), dtype="str")
        path = self._path(instrument, what, mark)
        try:
            sealed = path.read_bytes()
        except OSError as error:
            raise StoreError("store.sealed_damaged", where=self._place(path)) from error
        return to_frame(read_parquet(decrypt(self._base.key("fieldwork"), sealed, self._place(path))))

    def _mark(self, instrument: Instrument, what: str) -> str:
        """Keyed hash of the table in force, "" before the first."""
        entries = self._base.log.entries(instrument.public_id)
        bodies = [json.loads(entry.body) for entry in entries if entry.action == _ACTION]
        return next((str(body["file"]) for body in reversed(bodies) if body["table"] == what), "")

    def _path(self, instrument: Instrument, what: str, mark: str) -> Path:
        return self._folder.joinpath(*check_relative(instrument.public_id).parts, f"{what}-{mark}.sealed")

    def _place(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _sweep(self, kept: Path, what: str) -> None:
        """Remove earlier tables: who is no longer on the list is forgotten."""
        sweep_temporaries(kept.parent)
        for path in kept.parent.glob(f"{what}-*.sealed"):
            if path != kept:
                path.unlink(missing_ok=True)


def _table(what: str, frame: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    from sipas.canonical import canonical_table

    columns = list(TABLES[what])
    if sorted(frame.columns) != sorted(columns):
        got = ", ".join(map(str, frame.columns))
        raise StoreError("store.fieldwork_columns", where=what, got=got, expected=", ".join(columns))
    texts = frame[columns].astype("str").fillna("").sort_values(columns, ignore_index=True)
    return canonical_table(pa.Table.from_pandas(texts, preserve_index=False))
