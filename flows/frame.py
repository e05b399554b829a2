"""Flow: the frame file that lies in the folder becomes the sampling frame."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import FolderParams
from flows.workplace import announce, files_in, note, opened
from sipas.jobs.frame import import_frame


@task(name="Nạp dàn mẫu", cache_policy=NO_CACHE)
def frame_task(params: FolderParams, file_name: str) -> dict[str, int]:
    """Import one frame file; counts of rows."""
    with opened(params) as (ws, round_id):
        return import_frame(ws, round_id, files_in(ws, params.folder, "frame")[file_name]).counts


@flow(
    name="Dàn mẫu", description="Nạp tệp danh sách hồ sơ trong thư mục frame thành dàn mẫu.", on_completion=[announce]
)
def frame_flow(params: FolderParams) -> dict[str, int]:
    """Import the frame file of the folder `frame`."""
    with opened(params) as (ws, _):
        names = list(files_in(ws, params.folder, "frame"))
    counts = frame_task(params, names[0])
    note("dan-mau", "Dàn mẫu: số dòng theo kết quả", counts)
    return counts
