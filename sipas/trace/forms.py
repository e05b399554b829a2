"""The forms of an instrument by unit: who answered, what was issued, which files it came in, the draw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sampling.tables import FACTOR_PREFIX
from sipas.trace.inputs import ByUnit, FormTables, records
from sipas.trace.sections import Section
from sipas.trace.survey import explain_draw, explain_forms

_CASE_COLUMNS = (
    "rated_unit_id",
    "case_id",
    "stratum_id",
    "design_weight",
    "eligibility_factor",
    "nonresponse_factor",
    "calibration_factor",
    "final_weight",
    "response_class",
)


class Forms:
    """The forms of an instrument by unit; the province has all of them."""

    def __init__(self, tables: FormTables, province_id: str) -> None:
        self._province_id = province_id
        cases = tables.data.cases
        factors = [one for one in map(str, cases) if one.startswith(FACTOR_PREFIX)]
        self._cases = cases[[*_CASE_COLUMNS, *factors]].assign(is_user=np.asarray(tables.data.is_user, dtype=bool))
        self._by_unit = ByUnit(self._cases, "rated_unit_id")
        self._outcomes = tables.outcomes[["unit_id", "case_id", "outcome", "reason"]]
        self._outcomes_by_unit = ByUnit(self._outcomes)
        self._batches = records(tables.batches[["batch_id", "file_name", "sha256"]])
        self._batches_of = _batches_of(tables, self._outcomes)
        self._manifest = tables.manifest
        self._allocation = tables.manifest["plan"]["stages"][-1]["allocation"]
        self._stratum_places = {one["stratum_id"]: place for place, one in enumerate(self._allocation)}

    def cases(self, unit_id: str) -> pd.DataFrame:
        """Weighted respondents who rated the unit."""
        return self._cases if unit_id == self._province_id else self._by_unit.rows(unit_id)

    def received(self, unit_id: str) -> Section:
        """Issued cases of the unit and the files in which forms of theirs came."""
        is_whole = unit_id == self._province_id
        own = self._outcomes if is_whole else self._outcomes_by_unit.rows(unit_id)
        named = set().union(*self._batches_of.values()) if is_whole else self._batches_of.get(unit_id, set())
        pairs = list(zip(own["outcome"], own["reason"], strict=True))
        return explain_forms(pairs, [one for one in self._batches if one["batch_id"] in named])

    def draw(self, cases: pd.DataFrame) -> Section:
        """The draw, with the strata in which these cases lie."""
        known = self._stratum_places
        places = sorted(known[one] for one in cases["stratum_id"].unique() if one in known)
        return explain_draw(self._manifest, [self._allocation[place] for place in places])


def _batches_of(tables: FormTables, outcomes: pd.DataFrame) -> dict[str, set[str]]:
    """Files by unit of the issued cases that a row of theirs names."""
    unit_of = outcomes.set_index("case_id")["unit_id"]
    pairs = tables.case_batches.assign(unit_id=tables.case_batches["case_id"].map(unit_of))
    pairs = pairs[["unit_id", "batch_id"]].dropna().drop_duplicates()
    return {str(unit): set(batches) for unit, batches in pairs.groupby("unit_id")["batch_id"]}
