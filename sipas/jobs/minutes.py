"""The minutes of a draw as a Word file, to be printed and signed."""

from __future__ import annotations

from pathlib import Path

from sampling.errors import StoreError
from sipas.entries import head_text
from sipas.jobs.desk import Desk
from sipas.publish.minutes import draw_minutes
from sipas.publish.minutesfacts import UnitSizes, minutes_facts
from sipas.publish.official import Office
from sipas.store.workspace import Workspace


def write_minutes(ws: Workspace, round_id: str) -> Path:
    """Write outputs/<round>/chon-mau/bien-ban-chon-mau.docx from the manifest of the draw.

    The log head printed is that of the draw's own entry: a log cut behind the signed paper is found. Raises StoreError
    `jobs.step_first` before the draw.
    """
    desk = Desk(ws, round_id)
    manifest, rules = desk.facts("draw", "manifest.json"), desk.parts.survey_round
    entry = next((one for one in reversed(ws.audit.entries(round_id)) if one.action == "cases.add"), None)
    if entry is None:
        raise StoreError("jobs.step_first", where=round_id, got="draw", expected="sipas draw")
    facts = minutes_facts(
        manifest,
        _sizes(desk),
        office=Office(rules.conductors[0].name_vi, rules.lists.agency_vi, rules.lists.place, rules.year),
        round_title=rules.title_vi,
        log_head=head_text(entry),
        is_made_up=rules.made_up,
    )
    return ws.outputs.write_bytes(f"{round_id}/chon-mau/bien-ban-chon-mau.docx", draw_minutes(facts))


def _sizes(desk: Desk) -> list[UnitSizes]:
    """Frame, sample and reserve of every unit in the order of the register; of every rater group where people rate."""
    frame, sample = desk.table("frame", "frame"), desk.table("draw", "sample")
    column = "rater_group" if desk.parts.survey_round.quotas else "unit_id"
    of_case = sample["frame_unit_id"].map(frame.set_index("frame_unit_id")[column])
    pop = frame[column].value_counts()
    main = of_case[~sample["is_reserve"]].value_counts()
    reserve = of_case[sample["is_reserve"]].value_counts()
    names = {one.unit_id: one.name_vi or one.unit_id for one in desk.parts.units_at_draw()}
    order = [one for one in names if one in pop.index] + sorted(set(pop.index) - set(names))
    return [
        UnitSizes(str(names.get(one, one)), int(pop[one]), int(main.get(one, 0)), int(reserve.get(one, 0)))
        for one in order
    ]
