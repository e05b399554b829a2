"""Sample files that data collection servers take in: UTF-8 text, one row a case, ids first.

odk: entity list of ODK Central (docs.getodk.org, "Importing CSVs into Entity Lists"): a column `label`, the others
exactly the properties of the list, which must have been declared there. kobo: external file of KoboToolbox for
`select_one_from_file` and `pulldata()`: comma, the column looked up (`name`) leftmost, a `label`. survey-solutions:
assignments for Survey Solutions ("Uploading many assignments"): tab separated, columns named as the identifying
questions, `_quantity`, and `_responsible`, which must be filled in every row or left out.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import pandas as pd

from errors import DataError

ODK, KOBO, SURVEY_SOLUTIONS = "odk", "kobo", "survey-solutions"
UPLOAD_COLUMNS: Final = (
    "case_id", "unit_id", "unit_name", "conductor_id", "interviewer_id", "name", "phone", "address",
)  # fmt: skip
# ODK keeps `name` for itself, so that no property may be called so; one set of names for all three.
_PERSONAL: Final[Mapping[str, str]] = MappingProxyType(
    {"name": "respondent_name", "phone": "respondent_phone", "address": "respondent_address"}
)
_PLAIN: Final = ["unit_id", "unit_name", "conductor_id", "interviewer_id"]


def upload_file(target: str, rows: pd.DataFrame, *, with_names: bool) -> bytes:
    """The file of `rows` (UPLOAD_COLUMNS, text) for target odk | kobo | survey-solutions, in the order given.

    with_names: respondent_name, respondent_phone and respondent_address go too; else no personal data. Raises
    DataError `lists.partly_assigned` (Survey Solutions: some cases have an interviewer, others none).
    """
    personal = rows[list(_PERSONAL)].rename(columns=_PERSONAL) if with_names else rows[[]]
    label = rows["case_id"].str.cat(rows["name"] if with_names else rows["unit_name"], " – ")
    table = pd.concat([rows[["case_id", *_PLAIN]], personal], axis=1)
    if target == SURVEY_SOLUTIONS:
        return _text(_assignments(table), "\t")
    if target == KOBO:
        table = table.rename(columns={"case_id": "name"})
        table.insert(1, "label", label)
    else:
        table.insert(0, "label", label)
    return _text(table, ",")


def _assignments(table: pd.DataFrame) -> pd.DataFrame:
    responsible = table["interviewer_id"]
    n_unassigned = int((responsible == "").sum())
    if 0 < n_unassigned < len(table):
        raise DataError("lists.partly_assigned", got=n_unassigned, expected=len(table))
    whole = table.drop(columns="interviewer_id").assign(_quantity="1")
    return whole if n_unassigned else whole.assign(_responsible=responsible)


def _text(table: pd.DataFrame, separator: str) -> bytes:
    """CSV text, quoted where needed, LF; line breaks and tabs inside a cell become blanks."""
    clean = table.apply(lambda column: column.str.replace(r"\s+", " ", regex=True).str.strip())
    text = io.StringIO()
    clean.to_csv(text, sep=separator, index=False, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    return text.getvalue().encode("utf-8")
