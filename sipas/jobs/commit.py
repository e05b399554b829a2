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
from sampling.manifest import Party, commit_hash, is_moment, new_commit, plan_of
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
_SEALED_PARTS = {
    "frame_hash": "dàn mẫu",
    "plan_hash": "phương án mẫu",
    "parties": "hai bên niêm phong",
    "public_value": "giá trị công khai",
}
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

    at: when it took place by its minutes (ISO with offset), now when left out; it cannot be corrected
    afterwards. Writes outputs/<round>/chon-mau/niem-phong-NN.json. Raises StoreError `jobs.step_first`,
    `jobs.step_stale`, `store.round_state`; DesignError `jobs.sealed_late`, `jobs.other_time`, `jobs.used_nonce`,
    `jobs.opened_nonce`, what `new_commit` raises; DataError `jobs.moment`, `jobs.moment_future`.
    """
    desk = Desk(ws, round_id)
    when, known = moment(ws, at), ws.draws.records(round_id)
    is_new = not desk.is_drawn and (not known or bool(_changed(desk, known[-1])))
    if not is_new and at and _time(at) != _time(known[-1]["committed_at"]):
        raise DesignError("jobs.other_time", where=round_id, got=at, expected=known[-1]["committed_at"])
    records = [*known, _seal(desk, known, when)] if is_new else list(known)
    for one in records:  # all of them: a call that was broken off may have left the last one unwritten
        name = f"{round_id}/chon-mau/niem-phong-{one['commit_no']:02d}.json"
        path = ws.outputs.write_bytes(name, canonical_json(one).encode("utf-8"))
    return CommitReport(records[-1], commit_hash(records[-1]), path, is_new)


def _seal(desk: Desk, known: Sequence[dict[str, Any]], at: str) -> dict[str, Any]:
    """Seal and keep the record. Lists that their quotas cannot be drawn from are refused first: FaultsFound
    `pairs.quotas`."""
    ws, round_id = desk.ws, desk.round_id
    public, plan = frame_csv(desk.table("frame", "frame")), sealed_plan(desk)
    _refuse_used(desk, known)
    _refuse_late(desk, at)
    if desk.parts.survey_round.quotas:
        try_raters(desk)
    record = new_commit(
        round_id=round_id,
        plan=plan,
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
    `jobs.opened_early`, `jobs.opened_late`; StoreError `store.opened_otherwise`, `store.round_state`; DataError
    `jobs.moment`, `jobs.moment_future`.
    """
    desk = Desk(ws, round_id)
    record = sealed(desk)
    promised = {one["name"]: one["commitment"] for one in record["parties"]}
    if party not in promised:
        raise DesignError("jobs.no_party", where=round_id, got=party, expected=" | ".join(promised))
    if not nonce.isprintable() or Party(party, nonce).commitment != promised[party]:
        raise DesignError("jobs.wrong_nonce", where=party, expected=promised[party])
    opened_at = moment(ws, at)
    if _time(opened_at) < _time(record["committed_at"]):
        raise DesignError("jobs.opened_early", where=party, got=opened_at, expected=record["committed_at"])
    if not desk.is_drawn:
        _refuse_late(desk, opened_at, "jobs.opened_late", party)
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
    changed = [_SEALED_PARTS[one] for one in _changed(desk, known[-1])]
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
    if not is_moment(text):
        raise DataError("jobs.moment", got=len(text), expected="2026-07-14T09:00:00+07:00")
    return text


def is_past(ws: Workspace, text: str) -> bool:
    """Whether the clock has passed a moment."""
    return _time(local_moment(ws.now())) >= _time(text)


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _refuse_late(desk: Desk, stated: str, rule: str = "jobs.sealed_late", where: str = "") -> None:
    """Sealing and opening come before the public value: by the time stated, and by the clock. The made-up example is
    older than any clock, so only its stated times count."""
    rules, now = desk.parts.survey_round, local_moment(desk.ws.now())
    public_at = rules.draw.public_value.at
    if _time(stated) >= _time(public_at):
        raise DesignError(rule, where=where or desk.round_id, got=stated, expected=public_at)
    if rules.made_up:
        return
    if _time(stated) > _time(now):
        raise DataError("jobs.moment_future", got=stated, expected=now)
    if is_past(desk.ws, public_at):
        raise DesignError(rule, where=where or desk.round_id, got=now, expected=public_at)


def _refuse_used(desk: Desk, known: Sequence[dict[str, Any]]) -> None:
    """A number promised for another round, or opened for an earlier seal of this one, may be known to anybody."""
    own = {one.commitment for one in desk.parts.survey_round.draw.parties}
    used = desk.ws.draws.commitments(other_than=desk.round_id)
    for other in desk.ws.methodology.ids("round"):
        if other != desk.round_id:
            facts = load_round(desk.ws.methodology.folder("round", other)).draw
            used |= {one.commitment: other for one in facts.parties}
    found = sorted(used[one] for one in own if one in used)
    if found:
        raise DesignError("jobs.used_nonce", where="round.toml", got=found[0])
    for record in known:
        opened = {one.party for one in desk.ws.draws.opened(desk.round_id, record["commit_no"])}
        again = [one["name"] for one in record["parties"] if one["name"] in opened and one["commitment"] in own]
        if again:
            raise DesignError("jobs.opened_nonce", where="round.toml", got=", ".join(again))
