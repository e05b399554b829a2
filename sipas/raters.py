"""The sample of a round whose cases are people on closed lists: one case a person, many rated units a case.

A case id is ROUND-GROUP-ORDER-CC, numbered within the rater group in the order of the digests. Its stratum is the
rater group and its PSU the person; what it may rate stands in RatedPairs with the probability of each pair
(`sampling.pairs`). Everybody drawn is issued: a list has no reserve.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from errors import Fault, FaultsFound
from sampling.pairs import PairDraw, draw_pairs
from sampling.tables import ALLOCATION, RATED_PAIRS, SAMPLE
from sipas.caseid import make_case_ids
from sipas.quotas import FILE, quota_table
from sipas.rounds import InstrumentRules
from sipas.units import Unit


@dataclass(frozen=True, eq=False)
class RaterSample:
    """sample: SAMPLE. pairs: RATED_PAIRS. cases: as the ledger keeps them, unit_id the person's own unit. drawn: lists,
    quotas reached and burden of the draw."""

    sample: pd.DataFrame
    pairs: pd.DataFrame
    cases: pd.DataFrame
    drawn: PairDraw


def rater_sample(
    frame: pd.DataFrame, rules: InstrumentRules, units: Sequence[Unit], seed: str, *, is_training: bool = False
) -> RaterSample:
    """Draw the raters of a round by its quotas and number their cases.

    frame: a SamplingFrame of officials, with rater_group; the own unit is own_unit_id where the frame has that column,
    else unit_id. units: the rated units. Raises FaultsFound `pairs.quotas` with every fault of lists and matrix, and
    what `draw_pairs` raises. The same for any order of rows.
    """
    people = _people(frame)
    rated = pd.DataFrame(
        {"rated_unit_id": [unit.unit_id for unit in units], "unit_group": [unit.unit_group for unit in units]},
        dtype="str",
    )
    try:
        drawn = draw_pairs(people, rated, quota_table(rules.quotas), seed)
    except FaultsFound as found:
        raise FaultsFound(found.rule, map(_placed, found.faults), where=FILE) from None
    rows = drawn.raters.sort_values(["rater_group", "prn"], ignore_index=True)
    order = rows.groupby("rater_group").cumcount() + 1
    case_id = make_case_ids(rules.case_code(is_training=is_training), rows["rater_group"], order)
    sampled = frame.set_index("frame_unit_id").loc[rows["rater_id"]]
    prob = rows["inclusion_prob"]
    sample = pd.DataFrame(
        {
            "case_id": case_id,
            "frame_unit_id": rows["rater_id"],
            "stage": 1,
            "stratum_id": rows["rater_group"],
            "psu_id": sampled["psu_id"].to_numpy(),
            "conductor_id": _conductors(rows["own_unit_id"], rules, units),
            "prn": rows["prn"],
            "conditional_prob": prob,
            "inclusion_prob": prob,
            "planned_inclusion_prob": prob,
            "design_weight": 1 / prob,
            "draw_order": order,
            "is_reserve": False,
            "is_certain": prob == 1,
            "is_approximate": False,
        }
    )
    cases = sample[["case_id", "stratum_id", "is_reserve"]].assign(unit_id=rows["own_unit_id"], is_issued=True)
    pairs = drawn.pairs.merge(rows.assign(case_id=case_id)[["rater_id", "case_id"]], on="rater_id", validate="m:1")
    return RaterSample(SAMPLE.check(sample), RATED_PAIRS.check(pairs[RATED_PAIRS.names()]), cases, drawn)


def rater_allocation(frame: pd.DataFrame) -> pd.DataFrame:
    """Allocation that puts whole lists in order: stratum = rater group, sample size = its list.

    Who is asked about which unit follows from that order, the matrix and the seed, not from a size by stratum.
    """
    sizes = frame["rater_group"].value_counts().sort_index()
    facts = {"stratum_id": sizes.index.astype("str"), "pop_size": sizes.to_numpy(), "sample_size": sizes.to_numpy()}
    return ALLOCATION.check(pd.DataFrame({**facts, "reserve_size": 0, "method": "census"}))


def sealed_raters(frame: pd.DataFrame, rules: InstrumentRules, units: Sequence[Unit]) -> dict[str, Any]:
    """What a plan seals so that public frame and seed fix who rates whom; nothing in a round without quotas.

    units: the rated units at the draw, in any order. Shape: `sampling.manifest.shapes.RATER_PARTS`.
    """
    if not rules.quotas:
        return {}
    rated = sorted(units, key=lambda unit: unit.unit_id)
    return {
        "quotas": [quota.model_dump(mode="json") for quota in rules.quotas],
        "rated_units": [{"rated_unit_id": unit.unit_id, "unit_group": unit.unit_group} for unit in rated],
        "rater_columns": _rater_columns(frame),
    }


def _rater_columns(frame: pd.DataFrame) -> dict[str, str]:
    """Columns of the frame that hold what `sampling.pairs.RATERS` asks of a person."""
    unit_column = "own_unit_id" if "own_unit_id" in frame.columns else "unit_id"
    return {"rater_group": "rater_group", "own_unit_id": unit_column}


def _people(frame: pd.DataFrame) -> pd.DataFrame:
    facts = {name: frame[column] for name, column in _rater_columns(frame).items()}
    facts["rater_id"] = frame["frame_unit_id"]
    return pd.DataFrame(facts).fillna({"rater_group": "", "own_unit_id": ""}).astype("str")


def _conductors(unit_ids: pd.Series, rules: InstrumentRules, units: Sequence[Unit]) -> pd.Series:
    """Who hands the forms out: the conductor of the person's own unit, for others the first one named."""
    by_unit = {unit.unit_id: rules.conductor_of(unit.unit_group) for unit in units}
    return unit_ids.map(by_unit).fillna(rules.conductors[0].conductor_id).astype("str")


def _placed(fault: Fault) -> Fault:
    return Fault(fault.rule, FILE, column=fault.column, got=fault.got, expected=fault.expected, values=fault.values)
