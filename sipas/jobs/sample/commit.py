"""Sealing frame and plan before a draw, and opening the parties' numbers: who seals cannot foresee the sample."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from errors import DataError, DesignError
from sampling.frame import frame_csv
from sampling.manifest import Party, commit_hash, is_moment, new_commit
from sampling.numbers import canonical_json, sha256_hex
from sipas.foldernames import DRAW_FOLDER
from sipas.jobs.prepare.raters import try_raters
from sipas.jobs.stepruns.workbench import Workbench
from sipas.rounds import load_round
from sipas.steps.draw import fingerprint
from sipas.steps.draw import sealed_plan as plan_as_sealed
from sipas.store.disk.clock import local_moment
from sipas.store.field.draws import Opened
from sipas.store.workspace import Workspace
from sipas.words import word

_NONCE_BYTES = 16
_SEALED = ("committed", "drawn", "open", "closed", "reopened")  # from the draw on there is nothing left to open


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


def commit_draw(ws: Workspace, round_id: str, at: str = "", instrument_id: str = "") -> CommitReport:
    """Seal the instrument's frame and plan; the same seal again adds nothing, another one is a further commit. A drawn
    instrument stays as it was sealed.

    at: when it took place by its minutes (ISO with offset), now when left out; it cannot be corrected
    afterwards. Writes outputs/<public id>/{DRAW_FOLDER}/niem-phong-NN.json. Raises StoreError `jobs.step_first`,
    `jobs.step_stale`, `store.round_state`; DesignError `jobs.sealed_late`, `jobs.other_time`, `jobs.used_nonce`,
    `jobs.opened_nonce`, what `new_commit` raises; DataError `jobs.moment`, `jobs.moment_future`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    when, earlier = moment(ws, at), ws.field.draws.records(bench.instrument)
    is_new = not bench.is_drawn and (not earlier or bool(_changed(bench, earlier[-1])))
    if not is_new and at and _time(at) != _time(earlier[-1]["committed_at"]):
        raise DesignError(
            "jobs.other_time", where=bench.instrument.public_id, got=at, expected=earlier[-1]["committed_at"]
        )
    records = [*earlier, _seal(bench, earlier, when)] if is_new else list(earlier)
    for record in records:  # all of them: a call that was broken off may have left the last one unwritten
        name = f"{bench.instrument.public_id}/{DRAW_FOLDER}/niem-phong-{record['commit_no']:02d}.json"
        path = ws.files.outputs.write_bytes(name, canonical_json(record).encode("utf-8"))
    return CommitReport(records[-1], commit_hash(records[-1]), path, is_new)


def _seal(bench: Workbench, records: Sequence[dict[str, Any]], at: str) -> dict[str, Any]:
    """Seal and keep the record. Lists that their quotas cannot be drawn from are refused first: FaultsFound
    `pairs.quotas`."""
    ws, instrument, rules = bench.ws, bench.instrument, bench.parts.rules
    public, plan = frame_csv(bench.table("frame", "frame")), sealed_plan(bench)
    _refuse_used(bench, records)
    _refuse_late(bench, at)
    if rules.quotas:
        try_raters(bench)
    record = new_commit(
        round_id=instrument.public_id,
        plan=plan,
        frame_file=public,
        commitments=[(party.name, party.commitment) for party in rules.draw.parties],
        committed_at=at,
        previous=records,
    )
    with ws.ledger.write() as connection:
        ws.rounds.require(connection, instrument, "new", "committed")
        ws.field.draws.commit(connection, instrument, record)
        ws.rounds.set_state(connection, instrument, "committed")
    return record


