"""Appraised inputs: every entry stays; a correction is a new entry that another person approved."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, select

from errors import Fault, FaultsFound, StoreError
from sampling.numbers import canonical_json
from sipas.acts import PointsCorrected, PointsEntered
from sipas.store.ledger.base import Base
from sipas.store.ledger.engine import insert_rows
from sipas.store.ledger.frames import plain_columns, query_frame
from sipas.store.ledger.schema import APPRAISAL_STAGES
from sipas.store.ledger.schema import appraisal_entries as entries
from sipas.store.office.approvals import Approvals

if TYPE_CHECKING:
    import pandas as pd

KEY: Final = ["unit_id", "criterion_code", "appraisal_stage"]
CONTENT: Final = [
    "choice_code",
    "value",
    "numerator",
    "denominator",
    "option_counts",
    "leaf_status",
    "evidence_id",
    "entered_by",
    "reason",
]
_Rows = Mapping[tuple[str, ...], tuple[Any, ...]]


class Appraisals:
    """Appraisal entries of one workspace, by round and rulebook."""

    def __init__(self, base: Base, approvals: Approvals) -> None:
        self._base = base
        self._approvals = approvals

    def add(self, connection: Connection, round_id: str, rulebook_id: str, inputs: pd.DataFrame) -> int:
        """Enter inputs (columns of KEY and CONTENT, text, null where nothing is given); returns how many are new.

        The same inputs again add nothing. FaultsFound `store.entry_differs` names every input that is entered with
        another content: that is a correction.
        """
        given, stored = _rows(inputs), self._known(connection, round_id, rulebook_id)
        differing = [key for key, content in given.items() if key in stored and stored[key][1:] != content]
        if differing:
            faults = [Fault("store.entry_differs", rulebook_id, column=" / ".join(key)) for key in differing]
            raise FaultsFound("store.entries_differ", faults, where=rulebook_id)
        new = {key: content for key, content in given.items() if key not in stored}
        self._insert(connection, PointsEntered, (round_id, rulebook_id), new, stored)
        return len(new)

    def correct(self, connection: Connection, round_id: str, rulebook_id: str, inputs: pd.DataFrame) -> int:
        """Enter corrections that were approved (action "appraisal.correct", subject the rulebook, payload of these
        very inputs); returns how many entries were added, 0 when all stand so already. StoreError
        `store.not_approved`."""
        given, stored = _rows(inputs), self._known(connection, round_id, rulebook_id)
        changed = {key: content for key, content in given.items() if key not in stored or stored[key][1:] != content}
        if changed:
            payload = self.payload(inputs)
            self._approvals.use(connection, round_id, "appraisal.correct", rulebook_id, payload)
        self._insert(connection, PointsCorrected, (round_id, rulebook_id), changed, stored)
        return len(changed)

    def payload(self, inputs: pd.DataFrame) -> str:
        """SHA-256 of inputs in any order of rows: what a proposal of a correction names."""
        rows = [[*key, *content] for key, content in _rows(inputs).items()]
        return hashlib.sha256(canonical_json(rows).encode()).hexdigest()

    def read(self, round_id: str, rulebook_id: str) -> pd.DataFrame:
        """Newest entry of every unit, criterion and stage: columns of KEY and CONTENT, sorted by key."""
        newest = self.history(round_id, rulebook_id).drop_duplicates(KEY, keep="last", ignore_index=True)
        return newest[KEY + CONTENT]

    def history(self, round_id: str, rulebook_id: str) -> pd.DataFrame:
        """All entries in order: columns of KEY, entry_no, CONTENT, log_seq (number of the log entry)."""
        columns = [entries.c[name] for name in [*KEY, "entry_no", *CONTENT, "log_seq"]]
        same = (entries.c.round_id == round_id) & (entries.c.rulebook_id == rulebook_id)
        query = select(*columns).where(same).order_by(*(entries.c[name] for name in [*KEY, "entry_no"]))
        with self._base.ledger.read() as connection:
            return query_frame(connection, query)

    def _known(self, connection: Connection, round_id: str, rulebook_id: str) -> _Rows:
        """Key -> (entry_no, content...) of the newest entries."""
        columns = [entries.c[name] for name in [*KEY, "entry_no", *CONTENT]]
        same = (entries.c.round_id == round_id) & (entries.c.rulebook_id == rulebook_id)
        rows = connection.execute(select(*columns).where(same).order_by(entries.c.entry_no))
        return {tuple(row[: len(KEY)]): tuple(row[len(KEY) :]) for row in rows}

    def _insert(
        self, connection: Connection, kind: type[PointsEntered], place: Sequence[str], new: _Rows, stored: _Rows
    ) -> None:
        if not new:
            return
        seq = self._base.log.next_seq(connection)
        numbers = [stored[key][0] + 1 if key in stored else 1 for key in new]
        cells = [(*key, *content) for key, content in new.items()]
        columns = dict(zip(KEY + CONTENT, zip(*cells, strict=True), strict=True))
        constant = {"round_id": place[0], "rulebook_id": place[1], "log_seq": seq}
        repeated = {name: [value] * len(new) for name, value in constant.items()}
        insert_rows(connection, entries, {**repeated, **columns, "entry_no": numbers})
        self._base.log.append(connection, place[0], kind(place[1], len(new)), sealed={"appraisals": {"log_seq": seq}})


def _rows(inputs: pd.DataFrame) -> _Rows:
    """Key -> content of each input, sorted by key. FaultsFound `store.entries_twice` for repeated keys; StoreError
    `store.appraisal_stage` for a stage that there is not."""
    columns = plain_columns(inputs, KEY + CONTENT, "appraisal_entries")
    keys = list(zip(*(columns[name] for name in KEY), strict=True))
    unknown = sorted(set(columns["appraisal_stage"]) - set(APPRAISAL_STAGES))
    if unknown:
        raise StoreError("store.appraisal_stage", got=unknown[0], expected=" | ".join(APPRAISAL_STAGES))
    repeated = inputs.duplicated(KEY)
    if repeated.any():
        twice = [key for key, again in zip(keys, repeated, strict=True) if again]
        raise FaultsFound("store.entries_twice", [Fault("store.entry_twice", column=" / ".join(key)) for key in twice])
    contents = zip(*(columns[name] for name in CONTENT), strict=True)
    return dict(sorted(zip(keys, contents, strict=True)))
