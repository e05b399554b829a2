"""From coded answers and weights to the values of every variant of an index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.design import CalibrationStep, Design, LonelyRule
from sampling.estimation import linear_combinations
from sampling.sums import Totals, totals
from sampling.tables import WEIGHTED_CASES
from sipas.indices.definition import IndexDefinition, Variant, coefficients
from sipas.indices.values import INDEX_SCORES, satisfaction_index

Slopes = Mapping[tuple[str, str], float]
"""Points per percentage point by (node_code, variant)."""


@dataclass(frozen=True, eq=False)
class SurveyData:
    """Respondents of a round, sorted by case_id, rated_unit_id.

    cases: WeightedCases with one 0/1 column per item (NaN = no valid answer); is_user: the users-only filter, shape
    (n,); calibration: the steps behind `final_weight`, by case_id and rated_unit_id; province_id names the domain of
    all units together. variance: columns of stratum, PSU and population for the errors, others than the drawn ones
    where strata were joined.
    """

    cases: pd.DataFrame
    is_user: np.ndarray
    calibration: tuple[CalibrationStep, ...]
    lonely_psu: LonelyRule
    province_id: str
    variance: tuple[str, str, str] = ("stratum_id", "psu_id", "pop_size")


def satisfied(values: pd.DataFrame, codes: Sequence[str]) -> pd.DataFrame:
    """1.0 where the answer code is one of the satisfied `codes`, 0.0 for another answer, NaN for none; as `values`."""
    good = values.isin([float(code) for code in codes]).astype("float64")
    return good.where(values.notna())


def item_values(values: pd.DataFrame, definition: IndexDefinition) -> pd.DataFrame:
    """What the index averages, 0..1, from answer codes; NaN for none, shape as `values`.

    share: 1 for a satisfied code, else 0; mean: answer code / full_code.
    """
    if definition.item_value == "mean" and definition.full_code is not None:
        return values.astype("float64") / definition.full_code
    return satisfied(values, definition.satisfied_codes)


def variant_totals(data: SurveyData, definition: IndexDefinition, variant: Variant, *, by_unit: bool) -> Totals:
    """Totals of all items for one variant, by unit or for the province.

    Respondents whom the filter leaves out stay in the design with no observed answer, as a domain does.
    """
    items = list(definition.item_codes())
    rows = data.cases
    if variant.filter == "users_only":
        rows = rows.assign(**{item: rows[item].where(data.is_user) for item in items})
    weighted = variant.weights == "final"
    design = Design(
        rows if weighted else rows.assign(one=1.0),
        weight="final_weight" if weighted else "one",
        stratum=data.variance[0],
        psu=data.variance[1],
        pop_size=data.variance[2],
        lonely_psu=data.lonely_psu,
        id=WEIGHTED_CASES.key,
        adjustments=data.calibration if weighted else (),
    )
    return totals(design, items, "rated_unit_id" if by_unit else None)


def index_scores(data: SurveyData, definition: IndexDefinition, year: int) -> pd.DataFrame:
    """IndexScores of all variants, for every unit and for the province; intervals at 95 %, as every page says."""
    parts = []
    for variant in definition.variants:
        for by_unit in (True, False):
            sums = variant_totals(data, definition, variant, by_unit=by_unit)
            table = satisfaction_index(sums, definition, variant=variant.name, year=year)
            parts.append(table if by_unit else table.assign(unit_id=data.province_id))
    return INDEX_SCORES.check(pd.concat(parts, ignore_index=True))


def points_std_error(
    data: SurveyData, definition: IndexDefinition, year: int, slopes: Mapping[str, Slopes]
) -> pd.Series:
    """Standard error of the survey points of a unit's total, by unit: one z per respondent over all its linked leaves.

    slopes: for every unit, points per percentage point by (node_code, variant) of the leaves that count for it. Leaves
    of the same variant share their respondents, so their z are added before squaring; variants are the same sample too,
    so their errors are added as if fully correlated, which is never too small. A unit without such leaves has 0.
    """
    nodes, _, matrix = coefficients(definition, year)
    total = pd.Series(0.0, index=pd.Index(list(slopes), name="unit_id", dtype="str"))
    for name in sorted({variant for unit_slopes in slopes.values() for _, variant in unit_slopes}):
        sums = variant_totals(data, definition, definition.variant(name), by_unit=True)
        patterns = {unit: _pattern(unit_slopes, name) for unit, unit_slopes in slopes.items()}
        distinct = sorted(set(patterns.values()))
        rows = np.zeros((len(distinct), matrix.shape[1]))
        for place, pattern in enumerate(distinct):
            for node, slope in pattern:
                rows[place] += 100 * slope * matrix[nodes.index(node)]
        errors = dict(zip(sums.domains, np.sqrt(linear_combinations(sums, rows).variance), strict=True))
        none = np.full(len(distinct), np.nan)
        unit_errors = [
            errors.get(unit, none)[distinct.index(pattern)] if pattern else 0.0 for unit, pattern in patterns.items()
        ]
        total = total + np.array(unit_errors)
    return total.rename("std_error")


def given_std_error(scores: pd.DataFrame, slopes: Mapping[str, Slopes]) -> pd.Series:
    """The same of values that another agency measured, from the errors it gave (IndexScores `scores`).

    How its values hang together is not known, so errors of several leaves of a unit are added as if fully correlated,
    which is never too small; a value without an error adds nothing.
    """
    with_error = scores[scores["std_error"].notna()]
    keys = zip(with_error["unit_id"], with_error["node_code"], with_error["variant"], strict=True)
    errors = dict(zip(keys, with_error["std_error"], strict=True))
    total = {
        unit: sum(abs(slope) * float(errors.get((unit, *key), 0.0)) for key, slope in unit_slopes.items())
        for unit, unit_slopes in slopes.items()
    }
    return pd.Series(
        total.values(), index=pd.Index(total, name="unit_id", dtype="str"), name="std_error", dtype="float64"
    )


def _pattern(unit_slopes: Slopes, variant: str) -> tuple[tuple[str, float], ...]:
    return tuple(sorted((node, slope) for (node, of_variant), slope in unit_slopes.items() if of_variant == variant))
