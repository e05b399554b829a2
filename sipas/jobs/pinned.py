"""The methodology a round is bound to: read from its pinned copies, never from the folders people edit."""

from __future__ import annotations

from collections.abc import Mapping

from sipas.rounds.parts import RoundParts, at_work, load_parts
from sipas.store.workspace import Workspace


def pinned(ws: Workspace, round_id: str) -> RoundParts:
    """The pinned methodology of a round. Raises what `load_parts` raises, StoreError `store.no_round`."""
    pins = ws.rounds.pins(round_id)
    parts = load_parts({(pin.kind, pin.id): ws.methodology.open_pin(pin.sha256) for pin in pins})
    is_training = ws.rounds.get(round_id).is_training
    return at_work(parts, ws.unit_events.all(round_id), is_training=is_training)


def pin_hashes(ws: Workspace, round_id: str) -> Mapping[str, str]:
    """SHA-256 of each pinned copy by kind/id."""
    return {f"{pin.kind}/{pin.id}": pin.sha256 for pin in ws.rounds.pins(round_id)}
