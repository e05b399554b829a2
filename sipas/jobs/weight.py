"""Weights of the round: from issued cases and accepted forms to final weights."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from sampling.errors import StoreError
from sampling.frame import stratum_ids
from sampling.numbers import canonical_json
from sampling.selection import after_release
from sampling.tables import CONTROL_TOTALS, DRAWN, RESPONSES, WEIGHTED_CASES, Column, Table
from sipas.jobs.desk import Desk, Made
from sipas.jobs.reserves import issued_counts
from sipas.store.workspace import Workspace
from sipas.weights import weigh

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


@dataclass(frozen=True)
class WeightReport:
    """Summary of the weights by unit and step (step_no is the order), margins before and after every calibration,
    response classes joined (step, class, the class it joined), and whether anything is new."""

    report: pd.DataFrame
    margins: pd.DataFrame
    joined: tuple[tuple[str, str, str], ...]
    n_respondents: int
    is_new: bool


def weight(ws: Workspace, round_id: str) -> WeightReport:
    """Make the weights of the round from its accepted forms by the recipe of the round file.

    Raises StoreError `jobs.step_first`, `jobs.no_answers`, `jobs.rater_weights` (cases that rate many units: the recipe
    knows only cases of one unit); WeightError of the steps.
    """
    desk = Desk(ws, round_id)
    if desk.parts.survey_round.rates_many:
        raise StoreError("jobs.rater_weights", where=round_id)

    def make() -> Made:
        rules = desk.parts.survey_round
        frame = frame_today(desk)
        accepted = accepted_responses(desk)
        issued = _issued(issued_sample(desk), frame, set(accepted["case_id"]))
        strata = _strata(frame, [unit.unit_id for unit in desk.parts.rated_units()])
        done = weigh(issued, frame, strata, rules.weights)
        return {
            "weighted_cases": WEIGHTED_CASES.arrow(done.cases),
            "control_totals": CONTROL_TOTALS.arrow(done.control_totals),
            "weight_report": WEIGHT_REPORT.arrow(done.report),
            "margins": MARGINS.arrow(done.margins),
            "joined.json": canonical_json({"joined": [list(one) for one in done.joined], "strata": strata}).encode(
                "utf-8"
            ),
        }

    result = desk.run("weight", make)
    return WeightReport(
        report=desk.table("weight", "weight_report"),
        margins=desk.table("weight", "margins"),
        joined=tuple((step, a, b) for step, a, b in desk.facts("weight", "joined.json")["joined"]),
        n_respondents=len(desk.table("weight", "weighted_cases")),
        is_new=result.is_new,
    )


def accepted_responses(desk: Desk) -> pd.DataFrame:
    """Coded answers of all accepted forms about units that are still rated, under the unit of today.

    Late ones are kept in the snapshots but never counted.
    """
    tables = [desk.ws.snapshots.read_frame(sha) for sha in desk.responses().values()]
    rows = pd.concat(tables, ignore_index=True).query("not is_late")
    today = rows["rated_unit_id"].map(desk.parts.heirs())
    return RESPONSES.check(rows.assign(rated_unit_id=today)[today != ""])


def frame_today(desk: Desk) -> pd.DataFrame:
    """The frame with strata as drawn and units of today; rows of closed units have left the population."""
    frame = desk.table("frame", "frame")
    stratum = stratum_ids(frame, desk.parts.survey_round.plan.stratum_parts)
    today = frame["unit_id"].map(desk.parts.heirs())
    return frame.assign(stratum_id=stratum, unit_id=today)[today != ""].reset_index(drop=True)


def issued_sample(desk: Desk) -> pd.DataFrame:
    """Issued cases, released reserves among them and withdrawn ones not, with the probabilities they have now."""
    sample, sizes = desk.table("draw", "sample"), desk.table("plan", "allocation")
    now = after_release(sample[DRAWN.names()], sizes, issued_counts(desk)).set_index("frame_unit_id")
    changed = ["inclusion_prob", "conditional_prob", "design_weight"]
    fresh = now[changed].reindex(sample["frame_unit_id"]).reset_index(drop=True)
    return sample.assign(**fresh)[fresh["design_weight"].notna()].reset_index(drop=True)


def _issued(issued: pd.DataFrame, frame: pd.DataFrame, answered: set[str]) -> pd.DataFrame:
    """Every issued case with its status; an issued case without an accepted form is a nonrespondent."""
    unit = frame.set_index("frame_unit_id")["unit_id"].reindex(issued["frame_unit_id"])
    status = issued["case_id"].isin(answered).map({True: "respondent", False: "nonrespondent"}).astype("str")
    cases = issued.assign(rated_unit_id=unit.to_numpy(), case_status=status)
    return cases[unit.notna().to_numpy()].reset_index(drop=True)


def _strata(frame: pd.DataFrame, unit_order: list[str]) -> list[str]:
    """Strata in the order of their units, so that a small class joins a neighbour of the register."""
    position = {unit_id: number for number, unit_id in enumerate(unit_order)}
    known = frame[["stratum_id", "unit_id"]].drop_duplicates("stratum_id")
    known = known.assign(place=known["unit_id"].map(position)).sort_values(["place", "stratum_id"])
    return [str(one) for one in known["stratum_id"]]
