"""A unit that ended while a round was in the field."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class UnitEvent:
    """A unit that ceased on a day of the fieldwork: into `successor_id`, or closed when that is ""; `decision` is the
    paper."""

    unit_id: str
    successor_id: str
    effective_on: str
    decision: str
