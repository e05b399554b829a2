"""The forms of an instrument by unit: who answered, what was issued, which files it came in, the draw."""

from __future__ import annotations

import numpy as np

from sampling.tables import FACTOR_PREFIX
from sipas.trace.inputs import FormTables, positions
from sipas.trace.sections import Section
from sipas.trace.survey import explain_draw, explain_forms, explain_weights

_CASE_COLUMNS = (
    "stratum_id",
    "design_weight",
    "eligibility_factor",
    "nonresponse_factor",
    "calibration_factor",
    "final_weight",
    "response_class",
)
_NO_ROWS = np.empty(0, dtype=np.int64)


class Forms:
    """The forms of an instrument by unit; the province has all of them."""

    def __init__(self, tables: FormTables, province_id: str) -> None:
        cases, outcomes, batches = tables.data.cases, tables.outcomes, tables.batches
        factors = [name for name in map(str, cases) if name.startswith(FACTOR_PREFIX)]
        self._cases = cases[[*_CASE_COLUMNS, *factors]]
        self._is_user = np.asarray(tables.data.is_user, dtype=bool)
        self._case_ids = cases["case_id"].to_numpy(dtype=object)
        self._rows = positions(cases["rated_unit_id"]) | {province_id: np.arange(len(cases))}
        self._outcomes = list(zip(outcomes["outcome"], outcomes["reason"], strict=True))
        self._issued = positions(outcomes["unit_id"]) | {province_id: np.arange(len(outcomes))}
        self._batches = list(zip(batches["batch_id"], batches["file_name"], batches["sha256"], strict=True))
        self._batches_of = _batches_of(tables)
        self._batches_of[province_id] = set().union(*self._batches_of.values())
        self._manifest = tables.manifest
        self._allocation = tables.manifest["plan"]["stages"][-1]["allocation"]
        self._stratum_places = {stratum["stratum_id"]: place for place, stratum in enumerate(self._allocation)}

    def has_cases(self, unit_id: str) -> bool:
        """True where somebody's form rates the unit."""
        return len(self._rows.get(unit_id, _NO_ROWS)) > 0

    def case_ids(self, unit_id: str, *, users_only: bool) -> tuple[str, ...]:
        """Forms that rate the unit, by case id."""
        rows = self._rows.get(unit_id, _NO_ROWS)
        return tuple(self._case_ids[rows[self._is_user[rows]] if users_only else rows])

    def weights(self, unit_id: str) -> Section:
        """Weight factors of the unit's forms."""
        return explain_weights(self._cases.iloc[self._rows[unit_id]])

    def received(self, unit_id: str) -> Section:
        """Issued cases of the unit and the files in which forms of theirs came."""
        outcomes = [self._outcomes[row] for row in self._issued.get(unit_id, _NO_ROWS)]
        named = self._batches_of.get(unit_id, set())
        return explain_forms(outcomes, [batch for batch in self._batches if batch[0] in named])

    def draw(self, unit_id: str) -> Section:
        """The draw, with the strata in which the unit's forms lie."""
        strata = self._cases["stratum_id"].iloc[self._rows.get(unit_id, _NO_ROWS)].unique()
        places = sorted(self._stratum_places[stratum] for stratum in strata if stratum in self._stratum_places)
        return explain_draw(self._manifest, [self._allocation[place] for place in places])


def _batches_of(tables: FormTables) -> dict[str, set[str]]:
    """Files by unit of the issued cases that a row of theirs names."""
    unit_of = tables.outcomes.set_index("case_id")["unit_id"]
    pairs = tables.case_batches.assign(unit_id=tables.case_batches["case_id"].map(unit_of))
    pairs = pairs[["unit_id", "batch_id"]].dropna().drop_duplicates()
    return {str(unit): set(batches) for unit, batches in pairs.groupby("unit_id")["batch_id"]}
