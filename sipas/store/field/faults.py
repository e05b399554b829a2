"""Faults found in files, kept so that a fault list can be printed again. `got` shows shapes, never raw cells."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from errors import Fault
from sampling.numbers import canonical_json
from sipas.acts import FaultsRecorded
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import faults as faults_table
from sipas.store.rounds.instruments import Instrument, same

_FIELDS = ("rule", "file", "sheet", "row", "column", "got", "expected")


class FaultList:
    """Faults by instrument and source (a batch id, or the hash of a file)."""

    def __init__(self, base: Base) -> None:
        self._base = base

    def record(self, connection: Connection, instrument: Instrument, source: str, faults: Sequence[Fault]) -> int:
        """Keep the faults of a source once; returns how many were added (0 when the source is known)."""
        recorded = select(faults_table.c.fault_no).where(
            *same(faults_table, instrument), faults_table.c.source == source
        )
        if not faults or connection.execute(recorded).first() is not None:
            return 0
        rows = [
            {
                **instrument.key,
                "source": source,
                "fault_no": number,
                **{name: getattr(fault, name) for name in _FIELDS},
                "values": canonical_json(dict(fault.values)),
            }
            for number, fault in enumerate(faults, start=1)
        ]
        connection.execute(insert(faults_table), rows)
        sealed = {"faults": {**instrument.key, "source": source}}
        self._base.log.append(connection, instrument.public_id, FaultsRecorded(source, len(rows)), sealed=sealed)
        return len(rows)

    def read(self, instrument: Instrument, source: str = "") -> tuple[Fault, ...]:
        """Faults of an instrument, or of one source of it, in the order they were found."""
        query = select(faults_table).where(*same(faults_table, instrument))
        if source:
            query = query.where(faults_table.c.source == source)
        with self._base.ledger.read() as connection:
            rows = connection.execute(query.order_by(faults_table.c.source, faults_table.c.fault_no)).all()
        fields = [{name: getattr(row, name) for name in _FIELDS} for row in rows]
        return tuple(
            Fault(**facts, values=json.loads(row._mapping["values"])) for facts, row in zip(fields, rows, strict=True)
        )
