"""Step frame: an office's list becomes the sampling frame of an instrument."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sampling.frame import frame_hash
from sampling.numbers import canonical_json
from sampling.tables import SAMPLING_FRAME
from sipas.files import layout_of, read_table
from sipas.frames import FrameImport, build_frame, source_counts, unit_checks
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.units import Unit


def make_frame(given: Given) -> StepResult:
    """The frame, and facts about every row of the file; beside them the contacts (FrameImport).

    Raises FaultsFound `frames.file` with every fault, and what `read_table` raises.
    """
    rules = given.rules
    headers = [heading.header for heading in rules.headings]
    spared_keys = tuple(given.ledger("asked")["person_key"])
    table = read_table(given.file.path, known_headers=headers, every_sheet=True, shown_as=given.file.name)
    layout, rows = layout_of(table), table.to_pandas()
    del table
    frame_import = build_frame(rows, rules, given.register, given.key, given.file.name, spared_keys)
    facts: dict[str, Any] = {
        "kind": rules.plan.frame_kind,
        "source": source_counts(frame_import.kinds, rows, layout),
        "skipped_sheets": list(layout.skipped),
        "counts": frame_import.counts(),
        "crosswalk": {str(how): int(n) for how, n in frame_import.crosswalk.value_counts().sort_index().items()},
        "persons": frame_import.persons(),
        "spare_round": rules.plan.spare_round,
        "n_asked": int((frame_import.frame["asked_before"] == "asked").sum())
        if "asked_before" in frame_import.frame
        else 0,
        "without_contact": int((~frame_import.frame["has_contact"]).sum()),
        "units": [asdict(check) for check in unit_checks(frame_import, _units(given, frame_import))],
        "frame_hash": frame_hash(frame_import.frame),
        "file": given.hashes.get("file", ""),
    }
    outputs = {
        "frame": SAMPLING_FRAME.arrow(frame_import.frame),
        "frame_facts.json": canonical_json(facts).encode("utf-8"),
    }
    return StepResult(outputs, frame_import)


def _units(given: Given, frame_import: FrameImport) -> tuple[Unit, ...]:
    """Rated units; for officials, who come from anywhere, the units that are on the list."""
    if given.rules.plan.frame_kind != "official":
        return given.units_at_draw()
    present = set(frame_import.placed)
    return tuple(unit for unit in given.register.valid_on(given.head.units.on) if unit.unit_id in present)


FRAME = Step(
    "frame",
    "instrument",
    make_frame,
    Reads(
        pins=("units",),
        ledger=("asked",),
        rules=(
            "unit_groups",
            "frame.date_format",
            "plan.target",
            "plan.frame_kind",
            "plan.split_rule",
            "plan.spare_round",
            "plan.stratum_parts",
            "fieldwork.window_start",
            "fieldwork.window_end",
            "headings",
            "codes",
        ),
        head=("units",),
        keys=("dossier", "person", "firm", "official", "frame_unit"),
        file=True,
    ),
    roots=("sipas.files.child",),
)
