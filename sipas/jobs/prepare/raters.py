"""Instruments whose cases are people on closed lists: who rates whom, tried before the draw and kept by it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from errors import StoreError
from sampling.numbers import sha256_hex
from sipas.jobs.stepruns.workbench import Workbench
from sipas.raters import RaterSample, rater_sample
from sipas.steps.receive import rated_pairs
from sipas.store.workspace import Workspace

_TRIAL_SEED = sha256_hex("trial of the lists, never a draw")


@dataclass(frozen=True, eq=False)
class RaterReport:
    """lists: RATER_LISTS, the cells of the matrix with list, pairs and census mark. burden: forms per person by group.
    is_trial: the instrument is not drawn; who is asked will differ, list sizes will not."""

    lists: pd.DataFrame
    burden: pd.DataFrame
    n_cases: int
    n_pairs: int
    is_trial: bool


def try_raters(bench: Workbench) -> RaterSample:
    """A trial on the lists as they are, by a seed that no draw has: every faulty list, group and quota shows.

    Raises StoreError `jobs.step_first`, `jobs.no_quotas`; FaultsFound `pairs.quotas`.
    """
    _require_quotas(bench)
    parts = bench.parts
    frame = bench.table("frame", "frame")
    return rater_sample(frame, parts.rules, parts.units_at_draw(), _TRIAL_SEED, is_training=parts.is_training)


def rater_report(ws: Workspace, round_id: str, instrument_id: str = "") -> RaterReport:
    """Who rates whom in numbers; before the draw a trial on the lists as they are, so that faults show in time.

    Raises StoreError `jobs.step_first`, `jobs.no_quotas`; FaultsFound `pairs.quotas`.
    """
    bench = Workbench(ws, round_id, instrument_id)
    if not bench.is_drawn:
        drawn = try_raters(bench).drawn
        return RaterReport(drawn.lists, drawn.burden(), len(drawn.raters), len(drawn.pairs), is_trial=True)
    _require_quotas(bench)
    lists, burden = bench.table("draw", "rater_lists"), bench.table("draw", "rater_burden")
    return RaterReport(lists, burden, int(burden["n_drawn"].sum()), int(burden["n_forms"].sum()), is_trial=False)


def drawn_pairs(bench: Workbench) -> pd.DataFrame | None:
    """RatedPairs of the draw; None where a case rates the unit of its own row, or nothing is drawn."""
    if not bench.is_drawn or "pairs" not in bench.result("draw").outputs:
        return None
    return bench.table("draw", "pairs")


def pairs_of(bench: Workbench) -> pd.DataFrame:
    """What every case may rate now: case_id, rated_unit_id, stratum_id, is_issued."""
    return rated_pairs(bench.ws.field.cases.read(bench.instrument), drawn_pairs(bench))


def _require_quotas(bench: Workbench) -> None:
    if not bench.parts.rules.quotas:
        raise StoreError("jobs.no_quotas", where=bench.instrument.public_id)
