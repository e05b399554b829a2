"""The minutes of a draw as a Word file, to be printed and signed."""

from __future__ import annotations

from pathlib import Path

from errors import StoreError
from sipas.acts import CasesAdded
from sipas.entries import head_text
from sipas.foldernames import DRAW_FOLDER
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.word.minutes import draw_minutes
from sipas.publish.word.minutesfacts import UnitSizes, minutes_facts
from sipas.publish.xlsx.official import Office
from sipas.store.workspace import Workspace


def write_minutes(ws: Workspace, round_id: str, instrument_id: str = "") -> Path:
    """Write outputs/<public id>/chon-mau/bien-ban-chon-mau.docx from the manifest of the draw.

    The log head printed is that of the draw's own entry: a log cut behind the signed paper is found. Raises StoreError
    `jobs.step_first` before the draw.
    """
    bench = Workbench(ws, round_id, instrument_id)
    public_id = bench.instrument.public_id
    manifest, rules = bench.facts("draw", "manifest.json"), bench.parts.rules
    entry = next((entry for entry in reversed(ws.log.entries(public_id)) if entry.action == CasesAdded.action), None)
    if entry is None:
        raise StoreError("jobs.step_first", where=public_id, got="draw", expected="sipas draw")
    facts = minutes_facts(
        manifest,
        _sizes(bench),
        office=Office(rules.conductors[0].name_vi, rules.lists.agency_vi, rules.lists.place, rules.year),
        round_title=rules.title,
        log_head=head_text(entry),
        is_made_up=rules.made_up,
    )
    return ws.files.outputs.write_bytes(f"{public_id}/{DRAW_FOLDER}/bien-ban-chon-mau.docx", draw_minutes(facts))


def _sizes(bench: Workbench) -> list[UnitSizes]:
    """Frame, sample and reserve of every unit in the order of the register; of every rater group where people rate."""
    frame, sample = bench.table("frame", "frame"), bench.table("draw", "sample")
    column = "rater_group" if bench.parts.rules.quotas else "unit_id"
    of_case = sample["frame_unit_id"].map(frame.set_index("frame_unit_id")[column])
    pop = frame[column].value_counts()
    main = of_case[~sample["is_reserve"]].value_counts()
    reserve = of_case[sample["is_reserve"]].value_counts()
    names = {unit.unit_id: unit.name_vi or unit.unit_id for unit in bench.parts.units_at_draw()}
    order = [unit_id for unit_id in names if unit_id in pop.index] + sorted(set(pop.index) - set(names))
    return [
        UnitSizes(
            str(names.get(unit_id, unit_id)), int(pop[unit_id]), int(main.get(unit_id, 0)), int(reserve.get(unit_id, 0))
        )
        for unit_id in order
    ]
