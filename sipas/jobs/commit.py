"""Sealing frame and plan before a draw, and opening the parties' numbers: who seals cannot foresee the sample."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sampling.errors import DataError, DesignError
from sampling.frame import frame_csv
from sampling.manifest import Party, commit_hash, new_commit, plan_of
from sampling.numbers import canonical_json, sha256_hex
from sampling.selection import StagePlan
from sipas.jobs.desk import Desk
from sipas.jobs.raters import try_raters
from sipas.raters import sealed_raters
from sipas.rounds import load_round
from sipas.store.clock import local_moment
from sipas.store.drawbook import Opened
from sipas.store.workspace import Workspace

_NONCE_BYTES = 16
_SEALED = ("committed", "drawn", "open", "closed")  # from the draw on there is nothing left to open


@dataclass(frozen=True)
class CommitReport:
    """What was sealed, its number and hash, the file for outsiders, and whether it is new."""

    record: dict[str, Any]
    commit_hash: str
    file: Path
    is_new: bool


@dataclass(frozen=True)
class RevealReport:
    """A number that was opened, who still has to open theirs, and whether it is new."""

    party: str
    waiting: tuple[str, ...]
    is_new: bool


def new_nonce(party: str) -> tuple[str, str]:
    """A fresh secret number of 128 random bits for a party, and the commitment to hand in. Nothing is kept."""
    nonce = secrets.token_hex(_NONCE_BYTES)
    return nonce, Party(party, nonce).commitment


def commit_draw(ws: Workspace, round_id: str, at: str = "") -> CommitReport:
    """Seal the round's frame and plan; the same seal again adds nothing, another one is a further commit. A drawn round
    stays as it was sealed.

    at: when it took place by its minutes (ISO with offset), now when left out. Writes
    outputs/<round>/chon-mau/niem-phong-NN.json. Raises StoreError `jobs.step_first`, `jobs.step_stale`,
    `store.round_state`; DesignError `jobs.used_nonce`, what `new_commit` raises; DataError `jobs.moment`.
    """
    desk = Desk(ws, round_id)
    when, known = moment(ws, at), ws.draws.records(round_id)
    is_new = not desk.is_drawn and (not known or bool(_changed(desk, known[-1])))
    if is_new:
        _refuse_used(desk)
    record = _seal(desk, known, when) if is_new else known[-1]
    name = f"{round_id}/chon-mau/niem-phong-{record['commit_no']:02d}.json"
    path = ws.outputs.write_bytes(name, canonical_json(record).encode("utf-8"))
    return CommitReport(record, commit_hash(record), path, is_new)


def _seal(desk: Desk, known: Sequence[dict[str, Any]], at: str) -> dict[str, Any]:
    """Seal and keep the record. Lists that their quotas cannot be drawn from are refused first: FaultsFound
    `pairs.quotas`."""
    ws, round_id, public = desk.ws, desk.round_id, frame_csv(desk.table("frame", "frame"))
    if desk.parts.survey_round.quotas:
        try_raters(desk)
    record = new_commit(
        round_id=round_id,
        plan=sealed_plan(desk),
        frame_file=public,
        commitments=[(one.name, one.commitment) for one in desk.parts.survey_round.draw.parties],
        committed_at=at,
        previous=known,
    )
    with ws.ledger.write() as connection:
        ws.rounds.require(connection, round_id, "new", "committed")
        ws.draws.commit(connection, round_id, record)
        ws.rounds.set_state(connection, round_id, "committed")
    return record


def reveal(ws: Workspace, round_id: str, party: str, nonce: str, at: str = "") -> RevealReport:
    """Open a party's number after sealing and before the public value exists.

    Raises DesignError `jobs.not_committed`, `jobs.commit_stale`, `jobs.no_party`, `jobs.wrong_nonce`,
    `jobs.opened_late`; StoreError `store.opened_otherwise`, `store.round_state`; DataError `jobs.moment`.
    """
    desk = Desk(ws, round_id)
    record = sealed(desk)
    promised = {one["name"]: one["commitment"] for one in record["parties"]}
    if party not in promised:
        raise DesignError("jobs.no_party", where=round_id, got=party, expected=" | ".join(promised))
    if Party(party, nonce).commitment != promised[party]:
        raise DesignError("jobs.wrong_nonce", where=party, expected=promised[party])
    opened_at, public_at = moment(ws, at), record["public_value"]["at"]
    when = datetime.fromisoformat(opened_at)
    if not datetime.fromisoformat(record["committed_at"]) <= when < datetime.fromisoformat(public_at):
        raise DesignError("jobs.opened_late", where=party, got=opened_at, expected=public_at)
    with ws.ledger.write() as connection:
        ws.rounds.require(connection, round_id, *_SEALED)
        is_new = ws.draws.open(connection, round_id, record["commit_no"], Opened(party, nonce, opened_at))
    done = {one.party for one in ws.draws.opened(round_id, record["commit_no"])}
    return RevealReport(party, tuple(name for name in promised if name not in done), is_new)


def sealed(desk: Desk) -> dict[str, Any]:
    """The last commit record, if frame and plan are still what it sealed.

    Raises DesignError `jobs.not_committed`, `jobs.commit_stale` (frame, plan, parties or public value changed since).
    """
    known = desk.ws.draws.records(desk.round_id)
    if not known:
        raise DesignError("jobs.not_committed", where=desk.round_id)
    changed = _changed(desk, known[-1])
    if changed:
        raise DesignError("jobs.commit_stale", where=desk.round_id, got=", ".join(changed))
    return known[-1]


def _changed(desk: Desk, record: dict[str, Any]) -> list[str]:
    """What is no longer as the record sealed it."""
    rules = desk.parts.survey_round.draw
    now = {
        "frame_hash": sha256_hex(frame_csv(desk.table("frame", "frame"))),
        "plan_hash": sha256_hex(canonical_json(sealed_plan(desk))),
        "parties": [one.model_dump() for one in rules.parties],
        "public_value": rules.public_value.model_dump(),
    }
    return [name for name, value in now.items() if record[name] != value]


def sealed_plan(desk: Desk) -> dict[str, Any]:
    """The plan as it is sealed: strata, sizes and every rule that decides who can be drawn."""
    rules, allocation = desk.parts.survey_round, desk.table("plan", "allocation")
    return plan_of(
        rules.plan.stratum_parts,
        [StagePlan("srs", allocation)],
        target=rules.plan.target,
        method=rules.plan.method,
        window_start=rules.fieldwork.window_start,
        window_end=rules.fieldwork.window_end,
        public_value=rules.draw.public_value.model_dump(),
        id_key=desk.ws.key("dossier.fingerprint").hex()[:32],
        **sealed_raters(desk.table("frame", "frame"), rules, desk.parts.units_at_draw()),
    )


def moment(ws: Workspace, text: str) -> str:
    """A moment as minutes give it (ISO with offset), now when empty. DataError `jobs.moment`."""
    if not text:
        return local_moment(ws.now())
    try:
        is_whole = datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        is_whole = False
    if not is_whole:
        raise DataError("jobs.moment", got=len(text), expected="2026-07-14T09:00:00+07:00")
    return text


def _refuse_used(desk: Desk) -> None:
    """A number promised for another round has been opened there, or can be: it must not seal this one."""
    own = {one.commitment for one in desk.parts.survey_round.draw.parties}
    used = desk.ws.draws.commitments(other_than=desk.round_id)
    for other in desk.ws.methodology.ids("round"):
        if other != desk.round_id:
            facts = load_round(desk.ws.methodology.folder("round", other)).draw
            used |= {one.commitment: other for one in facts.parties}
    found = sorted(used[one] for one in own if one in used)
    if found:
        raise DesignError("jobs.used_nonce", where="round.toml", got=found[0])
