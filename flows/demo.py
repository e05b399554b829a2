"""Flow: the made-up example round from frame to workbook."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from flows.estimate import estimate_flow
from flows.frame import frame_flow
from flows.merge import merge_flow
from flows.params import FolderParams, RoundParams
from flows.publish import publish_flow
from flows.receive import receive_flow
from flows.sample import sample_flow
from flows.workplace import opened
from sipas.jobs.example import write_appraisals, write_frame, write_returns


@task(name="Tạo danh sách hồ sơ giả định", cache_policy=NO_CACHE)
def frame_file_task(params: FolderParams) -> int:
    """Write the made-up frame file; its rows."""
    with opened(params) as (ws, round_id):
        return write_frame(ws, round_id)


@task(name="Tạo phiếu trả về giả định", cache_policy=NO_CACHE)
def returned_files_task(params: FolderParams) -> int:
    """Write the made-up returned files and appraisal entries; number of files."""
    with opened(params) as (ws, round_id):
        return write_returns(ws, round_id) + write_appraisals(ws, round_id)


@flow(name="Đợt ví dụ (số liệu giả định)", description="Trọn chuỗi với số liệu giả định.")
def demo_flow(params: FolderParams) -> None:
    """The whole chain in six subflows, with made-up files written where an office would put real ones."""
    only_round = RoundParams(workspace=params.workspace, round_id=params.round_id)
    frame_file_task(params)
    frame_flow(params)
    sample_flow(only_round)
    returned_files_task(params)
    receive_flow(params)
    estimate_flow(only_round)
    merge_flow(params)
    publish_flow(only_round)


def run_demo(params: FolderParams) -> None:
    """Run the example with the heartbeat off: it doubles the time of a short run."""
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        demo_flow(params)
