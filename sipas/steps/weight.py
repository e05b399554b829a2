"""Step weight: from issued cases and the answers that count to final weights."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sampling.frame import stratum_ids
from sampling.numbers import canonical_json
from sampling.selection import after_release
from sampling.tables import CALIBRATION, CONTROL_TOTALS, DRAWN, WEIGHTED_CASES, Column, Table
from sipas.steps.declare import Reads, Step, StepResult
from sipas.steps.given import Given
from sipas.steps.survey import counted_pairs
from sipas.weighting.weights import weigh

_SPREAD = ("sum", "min", "q05", "q25", "median", "q75", "q95", "max", "max_over_min", "cv", "kish_deff", "kish_n")
WEIGHT_REPORT = Table(
    "WeightReport",
    ("unit_id", "step_no"),
    (
        Column("unit_id", "text"),
        Column("step_no", "int"),
        Column("weight_step", "text"),
        Column("step_name", "text"),
        Column("n", "int"),
        *(Column(name, "float") for name in _SPREAD),
    ),
)
MARGINS = Table(
    "Margins",
    ("step", "margin", "category", "partition"),
    (
        *(Column(name, "text") for name in ("step", "margin", "category", "partition")),
        *(Column(name, "float") for name in ("target", "before", "after")),
        Column("is_exact", "bool"),
    ),
)


def make_weights(given: Given) -> StepResult:
    """Weights of the respondents by the recipe of the round file, the calibrations behind them, control totals, report,
    margins, joined classes.

    Raises WeightError of the steps of the recipe.
    """
    plan, frame = given.rules.plan, given.table("frame/frame")
    today = frame_today(frame, plan.stratum_parts, given.units_of_today())
    issued = issued_sample(given.table("draw/sample"), given.table("plan/allocation"), given.ledger("reserves"))
    strata = _strata(today, [unit.unit_id for unit in given.rated_units()])
    weighted = weigh(_issued(issued, today, set(counted_pairs(given)["case_id"])), today, strata, given.rules.weights)
    joined = {"joined": [list(strata) for strata in weighted.joined], "strata": strata}
    return StepResult(
        {
            "weighted_cases": WEIGHTED_CASES.arrow(weighted.cases),
            "calibration": CALIBRATION.arrow(weighted.calibration),
            "control_totals": CONTROL_TOTALS.arrow(weighted.control_totals),
            "weight_report": WEIGHT_REPORT.arrow(weighted.report),
            "margins": MARGINS.arrow(weighted.margins),
            "joined.json": canonical_json(joined).encode("utf-8"),
        }
    )


def frame_today(frame: pd.DataFrame, stratum_parts: tuple[str, ...], units_of_today: Mapping[str, str]) -> pd.DataFrame:
    """The frame with strata as drawn and units of today; rows of closed units have left the population."""
    today = frame["unit_id"].map(units_of_today)
    placed = frame.assign(stratum_id=stratum_ids(frame, stratum_parts), unit_id=today)
    return placed[today != ""].reset_index(drop=True)


def issued_counts(allocation: pd.DataFrame, reserves: pd.DataFrame) -> dict[str, int]:
    """Cases issued in every stratum now: the planned number, moved by the changes that were carried out, in order."""
    counts = {
        str(stratum): int(n) for stratum, n in zip(allocation["stratum_id"], allocation["sample_size"], strict=True)
    }
    for stratum, kind, first, last in reserves[["stratum_id", "kind", "first_order", "last_order"]].itertuples(
        index=False, name=None
    ):
        counts[stratum] = int(last) if kind == "release" else int(first) - 1
    return counts


def issued_sample(sample: pd.DataFrame, allocation: pd.DataFrame, reserves: pd.DataFrame) -> pd.DataFrame:
    """Issued cases, released reserves among them and withdrawn ones not, with the probabilities they have now."""
    now = after_release(sample[DRAWN.names()], allocation, issued_counts(allocation, reserves))
    changed = ["inclusion_prob", "conditional_prob", "design_weight"]
    fresh = now.set_index("frame_unit_id")[changed].reindex(sample["frame_unit_id"]).reset_index(drop=True)
    return sample.assign(**fresh)[fresh["design_weight"].notna()].reset_index(drop=True)


def _issued(issued: pd.DataFrame, frame: pd.DataFrame, answered: set[str]) -> pd.DataFrame:
    """Every issued case with its status; an issued case without an answer that counts is a nonrespondent."""
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(issued["frame_unit_id"])
    status = issued["case_id"].isin(answered).map({True: "respondent", False: "nonrespondent"}).astype("str")
    cases = issued.assign(rated_unit_id=unit.to_numpy(), case_status=status)
    return cases[unit.notna().to_numpy()].reset_index(drop=True)


def _strata(frame: pd.DataFrame, unit_order: list[str]) -> list[str]:
    """Strata in the order of their units, so that a small class joins a neighbour of the register."""
    position = {unit_id: number for number, unit_id in enumerate(unit_order)}
    stratum_units = frame[["stratum_id", "unit_id"]].drop_duplicates("stratum_id")
    stratum_units = stratum_units.assign(place=stratum_units["unit_id"].map(position)).sort_values(
        ["place", "stratum_id"]
    )
    return [str(stratum) for stratum in stratum_units["stratum_id"]]


WEIGHT = Step(
    "weight",
    "instrument",
    make_weights,
    Reads(
        outputs=("frame/frame", "plan/allocation", "draw/sample"),
        pins=("units",),
        ledger=("counted", "reserves", "events"),
        rules=("unit_groups", "plan.stratum_parts", "weights"),
        head=("units",),
    ),
)
