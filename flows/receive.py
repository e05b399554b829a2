"""Flow: every returned file of the folder goes through the gate, the child reader and classification."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import FolderParams
from flows.workplace import announce, files_in, note, opened
from sipas.jobs.receive import receive


@task(name="Nhận tệp phiếu", cache_policy=NO_CACHE)
def receive_task(params: FolderParams, file_name: str) -> dict[str, int]:
    """Receive one file; rows by state."""
    with opened(params) as (ws, round_id):
        path = files_in(ws, params.folder, "returns")[file_name]
        return receive(ws, round_id, path, received_on=params.received_on).counts


@flow(
    name="Nhận phiếu",
    description="Nhận mọi tệp phiếu trong thư mục returns, theo thứ tự tên tệp.",
    on_completion=[announce],
)
def receive_flow(params: FolderParams) -> dict[str, dict[str, int]]:
    """Receive all files of the folder `returns`, in name order."""
    with opened(params) as (ws, _):
        names = list(files_in(ws, params.folder, "returns"))
    states = {name: receive_task(params, name) for name in names}
    note("nhan-phieu", "Nhận phiếu: số dòng theo trạng thái", {name: str(counts) for name, counts in states.items()})
    return states
