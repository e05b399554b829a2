"""Flow: weights, then the satisfaction index."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import RoundParams
from flows.workplace import announce, note, opened
from sipas.jobs.score import score
from sipas.jobs.weight import weight


@task(name="Tính quyền số", cache_policy=NO_CACHE)
def weight_task(params: RoundParams) -> int:
    """Weights; number of respondents."""
    with opened(params) as (ws, round_id):
        return weight(ws, round_id).n_respondents


@task(name="Tính chỉ số hài lòng", cache_policy=NO_CACHE)
def score_task(params: RoundParams) -> int:
    """Index of all units, nodes and variants; number of values."""
    with opened(params) as (ws, round_id):
        return len(score(ws, round_id).scores)


@flow(name="Quyền số và chỉ số", description="Tính quyền số rồi tính chỉ số hài lòng.", on_completion=[announce])
def estimate_flow(params: RoundParams) -> dict[str, int]:
    """Weigh, then score."""
    respondents = weight_task(params)
    done = {"Phiếu được tính": respondents, "Giá trị chỉ số": score_task(params)}
    note("chi-so", "Quyền số và chỉ số hài lòng", done)
    return done
