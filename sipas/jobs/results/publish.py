"""Draft and release of a round's results: one person proposes, another one approves, the log head is printed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from errors import StoreError
from sipas.acts import Released, ReleaseDrafted, acts_of
from sipas.cells.days import local_day
from sipas.entries import Entry, dated_back, head_text
from sipas.indices import INDEX_SCORES
from sipas.jobs.results.export import shown_scores
from sipas.jobs.stepruns.changes import last_change
from sipas.jobs.stepruns.frozen import CONTENTS, contents_of, frozen_hashes
from sipas.jobs.stepruns.workbench import Workbench
from sipas.store.office.releases import Release
from sipas.store.office.signing import Signature
from sipas.store.workspace import Workspace
from sipas.trace import TRACE_TERMS, TraceTables
from sipas.words import text, word
from sipas.words.numbers import format_day, format_time

_ACTS = {"draft": ReleaseDrafted, "released": Released}
_OUTPUTS = {
    "workbook": ("workbook", "workbook.xlsx"),
    "results": ("merge", "results"),
    "unit_sheets": ("merge", "unit_sheets"),
    "traces": ("traces", "traces"),
    "trace_sections": ("traces", "trace_sections"),
    "trace_cases": ("traces", "trace_cases"),
}


def draft_release(ws: Workspace, round_id: str) -> Release:
    """Propose the current results for release, as the workspace's actor; the same results give the same draft.

    The draft names everything that a release of it freezes: outputs, pins, the runs behind them with all they read, the
    explanation of every printed number. Writes the record of the draft. Raises StoreError `jobs.step_first`,
    `jobs.step_stale`, `store.no_person`, `release.not_closed`, `release.moved` (something was entered meanwhile).
    """
    before = last_change(ws.log.entries(), round_id)
    bench = Workbench(ws, round_id)
    outputs = {name: bench.sha(step, output) for name, (step, output) in _OUTPUTS.items()}
    for instrument_bench in bench.scored():
        outputs[f"index_scores/{instrument_bench.instrument.instrument_id}"] = instrument_bench.index_scores_sha()
    contents = ws.files.snapshots.put_bytes(CONTENTS, round_id, contents_of(bench, outputs))
    outputs["trace_words"] = _words(bench)
    outputs["shown_scores"] = ws.files.snapshots.put(
        "shown_scores", round_id, INDEX_SCORES.arrow(shown_scores(bench))
    ).sha256
    with ws.ledger.write() as connection:
        if last_change(ws.log.entries_in(connection), round_id) != before:
            raise StoreError("release.moved", where=round_id)
        log_seq = ws.log.next_seq(connection) - 1
        draft = ws.office.releases.draft(connection, round_id, outputs, contents.sha256, log_seq)
    release_record(ws, draft)
    return draft


def _words(bench: Workbench) -> str:
    """The words that the codes in the explanations have today, kept with the release."""
    names = ("traces", "trace_sections", "trace_cases", "trace_terms")
    tables = TraceTables(*(bench.table("traces", name) for name in names)).with_words(word)
    return bench.ws.files.snapshots.put("trace_words", bench.round_id, TRACE_TERMS.arrow(tables.terms)).sha256


def release(ws: Workspace, round_id: str, release_no: int, signature: Signature) -> Release:
    """Release a draft as another person than its proposer, by passphrase or signed document.

    Everything it rests on is copied once more, apart from the snapshots. Writes the record and a copy of the workbook
    as released, which later exports leave alone. Raises StoreError `store.no_release`, `store.release_old`,
    `store.same_person`, `store.bad_passphrase`, `release.old_draft` (drafted by the first version of the program),
    `store.snapshot_changed`.
    """
    draft = next(
        (candidate for candidate in ws.office.releases.find(round_id) if candidate.release_no == release_no), None
    )
    if draft is not None and draft.state == "draft" and not draft.contents:
        raise StoreError("release.old_draft", where=f"{round_id} {release_no}")
    with ws.ledger.write() as connection:
        released = ws.office.releases.release(connection, round_id, release_no, signature)
        if released.contents:  # before the release counts, and after the signature was found good
            contents: Mapping[str, object] = json.loads(ws.files.snapshots.read_bytes(released.contents))
            ws.files.archive.keep(
                round_id, release_no, {released.contents, *released.outputs.values(), *frozen_hashes(contents)}
            )
    workbook = ws.files.archive.read(round_id, release_no, released.outputs["workbook"])
    ws.files.outputs.write_bytes(f"{round_id}/cong-bo-{release_no:02d}-ket-qua-{round_id}.xlsx", workbook)
    release_record(ws, released)
    return released


def release_record(ws: Workspace, this_release: Release) -> Path:
    """The record of a release as plain text: what, its hashes, who, when, reopenings before it, and the head of the log
    to be printed.

    The head is the entry of the release itself, so that a log cut behind the printed paper is found.
    """
    acts = acts_of(ws.log.entries(this_release.round_id), _ACTS[this_release.state])
    entry = next(entry for entry, act in acts if act.release_no == this_release.release_no)
    head = text(
        "release.record",
        round=this_release.round_id,
        no=str(this_release.release_no),
        state=word("release_state", this_release.state),
        day=format_day(local_day(entry.at)),
        proposer=this_release.proposer,
        approver=this_release.approver,
        log=head_text(entry),
    )
    files = (f"  {_name(name)}: {sha256}" for name, sha256 in sorted(this_release.outputs.items()))
    lines = [head, *_reopened(ws, this_release), *_dated_back(ws, entry), "", text("release.files"), *files]
    name = f"{this_release.round_id}/cong-bo-{this_release.release_no:02d}.txt"
    return ws.files.outputs.write_bytes(name, ("\n".join(lines) + "\n").encode("utf-8"))


def _reopened(ws: Workspace, this_release: Release) -> list[str]:
    """Reopenings between the release before this one and this one."""
    earlier = [
        previous
        for previous in ws.office.releases.find(this_release.round_id)
        if previous.release_no < this_release.release_no
    ]
    since = max((previous.log_seq for previous in earlier if previous.state != "draft"), default=0)
    in_between = [
        reopening
        for reopening in ws.rounds.reopenings(this_release.round_id)
        if since < reopening.log_seq <= this_release.log_seq
    ]
    return [
        text(
            "release.reopened",
            no=str(reopening.reopen_no),
            day=format_day(local_day(reopening.created)),
            until=format_day(reopening.counts_until),
            reason=reopening.reason,
        )
        for reopening in in_between
    ]


def _dated_back(ws: Workspace, last: Entry) -> list[str]:
    """Entries of the log up to the release that are dated before the one before them."""
    entries = [entry for entry in ws.log.entries() if entry.seq <= last.seq]
    return [
        text(
            "release.dated_back",
            seq=str(fault.row),
            at=format_time(fault.got),
            before=format_time(fault.expected),
        )
        for fault in dated_back(entries)
    ]


def _name(name: str) -> str:
    head, _, instrument = name.partition("/")
    said = word("input", head)
    return f"{said} ({instrument})" if instrument else said
