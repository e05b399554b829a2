"""The weights of a round by the recipe of its file; totals are counted on the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from errors import WeightError
from sampling.design import recorded_calibrations
from sampling.numbers import FloatArray
from sampling.tables import CALIBRATION, CONTROL_TOTALS, FACTOR_PREFIX, WEIGHTED_CASES
from sampling.weighting import RecipeResult, WeightStep, apply_recipe, weight_report
from sipas.weighting.recipe import STRATUM, WeightsPart

_FACTOR_OF = {
    "unknown_eligibility": "eligibility_factor",
    "follow_up": "nonresponse_factor",
    "nonresponse": "nonresponse_factor",
    "propensity": "nonresponse_factor",
}
CASE_KEY = WEIGHTED_CASES.key
_GROUPS = ("eligibility_factor", "nonresponse_factor", "calibration_factor")


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weights of the respondents (WeightedCases with a column per margin), their calibrations (Calibration), margins
    before and after every calibration, a report by unit and step, and the response classes that were joined: step,
    class, the class it joined."""

    cases: pd.DataFrame
    calibration: pd.DataFrame
    control_totals: pd.DataFrame
    margins: pd.DataFrame
    report: pd.DataFrame
    joined: tuple[tuple[str, str, str], ...]


def weigh(issued: pd.DataFrame, frame: pd.DataFrame, strata: Sequence[str], part: WeightsPart) -> Weighted:
    """Weights of one round.

    issued: one row per issued case: case_id, frame_unit_id, rated_unit_id, stratum_id, psu_id, design_weight,
    case_status. frame: the SamplingFrame with stratum_id. strata: all strata in the order in which classes join.
    Margins are counted on the whole frame; pop_size counts the rows of the stratum on the frame.
    Raises WeightError `weights.column` and what `apply_recipe` raises.
    """
    absent = [name for name in part.columns() if name not in frame.columns]
    if absent:
        raise WeightError("weights.column", where="frame", got=", ".join(absent), expected=", ".join(frame.columns))
    known = frame.set_index("frame_unit_id")
    cases = issued.sort_values(list(CASE_KEY), ignore_index=True)
    read = {name: known[name].reindex(cases["frame_unit_id"]).to_numpy() for name in part.columns()}
    cases = cases.assign(**read, **{STRATUM: cases["stratum_id"]})
    goal = control_totals(frame, part)
    done = apply_recipe(cases, part.recipe(strata), goal, id=CASE_KEY)
    calibration = CALIBRATION.check(recorded_calibrations(done.calibration(), CASE_KEY))
    # Sampling units of the stratum: dossiers, or persons where the target is the person. With dossiers n counts persons
    # who answered and N dossiers, so a person with one of two dossiers answered is never taken for fully observed.
    pop_size = cases["stratum_id"].map(frame.groupby("stratum_id").size()).astype("int64")
    factors = _factor_columns(done)
    rows = cases.assign(pop_size=pop_size, response_class=_response_class(done), final_weight=done.final, **factors)
    rows = rows[done.respondents]
    extra = [name for name in factors if name.startswith(FACTOR_PREFIX)]
    names = [*WEIGHTED_CASES.names(), *_kept(part), *extra]
    report = weight_report(done, cases["rated_unit_id"]).rename(columns={"kind": "weight_step", "step": "step_name"})
    weighted = WEIGHTED_CASES.check(rows[names])
    return Weighted(weighted, calibration, goal, done.margins(), report, done.joined())


def control_totals(rows: pd.DataFrame, part: WeightsPart) -> pd.DataFrame:
    """ControlTotals of all calibrations, counted on the rows of the frame (responding or not)."""
    wanted = dict.fromkeys(
        (margin, calibration.partition) for calibration in part.calibrations for margin in calibration.margins
    )
    parts = []
    for margin, partition in wanted:
        place = rows[partition].astype("str") if partition else pd.Series("", index=rows.index)
        keys = [place.rename("partition"), rows[margin].astype("str").rename("category")]
        parts.append(rows.groupby(keys, sort=True).size().reset_index(name="total").assign(margin=margin))
    if not parts:
        return CONTROL_TOTALS.empty()
    table = pd.concat(parts, ignore_index=True).assign(source="frame")
    return CONTROL_TOTALS.check(table.astype({"total": "float64"}))


def _group(step: WeightStep) -> str:
    return _FACTOR_OF.get(step.kind, "calibration_factor")


def _factor_columns(done: RecipeResult) -> dict[str, FloatArray]:
    """The three declared factors, each the product of its steps; steps that share one have their own columns too."""
    found: dict[str, FloatArray] = {}
    for group in _GROUPS:
        own = [applied for applied in done.steps[1:] if _group(applied.step) == group]
        found[group] = np.ones(len(done.final))
        for applied in own:
            found[group] = found[group] * applied.factor
            if len(own) > 1:
                found[FACTOR_PREFIX + applied.name] = applied.factor
    return found


def _response_class(done: RecipeResult) -> pd.Series:
    """Class of every case in the nonresponse step, after joining; "" without such a step."""
    names = pd.Series("", index=range(len(done.final)), dtype="str")
    for applied in done.steps:
        if applied.step.kind in ("nonresponse", "propensity") and applied.class_code is not None:
            names = pd.Series(np.asarray(applied.classes, dtype=object)[applied.class_code], dtype="str")
    return names


def _kept(part: WeightsPart) -> list[str]:
    """Columns of margins and partitions, kept beside the weights for those who look at a form."""
    return list(dict.fromkeys(name for calibration in part.calibrations for name in calibration.columns))
