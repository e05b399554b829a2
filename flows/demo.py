"""Flow: the made-up example round from frame to workbook."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from errors import StoreError
from flows.estimate import estimate_flow
from flows.frame import frame_flow
from flows.merge import merge_flow
from flows.params import CommitParams, DrawParams, FolderParams, RoundParams
from flows.publish import publish_flow
from flows.receive import receive_flow
from flows.runs import reported, round_flow_name, task_name, value_of
from flows.sample import commit_flow, draw_flow
from flows.speech import text
from flows.workplace import for_instrument, instrument_ids, opened
from sipas.jobs.example import COMMITTED_AT, PUBLIC_VALUE, open_numbers, write_appraisals, write_frame, write_returns


@task(name=text("flows.make_frame"), task_run_name=task_name(text("flows.make_frame")), cache_policy=NO_CACHE)
@reported
def frame_file_task(params: FolderParams) -> int:
    """Write the made-up frame file; its rows."""
    with opened(params) as (ws, round_id):
        return write_frame(ws, round_id)


@task(name=text("flows.make_returns"), task_run_name=task_name(text("flows.make_returns")), cache_policy=NO_CACHE)
@reported
def returned_files_task(params: FolderParams) -> int:
    """Write the made-up returned files and appraisal entries; number of files."""
    with opened(params) as (ws, round_id):
        return write_returns(ws, round_id) + write_appraisals(ws, round_id)


@task(
    name=text("flows.open_numbers"),
    task_run_name=task_name(text("flows.open_numbers")),
    cache_policy=NO_CACHE,
)
@reported
def open_task(params: RoundParams) -> None:
    """Open the made-up parties' numbers."""
    with opened(params) as (ws, round_id):
        open_numbers(ws, round_id)


@flow(
    name=text("flows.demo"),
    description=text("flows.demo_what"),
    flow_run_name=round_flow_name(text("flows.demo_run")),
)
@reported
def demo_flow(params: FolderParams) -> None:
    """The whole chain in subflows, instrument by instrument, with made-up files where an office would put real ones.

    The example plays the person too: it drafts the release that on a real round somebody proposes.
    """
    with opened(params) as (ws, round_id):
        surveys = instrument_ids(ws, round_id)
    place = {"workspace": params.workspace, "round_id": params.round_id}
    only_round = RoundParams(**place)
    value_of(frame_file_task(params, return_state=True))
    for survey in surveys:
        value_of(frame_flow(for_instrument(params, survey), return_state=True))
        value_of(commit_flow(CommitParams(**place, instrument_id=survey, at=COMMITTED_AT), return_state=True))
    value_of(open_task(only_round, return_state=True))
    for survey in surveys:
        value_of(draw_flow(_draw_of(place, survey), return_state=True))
    value_of(returned_files_task(params, return_state=True))
    value_of(receive_flow(params, return_state=True))
    for survey in surveys:
        value_of(estimate_flow(for_instrument(only_round, survey), return_state=True))
    value_of(merge_flow(params, return_state=True))
    value_of(publish_flow(only_round, return_state=True))


def _draw_of(place: dict[str, str], instrument_id: str) -> DrawParams:
    return DrawParams(**place, instrument_id=instrument_id, value=PUBLIC_VALUE, again=PUBLIC_VALUE)


def run_demo(params: FolderParams) -> None:
    """Run the example with the heartbeat off: it doubles the time of a short run.

    Raises StoreError `flows.demo_failed` with what the step that broke says.
    """
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state = demo_flow(params, return_state=True)
    if not state.is_completed():
        raise StoreError("flows.demo_failed", got=state.message or "")