def reveal(ws: Workspace, round_id: str, party: str, nonce: str, at: str = "", instrument_id: str = "") -> RevealReport:
    """Open a party's number after sealing and before the public value exists.

    Raises DesignError `jobs.not_committed`, `jobs.commit_stale`, `jobs.no_party`, `jobs.wrong_nonce`,
    `jobs.opened_early`, `jobs.opened_late`; StoreError `store.opened_otherwise`, `store.round_state`; DataError
    `jobs.moment`, `jobs.moment_future`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    instrument, record = bench.instrument, sealed(bench)
    promised = {party["name"]: party["commitment"] for party in record["parties"]}
    if party not in promised:
        raise DesignError("jobs.no_party", where=instrument.public_id, got=party, expected=" | ".join(promised))
    if not nonce.isprintable() or Party(party, nonce).commitment != promised[party]:
        raise DesignError("jobs.wrong_nonce", where=party, expected=promised[party])
    opened_at = moment(ws, at)
    if _time(opened_at) < _time(record["committed_at"]):
        raise DesignError("jobs.opened_early", where=party, got=opened_at, expected=record["committed_at"])
    if not bench.is_drawn:
        _refuse_late(bench, opened_at, "jobs.opened_late", party)
    with ws.ledger.write() as connection:
        ws.rounds.require(connection, instrument, *_SEALED)
        is_new = ws.field.draws.open(connection, instrument, record["commit_no"], Opened(party, nonce, opened_at))
    opened_parties = {opening.party for opening in ws.field.draws.opened(instrument, record["commit_no"])}
    return RevealReport(party, tuple(name for name in promised if name not in opened_parties), is_new)


def sealed(bench: Workbench) -> dict[str, Any]:
    """The last commit record, if frame and plan are still what it sealed.

    Raises DesignError `jobs.not_committed`, `jobs.commit_stale` (frame, plan, parties or public value changed since).
    """
    records = bench.ws.field.draws.records(bench.instrument)
    if not records:
        raise DesignError("jobs.not_committed", where=bench.instrument.public_id)
    changed = [word("seal_part", part) for part in _changed(bench, records[-1])]
    if changed:
        raise DesignError("jobs.commit_stale", where=bench.instrument.public_id, got=", ".join(changed))
    return records[-1]


def _changed(bench: Workbench, record: dict[str, Any]) -> list[str]:
    """What is no longer as the record sealed it."""
    rules = bench.parts.rules.draw
    now = {
        "frame_hash": sha256_hex(frame_csv(bench.table("frame", "frame"))),
        "plan_hash": sha256_hex(canonical_json(sealed_plan(bench))),
        "parties": [party.model_dump() for party in rules.parties],
        "public_value": rules.public_value.model_dump(),
    }
    return [name for name, value in now.items() if record[name] != value]


def sealed_plan(bench: Workbench) -> dict[str, Any]:
    """The plan of the instrument as it is sealed now."""
    frame, allocation = bench.table("frame", "frame"), bench.table("plan", "allocation")
    id_key = fingerprint(bench.ws.key("dossier.fingerprint"))
    return plan_as_sealed(bench.parts.rules, frame, allocation, bench.parts.units_at_draw(), id_key)


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


def _refuse_late(bench: Workbench, stated: str, rule: str = "jobs.sealed_late", where: str = "") -> None:
    """Sealing and opening come before the public value: by the time stated, and by the clock. The made-up example is
    older than any clock, so only its stated times count."""
    rules, now = bench.parts.rules, local_moment(bench.ws.now())
    public_at = rules.draw.public_value.at
    if _time(stated) >= _time(public_at):
        raise DesignError(rule, where=where or bench.round_id, got=stated, expected=public_at)
    if rules.made_up:
        return
    if _time(stated) > _time(now):
        raise DataError("jobs.moment_future", got=stated, expected=now)
    if is_past(bench.ws, public_at):
        raise DesignError(rule, where=where or bench.round_id, got=now, expected=public_at)


def _refuse_used(bench: Workbench, records: Sequence[dict[str, Any]]) -> None:
    """A number promised for another draw, or opened for an earlier seal of this one, may be known to anybody."""
    commitments = {party.commitment for party in bench.parts.rules.draw.parties}
    used = bench.ws.field.draws.commitments(other_than=bench.instrument) | _promised_elsewhere(bench)
    reused = sorted(used[commitment] for commitment in commitments if commitment in used)
    if reused:
        raise DesignError("jobs.used_nonce", where="round.toml", got=reused[0])
    for record in records:
        opened = {opening.party for opening in bench.ws.field.draws.opened(bench.instrument, record["commit_no"])}
        again = [
            party["name"]
            for party in record["parties"]
            if party["name"] in opened and party["commitment"] in commitments
        ]
        if again:
            raise DesignError("jobs.opened_nonce", where="round.toml", got=", ".join(again))


def _promised_elsewhere(bench: Workbench) -> dict[str, str]:
    """Commitments in the round files of other rounds and in the other instruments of this one, by public id."""
    others = [rules for rules in bench.round_parts.survey_round.surveys if rules.id != bench.parts.rules.id]
    for round_id in bench.ws.files.methodology.ids("round"):
        if round_id != bench.round_id:
            others += load_round(bench.ws.files.methodology.folder("round", round_id)).surveys
    return {party.commitment: rules.public_id for rules in others for party in rules.draw.parties}
