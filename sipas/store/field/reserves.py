"""Reserves released and cases withdrawn, in draw order only: proposed by one person, approved by another.

A proposal has one line per stratum. Approving numbers the lines, changes the cases and uses the approval up, all in one
transaction; a stratum whose state moved since the proposal makes the approval fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from errors import StoreError
from sampling.numbers import canonical_json, sha256_hex
from sipas.acts import ReservesApproved, ReservesProposed
from sipas.cells.text import says_something
from sipas.store.field.cases import Cases
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import approvals, reserve_changes
from sipas.store.office.approvals import Approval, Approvals
from sipas.store.office.signing import Signature
from sipas.store.rounds.instruments import Instrument, same

ACTION = "reserves.change"


@dataclass(frozen=True)
class ReserveLine:
    """Cases first_order..last_order of a stratum, to be released or withdrawn."""

    stratum_id: str
    kind: str
    first_order: int
    last_order: int


@dataclass(frozen=True)
class ReserveChange:
    """A line with its decision. change_no is 0 and decided_at "" until it is approved; state is the approval's."""

    approval_no: int
    stratum_id: str
    kind: str
    first_order: int
    last_order: int
    reason: str
    change_no: int
    decided_at: str
    state: str
    proposer: str
    approver: str


class Reserves:
    """Reserve changes of the instruments of one workspace."""

    def __init__(self, base: Base, approvals_book: Approvals, cases: Cases) -> None:
        self._base = base
        self._approvals = approvals_book
        self._cases = cases

    def propose(
        self, connection: Connection, instrument: Instrument, lines: Sequence[ReserveLine], reason: str
    ) -> tuple[ReserveChange, ...]:
        """Propose changes, as the workspace's actor; the same open proposal is given back.

        StoreError `store.no_reason`, `store.no_person`.
        """
        if not says_something(reason):
            raise StoreError("store.no_reason", where=instrument.public_id)
        payload = _payload(lines, reason)
        approval = self._approvals.propose(connection, instrument.round_id, ACTION, _subject(instrument), payload)
        stored_lines = [line for line in self._all(connection, instrument) if line.approval_no == approval.approval_no]
        if not stored_lines:
            place = {**instrument.key, "approval_no": approval.approval_no, "reason": reason}
            rows = [{**place, **asdict(line), "change_no": 0, "decided_at": ""} for line in lines]
            connection.execute(insert(reserve_changes), rows)
            self._log(connection, instrument, ReservesProposed(approval.approval_no))
        return tuple(line for line in self._all(connection, instrument) if line.approval_no == approval.approval_no)

    def approve(
        self,
        connection: Connection,
        instrument: Instrument,
        approval_no: int,
        signature: Signature,
        decision: tuple[str, Mapping[ReserveLine, Sequence[str]]],
    ) -> tuple[ReserveChange, ...]:
        """Approve a proposal as another person and carry it out.

        decision: when (ISO with offset), and the case ids of every line, which the caller has checked against the
        state of the strata. StoreError `store.no_approval`, `store.approval_decided` and those of `Signers.sign`.
        """
        approval_lines = [line for line in self._all(connection, instrument) if line.approval_no == approval_no]
        if not approval_lines:
            raise StoreError("store.no_approval", where=str(approval_no))
        if approval_lines[0].state == "used":
            return tuple(approval_lines)
        decided_at, cases_of = decision
        lines = [_line(line) for line in approval_lines]
        self._approvals.approve(connection, approval_no, signature)
        payload = _payload(lines, approval_lines[0].reason)
        self._approvals.use(connection, instrument.round_id, ACTION, _subject(instrument), payload)
        own_rows = same(reserve_changes, instrument)
        number = connection.scalar(select(func.max(reserve_changes.c.change_no)).where(*own_rows)) or 0
        for offset, line in enumerate(lines, start=1):
            self._cases.set_issued(connection, instrument, cases_of[line], is_issued=line.kind == "release")
            this = (reserve_changes.c.approval_no == approval_no, reserve_changes.c.stratum_id == line.stratum_id)
            values = {"change_no": number + offset, "decided_at": decided_at}
            connection.execute(update(reserve_changes).where(*own_rows, *this).values(values))
        self._log(connection, instrument, ReservesApproved(approval_no))
        return tuple(line for line in self._all(connection, instrument) if line.approval_no == approval_no)

    def reject(self, connection: Connection, approval_no: int, signature: Signature, reason: str) -> Approval:
        """Reject a proposal, with a reason; nothing is released."""
        return self._approvals.reject(connection, approval_no, signature, reason)

    def all(self, instrument: Instrument) -> tuple[ReserveChange, ...]:
        """Every line of every proposal of an instrument, in order of proposal and stratum."""
        with self._base.ledger.read() as connection:
            return self._all(connection, instrument)

    def carried_out(self, instrument: Instrument) -> tuple[ReserveChange, ...]:
        """The lines carried out, in the order of their numbers."""
        return tuple(sorted((line for line in self.all(instrument) if line.change_no), key=lambda line: line.change_no))

    def _all(self, connection: Connection, instrument: Instrument) -> tuple[ReserveChange, ...]:
        columns = [reserve_changes.c[name] for name in ReserveChange.__dataclass_fields__ if name in reserve_changes.c]
        query = (
            select(*columns, approvals.c.state, approvals.c.proposer, approvals.c.approver)
            .join(approvals, reserve_changes.c.approval_no == approvals.c.approval_no)
            .where(*same(reserve_changes, instrument))
            .order_by(reserve_changes.c.approval_no, reserve_changes.c.stratum_id)
        )
        return tuple(map(_change, connection.execute(query)))

    def _log(self, connection: Connection, instrument: Instrument, act: ReservesProposed | ReservesApproved) -> None:
        key = {**instrument.key, "approval_no": act.approval_no}
        self._base.log.append(connection, instrument.public_id, act, sealed={"reserves": key})


def _subject(instrument: Instrument) -> str:
    return "reserves" if instrument.is_first else f"reserves/{instrument.instrument_id}"


def _payload(lines: Sequence[ReserveLine], reason: str) -> str:
    ordered = sorted(lines, key=lambda line: line.stratum_id)
    return sha256_hex(canonical_json({"lines": [asdict(line) for line in ordered], "reason": reason}))


def _line(change: ReserveChange) -> ReserveLine:
    return ReserveLine(change.stratum_id, change.kind, change.first_order, change.last_order)


def _change(row: Row[Any]) -> ReserveChange:
    return ReserveChange(**row._mapping)
