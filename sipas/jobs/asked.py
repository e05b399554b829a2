"""Who was asked in an earlier round, so that a later one can spare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sampling.errors import StoreError
from sampling.numbers import sha256_hex
from sipas.store.steps import current_run

if TYPE_CHECKING:
    from sipas.store.workspace import Workspace


def asked_persons(ws: Workspace, round_id: str) -> tuple[str, ...]:
    """Person keys of the issued cases of a round, sorted; released reserves count, waiting ones do not.

    Raises StoreError `frames.spare_not_drawn` when that round has no sample, `store.no_round`.
    """
    ws.rounds.get(round_id)
    frame_run, draw_run = (current_run(ws, round_id, step) for step in ("frame", "draw"))
    if frame_run is None or draw_run is None:
        raise StoreError("frames.spare_not_drawn", where="round.toml, plan.spare_round", got=round_id)
    cases = ws.cases.read(round_id)
    issued = set(cases.loc[cases["is_issued"], "case_id"])
    sample = ws.snapshots.read_frame(draw_run.outputs["sample"])
    drawn = sample.loc[sample["case_id"].isin(issued), "frame_unit_id"]
    frame = ws.snapshots.read_frame(frame_run.outputs["frame"]).set_index("frame_unit_id")
    return tuple(sorted(set(frame["person_key"].reindex(drawn))))


def asked_hash(ws: Workspace, round_id: str) -> str:
    """SHA-256 of the person keys of `asked_persons`, "" when no round is to be spared."""
    return sha256_hex("\n".join(asked_persons(ws, round_id))) if round_id else ""
