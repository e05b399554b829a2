"""Flow: what runs every evening of fieldwork and after it: receive, estimate, merge, workbook, preview."""

from __future__ import annotations

from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State

from flows.estimate import estimate_flow
from flows.merge import merge_flow
from flows.params import FolderParams, RoundParams
from flows.publish import preview_flow
from flows.receive import receive_flow
from flows.runs import announce, reported, round_flow_name
from flows.takings import is_whole, joined
from flows.workplace import instruments_meant, opened
from sipas.jobs.workbench import Workbench


@flow(
    name="Cả đợt từ nhận phiếu đến xem trước kết quả",
    description="Nhận phiếu mới đến rồi cập nhật mọi kết quả; chạy lại không làm thay đổi gì nếu không có số liệu mới.",
    flow_run_name=round_flow_name("Cả đợt"),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def round_flow(params: FolderParams) -> State[Any]:
    """Receive what has come, bring every result up to date, say what publishing would change. It proposes nothing.

    Green with no new file, with a refused or waiting file beside others, and before the results can be made; red when
    a step broke, with what that step says. Repeating it changes nothing by itself.
    """
    came = receive_flow(params, return_state=True)
    with opened(params) as (ws, round_id):
        counted = Workbench(ws, round_id).scored_ids()
        meant = [one for one in instruments_meant(ws, round_id, params.instrument_id) if one in counted]
    for instrument_id in meant:
        own = RoundParams(workspace=params.workspace, round_id=params.round_id, instrument_id=instrument_id)
        estimated = estimate_flow(own, return_state=True)
        if not is_whole(estimated):
            return joined([came], estimated, "")
    merged = merge_flow(params, return_state=True)
    if not is_whole(merged):
        return joined([came], merged, "")
    shown = preview_flow(RoundParams(workspace=params.workspace, round_id=params.round_id), return_state=True)
    return joined([came, merged], shown, "Kết quả đã cập nhật, chưa lập dự thảo; người lập dùng lệnh sipas publish.")
