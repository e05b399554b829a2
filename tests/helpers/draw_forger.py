"""A sealed and drawn round to tamper with, and the forger who makes everything else agree again after a change."""

import copy
import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from errors import DesignError
from sampling.frame import canonical_csv, frame_csv
from sampling.manifest import (
    CHECKS,
    Opening,
    Party,
    check_changes,
    commit_hash,
    draw_csv,
    draw_plan,
    issued_counts,
    make_manifest,
    new_commit,
    plan_of,
    plan_pairs_csv,
    programme_seed,
    reserves_of,
    seed_of,
)
from sampling.manifest.case import Case, run
from sampling.manifest.plan import parse_frame
from sampling.numbers import canonical_json, sha256_hex
from sampling.selection import StagePlan

ROOT = Path(__file__).parents[2]
VERIFIER = ROOT / "sampling" / "verify_draw.py"
PARTIES = (Party("Sở Nội vụ", "một số bí mật 1"), Party("Mặt trận Tổ quốc", "hai số bí mật 2"))
TERMS = {"source": "Xổ số miền Bắc, giải đặc biệt", "at": "2026-07-15T18:30:00+07:00", "pattern": "[0-9]{5}"}
COMMITTED, OPENED, VALUE = "2026-07-13T09:00:00+07:00", "2026-07-15T17:00:00+07:00", "48207"
GIVEN = ("manifest", "frame", "reserves", "commit", "value", "pairs")
COORDINATION = {"programme": "SIPAS 2026-2030", "frame_source": "survey_office", "start": "00000000000000ff"}


