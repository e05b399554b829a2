"""Who was asked in an earlier survey, so that a later one can spare them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from errors import StoreError
from sipas.store.stepruns import Place, current_run

if TYPE_CHECKING:
    from sipas.store.workspace import Workspace


def earlier_respondents(ws: Workspace, public_id: str) -> tuple[str, ...]:
    """Person keys of the issued cases of an instrument, sorted; released reserves count, waiting ones do not.

    public_id: round, or round/instrument for another than the first. Raises StoreError `frames.spare_not_drawn` when
    it has no sample, `store.no_round`, `store.no_instrument`.
    """
    instrument = ws.rounds.by_public_id(public_id)
    places = [Place(instrument.round_id, instrument.instrument_id, step) for step in ("frame", "draw")]
    frame_run, draw_run = (current_run(ws, place) for place in places)
    if frame_run is None or draw_run is None:
        raise StoreError("frames.spare_not_drawn", where="round.toml, plan.spare_round", got=public_id)
    cases = ws.field.cases.read(instrument)
    issued = set(cases.loc[cases["is_issued"], "case_id"])
    sample = ws.files.snapshots.read_frame(draw_run.outputs["sample"])
    drawn = sample.loc[sample["case_id"].isin(issued), "frame_unit_id"]
    frame = ws.files.snapshots.read_frame(frame_run.outputs["frame"]).set_index("frame_unit_id")
    return tuple(sorted(set(frame["person_key"].reindex(drawn))))
