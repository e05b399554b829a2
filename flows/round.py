"""Flow: what runs every evening of fieldwork and after it: receive, estimate, merge, workbook."""

from __future__ import annotations

from prefect import flow

from flows.estimate import estimate_flow
from flows.merge import merge_flow
from flows.params import FolderParams, RoundParams
from flows.publish import publish_flow
from flows.receive import receive_flow


@flow(
    name="Cả đợt từ nhận phiếu đến bảng kết quả",
    description="Nhận phiếu mới đến rồi cập nhật mọi kết quả; chạy lại không làm thay đổi gì nếu không có số liệu mới.",
)
def round_flow(params: FolderParams) -> None:
    """Receive what has come, then bring every result up to date. Repeating it changes nothing by itself."""
    only_round = RoundParams(workspace=params.workspace, round_id=params.round_id)
    receive_flow(params)
    estimate_flow(only_round)
    merge_flow(params)
    publish_flow(only_round)
