"""Commit, reveal, verify: seal frame and plan, open the secret numbers, draw, and check all of it from outside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from errors import DesignError, Fault
from sampling.manifest.case import Case, run
from sampling.manifest.checks import CHECKS, SEAL_CHECKS, SHAPE_CHECKS
from sampling.manifest.pairs import plan_pairs_csv
from sampling.manifest.plan import draw_csv, draw_plan, read_frame_csv
from sampling.manifest.seals import Opening, commit_hash, is_safe, programme_seed, seed_of
from sampling.manifest.shapes import COMMIT_FORMAT, FORMAT, MODES, Shape, commit_shape, misfits, moment, plan_shape
from sampling.numbers import canonical_json, sha256_hex


@dataclass(frozen=True)
class Manifest:
    """What is published with a draw; the fields of the file, in its shape (`shapes.manifest_shape`)."""

    mode: str
    round_id: str
    plan: dict[str, Any]
    plan_hash: str
    frame_hash: str
    frame_rows: int
    parties: list[dict[str, str]]
    public_value: dict[str, str] | None
    commits: list[dict[str, Any]]
    seed: str
    draw_hash: str = ""
    draw_rows: int = 0
    pairs_hash: str = ""
    format: str = FORMAT

    def facts(self) -> dict[str, Any]:
        """The manifest as plain data, as it is read back from its file."""
        return dict(json.loads(self.to_json()))

    def to_json(self) -> str:
        """Canonical JSON text."""
        return canonical_json(asdict(self))


def new_commit(
    *,
    round_id: str,
    plan: Mapping[str, Any],
    frame_file: bytes,
    commitments: Sequence[tuple[str, str]],
    committed_at: str,
    previous: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """The record that seals frame and plan; published before anybody can know the public value.

    commitments: (party, SHA-256("party|nonce")) of two parties, none in mode `coordinated`. previous: all earlier
    commit records of the round. A plan that could not be drawn from the frame is refused here, not after the
    numbers are open. Raises DesignError with a rule of `verify`, or what the draw of the plan would raise.
    """
    mode = str(plan.get("mode")) if plan.get("mode") in MODES else MODES[0]
    _refuse_misfits(plan, plan_shape(mode, plan), "plan")
    frame = read_frame_csv(frame_file)
    record: dict[str, Any] = {
        "format": COMMIT_FORMAT,
        "round_id": round_id,
        "commit_no": len(previous) + 1,
        "prev_commit_hash": commit_hash(previous[-1]) if previous else "",
        "frame_hash": sha256_hex(frame_file),
        "frame_rows": len(frame),
        "plan_hash": sha256_hex(canonical_json(plan)),
        "parties": [{"name": name, "commitment": commitment} for name, commitment in commitments],
        "public_value": dict(plan["public_value"]) if mode == "fresh" else None,
        "committed_at": committed_at,
    }
    _refuse_misfits(record, commit_shape(mode), "")
    if mode == "fresh":
        _refuse_terms(committed_at, record["public_value"])
    draft = {"round_id": round_id, "plan": dict(plan), "commits": [*previous, record], "parties": record["parties"]}
    early = ("verify.coordination", "verify.parties", "verify.commit_chain")
    _refuse(run(Case({**draft, "mode": mode}, frame_file), [one for one in SEAL_CHECKS if one.rule in early]))
    for draw in (draw_plan, plan_pairs_csv):
        draw(plan, frame, record["plan_hash"])  # any seed shows whether the plan can be drawn
    return record


def make_manifest(
    plan: Mapping[str, Any],
    frame_file: bytes,
    commits: Sequence[Mapping[str, Any]],
    openings: Sequence[Opening],
    value: str,
) -> tuple[Manifest, pd.DataFrame]:
    """Derive the seed, draw, and describe both. Returns the manifest and the Drawn table.

    frame_file, plan, commits: as sealed; openings: the two numbers laid open; value: the public value (mode `fresh`;
    openings empty and value "" in mode `coordinated`). Raises DesignError with the rule that `verify` would name, or
    what the draw raises.
    """
    if not commits:
        raise DesignError("verify.commit_chain", got=0, expected=">= 1")
    last, is_fresh = commits[-1], plan["mode"] == "fresh"
    frame, parties = read_frame_csv(frame_file), _opened(last, openings)
    hashes = sha256_hex(frame_file), sha256_hex(canonical_json(plan))
    nonces = [one["nonce"] for one in parties]
    manifest = Manifest(
        mode=plan["mode"],
        round_id=last["round_id"],
        plan=dict(plan),
        plan_hash=hashes[1],
        frame_hash=hashes[0],
        frame_rows=len(frame),
        parties=parties,
        public_value={**plan["public_value"], "value": value} if is_fresh else None,
        commits=[dict(one) for one in commits],
        seed=(
            seed_of(last["round_id"], *hashes, nonces, value)
            if is_fresh
            else programme_seed(plan["coordination"]["programme"])
        ),
        draw_hash="0" * 64,
    )
    _refuse(run(Case(manifest.facts(), frame_file), [*SHAPE_CHECKS, *SEAL_CHECKS]))
    drawn = draw_plan(plan, frame, manifest.seed)
    pairs = plan_pairs_csv(plan, frame, manifest.seed)
    done = {
        "draw_hash": sha256_hex(draw_csv(drawn)),
        "draw_rows": len(drawn),
        "pairs_hash": sha256_hex(pairs) if pairs else "",
    }
    return Manifest(**{**vars(manifest), **done}), drawn


def _opened(commit: Mapping[str, Any], openings: Sequence[Opening]) -> list[dict[str, str]]:
    """Parties of the commit with the number each laid open."""
    opened = {one.name: one for one in openings}
    promised = [one["name"] for one in commit["parties"]]
    missing = [name for name in promised if name not in opened]
    if missing or len(openings) != len(promised):
        got = len(promised) - len(missing)
        raise DesignError("draw.nonces", where=", ".join(missing), got=got, expected=len(promised))
    own = [opened[name] for name in promised]
    return [
        {**party, "nonce": one.nonce, "opened_at": one.opened_at}
        for party, one in zip(commit["parties"], own, strict=True)
    ]


def verify(
    manifest: Any,
    frame_file: bytes,
    *,
    reserves: Any = None,
    commit: Any = None,
    public_value: str | None = None,
    pairs_file: bytes | None = None,
) -> list[Fault]:
    """Check everything and repeat the draw; an empty list means that all agrees. Nothing a file holds raises.

    manifest, reserves, commit: as read from JSON. commit: the record an outsider kept from before the draw, which must
    be the last one; public_value: what the outsider read in the newspaper; pairs_file: the published pairs.csv of a
    round with quotas. A later step (draw, reserves) is taken when the earlier ones agree. Rules: those of `CHECKS`.
    """
    return run(Case(manifest, frame_file, reserves, commit, public_value, pairs_file), CHECKS)


def _refuse_terms(committed_at: str, terms: Mapping[str, str]) -> None:
    """The public value must lie ahead, and its pattern must be one that `verify` reads."""
    if not moment(committed_at) < moment(terms["at"]):
        raise DesignError("verify.times", where="committed_at", got=committed_at, expected=f"< {terms['at']}")
    if not is_safe(terms["pattern"]):
        raise DesignError("draw.pattern", where="public_value.pattern", got=terms["pattern"])


def _refuse_misfits(record: Mapping[str, Any], shape: Shape, name: str) -> None:
    found = misfits(record, shape, name)
    _refuse([Fault("verify.parts", column=path, got=got, expected=expected) for path, got, expected in found])


def _refuse(faults: Sequence[Fault]) -> None:
    if faults:
        first = faults[0]
        raise DesignError(first.rule, where=first.column, got=first.got, expected=first.expected)
