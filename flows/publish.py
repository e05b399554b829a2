"""Flows: the workbook and a preview of what would be published. Proposing a release is a person's act.

`publish_flow`, with a draft, is for the made-up example alone, which plays that person.
"""

from __future__ import annotations

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.params import RoundParams
from flows.runs import announce, note, reported, round_flow_name, task_name, value_of
from flows.workplace import opened
from sipas.jobs.results.preview import preview
from sipas.jobs.results.publish import draft_release
from sipas.jobs.results.workbook import make_workbook


@task(name="Lập bảng kết quả Excel", task_run_name=task_name("Lập bảng kết quả Excel"), cache_policy=NO_CACHE)
@reported
def workbook_task(params: RoundParams) -> str:
    """Write the workbook; its name inside the workspace."""
    with opened(params) as (ws, round_id):
        return make_workbook(ws, round_id).path.name


@task(name="So với lần công bố trước", task_run_name=task_name("So với lần công bố trước"), cache_policy=NO_CACHE)
@reported
def preview_task(params: RoundParams) -> dict[str, object]:
    """What would be published: counts, and what moved against the last release."""
    with opened(params) as (ws, round_id):
        found = preview(ws, round_id)
    whole: dict[str, object] = {"Đơn vị có kết quả": found.units}
    if not found.release_no:
        return {**whole, "Lần công bố trước": "chưa có"}
    return {
        **whole,
        "So với lần công bố": found.release_no,
        "Đơn vị đổi chỉ số": found.moved_index,
        "Đơn vị đổi thứ hạng": found.moved_rank,
        "Đơn vị đổi xếp loại": found.moved_class,
    }


@task(name="Lập dự thảo công bố", task_run_name=task_name("Lập dự thảo công bố"), cache_policy=NO_CACHE)
@reported
def draft_task(params: RoundParams) -> int:
    """Draft release; its number."""
    with opened(params) as (ws, round_id):
        return draft_release(ws, round_id).release_no


@flow(
    name="Xem trước kết quả",
    description="Lập bảng kết quả Excel và cho biết điều gì sẽ đổi nếu công bố. Dự thảo do người lập: sipas publish.",
    flow_run_name=round_flow_name("Xem trước kết quả"),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def preview_flow(params: RoundParams) -> dict[str, object]:
    """Workbook, then what publishing it would change. Nothing is proposed."""
    book = value_of(workbook_task(params, return_state=True))
    shown = value_of(preview_task(params, return_state=True))
    done = {"Bảng kết quả": book, **shown}
    note("xem-truoc", "Xem trước kết quả (chưa lập dự thảo)", done)
    return done


@flow(
    name="Công bố",
    description="Lập bảng kết quả Excel và dự thảo. Chỉ dùng trong đợt ví dụ: ở đợt thật, dự thảo do người lập.",
    flow_run_name=round_flow_name("Công bố"),
    on_completion=[announce],
    on_failure=[announce],
)
@reported
def publish_flow(params: RoundParams) -> dict[str, object]:
    """Workbook, then draft, as the example's made-up person would."""
    book = value_of(workbook_task(params, return_state=True))
    done: dict[str, object] = {"Bảng kết quả": book, "Dự thảo số": value_of(draft_task(params, return_state=True))}
    note("cong-bo", "Công bố", done)
    return done