def stand_alone():
    """The published file, loaded as a module of its own."""
    spec = importlib.util.spec_from_file_location("stand_alone", VERIFIER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ALONE = stand_alone()


def small_frame(rows: int = 60, units: int = 3) -> pd.DataFrame:
    unit = [f"U{i % units}" for i in range(rows)]
    return pd.DataFrame(
        {
            "frame_unit_id": [f"hồ sơ-{i:03d}" for i in range(rows)],
            "unit_id": unit,
            "unit_id_at_event": unit,
            "psu_id": [f"p{i}" for i in range(rows)],
            "person_key": [f"p{i}" for i in range(rows)],
            "event_date": "2026-01-05",
            "size": 1,
            "has_contact": True,
            "result_status": ["done", 'a "quote", comma'] * (rows // 2),
        }
    )


def sizes(pop: dict[str, int], sample: int = 5, reserve: int = 3) -> pd.DataFrame:
    rows = [(one, count, sample, reserve) for one, count in pop.items()]
    return pd.DataFrame(rows, columns=["stratum_id", "pop_size", "sample_size", "reserve_size"]).assign(method="equal")


def plan_for(mode: str = "fresh", stages: list[StagePlan] | None = None) -> dict[str, object]:
    stages = stages or [StagePlan("srs", sizes({"U0": 20, "U1": 20, "U2": 20}))]
    own = {"public_value": TERMS} if mode == "fresh" else {"coordination": COORDINATION}
    return plan_of(["unit_id"], stages, id_key="khóa 2026-1", target="transaction", **own)


def rater_plan() -> dict[str, object]:
    """Two groups of thirty people of U0, U1, U2 rate these and a house: both patterns, a row for one unit."""
    names = ("rater_group", "unit_group", "rated_unit_id", "pattern", "quota", "exclude_own", "short_list")
    rows = [
        ("HD", "so", "", "all", 6, True, "fail"),
        ("HD", "", "U2", "each", 4, True, "fail"),
        ("LD", "so", "", "each", 5, True, "census"),
        ("LD", "xa", "", "each", 40, False, "census"),
    ]
    rated = [("NHÀ", "xa"), ("U0", "so"), ("U1", "so"), ("U2", "so")]
    return {
        **plan_for(stages=[StagePlan("srs", sizes({"HD": 30, "LD": 30}, 30, 0))]),
        "stratum_parts": ["rater_group"],
        "quotas": [dict(zip(names, row, strict=True)) for row in rows],
        "rated_units": [{"rated_unit_id": unit, "unit_group": group} for unit, group in rated],
        "rater_columns": {"rater_group": "rater_group", "own_unit_id": "unit_id"},
    }


@dataclass(frozen=True)
class Decision:
    """What was decided about a stratum: how many cases more (`release`) or fewer (`withdraw`), when, why, by whom."""

    kind: str
    stratum_id: str
    count: int
    decided_at: str
    reason: str
    people: tuple[str, str]  # proposer, approver


def new_change(
    manifest: Mapping[str, Any], drawn: pd.DataFrame, changes: Sequence[Mapping[str, Any]], decision: Decision
) -> dict[str, Any]:
    """The record of the next change. drawn: the Drawn table of the manifest; changes: all records so far.

    Raises DesignError with the rule that `verify` would name: `verify.change_*`, `verify.parts`.
    """
    drawn_here = Case(manifest, b"", draw_made=drawn).last_stage.get(decision.stratum_id, [])
    if not drawn_here:
        raise DesignError("verify.change_stratum", got=decision.stratum_id)
    issued = issued_counts(manifest["plan"], changes)[decision.stratum_id]
    is_release = decision.kind == "release"
    first, last = (issued + 1, issued + decision.count) if is_release else (issued - decision.count + 1, issued)
    if not 1 <= first <= last <= len(drawn_here):
        raise DesignError("verify.change_beyond", got=f"{first}..{last}", expected=f"1..{len(drawn_here)}")
    record = {
        "change_no": len(changes) + 1,
        "kind": decision.kind,
        "stratum_id": decision.stratum_id,
        "first_order": first,
        "last_order": last,
        "frame_unit_ids": drawn_here[first - 1 : last],
        "decided_at": decision.decided_at,
        "reason": decision.reason,
        "proposer": decision.people[0],
        "approver": decision.people[1],
    }
    found = check_changes(manifest, drawn, reserves_of(manifest, [*changes, record]))
    if found:
        raise DesignError(found[0].rule, where=found[0].column, got=found[0].got, expected=found[0].expected)
    return record


def sealed_raters() -> dict[str, object]:
    """A round of people on closed lists, as an outsider has it."""
    frame = small_frame().assign(rater_group=["HD", "LD"] * 30)
    return sealed(plan=rater_plan(), frame=frame_csv(frame))


def sealed(mode: str = "fresh", plan: dict[str, object] | None = None, frame: bytes | None = None) -> dict[str, object]:
    """A round drawn after its second commit, as an outsider has it: manifest, frame, commit, reserves, value."""
    frame = frame_csv(small_frame()) if frame is None else frame
    plan = plan or plan_for(mode)
    parties = PARTIES if mode == "fresh" else ()
    commits: list[dict[str, object]] = []
    for at in ("2026-07-10T08:00:00+07:00", COMMITTED):
        commits.append(
            new_commit(
                round_id="gd-2026",
                plan=plan,
                frame_file=frame,
                commitments=[(one.name, one.commitment) for one in parties],
                committed_at=at,
                previous=commits,
            )
        )
    openings = [Opening(one.name, one.nonce, OPENED) for one in parties]
    manifest, drawn = make_manifest(plan, frame, commits, openings, VALUE if parties else "")
    facts = manifest.facts()
    changes: list[dict[str, object]] = []
    for kind, count, stratum in (
        ("release", 1, "U0"),
        ("release", 2, "U0"),
        ("withdraw", 1, "U1"),
        ("release", 2, "U2"),
    ):
        decision = Decision(kind, stratum, count, "2026-08-01T08:00:00+07:00", "thiếu phiếu", ("Lê A", "Đỗ B"))
        if stratum in set(drawn["stratum_id"]):
            changes.append(new_change(facts, drawn, changes, decision))
    reserves = reserves_of(facts, changes) if changes else None
    return {
        "manifest": facts,
        "frame": frame,
        "reserves": reserves,
        "commit": copy.deepcopy(facts["commits"][-1]),
        "value": VALUE if parties else None,
        "pairs": plan_pairs_csv(plan, parse_frame(frame), facts["seed"]) or None,
    }


def sealed_rows(rows: int) -> dict[str, object]:
    """A sealed draw from a frame of many rows in 120 units."""
    number = np.arange(rows)
    frame = pd.DataFrame(
        {
            "frame_unit_id": [f"{one:08x}-hs" for one in number],
            "unit_id": np.char.add("X", (number % 120).astype(str)),
            "psu_id": [f"p{one}" for one in number],
            "field": np.where(number % 7, "đất đai", 'hộ tịch, "khác"'),
        }
    )
    plan = plan_for(stages=[StagePlan("srs", sizes(frame["unit_id"].value_counts().to_dict(), 30, 10))])
    return sealed(plan=plan, frame=canonical_csv(frame, list(frame.columns), "frame_unit_id"))


def reseal(files: dict[str, object], *, keep: str = "") -> dict[str, object]:
    """Make promises, hashes, seed and draw agree with plan, frame and parties again, except the ones to `keep`."""
    one = files["manifest"]
    if "frame_hash" not in keep:
        one["frame_hash"] = sha256_hex(files["frame"])
    if "plan_hash" not in keep:
        one["plan_hash"] = sha256_hex(canonical_json(one["plan"]))
    for party in one["parties"]:
        if "commitment" not in keep:
            party["commitment"] = Party(party["name"], party["nonce"]).commitment
    rechain(files, keep=keep)
    if "seed" not in keep:
        if one["mode"] == "fresh":
            nonces = [party["nonce"] for party in one["parties"]]
            value = one["public_value"]["value"]
            one["seed"] = seed_of(one["round_id"], one["frame_hash"], one["plan_hash"], nonces, value)
        else:
            one["seed"] = programme_seed(one["plan"]["coordination"]["programme"])
    if "draw" not in keep:
        drawn = draw_plan(one["plan"], parse_frame(files["frame"]), one["seed"])
        one["draw_hash"], one["draw_rows"] = sha256_hex(draw_csv(drawn)), len(drawn)
    if "pairs" not in keep:
        files["pairs"] = plan_pairs_csv(one["plan"], parse_frame(files["frame"]), one["seed"]) or None
        one["pairs_hash"] = sha256_hex(files["pairs"]) if files["pairs"] else ""
    files["reserves"] = None  # released again in the forged draw by those who need them
    return files


def rechain(files: dict[str, object], *, keep: str = "") -> None:
    """Commit records that seal what the manifest says, each naming the hash of the one before."""
    one, previous = files["manifest"], ""
    for number, record in enumerate(one["commits"], start=1):
        if "commit_fields" not in keep:
            record.update({name: one[name] for name in ("round_id", "frame_hash", "frame_rows", "plan_hash")})
            record["parties"] = [{"name": p["name"], "commitment": p["commitment"]} for p in one["parties"]]
        if "chain" not in keep:
            record.update(commit_no=number, prev_commit_hash=previous)
        previous = commit_hash(record)
    if "kept" not in keep:
        files["commit"] = copy.deepcopy(one["commits"][-1])


def main_rules(files: dict[str, object], leave_out: str = "") -> list[str]:
    """Rules the package names, with one check left out."""
    case = Case(*(files[name] for name in GIVEN))
    faults = run(case, [check for check in CHECKS if check.rule != leave_out])
    return sorted({fault.rule for fault in faults})


def alone_rules(files: dict[str, object], leave_out: str = "") -> list[str]:
    """Rules the stand-alone file names, with one check left out."""
    kept = ALONE.STEPS

    def without(step: Callable[..., object]) -> Callable[..., object]:
        return lambda case: [one for one in step(case) if "verify." + one[0] != leave_out]

    try:
        ALONE.STEPS = [without(step) for step in kept]
        lines = ALONE.check(*(files[name] for name in GIVEN))
    finally:
        ALONE.STEPS = kept
    return sorted({"verify." + line.partition(":")[0] for line in lines})


def copied(files: dict[str, object]) -> dict[str, object]:
    return copy.deepcopy(files)
