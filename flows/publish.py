"""Flow: the workbook and a draft release. Releasing it is a person's act, in the ledger."""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import RoundParams
from flows.workplace import announce, note, opened
from sipas.jobs.publish import draft_release
from sipas.jobs.workbook import make_workbook


@task(name="Lập bảng kết quả Excel", cache_policy=NO_CACHE)
def workbook_task(params: RoundParams) -> str:
    """Write the workbook; its name inside the workspace."""
    with opened(params) as (ws, round_id):
        return make_workbook(ws, round_id).path.name


@task(name="Lập dự thảo công bố", cache_policy=NO_CACHE)
def draft_task(params: RoundParams) -> int:
    """Draft release; its number."""
    with opened(params) as (ws, round_id):
        return draft_release(ws, round_id).release_no


@flow(
    name="Công bố",
    description="Lập bảng kết quả Excel và dự thảo; công bố thì người có thẩm quyền duyệt bằng lệnh sipas publish.",
    on_completion=[announce],
)
def publish_flow(params: RoundParams) -> dict[str, object]:
    """Workbook, then draft."""
    done: dict[str, object] = {"Bảng kết quả": workbook_task(params), "Dự thảo số": draft_task(params)}
    note("cong-bo", "Công bố", done)
    return done
