"""What the minutes of a draw tell, taken from its manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sampling.manifest import commit_hash
from sipas.publish.xlsx.official import Office


@dataclass(frozen=True)
class UnitSizes:
    """One line of the table of sizes."""

    unit_vi: str
    pop_size: int
    sample_size: int
    reserve_size: int


@dataclass(frozen=True)
class PartyFacts:
    """One of the two who sealed the frame: commitment published before, opened at (ISO with offset)."""

    name: str
    commitment: str
    opened_at: str


@dataclass(frozen=True)
class SealFacts:
    """One sealing; more than one means that the round was sealed again, which the minutes say."""

    commit_no: int
    committed_at: str
    commit_hash: str


@dataclass(frozen=True)
class PublicFacts:
    """The value nobody could foresee."""

    source: str
    at: str
    value: str


@dataclass(frozen=True)
class CoordinationFacts:
    """Instead of sealing, in a draw coordinated with other rounds: reproducible, not unpredictable."""

    programme: str
    frame_source: str
    start: str


@dataclass(frozen=True)
class MinutesFacts:
    """All that stands on the minutes. public_value None and coordination given: mode coordinated.

    log_head: as printed by the audit log, "42-9f86d081884c7d65". units in the order of the register.
    """

    office: Office
    round_id: str
    round_title: str
    frame_rows: int
    frame_hash: str
    plan_hash: str
    seed: str
    draw_hash: str
    n_main: int
    n_reserve: int
    units: tuple[UnitSizes, ...]
    log_head: str
    parties: tuple[PartyFacts, ...] = ()
    seals: tuple[SealFacts, ...] = ()
    public_value: PublicFacts | None = None
    coordination: CoordinationFacts | None = None
    is_made_up: bool = False


def minutes_facts(
    manifest: Mapping[str, Any],
    units: Sequence[UnitSizes],
    *,
    office: Office,
    round_title: str,
    log_head: str,
    is_made_up: bool = False,
) -> MinutesFacts:
    """Facts of a manifest of format prn1, as read from manifest.json; `units` give what was drawn."""
    value = manifest.get("public_value")
    shared = manifest["plan"].get("coordination")
    return MinutesFacts(
        office=office,
        round_id=manifest["round_id"],
        round_title=round_title,
        frame_rows=int(manifest["frame_rows"]),
        frame_hash=manifest["frame_hash"],
        plan_hash=manifest["plan_hash"],
        seed=manifest["seed"],
        draw_hash=manifest["draw_hash"],
        n_main=sum(unit.sample_size for unit in units),
        n_reserve=sum(unit.reserve_size for unit in units),
        units=tuple(units),
        log_head=log_head,
        parties=tuple(
            PartyFacts(party["name"], party["commitment"], party["opened_at"])
            for party in manifest.get("parties") or ()
        ),
        seals=tuple(
            SealFacts(int(commit["commit_no"]), commit["committed_at"], commit_hash(commit))
            for commit in manifest.get("commits") or ()
        ),
        public_value=PublicFacts(value["source"], value["at"], value["value"]) if value else None,
        coordination=CoordinationFacts(shared["programme"], shared["frame_source"], shared["start"])
        if shared
        else None,
        is_made_up=is_made_up,
    )
