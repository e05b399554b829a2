"""Reserves released and cases withdrawn after the draw: in draw order, without gaps, by two people.

Per stratum of the last stage a count m is kept, at first the sample size n. A release covers the orders m+1 .. last
(last <= n + r) and sets m = last; a withdrawal covers first .. m and sets m = first - 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from errors import Fault, SurveyError
from sampling.manifest.case import Case, Check, run
from sampling.manifest.seals import same_person
from sampling.manifest.shapes import RESERVES, RESERVES_FORMAT, misfits, moment


def issued_counts(plan: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Issued cases m per stratum of the last stage after `changes` (checked ones)."""
    issued = {one["stratum_id"]: one["sample_size"] for one in plan["stages"][-1]["allocation"]}
    for one in changes:
        issued[one["stratum_id"]] = _after(one)
    return issued


def reserves_of(manifest: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The published file of changes to a draw."""
    own = {"format": RESERVES_FORMAT, "round_id": manifest["round_id"], "draw_hash": manifest["draw_hash"]}
    return {**own, "changes": [dict(one) for one in changes]}


def check_changes(manifest: Mapping[str, Any], drawn: pd.DataFrame, reserves: Any) -> list[Fault]:
    """Faults of a reserves file against a manifest that agrees and its Drawn table."""
    faults = [Fault("verify.parts", "", "", 0, *misfit) for misfit in misfits(reserves, RESERVES, "reserves")]
    return faults or run(Case(manifest, b"", reserves, draw_made=drawn), CHANGE_CHECKS)


def _after(change: Mapping[str, Any]) -> int:
    return int(change["last_order"] if change["kind"] == "release" else change["first_order"] - 1)


def _each(case: Case) -> Iterator[tuple[str, Mapping[str, Any], list[str]]]:
    """Place, change, ids drawn in its stratum in draw order."""
    if case.reserves is None or isinstance(case.drawn, SurveyError):
        return
    for number, change in enumerate(case.reserves["changes"]):
        yield f"changes[{number}]", change, case.last_stage.get(change["stratum_id"], [])


def _change_draw(case: Case) -> Iterator[Fault]:
    """The file speaks of this draw."""
    for name in ("round_id", "draw_hash") if case.reserves is not None else ():
        if case.reserves[name] != case.manifest[name]:
            yield Fault("verify.change_draw", column=name, got=case.reserves[name], expected=case.manifest[name])


def _change_no(case: Case) -> Iterator[Fault]:
    for number, (place, change, _) in enumerate(_each(case), start=1):
        if change["change_no"] != number:
            yield Fault("verify.change_no", column=place, got=str(change["change_no"]), expected=str(number))


def _change_time(case: Case) -> Iterator[Fault]:
    """Decisions come after the draw and in their order."""
    before = case.manifest["public_value"]["at"] if case.is_fresh else case.last_commit["committed_at"]
    for place, change, _ in _each(case):
        if moment(change["decided_at"]) < moment(before):
            yield Fault("verify.change_time", column=place, got=change["decided_at"], expected=f">= {before}")
        before = change["decided_at"]


def _change_stratum(case: Case) -> Iterator[Fault]:
    for place, change, ids in _each(case):
        if not ids:
            yield Fault("verify.change_stratum", column=place, got=change["stratum_id"])


def _change_gap(case: Case) -> Iterator[Fault]:
    """Cases go out in draw order and come back last first: a change begins where the last one ended."""
    issued = issued_counts(case.manifest["plan"], ())
    for place, change, _ in _each(case):
        now = issued.get(change["stratum_id"], 0)
        key, expected = ("first_order", now + 1) if change["kind"] == "release" else ("last_order", now)
        if change[key] != expected:
            yield Fault("verify.change_gap", column=f"{place}.{key}", got=str(change[key]), expected=str(expected))
        issued[change["stratum_id"]] = _after(change)


def _change_beyond(case: Case) -> Iterator[Fault]:
    for place, change, ids in _each(case):
        first, last = change["first_order"], change["last_order"]
        if ids and not 1 <= first <= last <= len(ids):
            yield Fault("verify.change_beyond", column=place, got=f"{first}..{last}", expected=f"1..{len(ids)}")


def _change_ids(case: Case) -> Iterator[Fault]:
    for place, change, ids in _each(case):
        expected = ids[max(change["first_order"], 1) - 1 : change["last_order"]]
        if ids and change["frame_unit_ids"] != expected:
            yield Fault("verify.change_ids", column=place, got=str(len(change["frame_unit_ids"])))


def _change_people(case: Case) -> Iterator[Fault]:
    """Two pairs of eyes: a proposer and another person who approves."""
    for place, change, _ in _each(case):
        proposer, approver = change["proposer"], change["approver"]
        if not proposer.strip() or not approver.strip() or same_person(proposer, approver):
            yield Fault("verify.change_people", column=place)


CHANGE_CHECKS = (
    Check("verify.change_draw", 3, _change_draw),
    Check("verify.change_no", 3, _change_no),
    Check("verify.change_time", 3, _change_time),
    Check("verify.change_stratum", 3, _change_stratum),
    Check("verify.change_gap", 3, _change_gap),
    Check("verify.change_beyond", 3, _change_beyond),
    Check("verify.change_ids", 3, _change_ids),
    Check("verify.change_people", 3, _change_people),
)
