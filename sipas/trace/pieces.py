"""A section yet to be made, under a key by which a section that many numbers share is made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sipas.trace.sections import Section


@dataclass(frozen=True)
class Piece:
    """key: what the section is about; unit_id: "" where it is the same for all units of the round."""

    unit_id: str
    key: tuple[str, ...]
    make: Callable[[], Section]


@dataclass(frozen=True)
class CaseSet:
    """Forms that are counted together: a name, unique in the round, and their case ids in order."""

    name: str
    case_ids: tuple[str, ...]


NO_CASES = CaseSet("", ())


@dataclass(frozen=True)
class Outline:
    """One printed number before its sections are made: the pieces from the number down, its forms, its agreement."""

    pieces: tuple[Piece, ...]
    cases: CaseSet
    agrees: bool
