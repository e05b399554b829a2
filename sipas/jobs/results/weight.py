"""Weights of an instrument: from issued cases and answers that count to final weights."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from errors import StoreError
from sipas.jobs.stepruns.steps import FIXED_BY_DRAW
from sipas.jobs.stepruns.workbench import Workbench
from sipas.steps.weight import WEIGHT
from sipas.store.workspace import Workspace


@dataclass(frozen=True)
class WeightReport:
    """Summary of the weights by unit and step (step_no is the order), margins before and after every calibration,
    response classes joined (step, class, the class it joined), and whether anything is new."""

    report: pd.DataFrame
    margins: pd.DataFrame
    joined: tuple[tuple[str, str, str], ...]
    n_respondents: int
    is_new: bool


def weight(ws: Workspace, round_id: str, instrument_id: str = "") -> WeightReport:
    """Make the weights of an instrument from the answers that count, by the recipe of the round file.

    Raises StoreError `jobs.step_first`, `jobs.no_answers`, `jobs.rater_weights` (cases that rate many units: the recipe
    knows only cases of one unit), `store.round_state` (closed); WeightError of the steps.
    """
    bench = Workbench(ws, round_id, instrument_id)
    bench.refuse_training(WEIGHT.name)
    if bench.parts.rules.rates_many:
        raise StoreError("jobs.rater_weights", where=bench.instrument.public_id)
    for step in FIXED_BY_DRAW:
        bench.result(step)  # the first one that is missing is named
    bench.hashes_by_batch("receive/responses")
    result = bench.run(WEIGHT).run
    return WeightReport(
        report=bench.table("weight", "weight_report"),
        margins=bench.table("weight", "margins"),
        joined=tuple((step, a, b) for step, a, b in bench.facts("weight", "joined.json")["joined"]),
        n_respondents=len(bench.table("weight", "weighted_cases")),
        is_new=result.is_new,
    )
