"""Draft and release of a round's results: one person proposes, another one approves, the log head is printed."""

from __future__ import annotations

import json
from pathlib import Path

from sipas.entries import head_text
from sipas.jobs.desk import Desk
from sipas.store.clock import local_day
from sipas.store.releases import Release
from sipas.store.signing import Signature
from sipas.store.workspace import Workspace

_ACTIONS = {"draft": "draft", "released": "release"}
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
    release_record(ws, made)
    return made


def release(ws: Workspace, round_id: str, release_no: int, signature: Signature) -> Release:
    """Release a draft as another person than its proposer, by passphrase or signed document.

    Writes the record and a copy of the workbook as released, which later exports leave alone.
    Raises StoreError `store.no_release`, `store.release_old`, `store.same_person`, `store.bad_passphrase`.
    """
    with ws.ledger.write() as connection:
        made = ws.releases.release(connection, round_id, release_no, signature)
    book = ws.snapshots.read_bytes(made.outputs["workbook"])
    ws.outputs.write_bytes(f"{round_id}/cong-bo-{release_no:02d}-ket-qua-{round_id}.xlsx", book)
    release_record(ws, made)
    return made


def release_record(ws: Workspace, made: Release) -> Path:
    """The record of a release as plain text: what, its hashes, who, when, and the head of the log to be printed.

    The head is the entry of the release itself, so that a log cut behind the printed paper is found.
    """
    states = {"draft": "Dự thảo", "released": "Đã công bố"}
    names = {
        "workbook": "Bảng kết quả Excel",
        "results": "Kết quả xếp hạng",
        "unit_sheets": "Phiếu điểm",
        "index_scores": "Giá trị chỉ số điều tra",
    }
    own = [one for one in ws.audit.entries(made.round_id) if one.action == f"releases.{_ACTIONS[made.state]}"]
    entry = next(one for one in own if json.loads(one.body)["release_no"] == made.release_no)
    lines = [
        f"BIÊN BẢN CÔNG BỐ KẾT QUẢ - {made.round_id}",
        f"Lần: {made.release_no}",
        f"Trạng thái: {states[made.state]}",
        f"Ngày (giờ Việt Nam): {local_day(entry.at)}",
        f"Người đề nghị: {made.proposer}",
        f"Người duyệt: {made.approver or '(chưa có)'}",
        f"Đầu nhật ký: {head_text(entry)}",
        "",
        "Tệp và bảng (SHA-256):",
        *(f"  {names[name]}: {sha256}" for name, sha256 in sorted(made.outputs.items())),
    ]
    name = f"{made.round_id}/cong-bo-{made.release_no:02d}.txt"
    return ws.outputs.write_bytes(name, ("\n".join(lines) + "\n").encode("utf-8"))
