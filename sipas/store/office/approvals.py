"""Proposals and their approvals. What is approved is one payload by its hash, to be used once: a changed payload, or
the same change a second time, needs a new approval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from errors import StoreError
from sipas.acts import ApprovalUsed, Approved, Proposed, Rejected
from sipas.cells.text import says_something
from sipas.store.ledger.base import Base
from sipas.store.ledger.schema import approvals
from sipas.store.office.people import People
from sipas.store.office.signing import Signature, Signers

_LIVE = ("proposed", "approved")
_ACTS = {"proposed": Proposed, "approved": Approved, "rejected": Rejected, "used": ApprovalUsed}


@dataclass(frozen=True)
class Approval:
    """A proposal and what became of it: `state` is proposed, approved, rejected or used."""

    approval_no: int
    round_id: str
    action: str
    subject: str
    payload_sha256: str
    state: str
    proposer: str
    proposed_at: str
    approver: str
    document_id: str
    decided_at: str
    reason: str


class Approvals:
    """Approvals of one workspace."""

    def __init__(self, base: Base, people: People, signers: Signers) -> None:
        self._base = base
        self._people = people
        self._signers = signers

    def propose(
        self, connection: Connection, round_id: str, action: str, subject: str, payload_sha256: str
    ) -> Approval:
        """Propose `action` ("reserves.release", "appraisal.correct") with exactly this payload.

        A proposal that waits, or is approved and not used, is given back. The proposer is the workspace's actor.
        StoreError `store.no_person`.
        """
        earlier = self._same(connection, round_id, action, subject, payload_sha256)
        if earlier is not None:
            return earlier
        proposer = self._base.log.actor
        self._people.require(connection, proposer)
        number = (connection.scalar(select(func.max(approvals.c.approval_no))) or 0) + 1
        now = self._base.log.now()
        approval = Approval(
            number, round_id, action, subject, payload_sha256, "proposed", proposer, now, "", "", "", ""
        )
        connection.execute(insert(approvals), vars(approval))
        self._log(connection, approval)
        return approval

    def approve(self, connection: Connection, approval_no: int, signature: Signature) -> Approval:
        """Approve a proposal as another person. An approved one is given back.

        StoreError `store.no_approval`, `store.approval_decided` (rejected) and those of `Signers.sign`.
        """
        return self._decide(connection, approval_no, signature, "approved", "")

    def reject(self, connection: Connection, approval_no: int, signature: Signature, reason: str) -> Approval:
        """Reject a proposal, with a reason; the same may be proposed again."""
        if not says_something(reason):
            raise StoreError("store.no_reason", where=str(approval_no))
        return self._decide(connection, approval_no, signature, "rejected", reason)

    def use(self, connection: Connection, round_id: str, action: str, subject: str, payload_sha256: str) -> Approval:
        """Use up the approval of exactly this payload, in the transaction of the change that it allows.

        StoreError `store.not_approved`.
        """
        approval = self._same(connection, round_id, action, subject, payload_sha256)
        if approval is None or approval.state != "approved":
            state = approval.state if approval else ""
            raise StoreError("store.not_approved", where=f"{round_id} {action} {subject}", got=state)
        return self._change(connection, approval, {"state": "used"})

    def find(self, round_id: str, state: str = "") -> tuple[Approval, ...]:
        """Proposals of a round, all or those in one state, in order."""
        query = select(approvals).where(approvals.c.round_id == round_id)
        if state:
            query = query.where(approvals.c.state == state)
        with self._base.ledger.read() as connection:
            return tuple(map(_approval, connection.execute(query.order_by(approvals.c.approval_no))))

    def _same(
        self, connection: Connection, round_id: str, action: str, subject: str, payload_sha256: str
    ) -> Approval | None:
        key = {"round_id": round_id, "action": action, "subject": subject, "payload_sha256": payload_sha256}
        same = [approvals.c[name] == value for name, value in key.items()]
        row = connection.execute(select(approvals).where(*same, approvals.c.state.in_(_LIVE))).first()
        return _approval(row) if row else None

    def _decide(
        self, connection: Connection, approval_no: int, signature: Signature, state: str, reason: str
    ) -> Approval:
        row = connection.execute(select(approvals).where(approvals.c.approval_no == approval_no)).first()
        if row is None:
            raise StoreError("store.no_approval", where=str(approval_no))
        if row.state == state:
            return _approval(row)
        if row.state != "proposed":
            raise StoreError("store.approval_decided", where=str(approval_no), got=row.state)
        decided = {
            "state": state,
            "approver": self._signers.sign(connection, signature, row.proposer),
            "document_id": signature.document_id,
            "decided_at": self._base.log.now(),
            "reason": reason,
        }
        return self._change(connection, _approval(row), decided)

    def _change(self, connection: Connection, approval: Approval, values: Mapping[str, Any]) -> Approval:
        same = approvals.c.approval_no == approval.approval_no
        connection.execute(update(approvals).where(same).values(values))
        changed = replace(approval, **values)
        self._log(connection, changed)
        return changed

    def _log(self, connection: Connection, approval: Approval) -> None:
        act = _ACTS[approval.state](approval.approval_no, approval.action, approval.subject, approval.payload_sha256)
        sealed = {"approval": {"approval_no": approval.approval_no}}
        self._base.log.append(connection, approval.round_id, act, sealed=sealed)


def _approval(row: Row[Any]) -> Approval:
    return Approval(**row._mapping)
