"""The methodology a round is bound to: read from its pinned copies, never from the folders people edit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from sipas.rounds.parts import RoundParts, at_work, load_parts
from sipas.store.workspace import Workspace


def pinned(ws: Workspace, round_id: str, survey: str = "") -> RoundParts:
    """The pinned methodology of a round; survey: an instrument that has to be one with respondents.

    Raises what `load_parts` raises, StoreError `store.no_round`, `store.no_instrument`, `jobs.no_respondents`."""
    open_pin = ws.files.methodology.open_pin
    copies = tuple(_Copy(pin.kind, pin.id, pin.sha256, open_pin) for pin in ws.rounds.pins(round_id))
    is_training = ws.rounds.get(round_id).is_training
    return at_work(_loaded(copies), ws.rounds.unit_events.all(round_id), is_training=is_training, survey=survey)


def pin_hashes(ws: Workspace, round_id: str) -> Mapping[str, str]:
    """SHA-256 of each pinned copy by kind/id."""
    return {f"{pin.kind}/{pin.id}": pin.sha256 for pin in ws.rounds.pins(round_id)}


@dataclass(frozen=True)
class _Copy:
    """A pinned copy. Equal hashes mean equal content, in whichever workspace it lies; its bytes are held against the
    hash when it is opened."""

    kind: str
    id: str
    sha256: str
    open_pin: Callable[[str], Path] = field(compare=False)


@lru_cache(maxsize=4)
def _loaded(copies: tuple[_Copy, ...]) -> RoundParts:
    """What the copies say: parsed once in a process, since nothing in them can change."""
    return load_parts({(copy.kind, copy.id): copy.open_pin(copy.sha256) for copy in copies})
