"""The weights of a round by its recipe: design, nonresponse in strata, raking to totals counted on the frame."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sampling.design import CalibrationStep
from sampling.tables import CONTROL_TOTALS, WEIGHTED_CASES
from sampling.weighting import adjust_nonresponse, indicator_matrix, rake, weight_summary
from sipas.rounds import WeightsPart

WEIGHT_STEPS = ("design", "eligibility", "nonresponse", "calibration")
_SUMMARY = ("n", "sum", "min", "max", "cv", "kish_deff", "kish_n")


@dataclass(frozen=True, eq=False)
class Weighted:
    """Weights of the respondents (WeightedCases with a column per margin), margins before and after, a report by unit
    and step, and the response classes that were joined."""

    cases: pd.DataFrame
    control_totals: pd.DataFrame
    margins: pd.DataFrame
    report: pd.DataFrame
    joined: tuple[tuple[str, str], ...]


def weigh(issued: pd.DataFrame, frame: pd.DataFrame, strata: Sequence[str], part: WeightsPart) -> Weighted:
    """Weights of one round.

    issued: one row per issued case: case_id, frame_unit_id, rated_unit_id, stratum_id, psu_id, design_weight,
    case_status. frame: the SamplingFrame with stratum_id. strata: all strata in the order in which classes join.
    Margins are counted on the whole frame; pop_size counts the rows of the stratum on the frame.
    Raises what `adjust_nonresponse` and `rake` raise.
    """
    cases = issued.assign(response_class=issued["stratum_id"])
    adjusted = adjust_nonresponse(cases, strata, min_respondents=part.min_respondents, max_factor=part.max_factor)
    known = frame.set_index("frame_unit_id")
    # Sampling units of the stratum: dossiers, or persons where the target is the person. With dossiers n counts persons
    # who answered and N dossiers, so a person with one of two dossiers answered is never taken for fully observed.
    pop_size = frame.groupby("stratum_id").size()
    cases = cases.assign(
        eligibility_factor=adjusted.eligibility_factor,
        nonresponse_factor=adjusted.nonresponse_factor,
        response_class=adjusted.response_class,
        pop_size=cases["stratum_id"].map(pop_size).astype("int64"),
        **{name: known[name].reindex(cases["frame_unit_id"]).to_numpy() for name in part.margins},
    )
    rows = cases[cases["case_status"] == "respondent"].sort_values(["case_id", "rated_unit_id"], ignore_index=True)
    before = rows["design_weight"] * rows["eligibility_factor"] * rows["nonresponse_factor"]
    goal = control_totals(frame, part.margins)
    if part.margins:
        raked = rake(rows.assign(before=before), "before", goal)
        factor, margins = raked.factor, raked.margins
    else:
        factor, margins = np.ones(len(rows)), pd.DataFrame(columns=["margin", "category", "target", "before", "after"])
    rows = rows.assign(calibration_factor=factor, final_weight=before * factor)
    names = [*WEIGHTED_CASES.names(), *part.margins]
    return Weighted(WEIGHTED_CASES.check(rows[names]), goal, margins, _report(rows), adjusted.joined)


def control_totals(frame: pd.DataFrame, margins: Sequence[str]) -> pd.DataFrame:
    """ControlTotals of categorical margins counted on the frame (all its rows, responding or not)."""
    parts = [
        pd.DataFrame({"margin": name, "category": counts.index.astype("str"), "total": counts.to_numpy(dtype=float)})
        for name in margins
        for counts in [frame[name].value_counts().sort_index()]
    ]
    if not parts:
        return CONTROL_TOTALS.empty()
    return CONTROL_TOTALS.check(pd.concat(parts, ignore_index=True).assign(partition="", source="frame"))


def calibration_steps(cases: pd.DataFrame, margins: Sequence[str]) -> tuple[CalibrationStep, ...]:
    """The recorded calibration of WeightedCases, rebuilt from its factor and margin columns, for a Design."""
    if not margins:
        return ()
    before = cases["design_weight"] * cases["eligibility_factor"] * cases["nonresponse_factor"]
    x, _ = indicator_matrix(cases, {name: sorted(cases[name].unique()) for name in margins})
    return (CalibrationStep("raking", x, before.to_numpy(dtype=np.float64)),)


def _report(rows: pd.DataFrame) -> pd.DataFrame:
    """Summary of the weights after every step, for the round (unit_id "") and every unit."""
    weight = pd.Series(1.0, index=rows.index)
    lines = []
    for step in WEIGHT_STEPS:
        weight = weight * rows["design_weight" if step == "design" else f"{step}_factor"]
        lines.append({"unit_id": "", "weight_step": step, **weight_summary(np.asarray(weight, dtype=np.float64))})
        for unit_id, own in weight.groupby(rows["rated_unit_id"]):
            lines.append(
                {"unit_id": str(unit_id), "weight_step": step, **weight_summary(np.asarray(own, dtype=np.float64))}
            )
    table = pd.DataFrame(lines)[["unit_id", "weight_step", *_SUMMARY]]
    return table.astype({"n": "int64"})
