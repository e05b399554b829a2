"""Flows: plan and seal; draw when the public value is there."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import CommitParams, DrawParams, RoundParams
from flows.runs import announce, flow_name, note, reported, task_name, value_of
from flows.speech import text
from flows.workplace import of_instrument, opened
from sipas.jobs.prepare.plan import make_plan
from sipas.jobs.sample.commit import commit_draw
from sipas.jobs.sample.draw import draw_sample


@task(name=text("flows.plan_task"), task_run_name=task_name(text("flows.plan_task")), cache_policy=NO_CACHE)
@reported
def plan_task(params: RoundParams) -> int:
    """Allocate; number of strata."""
    with opened(params) as (ws, round_id):
        return len(make_plan(ws, round_id, **of_instrument(ws, round_id, params.instrument_id)).table)


@task(name=text("flows.commit_task"), task_run_name=task_name(text("flows.commit_task")), cache_policy=NO_CACHE)
@reported
def commit_task(params: CommitParams) -> dict[str, object]:
    """Seal frame and plan; the hashes to be published."""
    with opened(params) as (ws, round_id):
        sealed = commit_draw(ws, round_id, params.at, **of_instrument(ws, round_id, params.instrument_id))
        names = {
            text("flows.commit_no"): "commit_no",
            text("flows.frame_hash"): "frame_hash",
            text("flows.plan_hash"): "plan_hash",
        }
        return {
            **{name: sealed.record[key] for name, key in names.items()},
            text("flows.commit_hash"): sealed.commit_hash,
        }


@task(name=text("flows.draw"), task_run_name=task_name(text("flows.draw")), cache_policy=NO_CACHE)
@reported
def draw_task(params: DrawParams) -> dict[str, object]:
    """Draw; sizes and seed."""
    with opened(params) as (ws, round_id):
        drawn = draw_sample(ws, round_id, params.value, **of_instrument(ws, round_id, params.instrument_id))
        return {
            text("flows.n_main"): drawn.n_main,
            text("flows.n_reserve"): drawn.n_reserve,
            text("flows.seed"): drawn.seed,
        }


@flow(
    name=text("flows.commit"),
    description=text("flows.commit_what"),
    flow_run_name=flow_name(text("flows.commit")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def commit_flow(params: CommitParams) -> dict[str, object]:
    """Plan the sizes, then seal frame and plan."""
    strata = value_of(plan_task(params, return_state=True))
    hashes = value_of(commit_task(params, return_state=True))
    sealed = {text("flows.n_strata"): strata, **hashes}
    note("niem-phong", text("flows.commit_task"), sealed)
    return sealed


@flow(
    name=text("flows.draw"),
    description=text("flows.draw_what"),
    flow_run_name=flow_name(text("flows.draw")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def draw_flow(params: DrawParams) -> dict[str, object]:
    """Draw the sealed sample with the public value."""
    drawn = value_of(draw_task(params, return_state=True))
    note("chon-mau", text("flows.draw"), drawn)
    return drawn
