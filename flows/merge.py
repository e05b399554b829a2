"""Flow: appraised entries of the folder, then totals, ranks and classes."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import FolderParams
from flows.workplace import announce, files_in, note, opened
from sipas.jobs.appraisals import import_appraisals
from sipas.jobs.merge import merge


@task(name="Nhập điểm thẩm định", cache_policy=NO_CACHE)
def appraisals_task(params: FolderParams, file_name: str) -> int:
    """Take in one file of appraised entries; entries read."""
    with opened(params) as (ws, round_id):
        return import_appraisals(ws, round_id, files_in(ws, params.folder, "appraisals")[file_name]).n_read


@task(name="Tổng hợp và xếp hạng", cache_policy=NO_CACHE)
def merge_task(params: FolderParams) -> int:
    """Totals, ranks, classes; units ranked."""
    with opened(params) as (ws, round_id):
        return len(merge(ws, round_id).results)


@flow(
    name="Tổng hợp Chỉ số CCHC",
    description="Nhập điểm thẩm định trong thư mục appraisals rồi tổng hợp, xếp hạng.",
    on_completion=[announce],
)
def merge_flow(params: FolderParams) -> dict[str, int]:
    """Import all files of the folder `appraisals`, then merge."""
    with opened(params) as (ws, _):
        names = list(files_in(ws, params.folder, "appraisals"))
    entries = {name: appraisals_task(params, name) for name in names}
    done = {**entries, "Đơn vị được xếp hạng": merge_task(params)}
    note("tong-hop", "Tổng hợp Chỉ số CCHC", done)
    return done
