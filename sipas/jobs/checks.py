"""Checking methodology before it is used: the unit register and the rulebooks with their worked cases."""

from __future__ import annotations

from collections import Counter

from sampling.errors import FaultsFound
from sipas.rulebook import check_rulebook, load_rulebook
from sipas.scoring import run_cases
from sipas.store.workspace import Workspace
from sipas.units import load_register


def check_units(ws: Workspace, register_id: str, round_id: str) -> list[tuple[str, str, str, str]]:
    """Load a register (the round's pinned one when none is named); per group: units open, ended, with successors.

    Raises FaultsFound `units.folder` with every fault.
    """
    folder = ws.methodology.folder("units", register_id) if register_id else ws.rounds.pinned(round_id, "units")
    register = load_register(folder)
    opened: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    inherited: Counter[str] = Counter()
    for unit in register.units:
        group = unit.unit_group or unit.kind
        (ended if unit.valid_to else opened)[group] += 1
        inherited[group] += bool(register.successors(unit.unit_id))
    groups = sorted({*opened, *ended})
    return [(group, str(opened[group]), str(ended[group]), str(inherited[group])) for group in groups]


def check_rulebooks(ws: Workspace, rulebook_id: str) -> list[tuple[str, str, str, str, str, str]]:
    """Check one rulebook, or all of the workspace and the program; per rulebook its size and worked cases.

    Raises FaultsFound: `rulebook.folder` of a folder that does not load, `rulebook.cases` when a worked case gives
    other points than were found by hand.
    """
    rows = []
    for one in [rulebook_id] if rulebook_id else ws.methodology.ids("rulebook"):
        book = load_rulebook(ws.methodology.folder("rulebook", one))
        faults = [*check_rulebook(book), *run_cases(book)]
        if faults:
            raise FaultsFound("rulebook.cases", faults, where=one)
        size = (str(len(book.criteria)), str(len(book.leaves())))
        rows.append((book.id, book.unit_group, *size, f"{book.max_points:f}", str(len(book.cases))))
    return rows
