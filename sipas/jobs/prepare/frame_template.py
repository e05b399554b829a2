"""The template of the round's list, to be sent to the units."""

from __future__ import annotations

from pathlib import Path

from sipas.foldernames import TEMPLATES_FOLDER
from sipas.frames import unit_label
from sipas.jobs.stepruns.workbench import Workbench
from sipas.publish.field.frame_template import Template, TemplateColumn, frame_template
from sipas.rounds.parts import InstrumentParts
from sipas.store.workspace import Workspace


def make_frame_template(ws: Workspace, round_id: str, instrument_id: str = "") -> Path:
    """Write outputs/<public id>/mau/mau-danh-sach.xlsx; the same round again leaves the file as it is.

    Raises StoreError `store.no_round`, `store.output_in_use`.
    """
    parts = Workbench(ws, round_id, instrument_id).parts
    rules = parts.rules
    example = rules.fieldwork.window_start
    year, month, day = example.split("-")
    template = Template(
        round_id=rules.public_id,
        title_vi=rules.title,
        kind=rules.plan.frame_kind,
        window=(rules.fieldwork.window_start, rules.fieldwork.window_end),
        date_example=f"{day}/{month}/{year}" if rules.frame.date_format == "d/m/y" else example,
        columns=tuple(_column(parts, heading.field, heading.header) for heading in rules.headings),
        is_made_up=rules.made_up,
    )
    return ws.files.outputs.write_bytes(
        f"{rules.public_id}/{TEMPLATES_FOLDER}/mau-danh-sach.xlsx", frame_template(template)
    )


def _column(parts: InstrumentParts, field: str, header: str) -> TemplateColumn:
    rules = parts.rules
    choices: tuple[str, ...] = tuple(rules.codes_of(field))
    if field == "unit_id":
        choices = tuple(map(unit_label, parts.rated_units()))
    elif field == "unit_id_at_event" and rules.plan.frame_kind != "firm":  # a firm's cell may name several units
        choices = _units_at_event(parts)
    return TemplateColumn(field, header, field in rules.needed_fields(), choices)


def _units_at_event(parts: InstrumentParts) -> tuple[str, ...]:
    """Units that could have handled a case of the window: today's first, then those that ended within it."""
    rules = parts.rules
    if rules.plan.frame_kind == "official":
        return tuple(map(unit_label, parts.register.valid_on(rules.units.on)))
    start, on = rules.fieldwork.window_start, rules.units.on
    ended = [unit for unit in parts.register.units if unit.valid_to and start <= unit.valid_to < on]
    return tuple(map(unit_label, (*parts.rated_units(), *ended)))
