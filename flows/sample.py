"""Flows: plan and seal; draw when the public value is there."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import CommitParams, DrawParams, RoundParams
from flows.runs import announce, flow_name, note, reported, task_name, value_of
from flows.workplace import of_instrument, opened
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.sample.draw import draw_sample


@task(name="Lập phương án mẫu", task_run_name=task_name("Lập phương án mẫu"), cache_policy=NO_CACHE)
@reported
def plan_task(params: RoundParams) -> int:
    """Allocate; number of strata."""
    with opened(params) as (ws, round_id):
        return len(make_plan(ws, round_id, **of_instrument(ws, round_id, params.instrument_id)).table)


@task(name="Niêm phong", task_run_name=task_name("Niêm phong"), cache_policy=NO_CACHE)
@reported
def commit_task(params: CommitParams) -> dict[str, object]:
    """Seal frame and plan; the hashes to be published."""
    with opened(params) as (ws, round_id):
        done = commit_draw(ws, round_id, params.at, **of_instrument(ws, round_id, params.instrument_id))
        names = {"Lần niêm phong": "commit_no", "Mã băm dàn mẫu": "frame_hash", "Mã băm phương án": "plan_hash"}
        return {**{name: done.record[key] for name, key in names.items()}, "Mã băm niêm phong": done.commit_hash}


@task(name="Rút mẫu", task_run_name=task_name("Rút mẫu"), cache_policy=NO_CACHE)
@reported
def draw_task(params: DrawParams) -> dict[str, object]:
    """Draw; sizes and seed."""
    with opened(params) as (ws, round_id):
        done = draw_sample(ws, round_id, params.value, **of_instrument(ws, round_id, params.instrument_id))
        return {"Mẫu chính": done.n_main, "Mẫu dự phòng": done.n_reserve, "Số khởi tạo": done.seed}


@flow(
    name="Phương án mẫu và niêm phong",
    description="Phân bổ cỡ mẫu, rồi niêm phong dàn mẫu và phương án; công bố mã băm ngay sau đó.",
    flow_run_name=flow_name("Phương án mẫu và niêm phong"),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def commit_flow(params: CommitParams) -> dict[str, object]:
    """Plan the sizes, then seal frame and plan."""
    strata = value_of(plan_task(params, return_state=True))
    hashes = value_of(commit_task(params, return_state=True))
    sealed = {"Số tầng": strata, **hashes}
    note("niem-phong", "Niêm phong", sealed)
    return sealed


@flow(
    name="Rút mẫu",
    description="Chạy khi hai bên đã mở số bí mật và giá trị công khai đã có.",
    flow_run_name=flow_name("Rút mẫu"),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def draw_flow(params: DrawParams) -> dict[str, object]:
    """Draw the sealed sample with the public value."""
    drawn = value_of(draw_task(params, return_state=True))
    note("chon-mau", "Rút mẫu", drawn)
    return drawn
