"""Cells of the office's list under their field names, and where each of them stands."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from errors import Fault, FaultsFound, shape_of
from sipas.cells.text import folded
from sipas.framekinds import CONTACT_FIELDS, ID_FIELDS
from sipas.rounds import InstrumentRules

_OWN_FIELDS = (*ID_FIELDS, "unit_id", "unit_id_at_event", "event_date", *CONTACT_FIELDS)


def find_columns(rows: pd.DataFrame, rules: InstrumentRules, file: str) -> dict[str, str]:
    """Column of the file for each field. FaultsFound `frames.file` with a `frames.missing_column` for each absent."""
    field_of = {folded(heading.header): heading.field for heading in rules.headings}
    columns: dict[str, str] = {}
    for column in rows.columns:
        field = field_of.get(folded(str(column)))
        if field is not None:
            columns.setdefault(field, str(column))
    absent = [rules.header_of(field) for field in rules.needed_fields() if field not in columns]
    if absent:
        got = ", ".join(str(column) for column in rows.columns if not str(column).startswith("_"))
        faults = [Fault("frames.missing_column", file, column=header, got=got, expected=header) for header in absent]
        raise FaultsFound("frames.file", faults, where=file)
    return columns


def field_cells(rows: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Cells under their field names, blanks trimmed; fields that the file does not have are ""."""
    cells = {field: rows[column].fillna("").str.strip() for field, column in columns.items()}
    blank = pd.Series("", index=rows.index, dtype="str")
    return pd.DataFrame({**dict.fromkeys(_OWN_FIELDS, blank), **cells})


class Places:
    """Where a row of the file is, as a person sees it."""

    def __init__(self, rows: pd.DataFrame, file: str, rules: InstrumentRules) -> None:
        self.file = file
        self._headers: Mapping[str, str] = {heading.field: heading.header for heading in rules.headings}
        self._sheet = rows["_sheet"]
        self._row = rows["_row"].astype("int64")

    def header(self, field: str) -> str:
        """Header of a field, as in the file's layout."""
        return self._headers.get(field, field)

    def faults(self, rule: str, field: str, cells: pd.DataFrame, bad: pd.Series, expected: str) -> list[Fault]:
        """One fault for every row where `bad`; the cell is shown by its shape only."""
        places = zip(self._sheet[bad], self._row[bad], cells.loc[bad, field], strict=True)
        return [
            Fault(rule, self.file, str(sheet), int(row), self.header(field), shape_of(str(cell)), expected)
            for sheet, row, cell in places
        ]
