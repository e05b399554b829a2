"""Kinds of sampling frame: what a row of the office's list stands for, and which of its columns are needed.

`transaction`: a finished dossier; `person`: a person on the list of a unit; `firm`: an enterprise by its tax code, with
the units it dealt with; `official`: a member of a closed list (delegates, officials) with the own unit and the group
in which the person rates.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

FrameKind = Literal["transaction", "person", "firm", "official"]
CodedField = Literal["result_status", "procedure_field", "channel", "rater_group"]
CODED_FIELDS: Final[tuple[CodedField, ...]] = ("result_status", "procedure_field", "channel", "rater_group")
CONTACT_FIELDS: Final = ("name", "phone", "address")
UNIT_SEPARATOR: Final = ";"  # between the units of a firm; names of units hold commas


@dataclass(frozen=True)
class FrameLayout:
    """Fields of one kind of frame.

    id_field: the number that names a row; it leaves the import only as a keyed hash. needed: fields the list must
    have, never blank. optional: fields it may have; one that `frame_columns.csv` declares is needed too, unless it is
    in `may_be_blank`.
    """

    id_field: str
    needed: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields, the needed ones first."""
        return (*self.needed, *self.optional)


MAY_BE_BLANK: Final = ("unit_id", *CONTACT_FIELDS)
LAYOUTS: Final[Mapping[FrameKind, FrameLayout]] = {
    "transaction": FrameLayout(
        "dossier_no",
        ("dossier_no", "unit_id_at_event", "event_date", "result_status", "person_no"),
        ("unit_id", "procedure_field", "channel", *CONTACT_FIELDS),
    ),
    "person": FrameLayout(
        "person_no",
        ("person_no", "unit_id_at_event", "name"),
        ("unit_id", "event_date", "result_status", "procedure_field", "channel", "rater_group", "phone", "address"),
    ),
    "firm": FrameLayout(
        "firm_no",
        ("firm_no", "unit_id_at_event", "name"),
        ("procedure_field", "channel", "rater_group", "phone", "address"),
    ),
    "official": FrameLayout(
        "staff_no",
        ("staff_no", "unit_id_at_event", "name", "rater_group"),
        ("phone", "address"),
    ),
}
ID_FIELDS: Final = ("dossier_no", "person_no", "firm_no", "staff_no")
