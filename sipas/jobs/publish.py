"""Draft and release of a round's results: one person proposes, another one approves, the log head is printed."""

from __future__ import annotations

from sipas.jobs.desk import Desk
from sipas.store.releases import Release
from sipas.store.signing import Signature
from sipas.store.workspace import Workspace

_OUTPUTS = {
    "workbook": ("workbook", "workbook.xlsx"),
    "results": ("merge", "results"),
    "unit_sheets": ("merge", "unit_sheets"),
    "index_scores": ("score", "index_scores"),
}


def draft_release(ws: Workspace, round_id: str) -> Release:
    """Propose the current results for release, as the workspace's actor; the same results give the same draft.

    Writes the record of the draft. Raises StoreError `jobs.step_first`, `jobs.step_stale`,
    `store.no_person`.
    """
    desk = Desk(ws, round_id)
    outputs = {name: desk.sha(step, output) for name, (step, output) in _OUTPUTS.items()}
    with ws.ledger.write() as connection:
        made = ws.releases.draft(connection, round_id, outputs)
    _write_record(ws, made)
    return made


def release(ws: Workspace, round_id: str, release_no: int, signature: Signature) -> Release:
    """Release a draft as another person than its proposer, by passphrase or signed document; writes the record.

    Raises StoreError `store.no_release`, `store.release_old`, `store.same_person`, `store.bad_passphrase`.
    """
    with ws.ledger.write() as connection:
        made = ws.releases.release(connection, round_id, release_no, signature)
    _write_record(ws, made)
    return made


def _write_record(ws: Workspace, made: Release) -> None:
    """The record of a release as plain text: what, its hashes, who, and the head of the log to be printed."""
    states = {"draft": "Dự thảo", "released": "Đã công bố"}
    lines = [
        f"BIÊN BẢN CÔNG BỐ KẾT QUẢ - {made.round_id}",
        f"Lần: {made.release_no}",
        f"Trạng thái: {states[made.state]}",
        f"Người đề nghị: {made.proposer}",
        f"Người duyệt: {made.approver or '(chưa có)'}",
        f"Đầu nhật ký: {made.log_head or '(có khi công bố)'}",
        "",
        "Tệp và bảng (SHA-256):",
        *(f"  {name}: {sha256}" for name, sha256 in sorted(made.outputs.items())),
    ]
    name = f"{made.round_id}/cong-bo-{made.release_no:02d}.txt"
    ws.outputs.write_bytes(name, ("\n".join(lines) + "\n").encode("utf-8"))
