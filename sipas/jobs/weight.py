"""Weights of the round: from issued cases and accepted forms to final weights."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sampling.errors import StoreError
from sampling.frame import stratum_ids
from sampling.numbers import canonical_json
from sampling.tables import CONTROL_TOTALS, RESPONSES, WEIGHTED_CASES, Column, Table
from sipas.jobs.desk import Desk, Made
from sipas.store.workspace import Workspace
from sipas.weights import weigh

WEIGHT_REPORT = Table(
    "WeightReport",
    ("unit_id", "weight_step"),
    (
        Column("unit_id", "text"),
        Column("weight_step", "text"),
        Column("n", "int"),
        *(Column(name, "float") for name in ("sum", "min", "max", "cv", "kish_deff", "kish_n")),
    ),
)
MARGINS = Table(
    "Margins",
    ("margin", "category"),
    (
        Column("margin", "text"),
        Column("category", "text"),
        *(Column(name, "float") for name in ("target", "before", "after")),
    ),
)


@dataclass(frozen=True)
class WeightReport:
    """Summary of the weights, margins before and after, response classes joined, and whether anything is new."""

    report: pd.DataFrame
    margins: pd.DataFrame
    joined: tuple[tuple[str, str], ...]
    n_respondents: int
    is_new: bool


def weight(ws: Workspace, round_id: str) -> WeightReport:
    """Make the weights of the round from its accepted forms by the recipe of the round file.

    Raises StoreError `jobs.step_first`, `jobs.no_answers`, `jobs.rater_weights` (cases that rate many units: the recipe
    knows only cases of one unit); WeightError of the steps.
    """
    desk = Desk(ws, round_id)
    if desk.parts.survey_round.quotas:
        raise StoreError("jobs.rater_weights", where=round_id)

    def make() -> Made:
        rules = desk.parts.survey_round
        frame = desk.table("frame", "frame")
        frame = frame.assign(stratum_id=stratum_ids(frame, rules.plan.stratum_parts))
        accepted = accepted_responses(desk)
        issued = _issued(desk.table("draw", "sample"), frame, set(accepted["case_id"]))
        strata = _strata(frame, [unit.unit_id for unit in desk.parts.rated_units()])
        done = weigh(issued, frame, strata, rules.weights)
        return {
            "weighted_cases": WEIGHTED_CASES.arrow(done.cases),
            "control_totals": CONTROL_TOTALS.arrow(done.control_totals),
            "weight_report": WEIGHT_REPORT.arrow(done.report),
            "margins": MARGINS.arrow(done.margins),
            "joined.json": canonical_json({"joined": [list(pair) for pair in done.joined]}).encode("utf-8"),
        }

    result = desk.run("weight", make)
    return WeightReport(
        report=desk.table("weight", "weight_report"),
        margins=desk.table("weight", "margins"),
        joined=tuple((a, b) for a, b in desk.facts("weight", "joined.json")["joined"]),
        n_respondents=len(desk.table("weight", "weighted_cases")),
        is_new=result.is_new,
    )


def accepted_responses(desk: Desk) -> pd.DataFrame:
    """Coded answers of all accepted forms: late ones are kept in the snapshots but never counted."""
    tables = [desk.ws.snapshots.read_frame(sha) for sha in desk.responses().values()]
    return RESPONSES.check(pd.concat(tables, ignore_index=True).query("not is_late"))


def _issued(sample: pd.DataFrame, frame: pd.DataFrame, answered: set[str]) -> pd.DataFrame:
    """Every issued case with its status; an issued case without an accepted form is a nonrespondent."""
    issued = sample[~sample["is_reserve"]].reset_index(drop=True)
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(issued["frame_unit_id"]).to_numpy()
    status = issued["case_id"].isin(answered).map({True: "respondent", False: "nonrespondent"}).astype("str")
    return issued.assign(rated_unit_id=unit, case_status=status)


def _strata(frame: pd.DataFrame, unit_order: list[str]) -> list[str]:
    """Strata in the order of their units, so that a small class joins a neighbour of the register."""
    position = {unit_id: number for number, unit_id in enumerate(unit_order)}
    known = frame[["stratum_id", "unit_id"]].drop_duplicates("stratum_id")
    known = known.assign(place=known["unit_id"].map(position)).sort_values(["place", "stratum_id"])
    return [str(one) for one in known["stratum_id"]]
