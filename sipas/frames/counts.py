"""Independent counts of cases by unit, read from a file that the statistics office or the portal gives."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from errors import Fault, FaultsFound, shape_of
from sipas.frames.units import unit_codes
from sipas.rounds import DossierCount
from sipas.units import UnitRegister

COUNT_HEADERS = ("unit_id", "count", "source")
_WHOLE = r"[0-9]+|[0-9]{1,3}(?:[ .,][0-9]{3}){2,}|[0-9]{1,3}(?: [0-9]{3})+"
_AMBIGUOUS = r"[0-9]{1,3}[.,][0-9]{3}"


def read_counts(rows: pd.DataFrame, register: UnitRegister, file: str) -> tuple[DossierCount, ...]:
    """Counts from rows of text (`_sheet`, `_row` beside the cells).

    `1.234` may be a thousand or one and a bit and is refused; `1 234`, `1.234.567` and `1234` are not.
    Raises FaultsFound `frames.counts` with `frames.missing_column`, `frames.count`, `frames.ambiguous_number`,
    `frames.unknown_unit`, `frames.unit_twice`, `frames.blank`.
    """
    absent = [name for name in COUNT_HEADERS if name not in rows.columns]
    if absent:
        got = ", ".join(str(column) for column in rows.columns if not str(column).startswith("_"))
        missing = [Fault("frames.missing_column", file, column=column, got=got, expected=column) for column in absent]
        raise FaultsFound("frames.counts", missing, where=file)
    cells = rows[list(COUNT_HEADERS)].apply(lambda column: column.str.strip())
    cells = cells.assign(unit_id=unit_codes(cells["unit_id"], register))
    faults = list(_faults(cells, rows, register, file))
    if faults:
        raise FaultsFound("frames.counts", faults, where=file)
    numbers = cells["count"].str.replace("[ .,]", "", regex=True).astype("int64")
    given = zip(cells["unit_id"], numbers, cells["source"], strict=True)
    return tuple(DossierCount(unit_id=str(unit), count=int(n), source=str(source)) for unit, n, source in given)


def _faults(cells: pd.DataFrame, rows: pd.DataFrame, register: UnitRegister, file: str) -> Iterator[Fault]:
    is_ambiguous = cells["count"].str.fullmatch(_AMBIGUOUS)
    tests = (
        ("frames.ambiguous_number", "count", is_ambiguous, "1234"),
        ("frames.count", "count", ~is_ambiguous & ~cells["count"].str.fullmatch(_WHOLE), "1234"),
        ("frames.unknown_unit", "unit_id", ~cells["unit_id"].isin(register.names()), "id in the register"),
        ("frames.unit_twice", "unit_id", cells["unit_id"].duplicated(), ""),
        ("frames.blank", "source", cells["source"] == "", ""),
    )
    for rule, column, bad, expected in tests:
        places = zip(rows.loc[bad, "_sheet"], rows.loc[bad, "_row"], cells.loc[bad, column], strict=True)
        for sheet, row, cell in places:
            yield Fault(rule, file, str(sheet), int(row), column, shape_of(str(cell)), expected)
