"""Flows: the workbook and a preview of what would be published. Proposing a release is a person's act.

`publish_flow`, with a draft, is for the made-up example alone, which plays that person.
"""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import RoundParams
from flows.runs import announce, note, reported, round_flow_name, task_name, value_of
from flows.speech import text
from flows.workplace import opened
from sipas.jobs.results.preview import preview
from sipas.jobs.results.publish import draft_release
from sipas.jobs.results.workbook import make_workbook


@task(name=text("flows.workbook"), task_run_name=task_name(text("flows.workbook")), cache_policy=NO_CACHE)
@reported
def workbook_task(params: RoundParams) -> str:
    """Write the workbook; its name inside the workspace."""
    with opened(params) as (ws, round_id):
        return make_workbook(ws, round_id).path.name


@task(name=text("flows.preview_task"), task_run_name=task_name(text("flows.preview_task")), cache_policy=NO_CACHE)
@reported
def preview_task(params: RoundParams) -> dict[str, object]:
    """What would be published: counts, and what moved against the last release."""
    with opened(params) as (ws, round_id):
        report = preview(ws, round_id)
    counts: dict[str, object] = {text("flows.n_units"): report.units}
    if not report.release_no:
        return {**counts, text("flows.last_release"): text("flows.none_yet")}
    return {
        **counts,
        text("flows.compared_with"): report.release_no,
        text("flows.moved_index"): report.moved_index,
        text("flows.moved_rank"): report.moved_rank,
        text("flows.moved_class"): report.moved_class,
    }


@task(name=text("flows.draft"), task_run_name=task_name(text("flows.draft")), cache_policy=NO_CACHE)
@reported
def draft_task(params: RoundParams) -> int:
    """Draft release; its number."""
    with opened(params) as (ws, round_id):
        return draft_release(ws, round_id).release_no


@flow(
    name=text("flows.preview"),
    description=text("flows.preview_what"),
    flow_run_name=round_flow_name(text("flows.preview")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def preview_flow(params: RoundParams) -> dict[str, object]:
    """Workbook, then what publishing it would change. Nothing is proposed."""
    book = value_of(workbook_task(params, return_state=True))
    shown = value_of(preview_task(params, return_state=True))
    facts = {text("flows.workbook_name"): book, **shown}
    note("xem-truoc", text("flows.preview_note"), facts)
    return facts


@flow(
    name=text("flows.publish"),
    description=text("flows.publish_what"),
    flow_run_name=round_flow_name(text("flows.publish")),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def publish_flow(params: RoundParams) -> dict[str, object]:
    """Workbook, then draft, as the example's made-up person would."""
    book = value_of(workbook_task(params, return_state=True))
    facts: dict[str, object] = {
        text("flows.workbook_name"): book,
        text("flows.draft_no"): value_of(draft_task(params, return_state=True)),
    }
    note("cong-bo", text("flows.publish"), facts)
    return facts
