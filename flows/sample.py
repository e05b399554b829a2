"""Flow: plan and draw."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import RoundParams
from flows.workplace import announce, note, opened
from sipas.jobs.draw import draw_sample
from sipas.jobs.plan import make_plan


@task(name="Lập phương án mẫu", cache_policy=NO_CACHE)
def plan_task(params: RoundParams) -> int:
    """Allocate; number of strata."""
    with opened(params) as (ws, round_id):
        return len(make_plan(ws, round_id).table)


@task(name="Rút mẫu", cache_policy=NO_CACHE)
def draw_task(params: RoundParams) -> dict[str, object]:
    """Draw; sizes and seed."""
    with opened(params) as (ws, round_id):
        done = draw_sample(ws, round_id)
        return {"Mẫu chính": done.n_main, "Mẫu dự phòng": done.n_reserve, "Số khởi tạo": done.seed}


@flow(name="Chọn mẫu", description="Phân bổ cỡ mẫu rồi rút mẫu.", on_completion=[announce])
def sample_flow(params: RoundParams) -> dict[str, object]:
    """Plan the sizes, then draw."""
    strata = plan_task(params)
    drawn = {"Số tầng": strata, **draw_task(params)}
    note("chon-mau", "Chọn mẫu", drawn)
    return drawn
