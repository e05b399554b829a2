"""Total, own maximum and index of each unit, from its sheet."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, localcontext
from typing import Final

import numpy as np
import pandas as pd

from errors import DataError, Fault, FaultsFound
from sampling.numbers import FloatArray
from sampling.tables import Column, Table
from sipas.rulebook import Rulebook
from sipas.scoring import EXACT_CONTEXT, Numbers, round_points

PAR_RESULT: Final = Table(
    "ParIndexResult",
    ("rulebook_id", "unit_id"),
    (
        Column("rulebook_id", "text"),
        Column("unit_id", "text"),
        Column("points", "decimal"),
        Column("bonus", "decimal"),
        Column("penalty", "decimal"),
        Column("applicable_max", "decimal"),
        Column("total_shown", "decimal"),
        Column("index_pct", "decimal"),
        Column("index_shown", "decimal"),
        Column("std_error", "float", nullable=True),
    ),
)
_ZERO: Final = Decimal(0)
_HUNDRED: Final = Decimal(100)
_KEPT_PLACES: Final = 6


def par_index(sheet: pd.DataFrame, rulebook: Rulebook, *, survey_se: pd.DataFrame | None = None) -> pd.DataFrame:
    """PAR_RESULT of the units of `sheet` (UNIT_SHEET of this rulebook): index_u = 100 (P + B - D) / M_u.

    points: P, the exact sum of the areas; bonus B and penalty D held to their caps; applicable_max: M_u.
    index_pct: unrounded, kept to six places. total_shown: P + B - D rounded; index_shown: made from total_shown, so
    that a reader with a calculator finds it again. The index has no floor: a penalty may take it below zero.
    std_error: of index_pct, survey part only (appraised points are fixed): 100/M_u times the error in points.
    survey_se: unit_id, std_error of the survey points together, with covariances. Without it an error is given only
    where no covariance is needed: every scored survey leaf has one and links to another index (another sample).
    Raises DataError `parindex.other_rulebook`, FaultsFound `parindex.sheet` (a unit without an area, or without any
    criterion that applies).
    """
    if not sheet["rulebook_id"].eq(rulebook.id).all():
        got = ", ".join(sorted(set(sheet["rulebook_id"]) - {rulebook.id}))
        raise DataError("parindex.other_rulebook", got=got, expected=rulebook.id)
    units = pd.Index(sorted(sheet["unit_id"].unique()))
    areas = [criterion.code for criterion in rulebook.criteria if criterion.level == "area"]
    _check_rows(sheet, rulebook, units)
    points, maximum = _sums(sheet, units, areas)
    _check_maximum(rulebook, units, maximum)
    bonus = _capped(sheet, rulebook, units, level="bonus")
    penalty = _capped(sheet, rulebook, units, level="penalty")
    total = points + bonus - penalty
    rounding = rulebook.rounding
    total_shown = [round_points(value, rounding.mode, rounding.total) for value in total]
    error = _survey_errors(sheet, rulebook, units) if survey_se is None else _given_errors(survey_se, units)
    result = pd.DataFrame(
        {
            "rulebook_id": pd.Series([rulebook.id] * len(units), dtype="str"),
            "unit_id": pd.Series(units, dtype="str"),
            "points": points,
            "bonus": bonus,
            "penalty": penalty,
            "applicable_max": maximum,
            "total_shown": total_shown,
            "index_pct": _index(total, maximum, rounding.mode, _KEPT_PLACES),
            "index_shown": _index(total_shown, maximum, rounding.mode, rounding.index),
            "std_error": 100.0 * error / maximum.astype(np.float64),
        }
    )
    return PAR_RESULT.check(result)


def _index(totals: Iterable[Decimal], maxima: Iterable[Decimal], mode: str, places: int) -> list[Decimal]:
    with localcontext(EXACT_CONTEXT):
        return [round_points(_HUNDRED * total / top, mode, places) for total, top in zip(totals, maxima, strict=True)]


def _check_rows(sheet: pd.DataFrame, rulebook: Rulebook, units: pd.Index) -> None:
    """Every unit has a row for every area, bonus and penalty."""
    faults = []
    for code in (criterion.code for criterion in rulebook.criteria if not criterion.parent):
        absent = units.difference(pd.Index(sheet.loc[sheet["criterion_code"] == code, "unit_id"]))
        faults += [Fault("parindex.no_row", rulebook.id, unit, column=code) for unit in absent]
    if faults:
        raise FaultsFound("parindex.sheet", faults, where=rulebook.id)


def _sums(sheet: pd.DataFrame, units: pd.Index, codes: Iterable[str]) -> tuple[Numbers, Numbers]:
    """Exact sums of points (none where a criterion does not count) and maxima over `codes`, by unit."""
    points = np.full(len(units), _ZERO, dtype=object)
    maximum = points.copy()
    for code in codes:
        rows = sheet[sheet["criterion_code"] == code]
        at = units.get_indexer(pd.Index(rows["unit_id"]))
        points[at] += np.array(
            [value if isinstance(value, Decimal) else _ZERO for value in rows["points"]], dtype=object
        )
        maximum[at] += rows["max_points"].to_numpy(dtype=object)
    return points, maximum


def _capped(sheet: pd.DataFrame, rulebook: Rulebook, units: pd.Index, *, level: str) -> Numbers:
    cap = rulebook.bonus_cap if level == "bonus" else rulebook.penalty_cap
    points, _ = _sums(sheet, units, [criterion.code for criterion in rulebook.criteria if criterion.level == level])
    capped = [round_points(min(value, cap), "truncate", rulebook.rounding.leaf) for value in points]
    return np.array(capped, dtype=object)


def _check_maximum(rulebook: Rulebook, units: pd.Index, maximum: Numbers) -> None:
    empty = [unit for unit, top in zip(units, maximum, strict=True) if top == _ZERO]
    if empty:
        faults = [Fault("parindex.no_maximum", rulebook.id, unit) for unit in empty]
        raise FaultsFound("parindex.sheet", faults, where=rulebook.id)


def _survey_errors(sheet: pd.DataFrame, rulebook: Rulebook, units: pd.Index) -> FloatArray:
    """Errors in points where no covariance is needed; NaN elsewhere."""
    squares = np.zeros(len(units))
    counts = np.zeros(len(units))
    seen: dict[str, FloatArray] = {}
    for leaf in [leaf for leaf in rulebook.leaves() if leaf.is_survey]:
        rows = sheet[(sheet["criterion_code"] == leaf.code) & (sheet["leaf_status"] == "scored")]
        at = units.get_indexer(pd.Index(rows["unit_id"]))
        sample = leaf.link.index_id if leaf.link is not None else ""
        before = seen.setdefault(sample, np.zeros(len(units)))
        squares[at] += rows["std_error"].to_numpy(np.float64, na_value=np.nan) ** 2
        squares[at] += np.where(before[at] > 0, np.nan, 0.0)  # the same sample twice: a covariance is needed
        before[at] += 1
        counts[at] += 1
    return np.where(counts > 0, np.sqrt(squares), np.nan)


def _given_errors(survey_se: pd.DataFrame, units: pd.Index) -> FloatArray:
    given = survey_se.set_index("unit_id")["std_error"].reindex(units)
    return given.to_numpy(np.float64, na_value=np.nan)
