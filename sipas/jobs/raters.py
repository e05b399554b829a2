"""Rounds whose cases are people on closed lists: who rates whom, tried before the draw and kept by it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from sampling.errors import DesignError, StoreError
from sampling.frame import canonical_csv
from sampling.numbers import sha256_hex
from sampling.pairs import BURDEN, RATER_LISTS, pairs_csv
from sampling.tables import RATED_PAIRS, SAMPLE
from sipas.jobs.desk import Desk, Made
from sipas.raters import RaterSample, rater_sample
from sipas.store.steps import current_run
from sipas.store.workspace import Workspace

_CASE_COLUMNS = ("case_id", "conductor_id", "stratum_id", "draw_order", "frame_unit_id")
_TRIAL_SEED = sha256_hex("trial of the lists, never a draw")


@dataclass(frozen=True, eq=False)
class DrawnRaters:
    """outputs: what the draw step keeps of the raters (sample, pairs, rater_lists, rater_burden, cases.csv,
    pairs.csv); cases: for the ledger."""

    outputs: Made
    cases: pd.DataFrame


@dataclass(frozen=True, eq=False)
class RaterReport:
    """lists: RATER_LISTS, the cells of the matrix with list, pairs and census mark. burden: forms per person by group.
    is_trial: the round is not drawn; who is asked will differ, list sizes will not."""

    lists: pd.DataFrame
    burden: pd.DataFrame
    n_cases: int
    n_pairs: int
    is_trial: bool


def draw_raters(desk: Desk, seed: str, pairs_hash: str) -> DrawnRaters:
    """The raters' part of the draw step, for the seed of the draw: nothing is written here.

    pairs_hash: of the pairs that the sealed plan gives, which must be those of the lists. Raises StoreError
    `jobs.step_first`, `jobs.no_quotas`; DesignError `verify.pairs_hash`; what `rater_sample` raises.
    """
    done = _sample(desk, seed)
    published = pairs_csv(done.drawn.pairs)
    if sha256_hex(published) != pairs_hash:
        raise DesignError("verify.pairs_hash", where="pairs.csv", got=sha256_hex(published), expected=pairs_hash)
    outputs: dict[str, pa.Table | bytes] = {
        "sample": SAMPLE.arrow(done.sample),
        "pairs": RATED_PAIRS.arrow(done.pairs),
        "rater_lists": RATER_LISTS.arrow(done.drawn.lists),
        "rater_burden": BURDEN.arrow(done.drawn.burden()),
        "cases.csv": canonical_csv(done.sample, _CASE_COLUMNS, "case_id"),
        "pairs.csv": published,
    }
    return DrawnRaters(outputs, done.cases)


def try_raters(desk: Desk) -> RaterSample:
    """A trial on the lists as they are, by a seed that no draw has: every faulty list, group and quota shows.

    Raises StoreError `jobs.step_first`, `jobs.no_quotas`; FaultsFound `pairs.quotas`.
    """
    return _sample(desk, _TRIAL_SEED)


def rater_report(ws: Workspace, round_id: str) -> RaterReport:
    """Who rates whom in numbers; before the draw a trial on the lists as they are, so that faults show in time.

    Raises StoreError `jobs.step_first`, `jobs.no_quotas`; FaultsFound `pairs.quotas`.
    """
    desk = Desk(ws, round_id)
    if not desk.is_drawn:
        drawn = try_raters(desk).drawn
        return RaterReport(drawn.lists, drawn.burden(), len(drawn.raters), len(drawn.pairs), is_trial=True)
    _require_quotas(desk)
    lists, burden = desk.table("draw", "rater_lists"), desk.table("draw", "rater_burden")
    return RaterReport(lists, burden, int(burden["n_drawn"].sum()), int(burden["n_forms"].sum()), is_trial=False)


def rated_pairs(ws: Workspace, round_id: str) -> pd.DataFrame:
    """What every case may rate: case_id, rated_unit_id, stratum_id, is_issued; a dossier has one row, a rater many."""
    cases = ws.cases.read(round_id)
    drawn = current_run(ws, round_id, "draw")
    sha256 = None if drawn is None else drawn.outputs.get("pairs")
    if sha256 is None:
        return cases.rename(columns={"unit_id": "rated_unit_id"})[
            ["case_id", "rated_unit_id", "stratum_id", "is_issued"]
        ]
    pairs = ws.snapshots.read_frame(sha256)[["case_id", "rated_unit_id"]]
    return pairs.merge(cases[["case_id", "stratum_id", "is_issued"]], on="case_id", validate="many_to_one")


def _sample(desk: Desk, seed: str) -> RaterSample:
    _require_quotas(desk)
    parts = desk.parts
    frame = desk.table("frame", "frame")
    return rater_sample(frame, parts.survey_round, parts.rated_units(), seed, is_training=parts.is_training)


def _require_quotas(desk: Desk) -> None:
    if not desk.parts.survey_round.quotas:
        raise StoreError("jobs.no_quotas", where=desk.round_id)
