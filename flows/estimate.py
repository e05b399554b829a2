"""Flow: weights, then the satisfaction index."""

from __future__ import annotations

from prefect import flow, task

from flows.params import RoundParams
from flows.workplace import note, opened
from sipas.jobs.score import score
from sipas.jobs.weight import weight


@task(name="Tính trọng số", cache_policy=None)
def weight_task(params: RoundParams) -> int:
    """Weights; number of respondents."""
    with opened(params) as (ws, round_id):
        return weight(ws, round_id).n_respondents


@task(name="Tính chỉ số hài lòng", cache_policy=None)
def score_task(params: RoundParams) -> int:
    """Index of all units, nodes and variants; number of values."""
    with opened(params) as (ws, round_id):
        return len(score(ws, round_id).scores)


@flow(name="Trọng số và chỉ số", validate_parameters=True)
def estimate_flow(params: RoundParams) -> dict[str, int]:
    """Weigh, then score."""
    respondents = weight_task(params)
    done = {"Phiếu được tính": respondents, "Giá trị chỉ số": score_task(params)}
    note("chi-so", "Trọng số và chỉ số hài lòng", done)
    return done
