"""Checking the unit register before it is used."""

from __future__ import annotations

from collections import Counter

from sipas.store.workspace import Workspace
from sipas.units import load_register


def check_units(ws: Workspace, register_id: str, round_id: str) -> list[tuple[str, int, int, int]]:
    """Load a register (the round's pinned one when none is named); per group: units open, ended, with successors.

    Raises FaultsFound `units.folder` with every fault.
    """
    folder = ws.files.methodology.folder("units", register_id) if register_id else ws.rounds.pinned(round_id, "units")
    register = load_register(folder)
    opened: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    inherited: Counter[str] = Counter()
    for unit in register.units:
        group = unit.unit_group or unit.kind
        (ended if unit.valid_to else opened)[group] += 1
        inherited[group] += bool(register.successors(unit.unit_id))
    groups = sorted({*opened, *ended})
    return [(group, opened[group], ended[group], inherited[group]) for group in groups]
