"""The manifest of a draw: everything an outsider needs to repeat it, and the check that does (docs/methods.md, 3).

`verify_draw.py` beside this file does the same with the standard library only, for readers who trust no package.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from sampling.errors import DataError, DesignError, Fault
from sampling.frame import canonical_csv, stratum_ids
from sampling.numbers import canonical_json, sha256_hex
from sampling.selection import draw

DRAW_COLUMNS = ("frame_unit_id", "stratum_id", "draw_order", "is_reserve", "prn")
_FORMAT = "prn1"
_PARTY = ("name", "nonce", "commitment")
_SIZES = ("stratum_id", "pop_size", "sample_size", "reserve_size")


@dataclass(frozen=True)
class Party:
    """One of the two who seal the frame with a secret number and open it before the public value exists."""

    name: str
    nonce: str

    @property
    def commitment(self) -> str:
        """SHA-256("party|nonce"), published before the draw."""
        return sha256_hex(f"{self.name}|{self.nonce}")


@dataclass(frozen=True)
class Manifest:
    """What is published with a draw. `plan` holds stratum parts and the allocation, so plan_hash fixes the sizes."""

    round_id: str
    plan: Mapping[str, Any]
    plan_hash: str
    frame_hash: str
    frame_rows: int
    parties: tuple[Mapping[str, str], ...]
    public_value: Mapping[str, str]
    seed: str
    draw_hash: str
    draw_rows: int
    format: str = _FORMAT
    mode: str = "fresh"

    def to_json(self) -> str:
        """Canonical JSON text."""
        return canonical_json(asdict(self))


def seed_of(round_id: str, frame_hash: str, plan_hash: str, nonces: Sequence[str], public_value: str) -> str:
    """hex SHA-256 of the lines prn1, round_id, frame_hash, plan_hash, nonce_1, nonce_2, public_value, each ended by LF.

    Raises DesignError `draw.nonces` unless two nonces are opened, `draw.public_value` when it is empty.
    """
    if len(nonces) != 2 or not all(nonces):
        raise DesignError("draw.nonces", got=len([one for one in nonces if one]), expected=2)
    if not public_value:
        raise DesignError("draw.public_value", got="", expected="public value")
    lines = [_FORMAT, round_id, frame_hash, plan_hash, *nonces, public_value]
    if any("\n" in line for line in lines):
        raise DesignError("draw.line_break", got="line break", expected="one line each")
    return sha256_hex("".join(line + "\n" for line in lines))


def plan_of(stratum_parts: Sequence[str], allocation: pd.DataFrame, **rules: object) -> dict[str, Any]:
    """The plan as plain data: stratum parts, one entry per stratum, and any further rules (window, target)."""
    columns = list(_SIZES)
    rows = allocation.sort_values("stratum_id")[columns].astype({"stratum_id": object})
    return {**rules, "stratum_parts": list(stratum_parts), "allocation": rows.to_dict("records")}


def draw_csv(drawn: pd.DataFrame) -> bytes:
    """The published list: id, stratum, order, reserve, digest; canonical CSV."""
    return canonical_csv(drawn, DRAW_COLUMNS, "frame_unit_id")


def make_manifest(
    round_id: str,
    plan: Mapping[str, Any],
    frame_file: bytes,
    parties: Sequence[Party],
    public_value: Mapping[str, str],
) -> tuple[Manifest, pd.DataFrame]:
    """Derive the seed, draw, and describe both. frame_file: bytes of the canonical public frame.

    public_value: source, at, value. Returns the manifest and the Drawn table. Raises what `seed_of` and `draw` raise.
    """
    frame_hash, plan_hash = sha256_hex(frame_file), sha256_hex(canonical_json(plan))
    seed = seed_of(round_id, frame_hash, plan_hash, [party.nonce for party in parties], public_value["value"])
    frame = read_frame_csv(frame_file)
    drawn = draw(_with_strata(frame, plan), _allocation(plan), seed)
    manifest = Manifest(
        round_id=round_id,
        plan=plan,
        plan_hash=plan_hash,
        frame_hash=frame_hash,
        frame_rows=len(frame),
        parties=tuple({"name": p.name, "commitment": p.commitment, "nonce": p.nonce} for p in parties),
        public_value=dict(public_value),
        seed=seed,
        draw_hash=sha256_hex(draw_csv(drawn)),
        draw_rows=len(drawn),
    )
    return manifest, drawn


def verify(manifest: Mapping[str, Any], frame_file: bytes) -> list[Fault]:
    """Repeat the draw from the manifest and the frame; an empty list means that everything agrees.

    Rules: `verify.fields`, `verify.parts`, `verify.format`, `verify.plan_hash`, `verify.frame_hash`,
    `verify.commitment`, `verify.seed`, `verify.draw_hash`. Nothing is drawn when the frame or the plan was changed.
    """
    absent = sorted(set(Manifest.__dataclass_fields__) - set(manifest))
    if absent:
        return [Fault("verify.fields", expected=", ".join(absent))]
    if not _is_whole(manifest):
        return [Fault("verify.parts")]
    if manifest["format"] != _FORMAT:
        return [Fault("verify.format", got=str(manifest["format"]), expected=_FORMAT)]
    faults = []
    if sha256_hex(canonical_json(manifest["plan"])) != manifest["plan_hash"]:
        faults.append(Fault("verify.plan_hash", expected=manifest["plan_hash"]))
    if sha256_hex(frame_file) != manifest["frame_hash"]:
        faults.append(Fault("verify.frame_hash", got=sha256_hex(frame_file), expected=manifest["frame_hash"]))
    for party in manifest["parties"]:
        if Party(party["name"], party["nonce"]).commitment != party["commitment"]:
            faults.append(Fault("verify.commitment", column=party["name"], expected=party["commitment"]))
    nonces = [party["nonce"] for party in manifest["parties"]]
    value = manifest["public_value"]["value"]
    seed = seed_of(manifest["round_id"], manifest["frame_hash"], manifest["plan_hash"], nonces, value)
    if seed != manifest["seed"]:
        faults.append(Fault("verify.seed", got=manifest["seed"], expected=seed))
    return faults or _verify_draw(manifest, frame_file)


def _is_whole(manifest: Mapping[str, Any]) -> bool:
    """Whether the parts that are looked into are there: two parties, a public value, a plan with strata."""
    parties, value, plan = manifest["parties"], manifest["public_value"], manifest["plan"]
    if not isinstance(parties, list | tuple) or len(parties) != 2 or not isinstance(value, dict):
        return False
    if not isinstance(plan, dict) or not isinstance(plan.get("allocation"), list) or not plan.get("stratum_parts"):
        return False
    texts = [one.get(key) for one in parties if isinstance(one, dict) for key in _PARTY] + [value.get("value")]
    sizes = [set(_SIZES) <= set(one) for one in plan["allocation"] if isinstance(one, dict)]
    is_text = len(texts) == 2 * len(_PARTY) + 1 and all(isinstance(one, str) and one for one in texts)
    return is_text and len(sizes) == len(plan["allocation"]) and all(sizes)


def _verify_draw(manifest: Mapping[str, Any], frame_file: bytes) -> list[Fault]:
    plan = manifest["plan"]
    drawn = draw(_with_strata(read_frame_csv(frame_file), plan), _allocation(plan), manifest["seed"])
    found = sha256_hex(draw_csv(drawn))
    if found != manifest["draw_hash"] or len(drawn) != manifest["draw_rows"]:
        return [Fault("verify.draw_hash", got=found, expected=manifest["draw_hash"])]
    return []


def read_frame_csv(content: bytes) -> pd.DataFrame:
    """The public frame as text columns. Raises DataError `verify.frame_unreadable`."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError("verify.frame_unreadable", got=f"byte {error.start}", expected="UTF-8") from error
    if '"' in text:
        rows = list(csv.reader(io.StringIO(text, newline="")))
    else:
        rows = [line.split(",") for line in text.split("\n") if line]
    if not rows or "frame_unit_id" not in rows[0] or any(len(row) != len(rows[0]) for row in rows):
        raise DataError("verify.frame_unreadable", got="columns", expected="frame_unit_id, ...")
    return pd.DataFrame(rows[1:], columns=rows[0], dtype="str")


def _with_strata(frame: pd.DataFrame, plan: Mapping[str, Any]) -> pd.DataFrame:
    return frame.assign(stratum_id=stratum_ids(frame, plan["stratum_parts"]))


def _allocation(plan: Mapping[str, Any]) -> pd.DataFrame:
    return pd.DataFrame(plan["allocation"]).astype({"stratum_id": "str"}).assign(method="plan")
