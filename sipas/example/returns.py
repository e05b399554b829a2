"""The made-up return of the example round: four files of forms, and the list of what is wrong in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sipas.example.answers import Population
from sipas.example.form_files import FILES, FormFile
from sipas.example.forms import FORM_FIELDS, returned_forms, spare_forms
from sipas.example.plants import PLANTED_KINDS, PlantedCounts, plant


@dataclass(frozen=True)
class PlantedForm:
    """One planted form: `file` and `row` where it stands, its `kind`, the state and reason an import must give it,
    the case id written on it, and the item with an impossible code."""

    file: str
    row: int
    kind: str
    row_state: str
    reason: str
    case_id: str
    item: str = ""


@dataclass(frozen=True)
class PlantedFacts:
    """Counts of the whole return, given that the files are read in their order.

    Rows: n_rows = n_accepted + n_late + n_duplicate + n_set_aside. Cases: of `n_issued`, `n_answering` sent a form;
    accepted and late forms, and those set aside for codes, few items, a wrong unit or a mistyped id, are theirs.
    """

    counts: PlantedCounts
    forms: tuple[PlantedForm, ...]
    rows_by_file: Mapping[str, int]
    n_issued: int
    n_answering: int
    n_rows: int
    n_accepted: int
    n_late: int
    n_duplicate: int
    n_set_aside: int


@dataclass(frozen=True)
class ReturnedFiles:
    """`files`: bytes by name, in the order they arrive; `rows`: what stands in them, all fields with `file_name`,
    `row`, `kind`, `item`; `facts`: the counts and places to hold an import against."""

    files: Mapping[str, bytes]
    rows: pd.DataFrame
    facts: PlantedFacts


def returned_files(
    drawn: pd.DataFrame,
    population: Population,
    *,
    other_round_ids: Sequence[str],
    seed: int,
    counts: PlantedCounts | None = None,
) -> ReturnedFiles:
    """Make the returned files of the issued cases of `drawn` (columns case_id, rated_unit_id, dossier_no,
    is_issued; the reserves that were not issued have False). Same arguments, same bytes.

    Raises DataError `example.unknown_dossier` and `example.too_few_forms`.
    """
    counts = counts or PlantedCounts()
    forms = returned_forms(drawn, population, seed)
    spare = spare_forms(drawn, population, seed)
    planted = plant(forms, spare, counts, other_round_ids=other_round_ids, seed=seed)
    return written(planted, FILES, FORM_FIELDS, counts, (int(drawn["is_issued"].sum()), len(forms)))


def written(
    planted: pd.DataFrame,
    form_files: Sequence[FormFile],
    fields: Sequence[str],
    counts: PlantedCounts,
    cases: tuple[int, int],
) -> ReturnedFiles:
    """Files of the forms that `plant` gives, with the facts; cases: how many were issued, how many of them answered."""
    file = planted["file"].to_numpy()
    first = np.array([form_file.first_row for form_file in form_files])
    placed = planted[[*fields, "kind", "item"]].assign(
        file_name=pd.Series([form_files[number].name for number in file], dtype="str"),
        row=planted.groupby("file").cumcount().to_numpy() + first[file],
    )
    files = {form_file.name: form_file.write(placed[file == number]) for number, form_file in enumerate(form_files)}
    return ReturnedFiles(files, placed, _facts(placed, list(files), counts, cases))


def _facts(
    placed: pd.DataFrame, file_names: Sequence[str], counts: PlantedCounts, cases: tuple[int, int]
) -> PlantedFacts:
    n_issued, n_answering = cases
    bad = placed[placed["kind"] != ""]
    forms = tuple(
        PlantedForm(name, int(row), kind, *PLANTED_KINDS[kind], case_id, item)
        for name, row, kind, case_id, item in zip(
            bad["file_name"], bad["row"], bad["kind"], bad["case_id"], bad["item"], strict=True
        )
    )
    states = [form.row_state for form in forms]
    return PlantedFacts(
        counts=counts,
        forms=forms,
        rows_by_file={name: int((placed["file_name"] == name).sum()) for name in file_names},
        n_issued=n_issued,
        n_answering=n_answering,
        n_rows=len(placed),
        n_accepted=len(placed) - len(bad),
        n_late=states.count("late"),
        n_duplicate=states.count("duplicate"),
        n_set_aside=states.count("set_aside"),
    )
